/* SPDX-License-Identifier: MIT */
/* What can go wrong while tuning: divergence, bad tasks, cancellation, memory. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "suites.h"
#include "support.h"

static const char sgd[] = "l2osr-rule 1\ndefault lr = 0.02\nupdate = -lr * g\n";

/* A tuner, and what it was made from. */
struct setting {
    l2osr_context *ctx;
    l2osr_task *task;
    l2osr_rule *rule;
    l2osr_tuner *tuner;
};

static l2osr_status make_tuner(struct setting *s, const char *text, const l2osr_tuner_options *o) {
    ck_ok(l2osr_rule_parse(&s->rule, s->ctx, text, NULL), s->ctx);
    return l2osr_tuner_create(&s->tuner, s->ctx, s->rule, s->task, s->task, o);
}

static struct setting on_quadratic(l2osr_context *ctx) {
    struct setting s = {.ctx = ctx};
    ck_ok(l2osr_task_quadratic(&s.task, ctx, 20, 10, 0.1, 2), ctx);
    return s;
}

static void setting_end(struct setting *s) {
    l2osr_tuner_free(s->tuner);
    l2osr_rule_free(s->rule);
    l2osr_task_free(s->task);
    l2osr_context_free(s->ctx);
}

START_TEST(absurd_start) {
    struct setting s = on_quadratic(test_context());
    l2osr_rule *best;
    ck_ok(make_tuner(&s, "l2osr-rule 1\ndefault lr = 1e9\nupdate = -lr * g\n", NULL), s.ctx);
    ck_assert_int_eq(l2osr_tuner_run(s.tuner), L2OSR_ENONFINITE);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(s.ctx), "diverged"));
    ck_ok(l2osr_tuner_rule(s.tuner, &best), s.ctx);
    ck_assert_str_eq(l2osr_rule_text(best), l2osr_rule_text(s.rule));
    l2osr_rule_free(best);
    setting_end(&s);
}
END_TEST

START_TEST(divergence_on_the_way) {
    struct setting s = on_quadratic(test_context());
    l2osr_tuner_options o = L2OSR_TUNER_OPTIONS_INIT;
    o.meta_steps = 60;
    o.horizon = 100;
    o.meta_lr = 8;
    o.validate_every = 10;
    ck_ok(make_tuner(&s, sgd, &o), s.ctx);
    ck_ok(l2osr_tuner_run(s.tuner), s.ctx);
    ck_assert_double_lt(l2osr_tuner_best_loss(s.tuner), l2osr_tuner_first_loss(s.tuner));
    setting_end(&s);
}
END_TEST

static int cancel_late(void *user, const l2osr_progress *p) {
    (void)user;
    return p->done >= 30;
}

START_TEST(cancellation_keeps_the_best) {
    l2osr_context_options c = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_tuner_options o = L2OSR_TUNER_OPTIONS_INIT;
    l2osr_context *ctx;
    l2osr_rule *best;
    c.progress = cancel_late;
    ck_assert_int_eq(l2osr_context_create(&ctx, &c), L2OSR_OK);
    struct setting s = on_quadratic(ctx);
    o.meta_steps = 1000000;
    o.horizon = 20;
    o.validate_every = 10;
    ck_ok(make_tuner(&s, sgd, &o), ctx);
    ck_assert_int_eq(l2osr_tuner_run(s.tuner), L2OSR_ECANCELED);
    ck_assert_double_lt(l2osr_tuner_best_loss(s.tuner), l2osr_tuner_first_loss(s.tuner));
    ck_ok(l2osr_tuner_rule(s.tuner, &best), ctx);
    ck_assert_double_gt(l2osr_rule_default_lr(best), 0.02);
    l2osr_rule_free(best);
    setting_end(&s);
}
END_TEST

/* A task whose answers are as bad as `user` says. */
enum { FINE, NOT_A_NUMBER, REFUSES };

static int start(void *user, uint64_t seed, double *x) {
    (void)user;
    l2osr_random_normal(seed, 0, 0, 1, x, 3);
    return 0;
}

static int loss_grad(void *user, const l2osr_draw *draw, const double *x, double *loss,
                     double *grad) {
    const int *kind = user;
    *loss = 0;
    for (int i = 0; i < 3; i++) {
        *loss += 0.5 * x[i] * x[i];
        if (grad)
            grad[i] = x[i];
    }
    if (*kind == NOT_A_NUMBER && draw->index == 5 && grad)
        grad[1] = (double)NAN;
    return *kind == REFUSES && draw->index == 5 ? 42 : 0;
}

static l2osr_task *user_task(l2osr_context *ctx, int *kind) {
    const l2osr_group group = {"x", 1, {3}};
    const l2osr_task_callbacks callbacks = {.struct_size = sizeof callbacks,
                                            .name = "mine",
                                            .groups = &group,
                                            .n_groups = 1,
                                            .init = start,
                                            .loss_grad = loss_grad};
    l2osr_task *task;
    ck_ok(l2osr_task_create(&task, ctx, &callbacks, kind), ctx);
    return task;
}

