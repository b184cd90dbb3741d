/* SPDX-License-Identifier: MIT */
/* What a stepper computes against a plain walk: over the form that runs to the last bit, and over
 * the rule as written up to rounding. */
#include "laws.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static double update[LAW_STEPS][LARGE_SIZE]; /* what the stepper said */

/* One step in the form that gives the change: x stays what the scene says. */
static void delta_step(trial *b, l2osr_stepper *stepper, const l2osr_rule *rule, int step) {
    const scene *s = &b->scene;
    const l2osr_step_args args = scene_args(s, step);
    must_work(l2osr_stepper_begin(stepper, &args), b->ctx);
    for (size_t pass = 0; pass < l2osr_rule_passes(rule); pass++) {
        must_work(l2osr_stepper_reduce_f64(stepper, 0, s->size, s->x[step], s->g[step]), b->ctx);
        must_work(l2osr_stepper_reduced(stepper), b->ctx);
    }
    must_work(l2osr_stepper_delta_f64(stepper, 0, s->size, s->x[step], s->g[step], update[step]),
              b->ctx);
    must_work(l2osr_stepper_end(stepper), b->ctx);
}

static void run_engine(trial *b, l2osr_rule *rule) {
    l2osr_stepper *stepper = scene_stepper(&b->scene, b->ctx, rule, L2OSR_F64);
    for (int step = 0; step < LAW_STEPS; step++)
        delta_step(b, stepper, rule, step);
    l2osr_stepper_free(stepper);
}

static void compare_to_the_bit(trial *b, const l2osr_rule *rule) {
    walk_exact(b->walk, &rule->form, &b->scene);
    for (int step = 0; step < LAW_STEPS; step++) {
        const double *wanted = walk_values(b->walk, rule->form.root, step);
        for (size_t i = 0; i < b->scene.size; i++)
            must(memcmp(&wanted[i], &update[step][i], sizeof *wanted) == 0 ||
                     (isnan(wanted[i]) && isnan(update[step][i])),
                 "%.17g, not %.17g, at parameter %zu of step %d of\n%swhich runs as\n%s",
                 update[step][i], wanted[i], i, step + 1, rule->text, text_of(&rule->form));
    }
}

static void compare_up_to_rounding(trial *b, const l2osr_rule *rule) {
    size_t place = 0;
    b->tally.rules++;
    spread_of(&b->wanted, b->walk, &rule->expr, &b->scene);
    spread_limit(&b->wanted, b->walk, &rule->form, &b->scene);
    for (int step = 0; step < LAW_STEPS; step++)
        if (!spread_allows(&b->wanted, &b->scene, step, update[step], &b->tally, &place))
            report_difference("engine", &rule->expr, &b->wanted, step, place,
                              update[step][place]);
}

static void check_parsed(trial *b, l2osr_rule *rule, bool large) {
    random_scene(&b->scene, &b->rng, large);
    run_engine(b, rule);
    compare_to_the_bit(b, rule);
    compare_up_to_rounding(b, rule);
}

static void check_rule(trial *b, int budget, mixture mix, bool large) {
    l2osr_rule *rule = random_parsed(b->ctx, &b->rng, budget, mix);
    if (rule)
        check_parsed(b, rule, large);
    l2osr_rule_free(rule);
}

/* Rules that were run wrongly once. */
static const char *const cases[] = {
    "~1 * g - 1e-200 / update[2] / 1e200", /* a factor that vanished, times a pole */
    "~1 * g + lr * (x / 1e-309)",          /* a quotient of a vector by a number */
};

START_TEST(cases_of_old) {
    trial *b = trial_new(909, 0);
    char text[512];
    l2osr_rule *rule;
    snprintf(text, sizeof text, "l2osr-rule 1\nupdate = %s\n", cases[_i]);
    must_work(l2osr_rule_parse(&rule, b->ctx, text, NULL), b->ctx);
    for (int k = 0; k < 20; k++)
        check_parsed(b, rule, k == 0);
    l2osr_rule_free(rule);
    trial_free(b);
}
END_TEST

START_TEST(steppers_compute_what_is_written) {
    trial *b = trial_new(910, _i);
    for (int k = law_count(100000); k > 0; k--)
        check_rule(b, 1 + k % 25, (mixture){.reductions = k % 3 == 0, .tame = true}, false);
    check_tally("engine", &b->tally, 0.15);
    trial_free(b);
}
END_TEST

START_TEST(long_groups_too) {
    trial *b = trial_new(911, _i);
    for (int k = law_count(200); k > 0; k--)
        check_rule(b, 1 + k % 25, (mixture){.reductions = true, .tame = true}, true);
    check_tally("engine, long groups", &b->tally, 0.35);
    trial_free(b);
}
END_TEST

START_TEST(strange_constants_too) {
    trial *b = trial_new(912, _i);
    for (int k = law_count(20000); k > 0; k--)
        check_rule(b, 1 + k % 12, (mixture){.any_constant = true}, false);
    check_tally("engine, strange constants", &b->tally, 0.15);
    trial_free(b);
}
END_TEST

TCase *engine_laws(void) {
    TCase *tests = tcase_create("engine");
    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(tests, cases_of_old, 0, sizeof cases / sizeof cases[0]);
    tcase_add_loop_test(tests, steppers_compute_what_is_written, 0, LAW_PARTS);
    tcase_add_loop_test(tests, long_groups_too, 0, LAW_PARTS);
    tcase_add_loop_test(tests, strange_constants_too, 0, LAW_PARTS);
    return tests;
}
