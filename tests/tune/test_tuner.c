/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "suites.h"
#include "support.h"

static l2osr_context *context_with(unsigned threads) {
    l2osr_context_options o = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_context *ctx;
    o.threads = threads;
    o.seed = 1;
    ck_assert_int_eq(l2osr_context_create(&ctx, &o), L2OSR_OK);
    return ctx;
}

/* Loop tests run once for each of these. */
static const l2osr_meta_estimator estimators[] = {L2OSR_META_FIRST_ORDER, L2OSR_META_ES,
                                                  L2OSR_META_PES};
enum { ESTIMATORS = sizeof estimators / sizeof estimators[0] };

static l2osr_tuner_options small_options(int estimator) {
    l2osr_tuner_options o = L2OSR_TUNER_OPTIONS_INIT;
    o.estimator = estimators[estimator];
    o.meta_steps = 100;
    o.horizon = 60;
    o.unroll = 20;
    o.meta_lr = 0.03;
    o.validate_every = 20;
    return o;
}

/* Tunes; returns best loss over first loss, and the rule. */
static double tune(l2osr_context *ctx, l2osr_task *task, l2osr_rule *start,
                   const l2osr_tuner_options *o, l2osr_rule **tuned) {
    l2osr_tuner *tuner;
    ck_ok(l2osr_tuner_create(&tuner, ctx, start, task, task, o), ctx);
    ck_assert(isnan(l2osr_tuner_first_loss(tuner)));
    ck_ok(l2osr_tuner_run(tuner), ctx);
    ck_ok(l2osr_tuner_rule(tuner, tuned), ctx);
    const double gain = l2osr_tuner_best_loss(tuner) / l2osr_tuner_first_loss(tuner);
    l2osr_tuner_free(tuner);
    return gain;
}

START_TEST(step_size_of_sgd) {
    l2osr_context *ctx = test_context();
    const l2osr_tuner_options o = small_options(_i);
    l2osr_task *task;
    l2osr_rule *start, *tuned;
    ck_ok(l2osr_task_quadratic(&task, ctx, 40, 30, 0.1, 2), ctx);
    ck_ok(
        l2osr_rule_parse(&start, ctx, "l2osr-rule 1\ndefault lr = 0.02\nupdate = -lr * g\n", NULL),
        ctx);
    ck_assert_double_lt(tune(ctx, task, start, &o, &tuned), 0.5);
    ck_assert_double_gt(l2osr_rule_default_lr(tuned), 0.1);
    l2osr_rule_free(start);
    l2osr_rule_free(tuned);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

static const char adam[] = "l2osr-rule 1\nlet b1 = ~0.9\nlet b2 = ~0.999\n"
                           "let m = ema(g, b1) / (1 - b1^t)\nlet v = ema(g^2, b2) / (1 - b2^t)\n"
                           "default lr = 0.001\nupdate = -lr * m / (sqrt(v) + ~1e-8)\n";

START_TEST(adam_on_logistic_regression) {
    l2osr_context *ctx = test_context();
    l2osr_tuner_options o = small_options(_i);
    l2osr_mlp_options shape = L2OSR_MLP_OPTIONS_INIT;
    l2osr_dataset *digits;
    l2osr_task *task;
    l2osr_rule *start, *tuned;
    shape.batch = 32;
    o.meta_steps = 40;
    ck_ok(l2osr_dataset_digits(&digits, ctx, 512, 1), ctx);
    ck_ok(l2osr_task_mlp(&task, ctx, digits, &shape), ctx);
    ck_ok(l2osr_rule_parse(&start, ctx, adam, NULL), ctx);
    ck_assert_double_lt(tune(ctx, task, start, &o, &tuned), 0.9);
    l2osr_rule_free(start);
    l2osr_rule_free(tuned);
    l2osr_task_free(task);
    l2osr_dataset_free(digits);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(constants_that_read_parameters) {
    l2osr_context *ctx = test_context();
    const l2osr_tuner_options o = small_options(_i);
    l2osr_task *task;
    l2osr_rule *start, *tuned;
    ck_ok(l2osr_task_quadratic(&task, ctx, 40, 30, 0.1, 2), ctx);
    ck_ok(l2osr_rule_parse(&start, ctx,
                           "l2osr-rule 1\ndefault lr = 0.1\n"
                           "update = -lr * (g + ~0.5 * x)\n",
                           NULL),
          ctx);
    ck_assert_double_lt(tune(ctx, task, start, &o, &tuned), 0.9);
    ck_assert_double_lt(l2osr_rule_constant(tuned, 0), 0.5);
    ck_assert_double_gt(l2osr_rule_constant(tuned, 0), 0);
    l2osr_rule_free(start);
    l2osr_rule_free(tuned);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(fixed_step_size) {
    l2osr_context *ctx = test_context();
    l2osr_tuner_options o = small_options(_i);
    l2osr_task *task;
    l2osr_rule *start, *tuned;
    o.fixed_lr = 1;
    ck_ok(l2osr_task_quadratic(&task, ctx, 40, 30, 0.1, 2), ctx);
    ck_ok(l2osr_rule_parse(&start, ctx, adam, NULL), ctx);
    (void)tune(ctx, task, start, &o, &tuned);
    ck_assert_double_eq(l2osr_rule_default_lr(tuned), 0.001);
    l2osr_rule_free(start);
    l2osr_rule_free(tuned);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(threads_change_nothing) {
    char texts[3][512];
    double gains[3];
    for (int i = 0; i < 3; i++) {
        l2osr_context *ctx = context_with(1u << i);
        l2osr_tuner_options o = small_options(_i);
        l2osr_task *task;
        l2osr_rule *start, *tuned;
        o.meta_steps = 10;
        o.validate_every = 5;
        ck_ok(l2osr_task_quadratic(&task, ctx, 700, 30, 0.1, 2), ctx);
        ck_ok(l2osr_rule_parse(&start, ctx, adam, NULL), ctx);
        gains[i] = tune(ctx, task, start, &o, &tuned);
        ck_assert_uint_lt(strlen(l2osr_rule_text(tuned)), sizeof texts[i]);
        strcpy(texts[i], l2osr_rule_text(tuned));
        l2osr_rule_free(start);
        l2osr_rule_free(tuned);
        l2osr_task_free(task);
        l2osr_context_free(ctx);
    }
    for (int i = 1; i < 3; i++) {
        ck_assert_str_eq(texts[i], texts[0]);
        ck_assert_double_eq(gains[i], gains[0]);
    }
}
END_TEST

START_TEST(a_second_run_goes_on_from_the_best) {
    l2osr_context *ctx = test_context();
    l2osr_tuner_options o = small_options(0);
    l2osr_task *task;
    l2osr_rule *start;
    l2osr_tuner *tuner;
    o.meta_steps = 40;
    ck_ok(l2osr_task_quadratic(&task, ctx, 40, 30, 0.1, 2), ctx);
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

Suite *tuner_suite(void) {
    Suite *suite = suite_create("tuner");
    TCase *tests = tcase_create("tuner");
    tcase_add_loop_test(tests, step_size_of_sgd, 0, ESTIMATORS);
    tcase_add_loop_test(tests, adam_on_logistic_regression, 0, ESTIMATORS);
    tcase_add_loop_test(tests, constants_that_read_parameters, 0, ESTIMATORS);
    tcase_add_loop_test(tests, fixed_step_size, 0, ESTIMATORS);
    tcase_add_loop_test(tests, threads_change_nothing, 0, ESTIMATORS);
    tcase_add_test(tests, a_second_run_goes_on_from_the_best);
    suite_add_tcase(suite, tests);
    return suite;
}