START_TEST(bad_answers_of_a_task) {
    int kind = NOT_A_NUMBER;
    struct setting s = {.ctx = test_context()};
    s.task = user_task(s.ctx, &kind);
    ck_ok(make_tuner(&s, sgd, NULL), s.ctx);
    ck_assert_int_eq(l2osr_tuner_run(s.tuner), L2OSR_ENONFINITE);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(s.ctx), "mine"));
    kind = REFUSES;
    ck_assert_int_eq(l2osr_tuner_run(s.tuner), L2OSR_ECALLBACK);
    ck_assert_int_eq(l2osr_context_callback_value(s.ctx), 42);
    kind = FINE;
    ck_ok(l2osr_tuner_run(s.tuner), s.ctx);
    ck_assert_double_lt(l2osr_tuner_best_loss(s.tuner), l2osr_tuner_first_loss(s.tuner));
    setting_end(&s);
}
END_TEST

START_TEST(bad_arguments) {
    struct setting s = on_quadratic(test_context());
    l2osr_tuner_options o = L2OSR_TUNER_OPTIONS_INIT;
    ck_assert_int_eq(make_tuner(&s, "l2osr-rule 1\nupdate = -g\n", NULL), L2OSR_EINVAL);
    ck_assert_ptr_null(s.tuner);
    l2osr_rule_free(s.rule);
    o.fixed_lr = 1;
    ck_assert_int_eq(make_tuner(&s, sgd, &o), L2OSR_EINVAL);
    o.fixed_lr = 0;
    o.meta_lr = -1;
    ck_assert_int_eq(l2osr_tuner_create(&s.tuner, s.ctx, s.rule, s.task, s.task, &o), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_tuner_create(&s.tuner, s.ctx, NULL, s.task, s.task, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_tuner_create(&s.tuner, s.ctx, s.rule, NULL, s.task, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_tuner_create(NULL, s.ctx, s.rule, s.task, s.task, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_tuner_run(NULL), L2OSR_EINVAL);
    l2osr_tuner_free(NULL);
    setting_end(&s);
}
END_TEST

/* The whole of it; false when memory ran out on the way. */
static bool tune_a_little(l2osr_context *ctx, int estimator) {
    l2osr_tuner_options o = L2OSR_TUNER_OPTIONS_INIT;
    l2osr_task *task = NULL;
    l2osr_rule *rule = NULL, *best = NULL;
    l2osr_tuner *tuner = NULL;
    o.estimator = estimator ? L2OSR_META_ES : L2OSR_META_FIRST_ORDER;
    o.meta_steps = 2;
    o.horizon = 4;
    o.unroll = 3;
    l2osr_status status = l2osr_task_quadratic(&task, ctx, 5, 10, 0.1, 2);
    if (status == L2OSR_OK)
        status = l2osr_rule_preset(&rule, ctx, "adam");
    if (status == L2OSR_OK)
        status = l2osr_tuner_create(&tuner, ctx, rule, task, task, &o);
    if (status == L2OSR_OK)
        status = l2osr_tuner_run(tuner);
    if (status == L2OSR_OK)
        status = l2osr_tuner_rule(tuner, &best);
    ck_assert(status == L2OSR_OK || status == L2OSR_ENOMEM);
    l2osr_rule_free(best);
    l2osr_tuner_free(tuner);
    l2osr_rule_free(rule);
    l2osr_task_free(task);
    return status == L2OSR_OK;
}

START_TEST(every_failed_allocation) {
    bool done = false;
    for (long fail_at = 0; !done; fail_at++) {
        struct failing_allocator allocator = {fail_at, 0, 0};
        const struct l2osr_allocator hooks = failing_allocator_hooks(&allocator);
        l2osr_context_options c = L2OSR_CONTEXT_OPTIONS_INIT;
        l2osr_context *ctx;
        c.allocator = &hooks;
        c.threads = 1;
        ck_assert_int_lt(fail_at, 2000);
        if (l2osr_context_create(&ctx, &c) == L2OSR_OK) {
            done = tune_a_little(ctx, _i);
            l2osr_context_free(ctx);
        }
        ck_assert_int_eq(allocator.live, 0);
    }
}
END_TEST

Suite *failure_suite(void) {
    Suite *suite = suite_create("failures of tuning");
    TCase *tests = tcase_create("failures of tuning");
    tcase_add_test(tests, absurd_start);
    tcase_add_test(tests, divergence_on_the_way);
    tcase_add_test(tests, cancellation_keeps_the_best);
    tcase_add_test(tests, bad_answers_of_a_task);
    tcase_add_test(tests, bad_arguments);
    tcase_add_loop_test(tests, every_failed_allocation, 0, 2); /* estimators */
    suite_add_tcase(suite, tests);
    return suite;
}
