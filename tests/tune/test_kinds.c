/* SPDX-License-Identifier: MIT */
/* One value for each group of parameters, or for each kind of group. */
#include <string.h>

#include "suites.h"
#include "tuning.h"

static const char by_kind[] = "l2osr-rule 1\nupdate = -lr * ~{0.1, 0.2, 0.4} * g / (sqrt(ema(g^2, "
                              "{0.5, 0.9, 0.99})) + ~1e-3)\n";

static l2osr_rule *parsed(l2osr_context *ctx, const char *text) {
    l2osr_rule *rule;
    ck_ok(l2osr_rule_parse(&rule, ctx, text, NULL), ctx);
    return rule;
}

static void expect_text(l2osr_rule *rule, const char *words) {
    ck_assert_msg(strstr(l2osr_rule_text(rule), words) != NULL, "no %s in %s", words,
                  l2osr_rule_text(rule));
    l2osr_rule_free(rule);
}

START_TEST(lists_spread_over_groups) {
    static const size_t kinds[] = {1, 0, 2, 7, 1};
    l2osr_context *ctx = test_context();
    l2osr_rule *rule = parsed(ctx, by_kind), *spread;
    ck_ok(l2osr_rule_spread(&spread, rule, 5, kinds), ctx);
    ck_assert_ptr_nonnull(strstr(l2osr_rule_text(spread), "{0.9, 0.5, 0.99, 0.99, 0.9}"));
    expect_text(spread, "~{0.2, 0.1, 0.4, 0.4, 0.2}");
    ck_ok(l2osr_rule_spread(&spread, rule, 4, NULL), ctx);
    expect_text(spread, "~{0.1, 0.2, 0.4, 0.4}");
    ck_ok(l2osr_rule_spread(&spread, rule, 1, NULL), ctx);
    expect_text(spread, "~{0.1}");
    ck_assert_int_eq(l2osr_rule_spread(&spread, rule, 0, NULL), L2OSR_EINVAL);
    ck_assert_ptr_null(spread);
    ck_assert_int_eq(l2osr_rule_spread(&spread, rule, 60000, NULL), L2OSR_ERANGE);
    ck_assert_int_eq(l2osr_rule_spread(NULL, rule, 1, NULL), L2OSR_EINVAL);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}
END_TEST

/* Groups of the network: a matrix, a vector, a matrix, a vector; of the quadratic: a vector. */
START_TEST(a_rule_for_a_task) {
    l2osr_context *ctx = test_context();
    l2osr_rule *rule = parsed(ctx, by_kind), *made;
    l2osr_dataset *digits;
    l2osr_task *network = small_network(ctx, &digits), *quadratic = small_quadratic(ctx);
    ck_ok(l2osr_rule_for_task(&made, rule, network), ctx);
    expect_text(made, "~{0.2, 0.1, 0.2, 0.1}");
    ck_ok(l2osr_rule_for_task(&made, rule, quadratic), ctx);
    expect_text(made, "~{0.1}");
    ck_assert_int_eq(l2osr_rule_for_task(&made, rule, NULL), L2OSR_EINVAL);
    l2osr_rule_free(rule);
    l2osr_task_free(network);
    l2osr_task_free(quadratic);
    l2osr_dataset_free(digits);
    l2osr_context_free(ctx);
}
END_TEST

/* Two tasks with one group and with four. The second value is for matrices, of which only the
 * network has any; nobody has a kernel, so that the third stays. */
START_TEST(kinds_are_shared_by_tasks_of_any_shape) {
    l2osr_context *ctx = test_context();
    l2osr_tuner_options o = small_options(_i);
    const l2osr_tuner_constant wish = {.index = 0, .spread = 1};
    l2osr_rule *rule = parsed(ctx, "l2osr-rule 1\nupdate = -lr * ~0.5 * ema(g, 0.9)\n"), *tuned;
    l2osr_dataset *digits;
    l2osr_task *network = small_network(ctx, &digits), *quadratic = small_quadratic(ctx);
    const l2osr_meta_task mixture[] = {{network, 1}, {quadratic, 1}};
    l2osr_tuner *tuner;
    o.tasks = mixture;
    o.n_tasks = 2;
    o.meta_steps = 20;
    o.validate_every = 10;
    o.by_kind = 1;
    o.constants = &wish;
    o.n_constants = 1;
    o.fixed_lr = 1;
    ck_ok(l2osr_tuner_create(&tuner, ctx, rule, NULL, NULL, &o), ctx);
    ck_ok(l2osr_tuner_run(tuner), ctx);
    ck_assert_double_lt(l2osr_tuner_best_loss(tuner), l2osr_tuner_first_loss(tuner));
    ck_ok(l2osr_tuner_rule(tuner, &tuned), ctx);
    ck_assert_uint_eq(l2osr_rule_constant_count(tuned), 3);
    ck_assert_double_ne(l2osr_rule_constant(tuned, 0), 0.5);
    ck_assert_double_ne(l2osr_rule_constant(tuned, 1), l2osr_rule_constant(tuned, 0));
    if (estimator_of(_i) <= L2OSR_META_EXACT) /* perturbations move what does not matter, too */
        ck_assert_double_eq(l2osr_rule_constant(tuned, 2), 0.5);
    l2osr_tuner_free(tuner);
    l2osr_rule_free(tuned);
    l2osr_rule_free(rule);
    l2osr_task_free(network);
    l2osr_task_free(quadratic);
    l2osr_dataset_free(digits);
    l2osr_context_free(ctx);
}
END_TEST

/* Without kinds every group of a task has its own value: the list grows. */
START_TEST(groups_have_values_of_their_own) {
    l2osr_context *ctx = test_context();
    const l2osr_tuner_options o = small_options(0);
    l2osr_dataset *digits;
    l2osr_task *network = small_network(ctx, &digits);
    struct tuning t = tune(ctx, "l2osr-rule 1\nupdate = -lr * ~{0.5, 0.5} * g\n", network, &o);
    ck_assert_uint_eq(l2osr_rule_constant_count(t.rule), 4);
    for (size_t i = 1; i < 4; i++)
        ck_assert_double_ne(l2osr_rule_constant(t.rule, i), l2osr_rule_constant(t.rule, 0));
    l2osr_rule_free(t.rule);
    l2osr_task_free(network);
    l2osr_dataset_free(digits);
    l2osr_context_free(ctx);
}
END_TEST

Suite *kinds_suite(void) {
    Suite *suite = suite_create("values for kinds of groups");
    TCase *tests = tcase_create("kinds");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, lists_spread_over_groups);
    tcase_add_test(tests, a_rule_for_a_task);
    tcase_add_loop_test(tests, kinds_are_shared_by_tasks_of_any_shape, 0, ESTIMATORS);
    tcase_add_test(tests, groups_have_values_of_their_own);
    suite_add_tcase(suite, tests);
    return suite;
}
