/* SPDX-License-Identifier: MIT */
/* Estimators of the meta-gradient side by side. */
#include <math.h>

#include "meta/estimators.h"
#include "small.h"
#include "suites.h"

enum { DIM = 9 };

static const l2osr__comparison usual = {
    .windows = 3, .unroll = 4, .pairs = 16, .sigma = 0.01, .repeats = 25, .seed = 2};

/* So few weights that noise leaves something to see, and so large ones that steps are. */
static l2osr_model *tiny_model(l2osr_context *ctx) {
    l2osr_model_options o = L2OSR_MODEL_OPTIONS_INIT;
    l2osr_model *model;
    o.pre = 1;
    o.hidden = &(size_t){1};
    o.n_hidden = 1;
    o.seed = 3;
    ck_ok(l2osr_model_create(&model, ctx, &o), ctx);
    double weights[64];
    ck_assert_uint_le(l2osr_model_size(model), 64);
    for (size_t i = 0; i < l2osr_model_size(model); i++)
        weights[i] = 4 * l2osr_model_weights(model)[i];
    ck_ok(l2osr_model_set_weights(model, weights), ctx);
    return model;
}

static l2osr_status compare(l2osr_context *ctx, l2osr_model *model, l2osr_task *task,
                            const l2osr__comparison *comparison, l2osr__estimator_table *table) {
    l2osr__learner *learner;
    l2osr_status status = l2osr__learner_of_model(&learner, ctx, model);
    if (status == L2OSR_OK)
        status = l2osr__compare_estimators(learner, task, comparison, table);
    l2osr__learner_of_model_free(learner);
    return status;
}

static l2osr__estimator_table table_of(l2osr_context *ctx, bool hvp,
                                       const l2osr__comparison *comparison) {
    l2osr_model *model = tiny_model(ctx);
    struct wrapped w = {.no_hvp = !hvp};
    l2osr__estimator_table table;
    l2osr_task *task;
    ck_ok(l2osr_task_rosenbrock(&w.inner, ctx, DIM), ctx);
    ck_ok(wrapped_task(&task, ctx, &w), ctx);
    ck_ok(compare(ctx, model, task, comparison, &table), ctx);
    l2osr_task_free(task);
    l2osr_model_free(model);
    return table;
}

static void check_unbiased(const l2osr_estimator_figures *f) {
    ck_assert_double_gt(f->error, 0);
    ck_assert_double_le(f->bias, 4 * f->error);
    ck_assert_double_eq_tol(f->error * f->error * (double)f->repeats, f->variance,
                            1e-12 * f->variance);
    ck_assert_double_gt(f->cosine, 0);
    ck_assert_double_lt(f->cosine, 1);
}

