/* SPDX-License-Identifier: MIT */
/* Mappings against what models, rules and formulas do elsewhere. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "noise.h"
#include "suites.h"

enum { TRAJECTORIES = 300, STEPS = 12 };

static float *predictions(l2osr_context *ctx, const l2osr_mapping *mapping,
                          const l2osr_samples *samples) {
    const size_t n = l2osr_samples_trajectories(samples) * l2osr_samples_steps(samples);
    float *out = malloc(n * sizeof *out);
    ck_ok(l2osr_mapping_predict(mapping, samples, out), ctx);
    return out;
}

/* The rule is freed: the mapping counts as a user of it. */
static l2osr_mapping *map_rule(l2osr_context *ctx, const char *text) {
    l2osr_mapping *mapping;
    l2osr_rule *rule;
    if (strchr(text, '\n'))
        ck_ok(l2osr_rule_parse(&rule, ctx, text, NULL), ctx);
    else
        ck_ok(l2osr_rule_preset(&rule, ctx, text), ctx);
    ck_ok(l2osr_mapping_of_rule(&mapping, ctx, rule), ctx);
    l2osr_rule_free(rule);
    return mapping;
}

static l2osr_mapping *map_model(l2osr_context *ctx, const char *preset) {
    const l2osr_model_options o = {.struct_size = sizeof o, .preset = preset, .seed = 3};
    l2osr_mapping *mapping;
    l2osr_model *model;
    ck_ok(l2osr_model_create(&model, ctx, &o), ctx);
    ck_ok(l2osr_mapping_of_model(&mapping, ctx, model), ctx);
    l2osr_model_free(model);
    return mapping;
}

/* Targets are told by differences of parameters, so that they are rounded a bit more coarsely. */
static void assert_reproduces(l2osr_context *ctx, const l2osr_mapping *mapping,
                              l2osr_samples *samples) {
    const size_t steps = l2osr_samples_steps(samples);
    float *u = predictions(ctx, mapping, samples);
    double r2;
    for (size_t i = 0; i < l2osr_samples_trajectories(samples); i++)
        for (size_t t = 0; t < steps; t++)
            ck_assert_float_eq_tol(u[i * steps + t], l2osr_samples_target(samples, i)[t], 5e-4f);
    ck_ok(l2osr_mapping_r2(mapping, samples, &r2), ctx);
    ck_assert_double_ge(r2, 1 - 1e-5);
    free(u);
}

