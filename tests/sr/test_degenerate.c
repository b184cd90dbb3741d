/* SPDX-License-Identifier: MIT */
/* Searches on data that are degenerate or extreme: a clear error, or a front that makes sense. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests.h"

static void check_text(const char *text) {
    ck_assert_msg(!strstr(text, "nan") && !strstr(text, "inf") && !strstr(text, "NaN"), "%s", text);
}

/* Searches, and checks what holds for every front: finite figures, complexities that ascend, errors
 * that fall, errors as measured. */
static l2osr_front *sane_front(l2osr_context *ctx, const l2osr_samples *samples,
                               l2osr_sr_options *o) {
    o->evaluations = o->evaluations ? o->evaluations : 2000;
    o->islands = 3;
    l2osr_front *front = search_front(ctx, samples, o);
    ck_assert_uint_gt(l2osr_front_size(front), 0);
    for (size_t i = 0; i < l2osr_front_size(front); i++) {
        const l2osr_formula *f = l2osr_front_get(front, i), *last = l2osr_front_get(front, i - 1);
        double mse, r2;
        ck_assert(isfinite(f->mse) && isfinite(f->r2_train) && f->mse >= 0 && f->r2_train <= 1);
        check_text(f->equation);
        ck_ok(l2osr_front_measure(front, i, samples, &mse, &r2), ctx);
        /* rows are in another order there */
        ck_assert_double_le(fabs(mse - f->mse), 1e-9 * f->mse);
        ck_assert_double_eq_tol(r2, f->r2_train, 1e-9);
        if (i > 0)
            ck_assert(f->complexity > last->complexity && f->mse < last->mse);
    }
    ck_assert_ptr_null(l2osr_front_get(front, l2osr_front_size(front)));
    ck_assert_uint_lt(l2osr_front_recommend(front, 0.01), l2osr_front_size(front));
    return front;
}

static double best_r2(const l2osr_front *front) {
    return l2osr_front_get(front, l2osr_front_size(front) - 1)->r2_train;
}

/* x0 .. x(n-1), normally distributed; the target is 2 x0 - x1. */
static l2osr_samples *wide_table(l2osr_context *ctx, size_t columns, size_t rows) {
    static char text[300][8];
    const char *names[300];
    l2osr_samples *samples;
    for (size_t c = 0; c < columns; c++) {
        snprintf(text[c], sizeof text[c], "x%u", (unsigned)c);
        names[c] = text[c];
    }
    ck_ok(l2osr_samples_create(&samples, ctx, columns, names, rows, 1), ctx);
    for (size_t i = 0; i < rows; i++) {
        double x[300];
        l2osr_random_normal(81, i, 0, 1, x, columns);
        for (size_t c = 0; c < columns; c++)
            *l2osr_samples_series(samples, c, i) = (float)x[c];
        *l2osr_samples_target(samples, i) = (float)(2 * x[0] - x[1]);
    }
    return samples;
}

/* Columns and target in any units; a formula needs their quotient as a weight in single precision.
 */
