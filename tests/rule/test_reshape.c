/* SPDX-License-Identifier: MIT */
/* Schedules, and rules that are given more constants. */
#include "tests.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"

#define RULE "l2osr-rule 1\n"

/* ---- schedules ---- */

enum { KNOTS = 5, STEPS = 60 };

typedef struct course {
    bool cosine;
    int knots, times[KNOTS + 1];
    double values[KNOTS + 1];
} course;

static course random_course(l2osr__rng *rng) {
    course c = {.cosine = l2osr__rng_below(rng, 2), .knots = 1 + (int)l2osr__rng_below(rng, KNOTS)};
    for (int i = 0; i <= c.knots; i++) {
        c.values[i] = l2osr__rng_uniform(rng) - 0.3;
        c.times[i] = i == 0 ? 0 : c.times[i - 1] + 1 + (int)l2osr__rng_below(rng, 12);
    }
    return c;
}

static double value_at(const course *c, int t) {
    int k = 0;
    while (k < c->knots && c->times[k + 1] < t)
        k++;
    if (k == c->knots)
        return c->values[k];
    const double r = (double)(t - c->times[k]) / (c->times[k + 1] - c->times[k]);
    const double part = c->cosine ? 0.5 - 0.5 * cos(acos(-1) * r) : r;
    return c->values[k] + part * (c->values[k + 1] - c->values[k]);
}

static l2osr_rule *rule_of(l2osr_context *ctx, const course *c) {
    char text[512];
    const size_t size = sizeof text;
    size_t at = (size_t)snprintf(text, size, RULE "update = %s(~%.17g",
                                 c->cosine ? "cosine" : "linear", c->values[0]);
    for (int i = 1; i <= c->knots; i++)
        at += (size_t)snprintf(text + at, size - at, ", %d, ~%.17g", c->times[i], c->values[i]);
    snprintf(text + at, size - at, ")\n");
    return read_rule(ctx, text);
}

START_TEST(schedules_go_from_knot_to_knot) {
    l2osr_context *ctx = test_context();
    l2osr__rng rng;
    l2osr__rng_init(&rng, 970, 0);
    for (int k = 0; k < 200; k++) {
        const course c = random_course(&rng);
        l2osr_rule *rule = rule_of(ctx, &c);
        l2osr_stepper *stepper = make_stepper(ctx, rule, 1, L2OSR_F64);
        ck_assert_uint_eq(l2osr_rule_constant_count(rule), (size_t)c.knots + 1);
        for (int t = 1; t <= STEPS; t++) {
            double x = 0, g = 0;
            ck_ok(l2osr_stepper_step_f64(stepper, &x, &g, NULL), ctx);
            ck_assert_double_eq_tol(x, value_at(&c, t), 1e-14);
        }
        l2osr_stepper_free(stepper);
        l2osr_rule_free(rule);
    }
    l2osr_context_free(ctx);
}
END_TEST

/* Between the least and the largest value, whatever they are: decays stay decays. */
START_TEST(schedules_do_not_overshoot) {
    l2osr_context *ctx = test_context();
    l2osr_rule *rule =
        read_rule(ctx, RULE "update = 1 - cosine(0.999999, 7, 0.999999, 10, 0.5, 77, 0.999999)\n");
    l2osr_stepper *stepper = make_stepper(ctx, rule, 1, L2OSR_F64);
    for (int t = 1; t <= 100; t++) {
        double x = 0, g = 0;
        ck_ok(l2osr_stepper_step_f64(stepper, &x, &g, NULL), ctx);
        ck_assert(x > 0.9e-6 && x < 0.5 + 1e-12);
    }
    l2osr_stepper_free(stepper);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}
END_TEST

/* The shape of a schedule is made of whole numbers, which nobody tunes. */
START_TEST(only_values_of_schedules_are_tuned) {
    l2osr_context *ctx = test_context();
    l2osr_rule *rule = read_rule(ctx, RULE "update = -cosine(0.1, 10, 1, 20, 0.3) * ema(g, 0.9)\n");
    ck_assert_uint_eq(l2osr_rule_constant_count(rule), 3);
    ck_assert_double_eq(l2osr_rule_constant(rule, 0), 0.1);
    ck_assert_double_eq(l2osr_rule_constant(rule, 1), 0.3);
    ck_assert_double_eq(l2osr_rule_constant(rule, 2), 0.9);
    ck_assert_str_eq(
        l2osr_rule_latex(rule),
        "\\Delta x = -\\mathrm{cosine}\\left(0.1,\\, 10,\\, 1,\\, 20,\\, 0.3\\right) \\, "
        "\\mathrm{ema}_{0.9}\\left(g\\right)");
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}
END_TEST

