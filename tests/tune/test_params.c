/* SPDX-License-Identifier: MIT */
/* What constants of a rule become free numbers, and how those give constants again. */
#include <math.h>
#include <string.h>

#include "suites.h"
#include "support.h"
#include "tune/params.h"
#include "tune/roles.h"

static const char text[] =
    "l2osr-rule 1\nlet b = ~0.95\ndefault lr = 0.02\ndefault wd = 0.1\n"
    "update = -lr * (~1.5 * ema(g, b) + ~0.0 * x - ~0.3 * ema(g^2, ~0.5) + wd * x) / (b + 2)\n";

struct setting {
    l2osr_context *ctx;
    l2osr_rule *rule;
    l2osr_tuner_options options;
    l2osr__params params;
};

static struct setting setting_start(const char *rule) {
    struct setting s = {.ctx = test_context(), .options = L2OSR_TUNER_OPTIONS_INIT};
    ck_ok(l2osr_rule_parse(&s.rule, s.ctx, rule, NULL), s.ctx);
    return s;
}

static l2osr_status read_params(struct setting *s) {
    l2osr__params_clear(&s->params);
    return l2osr__params_init(&s->params, s->rule, 2, &s->options);
}

static void setting_end(struct setting *s) {
    l2osr__params_clear(&s->params);
    l2osr_rule_free(s->rule);
    l2osr_context_free(s->ctx);
}

START_TEST(the_start_is_kept_exactly) {
    struct setting s = setting_start(text);
    const double theta[8] = {0};
    l2osr_rule *rule;
    ck_ok(read_params(&s), s.ctx);
    ck_assert_uint_eq(s.params.constants, l2osr_rule_constant_count(s.rule) + 2);
    ck_assert_uint_eq(s.params.count, l2osr_rule_constant_count(s.rule) + 1); /* not wd */
    for (size_t i = 0; i < l2osr_rule_constant_count(s.rule); i++)
        ck_assert_double_eq(l2osr__params_value(&s.params, i, theta),
                            l2osr_rule_constant(s.rule, i));
    ck_ok(l2osr__params_rule(&s.params, theta, NULL, &rule), s.ctx);
    ck_assert_str_eq(l2osr_rule_text(rule), l2osr_rule_text(s.rule));
    l2osr_rule_free(rule);
    setting_end(&s);
}
END_TEST

START_TEST(defaults_of_a_rule_come_back_as_such) {
    struct setting s = setting_start(text);
    double theta[8] = {0};
    l2osr_rule *rule;
    s.options.tune_wd = 1;
    ck_ok(read_params(&s), s.ctx);
    ck_assert_uint_eq(s.params.count, 7);
    theta[5] = log(2);
    theta[6] = log(0.5);
    ck_ok(l2osr__params_rule(&s.params, theta, NULL, &rule), s.ctx);
    ck_assert_double_eq_tol(l2osr_rule_default_lr(rule), 0.04, 1e-15);
    ck_assert_double_eq_tol(l2osr_rule_default_wd(rule), 0.05, 1e-15);
    l2osr_rule_free(rule);
    setting_end(&s);
}
END_TEST

START_TEST(values_stay_legal) {
    struct setting s = setting_start(text);
    const l2osr_tuner_constant wishes[] = {
        {.index = 1, .transform = L2OSR_TRANSFORM_LINEAR, .low = 1, .high = 2},
        {.index = 3, .transform = L2OSR_TRANSFORM_SIGMOID, .low = -1, .high = 4}};
    s.options.tune_wd = 1;
    for (s.options.n_constants = 0; s.options.n_constants <= 2; s.options.n_constants += 2) {
        s.options.constants = wishes;
        ck_ok(read_params(&s), s.ctx);
        for (int sign = -1; sign <= 1; sign += 2)
            for (size_t i = 0; i < s.params.constants; i++) {
                const l2osr__param *p = &s.params.params[i];
                const double value = l2osr__param_value(p, l2osr__param_clamp(p, sign * 1e9));
                ck_assert(isfinite(value));
                if (p->transform == L2OSR_TRANSFORM_EXP)
                    ck_assert_double_gt(p->start * value, 0);
                if (p->transform == L2OSR_TRANSFORM_SIGMOID)
                    ck_assert((float)value > (float)p->low && (float)value < (float)p->high);
                if (p->transform == L2OSR_TRANSFORM_LINEAR)
                    ck_assert(value >= p->low - 1e-12 && value <= p->high + 1e-12);
            }
    }
    setting_end(&s);
}
END_TEST

