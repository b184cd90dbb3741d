/* SPDX-License-Identifier: MIT */
/* The nodes of rules and equations, as a visitor sees them. */
#include "tests.h"

#include <stdio.h>
#include <string.h>

/* The labels of a walk with the numbers of their operands; ends it at label `stop`. */
struct walk {
    char text[512];
    const char *stop;
};

static int note(void *user, const char *label, size_t operands) {
    struct walk *w = user;
    const size_t length = strlen(w->text);
    snprintf(w->text + length, sizeof w->text - length, "%s%s/%zu", length ? " " : "", label,
             operands);
    return w->stop && strcmp(label, w->stop) == 0 ? 42 : 0;
}

static const char *const equations[][2] = {
    {"x0", "x0/0"},
    {"-2.5", "-2.5/0"},
    {"-(2)", "-/1 2/0"},
    {"a - b * ~0.5", "-/2 a/0 */2 b/0 ~0.5/0"},
    {"-a ^ b ^ 2", "-/1 ^/2 a/0 ^/2 b/0 2/0"},
    {"plus(a, sinh(a))", "+/2 a/0 sinh/1 a/0"},
    {"pow(a[3], 2) / (a + b)[1][2]", "//2 pow/2 a[3]/0 2/0 [2]/1 [1]/1 +/2 a/0 b/0"},
    {"ema(greater(a, {1, 0.5}), 0.9)", "ema/2 greater/2 a/0 {1, 0.5}/0 0.9/0"},
    {"clip(a, -1, b)", "min/2 max/2 a/0 -1/0 b/0"},
    {"2 * wsum(a * b, 3)", "*/2 2/0 wsum/2 */2 a/0 b/0 3/0"},
};

START_TEST(labels_of_equations) {
    l2osr_context *ctx = test_context();
    struct walk w = {{0}, NULL};
    ck_ok(l2osr_equation_walk(ctx, equations[_i][0], note, &w), ctx);
    ck_assert_str_eq(w.text, equations[_i][1]);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(labels_of_rules) {
    l2osr_context *ctx = test_context();
    struct walk w = {{0}, NULL};
    l2osr_rule *rule = read_rule(ctx, "l2osr-rule 1\nlet m = ema(g, ~0.9)\n"
                                      "update = -lr * m[2] * linear(1, 10, ~0.5) + m^2\n");
    ck_ok(l2osr_rule_walk(rule, note, &w), ctx);
    ck_assert_str_eq(w.text, "+/2 */2 */2 -/1 lr/0 m[2]/0 linear/3 1/0 10/0 ~0.5/0 ^/2 m/0 2/0");
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(a_visitor_ends_the_walk) {
    l2osr_context *ctx = test_context();
    struct walk w = {{0}, "tanh"};
    ck_assert_int_eq(l2osr_equation_walk(ctx, "a + tanh(b)", note, &w), L2OSR_ECALLBACK);
    ck_assert_str_eq(w.text, "+/2 a/0 tanh/1");
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "returned 42 at 'tanh'"));
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(walks_that_cannot_be) {
    l2osr_context *ctx = test_context();
    l2osr_rule *rule = read_rule(ctx, busy_text);
    struct walk w = {{0}, NULL};
    ck_assert_int_eq(l2osr_equation_walk(ctx, "(a +\n tahn(b))", note, &w), L2OSR_EPARSE);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx),
                                 "line 2, column 2: unknown function 'tahn', did you mean 'tanh'"));
    ck_assert_str_eq(w.text, "");
    ck_assert_int_eq(l2osr_equation_walk(NULL, "a", note, &w), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_equation_walk(ctx, NULL, note, &w), L2OSR_EINVAL);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "equation is NULL"));
    ck_assert_int_eq(l2osr_equation_walk(ctx, "a", NULL, &w), L2OSR_EINVAL);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "visitor is NULL"));
    ck_assert_int_eq(l2osr_rule_walk(NULL, note, &w), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_rule_walk(rule, NULL, &w), L2OSR_EINVAL);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}
END_TEST

TCase *walk_tests(void) {
    TCase *tests = tcase_create("walk");
    tcase_add_loop_test(tests, labels_of_equations, 0, sizeof equations / sizeof equations[0]);
    tcase_add_test(tests, labels_of_rules);
    tcase_add_test(tests, a_visitor_ends_the_walk);
    tcase_add_test(tests, walks_that_cannot_be);
    return tests;
}
