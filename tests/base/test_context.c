/* SPDX-License-Identifier: MIT */
#include "tests.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/context.h"

START_TEST(defaults_and_getters) {
    l2osr_context *ctx;
    l2osr_context_options o;
    ck_ok(l2osr_context_create(&ctx, NULL), NULL);
    ck_assert_uint_ge(l2osr_context_threads(ctx), 1);
    ck_assert_uint_eq(l2osr_context_seed(ctx), 0);
    ck_assert_str_eq(l2osr_context_errmsg(ctx), "");
    ck_assert_int_eq(l2osr_context_callback_value(ctx), 0);
    ck_assert_int_ne(l2osr__isa(ctx), L2OSR_ISA_AUTO);
    l2osr_context_free(ctx);
    l2osr_context_options_init(&o, sizeof o);
    o.threads = 3;
    o.seed = UINT64_MAX;
    o.isa = L2OSR_ISA_BASELINE;
    ck_ok(l2osr_context_create(&ctx, &o), NULL);
    ck_assert_uint_eq(l2osr_context_threads(ctx), 3);
    ck_assert_uint_eq(l2osr_context_seed(ctx), UINT64_MAX);
    ck_assert_int_eq(l2osr__isa(ctx), L2OSR_ISA_BASELINE);
    l2osr_context_free(ctx);
    l2osr_context_free(NULL);
}
END_TEST

static void expect_refusal(const l2osr_context_options *o, l2osr_status status) {
    l2osr_context *ctx = (l2osr_context *)(uintptr_t)1;
    ck_assert_int_eq(l2osr_context_create(&ctx, o), status);
    ck_assert_ptr_null(ctx);
}

