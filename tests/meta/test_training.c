/* SPDX-License-Identifier: MIT */
/* Meta-training and collection as a whole, on a small noisy quadratic. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "suites.h"
#include "support.h"
#include "training.h"

START_TEST(training_lowers_the_validation_loss) {
    l2osr_context *ctx = test_context();
    l2osr_meta_options o = small_options();
    l2osr_meta_report report = {.struct_size = sizeof report};
    l2osr_model *model;
    o.meta_steps = 120;
    o.imitation = 80;
    ck_ok(train(ctx, &model, &o, &report), ctx);
    ck_assert_double_lt(report.best_loss, 0.9 * report.first_loss);
    ck_assert_uint_eq(report.meta_steps, 120);
    ck_assert_uint_gt(report.best_step, 0);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(threads_do_not_change_a_bit) {
    double first[446];
    for (unsigned threads = 1; threads <= 4; threads *= 2) {
        l2osr_context *ctx = test_context_with(threads, NULL);
        l2osr_meta_options o = small_options();
        l2osr_model *model;
        ck_ok(train(ctx, &model, &o, NULL), ctx);
        if (threads == 1)
            memcpy(first, l2osr_model_weights(model), sizeof first);
        ck_assert_mem_eq(l2osr_model_weights(model), first, sizeof first);
        l2osr_model_free(model);
        l2osr_context_free(ctx);
    }
}
END_TEST

static int cancel_at_ten(void *user, const l2osr_progress *progress) {
    (void)user;
    return progress->done >= 10;
}

START_TEST(a_canceled_training_keeps_the_best_so_far) {
    l2osr_context_options co = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_context *ctx;
    l2osr_meta_options o = small_options();
    l2osr_meta_report report = {.struct_size = sizeof report};
    l2osr_model *model;
    co.progress = cancel_at_ten;
    ck_assert_int_eq(l2osr_context_create(&ctx, &co), L2OSR_OK);
    o.meta_steps = 100000;
    ck_assert_int_eq(train(ctx, &model, &o, &report), L2OSR_ECANCELED);
    ck_assert_uint_ge(report.meta_steps, 10);
    ck_assert_double_le(report.best_loss, report.first_loss);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

static int broken_init(void *user, uint64_t seed, double *x) {
    (void)user;
    (void)seed;
    *x = 1;
    return 0;
}

/* Returns an error, NaN, or a number, depending on *user. */
static int broken_loss(void *user, const l2osr_draw *draw, const double *x, double *loss,
                       double *grad) {
    const int kind = *(const int *)user;
    *loss = kind == 2 && draw->index == 5 ? NAN : *x * *x;
    if (grad)
        *grad = 2 * *x;
    return kind == 1 && draw->index == 5 ? 42 : 0;
}

