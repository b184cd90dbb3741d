/* SPDX-License-Identifier: MIT */
/* Sampled mapping functions of mappings that are known. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "noise.h"
#include "suites.h"

enum { TRAJECTORIES = 5, STEPS = 9, VALUES = 21 };

static void sweep(l2osr_context *ctx, const l2osr_samples *samples, const char *equation,
                  const l2osr_sweep_options *o, const char *input, double values[VALUES],
                  double results[3][VALUES]) {
    l2osr_mapping *mapping;
    ck_ok(l2osr_sweep_values(ctx, samples, input, VALUES, values), ctx);
    ck_ok(l2osr_mapping_of_equation(&mapping, ctx, equation), ctx);
    ck_ok(l2osr_mapping_sweep(mapping, samples, o, input, VALUES, values, results[0], results[1],
                              results[2]),
          ctx);
    l2osr_mapping_free(mapping);
}

START_TEST(functions_of_the_current_value) {
    static const struct {
        const char *equation;
        double (*function)(double);
    } cases[] = {{"tanh(a)", tanh}, {"-cos(a[0])", cos}};
    l2osr_sweep_options o = L2OSR_SWEEP_OPTIONS_INIT;
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_noise(ctx, TRAJECTORIES, STEPS);
    double values[VALUES], results[3][VALUES];
    o.held = _i % 2 ? L2OSR_HELD_OBSERVED : L2OSR_HELD_TYPICAL;
    sweep(ctx, samples, cases[_i / 2].equation, &o, "a", values, results);
    for (size_t k = 0; k < VALUES; k++)
        for (size_t q = 0; q < 3; q++)
            ck_assert_double_eq_tol(results[q][k],
                                    (_i / 2 ? -1 : 1) * cases[_i / 2].function(values[k]), 1e-6);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* An average from zero over steps 0 .. last of one trajectory, or of the medians of all. */
static double average(l2osr_samples *samples, size_t trajectory, size_t last) {
    double sum = 0;
    for (size_t t = 0; t <= last; t++) {
        double column[TRAJECTORIES];
        for (size_t i = 0; i < TRAJECTORIES; i++)
            column[i] = (double)l2osr_samples_series(samples, 2, i)[t];
        qsort(column, TRAJECTORIES, sizeof *column, ascending);
        sum = 0.9 * sum + 0.1 * (trajectory < TRAJECTORIES
                                     ? (double)l2osr_samples_series(samples, 2, trajectory)[t]
                                     : column[TRAJECTORIES / 2]);
    }
    return sum;
}

