/* SPDX-License-Identifier: MIT */
/* Parameter groups: reductions, multipliers and constants of their own; and what becomes of
 * gradients that are not finite. */
#include "tests.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A rule with a stepper in f64 over some segments. */
typedef struct fixture {
    l2osr_context *ctx;
    l2osr_rule *rule;
    l2osr_stepper *stepper;
} fixture;

static fixture start(const char *text, size_t segments, const size_t *lengths,
                     l2osr_stepper_options o) {
    fixture f = {.ctx = test_context()};
    o.precision = L2OSR_F64;
    f.rule = read_rule(f.ctx, text);
    ck_ok(l2osr_stepper_create(&f.stepper, f.ctx, f.rule, segments, lengths, &o), f.ctx);
    return f;
}

static fixture start_plain(const char *text, size_t segments, const size_t *lengths) {
    return start(text, segments, lengths, (l2osr_stepper_options)L2OSR_STEPPER_OPTIONS_INIT);
}

static void stop(fixture *f) {
    l2osr_stepper_free(f->stepper);
    l2osr_rule_free(f->rule);
    l2osr_context_free(f->ctx);
}

static void check_values(const double *got, const double *wanted, size_t n) {
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(got[i] == wanted[i], "number %zu is %.17g, not %.17g", i, got[i], wanted[i]);
}

/* ---- reductions ---- */

START_TEST(gradients_are_clipped_by_their_norm) {
    static const size_t lengths[] = {2, 0, 3};
    double x[5] = {0}, g[5] = {3, 4, 0, 0.5, 0};
    fixture f = start_plain("l2osr-rule 1\nupdate = -g * min(1, 2.5 / norm(g))\n", 3, lengths);
    ck_assert_uint_eq(l2osr_rule_passes(f.rule), 1);
    ck_ok(l2osr_stepper_step_f64(f.stepper, x, g, NULL), f.ctx);
    check_values(x, (double[]){-1.5, -2, 0, -0.5, 0}, 5);
    stop(&f);
}
END_TEST

/* Layer-wise adaptive rate scaling: |x| / |g| of each segment. */
START_TEST(trust_ratio) {
    static const size_t lengths[] = {2, 2};
    double x[4] = {3, 4, 1, 0}, g[4] = {0, 2, 4, 0};
    l2osr_step_args args = L2OSR_STEP_ARGS_INIT;
    fixture f = start_plain("l2osr-rule 1\nupdate = -lr * norm(x) / norm(g) * g\n", 2, lengths);
    args.lr = 0.5;
    ck_ok(l2osr_stepper_step_f64(f.stepper, x, g, &args), f.ctx);
    check_values(x, (double[]){3, 1.5, 0.5, 0}, 4);
    stop(&f);
}
END_TEST

START_TEST(means_of_means) {
    static const size_t lengths[] = {4, 1, 2};
    double x[7] = {0}, g[7] = {1, 2, 3, 6, 5, -2, 2};
    fixture f = start_plain("l2osr-rule 1\nupdate = rms(g - mean(g)) + mean(g)\n", 3, lengths);
    ck_assert_uint_eq(l2osr_rule_passes(f.rule), 2);
    ck_ok(l2osr_stepper_step_f64(f.stepper, x, g, NULL), f.ctx);
    const double first = sqrt((4.0 + 1 + 0 + 9) / 4) + 3;
    check_values(x, (double[]){first, first, first, first, 5, 2, 2}, 7);
    stop(&f);
}
END_TEST

/* What is lagged is known before the first pass. */
START_TEST(passes) {
    static const struct {
        const char *text;
        size_t passes;
    } rules[] = {{"g", 0},
                 {"norm(t)", 0},
                 {"g * norm(g)[1]", 1},
                 {"g * norm(g * norm(x)[1])", 1},
                 {"g * norm(g * norm(x))", 2},
                 {"rms(update[1]) + norm(g - mean(g - mean(x)))", 3}};
    l2osr_context *ctx = test_context();
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        char text[128];
        snprintf(text, sizeof text, "l2osr-rule 1\nupdate = %s\n", rules[i].text);
        l2osr_rule *rule = read_rule(ctx, text);
        ck_assert_msg(l2osr_rule_passes(rule) == rules[i].passes, "%s", text);
        l2osr_rule_free(rule);
    }
    l2osr_context_free(ctx);
}
END_TEST

