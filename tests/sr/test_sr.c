/* SPDX-License-Identifier: MIT */
#include "tests.h"

l2osr_samples *make_table(l2osr_context *ctx, size_t rows) {
    static const char *const names[] = {"x0", "x1", "x2"};
    l2osr_samples *samples;
    ck_ok(l2osr_samples_create(&samples, ctx, 3, names, rows, 1), ctx);
    for (size_t i = 0; i < rows; i++) {
        double x[3];
        l2osr_random_normal(7, i, 0, 1, x, 3);
        for (size_t f = 0; f < 3; f++)
            *l2osr_samples_series(samples, f, i) = (float)x[f];
        *l2osr_samples_target(samples, i) = (float)(2 * x[0] - x[1] * x[1] + 0.5);
    }
    return samples;
}

l2osr_samples *make_series(l2osr_context *ctx) {
    static const char *const names[] = {"a", "b"};
    enum { RUNS = 12, STEPS = 60 };
    l2osr_samples *samples;
    ck_ok(l2osr_samples_create(&samples, ctx, 2, names, RUNS, STEPS), ctx);
    for (size_t i = 0; i < RUNS; i++) {
        float *a = l2osr_samples_series(samples, 0, i), *b = l2osr_samples_series(samples, 1, i);
        float *y = l2osr_samples_target(samples, i);
        double x[2 * STEPS], average = 0;
        l2osr_random_normal(8, i, 0, 1, x, 2 * STEPS);
        for (size_t t = 0; t < STEPS; t++) {
            a[t] = (float)x[t];
            b[t] = (float)x[STEPS + t];
            average = 0.8 * average + 0.2 * b[t];
            y[t] = (float)(-0.7 * (t >= 2 ? a[t - 2] : 0) + 0.3 * average);
        }
    }
    return samples;
}

l2osr_front *search_front(l2osr_context *ctx, const l2osr_samples *samples,
                          const l2osr_sr_options *options) {
    l2osr_sr *sr;
    l2osr_front *front;
    ck_ok(l2osr_sr_create(&sr, ctx, samples, options), ctx);
    ck_ok(l2osr_sr_run(sr), ctx);
    ck_ok(l2osr_sr_front(sr, &front), ctx);
    l2osr_sr_free(sr);
    return front;
}

l2osr_context *context_with_threads(unsigned threads) {
    l2osr_context_options options = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_context *ctx;
    options.threads = threads;
    options.seed = 1;
    ck_assert_int_eq(l2osr_context_create(&ctx, &options), L2OSR_OK);
    return ctx;
}

l2osr_front *front_of_texts(l2osr_context *ctx, const char *const *texts, size_t n) {
    l2osr_front *front;
    ck_ok(l2osr_front_create(&front, ctx), ctx);
    for (size_t i = 0; i < n; i++)
        ck_ok(l2osr_front_add(front, texts[i]), ctx);
    return front;
}

void check_same_front(const l2osr_front *one, const l2osr_front *other, bool figures) {
    ck_assert_uint_eq(l2osr_front_size(one), l2osr_front_size(other));
    for (size_t i = 0; i < l2osr_front_size(one); i++) {
        const l2osr_formula *a = l2osr_front_get(one, i), *b = l2osr_front_get(other, i);
        ck_assert_str_eq(a->equation, b->equation);
        ck_assert_uint_eq(a->complexity, b->complexity);
        if (!figures)
            continue;
        ck_assert_mem_eq(&a->mse, &b->mse, sizeof a->mse);
        ck_assert_mem_eq(&a->r2_train, &b->r2_train, sizeof a->r2_train);
        ck_assert_mem_eq(&a->r2_validation, &b->r2_validation, sizeof a->r2_validation);
    }
}

long fail_every_allocation(l2osr_status (*run)(l2osr_context *ctx, void *user), void *user) {
    l2osr_status status = L2OSR_ENOMEM;
    long fail_at = 0;
    for (; status != L2OSR_OK; fail_at++) {
        struct failing_allocator allocator = {fail_at, 0, 0};
        const struct l2osr_allocator hooks = failing_allocator_hooks(&allocator);
        l2osr_context_options o = L2OSR_CONTEXT_OPTIONS_INIT;
        l2osr_context *ctx;
        o.allocator = &hooks;
        o.threads = 1;
        status = l2osr_context_create(&ctx, &o);
        if (status == L2OSR_OK) {
            status = run(ctx, user);
            l2osr_context_free(ctx);
        }
        ck_assert(status == L2OSR_OK || status == L2OSR_ENOMEM);
        ck_assert_int_eq(allocator.live, 0);
    }
    return fail_at - 1;
}

static Suite *suite_parts(void) {
    Suite *suite = suite_create("parts");
    suite_add_tcase(suite, tree_tests());
    suite_add_tcase(suite, terms_tests());
    suite_add_tcase(suite, linear_tests());
    suite_add_tcase(suite, cache_tests());
    suite_add_tcase(suite, score_tests());
    suite_add_tcase(suite, memory_column_tests());
    suite_add_tcase(suite, fit_tests());
    suite_add_tcase(suite, grammar_tests());
    suite_add_tcase(suite, options_tests());
    suite_add_tcase(suite, function_tests());
    return suite;
}

int main(void) {
    Suite *suites[] = {suite_parts(), suite_search(), suite_front(),  suite_limits(),
                       suite_pysr(),  suite_resume(), suite_windows()};
    return test_main(suites, sizeof suites / sizeof *suites);
}
