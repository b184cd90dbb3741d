/* SPDX-License-Identifier: MIT */
/* Training with each of the estimators of the meta-gradient. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "small.h"
#include "suites.h"
#include "training.h"

enum { ESTIMATORS = L2OSR_META_PES + 1 };

/* Without imitation, so that all comes from the estimator. */
static l2osr_meta_options options_of(int estimator) {
    l2osr_meta_options o = small_options();
    o.estimator = (l2osr_meta_estimator)estimator;
    o.imitation = 0;
    o.no_imitation = 1;
    o.meta_steps = 12;
    o.meta_lr = 3e-3;
    return o;
}

/* Trains in a context of its own. */
static void weights_of(unsigned threads, const l2osr_meta_options *o, double *weights) {
    l2osr_context *ctx = test_context_with(threads, NULL);
    l2osr_model *model;
    ck_ok(train(ctx, &model, o, NULL), ctx);
    memcpy(weights, l2osr_model_weights(model), WEIGHTS * sizeof *weights);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}

START_TEST(the_validation_loss_falls) {
    l2osr_context *ctx = test_context();
    l2osr_meta_options o = options_of(_i);
    l2osr_meta_report report = {.struct_size = sizeof report};
    l2osr_model *model;
    o.meta_steps = 80;
    o.meta_lr = 1e-2;
    o.sigma = 0.1;
    o.pairs = 16;
    ck_ok(train(ctx, &model, &o, &report), ctx);
    ck_assert_msg(report.best_loss < 0.9 * report.first_loss, "from %g to %g", report.first_loss,
                  report.best_loss);
    ck_assert_uint_eq(report.meta_steps, 80);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(threads_do_not_change_a_bit) {
    double expected[WEIGHTS], weights[WEIGHTS];
    l2osr_meta_options o = options_of(_i);
    weights_of(1, &o, expected);
    for (unsigned threads = 2; threads <= 4; threads += 2) {
        weights_of(threads, &o, weights);
        ck_assert_mem_eq(weights, expected, sizeof weights);
    }
}
END_TEST

START_TEST(exact_trains_on_a_network) {
    static const size_t hidden[] = {4};
    const l2osr_mlp_options network = {.struct_size = sizeof network,
                                       .hidden = hidden,
                                       .n_hidden = 1,
                                       .batch = 16,
                                       .start = L2OSR_START_HE};
    l2osr_context *ctx = test_context_with(2, NULL);
    l2osr_meta_options o = options_of(L2OSR_META_EXACT);
    l2osr_meta_report report = {.struct_size = sizeof report};
    l2osr_model *model = small_model(ctx, NULL);
    l2osr_dataset *set;
    l2osr_task *task;
    o.meta_steps = 24;
    o.meta_lr = 1e-2;
    ck_ok(l2osr_dataset_digits(&set, ctx, 80, 1), ctx);
    ck_ok(l2osr_task_mlp(&task, ctx, set, &network), ctx);
    ck_ok(l2osr_meta_train(ctx, model, task, task, &o, &report), ctx);
    ck_assert_msg(report.best_loss < 0.9 * report.first_loss, "from %g to %g", report.first_loss,
                  report.best_loss);
    l2osr_task_free(task);
    l2osr_dataset_free(set);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

/* Where the Hessian counts as zero, the exact gradient is 0.01 times that of the first order, which
 * Adam does not notice: both go the same way, with any meta-loss and as weights change. */
START_TEST(exact_without_curvature_is_the_first_order) {
    static const double factors[11] = {1, 2, 0, 1, 0.5, 1, 1, 1, 3, 1, 1};
    double weights[2][WEIGHTS], start[WEIGHTS], moved = 0, apart = 0;
    for (int estimator = 0; estimator < 2; estimator++) {
        l2osr_context *ctx = test_context_with(1, NULL);
        struct wrapped w = {.flat = true};
        l2osr_meta_options o = options_of(estimator);
        l2osr_model *model = small_model(ctx, NULL);
        l2osr_task *task;
        o.loss = (l2osr_meta_loss)_i;
        o.window_weights = factors;
        memcpy(start, l2osr_model_weights(model), sizeof start);
        ck_ok(l2osr_task_quadratic(&w.inner, ctx, DIM, 30, 0.1, 4), ctx);
        ck_ok(wrapped_task(&task, ctx, &w), ctx);
        ck_ok(l2osr_meta_train(ctx, model, task, task, &o, NULL), ctx);
        memcpy(weights[estimator], l2osr_model_weights(model), sizeof start);
        l2osr_task_free(task);
        l2osr_model_free(model);
        l2osr_context_free(ctx);
    }
    for (size_t i = 0; i < WEIGHTS; i++) {
        moved += fabs(weights[0][i] - start[i]);
        apart += fabs(weights[0][i] - weights[1][i]);
    }
    ck_assert_double_gt(moved, 1);
    ck_assert_double_lt(apart, 0.02 * moved);
}
END_TEST

/* The last loss is a sum in which only the last factor is not zero. */
START_TEST(kinds_of_loss_are_heard) {
    static const double last[11] = {[10] = 1};
    double sum[WEIGHTS], by_factors[WEIGHTS], by_kind[WEIGHTS];
    l2osr_meta_options o = options_of(_i);
    weights_of(1, &o, sum);
    o.window_weights = last;
    weights_of(1, &o, by_factors);
    o.window_weights = NULL;
    o.loss = L2OSR_LOSS_LAST;
    weights_of(1, &o, by_kind);
    ck_assert_mem_eq(by_kind, by_factors, sizeof by_kind);
    ck_assert_mem_ne(by_kind, sum, sizeof by_kind);
}
END_TEST

static int cancel_at(void *user, const l2osr_progress *progress) {
    return progress->done >= *(const uint64_t *)user;
}

/* With everything on but, for the exact gradient, random units. Canceled after `steps` meta-steps,
 * unless that is 0. */
static void train_everything(int estimator, const char *path, uint64_t steps, double *weights) {
    l2osr_context_options co = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_context *ctx;
    struct everything all;
    l2osr_model *model;
    co.seed = 1;
    co.progress = steps ? cancel_at : NULL;
    co.progress_user = &steps;
    ck_assert_int_eq(l2osr_context_create(&ctx, &co), L2OSR_OK);
    ck_ok(open_everything(&all, ctx), ctx);
    all.options.estimator = (l2osr_meta_estimator)estimator;
    all.options.random_scale = estimator == L2OSR_META_EXACT ? 0 : 1;
    all.options.optimizer = estimator == L2OSR_META_ES ? L2OSR_META_ADAM : L2OSR_META_SGD;
    all.options.pairs = 3;
    all.options.meta_steps = 30;
    all.options.checkpoint = path;
    all.options.resume = path && access(path, F_OK) == 0;
    ck_assert_int_eq(train(ctx, &model, &all.options, NULL), steps ? L2OSR_ECANCELED : L2OSR_OK);
    memcpy(weights, l2osr_model_weights(model), WEIGHTS * sizeof *weights);
    l2osr_model_free(model);
    close_everything(&all);
    l2osr_context_free(ctx);
}

START_TEST(interrupted_the_weights_are_the_same) {
    double expected[WEIGHTS], weights[WEIGHTS];
    char path[300];
    test_tmp_path(path, sizeof path, "estimators");
    train_everything(_i, NULL, 0, expected);
    for (uint64_t steps = 3; steps < 30; steps += 8) {
        remove(path);
        train_everything(_i, path, steps, weights);
        ck_assert_int_eq(access(path, F_OK), 0);
        train_everything(_i, path, 0, weights);
        ck_assert_mem_eq(weights, expected, sizeof weights);
    }
}
END_TEST

START_TEST(checkpoints_know_the_estimator) {
    l2osr_context *ctx = test_context();
    l2osr_meta_options o = options_of(L2OSR_META_ES), other;
    l2osr_model *model;
    char path[300];
    test_tmp_path(path, sizeof path, "known");
    o.meta_steps = 2;
    o.checkpoint = path;
    ck_ok(train(ctx, &model, &o, NULL), ctx);
    l2osr_model_free(model);
    o.resume = 1;
#define EXPECT_NAMED(change, text)                                                                 \
    do {                                                                                           \
        other = o;                                                                                 \
        change;                                                                                    \
        ck_assert_int_eq(train(ctx, &model, &other, NULL), L2OSR_EINVAL);                          \
        ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), text));                            \
        l2osr_model_free(model);                                                                   \
    } while (0)
    EXPECT_NAMED(other.estimator = L2OSR_META_PES, "option estimator 3");
    EXPECT_NAMED(other.sigma = 0.5, "option sigma 0.5");
    EXPECT_NAMED(other.pairs = 9, "option pairs 9");
    l2osr_context_free(ctx);
}
END_TEST