START_TEST(slopes_match_differences) {
    struct setting s = setting_start(text);
    const l2osr_tuner_constant wishes[] = {
        {.index = 1, .transform = L2OSR_TRANSFORM_LINEAR},
        {.index = 3, .transform = L2OSR_TRANSFORM_SIGMOID, .low = -1, .high = 4}};
    s.options.constants = wishes;
    s.options.n_constants = 2;
    s.options.tune_wd = 1;
    ck_ok(read_params(&s), s.ctx);
    for (size_t i = 0; i < s.params.constants; i++) {
        const l2osr__param *p = &s.params.params[i];
        const double h = 1e-5;
        for (double theta = -2.2; theta < 2.5; theta += 0.9) {
            const double difference =
                (l2osr__param_value(p, theta + h) - l2osr__param_value(p, theta - h)) / (2 * h);
            ck_assert_double_eq_tol(l2osr__param_slope(p, theta), difference,
                                    1e-8 * (1 + fabs(difference)));
        }
    }
    setting_end(&s);
}
END_TEST

START_TEST(transforms_follow_the_use) {
    static const l2osr_transform expected[] = {
        L2OSR_TRANSFORM_SIGMOID, L2OSR_TRANSFORM_EXP, L2OSR_TRANSFORM_LINEAR, L2OSR_TRANSFORM_EXP,
        L2OSR_TRANSFORM_SIGMOID, L2OSR_TRANSFORM_EXP, L2OSR_TRANSFORM_FIXED};
    struct setting s = setting_start(text);
    ck_ok(read_params(&s), s.ctx);
    ck_assert_uint_eq(s.params.constants, sizeof expected / sizeof *expected);
    for (size_t i = 0; i < s.params.constants; i++)
        ck_assert_int_eq(s.params.params[i].transform, expected[i]);
    s.options.fixed_lr = 1;
    ck_ok(read_params(&s), s.ctx);
    ck_assert_int_eq(s.params.params[5].transform, L2OSR_TRANSFORM_FIXED);
    setting_end(&s);
}
END_TEST

/* Weights of the step that add up to 1; 1.5 and what stands behind exp() are no decays. */
START_TEST(decays_of_schedules_stay_decays) {
    struct setting s = setting_start(
        "l2osr-rule 1\nlet w = exp(-(~0.01 * t))\nlet b = ~0.9 * w + ~0.99 * (1 - w)\n"
        "update = -lr * (~1.5 * ema(g, b) + ema(g, ~1.2 / (t + 2)))\n");
    static const l2osr_transform expected[] = {L2OSR_TRANSFORM_EXP,     L2OSR_TRANSFORM_SIGMOID,
                                               L2OSR_TRANSFORM_SIGMOID, L2OSR_TRANSFORM_EXP,
                                               L2OSR_TRANSFORM_EXP,     L2OSR_TRANSFORM_EXP};
    ck_ok(read_params(&s), s.ctx);
    ck_assert_uint_eq(s.params.constants, sizeof expected / sizeof *expected);
    for (size_t i = 0; i < s.params.constants; i++)
        ck_assert_int_eq(s.params.params[i].transform, expected[i]);
    setting_end(&s);
}
END_TEST

START_TEST(lags_are_those_of_the_newest_value) {
    static const unsigned expected[] = {0, 1, 3, 2, 0, 0};
    struct setting s = setting_start(
        "l2osr-rule 1\nlet m = ema(g, 0.9)\n"
        "update = -lr * (~1.1 * m + ~0.2 * m[1] + ~0.3 * tanh(m[3] - m[4]) - 2 * m[1][1] * ~0.4 + "
        "~0.5 * (m[1] + g) + ~0.6)\n");
    s.options.lag_penalty = 1;
    ck_ok(read_params(&s), s.ctx);
    for (size_t i = 0; i < 6; i++) {
        ck_assert_uint_eq(s.params.params[i].lag, expected[i]);
        ck_assert_int_eq(s.params.params[i].transform,
                         expected[i] ? L2OSR_TRANSFORM_LINEAR : L2OSR_TRANSFORM_EXP);
    }
    ck_assert(l2osr__role_is_factor(s.rule, s.rule->constants[0].written));
    ck_assert(!l2osr__role_is_factor(s.rule, s.rule->constants[5].written));
    setting_end(&s);
}
END_TEST

