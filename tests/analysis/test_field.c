/* SPDX-License-Identifier: MIT */
/* Temporal perception fields of mappings for which they are known. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "noise.h"
#include "suites.h"

enum { TRAJECTORIES = 400, STEPS = 50, LAGS = 20, INPUTS = 3 };

static void measure(l2osr_context *ctx, const l2osr_samples *samples, const char *equation,
                    l2osr_perception *fields, double *influence) {
    const l2osr_field_options o = {.struct_size = sizeof o, .lags = LAGS};
    l2osr_mapping *mapping = map_equation(ctx, equation);
    ck_ok(l2osr_mapping_field(mapping, samples, &o, fields, l2osr_field_count(samples), influence),
          ctx);
    l2osr_mapping_free(mapping);
}

/* What follows from influences that fall by `base` a lag. */
static void assert_geometric(const l2osr_perception *field, const double *influence, size_t lags,
                             double base) {
    double all = 0, moment = 0, sum = 0, power = 1;
    size_t half = 0, most = 0;
    for (size_t lag = 0; lag < lags; lag++, power *= base) {
        ck_assert_double_eq_tol(influence[lag] / influence[0], power, 1e-4);
        all += power;
        moment += (double)(lag + 1) * power;
    }
    power = 1;
    for (size_t lag = 0; lag < lags; lag++, power *= base) {
        half += sum < 0.5 * all;
        most += sum < 0.95 * all;
        sum += power;
    }
    ck_assert_double_eq_tol(field->mean, moment / all, 1e-3);
    ck_assert_double_eq(field->median, (double)half);
    ck_assert_double_eq(field->extent, (double)most);
}

START_TEST(averages_look_back_geometrically) {
    static const struct {
        const char *equation;
        double base;
    } cases[] = {{"ema(g, 0.8)", 0.8}, {"-3 * ema(g, 0.95)", 0.95}, {"ema(g, 0.3)", 0.3}};
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_noise(ctx, TRAJECTORIES, STEPS);
    l2osr_perception fields[INPUTS];
    double influence[INPUTS][LAGS];
    measure(ctx, samples, cases[_i].equation, fields, influence[0]);
    ck_assert_str_eq(fields[2].name, "g");
    ck_assert_double_eq(fields[2].share, 1);
    ck_assert(fields[2].defined);
    assert_geometric(&fields[2], influence[2], LAGS, cases[_i].base);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_double_eq(fields[i].influence, 0);
        ck_assert(!fields[i].defined);
        ck_assert_double_nan(fields[i].mean);
        ck_assert_double_nan(fields[i].median);
        ck_assert_double_nan(fields[i].extent);
    }
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

