/* SPDX-License-Identifier: MIT */
/* Searches over rows with weights, over memories and over windows. */
#include <math.h>
#include <string.h>

#include "tests.h"

enum { ROWS = 400, WINDOW = 6, RUNS = 10, STEPS = 50 };

static const l2osr_formula *last_of(const l2osr_front *front) {
    ck_assert_uint_gt(l2osr_front_size(front), 0);
    return l2osr_front_get(front, l2osr_front_size(front) - 1);
}

/* Half of the rows obey x0, half x1: weights tell which ones count. */
static l2osr_samples *two_laws(l2osr_context *ctx) {
    l2osr_samples *samples = make_table(ctx, ROWS);
    for (size_t i = 0; i < ROWS; i++)
        *l2osr_samples_target(samples, i) = i % 2 ? 3 * *l2osr_samples_series(samples, 0, i) + 1
                                                  : -2 * *l2osr_samples_series(samples, 1, i);
    return samples;
}

static void find_law(size_t counted, const char *inside, const char *outside) {
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = two_laws(ctx);
    l2osr_sr_options o = L2OSR_SR_OPTIONS_INIT;
    ck_ok(l2osr_samples_add_weights(samples), ctx);
    for (size_t i = 0; i < ROWS; i++)
        *l2osr_samples_weights(samples, i) = i % 2 == counted ? 2 : 0;
    o.operators = "+ *";
    o.evaluations = 2000;
    o.islands = 2;
    o.validation = -1;
    l2osr_front *front = search_front(ctx, samples, &o);
    int found = 0;
    for (size_t i = 0; i < l2osr_front_size(front); i++) {
        const char *equation = l2osr_front_get(front, i)->equation;
        found |= strstr(equation, inside) && !strstr(equation, outside);
    }
    ck_assert(found);
    l2osr_front_free(front);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}

START_TEST(weights_decide_what_is_found) {
    find_law(1, "x0", "x1");
    find_law(0, "x1", "x0");
}
END_TEST