START_TEST(shrinking_ends_at_zero) {
    struct setting s = setting_start("l2osr-rule 1\nupdate = -lr * (~0.3 * g - ~0.7 * g[2])\n");
    s.options.lag_penalty = 1;
    ck_ok(read_params(&s), s.ctx);
    const l2osr__param *p = &s.params.params[1];
    ck_assert_double_eq_tol(l2osr__param_value(p, l2osr__param_shrink(p, 0, 0.25)), 0.7 * 0.75,
                            1e-15);
    ck_assert_double_eq(l2osr__param_value(p, l2osr__param_shrink(p, 0, 2)), 0);
    ck_assert_double_eq_tol(l2osr__param_value(p, l2osr__param_shrink(p, -3, 0.5)), -0.7 * 1.5,
                            1e-15);
    setting_end(&s);
}
END_TEST

START_TEST(a_scalar_becomes_a_list_when_asked) {
    struct setting s = setting_start("l2osr-rule 1\nupdate = -lr * (~0.3 * g + ~{0.1, 0.2} * x)\n");
    const l2osr_tuner_constant wish = {.index = 0, .spread = 1};
    const double theta[5] = {0, log(2), 0, 0, 0};
    l2osr_rule *rule;
    s.options.constants = &wish;
    s.options.n_constants = 1;
    ck_ok(read_params(&s), s.ctx);
    ck_assert_uint_eq(s.params.count, 5);
    ck_ok(l2osr__params_rule(&s.params, theta, NULL, &rule), s.ctx);
    ck_assert_ptr_nonnull(strstr(l2osr_rule_text(rule), "~{0.3, 0.6}"));
    l2osr_rule_free(rule);
    setting_end(&s);
}
END_TEST

/* Of four groups the last three have what was the second value, and its wish. */
START_TEST(groups_behind_a_list_follow_its_last_value) {
    struct setting s = setting_start("l2osr-rule 1\nupdate = -lr * ~{0.1, 0.2} * g\n");
    const l2osr_tuner_constant wish = {.index = 1, .transform = L2OSR_TRANSFORM_FIXED};
    s.options.constants = &wish;
    s.options.n_constants = 1;
    ck_ok(l2osr__params_init(&s.params, s.rule, 4, &s.options), s.ctx);
    ck_assert_uint_eq(s.params.constants, 5);
    ck_assert_uint_eq(s.params.count, 2); /* the first, and lr */
    setting_end(&s);
}
END_TEST

#define EXPECT_REFUSED(words, ...)                                                                 \
    do {                                                                                           \
        const l2osr_tuner_constant wish = {__VA_ARGS__};                                           \
        s.options.constants = &wish;                                                               \
        s.options.n_constants = 1;                                                                 \
        ck_assert_int_eq(read_params(&s), L2OSR_EINVAL);                                           \
        ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(s.ctx), words));                         \
    } while (0)

START_TEST(wishes_that_make_no_sense) {
    struct setting s = setting_start(text);
    EXPECT_REFUSED("no constant 5", .index = 5);
    EXPECT_REFUSED("the same for all groups", .index = L2OSR_TUNER_LR, .spread = 1);
    EXPECT_REFUSED("cannot be scaled", .index = 2, .transform = L2OSR_TRANSFORM_EXP);
    EXPECT_REFUSED("both sides", .index = 1, .transform = L2OSR_TRANSFORM_SIGMOID);
    EXPECT_REFUSED("outside", .index = 1, .transform = L2OSR_TRANSFORM_LINEAR, .high = 1);
    EXPECT_REFUSED("bounds are for", .index = 1, .high = 2);
    EXPECT_REFUSED("l2osr_transform", .index = 1, .transform = (l2osr_transform)9);
    setting_end(&s);
    s = setting_start("l2osr-rule 1\nupdate = -lr * g\n");
    EXPECT_REFUSED("no constant to tune", .index = L2OSR_TUNER_LR,
                   .transform = L2OSR_TRANSFORM_FIXED);
    setting_end(&s);
}
END_TEST

Suite *params_suite(void) {
    Suite *suite = suite_create("parameters");
    TCase *tests = tcase_create("parameters");
    tcase_add_test(tests, the_start_is_kept_exactly);
    tcase_add_test(tests, defaults_of_a_rule_come_back_as_such);
    tcase_add_test(tests, values_stay_legal);
    tcase_add_test(tests, slopes_match_differences);
    tcase_add_test(tests, transforms_follow_the_use);
    tcase_add_test(tests, decays_of_schedules_stay_decays);
    tcase_add_test(tests, lags_are_those_of_the_newest_value);
    tcase_add_test(tests, shrinking_ends_at_zero);
    tcase_add_test(tests, a_scalar_becomes_a_list_when_asked);
    tcase_add_test(tests, groups_behind_a_list_follow_its_last_value);
    tcase_add_test(tests, wishes_that_make_no_sense);
    suite_add_tcase(suite, tests);
    return suite;
}
