/* SPDX-License-Identifier: MIT */
/* Complexity studies of fronts whose figures are known. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "noise.h"
#include "suites.h"

enum { TRAJECTORIES = 200, STEPS = 30, INPUTS = 3 };

/* The target is a + b[2] / 2, of which each term explains half; nothing depends on g. */
static l2osr_samples *make_target(l2osr_context *ctx) {
    l2osr_samples *samples = make_noise(ctx, TRAJECTORIES, STEPS);
    for (size_t i = 0; i < TRAJECTORIES; i++)
        for (size_t t = 0; t < STEPS; t++)
            l2osr_samples_target(samples, i)[t] =
                l2osr_samples_series(samples, 0, i)[t] +
                (t >= 2 ? l2osr_samples_series(samples, 1, i)[t - 2] / 2 : 0);
    return samples;
}

static l2osr_front *make_front(l2osr_context *ctx, const char *const *equations, size_t n) {
    l2osr_front *front;
    ck_ok(l2osr_front_create(&front, ctx), ctx);
    for (size_t i = 0; i < n; i++)
        ck_ok(l2osr_front_add(front, equations[i]), ctx);
    return front;
}

static void add(l2osr_context *ctx, l2osr_complexity *study, const char *const *equations,
                size_t n) {
    l2osr_front *front = make_front(ctx, equations, n);
    ck_ok(l2osr_complexity_add_front(study, front), ctx);
    l2osr_front_free(front);
}

static l2osr_complexity *make_study(l2osr_context *ctx, const l2osr_samples *samples) {
    static const char *const first[] = {"a", "a + 0.49 * b[2]", "log(-abs(a))",
                                        "a + 0.5 * b[2] + 0 * g"};
    static const char *const second[] = {"0.5 * b[2]", "a + b[2] / 2 + 0 * ema(g, 0.9)"};
    const l2osr_field_options o = {.struct_size = sizeof o, .lags = 8};
    l2osr_complexity *study;
    ck_ok(l2osr_complexity_create(&study, ctx, samples, &o), ctx);
    add(ctx, study, first, 4);
    add(ctx, study, second, 2);
    return study;
}