START_TEST(units_may_be_extreme) {
    static const float units[] = {1e30f, 1e15f, 1, 1e-15f, 1e-30f};
    const float column = units[_i % 5], target = units[_i / 5];
    l2osr_context *ctx = test_context();
    l2osr_sr_options o = L2OSR_SR_OPTIONS_INIT;
    l2osr_samples *samples = make_table(ctx, 200);
    for (size_t i = 0; i < 200; i++) {
        *l2osr_samples_series(samples, 0, i) *= column;
        *l2osr_samples_target(samples, i) *= target;
    }
    l2osr_front *front = sane_front(ctx, samples, &o);
    if (isfinite(target / column))
        ck_assert_double_gt(best_r2(front), 0.5);
    l2osr_front_free(front);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

/* What the largest and smallest numbers give is at least finite. */
START_TEST(numbers_may_be_extreme) {
    static const float values[] = {FLT_MAX, FLT_MIN, 1e-45f, 1e20f};
    l2osr_context *ctx = test_context();
    for (size_t k = 0; k < 4; k++) {
        l2osr_sr_options o = L2OSR_SR_OPTIONS_INIT;
        l2osr_samples *samples = make_table(ctx, 100);
        for (size_t i = 0; i < 100; i++)
            *l2osr_samples_series(samples, 2, i) = i % 3 ? values[k] : -values[k];
        *l2osr_samples_series(samples, 0, 5) = values[k];
        l2osr_front_free(sane_front(ctx, samples, &o));
        o.validation = -1; /* what one row is all about does not hold on others */
        *l2osr_samples_target(samples, 7) = values[k];
        l2osr_front_free(sane_front(ctx, samples, &o));
        l2osr_samples_free(samples);
    }
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(columns_may_be_equal_or_empty) {
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_table(ctx, 200);
    l2osr_sr_options o = L2OSR_SR_OPTIONS_INIT;
    for (size_t i = 0; i < 200; i++) /* what x2 was is of no use */
        *l2osr_samples_series(samples, 2, i) = *l2osr_samples_series(samples, 0, i);
    l2osr_front *front = sane_front(ctx, samples, &o);
    ck_assert_double_gt(best_r2(front), 0.99);
    l2osr_front_free(front);
    for (size_t i = 0; i < 200; i++)
        *l2osr_samples_series(samples, 2, i) = 0;
    front = sane_front(ctx, samples, &o);
    ck_assert_double_gt(best_r2(front), 0.99);
    l2osr_front_free(front);
    for (size_t i = 0; i < 200; i++)
        *l2osr_samples_series(samples, 2, i) = 1e7f;
    front = sane_front(ctx, samples, &o);
    ck_assert_double_gt(best_r2(front), 0.99);
    l2osr_front_free(front);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

/* Nothing there explains the target. */
START_TEST(the_target_may_be_noise) {
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_table(ctx, 300);
    l2osr_sr_options o = L2OSR_SR_OPTIONS_INIT;
    for (size_t i = 0; i < 300; i++) {
        double noise;
        l2osr_random_normal(82, i, 5, 1, &noise, 1);
        *l2osr_samples_target(samples, i) = (float)noise;
        for (size_t f = 1; f < 3; f++)
            *l2osr_samples_series(samples, f, i) = 0;
    }
    l2osr_front *front = sane_front(ctx, samples, &o);
    ck_assert_double_lt(best_r2(front), 0.5);
    l2osr_front_free(front);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(all_columns_may_be_zero) {
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_table(ctx, 300);
    l2osr_sr_options o = L2OSR_SR_OPTIONS_INIT;
    for (size_t i = 0; i < 300; i++)
        for (size_t f = 0; f < 3; f++)
            *l2osr_samples_series(samples, f, i) = 0;
    l2osr_front *front = sane_front(ctx, samples, &o);
    ck_assert_uint_eq(l2osr_front_size(front), 1); /* a constant */
    ck_assert_uint_eq(l2osr_front_get(front, 0)->complexity, 1);
    l2osr_front_free(front);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(columns_may_be_more_than_rows) {
    l2osr_context *ctx = test_context();
    l2osr_sr_options o = L2OSR_SR_OPTIONS_INIT;
    l2osr_samples *samples = wide_table(ctx, 200, 30);
    l2osr_front *front = sane_front(ctx, samples, &o);
    ck_assert_double_gt(best_r2(front), 0.3); /* x0 alone explains 0.8 */
    l2osr_front_free(front);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(rows_may_be_few) {
    l2osr_context *ctx = test_context();
    for (size_t rows = 11; rows <= 16; rows++) {
        l2osr_sr_options o = L2OSR_SR_OPTIONS_INIT;
        l2osr_samples *samples = wide_table(ctx, 3, rows);
        l2osr_front_free(sane_front(ctx, samples, &o));
        l2osr_samples_free(samples);
    }
    l2osr_context_free(ctx);
}
END_TEST

static void expect_refusal(l2osr_context *ctx, const l2osr_samples *samples, l2osr_status status,
                           const char *message, const char *also) {
    l2osr_sr *sr;
    ck_assert_int_eq(l2osr_sr_create(&sr, ctx, samples, NULL), status);
    ck_assert_ptr_null(sr);
    ck_assert_msg(strstr(l2osr_context_errmsg(ctx), message), "'%s'", l2osr_context_errmsg(ctx));
    ck_assert_msg(strstr(l2osr_context_errmsg(ctx), also), "'%s'", l2osr_context_errmsg(ctx));
}

START_TEST(what_cannot_be_searched_is_refused) {
    l2osr_context *ctx = test_context();
    l2osr_samples *one = make_table(ctx, 1), *few = make_table(ctx, 8);
    l2osr_samples *samples = make_table(ctx, 50);
    expect_refusal(ctx, one, L2OSR_EINVAL, "1 rows", "too few");
    expect_refusal(ctx, few, L2OSR_EINVAL, "7 rows", "8 are needed");
    *l2osr_samples_series(samples, 1, 17) = NAN;
    expect_refusal(ctx, samples, L2OSR_ENONFINITE, "17", "x1");
    for (size_t i = 0; i < 50; i++)
        *l2osr_samples_series(samples, 1, i) = NAN;
    expect_refusal(ctx, samples, L2OSR_ENONFINITE, "x1", "x1");
    for (size_t i = 0; i < 50; i++)
        *l2osr_samples_series(samples, 1, i) = 0;
    *l2osr_samples_target(samples, 3) = -INFINITY;
    expect_refusal(ctx, samples, L2OSR_ENONFINITE, "3", "target");
    for (size_t i = 0; i < 50; i++)
        *l2osr_samples_target(samples, i) = 3;
    expect_refusal(ctx, samples, L2OSR_EINVAL, "the target is 3", "nothing to explain");
    l2osr_samples_free(one);
    l2osr_samples_free(few);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

TCase *degenerate_tests(void) {
    TCase *tests = tcase_create("degenerate data");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, units_may_be_extreme, 0, 25);
    tcase_add_test(tests, numbers_may_be_extreme);
    tcase_add_test(tests, columns_may_be_equal_or_empty);
    tcase_add_test(tests, the_target_may_be_noise);
    tcase_add_test(tests, all_columns_may_be_zero);
    tcase_add_test(tests, columns_may_be_more_than_rows);
    tcase_add_test(tests, rows_may_be_few);
    tcase_add_test(tests, what_cannot_be_searched_is_refused);
    return tests;
}