/* Before training begins: the task is never started. */
START_TEST(what_is_impossible_is_refused) {
    l2osr_context *ctx = test_context();
    l2osr_meta_options o = options_of(L2OSR_META_EXACT);
    struct parabola parabola = {.kind = GOOD};
    l2osr_model *model = small_model(ctx, NULL);
    l2osr_task *task = parabola_task(ctx, &parabola);
#define EXPECT_REFUSED(change, status, text)                                                       \
    do {                                                                                           \
        o = options_of(L2OSR_META_EXACT);                                                          \
        change;                                                                                    \
        ck_assert_int_eq(l2osr_meta_train(ctx, model, task, task, &o, NULL), status);              \
        ck_assert_msg(strstr(l2osr_context_errmsg(ctx), text), "%s", l2osr_context_errmsg(ctx));   \
    } while (0)
    EXPECT_REFUSED((void)0, L2OSR_EUNSUPPORTED, "'parabola' has none");
    EXPECT_REFUSED(o.random_scale = 1, L2OSR_EINVAL, "random units");
    EXPECT_REFUSED(o.sigma = -1, L2OSR_EINVAL, "sigma must be positive");
    EXPECT_REFUSED(o.sigma = (double)NAN, L2OSR_EINVAL, "sigma must be positive");
    EXPECT_REFUSED(o.estimator = (l2osr_meta_estimator)4, L2OSR_EINVAL, "l2osr_meta_estimator");
    ck_assert_uint_eq(parabola.starts, 0);
    l2osr_task_free(task);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

/* Perturbed models meet losses of their own. */
START_TEST(a_log_ratio_of_what_is_not_positive_is_an_error) {
    l2osr_context *ctx = test_context();
    l2osr_meta_options o = options_of(_i);
    struct parabola parabola = {.kind = NEGATIVE};
    l2osr_model *model = small_model(ctx, NULL);
    l2osr_task *task = parabola_task(ctx, &parabola);
    o.loss = L2OSR_LOSS_LOG_RATIO;
    ck_assert_int_eq(l2osr_meta_train(ctx, model, task, task, &o, NULL), L2OSR_EINVAL);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "needs them above 0"));
    l2osr_task_free(task);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(ten_diverged_episodes_end_training) {
    l2osr_context *ctx = test_context();
    l2osr_meta_options o = options_of(_i);
    l2osr_meta_report report = {.struct_size = sizeof report};
    struct wrapped w = {.limit = -1e9};
    l2osr_model *model = small_model(ctx, NULL);
    l2osr_task *task;
    ck_ok(l2osr_task_quadratic(&w.inner, ctx, 3, 30, 0, 4), ctx);
    ck_ok(wrapped_task(&task, ctx, &w), ctx);
    ck_assert_int_eq(l2osr_meta_train(ctx, model, task, task, &o, &report), L2OSR_ENONFINITE);
    ck_assert_uint_eq(report.diverged, 10);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "wrapped"));
    l2osr_task_free(task);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