START_TEST(models_reproduce_their_trajectories) {
    static const char *const presets[] = {"rp_s", "dm", "rp_si", "rp_t", "rp_magic0"};
    const l2osr_collect_options o = {.struct_size = sizeof o, .runs = 2, .steps = 40};
    l2osr_context *ctx = test_context();
    l2osr_samples *samples;
    l2osr_mapping *mapping;
    l2osr_model *model;
    l2osr_task *task;
    const l2osr_model_options options = {.struct_size = sizeof options, .preset = presets[_i]};
    ck_ok(l2osr_task_quadratic(&task, ctx, 45, 30, 0.1, 4), ctx);
    ck_ok(l2osr_model_create(&model, ctx, &options), ctx);
    ck_ok(l2osr_meta_collect(&samples, ctx, model, task, &o), ctx);
    ck_ok(l2osr_mapping_of_model(&mapping, ctx, model), ctx);
    assert_reproduces(ctx, mapping, samples);
    l2osr_mapping_free(mapping);
    l2osr_samples_free(samples);
    l2osr_model_free(model);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(rules_reproduce_their_trajectories) {
    static const char *const presets[] = {"adam", "momentum", "signsgd", "mtilde"};
    const l2osr_collect_options o = {.struct_size = sizeof o, .runs = 2, .steps = 40};
    l2osr_context *ctx = test_context();
    l2osr_samples *samples;
    l2osr_mapping *mapping;
    l2osr_rule *rule;
    l2osr_task *task;
    ck_ok(l2osr_task_quadratic(&task, ctx, 45, 30, 0.1, 4), ctx);
    ck_ok(l2osr_rule_preset(&rule, ctx, presets[_i]), ctx);
    ck_ok(l2osr_meta_collect_rule(&samples, ctx, rule, "g", NULL, task, &o), ctx);
    ck_ok(l2osr_mapping_of_rule(&mapping, ctx, rule), ctx);
    assert_reproduces(ctx, mapping, samples);
    l2osr_mapping_free(mapping);
    l2osr_samples_free(samples);
    l2osr_rule_free(rule);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

static void assert_same(l2osr_context *ctx, l2osr_mapping *mapping, l2osr_mapping *other,
                        const l2osr_samples *samples) {
    const size_t n = l2osr_samples_trajectories(samples) * l2osr_samples_steps(samples);
    float *u = predictions(ctx, mapping, samples), *v = predictions(ctx, other, samples);
    for (size_t k = 0; k < n; k++)
        ck_assert_float_eq_tol(u[k], v[k], 2e-6f);
    free(u);
    free(v);
    l2osr_mapping_free(mapping);
    l2osr_mapping_free(other);
}

START_TEST(rules_are_told_per_step_size_with_parameters_at_zero) {
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_noise(ctx, TRAJECTORIES, STEPS);
    assert_same(ctx,
                map_rule(ctx, "l2osr-rule 1\ndefault lr = 0.3\nupdate = -lr * ema(g, 0.9) / t\n"),
                map_equation(ctx, "-ema(g, 0.9) / t"), samples);
    assert_same(ctx, map_rule(ctx, "adamw"), map_rule(ctx, "adam"), samples);
    assert_same(ctx, map_rule(ctx, "l2osr-rule 1\nupdate = lr * (x[1] + cos(x) - g[2])\n"),
                map_equation(ctx, "1 - g[2]"), samples);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

/* A window that goes back to the first step tells what the whole trajectory does. */
START_TEST(windows_are_history) {
    l2osr_context *ctx = test_context();
    l2osr_samples *series = make_noise(ctx, TRAJECTORIES, STEPS);
    l2osr_samples *table = make_windows(ctx, series, "g", STEPS);
    l2osr_mapping *const mappings[] = {map_model(ctx, "dm"), map_rule(ctx, "adam"),
                                       map_equation(ctx, "ema(g, 0.9) - g[3] / t")};
    for (size_t k = 0; k < 3; k++) {
        float *along = predictions(ctx, mappings[k], series);
        float *last = predictions(ctx, mappings[k], table);
        for (size_t i = 0; i < TRAJECTORIES; i++)
            ck_assert_float_eq(last[i], along[(i + 1) * STEPS - 1]);
        free(along);
        free(last);
        l2osr_mapping_free(mappings[k]);
    }
    l2osr_samples_free(table);
    l2osr_samples_free(series);
    l2osr_context_free(ctx);
}
END_TEST

static void predict_some(l2osr_context *ctx, double *results, size_t n) {
    l2osr_samples *samples = make_noise(ctx, TRAJECTORIES, STEPS);
    l2osr_mapping *const mappings[] = {map_model(ctx, "dm"), map_rule(ctx, "adam"),
                                       map_equation(ctx, "ema(g, 0.9) - g[3] / t")};
    for (size_t k = 0; k < 3; k++) {
        float *u = predictions(ctx, mappings[k], samples);
        for (size_t i = 0; i < n / 3; i++)
            results[k * (n / 3) + i] = (double)u[i * TRAJECTORIES * STEPS / (n / 3)];
        free(u);
        l2osr_mapping_free(mappings[k]);
    }
    l2osr_samples_free(samples);
}

START_TEST(threads_change_no_bit) {
    compare_threads(predict_some);
}
END_TEST

START_TEST(what_cannot_be_a_mapping_is_explained) {
    l2osr_context *ctx = test_context();
    l2osr_mapping *mapping;
    l2osr_rule *rule;
    ck_ok(l2osr_rule_preset(&rule, ctx, "lars"), ctx);
    ck_assert_int_eq(l2osr_mapping_of_rule(&mapping, ctx, rule), L2OSR_EUNSUPPORTED);
    ck_assert_ptr_null(mapping);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "reduces over parameters"));
    l2osr_rule_free(rule);
    ck_assert_int_eq(l2osr_mapping_of_rule(&mapping, ctx, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_mapping_of_model(&mapping, ctx, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_mapping_of_equation(&mapping, ctx, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_mapping_of_equation(&mapping, ctx, "tahn(a)"), L2OSR_EPARSE);
    ck_assert_ptr_null(mapping);
    static const char *const reductions[] = {"a / norm(a)", "mean(a - b)", "ema(rms(a), 0.9)"};
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(l2osr_mapping_of_equation(&mapping, ctx, reductions[i]),
                         L2OSR_EUNSUPPORTED);
        ck_assert_ptr_null(mapping);
        ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "() reduces over parameters"));
    }
    ck_assert_int_eq(l2osr_mapping_of_equation(NULL, ctx, "a"), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_mapping_of_equation(&mapping, NULL, "a"), L2OSR_EINVAL);
    l2osr_mapping_free(NULL);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(what_samples_lack_is_named) {
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_noise(ctx, 3, STEPS);
    l2osr_mapping *model = map_model(ctx, "rp_s");
    l2osr_mapping *equation = map_equation(ctx, "a + h"), *rule = map_rule(ctx, "adam");
    float out[3 * STEPS];
    double r2;
    ck_assert_int_eq(l2osr_mapping_predict(model, samples, out), L2OSR_ENOTFOUND);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "'mt'"));
    ck_assert_int_eq(l2osr_mapping_predict(equation, samples, out), L2OSR_EPARSE);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "'h'"));
    ck_assert_int_eq(l2osr_mapping_predict(model, NULL, out), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_mapping_r2(model, samples, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_mapping_r2(NULL, samples, &r2), L2OSR_EINVAL);
    l2osr_context_cancel(ctx);
    ck_assert_int_eq(l2osr_mapping_predict(rule, samples, out), L2OSR_ECANCELED);
    l2osr_mapping_free(rule);
    l2osr_mapping_free(equation);
    l2osr_mapping_free(model);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

typedef l2osr_status (*create_fn)(l2osr_mapping **out, l2osr_context *ctx);

static l2osr_status create_model(l2osr_mapping **out, l2osr_context *ctx) {
    const l2osr_model_options o = {.struct_size = sizeof o, .preset = "dm"};
    l2osr_model *model;
    l2osr_status status = l2osr_model_create(&model, ctx, &o);
    if (status == L2OSR_OK)
        status = l2osr_mapping_of_model(out, ctx, model);
    l2osr_model_free(model);
    return status;
}

static l2osr_status create_rule(l2osr_mapping **out, l2osr_context *ctx) {
    l2osr_rule *rule;
    l2osr_status status = l2osr_rule_preset(&rule, ctx, "adam");
    if (status == L2OSR_OK)
        status = l2osr_mapping_of_rule(out, ctx, rule);
    l2osr_rule_free(rule);
    return status;
}

static l2osr_status create_equation(l2osr_mapping **out, l2osr_context *ctx) {
    return l2osr_mapping_of_equation(out, ctx, "ema(g, 0.5) * a");
}

/* Samples have a context of their own, since only what mappings allocate is to fail. */
static l2osr_status make_and_use(l2osr_context *ctx, create_fn create) {
    l2osr_context *safe = test_context();
    l2osr_samples *samples = make_noise(safe, 4, STEPS);
    float out[4 * STEPS];
    l2osr_mapping *mapping = NULL;
    l2osr_status status = create(&mapping, ctx);
    if (status == L2OSR_OK)
        status = l2osr_mapping_predict(mapping, samples, out);
    l2osr_mapping_free(mapping);
    l2osr_samples_free(samples);
    l2osr_context_free(safe);
    return status;
}

static l2osr_status use_model(l2osr_context *ctx) {
    return make_and_use(ctx, create_model);
}

static l2osr_status use_rule(l2osr_context *ctx) {
    return make_and_use(ctx, create_rule);
}

static l2osr_status use_equation(l2osr_context *ctx) {
    return make_and_use(ctx, create_equation);
}

START_TEST(failing_allocations_leave_nothing_behind) {
    sweep_failures(use_model);
    sweep_failures(use_rule);
    sweep_failures(use_equation);
}
END_TEST

Suite *mapping_suite(void) {
    Suite *suite = suite_create("mappings");
    TCase *tests = tcase_create("mappings");
    tcase_add_loop_test(tests, models_reproduce_their_trajectories, 0, 5);
    tcase_add_loop_test(tests, rules_reproduce_their_trajectories, 0, 4);
    tcase_add_test(tests, rules_are_told_per_step_size_with_parameters_at_zero);
    tcase_add_test(tests, windows_are_history);
    tcase_add_test(tests, threads_change_no_bit);
    tcase_add_test(tests, what_cannot_be_a_mapping_is_explained);
    tcase_add_test(tests, what_samples_lack_is_named);
    tcase_add_test(tests, failing_allocations_leave_nothing_behind);
    suite_add_tcase(suite, tests);
    return suite;
}