START_TEST(bad_options_are_refused) {
    const l2osr_context_options good = L2OSR_CONTEXT_OPTIONS_INIT;
    struct failing_allocator counter = {-1, 0, 0};
    struct l2osr_allocator memory = failing_allocator_hooks(&counter);
    struct {
        l2osr_context_options known;
        size_t unknown;
    } newer = {good, 1};
    l2osr_context_options o = good;
    o.struct_size = 0;
    expect_refusal(&o, L2OSR_EINVAL);
    o = good;
    o.threads = 257;
    expect_refusal(&o, L2OSR_EINVAL);
    o = good;
    o.isa = (l2osr_isa)99;
    expect_refusal(&o, L2OSR_EUNSUPPORTED);
    o.isa = (l2osr_isa)-1;
    expect_refusal(&o, L2OSR_EUNSUPPORTED);
    o = good;
    o.allocator = &memory;
    memory.free = NULL;
    expect_refusal(&o, L2OSR_EINVAL);
    memory = failing_allocator_hooks(&counter);
    memory.struct_size = 0;
    expect_refusal(&o, L2OSR_EINVAL);
    newer.known.struct_size = sizeof newer;
    expect_refusal(&newer.known, L2OSR_E2BIG);
    ck_assert_int_eq(l2osr_context_create(NULL, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(counter.count, 0);
}
END_TEST

START_TEST(every_failing_allocation_leaves_nothing) {
    struct failing_allocator counter = {-1, 0, 0};
    struct l2osr_allocator memory = failing_allocator_hooks(&counter);
    l2osr_context_options o = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_context *ctx;
    o.threads = 2;
    o.allocator = &memory;
    ck_ok(l2osr_context_create(&ctx, &o), NULL);
    long needed = counter.count;
    ck_assert_int_eq(counter.live, needed);
    l2osr_context_free(ctx);
    ck_assert_int_eq(counter.live, 0);
    for (long k = 0; k < needed; k++) {
        counter = (struct failing_allocator){k, 0, 0};
        expect_refusal(&o, L2OSR_ENOMEM);
        ck_assert_int_eq(counter.live, 0);
    }
}
END_TEST

START_TEST(allocator_is_copied_and_used_for_all) {
    struct failing_allocator counter = {-1, 0, 0};
    struct l2osr_allocator memory = failing_allocator_hooks(&counter);
    l2osr_context_options o = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_context *ctx;
    o.allocator = &memory;
    ck_ok(l2osr_context_create(&ctx, &o), NULL);
    memset(&memory, 0, sizeof memory);
    long before = counter.live;
    void *block = l2osr__alloc(ctx, 3, 5);
    ck_assert_int_eq(counter.live, before + 1);
    ck_assert_uint_eq((uintptr_t)block % 64, 0);
    for (size_t i = 0; i < 15; i++)
        ck_assert_int_eq(((unsigned char *)block)[i], 0);
    l2osr__free(ctx, block);
    l2osr__free(ctx, NULL);
    ck_assert_int_eq(counter.live, before);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(absurd_allocations_fail_cleanly) {
    l2osr_context *ctx = test_context();
    void *block = ctx;
    ck_assert_ptr_null(l2osr__alloc(ctx, SIZE_MAX / 2, 3));
    ck_assert_ptr_null(l2osr__alloc(ctx, SIZE_MAX, 1));
    ck_assert_int_eq(l2osr__alloc_to(ctx, &block, SIZE_MAX, 8), L2OSR_ENOMEM);
    ck_assert_ptr_null(block);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "out of memory"));
    block = l2osr__alloc(ctx, 0, 8);
    ck_assert_ptr_nonnull(block);
    l2osr__free(ctx, block);
    ck_assert_ptr_null(l2osr__strdup(ctx, NULL));
    char *copy = l2osr__strdup(ctx, "text");
    ck_assert_str_eq(copy, "text");
    l2osr__free(ctx, copy);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(messages_are_kept_and_may_quote_one_another) {
    l2osr_context *ctx = test_context();
    char long_text[2000];
    ck_assert_int_eq(l2osr__fail(ctx, L2OSR_EIO, "line %d: %s", 3, "reason"), L2OSR_EIO);
    ck_assert_str_eq(l2osr_context_errmsg(ctx), "line 3: reason");
    l2osr__fail(ctx, L2OSR_EIO, "file: %s", l2osr_context_errmsg(ctx));
    ck_assert_str_eq(l2osr_context_errmsg(ctx), "file: line 3: reason");
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    l2osr__fail(ctx, L2OSR_EIO, "%s", long_text);
    ck_assert_uint_eq(strlen(l2osr_context_errmsg(ctx)), 511);
    ck_assert_str_eq(l2osr_context_errmsg(NULL), "");
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(callback_values_outlive_other_failures) {
    l2osr_context *ctx = test_context();
    ck_assert_int_eq(l2osr__fail_callback(ctx, 42, "task"), L2OSR_ECALLBACK);
    l2osr__fail(ctx, L2OSR_ECALLBACK, "step 3: %s", l2osr_context_errmsg(ctx));
    ck_assert_str_eq(l2osr_context_errmsg(ctx), "step 3: task");
    ck_assert_int_eq(l2osr_context_callback_value(ctx), 42);
    ck_assert_int_eq(l2osr__fail_callback(ctx, -7, "task"), L2OSR_ECALLBACK);
    ck_assert_int_eq(l2osr_context_callback_value(ctx), -7);
    l2osr_context_free(ctx);
}
END_TEST

typedef struct heard {
    int lines;
    l2osr_log_level level;
    char line[64];
} heard;

static void listen(void *user, l2osr_log_level level, const char *line) {
    heard *h = user;
    h->lines++;
    h->level = level;
    snprintf(h->line, sizeof h->line, "%s", line);
}

START_TEST(log_lines_reach_the_host) {
    heard h = {0};
    l2osr_context_options o = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_context *ctx;
    o.log = listen;
    o.log_user = &h;
    ck_ok(l2osr_context_create(&ctx, &o), NULL);
    l2osr__log(ctx, L2OSR_LOG_WARNING, "%d of %d", 1, 2);
    ck_assert_int_eq(h.lines, 1);
    ck_assert_int_eq(h.level, L2OSR_LOG_WARNING);
    ck_assert_str_eq(h.line, "1 of 2");
    l2osr_context_free(ctx);
    ctx = test_context();
    l2osr__log(ctx, L2OSR_LOG_WARNING, "to nobody");
    l2osr_context_free(ctx);
}
END_TEST

TCase *context_tests(void) {
    TCase *tcase = tcase_create("context");
    tcase_add_test(tcase, defaults_and_getters);
    tcase_add_test(tcase, bad_options_are_refused);
    tcase_add_test(tcase, every_failing_allocation_leaves_nothing);
    tcase_add_test(tcase, allocator_is_copied_and_used_for_all);
    tcase_add_test(tcase, absurd_allocations_fail_cleanly);
    tcase_add_test(tcase, messages_are_kept_and_may_quote_one_another);
    tcase_add_test(tcase, callback_values_outlive_other_failures);
    tcase_add_test(tcase, log_lines_reach_the_host);
    return tcase;
}