START_TEST(in_one_window_only_the_first_order_is_biased) {
    l2osr_context *ctx = test_context();
    l2osr__comparison one = usual;
    one.windows = 1;
    one.unroll = 12;
    const l2osr__estimator_table t = table_of(ctx, true, &one);
    ck_assert(t.exact);
    ck_assert_double_gt(t.of[L2OSR_META_FIRST_ORDER].bias, 1e-4);
    ck_assert_double_eq(t.of[L2OSR_META_FIRST_ORDER].variance, 0);
    ck_assert_double_eq_tol(t.of[L2OSR_META_EXACT].bias, 0, 1e-12);
    ck_assert_double_eq_tol(t.of[L2OSR_META_EXACT].cosine, 1, 1e-12);
    ck_assert_double_eq_tol(t.of[L2OSR_META_EXACT].norm, t.norm, 1e-12 * t.norm);
    check_unbiased(&t.of[L2OSR_META_ES]);
    check_unbiased(&t.of[L2OSR_META_PES]);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(over_several_windows_only_pes_is_not) {
    l2osr_context *ctx = test_context();
    const l2osr__estimator_table t = table_of(ctx, true, &usual);
    ck_assert_double_gt(t.of[L2OSR_META_FIRST_ORDER].bias, 0.1);
    ck_assert_double_gt(t.of[L2OSR_META_EXACT].bias, 0.1);
    ck_assert_double_gt(t.of[L2OSR_META_ES].bias, 4 * t.of[L2OSR_META_ES].error);
    check_unbiased(&t.of[L2OSR_META_PES]);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(costs_are_counted) {
    l2osr_context *ctx = test_context();
    const l2osr__estimator_table t = table_of(ctx, true, &usual);
    const size_t losses = 3 * 5;
    ck_assert_uint_eq(t.of[L2OSR_META_FIRST_ORDER].gradients, losses);
    ck_assert_uint_eq(t.of[L2OSR_META_FIRST_ORDER].products, 0);
    ck_assert_uint_eq(t.of[L2OSR_META_EXACT].gradients, losses);
    ck_assert_uint_eq(t.of[L2OSR_META_EXACT].products, 3 * 3);
    ck_assert_uint_eq(t.of[L2OSR_META_ES].gradients, 33 * losses);
    ck_assert_uint_eq(t.of[L2OSR_META_PES].gradients, 32 * losses);
    for (int i = 0; i < L2OSR_META_ESTIMATORS; i++)
        ck_assert_double_ge(t.of[i].seconds, 0);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(more_pairs_are_less_noise) {
    l2osr_context *ctx = test_context();
    l2osr__comparison more = usual;
    more.pairs *= 4;
    const l2osr__estimator_table few = table_of(ctx, true, &usual);
    const l2osr__estimator_table many = table_of(ctx, true, &more);
    for (int i = L2OSR_META_ES; i <= L2OSR_META_PES; i++) {
        const double ratio = few.of[i].variance / many.of[i].variance;
        ck_assert_double_gt(ratio, 2);
        ck_assert_double_lt(ratio, 8);
    }
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(without_hessian_products_there_is_nothing_to_hold_them_against) {
    l2osr_context *ctx = test_context();
    const l2osr__estimator_table t = table_of(ctx, false, &usual);
    const l2osr__estimator_table with = table_of(ctx, true, &usual);
    ck_assert(!t.exact);
    ck_assert(isnan(t.norm));
    ck_assert_uint_eq(t.of[L2OSR_META_EXACT].repeats, 0);
    ck_assert(isnan(t.of[L2OSR_META_EXACT].norm) && isnan(t.of[L2OSR_META_EXACT].seconds));
    for (int i = 0; i < L2OSR_META_ESTIMATORS; i++)
        if (i != L2OSR_META_EXACT) {
            ck_assert(isnan(t.of[i].bias) && isnan(t.of[i].cosine));
            ck_assert_double_eq(t.of[i].norm, with.of[i].norm);
        }
    l2osr_context_free(ctx);
}
END_TEST

/* In the second window of the first order, after the gradient of the whole episode. */
START_TEST(a_comparison_can_be_canceled) {
    l2osr_context *ctx = test_context();
    l2osr_model *model = tiny_model(ctx);
    struct wrapped w = {.cancel = 3 * 5 + 8};
    l2osr__estimator_table table;
    l2osr_task *task;
    ck_ok(l2osr_task_rosenbrock(&w.inner, ctx, DIM), ctx);
    ck_ok(wrapped_task(&task, ctx, &w), ctx);
    ck_assert_int_eq(compare(ctx, model, task, &usual, &table), L2OSR_ECANCELED);
    ck_assert_uint_eq(w.calls, w.cancel);
    l2osr_task_free(task);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

static l2osr_status compare_briefly(l2osr_context *ctx) {
    static const l2osr__comparison brief = {
        .windows = 2, .unroll = 2, .pairs = 1, .sigma = 0.01, .repeats = 2, .seed = 2};
    l2osr__estimator_table table;
    l2osr_model *model = NULL;
    l2osr_task *task = NULL;
    l2osr_status status = l2osr_task_rosenbrock(&task, ctx, 4);
    if (status == L2OSR_OK)
        status = l2osr_model_create(&model, ctx, NULL);
    if (status == L2OSR_OK)
        status = compare(ctx, model, task, &brief, &table);
    l2osr_model_free(model);
    l2osr_task_free(task);
    return status;
}

START_TEST(failing_allocations_leave_nothing_behind) {
    sweep_failures(compare_briefly);
}
END_TEST

Suite *comparison_suite(void) {
    Suite *suite = suite_create("comparison of estimators");
    TCase *tests = tcase_create("comparison of estimators");
    tcase_add_test(tests, in_one_window_only_the_first_order_is_biased);
    tcase_add_test(tests, over_several_windows_only_pes_is_not);
    tcase_add_test(tests, costs_are_counted);
    tcase_add_test(tests, more_pairs_are_less_noise);
    tcase_add_test(tests, without_hessian_products_there_is_nothing_to_hold_them_against);
    tcase_add_test(tests, a_comparison_can_be_canceled);
    tcase_add_test(tests, failing_allocations_leave_nothing_behind);
    suite_add_tcase(suite, tests);
    return suite;
}
