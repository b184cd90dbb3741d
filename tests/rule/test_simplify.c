/* SPDX-License-Identifier: MIT */
/* Rules written more simply. */
#include "tests.h"

#include <stdio.h>
#include <string.h>

/* What an update becomes; `finite`: by laws that hold for finite numbers only. */
static const struct simple_case {
    const char *update, *simple;
    int finite;
} cases[] = {
    {"-lr * g * 1 + 0", "-lr * g", 0},
    {"2 * (3 * g)", "6 * g", 0},
    {"(g * 2) / 8", "0.25 * g", 0},
    {"g / 2 / 4", "0.125 * g", 0},
    {"x + 0.5 - 0.25", "x + 0.25", 0},
    {"x - 2 + 0.5", "x - 1.5", 0},
    {"3 + x", "x + 3", 0},
    {"x * g + g * x", "v1 + v1", 0},
    {"g - -x", "g + x", 0},
    {"-x + g", "g - x", 0},
    {"-(-g)", "g", 0},
    {"-(g - x)", "x - g", 0},
    {"-(3 * g)", "-3 * g", 0},
    {"-g * -x", "g * x", 0},
    {"1e200 * (1e200 * g)", "1e+200 * (1e+200 * g)", 0}, /* would overflow */
    {"exp(0) * g", "g", 0},
    {"sqrt(-1) * g", "sqrt(-1) * g", 0}, /* a NaN is no constant */
    {"1 / 0 * g", "1 / 0 * g", 0},
    {"abs(-abs(g))", "abs(g)", 0},
    {"cos(-g) + square(abs(g))", "square(g) + cos(g)", 0},
    {"sign(sign(g)) + relu(relu(x))", "relu(x) + sign(g)", 0},
    {"g^1 + pow(x, 1) + t^0", "g + x + 1", 0},
    {"min(g, g) + greater(x, x)", "g", 0},
    {"g[1][2] + x[0]", "x + g[3]", 0},
    {"mean(lr) * g + rms(-2) * x", "2 * x + lr * g", 0},
    {"~2 * (3 * g) * 1", "~2 * (3 * g)", 0},
    {"~2 * ~2 * g", "~2 * ~2 * g", 0},
    {"{1, 2} * g + 0", "{1, 2} * g", 0},
    {"g - g + x", "x + (g - g)", 0},
    {"0 * g + x", "x + 0 * g", 0},
    {"g - g + x", "x", 1},
    {"0 * g + x", "x", 1},
    {"x / x * g", "g", 1},
    {"exp(log(g)) + sqrt(g^2)", "g + sqrt(g^2)", 1},
    {"sinh(asinh(g)) - square(sqrt(x))", "g - x", 1},
};

static const char *update_of(const l2osr_rule *rule) {
    const char *update = strstr(l2osr_rule_text(rule), "update = ");
    return update + strlen("update = ");
}

START_TEST(simple_updates) {
    const struct simple_case *c = &cases[_i];
    l2osr_context *ctx = test_context();
    l2osr_simplify_options o = L2OSR_SIMPLIFY_OPTIONS_INIT;
    char text[256], wanted[256];
    l2osr_rule *rule, *simple, *again;
    o.finite = c->finite;
    snprintf(text, sizeof text, "l2osr-rule 1\nupdate = %s\n", c->update);
    snprintf(wanted, sizeof wanted, "%s\n", c->simple);
    ck_ok(l2osr_rule_parse(&rule, ctx, text, NULL), ctx);
    ck_ok(l2osr_rule_simplify(&simple, rule, &o), ctx);
    ck_assert_str_eq(update_of(simple), wanted);
    ck_ok(l2osr_rule_simplify(&again, simple, &o), ctx);
    ck_assert_str_eq(l2osr_rule_text(again), l2osr_rule_text(simple));
    l2osr_rule_free(again);
    l2osr_rule_free(simple);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(names_stay_and_new_ones_come) {
    l2osr_context *ctx = test_context();
    l2osr_rule *simple, *rule = read_rule(ctx, "l2osr-rule 1\n"
                                               "let unused = exp(g)\n"
                                               "let b = 0.9\n"
                                               "let m = ema(g * 1, b)\n"
                                               "let input = g\n"
                                               "default lr = 0.5\n"
                                               "default wd = 0.25\n"
                                               "update = m / tanh(x + input) + tanh(g + x) * m\n");
    ck_ok(l2osr_rule_simplify(&simple, rule, NULL), ctx);
    ck_assert_str_eq(l2osr_rule_text(simple), "l2osr-rule 1\n"
                                              "let m = ema(g, 0.9)\n"
                                              "let v1 = tanh(g + x)\n"
                                              "default lr = 0.5\n"
                                              "default wd = 0.25\n"
                                              "update = m * v1 + m / v1\n");
    l2osr_rule_free(simple);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(wrong_calls) {
    l2osr_context *ctx = test_context();
    l2osr_simplify_options o = {0, 1};
    l2osr_rule *simple, *rule = read_rule(ctx, "l2osr-rule 1\nupdate = g\n");
    ck_assert_int_eq(l2osr_rule_simplify(NULL, rule, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_rule_simplify(&simple, NULL, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_rule_simplify(&simple, rule, &o), L2OSR_EINVAL);
    ck_assert_ptr_null(simple);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}
END_TEST

/* State that two texts share is kept once. */
START_TEST(equal_memories_are_one) {
    static const struct {
        const char *update;
        size_t state;
    } sizes[] = {
        {"ema(g, 0.9) + tanh(ema(g, 0.9))", 1},
        {"ema(g^2, 0.9) + ema(g * g, 0.9)", 2}, /* a product is not looked into */
        {"ema(g + x, 0.9) * ema(x + g, 0.9)", 1},
        {"ema(t, 0.9) * g[2] + lr[3]", 2},
        {"ema(g, 0.9)[1] + g", 1},
        {"ema(g, 0.9)[1] + ema(g, 0.9)[2]", 3},
        {"ema(norm(g), 0.9) * g", 0},
        {"ema(g, ~0.9) + ema(g, ~0.9)", 1}, /* the tuner keeps them apart, a step need not */
    };
    l2osr_context *ctx = test_context();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, "l2osr-rule 1\nupdate = %s\n", sizes[i].update);
        l2osr_rule *rule = read_rule(ctx, text);
        ck_assert_msg(l2osr_rule_state(rule) == sizes[i].state, "%s: %zu", sizes[i].update,
                      l2osr_rule_state(rule));
        l2osr_rule_free(rule);
    }
    l2osr_context_free(ctx);
}
END_TEST

TCase *simplify_tests(void) {
    TCase *tests = tcase_create("simplify");
    tcase_add_loop_test(tests, simple_updates, 0, sizeof cases / sizeof cases[0]);
    tcase_add_test(tests, names_stay_and_new_ones_come);
    tcase_add_test(tests, wrong_calls);
    tcase_add_test(tests, equal_memories_are_one);
    return tests;
}