START_TEST(figures_of_known_formulas) {
    static const unsigned nodes[] = {1, 5, 9, 3, 11};
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_target(ctx);
    l2osr_complexity *study = make_study(ctx, samples);
    double half, other;
    ck_ok(l2osr_r2(ctx, samples, "a", &half), ctx);
    ck_ok(l2osr_r2(ctx, samples, "0.5 * b[2]", &other), ctx);
    ck_assert_uint_eq(l2osr_complexity_runs(study), 2);
    ck_assert_uint_eq(l2osr_complexity_points(study), 5);
    ck_assert_uint_eq(l2osr_complexity_rejected(study), 1);
    for (size_t i = 0; i < 5; i++) {
        const l2osr_complexity_point *p = l2osr_complexity_get(study, i);
        ck_assert_uint_eq(p->run, i >= 3);
        ck_assert_uint_eq(p->complexity, nodes[i]);
    }
    ck_assert_ptr_null(l2osr_complexity_get(study, 5));
    ck_assert_double_eq(l2osr_complexity_get(study, 0)->r2, half);
    ck_assert_str_eq(l2osr_complexity_get(study, 3)->equation, "0.5 * b[2]");
    ck_assert_double_eq(l2osr_complexity_get(study, 0)->fields[0].mean, 1);
    ck_assert(!l2osr_complexity_get(study, 0)->fields[1].defined);
    ck_assert_double_eq_tol(l2osr_complexity_get(study, 3)->fields[1].mean, 3, 1e-6);

    ck_assert_double_nan(l2osr_complexity_best(study, 0).mean);
    ck_assert_double_eq(l2osr_complexity_best(study, 1).mean, half);
    ck_assert_double_eq(l2osr_complexity_best(study, 1).deviation, 0);
    ck_assert_double_eq_tol(l2osr_complexity_best(study, 3).mean, (half + other) / 2, 1e-12);
    ck_assert_double_eq_tol(l2osr_complexity_best(study, 3).deviation, fabs(half - other) / sqrt(2),
                            1e-12);
    ck_assert_double_eq_tol(l2osr_complexity_best(study, 100).mean, 1, 1e-6);

    ck_assert_double_eq(l2osr_complexity_mapping(study, -1).mean, (5 + 11) / 2.0);
    ck_assert_double_eq_tol(l2osr_complexity_mapping(study, -1).deviation, 6 / sqrt(2), 1e-12);
    ck_assert_double_eq(l2osr_complexity_mapping(study, 0).mean, (9 + 11) / 2.0);
    ck_assert_double_eq(l2osr_complexity_mapping(study, 0.9).mean, (1 + 3) / 2.0);
    l2osr_complexity_free(study);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(fields_of_what_was_distilled) {
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_target(ctx);
    l2osr_complexity *study = make_study(ctx, samples);
    l2osr_perception fields[INPUTS];
    ck_ok(l2osr_complexity_field(study, fields, INPUTS), ctx);
    ck_assert_str_eq(fields[1].name, "b");
    ck_assert_double_eq_tol(fields[0].share, 0.5, 0.05);
    ck_assert_double_eq_tol(fields[0].share + fields[1].share, 1, 1e-9);
    ck_assert_double_eq_tol(fields[0].mean, 1, 1e-5);
    ck_assert_double_eq_tol(fields[1].mean, 3, 1e-5);
    ck_assert_double_eq(fields[1].median, 3);
    ck_assert_double_eq(fields[1].extent, 3);
    ck_assert(!fields[2].defined);
    ck_assert_double_nan(fields[2].mean);
    ck_assert_int_eq(l2osr_complexity_field(study, fields, 2), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_complexity_field(study, NULL, INPUTS), L2OSR_EINVAL);
    l2osr_complexity_free(study);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

/* Of R2 1, 0.94 and 0.88 the first two are good. */
START_TEST(fields_are_weighted_means_of_good_formulas) {
    static const char *const equations[] = {"a + 0.5 * b[2]", "a + 0.35 * b[2] + 0.1 * b[5]",
                                            "a + 0.25 * b[2]"};
    static const double least[] = {0.999, 0.9, 0.85}, most[] = {1, 0.96, 0.895};
    const l2osr_field_options o = {.struct_size = sizeof o, .lags = 8};
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_target(ctx);
    l2osr_complexity *study;
    l2osr_perception fields[INPUTS];
    const l2osr_complexity_point *points[3];
    ck_ok(l2osr_complexity_create(&study, ctx, samples, &o), ctx);
    for (size_t i = 0; i < 3; i++) {
        add(ctx, study, &equations[i], 1);
        points[i] = l2osr_complexity_get(study, i);
        ck_assert_double_ge(points[i]->r2, least[i]);
        ck_assert_double_le(points[i]->r2, most[i]);
    }
    ck_ok(l2osr_complexity_field(study, fields, INPUTS), ctx);
    for (size_t k = 0; k < 2; k++) {
        const l2osr_perception *one = &points[0]->fields[k], *other = &points[1]->fields[k];
        const double part = points[0]->r2 / (points[0]->r2 + points[1]->r2), rest = 1 - part;
        ck_assert_double_gt(fabs(one->share - other->share), 0.02);
        ck_assert_double_gt(fabs(points[2]->fields[k].share - other->share), 0.02);
        ck_assert_double_eq_tol(fields[k].share, part * one->share + rest * other->share, 1e-12);
        ck_assert_double_eq_tol(fields[k].influence,
                                part * one->influence + rest * other->influence, 1e-12);
        ck_assert_double_eq_tol(fields[k].mean, part * one->mean + rest * other->mean, 1e-12);
        ck_assert_double_eq_tol(fields[k].extent, part * one->extent + rest * other->extent, 1e-12);
    }
    ck_assert_double_gt(fields[1].extent, 3.5); /* 3 and 6 */
    l2osr_complexity_free(study);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

/* As they are the values are finite; but not with inputs of other trajectories. */
START_TEST(formulas_without_a_field_count_for_the_rest) {
    static const char *const equations[] = {"a + 0 * log(b - a)"};
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_target(ctx);
    l2osr_complexity *study;
    l2osr_perception fields[INPUTS];
    for (size_t i = 0; i < TRAJECTORIES; i++)
        for (size_t t = 0; t < STEPS; t++)
            l2osr_samples_series(samples, 1, i)[t] = l2osr_samples_series(samples, 0, i)[t] + 0.5f;
    ck_ok(l2osr_complexity_create(&study, ctx, samples, NULL), ctx);
    add(ctx, study, equations, 1);
    ck_assert_uint_eq(l2osr_complexity_points(study), 1);
    ck_assert_str_eq(l2osr_complexity_get(study, 0)->fields[0].name, "a");
    ck_assert_double_nan(l2osr_complexity_get(study, 0)->fields[0].share);
    ck_assert_double_gt(l2osr_complexity_get(study, 0)->r2, 0);
    ck_ok(l2osr_complexity_field(study, fields, INPUTS), ctx);
    ck_assert(!fields[0].defined);
    ck_assert_double_nan(fields[0].share);
    l2osr_complexity_free(study);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(saved_as_a_table) {
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_target(ctx);
    l2osr_complexity *study = make_study(ctx, samples);
    char path[256], line[512], expected[256];
    test_tmp_path(path, sizeof path, "study.csv");
    ck_ok(l2osr_complexity_save(study, path), ctx);
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
    ck_assert_str_eq(line,
                     "run,complexity,r2,a_share,a_mean,a_t50,a_t95,b_share,b_mean,b_t50,b_t95,"
                     "g_share,g_mean,g_t50,g_t95,equation\n");
    ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
    snprintf(expected, sizeof expected, "0,1,%.4f", l2osr_complexity_get(study, 0)->r2);
    ck_assert_int_eq(strncmp(line, expected, strlen(expected) - 2), 0);
    ck_assert_ptr_nonnull(strstr(line, ",1,1,1,1,0,nan,nan,nan,0,nan,nan,nan,\"a\"\n"));
    for (size_t i = 1; i < 5; i++)
        ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
    ck_assert_ptr_null(fgets(line, sizeof line, file));
    fclose(file);
    ck_assert_int_eq(l2osr_complexity_save(study, "/nowhere/at/all.csv"), L2OSR_EIO);
    ck_assert_int_eq(l2osr_complexity_save(study, NULL), L2OSR_EINVAL);
    l2osr_complexity_free(study);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(failures_leave_the_study_as_it_was) {
    static const char *const unknown[] = {"a", "a + h"}, *const hopeless[] = {"1000 * g"};
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_target(ctx), *one;
    l2osr_complexity *study;
    l2osr_perception fields[INPUTS];
    l2osr_front *front = make_front(ctx, unknown, 2), *fine = make_front(ctx, unknown, 1);
    ck_ok(l2osr_samples_part(&one, samples, 0, 1), ctx);
    ck_assert_int_eq(l2osr_complexity_create(&study, ctx, one, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_complexity_create(&study, ctx, NULL, NULL), L2OSR_EINVAL);
    ck_assert_ptr_null(study);
    ck_ok(l2osr_complexity_create(&study, ctx, samples, NULL), ctx);
    ck_assert_double_nan(l2osr_complexity_mapping(study, 0.02).mean);
    ck_assert_int_eq(l2osr_complexity_add_front(study, front), L2OSR_EPARSE);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "formula 1"));
    ck_assert_int_eq(l2osr_complexity_add_front(study, NULL), L2OSR_EINVAL);
    ck_assert_uint_eq(l2osr_complexity_runs(study), 0);
    ck_assert_int_eq(l2osr_complexity_field(study, fields, INPUTS), L2OSR_EINVAL);
    add(ctx, study, hopeless, 1);
    ck_assert_int_eq(l2osr_complexity_field(study, fields, INPUTS), L2OSR_EINVAL);
    ck_assert_double_eq(l2osr_complexity_mapping(study, 0.02).mean, 3);
    l2osr_context_cancel(ctx);
    ck_assert_int_eq(l2osr_complexity_add_front(study, fine), L2OSR_ECANCELED);
    ck_assert_uint_eq(l2osr_complexity_points(study), 1);
    l2osr_complexity_free(study);
    l2osr_samples_target(samples, 1)[4] = NAN;
    ck_assert_int_eq(l2osr_complexity_create(&study, ctx, samples, NULL), L2OSR_ENONFINITE);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "trajectory 1, step 5"));
    ck_assert_ptr_null(study);
    l2osr_front_free(front);
    l2osr_front_free(fine);
    l2osr_samples_free(one);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

static void study_some(l2osr_context *ctx, double *results, size_t n) {
    l2osr_samples *samples = make_target(ctx);
    l2osr_complexity *study = make_study(ctx, samples);
    for (size_t i = 0; i < l2osr_complexity_points(study); i++) {
        const l2osr_complexity_point *p = l2osr_complexity_get(study, i);
        for (size_t k = 0; k < INPUTS; k++)
            results[i * INPUTS + k] = p->fields[k].influence;
        results[n - 1 - i] = p->r2;
    }
    l2osr_complexity_free(study);
    l2osr_samples_free(samples);
}

START_TEST(threads_change_no_bit) {
    compare_threads(study_some);
}
END_TEST

static l2osr_status study_once(l2osr_context *ctx) {
    const l2osr_field_options o = {.struct_size = sizeof o, .lags = 3, .positions = 1};
    static const char *const equations[] = {"a + b[2]"};
    l2osr_context *safe = test_context();
    l2osr_samples *samples = make_target(safe);
    l2osr_front *front = make_front(safe, equations, 1);
    l2osr_complexity *study;
    l2osr_status status = l2osr_complexity_create(&study, ctx, samples, &o);
    if (status == L2OSR_OK)
        status = l2osr_complexity_add_front(study, front);
    l2osr_complexity_free(study);
    l2osr_front_free(front);
    l2osr_samples_free(samples);
    l2osr_context_free(safe);
    return status;
}

START_TEST(failing_allocations_leave_nothing_behind) {
    sweep_failures(study_once);
}
END_TEST

Suite *complexity_suite(void) {
    Suite *suite = suite_create("complexity");
    TCase *tests = tcase_create("complexity");
    tcase_add_test(tests, figures_of_known_formulas);
    tcase_add_test(tests, fields_of_what_was_distilled);
    tcase_add_test(tests, fields_are_weighted_means_of_good_formulas);
    tcase_add_test(tests, formulas_without_a_field_count_for_the_rest);
    tcase_add_test(tests, saved_as_a_table);
    tcase_add_test(tests, failures_leave_the_study_as_it_was);
    tcase_add_test(tests, threads_change_no_bit);
    tcase_add_test(tests, failing_allocations_leave_nothing_behind);
    suite_add_tcase(suite, tests);
    return suite;
}