/* The mean difference of two normal numbers is 2 / sqrt(pi) deviations. */
START_TEST(sums_share_by_coefficient_and_deviation) {
    const double pi = 3.14159265358979;
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_noise(ctx, 2000, STEPS);
    l2osr_perception fields[INPUTS];
    double influence[INPUTS][LAGS];
    measure(ctx, samples, "3 * a[3] - b + 0.01 * g", fields, influence[0]);
    ck_assert_double_eq_tol(fields[0].influence, 3 * 2 / sqrt(pi), 0.05);
    ck_assert_double_eq_tol(fields[1].influence, 2 * 2 / sqrt(pi), 0.05);
    ck_assert_double_eq_tol(fields[0].share, 0.6, 0.01);
    ck_assert_double_eq_tol(fields[0].mean, 4, 1e-5);
    ck_assert_double_eq(fields[0].median, 4);
    ck_assert_double_eq(fields[0].extent, 4);
    ck_assert_double_eq_tol(fields[1].mean, 1, 1e-5);
    ck_assert_double_gt(fields[2].share, 0);
    ck_assert(fields[0].defined && fields[1].defined && !fields[2].defined);
    for (size_t lag = 0; lag < LAGS; lag++)
        ck_assert((influence[0][lag] > 0) == (lag == 3));
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

/* Steps 0 .. lags - 2 are a history, what is replaced at lags - 1 is followed to the end. Of two
 * trajectories each gets what the other one has. */
START_TEST(influence_is_what_a_replaced_value_changes) {
    enum { SHORT = 8, ALL = 2 * SHORT - 1 };
    const l2osr_field_options o = {.struct_size = sizeof o, .lags = SHORT};
    const l2osr_model_options options = {
        .struct_size = sizeof options, .preset = "rp_s", .inputs = "g signg"};
    static const char *const names[] = {"signg", "g"}; /* in another order */
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_noise(ctx, 2, ALL), *two;
    l2osr_mapping *mapping;
    l2osr_model *model;
    l2osr_perception fields[2];
    double influence[2][SHORT];
    float u[2 * ALL], v[2 * ALL];
    ck_ok(l2osr_samples_create(&two, ctx, 2, names, 2, ALL), ctx);
    for (size_t i = 0; i < 4; i++)
        memcpy(l2osr_samples_series(two, i / 2, i % 2), l2osr_samples_series(samples, i / 2, i % 2),
               ALL * sizeof(float));
    ck_ok(l2osr_model_create(&model, ctx, &options), ctx);
    ck_ok(l2osr_mapping_of_model(&mapping, ctx, model), ctx);
    ck_ok(l2osr_mapping_field(mapping, two, &o, fields, 2, influence[0]), ctx);
    ck_ok(l2osr_mapping_predict(mapping, two, u), ctx);
    float *first = &l2osr_samples_series(two, 1, 0)[SHORT - 1];
    float *second = &l2osr_samples_series(two, 1, 1)[SHORT - 1];
    const float kept = *first;
    *first = *second;
    *second = kept;
    ck_ok(l2osr_mapping_predict(mapping, two, v), ctx);
    for (size_t lag = 0; lag < SHORT; lag++) {
        const size_t t = SHORT - 1 + lag;
        ck_assert_double_eq_tol(
            influence[1][lag],
            (fabs((double)u[t] - (double)v[t]) + fabs((double)u[ALL + t] - (double)v[ALL + t])) / 2,
            1e-12);
        ck_assert_double_gt(influence[1][lag], 0);
    }
    l2osr_mapping_free(mapping);
    l2osr_model_free(model);
    l2osr_samples_free(two);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

/* From the first to the last step with as many lags before and behind it; one where there is none
 * such. */
START_TEST(positions_are_steps_that_differ) {
    static const size_t lags[] = {24, 26, STEPS, 1}, first[] = {23, 24, 0, 0},
                        last[] = {26, 24, 0, 49};
    const l2osr_field_options o = {.struct_size = sizeof o, .lags = lags[_i], .positions = STEPS};
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_noise(ctx, 2, STEPS);
    l2osr_mapping *mapping = map_equation(ctx, "t * a");
    l2osr_perception fields[INPUTS];
    double influence[INPUTS * STEPS], sum = 0;
    ck_ok(l2osr_mapping_field(mapping, samples, &o, fields, INPUTS, influence), ctx);
    for (size_t t = first[_i]; t <= last[_i]; t++)
        sum += (double)(t + 1) * fabs((double)l2osr_samples_series(samples, 0, 0)[t] -
                                      (double)l2osr_samples_series(samples, 0, 1)[t]);
    sum /= (double)(last[_i] - first[_i] + 1);
    ck_assert_double_eq_tol(influence[0], sum, 1e-5 * sum);
    l2osr_mapping_free(mapping);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(positions_are_spread_evenly) {
    static const size_t steps[] = {9, 19, 29, 39};
    const l2osr_field_options o = {.struct_size = sizeof o, .lags = 10, .positions = 4};
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_noise(ctx, 2, STEPS - 1);
    l2osr_mapping *mapping = map_equation(ctx, "t * a");
    l2osr_perception fields[INPUTS];
    double influence[INPUTS * 10], sum = 0;
    ck_ok(l2osr_mapping_field(mapping, samples, &o, fields, INPUTS, influence), ctx);
    for (size_t k = 0; k < 4; k++) {
        const size_t t = steps[k];
        sum += (double)(t + 1) / 4 *
               fabs((double)l2osr_samples_series(samples, 0, 0)[t] -
                    (double)l2osr_samples_series(samples, 0, 1)[t]);
    }
    ck_assert_double_eq_tol(influence[0], sum, 1e-5 * sum);
    l2osr_mapping_free(mapping);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(what_is_drawn_depends_on_the_input_alone) {
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_noise(ctx, 20, STEPS);
    l2osr_perception alone[INPUTS], among[INPUTS];
    measure(ctx, samples, "b", alone, NULL);
    measure(ctx, samples, "b + 0 * a", among, NULL);
    ck_assert_double_gt(alone[1].influence, 0);
    ck_assert_double_eq(alone[1].influence, among[1].influence);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(windows_have_a_field_of_their_length) {
    enum { LENGTH = 12 };
    l2osr_context *ctx = test_context();
    l2osr_samples *series = make_noise(ctx, TRAJECTORIES, LENGTH);
    l2osr_samples *table = make_windows(ctx, series, "w", LENGTH);
    l2osr_perception field;
    double influence[LAGS];
    ck_assert_uint_eq(l2osr_field_count(table), 1);
    ck_assert_str_eq(l2osr_field_name(table, 0), "w");
    ck_assert_ptr_null(l2osr_field_name(table, 1));
    measure(ctx, table, "ema(w, 0)", &field, influence);
    ck_assert_double_eq(field.mean, 1);
    measure(ctx, table, "w[5] + w3", &field, influence);
    for (size_t lag = 0; lag < LAGS; lag++)
        ck_assert((influence[lag] > 0) == (lag == 5 || lag == 3));
    ck_assert_double_eq_tol(field.mean, 5, 0.1);
    ck_assert_double_eq(field.extent, 6);
    l2osr_samples_free(table);
    l2osr_samples_free(series);
    l2osr_context_free(ctx);
}
END_TEST

/* A trajectory of weight 0 may hold anything. */
START_TEST(weights_count) {
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_noise(ctx, 3, STEPS);
    l2osr_perception fields[INPUTS], other[INPUTS];
    l2osr_samples *two;
    ck_ok(l2osr_samples_part(&two, samples, 0, 2), ctx);
    measure(ctx, two, "a * b + g", fields, NULL);
    ck_ok(l2osr_samples_add_weights(samples), ctx);
    for (size_t t = 0; t < STEPS; t++) {
        l2osr_samples_weights(samples, 2)[t] = 0;
        l2osr_samples_series(samples, 0, 2)[t] = NAN;
    }
    measure(ctx, samples, "a * b + g", other, NULL);
    for (size_t i = 0; i < INPUTS; i++)
        ck_assert_double_eq(fields[i].influence, other[i].influence);
    l2osr_samples_free(two);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(what_no_weight_tells_of_is_an_error) {
    const l2osr_field_options o = {.struct_size = sizeof o, .lags = LAGS};
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_noise(ctx, 3, STEPS);
    l2osr_mapping *mapping = map_equation(ctx, "b"), *none = map_equation(ctx, "3");
    l2osr_perception fields[INPUTS] = {{0}};
    ck_ok(l2osr_samples_add_weights(samples), ctx);
    for (size_t i = 0; i < 3; i++)
        for (size_t t = 33; t < STEPS; t++)
            l2osr_samples_weights(samples, i)[t] = 0;
    ck_assert_int_eq(l2osr_mapping_field(mapping, samples, &o, fields, INPUTS, NULL), L2OSR_EINVAL);
    ck_assert_msg(strstr(l2osr_context_errmsg(ctx), "'b', 14 steps before") != NULL, "%s",
                  l2osr_context_errmsg(ctx));
    ck_assert_ptr_null(fields[0].name);
    ck_ok(l2osr_mapping_field(none, samples, &o, fields, INPUTS, NULL), ctx);
    l2osr_mapping_free(none);
    l2osr_mapping_free(mapping);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

static void measure_some(l2osr_context *ctx, double *results, size_t n) {
    l2osr_samples *samples = make_noise(ctx, TRAJECTORIES, STEPS);
    const l2osr_field_options o = {.struct_size = sizeof o, .lags = LAGS, .positions = 5};
    const l2osr_model_options options = {.struct_size = sizeof options, .preset = "dm"};
    l2osr_perception fields[INPUTS];
    l2osr_mapping *mapping;
    l2osr_model *model;
    measure(ctx, samples, "tanh(ema(a, 0.9) * b) + g[7]", fields, results);
    ck_ok(l2osr_model_create(&model, ctx, &options), ctx);
    ck_ok(l2osr_mapping_of_model(&mapping, ctx, model), ctx);
    ck_ok(l2osr_mapping_field(mapping, samples, &o, fields, INPUTS, results + n / 2), ctx);
    ck_assert_double_gt(fields[2].mean, 1);
    ck_assert_double_eq(fields[2].share, 1);
    l2osr_mapping_free(mapping);
    l2osr_model_free(model);
    l2osr_samples_free(samples);
}

START_TEST(threads_change_no_bit) {
    compare_threads(measure_some);
}
END_TEST

START_TEST(seeds_change_what_is_drawn) {
    l2osr_field_options o = L2OSR_FIELD_OPTIONS_INIT;
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_noise(ctx, 20, STEPS);
    l2osr_mapping *mapping = map_equation(ctx, "ema(a, 0.9) * b");
    l2osr_perception one[INPUTS], other[INPUTS];
    ck_ok(l2osr_mapping_field(mapping, samples, &o, one, INPUTS, NULL), ctx);
    o.seed = 1;
    ck_ok(l2osr_mapping_field(mapping, samples, &o, other, INPUTS, NULL), ctx);
    ck_assert_double_ne(one[0].influence, other[0].influence);
    ck_assert_double_eq_tol(one[0].influence / other[0].influence, 1, 0.5);
    l2osr_mapping_free(mapping);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

/* As they are, a is above b everywhere; of other trajectories it is not. */
START_TEST(what_is_not_finite_is_named) {
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_noise(ctx, 5, STEPS);
    l2osr_mapping *mapping = map_equation(ctx, "log(a[2] - b[2])"),
                  *plain = map_equation(ctx, "a[2]");
    l2osr_field_options o = L2OSR_FIELD_OPTIONS_INIT;
    l2osr_perception fields[INPUTS];
    for (size_t i = 0; i < 5; i++)
        for (size_t t = 0; t < STEPS; t++) {
            l2osr_samples_series(samples, 1, i)[t] = (float)i;
            l2osr_samples_series(samples, 0, i)[t] = (float)i + 0.5f;
        }
    ck_ok(l2osr_samples_add_weights(samples), ctx); /* before there is a value, log(0) */
    for (size_t i = 0; i < 10; i++)
        l2osr_samples_weights(samples, i / 2)[i % 2] = 0;
    ck_assert_int_eq(l2osr_mapping_field(mapping, samples, &o, fields, INPUTS, NULL),
                     L2OSR_ENONFINITE);
    ck_assert_msg(strstr(l2osr_context_errmsg(ctx), "'a' of 2 steps before") != NULL, "%s",
                  l2osr_context_errmsg(ctx));
    l2osr_samples_series(samples, 0, 3)[28] = NAN;
    ck_assert_int_eq(l2osr_mapping_field(plain, samples, &o, fields, INPUTS, NULL),
                     L2OSR_ENONFINITE);
    ck_assert_msg(strstr(l2osr_context_errmsg(ctx), "trajectory 3, step 31 is not") != NULL, "%s",
                  l2osr_context_errmsg(ctx));
    l2osr_mapping_free(plain);
    l2osr_mapping_free(mapping);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(wrong_arguments_are_explained) {
    l2osr_field_options o = L2OSR_FIELD_OPTIONS_INIT;
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_noise(ctx, 4, STEPS), *one;
    l2osr_mapping *mapping = map_equation(ctx, "a"), *unknown = map_equation(ctx, "a + h");
    l2osr_perception fields[INPUTS];
    double influence[INPUTS * STEPS];
    ck_ok(l2osr_samples_part(&one, samples, 0, 1), ctx);
    ck_assert_int_eq(l2osr_mapping_field(mapping, one, NULL, fields, INPUTS, NULL), L2OSR_EINVAL);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "other trajectories"));
    ck_assert_int_eq(l2osr_mapping_field(mapping, samples, NULL, fields, 2, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_mapping_field(mapping, samples, NULL, NULL, INPUTS, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_mapping_field(mapping, samples, NULL, fields, INPUTS, influence),
                     L2OSR_EINVAL);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "set lags"));
    ck_assert_int_eq(l2osr_mapping_field(unknown, samples, NULL, fields, INPUTS, NULL),
                     L2OSR_EPARSE);
    o.lags = STEPS;
    ck_ok(l2osr_mapping_field(mapping, samples, &o, fields, INPUTS, influence), ctx);
    o.lags = STEPS + 1;
    ck_assert_int_eq(l2osr_mapping_field(mapping, samples, &o, fields, INPUTS, NULL), L2OSR_EINVAL);
    l2osr_context_cancel(ctx);
    ck_assert_int_eq(l2osr_mapping_field(mapping, samples, NULL, fields, INPUTS, NULL),
                     L2OSR_ECANCELED);
    l2osr_mapping_free(unknown);
    l2osr_mapping_free(mapping);
    l2osr_samples_free(one);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

/* Few trajectories make no loop of their own: all are over disturbances, of which two threads get
 * eight at a time. */
START_TEST(canceled_on_the_way) {
    const l2osr_field_options shallow = {.struct_size = sizeof shallow, .lags = LAGS};
    struct cutter cutter = {.cut = _i};
    l2osr_context_options o = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_context *ctx;
    o.threads = 2;
    o.parallel_for = cut_loop;
    o.parallel_user = &cutter;
    ck_assert_int_eq(l2osr_context_create(&ctx, &o), L2OSR_OK);
    cutter.ctx = ctx;
    l2osr_samples *samples = make_noise(ctx, 4, STEPS);
    l2osr_mapping *mapping = map_equation(ctx, "a + b");
    l2osr_perception fields[INPUTS] = {{0}};
    ck_assert_int_eq(l2osr_mapping_field(mapping, samples, &shallow, fields, INPUTS, NULL),
                     L2OSR_ECANCELED);
    ck_assert_int_eq(cutter.loops, _i + 1);
    ck_assert_ptr_null(fields[0].name);
    l2osr_context_uncancel(ctx);
    ck_ok(l2osr_mapping_field(mapping, samples, &shallow, fields, INPUTS, NULL), ctx);
    ck_assert_int_eq(cutter.loops, _i + 1 + 2);
    ck_assert_double_gt(fields[0].influence, 0);
    l2osr_mapping_free(mapping);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

static l2osr_status measure_once(l2osr_context *ctx) {
    const l2osr_field_options o = {.struct_size = sizeof o, .lags = 3, .positions = 2};
    l2osr_context *safe = test_context();
    l2osr_samples *samples = make_noise(safe, 4, 8);
    l2osr_perception fields[INPUTS];
    l2osr_mapping *mapping;
    l2osr_status status = l2osr_mapping_of_equation(&mapping, ctx, "a * b[1]");
    if (status == L2OSR_OK)
        status = l2osr_mapping_field(mapping, samples, &o, fields, INPUTS, NULL);
    l2osr_mapping_free(mapping);
    l2osr_samples_free(samples);
    l2osr_context_free(safe);
    return status;
}

START_TEST(failing_allocations_leave_nothing_behind) {
    sweep_failures(measure_once);
}
END_TEST

Suite *field_suite(void) {
    Suite *suite = suite_create("perception fields");
    TCase *tests = tcase_create("perception fields");
    tcase_add_loop_test(tests, averages_look_back_geometrically, 0, 3);
    tcase_add_test(tests, sums_share_by_coefficient_and_deviation);
    tcase_add_test(tests, influence_is_what_a_replaced_value_changes);
    tcase_add_loop_test(tests, positions_are_steps_that_differ, 0, 4);
    tcase_add_test(tests, positions_are_spread_evenly);
    tcase_add_test(tests, what_is_drawn_depends_on_the_input_alone);
    tcase_add_test(tests, windows_have_a_field_of_their_length);
    tcase_add_test(tests, weights_count);
    tcase_add_test(tests, what_no_weight_tells_of_is_an_error);
    tcase_add_test(tests, threads_change_no_bit);
    tcase_add_test(tests, seeds_change_what_is_drawn);
    tcase_add_test(tests, what_is_not_finite_is_named);
    tcase_add_test(tests, wrong_arguments_are_explained);
    tcase_add_loop_test(tests, canceled_on_the_way, 0, 2);
    tcase_add_test(tests, failing_allocations_leave_nothing_behind);
    suite_add_tcase(suite, tests);
    return suite;
}