/* A number that is reduced is as if every parameter had it; that of nothing is 0. */
START_TEST(reductions_of_numbers) {
    static const size_t lengths[] = {4, 0, 1};
    double x[5] = {0}, g[5] = {0};
    fixture f = start_plain("l2osr-rule 1\nupdate = norm(-3) + 100 * rms(-2) + 1000 * mean(t)\n", 3,
                            lengths);
    ck_assert_uint_eq(l2osr_rule_passes(f.rule), 0);
    ck_ok(l2osr_stepper_step_f64(f.stepper, x, g, NULL), f.ctx);
    check_values(x, (double[]){1206, 1206, 1206, 1206, 1203}, 5);
    stop(&f);
}
END_TEST

/* ---- one number for each group ---- */

START_TEST(multipliers_and_constants) {
    static const size_t lengths[] = {1, 0, 2, 1};
    static const double lr_mult[] = {1, 5, 0.5, 0}, wd_mult[] = {2, 5, 0, 1};
    double x[4] = {1, 1, 2, 3}, g[4] = {1, 1, 1, 1};
    l2osr_stepper_options o = L2OSR_STEPPER_OPTIONS_INIT;
    l2osr_step_args args = L2OSR_STEP_ARGS_INIT;
    o.lr_mult = lr_mult;
    o.wd_mult = wd_mult;
    args.lr = 1;
    args.weight_decay = 0.25;
    fixture f = start("l2osr-rule 1\nupdate = -lr * {1, 2, 4} * g - wd * x\n", 4, lengths, o);
    ck_ok(l2osr_stepper_step_f64(f.stepper, x, g, &args), f.ctx);
    check_values(x, (double[]){1 - 1 - 0.5, 1 - 2, 2 - 2, 3 - 0.75}, 4);
    stop(&f);
}
END_TEST

START_TEST(past_of_parameters_and_updates) {
    static const size_t length = 1;
    double x = 1, g = 0;
    fixture f = start_plain("l2osr-rule 1\nupdate = x + 10 * x[1] + 100 * update[1]\n", 1, &length);
    ck_ok(l2osr_stepper_step_f64(f.stepper, &x, &g, NULL), f.ctx);
    ck_assert(x == 2); /* an update of 1 */
    ck_ok(l2osr_stepper_step_f64(f.stepper, &x, &g, NULL), f.ctx);
    ck_assert(x == 2 + 2 + 10 + 100);
    stop(&f);
}
END_TEST

/* ---- arguments ---- */

START_TEST(older_callers_mean_the_default_decay) {
    static const size_t length = 1;
    double x = 8, g = 0;
    l2osr_step_args args = L2OSR_STEP_ARGS_INIT;
    fixture f = start_plain("l2osr-rule 1\ndefault wd = 0.5\nupdate = -wd * x\n", 1, &length);
    args.weight_decay = 0; /* behind what such a caller knows */
    args.struct_size = offsetof(l2osr_step_args, weight_decay);
    ck_ok(l2osr_stepper_step_f64(f.stepper, &x, &g, &args), f.ctx);
    ck_assert(x == 4);
    args.struct_size = sizeof args;
    ck_ok(l2osr_stepper_step_f64(f.stepper, &x, &g, &args), f.ctx);
    ck_assert(x == 4);
    args.weight_decay = -1;
    ck_ok(l2osr_stepper_step_f64(f.stepper, &x, &g, &args), f.ctx);
    ck_assert(x == 2);
    args.weight_decay = NAN;
    ck_assert_int_eq(l2osr_stepper_step_f64(f.stepper, &x, &g, &args), L2OSR_EINVAL);
    stop(&f);
}
END_TEST

START_TEST(gradients_may_be_turned_around) {
    static const size_t length = 2;
    double x[2] = {0}, g[2] = {-3, -4};
    l2osr_step_args args = L2OSR_STEP_ARGS_INIT;
    args.grad_scale = -2;
    fixture f = start_plain("l2osr-rule 1\nupdate = g + 100 * norm(g)\n", 1, &length);
    ck_ok(l2osr_stepper_step_f64(f.stepper, x, g, &args), f.ctx);
    check_values(x, (double[]){1006, 1008}, 2);
    stop(&f);
}
END_TEST

/* ---- reduction slices ---- */