/* ---- new rules from old ---- */

static const size_t times[] = {100, 1000};

static const struct {
    const char *before;
    size_t index;
    l2osr_shape shape;
    const char *after;
} schedules[] = {
    {"update = -lr * ema(g, 0.9) + 0.5 * x\n", 0, L2OSR_SHAPE_LINEAR,
     "update = -lr * ema(g, linear(~0.9, 100, ~0.9, 1000, ~0.9)) + ~0.5 * x\n"},
    {"let b = ~{0.9, 0.8}\nupdate = -lr * ema(g, b) / (1 - b^t) * 0.5\n", 1, L2OSR_SHAPE_COSINE,
     "let b = cosine(~{0.9, 0.8}, 100, ~{0.9, 0.8}, 1000, ~{0.9, 0.8})\n"
     "update = -lr * ema(g, b) / (1 - b^t) * 0.5\n"},
    {"let rate = 2\nlet r = lr * g\ndefault lr = 0.1\nupdate = -rate * r - lr[1] * 0.5 * x\n",
     L2OSR_SCHEDULE_LR, L2OSR_SHAPE_LINEAR,
     "let rate2 = lr * linear(~1, 100, ~1, 1000, ~1)\nlet rate = 2\nlet r = rate2 * g\n"
     "default lr = 0.1\nupdate = -rate * r - rate2[1] * ~0.5 * x\n"},
    {"update = linear(~1, 5, ~2) * g\n", 1, L2OSR_SHAPE_LINEAR,
     "update = linear(~1, 5, linear(~2, 100, ~2, 1000, ~2)) * g\n"},
};

START_TEST(constants_become_schedules) {
    l2osr_context *ctx = test_context();
    char text[512];
    l2osr_rule *rule, *new;
    snprintf(text, sizeof text, RULE "%s", schedules[_i].before);
    rule = read_rule(ctx, text);
    ck_ok(l2osr_rule_schedule(&new, rule, schedules[_i].index, schedules[_i].shape, 2, times), ctx);
    snprintf(text, sizeof text, RULE "%s", schedules[_i].after);
    ck_assert_str_eq(l2osr_rule_text(new), text);
    l2osr_rule_free(new);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}
END_TEST

static const struct {
    const char *before;
    double exponents[4]; /* NaN behind the last */
    size_t which;
    const char *after;
} splits[] = {
    {"update = -lr * (~0.5 * pow(g, ~2) + g[1]^2)\n",
     {2, 2, NAN},
     0,
     "update = -lr * (~0.25 * pow(g, ~2.5) + ~0.25 * pow(g, ~1.5) + g[1]^2)\n"},
    {"update = -lr * (~0.5 * pow(g, ~2) + g[1]^2)\n",
     {2, 2, NAN},
     1,
     "update = -lr * (~0.5 * pow(g, ~2) + (~0.5 * pow(abs(g[1]), ~2.5) + ~0.5 * pow(abs(g[1]), "
     "~1.5)))\n"},
    {"let k = 0.5\nupdate = lr * (k * tanh(g))\n",
     {1, NAN},
     0,
     "update = lr * (~0.25 * pow(tanh(g), ~1.5) + ~0.25 * pow(tanh(g), ~0.5))\n"},
    {"let s = cube(g)\nupdate = s * {-0.5, 0.2}\n",
     {3, NAN},
     0,
     "update = ~{-0.25, 0.1} * pow(g, ~3.5) + ~{-0.25, 0.1} * pow(g, ~2.5)\n"},
    {"let s = g^3\nupdate = 0.5 * s + s * x\n",
     {3, 1, NAN},
     0,
     "let s = ~0.5 * pow(g, ~3.5) + ~0.5 * pow(g, ~2.5)\nupdate = ~0.5 * s + s * x\n"},
    /* not defined for all numbers, or numbers of the step */
    {"update = -lr * 0.9^t * g^2.5 * pow(g, -1.5) * t^2 * (0.1 * norm(g)) * square(x)\n",
     {2, NAN},
     0,
     "update = -lr * ~0.9^t * g^~2.5 * pow(g, ~-1.5) * t^2 * (~0.1 * norm(g)) * (~0.5 * "
     "pow(abs(x), ~2.5) + ~0.5 * pow(abs(x), ~1.5))\n"},
};

