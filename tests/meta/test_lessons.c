/* SPDX-License-Identifier: MIT */
/* What meta-training can be asked for beside its defaults. */
#include <math.h>
#include <string.h>

#include "meta/optimizer.h"
#include "suites.h"
#include "support.h"
#include "training.h"

static void expect_weights(const l2osr_meta_options *one, const l2osr_meta_options *other,
                           bool equal) {
    l2osr_context *ctx = test_context();
    l2osr_model *a, *b;
    ck_ok(train(ctx, &a, one, NULL), ctx);
    ck_ok(train(ctx, &b, other, NULL), ctx);
    const bool same = memcmp(l2osr_model_weights(a), l2osr_model_weights(b),
                             l2osr_model_size(a) * sizeof(double)) == 0;
    ck_assert(same == equal);
    l2osr_model_free(a);
    l2osr_model_free(b);
    l2osr_context_free(ctx);
}

/* ---- mixtures ---- */

START_TEST(tasks_are_drawn_by_their_weights) {
    l2osr_context *ctx = test_context();
    struct parabola p[2] = {{0, GOOD}, {0, GOOD}};
    l2osr_task *quadratic;
    l2osr_model *model;
    l2osr_meta_options o = small_options();
    ck_ok(l2osr_task_quadratic(&quadratic, ctx, 20, 5, 0, 4), ctx);
    const l2osr_meta_task mixture[] = {{parabola_task(ctx, &p[0]), 3},
                                       {parabola_task(ctx, &p[1]), 0}};
    o.tasks = mixture;
    o.n_tasks = 2;
    o.meta_steps = 200;
    o.imitation = 40;
    o.unroll = 2;
    o.horizon = 2;
    ck_ok(l2osr_model_create(&model, ctx, NULL), ctx);
    ck_ok(l2osr_meta_train(ctx, model, NULL, quadratic, &o, NULL), ctx);
    ck_assert_uint_eq(p[0].starts + p[1].starts, 200);
    ck_assert_uint_gt(p[0].starts, 125);
    ck_assert_uint_lt(p[0].starts, 175);
    /* without a validation task, all tasks are measured */
    p[1].starts = 0;
    o.meta_steps = 1;
    o.imitation = 1;
    ck_ok(l2osr_meta_train(ctx, model, NULL, NULL, &o, NULL), ctx);
    ck_assert_uint_ge(p[1].starts, 4); /* 2 runs, before and after */
    l2osr_model_free(model);
    l2osr_task_free(mixture[0].task);
    l2osr_task_free(mixture[1].task);
    l2osr_task_free(quadratic);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(either_a_task_or_a_mixture) {
    l2osr_context *ctx = test_context();
    l2osr_meta_options o = small_options();
    struct parabola p = {0, GOOD};
    l2osr_meta_task mixture = {parabola_task(ctx, &p), 1};
    l2osr_model *model;
    ck_ok(l2osr_model_create(&model, ctx, NULL), ctx);
    ck_assert_int_eq(l2osr_meta_train(ctx, model, NULL, mixture.task, &o, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_meta_train(ctx, NULL, mixture.task, NULL, &o, NULL), L2OSR_EINVAL);
    o.tasks = &mixture;
    o.n_tasks = 1;
    ck_assert_int_eq(l2osr_meta_train(ctx, model, mixture.task, NULL, &o, NULL), L2OSR_EINVAL);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "not both"));
    mixture.weight = -1;
    ck_assert_int_eq(l2osr_meta_train(ctx, model, NULL, NULL, &o, NULL), L2OSR_EINVAL);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "task 0"));
    l2osr_model_free(model);
    l2osr_task_free(mixture.task);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(without_a_validation_task_the_task_itself_is_measured) {
    l2osr_context *ctx = test_context();
    const l2osr_meta_options o = small_options();
    l2osr_meta_report reports[2] = {{.struct_size = sizeof *reports},
                                    {.struct_size = sizeof *reports}};
    l2osr_task *task;
    ck_ok(l2osr_task_quadratic(&task, ctx, 30, 5, 0, 4), ctx);
    for (int i = 0; i < 2; i++) {
        l2osr_model *model;
        ck_ok(l2osr_model_create(&model, ctx, NULL), ctx);
        ck_ok(l2osr_meta_train(ctx, model, task, i ? task : NULL, &o, &reports[i]), ctx);
        l2osr_model_free(model);
    }
    ck_assert_double_eq(reports[0].best_loss, reports[1].best_loss);
    ck_assert_int_eq(reports[0].stop, L2OSR_STOP_STEPS);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

/* ---- imitation ---- */

/* Episodes that imitate by chance 1 are those of the first phase. */
START_TEST(imitation_in_between_is_that_of_the_first_phase) {
    l2osr_meta_options first = small_options(), between = small_options();
    first.imitation = first.meta_steps;
    between.no_imitation = 1;
    between.imitation_share = 1;
    expect_weights(&first, &between, true);
    between.imitation_share = 0.5;
    expect_weights(&first, &between, false);
}
END_TEST

START_TEST(teachers_take_turns) {
    l2osr_context *ctx = test_context();
    l2osr_rule *rules[2];
    ck_ok(l2osr_rule_preset(&rules[0], ctx, "adam"), ctx);
    ck_ok(l2osr_rule_preset(&rules[1], ctx, "sgd"), ctx);
    l2osr_meta_options one = small_options(), turns = small_options();
    one.imitation = one.meta_steps = turns.imitation = turns.meta_steps = 4; /* an episode */
    one.teacher = rules[0];
    turns.teachers = rules;
    turns.n_teachers = 2;
    expect_weights(&one, &turns, true);
    one.imitation = one.meta_steps = turns.imitation = turns.meta_steps = 8;
    expect_weights(&one, &turns, false);
    one = turns;
    turns.teacher_stride = 3;
    expect_weights(&one, &turns, false);
    l2osr_rule_free(rules[0]);
    l2osr_rule_free(rules[1]);
    l2osr_context_free(ctx);
}
END_TEST

/* ---- steps ---- */

START_TEST(long_gradients_are_cut) {
    l2osr_context *ctx = test_context();
    const double g[2] = {3, 4};
    double x[2] = {0, 0};
    l2osr__optimizer adam;
    ck_ok(l2osr__optimizer_init(&adam, ctx, L2OSR_META_ADAM, 0, 2), ctx);
    l2osr__optimizer_step(&adam, x, g, 0.1, 1);
    ck_assert_double_eq_tol(adam.moments[0], 0.1 * 0.6, 1e-15);
    ck_assert_double_eq_tol(adam.moments[1], 0.1 * 0.8, 1e-15);
    l2osr__optimizer_reset(&adam);
    l2osr__optimizer_step(&adam, x, g, 0.1, 6);
    ck_assert_double_eq_tol(adam.moments[0], 0.1 * 3, 1e-15);
    l2osr__optimizer_clear(&adam, ctx);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(momentum_adds_up_gradients) {
    l2osr_context *ctx = test_context();
    const double g[2] = {3, 4};
    double x[2] = {1, 1};
    l2osr__optimizer sgd;
    ck_ok(l2osr__optimizer_init(&sgd, ctx, L2OSR_META_SGD, 0.5, 2), ctx);
    l2osr__optimizer_step(&sgd, x, g, 0.1, 0);
    ck_assert_double_eq_tol(x[0], 1 - 0.3, 1e-15);
    l2osr__optimizer_step(&sgd, x, g, 0.1, 1);
    ck_assert_double_eq_tol(x[1], 1 - 0.4 - 0.1 * (2 + 0.8), 1e-15);
    l2osr__optimizer_reset(&sgd);
    l2osr__optimizer_step(&sgd, x, g, 0.1, 0);
    ck_assert_double_eq_tol(x[1], 1 - 0.4 - 0.1 * (2 + 0.8) - 0.4, 1e-15);
    l2osr__optimizer_clear(&sgd, ctx);
    l2osr_context_free(ctx);
}
END_TEST

/* The largest change of a weight. With a curriculum the first evaluation keeps the weights,
 * whatever they are worth; the first step of Adam is as long as the step size. */
static double longest_step(l2osr_context *ctx, l2osr_meta_options *o) {
    static const size_t stage = 10;
    l2osr_model *model, *before;
    double longest = 0;
    o->curriculum = &stage;
    o->n_curriculum = 1;
    o->no_imitation = 1;
    o->imitation = 0;
    ck_ok(l2osr_model_create(&before, ctx, NULL), ctx);
    ck_ok(train(ctx, &model, o, NULL), ctx);
    for (size_t i = 0; i < l2osr_model_size(model); i++)
        longest =
            fmax(longest, fabs(l2osr_model_weights(model)[i] - l2osr_model_weights(before)[i]));
    l2osr_model_free(model);
    l2osr_model_free(before);
    return longest;
}

START_TEST(step_sizes_follow_their_schedule) {
    l2osr_context *ctx = test_context();
    l2osr_meta_options o = small_options();
    o.meta_steps = 1;
    o.meta_lr = 1e-3;
    ck_assert_double_eq_tol(longest_step(ctx, &o), 1e-3, 1e-8);
    o.warmup = 4;
    ck_assert_double_eq_tol(longest_step(ctx, &o), 0.25e-3, 1e-8);
    o.warmup = 0;
    o.imitation_share = 1;
    ck_assert_double_eq_tol(longest_step(ctx, &o), 3e-3, 1e-6);
    o.imitation_lr = 1e-4;
    ck_assert_double_eq_tol(longest_step(ctx, &o), 1e-4, 1e-6);
    /* later steps of Adam depend on the gradients, their ratio does not but a little */
    o.imitation_share = 0;
    o.meta_steps = 2;
    const double falling = longest_step(ctx, &o);
    o.schedule = L2OSR_SCHEDULE_CONSTANT;
    ck_assert_double_eq_tol(longest_step(ctx, &o) - falling, 0.45e-3, 0.02e-3);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(meta_losses_differ) {
    static const double late[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2};
    l2osr_meta_options sum = small_options(), other;
    sum.imitation = 4;
    sum.meta_lr = 1e-2;
    sum.validate_every = 1;
    other = sum;
    other.loss = L2OSR_LOSS_LOG_RATIO;
    expect_weights(&sum, &other, false);
    other.loss = L2OSR_LOSS_LAST;
    expect_weights(&sum, &other, false);
    sum.window_weights =
        late; /* twice the last loss: Adam does not see the factor, but for its eps */
    expect_weights(&sum, &other, false);
    sum.loss = L2OSR_LOSS_LAST;
    other.loss = L2OSR_LOSS_SUM;
    other.window_weights = late;
    expect_weights(&sum, &other, true);
}
END_TEST

Suite *lessons_suite(void) {
    Suite *suite = suite_create("lessons");
    TCase *tests = tcase_create("lessons");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, tasks_are_drawn_by_their_weights);
    tcase_add_test(tests, either_a_task_or_a_mixture);
    tcase_add_test(tests, without_a_validation_task_the_task_itself_is_measured);
    tcase_add_test(tests, imitation_in_between_is_that_of_the_first_phase);
    tcase_add_test(tests, teachers_take_turns);
    tcase_add_test(tests, long_gradients_are_cut);
    tcase_add_test(tests, momentum_adds_up_gradients);
    tcase_add_test(tests, step_sizes_follow_their_schedule);
    tcase_add_test(tests, meta_losses_differ);
    suite_add_tcase(suite, tests);
    return suite;
}