enum { LONG = 9000, SHORT = 10, ALL = LONG + SHORT };

static void refuse_reduction(fixture *f, size_t first, size_t n, const double *x, const double *g) {
    ck_assert_msg(l2osr_stepper_reduce_f64(f->stepper, first, n, x + first, g + first) ==
                      L2OSR_EINVAL,
                  "reduction of %zu from %zu on", n, first);
}

START_TEST(reductions_are_cut_at_blocks) {
    static const size_t lengths[] = {LONG, 0, SHORT};
    static double x[ALL], whole[ALL], g[ALL];
    static const size_t cuts[] = {0, 4096, 8192, LONG, ALL};
    l2osr_stepper *other;
    l2osr_stepper_options o = L2OSR_STEPPER_OPTIONS_INIT;
    fixture f = start_plain("l2osr-rule 1\nupdate = -g / norm(g) + mean(x)\n", 3, lengths);
    o.precision = L2OSR_F64;
    ck_ok(l2osr_stepper_create(&other, f.ctx, f.rule, 3, lengths, &o), f.ctx);
    fill_gradient(g, ALL, 1);
    ck_ok(l2osr_stepper_step_f64(other, whole, g, NULL), f.ctx);
    ck_ok(l2osr_stepper_begin(f.stepper, NULL), f.ctx);
    for (int i = 3; i >= 0; i--)
        ck_ok(l2osr_stepper_reduce_f64(f.stepper, cuts[i], cuts[i + 1] - cuts[i], x + cuts[i],
                                       g + cuts[i]),
              f.ctx);
    ck_assert_int_eq(l2osr_stepper_slice_f64(f.stepper, 0, 1, x, g), L2OSR_ESTATE);
    ck_ok(l2osr_stepper_reduced(f.stepper), f.ctx);
    ck_assert_int_eq(l2osr_stepper_reduced(f.stepper), L2OSR_ESTATE);
    ck_assert_int_eq(l2osr_stepper_reduce_f64(f.stepper, 0, ALL, x, g), L2OSR_ESTATE);
    ck_ok(l2osr_stepper_slice_f64(f.stepper, 5000, ALL - 5000, x + 5000, g + 5000), f.ctx);
    ck_ok(l2osr_stepper_slice_f64(f.stepper, 0, 5000, x, g), f.ctx);
    ck_assert_int_eq(l2osr_stepper_end(f.stepper), L2OSR_ESTATE); /* what was refused above */
    ck_assert_mem_eq(x, whole, sizeof x);
    l2osr_stepper_free(other);
    stop(&f);
}
END_TEST

START_TEST(other_cuts_are_refused) {
    static const size_t lengths[] = {LONG, 0, SHORT};
    static double x[ALL], g[ALL];
    fixture f = start_plain("l2osr-rule 1\nupdate = norm(g)\n", 3, lengths);
    ck_assert_int_eq(l2osr_stepper_reduce_f64(f.stepper, 0, ALL, x, g), L2OSR_ESTATE);
    ck_assert_int_eq(l2osr_stepper_reduced(f.stepper), L2OSR_ESTATE);
    ck_ok(l2osr_stepper_begin(f.stepper, NULL), f.ctx);
    refuse_reduction(&f, 0, 4095, x, g);
    refuse_reduction(&f, 1, 4095, x, g);
    refuse_reduction(&f, 4096, 4097, x, g);
    refuse_reduction(&f, 8192, LONG - 8192 + 1, x, g);
    refuse_reduction(&f, LONG + 1, SHORT - 1, x, g);
    ck_assert_int_eq(l2osr_stepper_reduce_f64(f.stepper, LONG, SHORT + 1, x, g), L2OSR_ERANGE);
    ck_ok(l2osr_stepper_reduce_f64(f.stepper, 5, 0, x, g), f.ctx); /* nothing may be anywhere */
    ck_assert_int_eq(l2osr_stepper_end(f.stepper), L2OSR_EINVAL);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(f.ctx), "multiples of 4096"));
    stop(&f);
}
END_TEST

/* ---- state ---- */

