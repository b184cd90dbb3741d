/* SPDX-License-Identifier: MIT */
/* Constants that become schedules and powers that split change nothing until they are tuned. */
#include "laws.h"

/* Both step alike on a random scene, and the new one is what its text says. */
static void check_same_steps(trial *b, const l2osr_rule *old, const l2osr_rule *new) {
    size_t place = 0;
    l2osr_rule *read;
    random_scene(&b->scene, &b->rng, false);
    spread_of(&b->wanted, b->walk, &old->expr, &b->scene);
    spread_limit(&b->wanted, b->walk, &new->expr, &b->scene);
    walk_all(b->walk, &new->expr, &b->scene);
    b->tally.rules++;
    for (int step = 0; step < LAW_STEPS; step++) {
        const double *got = walk_values(b->walk, new->expr.root, step);
        if (!spread_allows(&b->wanted, &b->scene, step, got, &b->tally, &place))
            report_difference(l2osr_rule_text(new), &old->expr, &b->wanted, step, place,
                              got[place]);
    }
    must_work(l2osr_rule_parse(&read, b->ctx, l2osr_rule_text(new), NULL), b->ctx);
    ck_assert_str_eq(l2osr_rule_text(read), l2osr_rule_text(new));
    l2osr_rule_free(read);
}

static l2osr_rule *random_one(trial *b, int k) {
    const mixture mix = {.reductions = k % 3 == 0, .tame = true};
    return random_parsed(b->ctx, &b->rng, 1 + k % 16, mix);
}

static l2osr_rule *scheduled(trial *b, const l2osr_rule *rule, size_t index) {
    size_t times[3], n = 1 + l2osr__rng_below(&b->rng, 3), last = 0;
    l2osr_rule *out;
    for (size_t i = 0; i < n; i++)
        times[i] = last += 1 + l2osr__rng_below(&b->rng, 4);
    must_work(
        l2osr_rule_schedule(&out, rule, index, (l2osr_shape)l2osr__rng_below(&b->rng, 2), n, times),
        b->ctx);
    ck_assert_uint_ge(l2osr_rule_constant_count(out), l2osr_rule_constant_count(rule) + n);
    return out;
}

START_TEST(schedules_begin_as_they_were) {
    trial *b = trial_new(960, _i);
    for (int k = law_count(4000); k > 0; k--) {
        l2osr_rule *rule = random_one(b, k);
        for (size_t i = 0; rule && i < l2osr_rule_constant_count(rule); i++) {
            l2osr_rule *new = scheduled(b, rule, i);
            check_same_steps(b, rule, new);
            l2osr_rule_free(new);
        }
        l2osr_rule_free(rule);
    }
    check_tally("schedules", &b->tally, 0.3);
    trial_free(b);
}
END_TEST

START_TEST(powers_split_into_themselves) {
    trial *b = trial_new(961, _i);
    for (int k = law_count(20000); k > 0; k--) {
        l2osr_rule *rule = random_one(b, k), *new;
        for (size_t i = 0; rule && i < l2osr_rule_power_count(rule); i++) {
            must_work(l2osr_rule_twin_split(&new, rule, i, 0), b->ctx);
            check_same_steps(b, rule, new);
            l2osr_rule_free(new);
        }
        l2osr_rule_free(rule);
    }
    check_tally("twin split", &b->tally, 0.3);
    trial_free(b);
}
END_TEST

TCase *reshape_laws(void) {
    TCase *tests = tcase_create("reshape");
    tcase_set_timeout(tests, 600);
    tcase_add_loop_test(tests, schedules_begin_as_they_were, 0, LAW_PARTS);
    tcase_add_loop_test(tests, powers_split_into_themselves, 0, LAW_PARTS);
    return tests;
}