static l2osr_status train_little(l2osr_context *ctx, int estimator) {
    l2osr_meta_options o = options_of(estimator);
    l2osr_model *model;
    o.meta_steps = 2;
    o.horizon = 20;
    o.pairs = 2;
    const l2osr_status status = train(ctx, &model, &o, NULL);
    l2osr_model_free(model);
    return status;
}

static l2osr_status train_exact(l2osr_context *ctx) {
    return train_little(ctx, L2OSR_META_EXACT);
}

static l2osr_status train_es(l2osr_context *ctx) {
    return train_little(ctx, L2OSR_META_ES);
}

static l2osr_status train_pes(l2osr_context *ctx) {
    return train_little(ctx, L2OSR_META_PES);
}

START_TEST(failing_allocations_leave_nothing_behind) {
    sweep_failures(train_exact);
    sweep_failures(train_es);
    sweep_failures(train_pes);
}
END_TEST

Suite *estimators_suite(void) {
    Suite *suite = suite_create("estimators");
    TCase *tests = tcase_create("estimators");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, the_validation_loss_falls, 0, ESTIMATORS);
    tcase_add_loop_test(tests, threads_do_not_change_a_bit, 1, ESTIMATORS);
    tcase_add_test(tests, exact_trains_on_a_network);
    tcase_add_loop_test(tests, exact_without_curvature_is_the_first_order, L2OSR_LOSS_SUM,
                        L2OSR_LOSS_LOG_SUM + 1);
    tcase_add_loop_test(tests, kinds_of_loss_are_heard, 1, ESTIMATORS);
    tcase_add_loop_test(tests, interrupted_the_weights_are_the_same, 1, ESTIMATORS);
    tcase_add_test(tests, checkpoints_know_the_estimator);
    tcase_add_test(tests, what_is_impossible_is_refused);
    tcase_add_loop_test(tests, a_log_ratio_of_what_is_not_positive_is_an_error, L2OSR_META_ES,
                        ESTIMATORS);
    tcase_add_loop_test(tests, ten_diverged_episodes_end_training, 1, ESTIMATORS);
    tcase_add_test(tests, failing_allocations_leave_nothing_behind);
    suite_add_tcase(suite, tests);
    return suite;
}
