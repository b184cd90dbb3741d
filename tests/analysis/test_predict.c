/* SPDX-License-Identifier: MIT */
/* Formulas along trajectories against the same recursions written out in C. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "suites.h"
#include "support.h"

enum { TRAJECTORIES = 300, STEPS = 7 };

static l2osr_samples *make_samples(l2osr_context *ctx, size_t trajectories, size_t steps) {
    static const char *const names[] = {"a", "b"};
    l2osr_samples *samples;
    double values[STEPS];
    ck_ok(l2osr_samples_create(&samples, ctx, 2, names, trajectories, steps), ctx);
    for (size_t i = 0; i < trajectories; i++)
        for (size_t f = 0; f < 3; f++) {
            float *series =
                f < 2 ? l2osr_samples_series(samples, f, i) : l2osr_samples_target(samples, i);
            l2osr_random_uniform(7, 3 * i + f, -1, 1, values, steps);
            for (size_t t = 0; t < steps; t++)
                series[t] = (float)values[t];
        }
    return samples;
}

START_TEST(lags_averages_and_time) {
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_samples(ctx, TRAJECTORIES, STEPS);
    float *out = malloc(TRAJECTORIES * STEPS * sizeof *out);
    ck_ok(l2osr_predict(ctx, samples, "ema(a, 0.9) + 2 * a[2] * b - b[1] / t", out), ctx);
    for (size_t i = 0; i < TRAJECTORIES; i++) {
        const float *a = l2osr_samples_series(samples, 0, i);
        const float *b = l2osr_samples_series(samples, 1, i);
        double average = 0;
        for (size_t t = 0; t < STEPS; t++) {
            average = 0.9 * average + (1 - 0.9) * (double)a[t];
            double expected = average + (t >= 2 ? 2 * (double)a[t - 2] * (double)b[t] : 0) -
                              (t >= 1 ? (double)b[t - 1] / (double)(t + 1) : 0);
            ck_assert_double_eq_tol((double)out[i * STEPS + t], expected, 1e-6);
        }
    }
    free(out);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(rows_of_a_table_are_independent) {
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_samples(ctx, TRAJECTORIES, 1);
    float out[TRAJECTORIES];
    ck_ok(l2osr_predict(ctx, samples, "ema(a, 0.5) + a[1] + t", out), ctx);
    for (size_t i = 0; i < TRAJECTORIES; i++)
        ck_assert_float_eq_tol(out[i], 0.5f * *l2osr_samples_series(samples, 0, i) + 1, 1e-6f);
    ck_ok(l2osr_predict(ctx, samples, "3", out), ctx);
    for (size_t i = 0; i < TRAJECTORIES; i++)
        ck_assert_float_eq(out[i], 3);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(a_feature_called_t_is_itself) {
    static const char *const names[] = {"g", "t"};
    l2osr_context *ctx = test_context();
    l2osr_samples *samples;
    float out[2];
    ck_ok(l2osr_samples_create(&samples, ctx, 2, names, 2, 1), ctx);
    *l2osr_samples_series(samples, 1, 0) = 40;
    *l2osr_samples_series(samples, 1, 1) = 41;
    ck_ok(l2osr_predict(ctx, samples, "t + g", out), ctx);
    ck_assert_float_eq(out[0], 40);
    ck_assert_float_eq(out[1], 41);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(r2_of_known_predictions) {
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_samples(ctx, TRAJECTORIES, STEPS);
    double r2, mean = 0, residual = 0, total = 0;
    const double n = TRAJECTORIES * STEPS;
    for (size_t i = 0; i < TRAJECTORIES; i++)
        for (size_t t = 0; t < STEPS; t++)
            mean += (double)l2osr_samples_target(samples, i)[t] / n;
    for (size_t i = 0; i < TRAJECTORIES; i++)
        for (size_t t = 0; t < STEPS; t++) {
            const double y = (double)l2osr_samples_target(samples, i)[t];
            const double error = y - (double)l2osr_samples_series(samples, 0, i)[t];
            residual += error * error;
            total += (y - mean) * (y - mean);
        }
    ck_ok(l2osr_r2(ctx, samples, "a", &r2), ctx);
    ck_assert_double_eq_tol(r2, 1 - residual / total, 1e-12);
    for (size_t i = 0; i < TRAJECTORIES; i++)
        memcpy(l2osr_samples_target(samples, i), l2osr_samples_series(samples, 0, i),
               STEPS * sizeof(float));
    ck_ok(l2osr_r2(ctx, samples, "a", &r2), ctx);
    ck_assert_double_eq(r2, 1);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(r2_of_weighted_steps) {
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_samples(ctx, 6, STEPS), *part;
    double r2, expected;
    ck_ok(l2osr_samples_part(&part, samples, 0, 4), ctx);
    ck_ok(l2osr_r2(ctx, part, "sqrt(abs(a))", &expected), ctx);
    ck_ok(l2osr_samples_add_weights(samples), ctx);
    for (size_t i = 0; i < 6; i++)
        for (size_t t = 0; t < STEPS; t++)
            l2osr_samples_weights(samples, i)[t] = i < 4 ? 3 : 0;
    l2osr_samples_series(samples, 0, 5)[2] = NAN;
    l2osr_samples_target(samples, 4)[3] = NAN;
    ck_ok(l2osr_r2(ctx, samples, "sqrt(abs(a))", &r2), ctx);
    ck_assert_double_eq_tol(r2, expected, 1e-12);
    for (size_t i = 0; i < 6; i++)
        memset(l2osr_samples_weights(samples, i), 0, STEPS * sizeof(float));
    ck_assert_int_eq(l2osr_r2(ctx, samples, "a", &r2), L2OSR_EINVAL);
    l2osr_samples_free(part);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(failures) {
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_samples(ctx, 4, STEPS);
    float out[4 * STEPS];
    double r2;
    ck_assert_int_eq(l2osr_predict(ctx, samples, "a + nothing", out), L2OSR_EPARSE);
    ck_assert_int_eq(l2osr_predict(ctx, samples, "ema(a, b)", out), L2OSR_EPARSE);
    ck_assert_int_eq(l2osr_predict(ctx, samples, "", out), L2OSR_EPARSE);
    ck_assert_int_eq(l2osr_predict(ctx, NULL, "a", out), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_predict(NULL, samples, "a", out), L2OSR_EINVAL);
    l2osr_samples_series(samples, 0, 2)[3] = 0;
    ck_assert_int_eq(l2osr_r2(ctx, samples, "1 / greater(abs(a), 0)", &r2), L2OSR_ENONFINITE);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "prediction of trajectory 2, step 4"));
    l2osr_samples_target(samples, 1)[2] = NAN;
    ck_assert_int_eq(l2osr_r2(ctx, samples, "a", &r2), L2OSR_ENONFINITE);
    ck_assert_ptr_nonnull(
        strstr(l2osr_context_errmsg(ctx), "target of trajectory 1, step 3 is NaN"));
    l2osr_samples_target(samples, 1)[2] = -INFINITY;
    ck_assert_int_eq(l2osr_r2(ctx, samples, "a", &r2), L2OSR_ENONFINITE);
    for (size_t i = 0; i < 4; i++)
        memset(l2osr_samples_target(samples, i), 0, STEPS * sizeof(float));
    ck_assert_int_eq(l2osr_r2(ctx, samples, "a", &r2), L2OSR_EINVAL);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(every_failed_allocation) {
    bool done = false;
    for (long fail_at = 0; !done; fail_at++) {
        struct failing_allocator allocator = {fail_at, 0, 0};
        const struct l2osr_allocator hooks = failing_allocator_hooks(&allocator);
        l2osr_context_options o = L2OSR_CONTEXT_OPTIONS_INIT;
        l2osr_context *ctx, *safe = test_context();
        l2osr_samples *samples = make_samples(safe, 4, STEPS);
        double r2;
        o.allocator = &hooks;
        o.threads = 1;
        if (l2osr_context_create(&ctx, &o) == L2OSR_OK) {
            const l2osr_status status = l2osr_r2(ctx, samples, "a[1] + ema(b, 0.9)", &r2);
            ck_assert(status == L2OSR_OK || status == L2OSR_ENOMEM);
            done = status == L2OSR_OK;
            l2osr_context_free(ctx);
        }
        ck_assert_int_eq(allocator.live, 0);
        l2osr_samples_free(samples);
        l2osr_context_free(safe);
    }
}
END_TEST

Suite *prediction_suite(void) {
    Suite *suite = suite_create("prediction");
    TCase *tests = tcase_create("prediction");
    tcase_add_test(tests, lags_averages_and_time);
    tcase_add_test(tests, rows_of_a_table_are_independent);
    tcase_add_test(tests, a_feature_called_t_is_itself);
    tcase_add_test(tests, r2_of_known_predictions);
    tcase_add_test(tests, r2_of_weighted_steps);
    tcase_add_test(tests, failures);
    tcase_add_test(tests, every_failed_allocation);
    suite_add_tcase(suite, tests);
    return suite;
}