START_TEST(a_broken_task_is_reported) {
    static const size_t one = 1;
    l2osr_context *ctx = test_context();
    l2osr_group group = {.name = "x", .rank = 1, .shape = {one}};
    l2osr_task_callbacks callbacks = {.struct_size = sizeof callbacks,
                                      .name = "broken",
                                      .groups = &group,
                                      .n_groups = 1,
                                      .init = broken_init,
                                      .loss_grad = broken_loss};
    l2osr_meta_options o = small_options();
    l2osr_model *model;
    l2osr_task *task;
    l2osr_samples *samples;
    int kind = 1;
    ck_ok(l2osr_task_create(&task, ctx, &callbacks, &kind), ctx);
    ck_ok(l2osr_model_create(&model, ctx, NULL), ctx);
    ck_assert_int_eq(l2osr_meta_train(ctx, model, task, task, &o, NULL), L2OSR_ECALLBACK);
    ck_assert_int_eq(l2osr_context_callback_value(ctx), 42);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "step 5"));
    kind = 2;
    ck_assert_int_eq(l2osr_meta_collect(&samples, ctx, model, task, NULL), L2OSR_ENONFINITE);
    ck_assert_ptr_null(samples);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "broken"));
    l2osr_task_free(task);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(wrong_options_are_explained) {
    static const double negative[11] = {1, -1}, nothing[11] = {1}, share = 2;
    static const size_t stages[] = {20, 5};
    l2osr_context *ctx = test_context();
    l2osr_rule *teachers[2] = {NULL, NULL};
    l2osr_meta_options o;
#define EXPECT_REFUSED(change, status, text)                                                       \
    do {                                                                                           \
        l2osr_model *model;                                                                        \
        o = small_options();                                                                       \
        change;                                                                                    \
        ck_assert_int_eq(train(ctx, &model, &o, NULL), status);                                    \
        ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), text));                            \
        l2osr_model_free(model);                                                                   \
    } while (0)
    EXPECT_REFUSED(o.horizon = 5, L2OSR_EINVAL, "horizon 5 is shorter than unroll 10");
    EXPECT_REFUSED(o.horizon = (size_t)1 << 61, L2OSR_ERANGE, "at most 1073741824 steps");
    EXPECT_REFUSED(o.horizon = o.unroll = SIZE_MAX, L2OSR_ERANGE, "at most 1073741824 steps");
    EXPECT_REFUSED(o.meta_lr = -1, L2OSR_EINVAL, "meta_lr must be positive");
    EXPECT_REFUSED(o.imitation_lr = INFINITY, L2OSR_EINVAL, "imitation_lr");
    EXPECT_REFUSED(o.imitation = 25, L2OSR_EINVAL, "25 of 24");
    EXPECT_REFUSED(o.clip = -1, L2OSR_EINVAL, "clip");
    EXPECT_REFUSED(o.random_scale = 21, L2OSR_EINVAL, "random_scale");
    EXPECT_REFUSED(o.random_scale = NAN, L2OSR_EINVAL, "random_scale");
    EXPECT_REFUSED(o.checkpoint_seconds = -1, L2OSR_EINVAL, "checkpoint_seconds");
    EXPECT_REFUSED(o.loss = (l2osr_meta_loss)5, L2OSR_EINVAL, "l2osr_meta_loss");
    EXPECT_REFUSED(o.schedule = (l2osr_schedule)2, L2OSR_EINVAL, "l2osr_schedule");
    EXPECT_REFUSED(o.optimizer = (l2osr_meta_optimizer)2, L2OSR_EINVAL, "l2osr_meta_optimizer");
    EXPECT_REFUSED(o.momentum = 1, L2OSR_EINVAL, "momentum must be below 1");
    EXPECT_REFUSED(o.momentum = -0.5, L2OSR_EINVAL, "momentum must be positive");
    EXPECT_REFUSED(o.window_weights = negative, L2OSR_EINVAL, "window weight");
    EXPECT_REFUSED(o.window_weights = nothing, L2OSR_EINVAL, "nothing depends on the model");
    EXPECT_REFUSED(o.imitation_share = share, L2OSR_EINVAL, "imitation share");
    EXPECT_REFUSED((o.imitation_shares = &share, o.n_imitation_shares = 1), L2OSR_EINVAL,
                   "imitation share");
    EXPECT_REFUSED((o.curriculum = stages, o.n_curriculum = 2), L2OSR_EINVAL, "horizon 5");
    EXPECT_REFUSED((o.with_curriculum = 1, o.patience = 1), L2OSR_EINVAL, "patience");
    EXPECT_REFUSED(o.n_curriculum = 2, L2OSR_EINVAL, "a list in the options is NULL");
    EXPECT_REFUSED((o.teachers = teachers, o.n_teachers = 2), L2OSR_EINVAL, "teacher 0 is NULL");
    EXPECT_REFUSED(o.resume = 1, L2OSR_EINVAL, "resume needs a checkpoint");
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(failing_allocations_leave_nothing_behind) {
    for (long fail_at = 2;; fail_at += fail_at < 60 ? 1 : 7) {
        struct failing_allocator counter = {fail_at, 0, 0};
        struct l2osr_allocator hooks = failing_allocator_hooks(&counter);
        l2osr_context *ctx = test_context_with(1, &hooks);
        l2osr_meta_options o = small_options();
        l2osr_samples *samples = NULL;
        l2osr_task *task = NULL;
        l2osr_model *model;
        o.meta_steps = 4;
        o.imitation = 2;
        l2osr_status status = train(ctx, &model, &o, NULL);
        if (status == L2OSR_OK)
            status = l2osr_task_rosenbrock(&task, ctx, 4);
        if (status == L2OSR_OK)
            status = l2osr_meta_collect(&samples, ctx, model, task, NULL);
        l2osr_samples_free(samples);
        l2osr_task_free(task);
        l2osr_model_free(model);
        l2osr_context_free(ctx);
        ck_assert_int_eq(counter.live, 0);
        if (status == L2OSR_OK)
            break;
        ck_assert_int_eq(status, L2OSR_ENOMEM);
    }
}
END_TEST

/* The recorded features, fed through the definitions that the model publishes, are those of its
 * gradients: u follows from them alone, so a formula fitted to them is a rule. */
