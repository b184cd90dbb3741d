/* SPDX-License-Identifier: MIT */
/* Estimators side by side for the rule of a tuner. */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "meta/small.h"
#include "suites.h"
#include "tuning.h"

static const char text[] = "l2osr-rule 1\nupdate = -lr * ema(g, ~0.5)\n";
static const l2osr_estimator_options usual = {
    .struct_size = sizeof usual, .windows = 2, .repeats = 3};

static l2osr_tuner *tuner_of(l2osr_context *ctx, l2osr_task *task, l2osr_tuner_options *o) {
    l2osr_rule *rule;
    l2osr_tuner *tuner;
    o->horizon = 40;
    o->unroll = 5;
    o->pairs = 4;
    ck_ok(l2osr_rule_parse(&rule, ctx, text, NULL), ctx);
    ck_ok(l2osr_tuner_create(&tuner, ctx, rule, task, NULL, o), ctx);
    l2osr_rule_free(rule);
    return tuner;
}

/* Of a tuner with these options, and without the seconds, which differ. */
static l2osr_estimator_report report_with(l2osr_context *ctx, l2osr_task *task,
                                          l2osr_tuner_options *o,
                                          const l2osr_estimator_options *options) {
    l2osr_estimator_report report = L2OSR_ESTIMATOR_REPORT_INIT;
    l2osr_tuner *tuner = tuner_of(ctx, task, o);
    ck_ok(l2osr_tuner_compare_estimators(tuner, &report, options), ctx);
    for (int i = 0; i < L2OSR_META_ESTIMATORS; i++)
        report.of[i].seconds = 0;
    l2osr_tuner_free(tuner);
    return report;
}

static l2osr_estimator_report usual_report(l2osr_context *ctx, l2osr_task *task) {
    l2osr_tuner_options o = L2OSR_TUNER_OPTIONS_INIT;
    return report_with(ctx, task, &o, &usual);
}

static l2osr_task *without_products(l2osr_context *ctx, struct wrapped *w) {
    l2osr_task *task;
    w->inner = small_quadratic(ctx);
    w->no_hvp = true;
    ck_ok(wrapped_task(&task, ctx, w), ctx);
    return task;
}

