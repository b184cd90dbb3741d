/* SPDX-License-Identifier: MIT */
/* How meta-training ends, and what it says on the way. */
#include <stdio.h>
#include <string.h>

#include "suites.h"
#include "support.h"
#include "training.h"

START_TEST(patience_ends_training) {
    l2osr_context *ctx = test_context();
    struct parabola p = {0, GOOD};
    l2osr_task *task = parabola_task(ctx, &p);
    l2osr_meta_options o = small_options();
    l2osr_meta_report report = {.struct_size = sizeof report};
    l2osr_model *model;
    o.meta_steps = 1000;
    o.meta_lr = 1e-30; /* nothing ever improves */
    o.no_imitation = 1;
    o.imitation = 0;
    o.validate_every = 3;
    o.patience = 4;
    ck_ok(l2osr_model_create(&model, ctx, NULL), ctx);
    ck_ok(l2osr_meta_train(ctx, model, task, task, &o, &report), ctx);
    ck_assert_int_eq(report.stop, L2OSR_STOP_PATIENCE);
    ck_assert_uint_eq(report.meta_steps, 12);
    ck_assert_uint_eq(report.best_step, 0);
    l2osr_model_free(model);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(a_curriculum_ends_when_a_stage_brings_nothing) {
    static const size_t stages[] = {10, 20};
    l2osr_context *ctx = test_context();
    struct parabola p = {0, GOOD};
    l2osr_task *task = parabola_task(ctx, &p);
    l2osr_meta_options o = small_options();
    l2osr_meta_report report = {.struct_size = sizeof report};
    l2osr_model *model;
    o.meta_steps = 0; /* no limit */
    o.meta_lr = 1e-30;
    o.no_imitation = 1;
    o.imitation = 0;
    o.validate_every = 2;
    o.curriculum = stages;
    o.n_curriculum = 2;
    ck_ok(l2osr_model_create(&model, ctx, NULL), ctx);
    ck_ok(l2osr_meta_train(ctx, model, task, task, &o, &report), ctx);
    /* Better than nothing once, then not: 3 evaluations, then 3 without. Episodes of 1 window, then
     * of 2. */
    ck_assert_int_eq(report.stop, L2OSR_STOP_CURRICULUM);
    ck_assert_uint_eq(report.stage, 1);
    ck_assert_uint_eq(report.episodes, 12);
    ck_assert_uint_eq(report.meta_steps, 6 + 12);
    l2osr_model_free(model);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

static l2osr_status train_on_parabola(l2osr_context *ctx, struct parabola *p,
                                      const l2osr_meta_options *o, l2osr_meta_report *report) {
    l2osr_task *task = parabola_task(ctx, p);
    l2osr_model *model;
    double before[WEIGHTS];
    ck_ok(l2osr_model_create(&model, ctx, NULL), ctx);
    memcpy(before, l2osr_model_weights(model), sizeof before);
    const l2osr_status status = l2osr_meta_train(ctx, model, task, task, o, report);
    if (status != L2OSR_OK)
        ck_assert_mem_eq(l2osr_model_weights(model), before, sizeof before);
    l2osr_model_free(model);
    l2osr_task_free(task);
    return status;
}

START_TEST(ten_diverged_episodes_in_a_row_end_training) {
    l2osr_context *ctx = test_context();
    struct parabola p = {0, NAN_AT_STEP_3};
    l2osr_meta_options o = small_options();
    l2osr_meta_report report = {.struct_size = sizeof report};
    ck_assert_int_eq(train_on_parabola(ctx, &p, &o, &report), L2OSR_ENONFINITE);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "10 episodes in a row"));
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "step 3"));
    ck_assert_uint_eq(report.diverged, 10);
    ck_assert_uint_eq(report.meta_steps, 0);
    ck_assert_int_eq(report.stop, L2OSR_STOP_NONE);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(backing_off_ends_after_ten_in_a_row) {
    l2osr_context *ctx = test_context();
    struct parabola p = {0, NAN_AT_STEP_3};
    l2osr_meta_options o = small_options();
    l2osr_meta_report report = L2OSR_META_REPORT_INIT;
    o.back_off = 1;
    ck_assert_int_eq(train_on_parabola(ctx, &p, &o, &report), L2OSR_ENONFINITE);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "10 episodes in a row"));
    ck_assert_uint_eq(report.diverged, 10);
    ck_assert_uint_eq(report.back_offs, 10);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(a_log_sum_needs_a_positive_sum) {
    l2osr_context *ctx = test_context();
    struct parabola p = {0, NEGATIVE};
    l2osr_meta_options o = small_options();
    o.loss = L2OSR_LOSS_LOG_SUM;
    ck_assert_int_eq(train_on_parabola(ctx, &p, &o, NULL), L2OSR_EINVAL);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "losses of a window sum to -11"));
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(a_log_ratio_needs_positive_losses) {
    l2osr_context *ctx = test_context();
    struct parabola p = {0, NEGATIVE};
    l2osr_meta_options o = small_options();
    o.loss = L2OSR_LOSS_LOG_RATIO;
    ck_assert_int_eq(train_on_parabola(ctx, &p, &o, NULL), L2OSR_EINVAL);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "log-ratio"));
    o.validate_last_window = 1; /* in the first validation already */
    ck_assert_int_eq(train_on_parabola(ctx, &p, &o, NULL), L2OSR_EINVAL);
    l2osr_context_free(ctx);
}
END_TEST

static int record(void *user, const l2osr_progress *progress) {
    snprintf(user, 80, "%s: %s", progress->stage, progress->detail);
    return 0;
}

START_TEST(progress_tells_the_phase) {
    static const size_t stages[] = {10, 20};
    char last[80] = "";
    l2osr_context_options co = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_context *ctx;
    l2osr_meta_options o = small_options();
    l2osr_model *model;
    co.progress = record;
    co.progress_user = last;
    ck_assert_int_eq(l2osr_context_create(&ctx, &co), L2OSR_OK);
    o.imitation = o.meta_steps = 4;
    ck_ok(train(ctx, &model, &o, NULL), ctx);
    ck_assert_str_eq(last, "meta-train: imitating");
    l2osr_model_free(model);
    o.imitation = 2;
    ck_ok(train(ctx, &model, &o, NULL), ctx);
    ck_assert_str_eq(last, "meta-train: validation loss");
    l2osr_model_free(model);
    o.curriculum = stages;
    o.n_curriculum = 2;
    ck_ok(train(ctx, &model, &o, NULL), ctx);
    ck_assert_str_eq(last, "meta-train: stage 1 of 2: horizon 10, validation loss");
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

Suite *ends_suite(void) {
    Suite *suite = suite_create("ends");
    TCase *tests = tcase_create("ends");
    tcase_add_test(tests, patience_ends_training);
    tcase_add_test(tests, a_curriculum_ends_when_a_stage_brings_nothing);
    tcase_add_test(tests, ten_diverged_episodes_in_a_row_end_training);
    tcase_add_test(tests, backing_off_ends_after_ten_in_a_row);
    tcase_add_test(tests, a_log_sum_needs_a_positive_sum);
    tcase_add_test(tests, a_log_ratio_needs_positive_losses);
    tcase_add_test(tests, progress_tells_the_phase);
    suite_add_tcase(suite, tests);
    return suite;
}
