/* SPDX-License-Identifier: MIT */
#include "tests.h"

#include <string.h>

#include "base/text.h"

START_TEST(text_grows_while_it_is_written) {
    l2osr_context *ctx = test_context();
    l2osr__text text = {.ctx = ctx};
    char *out;
    for (int i = 0; i < 1000; i++)
        l2osr__text_add(&text, "%03d,", i);
    l2osr__text_add(&text, "%s", "");
    ck_ok(l2osr__text_take(&text, &out), ctx);
    ck_assert_uint_eq(strlen(out), 4000);
    ck_assert_int_eq(strncmp(out + 4 * 789, "789,790,", 8), 0);
    l2osr__free(ctx, out);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(text_may_be_empty_and_is_reusable) {
    l2osr_context *ctx = test_context();
    l2osr__text text = {.ctx = ctx};
    char *out;
    ck_ok(l2osr__text_take(&text, &out), ctx);
    ck_assert_str_eq(out, "");
    l2osr__free(ctx, out);
    l2osr__text_add(&text, "more");
    l2osr__text_drop(&text);
    ck_ok(l2osr__text_take(&text, &out), ctx);
    ck_assert_str_eq(out, "");
    l2osr__free(ctx, out);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(a_failed_allocation_shows_at_the_end) {
    struct failing_allocator counter = {-1, 0, 0};
    struct l2osr_allocator memory = failing_allocator_hooks(&counter);
    l2osr_context_options o = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_context *ctx;
    o.allocator = &memory;
    ck_ok(l2osr_context_create(&ctx, &o), NULL);
    for (long k = 0; k < 3; k++) {
        l2osr__text text = {.ctx = ctx};
        char *out = "";
        long live = counter.live;
        counter.fail_at = counter.count + k;
        for (int i = 0; i < 100; i++)
            l2osr__text_add(&text, "some text ");
        ck_assert_int_eq(l2osr__text_take(&text, &out), L2OSR_ENOMEM);
        ck_assert_ptr_null(out);
        ck_assert_int_eq(counter.live, live);
    }
    l2osr_context_free(ctx);
}
END_TEST

TCase *text_tests(void) {
    TCase *tcase = tcase_create("text");
    tcase_add_test(tcase, text_grows_while_it_is_written);
    tcase_add_test(tcase, text_may_be_empty_and_is_reusable);
    tcase_add_test(tcase, a_failed_allocation_shows_at_the_end);
    return tcase;
}
