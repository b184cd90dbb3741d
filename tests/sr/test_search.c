/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests.h"

/* Validation R2 of the best formula of at most `nodes` nodes. */
static double reached(const l2osr_front *front, unsigned nodes) {
    double best = -INFINITY;
    for (size_t i = 0; i < l2osr_front_size(front); i++)
        if (l2osr_front_get(front, i)->complexity <= nodes)
            best = l2osr_front_get(front, i)->r2_validation;
    return best;
}

START_TEST(finds_polynomial) {
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_table(ctx, 2000);
    l2osr_sr_options options = L2OSR_SR_OPTIONS_INIT;
    options.evaluations = 10000;
    l2osr_front *front = search_front(ctx, samples, &options);
    /* 0.5 + (2 * x0 + -1 * square(x1)) */
    ck_assert_double_gt(reached(front, 10), 0.999999);
    l2osr_front_free(front);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(finds_lags_and_averages) {
    const double decays[] = {0.5, 0.8};
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_series(ctx);
    l2osr_sr_options options = L2OSR_SR_OPTIONS_INIT;
    options.evaluations = 10000;
    options.max_lag = 3;
    options.decays = decays;
    options.n_decays = 2;
    l2osr_front *front = search_front(ctx, samples, &options);
    ck_assert_double_gt(reached(front, 9), 0.999999);
    const l2osr_formula *f = l2osr_front_get(front, l2osr_front_recommend(front, 1e-6));
    ck_assert_uint_eq(f->complexity, 9);
    ck_assert_ptr_nonnull(strstr(f->equation, "a[2]"));
    ck_assert_ptr_nonnull(strstr(f->equation, "ema(b, 0.8)"));
    l2osr_front_free(front);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

/* A single trajectory is all used for fitting, so the errors of the front are those of all samples.
 */
START_TEST(equations_give_recorded_errors) {
    const double decays[] = {0.9};
    static const char *const names[] = {"a", "b"};
    enum { STEPS = 500 };
    l2osr_context *ctx = test_context();
    l2osr_samples *samples;
    ck_ok(l2osr_samples_create(&samples, ctx, 2, names, 1, STEPS), ctx);
    double x[3 * STEPS];
    l2osr_random_normal(9, 0, 0, 1, x, 3 * STEPS);
    for (size_t t = 0; t < STEPS; t++) {
        l2osr_samples_series(samples, 0, 0)[t] = (float)x[t];
        l2osr_samples_series(samples, 1, 0)[t] = (float)(1e4 * x[STEPS + t]);
        l2osr_samples_target(samples, 0)[t] =
            (float)(tanh(x[t] - 0.5 * x[STEPS + t]) + 0.1 * x[2 * STEPS + t]);
    }
    l2osr_sr_options options = L2OSR_SR_OPTIONS_INIT;
    options.evaluations = 5000;
    options.max_lag = 2;
    options.decays = decays;
    options.n_decays = 1;
    l2osr_front *front = search_front(ctx, samples, &options);
    ck_assert_uint_gt(l2osr_front_size(front), 3);
    double best = 0;
    for (size_t i = 0; i < l2osr_front_size(front); i++) {
        const l2osr_formula *f = l2osr_front_get(front, i);
        double r2;
        ck_ok(l2osr_r2(ctx, samples, f->equation, &r2), ctx);
        ck_assert_double_eq_tol(r2, f->r2_train, 1e-6);
        ck_assert(isnan(f->r2_validation));
        best = r2;
    }
    ck_assert_double_gt(best, 0.95);
    l2osr_front_free(front);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

static l2osr_front *search_noisy(l2osr_context *ctx) {
    l2osr_samples *samples = make_table(ctx, 1500);
    for (size_t i = 0; i < 1500; i++) {
        double noise;
        l2osr_random_normal(10, i, 0, 1, &noise, 1);
        *l2osr_samples_target(samples, i) += (float)noise;
    }
    l2osr_sr_options options = L2OSR_SR_OPTIONS_INIT;
    options.evaluations = 6000;
    options.islands = 4;
    l2osr_front *front = search_front(ctx, samples, &options);
    l2osr_samples_free(samples);
    return front;
}

START_TEST(threads_do_not_matter) {
    const unsigned threads[] = {2, 4};
    l2osr_context *single = context_with_threads(1);
    l2osr_front *one = search_noisy(single);
    for (size_t k = 0; k < 2; k++) {
        l2osr_context *ctx = context_with_threads(threads[k]);
        l2osr_front *other = search_noisy(ctx);
        check_same_front(one, other, true);
        l2osr_front_free(other);
        l2osr_context_free(ctx);
    }
    l2osr_front_free(one);
    l2osr_context_free(single);
}
END_TEST

static int stop_at_once(void *user, const l2osr_progress *progress) {
    ck_assert_str_eq(progress->stage, "distil");
    ck_assert_ptr_nonnull(strstr(progress->detail, " nodes"));
    ++*(int *)user;
    return 1;
}

START_TEST(cancellation_keeps_the_front) {
    int calls = 0;
    l2osr_context_options context_options = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_context *ctx;
    l2osr_sr *sr;
    l2osr_front *front;
    context_options.progress = stop_at_once;
    context_options.progress_user = &calls;
    ck_assert_int_eq(l2osr_context_create(&ctx, &context_options), L2OSR_OK);
    l2osr_samples *samples = make_table(ctx, 1000);
    ck_ok(l2osr_sr_create(&sr, ctx, samples, NULL), ctx);
    ck_assert_int_eq(l2osr_sr_run(sr), L2OSR_ECANCELED);
    ck_assert_int_ge(calls, 1);
    ck_ok(l2osr_sr_front(sr, &front), ctx);
    ck_assert_uint_gt(l2osr_front_size(front), 0);
    l2osr_front_free(front);
    l2osr_sr_free(sr);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(second_run_goes_on) {
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_table(ctx, 500);
    l2osr_sr_options options = L2OSR_SR_OPTIONS_INIT;
    l2osr_sr *sr;
    l2osr_front *first, *second;
    options.evaluations = 1000;
    ck_ok(l2osr_sr_create(&sr, ctx, samples, &options), ctx);
    ck_ok(l2osr_sr_front(sr, &first), ctx);
    ck_assert_uint_eq(l2osr_front_size(first), 0);
    l2osr_front_free(first);
    ck_ok(l2osr_sr_run(sr), ctx);
    ck_ok(l2osr_sr_front(sr, &first), ctx);
    ck_ok(l2osr_sr_run(sr), ctx);
    ck_ok(l2osr_sr_front(sr, &second), ctx);
    ck_assert_double_le(l2osr_front_get(second, l2osr_front_size(second) - 1)->mse,
                        l2osr_front_get(first, l2osr_front_size(first) - 1)->mse * 1.001 + 1e-12);
    l2osr_front_free(first);
    l2osr_front_free(second);
    l2osr_sr_free(sr);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

/* Time instead of a number of evaluations, which is then without limit. */
START_TEST(searches_may_go_by_time) {
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_table(ctx, 200);
    for (unsigned islands = 1; islands <= 3; islands++) {
        l2osr_sr_options options = L2OSR_SR_OPTIONS_INIT;
        options.seconds = 0.2;
        options.islands = islands;
        l2osr_front *front = search_front(ctx, samples, &options);
        ck_assert_uint_gt(l2osr_front_size(front), 0);
        l2osr_front_free(front);
    }
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(saves_csv) {
    char path[256];
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_table(ctx, 300);
    l2osr_sr_options options = L2OSR_SR_OPTIONS_INIT;
    options.evaluations = 500;
    l2osr_front *front = search_front(ctx, samples, &options);
    test_tmp_path(path, sizeof path, "front.csv");
    ck_ok(l2osr_front_save(front, path), ctx);
    FILE *file = fopen(path, "r");
    char line[64];
    ck_assert_ptr_nonnull(file);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
    ck_assert_str_eq(line, "complexity,mse,r2_train,r2_validation,equation\n");
    fclose(file);
    ck_assert_int_eq(l2osr_front_save(front, "/nonexistent/front.csv"), L2OSR_EIO);
    l2osr_front_free(front);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

Suite *suite_search(void) {
    Suite *suite = suite_create("search");
    TCase *tests = tcase_create("search");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, finds_polynomial);
    tcase_add_test(tests, finds_lags_and_averages);
    tcase_add_test(tests, equations_give_recorded_errors);
    tcase_add_test(tests, threads_do_not_matter);
    tcase_add_test(tests, cancellation_keeps_the_front);
    tcase_add_test(tests, second_run_goes_on);
    tcase_add_test(tests, searches_may_go_by_time);
    tcase_add_test(tests, saves_csv);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, rows_tests());
    return suite;
}
