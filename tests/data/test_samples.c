/* SPDX-License-Identifier: MIT */
#include "tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/data.h"

static const char *const names[] = {"g", "m_2"};

static l2osr_samples *make(l2osr_context *ctx, size_t trajectories, size_t steps) {
    l2osr_samples *s;
    float value = 0;
    ck_ok(l2osr_samples_create(&s, ctx, 2, names, trajectories, steps), ctx);
    for (size_t i = 0; i < trajectories; i++)
        for (size_t t = 0; t < steps; t++) {
            l2osr_samples_series(s, 0, i)[t] = value += 1;
            l2osr_samples_series(s, 1, i)[t] = value += 1;
            l2osr_samples_target(s, i)[t] = value += 1;
        }
    return s;
}

START_TEST(holds_series) {
    l2osr_context *ctx = test_context();
    l2osr_samples *s = make(ctx, 3, 5);
    ck_assert_uint_eq(l2osr_samples_features(s), 2);
    ck_assert_uint_eq(l2osr_samples_trajectories(s), 3);
    ck_assert_uint_eq(l2osr_samples_steps(s), 5);
    ck_assert_str_eq(l2osr_samples_name(s, 1), "m_2");
    ck_assert_ptr_null(l2osr_samples_name(s, 2));
    ck_assert_float_eq(l2osr_samples_target(s, 2)[4], 45);
    ck_ok(l2osr_samples_check(s), ctx);
    l2osr_samples_free(s);
    l2osr_samples_free(NULL);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(lags_are_pointer_shifts_into_zeros) {
    l2osr_context *ctx = test_context();
    l2osr_samples *s = make(ctx, 3, 5);
    for (size_t f = 0; f <= 2; f++)
        for (size_t i = 0; i < 3; i++) {
            const float *series = l2osr_samples_series(s, f, i);
            ck_assert_ptr_eq(series, s->columns[f] + i * s->stride);
            for (size_t lag = 1; lag <= L2OSR__SAMPLES_PAD; lag++)
                ck_assert_float_eq(*(series - lag), 0);
        }
    l2osr_samples_free(s);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(tables_have_contiguous_columns) {
    l2osr_context *ctx = test_context();
    l2osr_samples *s = make(ctx, 7, 1);
    for (size_t i = 0; i < 7; i++) {
        ck_assert_float_eq(s->columns[1][i], (float)(3 * i + 2));
        ck_assert_ptr_eq(l2osr_samples_target(s, i), s->columns[2] + i);
    }
    l2osr_samples_free(s);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(round_trips) {
    l2osr_context *ctx = test_context();
    for (size_t steps = 1; steps <= 4; steps += 3) {
        char path[512];
        l2osr_samples *s = make(ctx, 3, steps), *copy;
        test_tmp_path(path, sizeof path, "samples.npy");
        ck_ok(l2osr_samples_save(s, path), ctx);
        ck_ok(l2osr_samples_load(&copy, ctx, names, path), ctx);
        ck_assert_uint_eq(l2osr_samples_steps(copy), steps);
        for (size_t f = 0; f <= 2; f++)
            for (size_t i = 0; i < 3; i++)
                ck_assert_mem_eq(l2osr_samples_series(copy, f, i), l2osr_samples_series(s, f, i),
                                 steps * sizeof(float));
        l2osr_samples_free(copy);
        ck_ok(l2osr_samples_load(&copy, ctx, NULL, path), ctx);
        ck_assert_str_eq(l2osr_samples_name(copy, 1), "x1");
        l2osr_samples_free(copy);
        l2osr_samples_free(s);
    }
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(takes_tables_from_arrays) {
    l2osr_context *ctx = test_context();
    l2osr_array *array;
    l2osr_samples *s;
    static const char csv[] = "a,b,c\n1,2,3\n4,5,6\n";
    ck_ok(load_bytes(&array, ctx, csv, sizeof csv - 1), ctx);
    ck_ok(l2osr_samples_from_array(&s, ctx, array, NULL, 1), ctx);
    ck_assert_str_eq(l2osr_samples_name(s, 0), "a");
    ck_assert_str_eq(l2osr_samples_name(s, 1), "c");
    ck_assert_float_eq(*l2osr_samples_series(s, 1, 1), 6);
    ck_assert_float_eq(*l2osr_samples_target(s, 1), 5);
    l2osr_samples_free(s);
    ck_ok(l2osr_samples_from_array(&s, ctx, array, names, -1), ctx);
    ck_assert_str_eq(l2osr_samples_name(s, 1), "m_2");
    ck_assert_float_eq(*l2osr_samples_target(s, 0), 3);
    l2osr_samples_free(s);
    ck_assert_int_eq(l2osr_samples_from_array(&s, ctx, array, NULL, 3), L2OSR_ERANGE);
    ck_assert_int_eq(l2osr_samples_from_array(&s, ctx, array, NULL, -4), L2OSR_ERANGE);
    l2osr_array_free(array);
    ck_ok(
        l2osr_array_create(&array, ctx, L2OSR_F64, 2, (size_t[]){2, 2}, (double[]){1, 2, 3, 1e300}),
        ctx);
    ck_assert_int_eq(l2osr_samples_from_array(&s, ctx, array, NULL, 0), L2OSR_ENONFINITE);
    ck_assert_ptr_null(s);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "row 1, column 1"));
    l2osr_array_free(array);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(finds_what_is_not_finite) {
    l2osr_context *ctx = test_context();
    l2osr_samples *s = make(ctx, 3, 5);
    l2osr_samples_series(s, 1, 2)[3] = (float)NAN;
    ck_assert_int_eq(l2osr_samples_check(s), L2OSR_ENONFINITE);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "m_2 in trajectory 2, step 3 is NaN"));
    l2osr_samples_series(s, 1, 2)[3] = 0;
    l2osr_samples_target(s, 0)[0] = -(float)INFINITY;
    ck_assert_int_eq(l2osr_samples_check(s), L2OSR_ENONFINITE);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "target"));
    l2osr_samples_free(s);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(weights_begin_at_one) {
    l2osr_context *ctx = test_context();
    l2osr_samples *s = make(ctx, 3, 5);
    ck_assert_ptr_null(l2osr_samples_weights(s, 0));
    ck_ok(l2osr_samples_add_weights(s), ctx);
    for (size_t i = 0; i < 3; i++)
        for (size_t t = 0; t < 5; t++)
            ck_assert_float_eq(l2osr_samples_weights(s, i)[t], 1);
    l2osr_samples_weights(s, 2)[4] = 0;
    ck_ok(l2osr_samples_add_weights(s), ctx);
    ck_assert_float_eq(l2osr_samples_weights(s, 2)[4], 0);
    ck_ok(l2osr_samples_check(s), ctx);
    ck_assert_int_eq(l2osr_samples_add_weights(NULL), L2OSR_EINVAL);
    l2osr_samples_free(s);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(finds_weights_that_cannot_be) {
    l2osr_context *ctx = test_context();
    l2osr_samples *s = make(ctx, 3, 5);
    ck_ok(l2osr_samples_add_weights(s), ctx);
    l2osr_samples_weights(s, 1)[2] = -0.5f;
    ck_assert_int_eq(l2osr_samples_check(s), L2OSR_ERANGE);
    ck_assert_ptr_nonnull(
        strstr(l2osr_context_errmsg(ctx), "weight in trajectory 1, step 2 is -0.5"));
    l2osr_samples_weights(s, 1)[2] = (float)NAN;
    ck_assert_int_eq(l2osr_samples_check(s), L2OSR_ENONFINITE);
    ck_assert_ptr_nonnull(
        strstr(l2osr_context_errmsg(ctx), "the weight in trajectory 1, step 2 is NaN"));
    l2osr_samples_free(s);
    l2osr_context_free(ctx);
}
END_TEST

static void expect_refusal(l2osr_context *ctx, l2osr_status wanted, size_t features,
                           const char *const *given, size_t trajectories, size_t steps) {
    l2osr_samples *s;
    ck_assert_int_eq(l2osr_samples_create(&s, ctx, features, given, trajectories, steps), wanted);
    ck_assert_ptr_null(s);
}

START_TEST(rejects_bad_arguments) {
    l2osr_context *ctx = test_context();
    static const char *const bad[][2] = {
        {"a", "a"}, {"a", "2a"}, {"a", ""}, {"a", "b c"}, {"a", NULL}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_refusal(ctx, L2OSR_EINVAL, 2, bad[i], 1, 1);
    expect_refusal(ctx, L2OSR_EINVAL, 2, NULL, 1, 1);
    expect_refusal(ctx, L2OSR_EINVAL, 0, names, 1, 1);
    expect_refusal(ctx, L2OSR_EINVAL, 2, names, 0, 1);
    expect_refusal(ctx, L2OSR_EINVAL, 2, names, 1, 0);
    expect_refusal(ctx, L2OSR_ERANGE, 2, names, SIZE_MAX, 2);
    expect_refusal(ctx, L2OSR_ERANGE, 2, names, 1, SIZE_MAX);
    expect_refusal(ctx, L2OSR_ERANGE, 2, names, SIZE_MAX, 1);
    expect_refusal(ctx, L2OSR_ERANGE, SIZE_MAX, names, 1, 1);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(rejects_other_files) {
    l2osr_context *ctx = test_context();
    l2osr_samples *s;
    const char *path = put_file("samples.csv", "1,2\n3,4\n", 8);
    ck_assert_int_eq(l2osr_samples_load(&s, ctx, NULL, path), L2OSR_EFORMAT);
    ck_assert_ptr_null(s);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "samples.csv"));
    l2osr_context_free(ctx);
}
END_TEST

TCase *samples_tests(void) {
    TCase *tcase = tcase_create("samples");
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, holds_series);
    tcase_add_test(tcase, lags_are_pointer_shifts_into_zeros);
    tcase_add_test(tcase, tables_have_contiguous_columns);
    tcase_add_test(tcase, round_trips);
    tcase_add_test(tcase, takes_tables_from_arrays);
    tcase_add_test(tcase, finds_what_is_not_finite);
    tcase_add_test(tcase, weights_begin_at_one);
    tcase_add_test(tcase, finds_weights_that_cannot_be);
    tcase_add_test(tcase, rejects_bad_arguments);
    tcase_add_test(tcase, rejects_other_files);
    return tcase;
}
