/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "suites.h"
#include "support.h"
#include "tune/params.h"

static const char text[] =
    "l2osr-rule 1\nlet b = ~0.95\ndefault lr = 0.02\n"
    "update = -lr * (~1.5 * ema(g, b) + ~0.0 * x - ~0.3 * ema(g^2, ~0.5)) / (b + 2)\n";

START_TEST(start_values_are_kept_exactly) {
    l2osr_context *ctx = test_context();
    l2osr_rule *rule;
    l2osr__params params;
    ck_ok(l2osr_rule_parse(&rule, ctx, text, NULL), ctx);
    ck_ok(l2osr__params_init(&params, ctx, rule, false), ctx);
    ck_assert_uint_eq(params.count, l2osr_rule_constant_count(rule) + 1);
    for (size_t i = 0; i + 1 < params.count; i++)
        ck_assert_double_eq(l2osr__params_value(&params, i, 0), l2osr_rule_constant(rule, i));
    ck_assert_double_eq(l2osr__params_value(&params, params.count - 1, 0), 0.02);
    l2osr__params_clear(&params, ctx);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(values_stay_legal) {
    l2osr_context *ctx = test_context();
    l2osr_rule *rule;
    l2osr__params params;
    ck_ok(l2osr_rule_parse(&rule, ctx, text, NULL), ctx);
    ck_ok(l2osr__params_init(&params, ctx, rule, false), ctx);
    for (int sign = -1; sign <= 1; sign += 2) {
        for (size_t i = 0; i < params.count; i++)
            params.theta[i] = sign * 1e9;
        l2osr__params_clamp(&params);
        for (size_t i = 0; i < params.count; i++) {
            const double start = params.params[i].start;
            const double value = l2osr__params_value(&params, i, params.theta[i]);
            ck_assert(isfinite(value));
            if (params.params[i].kind == L2OSR__PARAM_SCALE)
                ck_assert(start * value > 0);
            if (params.params[i].kind == L2OSR__PARAM_DECAY)
                ck_assert((float)value > 0 && (float)value < 1);
        }
    }
    l2osr__params_clear(&params, ctx);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(kinds_follow_the_use) {
    static const l2osr__param_kind kinds[] = {L2OSR__PARAM_DECAY, L2OSR__PARAM_SCALE,
                                              L2OSR__PARAM_SHIFT, L2OSR__PARAM_SCALE,
                                              L2OSR__PARAM_DECAY};
    l2osr_context *ctx = test_context();
    l2osr_rule *rule;
    l2osr__params params;
    ck_ok(l2osr_rule_parse(&rule, ctx, text, NULL), ctx);
    ck_ok(l2osr__params_init(&params, ctx, rule, true), ctx);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        ck_assert_int_eq(params.params[i].kind, kinds[i]);
    ck_assert_uint_eq(params.count, l2osr_rule_constant_count(rule));
    l2osr__params_clear(&params, ctx);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(slopes_match_differences) {
    l2osr_context *ctx = test_context();
    l2osr_rule *rule, *tunable;
    l2osr__params params;
    ck_ok(l2osr_rule_parse(&rule, ctx, text, NULL), ctx);
    ck_ok(l2osr__rule_tunable(&tunable, rule), ctx);
    ck_ok(l2osr__params_init(&params, ctx, tunable, false), ctx);
    double derivatives[L2OSR__MAX_NODES];
    for (int32_t i = 0; i < tunable->form.count; i++)
        derivatives[i] = 1;
    for (size_t i = 0; i < params.count; i++)
        params.theta[i] = 0.3;
    l2osr__params_chain(&params, tunable, 1, derivatives);
    for (size_t i = 0; i < params.count; i++) {
        const double h = 1e-5;
        const double difference =
            (l2osr__params_value(&params, i, 0.3 + h) - l2osr__params_value(&params, i, 0.3 - h)) /
            (2 * h);
        ck_assert_double_eq_tol(params.gradient[i], difference, 1e-8);
    }
    l2osr__params_clear(&params, ctx);
    l2osr_rule_free(tunable);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}
END_TEST

Suite *params_suite(void) {
    Suite *suite = suite_create("parameters");
    TCase *tests = tcase_create("parameters");
    tcase_add_test(tests, start_values_are_kept_exactly);
    tcase_add_test(tests, values_stay_legal);
    tcase_add_test(tests, kinds_follow_the_use);
    tcase_add_test(tests, slopes_match_differences);
    suite_add_tcase(suite, tests);
    return suite;
}
