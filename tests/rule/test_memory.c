/* SPDX-License-Identifier: MIT */
/* Every allocation fails once: the call says so, leaves nothing behind, and works when it is made
 * again. */
#include "tests.h"

#include <string.h>

static struct failing_allocator allocator;

static l2osr_context *failing_context(void) {
    const struct l2osr_allocator hooks = failing_allocator_hooks(&allocator);
    l2osr_context_options o = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_context *ctx;
    allocator = (struct failing_allocator){-1, 0, 0};
    o.allocator = &hooks;
    o.threads = 1;
    ck_assert_int_eq(l2osr_context_create(&ctx, &o), L2OSR_OK);
    return ctx;
}

/* Runs `body` with the first, second, third ... allocation failing, until it succeeds. */
static void sweep(l2osr_context *ctx, l2osr_status (*body)(l2osr_context *ctx)) {
    const long before = allocator.live;
    l2osr_status status = L2OSR_ENOMEM;
    for (long k = 0; status != L2OSR_OK; k++) {
        allocator.count = 0;
        allocator.fail_at = k;
        status = body(ctx);
        allocator.fail_at = -1;
        ck_assert_msg(status == L2OSR_OK || status == L2OSR_ENOMEM, "allocation %ld: %s", k,
                      l2osr_context_errmsg(ctx));
        ck_assert_msg(allocator.live == before, "allocation %ld leaks", k);
        ck_assert_msg(status == L2OSR_OK || strstr(l2osr_context_errmsg(ctx), "out of memory"),
                      "%s", l2osr_context_errmsg(ctx));
    }
}

static l2osr_status read_it(l2osr_context *ctx) {
    l2osr_rule *rule;
    l2osr_status status = l2osr_rule_parse(&rule, ctx, busy_text, "busy");
    ck_assert((status == L2OSR_OK) == (rule != NULL));
    l2osr_rule_free(rule);
    return status;
}

static l2osr_status compose_it(l2osr_context *ctx) {
    l2osr_rule *rule;
    l2osr_status status =
        l2osr_rule_compose(&rule, ctx, "l2osr-rule 1\nlet m = ema(g, 0.9)\n", "-m", 0.1);
    l2osr_rule_free(rule);
    return status;
}

static l2osr_status change_it(l2osr_context *ctx) {
    const double one = 1;
    l2osr_rule *rule = NULL, *copy = NULL;
    l2osr_status status = l2osr_rule_parse(&rule, ctx, busy_text, "busy");
    if (status == L2OSR_OK)
        status = l2osr_rule_with_constants(&copy, rule, &one);
    l2osr_rule_free(copy);
    l2osr_rule_free(rule);
    return status;
}

static l2osr_status reshape_it(l2osr_context *ctx) {
    const size_t times[] = {10, 20};
    l2osr_rule *rule = NULL, *scheduled = NULL, *split = NULL;
    l2osr_status status = l2osr_rule_parse(
        &rule, ctx, "l2osr-rule 1\nupdate = -lr * (~{0.5, 0.4} * pow(g, 2))\n", "powers");
    if (status == L2OSR_OK)
        status =
            l2osr_rule_schedule(&scheduled, rule, L2OSR_SCHEDULE_LR, L2OSR_SHAPE_COSINE, 2, times);
    if (status == L2OSR_OK)
        status = l2osr_rule_twin_split(&split, scheduled, 0, 0.1);
    l2osr_rule_free(split);
    l2osr_rule_free(scheduled);
    l2osr_rule_free(rule);
    return status;
}

static l2osr_status step_it(l2osr_context *ctx) {
    const size_t n = 3;
    float x[3] = {0}, g[3] = {1, 2, 3};
    l2osr_rule *rule = NULL;
    l2osr_stepper *stepper = NULL;
    l2osr_status status = l2osr_rule_preset(&rule, ctx, "adam");
    if (status == L2OSR_OK)
        status = l2osr_stepper_create(&stepper, ctx, rule, 1, &n, NULL);
    if (status == L2OSR_OK)
        status = l2osr_stepper_step_f32(stepper, x, g, NULL);
    l2osr_stepper_free(stepper);
    l2osr_rule_free(rule);
    return status;
}

static l2osr_status store_it(l2osr_context *ctx) {
    char path[256];
    l2osr_rule *rule = NULL, *loaded = NULL;
    test_tmp_path(path, sizeof path, "stored.rule");
    l2osr_status status = l2osr_rule_preset(&rule, ctx, "rmsprop");
    if (status == L2OSR_OK)
        status = l2osr_rule_save(rule, path);
    if (status == L2OSR_OK)
        status = l2osr_rule_load(&loaded, ctx, path);
    l2osr_rule_free(loaded);
    l2osr_rule_free(rule);
    return status;
}

static l2osr_status emit_it(l2osr_context *ctx) {
    size_t length;
    l2osr_rule *rule = NULL;
    l2osr_status status = l2osr_rule_parse(&rule, ctx, busy_text, "busy");
    for (int i = L2OSR_LANGUAGE_C; status == L2OSR_OK && i <= L2OSR_LANGUAGE_SYMPY; i++)
        status = l2osr_rule_emit(rule, (l2osr_language)i, NULL, NULL, 0, &length);
    l2osr_rule_free(rule);
    return status;
}

static int pass(void *user, const char *label, size_t operands) {
    (void)user, (void)label, (void)operands;
    return 0;
}

static l2osr_status walk_it(l2osr_context *ctx) {
    l2osr_rule *rule = NULL;
    l2osr_status status = l2osr_equation_walk(ctx, "a * tanh(b[2]) + {1, 2}", pass, NULL);
    if (status == L2OSR_OK)
        status = l2osr_rule_parse(&rule, ctx, busy_text, "busy");
    if (status == L2OSR_OK)
        status = l2osr_rule_walk(rule, pass, NULL);
    l2osr_rule_free(rule);
    return status;
}

START_TEST(out_of_memory) {
    l2osr_status (*const bodies[])(l2osr_context *) = {read_it, compose_it, change_it, reshape_it,
                                                       step_it, store_it,   emit_it,   walk_it};
    l2osr_context *ctx = failing_context();
    sweep(ctx, bodies[_i]);
    l2osr_context_free(ctx);
    ck_assert_int_eq(allocator.live, 0);
}
END_TEST

START_TEST(a_step_allocates_nothing) {
    static float x[100000], g[100000];
    const size_t n = 100000;
    l2osr_context *ctx = failing_context();
    l2osr_rule *rule = read_rule(ctx, busy_text);
    l2osr_stepper *stepper;
    ck_ok(l2osr_stepper_create(&stepper, ctx, rule, 1, &n, NULL), ctx);
    allocator.count = 0;
    for (int t = 0; t < 5; t++)
        ck_ok(l2osr_stepper_step_f32(stepper, x, g, NULL), ctx);
    ck_assert_int_eq(allocator.count, 0);
    l2osr_stepper_free(stepper);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}
END_TEST

TCase *memory_tests(void) {
    TCase *tests = tcase_create("memory");
    tcase_add_loop_test(tests, out_of_memory, 0, 8);
    tcase_add_test(tests, a_step_allocates_nothing);
    return tests;
}