/* Of five trajectories the quartiles are the second and the fourth. */
START_TEST(momentum_depends_on_the_history) {
    const size_t step = 7, lag = 2;
    const l2osr_sweep_options typical = {.struct_size = sizeof typical, .step = step, .lag = lag};
    l2osr_sweep_options observed = typical;
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_noise(ctx, TRAJECTORIES, STEPS);
    double values[VALUES], results[3][VALUES], rest[TRAJECTORIES];
    sweep(ctx, samples, "ema(g, 0.9)", &typical, "g", values, results);
    for (size_t k = 0; k < VALUES; k++) {
        const double before = average(samples, TRAJECTORIES, step - 1 - lag - 1) * 0.9 * 0.81;
        const double after = average(samples, TRAJECTORIES, step - 1) -
                             average(samples, TRAJECTORIES, step - 1 - lag) * 0.81;
        ck_assert_double_eq_tol(results[1][k], before + 0.081 * values[k] + after, 1e-6);
        ck_assert_double_eq(results[0][k], results[1][k]);
        ck_assert_double_eq(results[2][k], results[1][k]);
    }
    observed.held = L2OSR_HELD_OBSERVED;
    sweep(ctx, samples, "ema(g, 0.9)", &observed, "g", values, results);
    for (size_t i = 0; i < TRAJECTORIES; i++)
        rest[i] = average(samples, i, step - 1) -
                  0.081 * (double)l2osr_samples_series(samples, 2, i)[step - 1 - lag];
    qsort(rest, TRAJECTORIES, sizeof *rest, ascending);
    for (size_t k = 0; k < VALUES; k++)
        for (size_t q = 0; q < 3; q++)
            ck_assert_double_eq_tol(results[q][k], rest[q + 1] + 0.081 * values[k], 1e-6);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

/* Its update is the sign of a gradient after the first one; later histories matter. */
START_TEST(adam_of_one_gradient_is_a_sign) {
    l2osr_sweep_options o = {.struct_size = sizeof o, .held = L2OSR_HELD_OBSERVED, .step = 1};
    const double values[] = {-2, -0.01, 0, 0.01, 2};
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_noise(ctx, TRAJECTORIES, STEPS);
    l2osr_mapping *mapping;
    l2osr_rule *rule;
    double low[5], median[5], high[5];
    ck_ok(l2osr_rule_preset(&rule, ctx, "adam"), ctx);
    ck_ok(l2osr_mapping_of_rule(&mapping, ctx, rule), ctx);
    ck_ok(l2osr_mapping_sweep(mapping, samples, &o, "g", 5, values, low, median, high), ctx);
    for (size_t k = 0; k < 5; k++)
        ck_assert_double_eq_tol(median[k], (values[k] < 0) - (values[k] > 0), 1e-5);
    o.step = 0;
    ck_ok(l2osr_mapping_sweep(mapping, samples, &o, "g", 5, values, low, median, high), ctx);
    for (size_t k = 0; k < 5; k++)
        ck_assert_double_lt(low[k], high[k]);
    ck_ok(l2osr_mapping_sweep(mapping, samples, &o, "g", 5, values, NULL, low, NULL), ctx);
    ck_assert_mem_eq(low, median, sizeof low);
    l2osr_mapping_free(mapping);
    l2osr_rule_free(rule);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(windows_are_swept_by_lag) {
    l2osr_sweep_options o = {.struct_size = sizeof o, .lag = 3};
    l2osr_context *ctx = test_context();
    l2osr_samples *series = make_noise(ctx, TRAJECTORIES, STEPS);
    l2osr_samples *table = make_windows(ctx, series, "w", STEPS);
    double values[VALUES], results[3][VALUES];
    for (int held = 0; held < 2; held++) {
        o.held = (l2osr_held)held;
        sweep(ctx, table, "2 * w[3] + 0 * w", &o, "w", values, results);
        for (size_t k = 0; k < VALUES; k++)
            ck_assert_double_eq_tol(results[1][k], 2 * values[k], 1e-6);
    }
    l2osr_samples_free(table);
    l2osr_samples_free(series);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(what_is_not_finite_is_nan) {
    l2osr_sweep_options o = L2OSR_SWEEP_OPTIONS_INIT;
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_noise(ctx, TRAJECTORIES, STEPS);
    double values[VALUES], results[3][VALUES];
    for (int held = 0; held < 2; held++) {
        o.held = (l2osr_held)held;
        sweep(ctx, samples, "1 / a", &o, "a", values, results);
        for (size_t k = 0; k < VALUES; k++)
            ck_assert_int_eq(isnan(results[1][k]) != 0, k == VALUES / 2);
    }
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(values_hold_most_of_an_input) {
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_noise(ctx, 500, STEPS);
    double values[VALUES];
    ck_ok(l2osr_sweep_values(ctx, samples, "b", VALUES, values), ctx);
    ck_assert_double_eq_tol(values[VALUES - 1], 2 * 2.326, 0.2);
    for (size_t k = 0; k < VALUES; k++) {
        ck_assert_double_eq_tol(values[k], -values[VALUES - 1 - k], 1e-12);
        ck_assert_double_eq_tol(values[k] - values[0], (double)k * (values[1] - values[0]), 1e-9);
    }
    for (size_t i = 0; i < 500; i++)
        for (size_t t = 0; t < STEPS; t++)
            l2osr_samples_series(samples, 1, i)[t] = fabsf(l2osr_samples_series(samples, 1, i)[t]);
    ck_ok(l2osr_sweep_values(ctx, samples, "b", VALUES, values), ctx);
    ck_assert_double_eq(values[0], 0);
    ck_assert_double_gt(values[VALUES - 1], 4);
    ck_assert_int_eq(l2osr_sweep_values(ctx, samples, "c", VALUES, values), L2OSR_ENOTFOUND);
    ck_assert_int_eq(l2osr_sweep_values(ctx, samples, "b", 1, values), L2OSR_EINVAL);
    for (size_t i = 0; i < 500; i++)
        for (size_t t = 0; t < STEPS; t++)
            l2osr_samples_series(samples, 1, i)[t] = NAN;
    ck_assert_int_eq(l2osr_sweep_values(ctx, samples, "b", VALUES, values), L2OSR_ENONFINITE);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

/* Two trajectories do not count at two steps each, where they hold what would show. */
START_TEST(steps_of_weight_0_are_in_no_median) {
    static const struct { size_t trajectory, step; } without[] = {{0, 2}, {3, 2}, {0, 4}, {1, 4}};
    const l2osr_sweep_options o = {.struct_size = sizeof o, .step = 6};
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_noise(ctx, TRAJECTORIES, STEPS);
    double values[VALUES], results[3][VALUES], kept[VALUES], history = 0;
    ck_ok(l2osr_samples_add_weights(samples), ctx);
    for (size_t k = 0; k < 4; k++) {
        l2osr_samples_weights(samples, without[k].trajectory)[without[k].step] = 0;
        l2osr_samples_series(samples, 2, without[k].trajectory)[without[k].step] = -1e6f;
    }
    for (size_t t = 0; t < o.step - 1; t++) {
        double column[TRAJECTORIES];
        size_t n = 0;
        for (size_t i = 0; i < TRAJECTORIES; i++)
            if (l2osr_samples_weights(samples, i)[t] > 0)
                column[n++] = (double)l2osr_samples_series(samples, 2, i)[t];
        qsort(column, n, sizeof *column, ascending);
        history = 0.9 * history + 0.1 * column[n / 2];
    }
    sweep(ctx, samples, "ema(g, 0.9)", &o, "g", values, results);
    for (size_t k = 0; k < VALUES; k++)
        ck_assert_double_eq_tol(results[1][k], 0.9 * history + 0.1 * values[k], 1e-6);
    ck_assert_double_lt(values[VALUES - 1], 3);
    for (size_t k = 0; k < 4; k++)
        l2osr_samples_series(samples, 2, without[k].trajectory)[without[k].step] = NAN;
    ck_ok(l2osr_sweep_values(ctx, samples, "g", VALUES, kept), ctx);
    ck_assert_mem_eq(values, kept, sizeof kept);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

/* Few trajectories make no loop of their own; two threads get eight values at a time. */
START_TEST(canceled_on_the_way) {
    const l2osr_sweep_options o = {.struct_size = sizeof o, .held = L2OSR_HELD_OBSERVED};
    struct cutter cutter = {.cut = 1};
    l2osr_context_options options = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_context *ctx;
    options.threads = 2;
    options.parallel_for = cut_loop;
    options.parallel_user = &cutter;
    ck_assert_int_eq(l2osr_context_create(&ctx, &options), L2OSR_OK);
    cutter.ctx = ctx;
    l2osr_samples *samples = make_noise(ctx, TRAJECTORIES, STEPS);
    l2osr_mapping *mapping = map_equation(ctx, "a");
    double values[VALUES], u[VALUES];
    ck_ok(l2osr_sweep_values(ctx, samples, "a", VALUES, values), ctx);
    ck_assert_int_eq(l2osr_mapping_sweep(mapping, samples, &o, "a", VALUES, values, NULL, u, NULL),
                     L2OSR_ECANCELED);
    ck_assert_int_eq(cutter.loops, 2);
    l2osr_mapping_free(mapping);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

static void sweep_some(l2osr_context *ctx, double *results, size_t n) {
    l2osr_sweep_options o = L2OSR_SWEEP_OPTIONS_INIT;
    l2osr_samples *samples = make_noise(ctx, 100, STEPS);
    double values[VALUES];
    ck_assert_uint_ge(n, 6 * VALUES);
    sweep(ctx, samples, "tanh(ema(g, 0.9) * a)", &o, "g", values,
          (double(*)[VALUES])(void *)results);
    o.held = L2OSR_HELD_OBSERVED;
    sweep(ctx, samples, "tanh(ema(g, 0.9) * a)", &o, "g", values,
          (double(*)[VALUES])(void *)(results + 3 * VALUES));
    l2osr_samples_free(samples);
}

START_TEST(threads_change_no_bit) {
    compare_threads(sweep_some);
}
END_TEST

START_TEST(wrong_arguments_are_explained) {
    l2osr_sweep_options o = L2OSR_SWEEP_OPTIONS_INIT;
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_noise(ctx, TRAJECTORIES, STEPS);
    l2osr_mapping *mapping;
    double value = 1, u;
    ck_ok(l2osr_mapping_of_equation(&mapping, ctx, "a"), ctx);
    ck_assert_int_eq(l2osr_mapping_sweep(mapping, samples, &o, "c", 1, &value, NULL, &u, NULL),
                     L2OSR_ENOTFOUND);
    ck_assert_int_eq(l2osr_mapping_sweep(mapping, samples, &o, "a", 0, &value, NULL, &u, NULL),
                     L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_mapping_sweep(mapping, samples, &o, "a", 1, &value, NULL, NULL, NULL),
                     L2OSR_EINVAL);
    o.step = STEPS + 1;
    ck_assert_int_eq(l2osr_mapping_sweep(mapping, samples, &o, "a", 1, &value, NULL, &u, NULL),
                     L2OSR_ERANGE);
    o.step = o.lag = 3;
    ck_assert_int_eq(l2osr_mapping_sweep(mapping, samples, &o, "a", 1, &value, NULL, &u, NULL),
                     L2OSR_ERANGE);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "3 steps before, only 2"));
    ck_ok(l2osr_samples_add_weights(samples), ctx);
    for (size_t i = 0; i < TRAJECTORIES; i++)
        l2osr_samples_weights(samples, i)[2] = 0;
    o.lag = 0;
    ck_assert_int_eq(l2osr_mapping_sweep(mapping, samples, &o, "a", 1, &value, NULL, &u, NULL),
                     L2OSR_EINVAL);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "at step 3"));
    o.step = 0;
    o.held = L2OSR_HELD_OBSERVED;
    l2osr_context_cancel(ctx);
    ck_assert_int_eq(l2osr_mapping_sweep(mapping, samples, &o, "a", 1, &value, NULL, &u, NULL),
                     L2OSR_ECANCELED);
    o.held = (l2osr_held)7;
    ck_assert_int_eq(l2osr_mapping_sweep(mapping, samples, &o, "a", 1, &value, NULL, &u, NULL),
                     L2OSR_EINVAL);
    l2osr_mapping_free(mapping);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

static l2osr_status sweep_once(l2osr_context *ctx, l2osr_held held) {
    const l2osr_sweep_options o = {.struct_size = sizeof o, .held = held};
    l2osr_context *safe = test_context();
    l2osr_samples *samples = make_noise(safe, 4, STEPS);
    double values[3], u[3];
    l2osr_mapping *mapping;
    l2osr_status status = l2osr_mapping_of_equation(&mapping, ctx, "a * b[1]");
    if (status == L2OSR_OK)
        status = l2osr_sweep_values(ctx, samples, "a", 3, values);
    if (status == L2OSR_OK)
        status = l2osr_mapping_sweep(mapping, samples, &o, "a", 3, values, NULL, u, NULL);
    l2osr_mapping_free(mapping);
    l2osr_samples_free(samples);
    l2osr_context_free(safe);
    return status;
}

static l2osr_status sweep_typical(l2osr_context *ctx) {
    return sweep_once(ctx, L2OSR_HELD_TYPICAL);
}

static l2osr_status sweep_observed(l2osr_context *ctx) {
    return sweep_once(ctx, L2OSR_HELD_OBSERVED);
}

START_TEST(failing_allocations_leave_nothing_behind) {
    sweep_failures(sweep_typical);
    sweep_failures(sweep_observed);
}
END_TEST

Suite *sweep_suite(void) {
    Suite *suite = suite_create("sweeps");
    TCase *tests = tcase_create("sweeps");
    tcase_add_loop_test(tests, functions_of_the_current_value, 0, 4);
    tcase_add_test(tests, momentum_depends_on_the_history);
    tcase_add_test(tests, adam_of_one_gradient_is_a_sign);
    tcase_add_test(tests, windows_are_swept_by_lag);
    tcase_add_test(tests, what_is_not_finite_is_nan);
    tcase_add_test(tests, values_hold_most_of_an_input);
    tcase_add_test(tests, steps_of_weight_0_are_in_no_median);
    tcase_add_test(tests, canceled_on_the_way);
    tcase_add_test(tests, threads_change_no_bit);
    tcase_add_test(tests, wrong_arguments_are_explained);
    tcase_add_test(tests, failing_allocations_leave_nothing_behind);
    suite_add_tcase(suite, tests);
    return suite;
}
