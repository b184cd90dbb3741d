/* SPDX-License-Identifier: MIT */
/* Options and data that are wrong, degenerate or extreme; and running out of memory. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "tests.h"

static void expect_refusal(l2osr_context *ctx, const l2osr_samples *samples,
                           const l2osr_sr_options *options, l2osr_status status,
                           const char *message) {
    l2osr_sr *sr;
    ck_assert_int_eq(l2osr_sr_create(&sr, ctx, samples, options), status);
    ck_assert_ptr_null(sr);
    ck_assert_msg(strstr(l2osr_context_errmsg(ctx), message), "'%s'", l2osr_context_errmsg(ctx));
}

START_TEST(refuses_bad_options) {
    const double bad_decay[] = {0.9, 1.0};
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_table(ctx, 50);
    l2osr_sr_options o = L2OSR_SR_OPTIONS_INIT;
    o.operators = "+ tahn";
    expect_refusal(ctx, samples, &o, L2OSR_ENOTFOUND, "'tahn'");
    o = (l2osr_sr_options)L2OSR_SR_OPTIONS_INIT;
    o.max_complexity = 251;
    expect_refusal(ctx, samples, &o, L2OSR_ERANGE, "max_complexity");
    o = (l2osr_sr_options)L2OSR_SR_OPTIONS_INIT;
    o.max_lag = 65;
    expect_refusal(ctx, samples, &o, L2OSR_ERANGE, "max_lag");
    o = (l2osr_sr_options)L2OSR_SR_OPTIONS_INIT;
    o.n_decays = 2;
    expect_refusal(ctx, samples, &o, L2OSR_EINVAL, "decays is NULL");
    o.decays = bad_decay;
    expect_refusal(ctx, samples, &o, L2OSR_ERANGE, "decay 1");
    o = (l2osr_sr_options)L2OSR_SR_OPTIONS_INIT;
    o.validation = 1;
    expect_refusal(ctx, samples, &o, L2OSR_ERANGE, "validation");
    o = (l2osr_sr_options)L2OSR_SR_OPTIONS_INIT;
    o.seconds = NAN;
    expect_refusal(ctx, samples, &o, L2OSR_ERANGE, "seconds");
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

static void expect_sane_front(l2osr_context *ctx, const l2osr_samples *samples,
                              const char *operators, unsigned max_complexity) {
    l2osr_sr_options o = L2OSR_SR_OPTIONS_INIT;
    o.evaluations = 3000;
    o.islands = 3;
    o.operators = operators;
    o.max_complexity = max_complexity;
    l2osr_front *front = search_front(ctx, samples, &o);
    ck_assert_uint_gt(l2osr_front_size(front), 0);
    for (size_t i = 0; i < l2osr_front_size(front); i++) {
        const l2osr_formula *f = l2osr_front_get(front, i);
        ck_assert(isfinite(f->mse) && isfinite(f->r2_train) && isfinite(f->r2_validation));
        ck_assert_ptr_null(strstr(f->equation, "nan"));
        ck_assert_ptr_null(strstr(f->equation, "inf"));
    }
    ck_assert_ptr_null(l2osr_front_get(front, l2osr_front_size(front)));
    ck_assert_uint_lt(l2osr_front_recommend(front, 0.01), l2osr_front_size(front));
    l2osr_front_free(front);
}

START_TEST(survives_small_grammars) {
    const char *const operators[] = {
        "+", "*", "tanh", "/ exp", "- neg", "^ + *", "min max relu", "", "ema", "+ * wsum"};
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_table(ctx, 200);
    for (size_t k = 0; k < sizeof operators / sizeof *operators; k++) {
        expect_sane_front(ctx, samples, operators[k], 1);
        expect_sane_front(ctx, samples, operators[k], 5);
        expect_sane_front(ctx, samples, operators[k], 250);
    }
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

/* One search in a context of which allocation number `fail_at` fails; true when all succeeded. */
static bool search_once(struct failing_allocator *allocator, long fail_at, bool memories) {
    l2osr_context_options context_options = L2OSR_CONTEXT_OPTIONS_INIT;
    const struct l2osr_allocator hooks = failing_allocator_hooks(allocator);
    l2osr_sr_options o = L2OSR_SR_OPTIONS_INIT;
    l2osr_context *ctx;
    l2osr_sr *sr = NULL;
    l2osr_front *front = NULL;
    *allocator = (struct failing_allocator){.fail_at = -1};
    context_options.allocator = &hooks;
    context_options.threads = 1;
    ck_assert_int_eq(l2osr_context_create(&ctx, &context_options), L2OSR_OK);
    l2osr_samples *samples = memories ? make_series(ctx) : make_table(ctx, 40);
    allocator->fail_at = fail_at < 0 ? -1 : allocator->count + fail_at;
    o.evaluations = 20;
    o.islands = 2;
    o.population = 4;
    o.max_rows = 16; /* little to clear */
    o.max_complexity = 5;
    o.operators = memories ? "+ * tanh ema wsum" : NULL;
    o.max_lag = memories ? 2 : 0;
    l2osr_status status = l2osr_sr_create(&sr, ctx, samples, &o);
    if (status == L2OSR_OK)
        status = l2osr_sr_run(sr);
    if (status == L2OSR_OK)
        status = l2osr_sr_front(sr, &front);
    ck_assert(status == L2OSR_OK || status == L2OSR_ENOMEM);
    l2osr_front_free(front);
    l2osr_sr_free(sr);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
    ck_assert_int_eq(allocator->live, 0);
    return status == L2OSR_OK;
}

START_TEST(survives_lack_of_memory) {
    struct failing_allocator allocator;
    long fail_at = 0;
    ck_assert(search_once(&allocator, -1, _i == 1));
    while (!search_once(&allocator, fail_at, _i == 1))
        fail_at++;
    ck_assert_int_gt(fail_at, 30);
}
END_TEST

Suite *suite_limits(void) {
    Suite *suite = suite_create("limits");
    TCase *tests = tcase_create("limits");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, refuses_bad_options);
    tcase_add_test(tests, survives_small_grammars);
    tcase_add_loop_test(tests, survives_lack_of_memory, 0, 2);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, degenerate_tests());
    return suite;
}
