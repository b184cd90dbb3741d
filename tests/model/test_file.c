/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "suites.h"
#include "support.h"

static size_t read_file(const char *path, unsigned char *bytes, size_t room) {
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    size_t size = fread(bytes, 1, room, file);
    fclose(file);
    return size;
}

static void write_file(const char *path, const unsigned char *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

START_TEST(a_saved_model_is_the_same_model) {
    l2osr_context *ctx = test_context();
    l2osr_model *model, *copy;
    char path[300];
    test_tmp_path(path, sizeof path, "m.model");
    ck_ok(l2osr_model_create(&model, ctx, NULL), ctx);
    ck_ok(l2osr_model_save(model, path), ctx);
    ck_ok(l2osr_model_load(&copy, ctx, path), ctx);
    ck_assert_str_eq(l2osr_model_preset(copy), "rp_s");
    ck_assert_mem_eq(l2osr_model_weights(copy), l2osr_model_weights(model),
                     l2osr_model_size(model) * sizeof(double));
    l2osr_model_free(copy);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(every_truncation_and_every_changed_byte_is_noticed) {
    static unsigned char bytes[8192], changed[8192];
    l2osr_context *ctx = test_context();
    l2osr_model *model, *copy;
    char path[300];
    test_tmp_path(path, sizeof path, "m.model");
    ck_ok(l2osr_model_create(&model, ctx, NULL), ctx);
    ck_ok(l2osr_model_save(model, path), ctx);
    size_t size = read_file(path, bytes, sizeof bytes);
    for (size_t cut = 0; cut < size; cut += cut < 64 ? 1 : 37) {
        write_file(path, bytes, cut);
        ck_assert_int_eq(l2osr_model_load(&copy, ctx, path), L2OSR_EFORMAT);
        ck_assert_ptr_null(copy);
        ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), path));
    }
    for (size_t at = 0; at < size; at += at < 64 ? 1 : 41) {
        memcpy(changed, bytes, size);
        changed[at] ^= 0x10;
        write_file(path, changed, size);
        ck_assert_int_eq(l2osr_model_load(&copy, ctx, path), L2OSR_EFORMAT);
        ck_assert_ptr_null(copy);
    }
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(wrong_use_is_explained) {
    l2osr_context *ctx = test_context();
    l2osr_model_options o = L2OSR_MODEL_OPTIONS_INIT;
    l2osr_model *model;
    o.preset = "rp_x";
    ck_assert_int_eq(l2osr_model_create(&model, ctx, &o), L2OSR_ENOTFOUND);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "rp_s"));
    ck_ok(l2osr_model_create(&model, ctx, NULL), ctx);
    double *weights = calloc(l2osr_model_size(model), sizeof *weights);
    const double before = l2osr_model_weights(model)[0];
    weights[7] = 0.0 / weights[8];
    ck_assert_int_eq(l2osr_model_set_weights(model, weights), L2OSR_ENONFINITE);
    ck_assert_double_eq(l2osr_model_weights(model)[0], before);
    ck_assert_int_eq(l2osr_model_save(model, "/dev/null/m.model"), L2OSR_EIO);
    free(weights);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(failing_allocations_leave_nothing_behind) {
    for (long fail_at = 2;; fail_at++) {
        struct failing_allocator counter = {fail_at, 0, 0};
        struct l2osr_allocator hooks = failing_allocator_hooks(&counter);
        l2osr_context_options o = L2OSR_CONTEXT_OPTIONS_INIT;
        l2osr_context *ctx;
        l2osr_model *model;
        l2osr_stepper *stepper = NULL;
        const size_t n = 100;
        o.allocator = &hooks;
        ck_assert_int_eq(l2osr_context_create(&ctx, &o), L2OSR_OK);
        l2osr_status status = l2osr_model_create(&model, ctx, NULL);
        if (status == L2OSR_OK)
            status = l2osr_stepper_create_model(&stepper, ctx, model, 1, &n, NULL);
        l2osr_stepper_free(stepper);
        l2osr_model_free(model);
        l2osr_context_free(ctx);
        ck_assert_int_eq(counter.live, 0);
        if (status == L2OSR_OK)
            break;
        ck_assert_int_eq(status, L2OSR_ENOMEM);
    }
}
END_TEST

Suite *file_suite(void) {
    Suite *suite = suite_create("model files");
    TCase *tests = tcase_create("model files");
    tcase_add_test(tests, a_saved_model_is_the_same_model);
    tcase_add_test(tests, every_truncation_and_every_changed_byte_is_noticed);
    tcase_add_test(tests, wrong_use_is_explained);
    tcase_add_test(tests, failing_allocations_leave_nothing_behind);
    suite_add_tcase(suite, tests);
    return suite;
}