/* The average of a norm is one number a group, and saved with the rest. */
START_TEST(numbers_with_memory_are_saved) {
    static const size_t lengths[] = {3, 2};
    double x[5] = {0}, same[5];
    l2osr_stepper *other;
    l2osr_stepper_options o = L2OSR_STEPPER_OPTIONS_INIT;
    fixture f =
        start_plain("l2osr-rule 1\nlet n = ema(norm(g), 0.9)\nupdate = g * n + n[2]\n", 2, lengths);
    o.precision = L2OSR_F64;
    ck_assert_uint_eq(l2osr_rule_state(f.rule), 0); /* none of it for each parameter */
    ck_ok(l2osr_stepper_create(&other, f.ctx, f.rule, 2, lengths, &o), f.ctx);
    take_steps(f.ctx, f.stepper, x, 4);
    memcpy(same, x, sizeof same);
    const size_t size = l2osr_stepper_state_size(f.stepper);
    void *state = malloc(size);
    ck_ok(l2osr_stepper_state_save(f.stepper, state, size), f.ctx);
    ck_ok(l2osr_stepper_state_load(other, state, size), f.ctx);
    ck_assert_uint_eq(l2osr_stepper_count(other), 4);
    take_steps(f.ctx, f.stepper, x, 3);
    take_steps(f.ctx, other, same, 3);
    ck_assert_mem_eq(x, same, sizeof x);
    l2osr_stepper_free(other);
    /* another number of groups has another number of such numbers */
    ck_ok(l2osr_stepper_create(&other, f.ctx, f.rule, 1, (const size_t[]){5}, &o), f.ctx);
    ck_assert_int_eq(l2osr_stepper_state_load(other, state, size), L2OSR_EFORMAT);
    l2osr_stepper_free(other);
    l2osr_stepper_reset(f.stepper);
    memset(x, 0, sizeof x);
    memset(same, 0, sizeof same);
    take_steps(f.ctx, f.stepper, x, 1);
    ck_ok(l2osr_stepper_create(&other, f.ctx, f.rule, 2, lengths, &o), f.ctx);
    take_steps(f.ctx, other, same, 1);
    ck_assert_mem_eq(x, same, sizeof x);
    l2osr_stepper_free(other);
    free(state);
    stop(&f);
}
END_TEST

/* ---- gradients that are not finite ---- */

static const char averaging[] = "l2osr-rule 1\nupdate = ema(g, 0.5) + t + mean(g)\n";

/* Steps on a bad gradient between two good ones; x and state must not notice. */
static void check_refusal(l2osr_nonfinite policy, l2osr_status wanted) {
    static const size_t lengths[] = {2, 1};
    double x[3] = {0}, same[3] = {0}, good[3] = {1, 2, 3}, bad[3] = {1, 2, -INFINITY};
    l2osr_stepper *other;
    l2osr_stepper_options o = L2OSR_STEPPER_OPTIONS_INIT;
    o.nonfinite = policy;
    fixture f = start(averaging, 2, lengths, o);
    o.precision = L2OSR_F64;
    ck_ok(l2osr_stepper_create(&other, f.ctx, f.rule, 2, lengths, &o), f.ctx);
    ck_ok(l2osr_stepper_step_f64(f.stepper, x, good, NULL), f.ctx);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(l2osr_stepper_step_f64(f.stepper, x, bad, NULL), wanted);
    if (wanted != L2OSR_OK)
        ck_assert_str_eq(l2osr_context_errmsg(f.ctx),
                         "stepper: the gradient of parameter 2 (number 0 of group 1) is -inf");
    ck_assert_uint_eq(l2osr_stepper_refused(f.stepper), 3);
    ck_assert_uint_eq(l2osr_stepper_count(f.stepper), 1);
    ck_ok(l2osr_stepper_step_f64(f.stepper, x, good, NULL), f.ctx);
    ck_ok(l2osr_stepper_step_f64(other, same, good, NULL), f.ctx);
    ck_ok(l2osr_stepper_step_f64(other, same, good, NULL), f.ctx);
    ck_assert_mem_eq(x, same, sizeof x);
    ck_assert_uint_eq(l2osr_stepper_refused(other), 0);
    l2osr_stepper_free(other);
    stop(&f);
}

START_TEST(bad_gradients_are_skipped_or_told) {
    check_refusal(L2OSR_NONFINITE_SKIP, L2OSR_OK);
    check_refusal(L2OSR_NONFINITE_ERROR, L2OSR_ENONFINITE);
}
END_TEST

