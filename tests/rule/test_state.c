/* SPDX-License-Identifier: MIT */
/* Saved states: save, load and continue equals continue. */
#include "tests.h"

#include <stdlib.h>
#include <string.h>

enum { N = 53 };

static void *save(l2osr_context *ctx, const l2osr_stepper *stepper, size_t *size) {
    *size = l2osr_stepper_state_size(stepper);
    void *state = malloc(*size);
    ck_ok(l2osr_stepper_state_save(stepper, state, *size), ctx);
    return state;
}

START_TEST(continues) {
    double x[N] = {0}, same[N];
    size_t size;
    l2osr_context *ctx = test_context();
    l2osr_rule *rule = read_rule(ctx, busy_text);
    l2osr_stepper *a = make_stepper(ctx, rule, N, L2OSR_F64),
                  *b = make_stepper(ctx, rule, N, L2OSR_F64);
    for (size_t before = 0; before < 9; before++) { /* every phase of the rings of lags */
        take_steps(ctx, a, x, 1);
        memcpy(same, x, sizeof x);
        void *state = save(ctx, a, &size), *again;
        ck_ok(l2osr_stepper_state_load(b, state, size), ctx);
        ck_assert_uint_eq(l2osr_stepper_count(b), l2osr_stepper_count(a));
        again = save(ctx, b, &size);
        ck_assert_mem_eq(again, state, size);
        take_steps(ctx, a, x, 6);
        take_steps(ctx, b, same, 6);
        ck_assert_mem_eq(x, same, sizeof x);
        ck_ok(l2osr_stepper_state_load(a, state, size), ctx);
        free(again);
        free(state);
    }
    l2osr_stepper_free(b);
    l2osr_stepper_free(a);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(reset_is_a_new_start) {
    double x[N] = {0}, same[N] = {0};
    l2osr_context *ctx = test_context();
    l2osr_rule *rule = read_rule(ctx, busy_text);
    l2osr_stepper *a = make_stepper(ctx, rule, N, L2OSR_F64);
    take_steps(ctx, a, x, 5);
    l2osr_stepper_reset(a);
    ck_assert_uint_eq(l2osr_stepper_count(a), 0);
    take_steps(ctx, a, same, 5);
    ck_assert_mem_eq(x, same, sizeof x);
    l2osr_stepper_free(a);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}
END_TEST

static void refuses(l2osr_context *ctx, l2osr_stepper *stepper, const void *state, size_t size) {
    size_t before_size, after_size;
    void *before = save(ctx, stepper, &before_size), *after;
    ck_assert_int_eq(l2osr_stepper_state_load(stepper, state, size), L2OSR_EFORMAT);
    ck_assert_str_ne(l2osr_context_errmsg(ctx), "");
    after = save(ctx, stepper, &after_size);
    ck_assert_mem_eq(before, after, before_size);
    free(before);
    free(after);
}

START_TEST(foreign_states) {
    double x[N] = {0};
    size_t size;
    l2osr_context *ctx = test_context();
    l2osr_rule *rule = read_rule(ctx, busy_text), *adam, *other;
    ck_ok(l2osr_rule_preset(&adam, ctx, "adam"), ctx);
    other = read_rule(ctx, "l2osr-rule 1\nupdate = -ema(g, 0.9) * ema(g, 0.5)\n");
    l2osr_stepper *a = make_stepper(ctx, adam, N, L2OSR_F64);
    take_steps(ctx, a, x, 3);
    unsigned char *state = save(ctx, a, &size);
    struct {
        l2osr_rule *rule;
        size_t n;
        l2osr_dtype precision;
    } wrong[] = {{rule, N, L2OSR_F64},
                 {other, N, L2OSR_F64},
                 {adam, N + 1, L2OSR_F64},
                 {adam, 2 * N, L2OSR_F32}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        l2osr_stepper *b = make_stepper(ctx, wrong[i].rule, wrong[i].n, wrong[i].precision);
        refuses(ctx, b, state, size);
        l2osr_stepper_free(b);
    }
    refuses(ctx, a, state, size - 1);
    refuses(ctx, a, state, 0);
    refuses(ctx, a, NULL, size);
    state[0] ^= 1;
    refuses(ctx, a, state, size);
    ck_assert_int_eq(l2osr_stepper_state_save(a, state, size - 1), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_stepper_state_save(a, NULL, size), L2OSR_EINVAL);
    ck_ok(l2osr_stepper_begin(a, NULL), ctx);
    ck_assert_int_eq(l2osr_stepper_state_save(a, state, size), L2OSR_ESTATE);
    ck_assert_int_eq(l2osr_stepper_state_load(a, state, size), L2OSR_ESTATE);
    free(state);
    l2osr_stepper_free(a);
    l2osr_rule_free(other);
    l2osr_rule_free(adam);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}
END_TEST

TCase *state_tests(void) {
    TCase *tests = tcase_create("state");
    tcase_add_test(tests, continues);
    tcase_add_test(tests, reset_is_a_new_start);
    tcase_add_test(tests, foreign_states);
    return tests;
}