/* All weights 1 are no weights, and a factor of all of them changes nothing. */
START_TEST(equal_weights_change_nothing) {
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = two_laws(ctx);
    l2osr_sr_options o = L2OSR_SR_OPTIONS_INIT;
    o.evaluations = 1500;
    o.islands = 2;
    ck_ok(l2osr_samples_add_weights(samples), ctx);
    l2osr_front *one = search_front(ctx, samples, &o);
    for (size_t i = 0; i < ROWS; i++)
        *l2osr_samples_weights(samples, i) = 4; /* the root is exact */
    l2osr_front *four = search_front(ctx, samples, &o);
    check_same_front(one, four, true);
    l2osr_front_free(one);
    l2osr_front_free(four);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

/* What cannot be computed where nothing counts is found all the same. */
START_TEST(rows_that_do_not_count_may_divide_by_zero) {
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_table(ctx, ROWS);
    l2osr_sr_options o = L2OSR_SR_OPTIONS_INIT;
    ck_ok(l2osr_samples_add_weights(samples), ctx);
    for (size_t i = 0; i < ROWS; i++) {
        float *x = l2osr_samples_series(samples, 0, i);
        *x = i % 3 ? 1 + fabsf(*x) : 0;
        *l2osr_samples_target(samples, i) = i % 3 ? 2 / *x : 0;
        *l2osr_samples_weights(samples, i) = i % 3;
    }
    o.operators = "+ * /";
    o.max_complexity = 3; /* no room to keep the denominator from 0 */
    o.evaluations = 2000;
    o.islands = 2;
    l2osr_front *front = search_front(ctx, samples, &o);
    ck_assert_double_gt(last_of(front)->r2_train, 1 - 1e-9);
    l2osr_front_free(front);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(weights_must_not_all_vanish) {
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = two_laws(ctx);
    l2osr_sr *sr;
    ck_ok(l2osr_samples_add_weights(samples), ctx);
    for (size_t i = 0; i < ROWS; i++)
        *l2osr_samples_weights(samples, i) = 0;
    ck_assert_int_eq(l2osr_sr_create(&sr, ctx, samples, NULL), L2OSR_EINVAL);
    ck_assert_ptr_null(sr);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "weight 0"));
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

/* With most of the weights zero, what is kept apart may count for nothing: there is a front all the
 * same. */
START_TEST(few_rows_may_count) {
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = two_laws(ctx);
    l2osr_sr_options o = L2OSR_SR_OPTIONS_INIT;
    ck_ok(l2osr_samples_add_weights(samples), ctx);
    for (size_t i = 0; i < ROWS; i++)
        *l2osr_samples_weights(samples, i) = i % 40 == 1;
    o.operators = "+ *";
    o.evaluations = 1000;
    o.islands = 2;
    o.validation = 0.003; /* one row is kept apart, which hardly counts */
    l2osr_front *front = search_front(ctx, samples, &o);
    ck_assert_uint_gt(l2osr_front_size(front), 0);
    l2osr_front_free(front);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

/* Trajectories: 0.6 dsum(square(b), 0.7) - 2 wsum(a, 3). */
static l2osr_samples *make_memories(l2osr_context *ctx) {
    static const char *const names[] = {"a", "b"};
    l2osr_samples *samples;
    ck_ok(l2osr_samples_create(&samples, ctx, 2, names, RUNS, STEPS), ctx);
    for (size_t i = 0; i < RUNS; i++) {
        float *a = l2osr_samples_series(samples, 0, i), *b = l2osr_samples_series(samples, 1, i);
        double x[2 * STEPS], sum = 0;
        l2osr_random_normal(95, i, 0, 1, x, 2 * STEPS);
        for (size_t t = 0; t < STEPS; t++) {
            a[t] = (float)x[t];
            b[t] = (float)x[STEPS + t];
            sum = 0.7 * sum + (double)b[t] * (double)b[t];
            double last = 0;
            for (size_t k = 0; k < 3 && k <= t; k++)
                last += (double)a[t - k];
            l2osr_samples_target(samples, i)[t] = (float)(0.6 * sum - 2 * last);
        }
    }
    return samples;
}

/* Frees the samples. */
static l2osr_front *search_past(l2osr_context *ctx, l2osr_samples *samples, const char *operators,
                                const double decays[2]) {
    l2osr_sr_options o = L2OSR_SR_OPTIONS_INIT;
    o.operators = operators;
    o.decays = decays;
    o.n_decays = 2;
    o.evaluations = 5000;
    o.islands = 4;
    l2osr_front *front = search_front(ctx, samples, &o);
    l2osr_samples_free(samples);
    return front;
}

static l2osr_front *search_memories(l2osr_context *ctx) {
    return search_past(ctx, make_memories(ctx), "+ * tanh square ema dsum wsum",
                       (const double[]){0.3, 0.7});
}

/* The same front with 1, 2 and 4 threads, whose last formula explains the target. */
static void check_threads(l2osr_front *(*search)(l2osr_context *ctx), double r2) {
    l2osr_context *ctx = context_with_threads(1);
    l2osr_front *one = search(ctx);
    ck_assert_double_gt(last_of(one)->r2_validation, r2);
    for (unsigned threads = 2; threads <= 4; threads += 2) {
        l2osr_context *other = context_with_threads(threads);
        l2osr_front *front = search(other);
        check_same_front(one, front, true);
        l2osr_front_free(front);
        l2osr_context_free(other);
    }
    l2osr_front_free(one);
    l2osr_context_free(ctx);
}

START_TEST(memories_are_found_with_any_number_of_threads) {
    check_threads(search_memories, 1 - 1e-6);
}
END_TEST

/* A table of g0 .. g5; the target is the decayed average of its window and tanh(g2). */
static l2osr_samples *make_windows(l2osr_context *ctx) {
    static const char *const names[] = {"g0", "g1", "g2", "g3", "g4", "g5"};
    l2osr_samples *samples;
    ck_ok(l2osr_samples_create(&samples, ctx, WINDOW, names, ROWS, 1), ctx);
    for (size_t i = 0; i < ROWS; i++) {
        double g[WINDOW], average = 0;
        l2osr_random_normal(96, i, 0, 1, g, WINDOW);
        for (size_t k = WINDOW; k-- > 0;) {
            *l2osr_samples_series(samples, k, i) = (float)g[k];
            average = 0.6 * average + 0.4 * g[k];
        }
        *l2osr_samples_target(samples, i) = (float)(average + 0.5 * tanh(g[2]));
    }
    ck_ok(l2osr_samples_find_windows(samples), ctx);
    ck_assert_uint_eq(l2osr_samples_windows(samples), 1);
    return samples;
}

static l2osr_front *search_windows(l2osr_context *ctx) {
    return search_past(ctx, make_windows(ctx), "+ * tanh ema wsum", (const double[]){0.3, 0.9});
}

START_TEST(windows_are_found_with_any_number_of_threads) {
    check_threads(search_windows, 1 - 1e-6);
}
END_TEST

/* Equations over a window against plain loops; other columns are what they are in all its steps. */
START_TEST(equations_over_windows_are_computed) {
    static const char *const texts[] = {"ema(g, 0.6)", "g[2]", "wsum(square(g), 4) - g0",
                                        "g0[1] + dsum(abs(g), 0.5)", "ema(g0, 0.9) + g * t"};
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_windows(ctx);
    float out[ROWS];
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
        ck_ok(l2osr_predict(ctx, samples, texts[k], out), ctx);
        for (size_t i = 0; i < ROWS; i++) {
            double g[WINDOW], average = 0, squares = 0, sizes = 0;
            for (size_t lag = WINDOW; lag-- > 0;) {
                g[lag] = (double)*l2osr_samples_series(samples, lag, i);
                average = 0.6 * average + 0.4 * g[lag];
                squares += lag < 4 ? g[lag] * g[lag] : 0;
                sizes = 0.5 * sizes + fabs(g[lag]);
            }
            const double expected[] = {average, g[2], squares - g[0], g[0] + sizes,
                                       (1 - pow(0.9, WINDOW)) * g[0] + WINDOW * g[0]};
            ck_assert_double_eq_tol((double)out[i], expected[k], 1e-5);
        }
    }
    ck_assert_int_eq(l2osr_predict(ctx, samples, "h + 1", out), L2OSR_EPARSE);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

TCase *rows_tests(void) {
    TCase *tests = tcase_create("weights, memories, windows");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, weights_decide_what_is_found);
    tcase_add_test(tests, equal_weights_change_nothing);
    tcase_add_test(tests, rows_that_do_not_count_may_divide_by_zero);
    tcase_add_test(tests, weights_must_not_all_vanish);
    tcase_add_test(tests, few_rows_may_count);
    tcase_add_test(tests, memories_are_found_with_any_number_of_threads);
    tcase_add_test(tests, equations_over_windows_are_computed);
    tcase_add_test(tests, windows_are_found_with_any_number_of_threads);
    return tests;
}