START_TEST(bad_gradients_may_pass) {
    static const size_t length = 3;
    double x[3] = {0}, g[3] = {1, NAN, 3};
    l2osr_stepper_options o = L2OSR_STEPPER_OPTIONS_INIT;
    o.nonfinite = L2OSR_NONFINITE_PROPAGATE;
    fixture f = start("l2osr-rule 1\nupdate = -g\n", 1, &length, o);
    ck_ok(l2osr_stepper_step_f64(f.stepper, x, g, NULL), f.ctx);
    ck_assert(x[0] == -1 && isnan(x[1]) && x[2] == -3);
    ck_assert_uint_eq(l2osr_stepper_refused(f.stepper), 0);
    ck_assert_uint_eq(l2osr_stepper_count(f.stepper), 1);
    stop(&f);
}
END_TEST

/* Slices are refused one by one; the failure comes with the end. */
START_TEST(bad_slices_are_refused_alone) {
    static const size_t length = 4;
    double x[4] = {0}, g[4] = {1, 2, NAN, 4}, dx[2] = {9, 9};
    l2osr_stepper_options o = L2OSR_STEPPER_OPTIONS_INIT;
    o.nonfinite = L2OSR_NONFINITE_ERROR;
    fixture f = start("l2osr-rule 1\nupdate = -ema(g, 0)\n", 1, &length, o);
    ck_ok(l2osr_stepper_begin(f.stepper, NULL), f.ctx);
    ck_ok(l2osr_stepper_slice_f64(f.stepper, 0, 2, x, g), f.ctx);
    ck_assert_int_eq(l2osr_stepper_slice_f64(f.stepper, 2, 2, x + 2, g + 2), L2OSR_ENONFINITE);
    ck_assert_int_eq(l2osr_stepper_delta_f64(f.stepper, 2, 2, x + 2, g + 2, dx), L2OSR_ENONFINITE);
    ck_assert_int_eq(l2osr_stepper_end(f.stepper), L2OSR_ENONFINITE);
    ck_assert_str_eq(l2osr_context_errmsg(f.ctx),
                     "stepper: the gradient of parameter 2 (number 2 of group 0) is nan");
    check_values(x, (double[]){-1, -2, 0, 0}, 4);
    check_values(dx, (double[]){0, 0}, 2);
    ck_assert_uint_eq(l2osr_stepper_refused(f.stepper), 2);
    stop(&f);
}
END_TEST

START_TEST(unknown_choices_are_refused) {
    static const size_t length = 1;
    static const double bad = INFINITY;
    l2osr_context *ctx = test_context();
    l2osr_rule *rule = read_rule(ctx, averaging);
    l2osr_stepper *none;
    l2osr_stepper_options o = L2OSR_STEPPER_OPTIONS_INIT;
    o.nonfinite = (l2osr_nonfinite)3;
    ck_assert_int_eq(l2osr_stepper_create(&none, ctx, rule, 1, &length, &o), L2OSR_EINVAL);
    o.nonfinite = L2OSR_NONFINITE_SKIP;
    o.wd_mult = &bad;
    ck_assert_int_eq(l2osr_stepper_create(&none, ctx, rule, 1, &length, &o), L2OSR_EINVAL);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "multiplier of segment 0"));
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}
END_TEST

TCase *group_tests(void) {
    TCase *tests = tcase_create("groups");
    tcase_add_test(tests, gradients_are_clipped_by_their_norm);
    tcase_add_test(tests, trust_ratio);
    tcase_add_test(tests, means_of_means);
    tcase_add_test(tests, passes);
    tcase_add_test(tests, reductions_of_numbers);
    tcase_add_test(tests, multipliers_and_constants);
    tcase_add_test(tests, past_of_parameters_and_updates);
    tcase_add_test(tests, older_callers_mean_the_default_decay);
    tcase_add_test(tests, gradients_may_be_turned_around);
    tcase_add_test(tests, reductions_are_cut_at_blocks);
    tcase_add_test(tests, other_cuts_are_refused);
    tcase_add_test(tests, numbers_with_memory_are_saved);
    tcase_add_test(tests, bad_gradients_are_skipped_or_told);
    tcase_add_test(tests, bad_gradients_may_pass);
    tcase_add_test(tests, bad_slices_are_refused_alone);
    tcase_add_test(tests, unknown_choices_are_refused);
    return tests;
}