START_TEST(the_options_of_the_tuner_count) {
    l2osr_context *ctx = test_context();
    l2osr_task *task = small_quadratic(ctx);
    const l2osr_estimator_report r = usual_report(ctx, task);
    const size_t losses = 2 * (5 + 1);
    ck_assert_double_gt(r.norm, 0);
    ck_assert_uint_eq(r.of[L2OSR_META_FIRST_ORDER].gradients, losses);
    ck_assert_uint_eq(r.of[L2OSR_META_EXACT].products, 2 * (5 - 1));
    ck_assert_uint_eq(r.of[L2OSR_META_ES].gradients, (2 * 4 + 1) * losses);
    ck_assert_uint_eq(r.of[L2OSR_META_PES].gradients, 2 * 4 * losses);
    ck_assert_uint_eq(r.of[L2OSR_META_EXACT].repeats, 1);
    ck_assert_uint_eq(r.of[L2OSR_META_PES].repeats, 3);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

/* Where the loss is as good as linear nothing but the number of pairs matters; farther out its
 * curvature is noise. */
START_TEST(a_larger_sigma_is_noisier_and_leaves_the_rest) {
    l2osr_context *ctx = test_context();
    l2osr_task *task = small_quadratic(ctx);
    l2osr_tuner_options small = L2OSR_TUNER_OPTIONS_INIT, large = L2OSR_TUNER_OPTIONS_INIT;
    small.sigma = 0.01;
    large.sigma = 0.5;
    const l2osr_estimator_report near = report_with(ctx, task, &small, &usual);
    const l2osr_estimator_report far = report_with(ctx, task, &large, &usual);
    for (int i = 0; i < L2OSR_META_ES; i++)
        ck_assert_mem_eq(&near.of[i], &far.of[i], sizeof near.of[0]);
    for (int i = L2OSR_META_ES; i < L2OSR_META_ESTIMATORS; i++)
        ck_assert_double_gt(far.of[i].variance, 1.2 * near.of[i].variance);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(the_first_task_of_a_mixture_is_asked) {
    l2osr_context *ctx = test_context();
    struct wrapped w = {.inner = NULL};
    l2osr_task *task = small_quadratic(ctx), *other = without_products(ctx, &w);
    const l2osr_meta_task mixtures[2][2] = {{{task, 1}, {other, 1}}, {{other, 1}, {task, 1}}};
    const l2osr_estimator_report alone[2] = {usual_report(ctx, task), usual_report(ctx, other)};
    for (int i = 0; i < 2; i++) {
        l2osr_tuner_options o = L2OSR_TUNER_OPTIONS_INIT;
        o.tasks = mixtures[i];
        o.n_tasks = 2;
        const l2osr_estimator_report r = report_with(ctx, NULL, &o, &usual);
        ck_assert_int_eq(isnan(r.norm), i);
        ck_assert_mem_eq(&r.of[L2OSR_META_PES], &alone[i].of[L2OSR_META_PES], sizeof r.of[0]);
    }
    l2osr_task_free(task);
    l2osr_task_free(other);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(without_hessian_products_there_is_nothing_to_hold_them_against) {
    l2osr_context *ctx = test_context();
    struct wrapped w = {.inner = NULL};
    l2osr_task *task = without_products(ctx, &w);
    const l2osr_estimator_report r = usual_report(ctx, task);
    const l2osr_estimator_figures *exact = &r.of[L2OSR_META_EXACT];
    ck_assert(isnan(r.norm) && isnan(exact->norm) && isnan(exact->cosine) && isnan(exact->bias) &&
              isnan(exact->error) && isnan(exact->variance));
    ck_assert_uint_eq(exact->repeats, 0);
    for (int i = 0; i < L2OSR_META_ESTIMATORS; i++) {
        ck_assert(isnan(r.of[i].bias) && isnan(r.of[i].cosine));
        ck_assert(i == L2OSR_META_EXACT || r.of[i].norm > 0);
    }
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(threads_do_not_change_a_bit) {
    l2osr_estimator_report first = L2OSR_ESTIMATOR_REPORT_INIT;
    for (unsigned threads = 1; threads <= 4; threads *= 2) {
        l2osr_context *ctx = test_context_with(threads, NULL);
        l2osr_task *task = small_quadratic(ctx);
        const l2osr_estimator_report report = usual_report(ctx, task);
        if (threads == 1)
            first = report;
        ck_assert_mem_eq(&report, &first, sizeof first);
        l2osr_task_free(task);
        l2osr_context_free(ctx);
    }
}
END_TEST

START_TEST(seeds_are_heard) {
    l2osr_context *ctx = test_context();
    l2osr_task *task = small_quadratic(ctx);
    l2osr_tuner_options plain = L2OSR_TUNER_OPTIONS_INIT, other = L2OSR_TUNER_OPTIONS_INIT;
    l2osr_estimator_options options = usual;
    const l2osr_estimator_report first = report_with(ctx, task, &plain, &options);
    other.seed = 7;
    ck_assert_double_ne(report_with(ctx, task, &other, &options).norm, first.norm);
    options.seed = 7;
    ck_assert_double_ne(report_with(ctx, task, &plain, &options).norm, first.norm);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

/* Where tuning came to, and nothing of it changes. */
START_TEST(it_looks_at_the_best_rule_so_far) {
    l2osr_context *ctx = test_context();
    l2osr_task *task = small_quadratic(ctx);
    l2osr_tuner_options o = L2OSR_TUNER_OPTIONS_INIT;
    l2osr_estimator_report before = L2OSR_ESTIMATOR_REPORT_INIT, after = before;
    o.meta_steps = 40;
    o.meta_lr = 0.1;
    l2osr_tuner *tuner = tuner_of(ctx, task, &o), *plain = tuner_of(ctx, task, &o);
    ck_ok(l2osr_tuner_compare_estimators(tuner, &before, &usual), ctx);
    ck_ok(l2osr_tuner_run(tuner), ctx);
    ck_ok(l2osr_tuner_run(plain), ctx);
    ck_assert_double_eq(l2osr_tuner_best_loss(tuner), l2osr_tuner_best_loss(plain));
    ck_assert_double_lt(l2osr_tuner_best_loss(tuner), l2osr_tuner_first_loss(tuner));
    ck_ok(l2osr_tuner_compare_estimators(tuner, &after, &usual), ctx);
    ck_assert_double_ne(after.norm, before.norm);
    l2osr_tuner_free(tuner);
    l2osr_tuner_free(plain);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(what_is_out_of_range_is_refused) {
    l2osr_context *ctx = test_context();
    l2osr_task *task = small_quadratic(ctx);
    l2osr_tuner_options o = L2OSR_TUNER_OPTIONS_INIT;
    l2osr_tuner *tuner = tuner_of(ctx, task, &o);
    l2osr_estimator_report report = {.struct_size = sizeof report, .norm = 42};
    const struct {
        l2osr_estimator_options options;
        l2osr_status status;
        const char *message;
    } cases[] = {
        {{sizeof usual, 0, 1, 0}, L2OSR_ERANGE, "repeats must be from 2"},
        {{sizeof usual, 0, 1000001, 0}, L2OSR_ERANGE, "not 1000001"},
        {{sizeof usual, ((size_t)1 << 30) / 5 + 1, 0, 0}, L2OSR_ERANGE, "more than 2^30 steps"},
        {{sizeof usual, SIZE_MAX, 0, 0}, L2OSR_ERANGE, "more than 2^30 steps"},
        {{0, 0, 0, 0}, L2OSR_EINVAL, "estimator options: struct_size"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_int_eq(l2osr_tuner_compare_estimators(tuner, &report, &cases[i].options),
                         cases[i].status);
        ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), cases[i].message));
        ck_assert_double_eq(report.norm, 42);
    }
    report.struct_size = 0;
    ck_assert_int_eq(l2osr_tuner_compare_estimators(tuner, &report, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_tuner_compare_estimators(tuner, NULL, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_tuner_compare_estimators(NULL, &report, NULL), L2OSR_EINVAL);
    l2osr_tuner_free(tuner);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(older_callers_get_what_they_have_room_for) {
    l2osr_context *ctx = test_context();
    l2osr_task *task = small_quadratic(ctx);
    l2osr_tuner_options o = L2OSR_TUNER_OPTIONS_INIT;
    l2osr_tuner *tuner = tuner_of(ctx, task, &o);
    l2osr_estimator_report report = L2OSR_ESTIMATOR_REPORT_INIT;
    report.struct_size = offsetof(l2osr_estimator_report, of[1]);
    ck_ok(l2osr_tuner_compare_estimators(tuner, &report, &usual), ctx);
    ck_assert_uint_eq(report.struct_size, offsetof(l2osr_estimator_report, of[1]));
    ck_assert_double_gt(report.of[0].norm, 0);
    ck_assert_uint_eq(report.of[1].repeats, 0);
    l2osr_tuner_free(tuner);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(a_comparison_can_be_canceled) {
    l2osr_context *ctx = test_context();
    struct wrapped w = {.inner = small_quadratic(ctx), .cancel = 2 * 6 + 8};
    l2osr_tuner_options o = L2OSR_TUNER_OPTIONS_INIT;
    l2osr_estimator_report report = {.struct_size = sizeof report, .norm = 42};
    l2osr_task *task;
    ck_ok(wrapped_task(&task, ctx, &w), ctx);
    l2osr_tuner *tuner = tuner_of(ctx, task, &o);
    ck_assert_int_eq(l2osr_tuner_compare_estimators(tuner, &report, &usual), L2OSR_ECANCELED);
    ck_assert_uint_eq(w.calls, w.cancel);
    ck_assert_double_eq(report.norm, 42);
    l2osr_tuner_free(tuner);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(an_episode_that_diverges_is_an_error) {
    l2osr_context *ctx = test_context();
    struct wrapped w = {.inner = small_quadratic(ctx), .limit = -1e9};
    l2osr_tuner_options o = L2OSR_TUNER_OPTIONS_INIT;
    l2osr_estimator_report report = {.struct_size = sizeof report, .norm = 42};
    l2osr_task *task;
    ck_ok(wrapped_task(&task, ctx, &w), ctx);
    l2osr_tuner *tuner = tuner_of(ctx, task, &o);
    ck_assert_int_eq(l2osr_tuner_compare_estimators(tuner, &report, &usual), L2OSR_ENONFINITE);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "wrapped"));
    ck_assert_double_eq(report.norm, 42);
    l2osr_tuner_free(tuner);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

static l2osr_status compare_briefly(l2osr_context *ctx) {
    const l2osr_tuner_options o = {.struct_size = sizeof o, .horizon = 4, .unroll = 2, .pairs = 1};
    l2osr_estimator_report report = L2OSR_ESTIMATOR_REPORT_INIT;
    l2osr_rule *rule = NULL;
    l2osr_tuner *tuner = NULL;
    l2osr_task *task = NULL;
    l2osr_status status = l2osr_task_quadratic(&task, ctx, 4, 30, 0.1, 2);
    if (status == L2OSR_OK)
        status = l2osr_rule_parse(&rule, ctx, text, NULL);
    if (status == L2OSR_OK)
        status = l2osr_tuner_create(&tuner, ctx, rule, task, NULL, &o);
    if (status == L2OSR_OK)
        status = l2osr_tuner_compare_estimators(tuner, &report, &usual);
    ck_assert(status == L2OSR_OK || report.norm == 0);
    l2osr_tuner_free(tuner);
    l2osr_rule_free(rule);
    l2osr_task_free(task);
    return status;
}

START_TEST(failing_allocations_leave_nothing_behind) {
    sweep_failures(compare_briefly);
}
END_TEST

Suite *compare_suite(void) {
    Suite *suite = suite_create("comparison of estimators");
    TCase *tests = tcase_create("comparison of estimators");
    tcase_add_test(tests, the_options_of_the_tuner_count);
    tcase_add_test(tests, a_larger_sigma_is_noisier_and_leaves_the_rest);
    tcase_add_test(tests, the_first_task_of_a_mixture_is_asked);
    tcase_add_test(tests, without_hessian_products_there_is_nothing_to_hold_them_against);
    tcase_add_test(tests, threads_do_not_change_a_bit);
    tcase_add_test(tests, seeds_are_heard);
    tcase_add_test(tests, it_looks_at_the_best_rule_so_far);
    tcase_add_test(tests, what_is_out_of_range_is_refused);
    tcase_add_test(tests, older_callers_get_what_they_have_room_for);
    tcase_add_test(tests, a_comparison_can_be_canceled);
    tcase_add_test(tests, an_episode_that_diverges_is_an_error);
    tcase_add_test(tests, failing_allocations_leave_nothing_behind);
    suite_add_tcase(suite, tests);
    return suite;
}