START_TEST(collected_features_have_the_scale_they_should) {
    l2osr_context *ctx = test_context();
    l2osr_collect_options o = L2OSR_COLLECT_OPTIONS_INIT;
    l2osr_samples *samples;
    l2osr_model *model;
    l2osr_task *task;
    o.runs = 2;
    o.steps = 30;
    o.per_group = 20;
    ck_ok(l2osr_task_quadratic(&task, ctx, DIM, 30, 0.1, 4), ctx);
    ck_ok(l2osr_model_create(&model, ctx, NULL), ctx);
    ck_ok(l2osr_meta_collect(&samples, ctx, model, task, &o), ctx);
    ck_assert_uint_eq(l2osr_samples_trajectories(samples), 40);
    ck_assert_uint_eq(l2osr_samples_steps(samples), 30);
    ck_assert_str_eq(l2osr_samples_name(samples, 1), "gt");
    for (size_t i = 0; i < 40; i++) {
        /* after one step m = g and v = g^2 exactly, so both features are the sign of g */
        ck_assert_double_eq_tol(fabs(l2osr_samples_series(samples, 0, i)[0]), 1, 1e-6);
        ck_assert_double_eq_tol(fabs(l2osr_samples_series(samples, 1, i)[0]), 1, 1e-6);
        for (size_t t = 0; t < 30; t++)
            ck_assert_double_le(fabs(l2osr_samples_target(samples, i)[t]), 1);
    }
    l2osr_samples_free(samples);
    l2osr_task_free(task);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

/* The rules go against a feature: it and what they did differ by the sign alone. */
START_TEST(rules_are_collected_in_units_of_their_step_size) {
    static const char squashed[] = "l2osr-rule 1\ndefault lr = 0.3\nupdate = -lr * tanh(2 * g)\n";
    const l2osr_collect_options o = {.struct_size = sizeof o, .runs = 2, .steps = 30};
    l2osr_context *ctx = test_context();
    l2osr_samples *samples;
    l2osr_rule *rule;
    l2osr_task *task;
    ck_ok(l2osr_task_quadratic(&task, ctx, DIM, 30, 0.1, 4), ctx);
    if (_i == 0)
        ck_ok(l2osr_rule_preset(&rule, ctx, "mtilde"), ctx);
    else
        ck_ok(l2osr_rule_parse(&rule, ctx, squashed, NULL), ctx);
    ck_ok(l2osr_meta_collect_rule(&samples, ctx, rule, _i == 0 ? NULL : "q",
                                  _i == 0 ? NULL : "let q = tanh(2 * g)\n", task, &o),
          ctx);
    ck_assert_uint_eq(l2osr_samples_features(samples), _i == 0 ? 2 : 1);
    for (size_t i = 0; i < l2osr_samples_trajectories(samples); i++)
        for (size_t t = 0; t < 30; t++)
            ck_assert_double_eq_tol(l2osr_samples_target(samples, i)[t],
                                    -l2osr_samples_series(samples, 0, i)[t], 1e-4);
    l2osr_samples_free(samples);
    l2osr_rule_free(rule);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(what_cannot_be_collected_is_explained) {
    l2osr_context *ctx = test_context();
    l2osr_samples *samples;
    l2osr_rule *rule;
    l2osr_task *task;
    ck_ok(l2osr_task_rosenbrock(&task, ctx, 4), ctx);
    ck_ok(l2osr_rule_preset(&rule, ctx, "sgd"), ctx);
    ck_assert_int_eq(l2osr_meta_collect_rule(&samples, ctx, NULL, NULL, NULL, task, NULL),
                     L2OSR_EINVAL);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "needs a rule and a task"));
    ck_assert_int_eq(l2osr_meta_collect_rule(&samples, ctx, rule, "mt gd", NULL, task, NULL),
                     L2OSR_ENOTFOUND);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "did you mean 'gt'?"));
    ck_assert_int_eq(
        l2osr_meta_collect_rule(&samples, ctx, rule, "q", "let q = lr * g\n", task, NULL),
        L2OSR_EUNSUPPORTED);
    ck_assert_ptr_null(samples);
    l2osr_rule_free(rule);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

Suite *training_suite(void) {
    Suite *suite = suite_create("meta-training");
    TCase *tests = tcase_create("meta-training");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, training_lowers_the_validation_loss);
    tcase_add_test(tests, threads_do_not_change_a_bit);
    tcase_add_test(tests, a_canceled_training_keeps_the_best_so_far);
    tcase_add_test(tests, a_broken_task_is_reported);
    tcase_add_test(tests, wrong_options_are_explained);
    tcase_add_test(tests, failing_allocations_leave_nothing_behind);
    tcase_add_test(tests, collected_features_have_the_scale_they_should);
    tcase_add_loop_test(tests, rules_are_collected_in_units_of_their_step_size, 0, 2);
    tcase_add_test(tests, what_cannot_be_collected_is_explained);
    suite_add_tcase(suite, tests);
    return suite;
}