START_TEST(powers_split) {
    l2osr_context *ctx = test_context();
    char text[512];
    l2osr_rule *rule, *new;
    size_t count = 0;
    snprintf(text, sizeof text, RULE "%s", splits[_i].before);
    rule = read_rule(ctx, text);
    for (; !isnan(splits[_i].exponents[count]); count++)
        ck_assert_double_eq(l2osr_rule_power(rule, count), splits[_i].exponents[count]);
    ck_assert_uint_eq(l2osr_rule_power_count(rule), count);
    ck_assert(isnan(l2osr_rule_power(rule, count)));
    ck_ok(l2osr_rule_twin_split(&new, rule, splits[_i].which, 0.5), ctx);
    snprintf(text, sizeof text, RULE "%s", splits[_i].after);
    ck_assert_str_eq(l2osr_rule_text(new), text);
    l2osr_rule_free(new);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}
END_TEST

static void check_failed(l2osr_context *ctx, l2osr_status got, l2osr_status wanted,
                         l2osr_rule *const *out, const char *words) {
    ck_assert_int_eq(got, wanted);
    ck_assert_ptr_null(*out);
    ck_assert_msg(strstr(l2osr_context_errmsg(ctx), words) != NULL, "%s",
                  l2osr_context_errmsg(ctx));
}

START_TEST(bad_schedules_are_refused) {
    const struct {
        size_t index, n, times[2];
        int shape;
        l2osr_status status;
        const char *words;
    } cases[] = {
        {2, 1, {1}, 0, L2OSR_ERANGE, "no tunable constant 2, the rule has 2"},
        {L2OSR_SCHEDULE_LR, 1, {1}, 0, L2OSR_EINVAL, "does not read lr"},
        {0, 0, {1}, 0, L2OSR_ERANGE, "0 times"},
        {0, 65, {1}, 0, L2OSR_ERANGE, "65 times; there may be 1 to 64"},
        {0, 1, {0}, 0, L2OSR_ERANGE, "times[0] is 0; it must be 1 to"},
        {0, 2, {5, 5}, 0, L2OSR_ERANGE, "times[1] is 5; it must be 6 to 1000000000"},
        {0, 1, {1000000001}, 0, L2OSR_ERANGE, "times[0] is 1000000001"},
        {0, 1, {1}, 2, L2OSR_EINVAL, "no shape 2"},
    };
    l2osr_context *ctx = test_context();
    l2osr_rule *rule = read_rule(ctx, RULE "update = -0.5 * ema(g, 0.9)\n"), *out;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const l2osr_status status = l2osr_rule_schedule(
            &out, rule, cases[i].index, (l2osr_shape)cases[i].shape, cases[i].n, cases[i].times);
        check_failed(ctx, status, cases[i].status, &out, cases[i].words);
    }
    check_failed(ctx, l2osr_rule_schedule(&out, rule, 0, L2OSR_SHAPE_LINEAR, 1, NULL), L2OSR_EINVAL,
                 &out, "times is NULL");
    ck_assert_int_eq(l2osr_rule_schedule(&out, NULL, 0, L2OSR_SHAPE_LINEAR, 1, times),
                     L2OSR_EINVAL);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(bad_splits_are_refused) {
    l2osr_context *ctx = test_context();
    l2osr_rule *rule = read_rule(ctx, RULE "update = -lr * pow(g, ~{2, 0.5})\n"), *out;
    check_failed(ctx, l2osr_rule_twin_split(&out, rule, 1, 0.05), L2OSR_ERANGE, &out,
                 "no power 1, the rule has 1");
    check_failed(ctx, l2osr_rule_twin_split(&out, rule, 0, 0.5), L2OSR_ERANGE, &out,
                 "it is less than 0.5");
    check_failed(ctx, l2osr_rule_twin_split(&out, rule, 0, NAN), L2OSR_ERANGE, &out, "delta nan");
    ck_assert_int_eq(l2osr_rule_twin_split(&out, NULL, 0, 0), L2OSR_EINVAL);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}
END_TEST

TCase *reshape_tests(void) {
    TCase *tests = tcase_create("reshape");
    tcase_add_test(tests, schedules_go_from_knot_to_knot);
    tcase_add_test(tests, schedules_do_not_overshoot);
    tcase_add_test(tests, only_values_of_schedules_are_tuned);
    tcase_add_loop_test(tests, constants_become_schedules, 0,
                        sizeof schedules / sizeof schedules[0]);
    tcase_add_loop_test(tests, powers_split, 0, sizeof splits / sizeof splits[0]);
    tcase_add_test(tests, bad_schedules_are_refused);
    tcase_add_test(tests, bad_splits_are_refused);
    return tests;
}
