/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "tuning.h"
#include "suites.h"

START_TEST(step_size_of_sgd) {
    l2osr_context *ctx = test_context();
    const l2osr_tuner_options o = small_options(_i);
    l2osr_task *task = small_quadratic(ctx);
    struct tuning t = tune(ctx, "l2osr-rule 1\ndefault lr = 0.02\nupdate = -lr * g\n", task, &o);
    ck_assert_double_lt(t.best, 0.5 * t.first);
    ck_assert_double_gt(l2osr_rule_default_lr(t.rule), 0.08);
    ck_assert_uint_eq(t.report.meta_steps, o.meta_steps);
    ck_assert_double_eq(t.report.best_loss, t.best);
    l2osr_rule_free(t.rule);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(adam_on_a_network) {
    l2osr_context *ctx = test_context();
    l2osr_tuner_options o = small_options(_i);
    l2osr_dataset *digits;
    l2osr_task *task = small_network(ctx, &digits);
    o.meta_steps = 20;
    o.validate_every = 10;
    o.pairs = 2;
    struct tuning t = tune(ctx, adam_text, task, &o);
    ck_assert_double_lt(t.best, 0.95 * t.first);
    ck_assert_double_gt(l2osr_rule_default_lr(t.rule), 0.001);
    ck_assert_uint_eq(l2osr_rule_state(t.rule), 2);
    for (size_t i = 0; i < 2; i++) /* decays stay decays */
        ck_assert(l2osr_rule_constant(t.rule, i) > 0 && l2osr_rule_constant(t.rule, i) < 1);
    l2osr_rule_free(t.rule);
    l2osr_task_free(task);
    l2osr_dataset_free(digits);
    l2osr_context_free(ctx);
}
END_TEST

/* All that can be tuned of a preset, with and without its weight decay. */
START_TEST(presets_are_rules_like_others) {
    static const char *const names[] = {"momentum", "adam", "adamw"};
    l2osr_context *ctx = test_context();
    l2osr_tuner_options o = small_options(0);
    l2osr_task *task = small_quadratic(ctx);
    for (size_t i = 0; i < 3; i++) {
        l2osr_rule *start;
        ck_ok(l2osr_rule_preset(&start, ctx, names[i]), ctx);
        o.tune_wd = 1;
        struct tuning t = tune(ctx, l2osr_rule_text(start), task, &o);
        ck_assert_double_lt(t.best, 0.95 * t.first);
        ck_assert_double_ge(l2osr_rule_default_wd(t.rule), 0);
        ck_assert((l2osr_rule_default_wd(t.rule) != l2osr_rule_default_wd(start)) == (i == 2));
        l2osr_rule_free(t.rule);
        l2osr_rule_free(start);
    }
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(constants_that_read_parameters) {
    l2osr_context *ctx = test_context();
    l2osr_tuner_options o = small_options(_i);
    l2osr_task *task = small_quadratic(ctx);
    o.prune = -1;
    struct tuning t =
        tune(ctx, "l2osr-rule 1\ndefault lr = 0.1\nupdate = -lr * (g + ~0.5 * x)\n", task, &o);
    ck_assert_double_lt(t.best, 0.95 * t.first);
    ck_assert_double_lt(l2osr_rule_constant(t.rule, 0), 0.5);
    ck_assert_double_gt(l2osr_rule_constant(t.rule, 0), 0);
    l2osr_rule_free(t.rule);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(fixed_step_size) {
    l2osr_context *ctx = test_context();
    l2osr_tuner_options o = small_options(_i);
    l2osr_task *task = small_quadratic(ctx);
    o.fixed_lr = 1;
    struct tuning t = tune(ctx, adam_text, task, &o);
    ck_assert_double_eq(l2osr_rule_default_lr(t.rule), 0.001);
    l2osr_rule_free(t.rule);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(gradient_descent_with_momentum) {
    l2osr_context *ctx = test_context();
    l2osr_tuner_options o = small_options(0);
    l2osr_task *task = small_quadratic(ctx);
    o.optimizer = L2OSR_META_SGD;
    struct tuning t = tune(ctx, "l2osr-rule 1\ndefault lr = 0.02\nupdate = -lr * g\n", task, &o);
    ck_assert_double_lt(t.best, 0.8 * t.first);
    l2osr_rule_free(t.rule);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(horizons_grow) {
    static const size_t horizons[] = {10, 20, 40};
    l2osr_context *ctx = test_context();
    l2osr_tuner_options o = small_options(_i);
    l2osr_task *task = small_quadratic(ctx);
    o.unroll = 0;
    o.horizons = horizons;
    o.n_horizons = 3;
    o.meta_steps = 400;
    o.validate_every = 3;
    struct tuning t = tune(ctx, adam_text, task, &o);
    ck_assert_uint_ge(t.report.stage, 1);
    ck_assert_double_gt(l2osr_rule_default_lr(t.rule), 0.0015);
    l2osr_rule_free(t.rule);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

/* One task has losses a million times those of the other, and wants another step size. */
START_TEST(tasks_of_a_mixture_weigh_alike) {
    l2osr_context *ctx = test_context();
    l2osr_tuner_options o = small_options(_i);
    l2osr_task *tasks[2], *inner;
    ck_ok(l2osr_task_quadratic(&inner, ctx, 30, 10, 0.1, 2), ctx);
    ck_ok(l2osr_task_scaled(&tasks[0], ctx, inner, 1e6), ctx);
    tasks[1] = small_quadratic(ctx);
    const l2osr_meta_task mixture[] = {{tasks[0], 1}, {tasks[1], 2}};
    o.tasks = mixture;
    o.n_tasks = 2;
    l2osr_tuner *tuner;
    l2osr_rule *rule;
    ck_ok(l2osr_rule_parse(&rule, ctx, adam_text, NULL), ctx);
    ck_assert_int_eq(l2osr_tuner_create(&tuner, ctx, rule, tasks[0], NULL, &o), L2OSR_EINVAL);
    ck_ok(l2osr_tuner_create(&tuner, ctx, rule, NULL, NULL, &o), ctx);
    ck_ok(l2osr_tuner_run(tuner), ctx);
    ck_assert_double_lt(l2osr_tuner_best_loss(tuner), 0.9 * l2osr_tuner_first_loss(tuner));
    l2osr_tuner_free(tuner);
    l2osr_rule_free(rule);
    l2osr_task_free(tasks[0]);
    l2osr_task_free(inner);
    l2osr_task_free(tasks[1]);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(a_second_run_goes_on_from_the_best) {
    l2osr_context *ctx = test_context();
    l2osr_tuner_options o = small_options(0);
    l2osr_task *task = small_quadratic(ctx);
    l2osr_rule *start;
    l2osr_tuner *tuner;
    o.meta_lr = 0.01;
    ck_ok(
        l2osr_rule_parse(&start, ctx, "l2osr-rule 1\ndefault lr = 0.01\nupdate = -lr * g\n", NULL),
        ctx);
    ck_ok(l2osr_tuner_create(&tuner, ctx, start, task, task, &o), ctx);
    ck_ok(l2osr_tuner_run(tuner), ctx);
    const double first = l2osr_tuner_first_loss(tuner), best = l2osr_tuner_best_loss(tuner);
    ck_ok(l2osr_tuner_run(tuner), ctx);
    ck_assert_double_eq(l2osr_tuner_first_loss(tuner), first);
    ck_assert_double_lt(l2osr_tuner_best_loss(tuner), best);
    l2osr_tuner_free(tuner);
    l2osr_rule_free(start);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(threads_change_nothing) {
    char texts[3][512];
    double best[3];
    for (int i = 0; i < 3; i++) {
        l2osr_context *ctx = test_context_with(1u << i, NULL);
        l2osr_tuner_options o = small_options(_i);
        l2osr_task *task;
        o.meta_steps = 8;
        o.validate_every = 4;
        ck_ok(l2osr_task_quadratic(&task, ctx, 700, 30, 0.1, 2), ctx);
        struct tuning t = tune(ctx, adam_text, task, &o);
        best[i] = t.best;
        ck_assert_uint_lt(strlen(l2osr_rule_text(t.rule)), sizeof texts[i]);
        strcpy(texts[i], l2osr_rule_text(t.rule));
        l2osr_rule_free(t.rule);
        l2osr_task_free(task);
        l2osr_context_free(ctx);
    }
    for (int i = 1; i < 3; i++) {
        ck_assert_str_eq(texts[i], texts[0]);
        ck_assert_double_eq(best[i], best[0]);
    }
}
END_TEST

Suite *tuner_suite(void) {
    Suite *suite = suite_create("tuner");
    TCase *tests = tcase_create("tuner");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, step_size_of_sgd, 0, ESTIMATORS);
    tcase_add_loop_test(tests, adam_on_a_network, 0, ESTIMATORS);
    tcase_add_test(tests, presets_are_rules_like_others);
    tcase_add_loop_test(tests, constants_that_read_parameters, 0, ESTIMATORS);
    tcase_add_loop_test(tests, fixed_step_size, 0, ESTIMATORS);
    tcase_add_test(tests, gradient_descent_with_momentum);
    tcase_add_loop_test(tests, horizons_grow, 0, ESTIMATORS);
    tcase_add_loop_test(tests, tasks_of_a_mixture_weigh_alike, 0, ESTIMATORS);
    tcase_add_test(tests, a_second_run_goes_on_from_the_best);
    tcase_add_loop_test(tests, threads_change_nothing, 0, ESTIMATORS);
    suite_add_tcase(suite, tests);
    return suite;
}
