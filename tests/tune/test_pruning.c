/* SPDX-License-Identifier: MIT */
/* Terms that do not pay, lags that shrink, and steps that stay near. */
#include <math.h>
#include <string.h>

#include "suites.h"
#include "tuning.h"
#include "tune/learner_rule.h"

/* The parameters of the quadratic start near nothing special: a push along x does not help, the
 * momentum does. */
static const char useless[] =
    "l2osr-rule 1\ndefault lr = 0.05\n"
    "update = -lr * (~0.5 * g + ~0.6 * ema(g, ~0.8) + ~0.001 * sin(7 * g[5]))\n";

START_TEST(useless_terms_go_and_take_their_state_along) {
    l2osr_context *ctx = test_context();
    l2osr_tuner_options o = small_options(_i);
    l2osr_task *task = small_quadratic(ctx);
    o.prune = 0.01;
    struct tuning t = tune(ctx, useless, task, &o);
    ck_assert_ptr_null(strstr(l2osr_rule_text(t.rule), "sin"));
    ck_assert_ptr_nonnull(strstr(l2osr_rule_text(t.rule), "g"));
    ck_assert_uint_le(l2osr_rule_state(t.rule), 1);
    l2osr_rule_free(t.rule);
    o.prune = -1;
    t = tune(ctx, useless, task, &o);
    ck_assert_ptr_nonnull(strstr(l2osr_rule_text(t.rule), "sin"));
    ck_assert_uint_ge(l2osr_rule_state(t.rule), 6);
    l2osr_rule_free(t.rule);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(useful_terms_stay) {
    l2osr_context *ctx = test_context();
    l2osr_tuner_options o = small_options(_i);
    l2osr_task *task = small_quadratic(ctx);
    struct tuning t = tune(ctx,
                           "l2osr-rule 1\ndefault lr = 0.05\n"
                           "update = -lr * (~0.2 * g + ~0.8 * ema(g, ~0.5))\n",
                           task, &o);
    ck_assert_ptr_nonnull(strstr(l2osr_rule_text(t.rule), "ema"));
    l2osr_rule_free(t.rule);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

/* Sum of sizes of the taps, weighted by how far back they are. */
static double reach_of(l2osr_context *ctx, double penalty, double *newest) {
    static const char field[] =
        "l2osr-rule 1\ndefault lr = 0.05\n"
        "update = -lr * (~0.5 * g + ~0.05 * g[1] + ~0.05 * g[2] + ~0.05 * g[4] + ~0.05 * g[8])\n";
    static const double lags[] = {0, 1, 2, 4, 8};
    l2osr_tuner_options o = small_options(0);
    l2osr_task *task = small_quadratic(ctx);
    double reach = 0;
    o.lag_penalty = penalty;
    o.prune = -1;
    o.meta_steps = 120;
    struct tuning t = tune(ctx, field, task, &o);
    for (size_t i = 0; i < 5; i++)
        reach += lags[i] * fabs(l2osr_rule_constant(t.rule, i));
    *newest = l2osr_rule_constant(t.rule, 0) * l2osr_rule_default_lr(t.rule);
    l2osr_rule_free(t.rule);
    l2osr_task_free(task);
    return reach;
}

START_TEST(lags_that_must_pay_shrink) {
    l2osr_context *ctx = test_context();
    double newest[3];
    const double free = reach_of(ctx, 1e-12, &newest[0]), cheap = reach_of(ctx, 0.1, &newest[1]),
                 dear = reach_of(ctx, 10, &newest[2]);
    ck_assert_double_lt(cheap, free);
    ck_assert_double_lt(dear, 0.5 * cheap);
    ck_assert_double_gt(newest[2], 0.025); /* what is not back pays nothing */
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(numbers_stay_near_the_best) {
    l2osr_context *ctx = test_context();
    l2osr_tuner_options o = small_options(0);
    l2osr__rule_learner learner;
    l2osr_rule *rule;
    double theta[4] = {3, -3, 0.05, 0}, best[4] = {1, 0, 0, 0.5};
    o.trust = 0.1;
    ck_ok(l2osr_rule_parse(&rule, ctx, adam_text, NULL), ctx);
    ck_ok(l2osr__rule_learner_init(&learner, ctx, rule, 1, &o), ctx);
    ck_assert_uint_eq(learner.base.size, 4);
    learner.base.class->project(&learner.base, theta, best, 0.01);
    ck_assert_double_eq(theta[0], 1.1);
    ck_assert_double_eq(theta[1], -0.1);
    ck_assert_double_eq(theta[2], 0.05);
    ck_assert_double_eq(theta[3], 0.4);
    l2osr__rule_learner_clear(&learner);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}
END_TEST

/* Between two validations nothing moves by more than the distance allowed; there are three. */
START_TEST(a_trust_region_is_kept) {
    l2osr_context *ctx = test_context();
    l2osr_tuner_options o = small_options(_i);
    l2osr_task *task = small_quadratic(ctx);
    o.trust = 0.01;
    struct tuning t = tune(ctx, "l2osr-rule 1\ndefault lr = 0.02\nupdate = -lr * g\n", task, &o);
    ck_assert_double_le(l2osr_rule_default_lr(t.rule), 0.02 * exp(0.03) * (1 + 1e-12));
    ck_assert_double_gt(l2osr_rule_default_lr(t.rule), 0.02 * exp(0.02));
    l2osr_rule_free(t.rule);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

Suite *pruning_suite(void) {
    Suite *suite = suite_create("pruning");
    TCase *tests = tcase_create("pruning");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, useless_terms_go_and_take_their_state_along, 0, ESTIMATORS);
    tcase_add_loop_test(tests, useful_terms_stay, 0, ESTIMATORS);
    tcase_add_test(tests, lags_that_must_pay_shrink);
    tcase_add_test(tests, numbers_stay_near_the_best);
    tcase_add_loop_test(tests, a_trust_region_is_kept, 0, ESTIMATORS);
    suite_add_tcase(suite, tests);
    return suite;
}
