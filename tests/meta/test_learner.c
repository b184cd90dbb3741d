/* SPDX-License-Identifier: MIT */
/* Training of something that is not a model: the constant c of update = -c g. On a parabola its
 * best value is 1/2, from 1 on it diverges. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "meta/trainer.h"
#include "rule/rule.h"
#include "suites.h"
#include "support.h"
#include "training.h"

struct single {
    l2osr__learner base;
    double start, most; /* the constant is kept below `most`; 0: it is free */
    size_t projections;
};

/* ---- the learner ---- */

/* x moves by -c g_t, and gradients count as constants. */
static l2osr_status window_slope(l2osr__slope *self, const l2osr__unroll *unroll, double *flat) {
    double later = 0;
    (void)self;
    *flat = 0;
    for (size_t t = unroll->steps; t-- > 0;) {
        later += unroll->weights[t + 1] * (double)unroll->g[t + 1];
        *flat -= later * (double)unroll->g[t];
    }
    return L2OSR_OK;
}

static void free_slope(l2osr__slope *self) {
    (void)self;
}

static l2osr_status create_slope(l2osr__slope **out, l2osr__pupil *self, const l2osr_task *task,
                                 size_t steps) {
    static const l2osr__slope_class class = {window_slope, free_slope};
    static l2osr__slope slope = {&class};
    (void)self;
    (void)task;
    (void)steps;
    *out = &slope;
    return L2OSR_OK;
}

static l2osr_status set_constant(l2osr__pupil *self, const double *numbers) {
    l2osr__rule_set(self->rule, 0, -*numbers); /* with the sign of the text */
    return L2OSR_OK;
}

static void free_pupil(l2osr__pupil *self) {
    l2osr_rule_free(self->rule);
    l2osr__free(self->ctx, self);
}

static l2osr_status make_rule(l2osr_rule **out, l2osr_context *ctx) {
    l2osr_rule *rule;
    L2OSR__TRY(l2osr_rule_parse(&rule, ctx, "l2osr-rule 1\nupdate = -0.125 * g\n", NULL));
    const l2osr_status status = l2osr__rule_tunable(out, rule);
    l2osr_rule_free(rule);
    return status;
}

static l2osr_status create_pupil(l2osr__pupil **out, const l2osr__learner *self,
                                 const l2osr_task *task) {
    static const l2osr__pupil_class class = {
        .set = set_constant, .free = free_pupil, .slope_create = create_slope};
    l2osr__pupil *pupil;
    (void)task;
    L2OSR__TRY(l2osr__alloc_to(self->ctx, &pupil, 1, sizeof *pupil));
    *pupil = (l2osr__pupil){.class = &class, .ctx = self->ctx, .size = 1};
    const l2osr_status status = make_rule(&pupil->rule, self->ctx);
    if (status == L2OSR_OK)
        *out = pupil;
    else
        l2osr__free(self->ctx, pupil);
    return status;
}

static void describe(const l2osr__learner *self, l2osr__text *text) {
    l2osr__text_add(text, "constants %zu\n", self->size);
}

static void project(const l2osr__learner *self, double *numbers, const double *best, double lr) {
    struct single *single = (struct single *)self;
    ck_assert(isfinite(*best) && lr > 0);
    single->projections++;
    if (single->most > 0)
        *numbers = fmin(*numbers, single->most);
}

static void init_single(struct single *s, l2osr_context *ctx) {
    static const l2osr__learner_class class = {.stage = "tune",
                                               .what = "rule",
                                               .number = "constant",
                                               .pupil_create = create_pupil,
                                               .describe = describe,
                                               .project = project};
    *s = (struct single){.start = 0.125};
    s->base = (l2osr__learner){.class = &class, .ctx = ctx, .size = 1, .start = &s->start};
}

/* 24 updates in episodes of 4 windows, or as few as it takes to begin anew. */
static l2osr_meta_options options_of(void) {
    l2osr_meta_options o = small_options();
    o.imitation = 0;
    o.optimizer = L2OSR_META_SGD;
    o.schedule = L2OSR_SCHEDULE_CONSTANT;
    return o;
}

/* ---- training it ---- */

struct result {
    l2osr_status status;
    double constant;
    l2osr_meta_report report;
    size_t projections;
};

static struct result train_single(l2osr_context *ctx, double most, const l2osr_meta_options *o) {
    struct parabola parabola = {.kind = GOOD};
    struct single single;
    struct result result = {.status = L2OSR_OK};
    l2osr__outcome outcome = {.numbers = &result.constant};
    l2osr_task *task = parabola_task(ctx, &parabola);
    init_single(&single, ctx);
    single.most = most;
    result.status = l2osr__train(&single.base, task, NULL, o, &outcome);
    result.report = outcome.report;
    result.projections = single.projections;
    l2osr_task_free(task);
    return result;
}

/* By first order and by losses alone. */
START_TEST(a_constant_is_found) {
    l2osr_context *ctx = test_context();
    l2osr_meta_options o = options_of();
    o.meta_steps = 120;
    o.optimizer = L2OSR_META_ADAM;
    o.meta_lr = 0.01;
    o.estimator = _i ? L2OSR_META_PES : L2OSR_META_FIRST_ORDER;
    const struct result r = train_single(ctx, 0, &o);
    ck_assert_msg(r.status == L2OSR_OK, "%s", l2osr_context_errmsg(ctx));
    ck_assert_double_eq_tol(r.constant, 0.5, 0.2);
    ck_assert_double_lt(r.report.best_loss, r.report.first_loss);
    ck_assert_uint_eq(r.projections, 120);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(numbers_are_projected_before_they_count) {
    l2osr_context *ctx = test_context();
    l2osr_meta_options o = options_of();
    o.meta_lr = 0.1;
    const struct result r = train_single(ctx, 0.25, &o);
    ck_assert_msg(r.status == L2OSR_OK, "%s", l2osr_context_errmsg(ctx));
    ck_assert_double_eq(r.constant, 0.25);
    ck_assert_uint_eq(r.report.diverged, 0);
    l2osr_context_free(ctx);
}
END_TEST

/* L' of log L is L' / L. */
START_TEST(the_logarithm_of_the_sum_divides_by_it) {
    double moved[2];
    for (int logarithm = 0; logarithm < 2; logarithm++) {
        l2osr_context *ctx = test_context();
        l2osr_meta_options o = options_of();
        o.meta_steps = 1;
        o.meta_lr = 1e-4;
        o.loss = logarithm ? L2OSR_LOSS_LOG_SUM : L2OSR_LOSS_SUM;
        const struct result r = train_single(ctx, 0, &o);
        ck_assert_uint_eq(r.report.best_step, 1);
        moved[logarithm] = r.constant - 0.125;
        l2osr_context_free(ctx);
    }
    double sum = 0, x = 1;
    for (int r = 0; r <= 10; r++, x *= 0.75)
        sum += 1 + x * x;
    ck_assert_double_gt(moved[0], 0);
    ck_assert_double_eq_tol(moved[0] / moved[1], sum, 1e-5 * sum);
}
END_TEST

/* ---- backing off ---- */

static void record_log(void *user, l2osr_log_level level, const char *line) {
    (void)level;
    snprintf(user, 200, "%s", line);
}

static l2osr_context *context_with_log(char *line) {
    l2osr_context_options co = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_context *ctx;
    co.log = record_log;
    co.log_user = line;
    ck_assert_int_eq(l2osr_context_create(&ctx, &co), L2OSR_OK);
    return ctx;
}

/* A gradient of some -24 leads from 1/8 to 24 by a step size of 1, which has to be halved at least
 * five times. What diverges first is the validation, or the next window. */
START_TEST(what_diverges_goes_on_more_carefully) {
    char line[200] = "";
    l2osr_context *ctx = context_with_log(line);
    l2osr_meta_options o = options_of();
    o.meta_lr = 1;
    o.validate_every = _i ? 1 : 24;
    ck_assert_int_eq(train_single(ctx, 0, &o).status, L2OSR_ENONFINITE);
    o.back_off = 1;
    const struct result r = train_single(ctx, 0, &o);
    ck_assert_msg(r.status == L2OSR_OK, "%s", l2osr_context_errmsg(ctx));
    ck_assert_uint_ge(r.report.back_offs, 5);
    ck_assert_uint_lt(r.report.back_offs, 10);
    ck_assert_uint_eq(r.report.diverged, r.report.back_offs);
    ck_assert_int_eq(r.report.stop, L2OSR_STOP_STEPS);
    ck_assert_double_le(r.report.best_loss, r.report.first_loss);
    ck_assert(fabs(r.constant) < 1);
    const char *const parts[] = {"tune: step ", "task 'parabola', step ",
                                 _i ? ": validation: task" : "the loss is",
                                 "; going on from the best constants so far, with half the step"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        ck_assert_msg(strstr(line, parts[i]) != NULL, "%s", line);
    l2osr_context_free(ctx);
}
END_TEST

/* The only episode is short enough; its evaluation is not. */
START_TEST(a_curriculum_backs_off_between_episodes) {
    static const size_t stages[] = {10, 40};
    char line[200] = "";
    l2osr_context *ctx = context_with_log(line);
    l2osr_meta_options o = options_of();
    o.meta_lr = 1;
    o.meta_steps = 1;
    o.curriculum = stages;
    o.n_curriculum = 2;
    o.back_off = 1;
    const struct result r = train_single(ctx, 0, &o);
    ck_assert_msg(r.status == L2OSR_OK, "%s", l2osr_context_errmsg(ctx));
    ck_assert_uint_eq(r.report.back_offs, 1);
    ck_assert_uint_eq(r.report.diverged, 0);
    ck_assert_double_eq(r.constant, 0.125);
    ck_assert_ptr_nonnull(strstr(line, ": validation: task 'parabola', step "));
    l2osr_context_free(ctx);
}
END_TEST

static int cancel_at(void *user, const l2osr_progress *progress) {
    ck_assert_str_eq(progress->stage, "tune");
    return progress->done >= *(const uint64_t *)user;
}

/* In a context of its own, canceled after `steps` updates. */
static struct result train_with_checkpoint(const char *path, bool resume, uint64_t steps) {
    l2osr_context_options co = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_context *ctx;
    l2osr_meta_options o = options_of();
    co.progress = cancel_at;
    co.progress_user = &steps;
    ck_assert_int_eq(l2osr_context_create(&ctx, &co), L2OSR_OK);
    o.meta_lr = 1;
    o.back_off = 1;
    o.checkpoint = path;
    o.resume = resume;
    const struct result r = train_single(ctx, 0, &o);
    l2osr_context_free(ctx);
    return r;
}

START_TEST(interrupted_the_constant_is_the_same) {
    char path[300];
    test_tmp_path(path, sizeof path, "constant");
    const struct result whole = train_with_checkpoint(path, false, 1000);
    ck_assert_int_eq(whole.status, L2OSR_OK);
    ck_assert_uint_ge(whole.report.back_offs, 5);
    for (uint64_t steps = 1; steps < 24; steps++) {
        ck_assert_int_eq(train_with_checkpoint(path, false, steps).status, L2OSR_ECANCELED);
        const struct result r = train_with_checkpoint(path, true, 1000);
        ck_assert_int_eq(r.status, L2OSR_OK);
        ck_assert_double_eq(r.constant, whole.constant);
        ck_assert_uint_eq(r.report.back_offs, whole.report.back_offs);
        ck_assert_uint_eq(r.report.diverged, whole.report.diverged);
    }
}
END_TEST

/* ---- what it cannot ---- */

START_TEST(imitation_is_refused) {
    l2osr_context *ctx = test_context();
    l2osr_meta_options o;
#define EXPECT_REFUSED(change)                                                                     \
    do {                                                                                           \
        o = options_of();                                                                          \
        change;                                                                                    \
        ck_assert_int_eq(train_single(ctx, 0, &o).status, L2OSR_EINVAL);                           \
        ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "tune: only models imitate"));     \
    } while (0)
    EXPECT_REFUSED(o.imitation = 4);
    EXPECT_REFUSED(o.imitation_share = 0.5);
    EXPECT_REFUSED(o.imitation_lr = 0.5);
    EXPECT_REFUSED(o.teacher_stride = 2);
    EXPECT_REFUSED(o.n_teachers = 1; o.teachers = &o.teacher);
    EXPECT_REFUSED(o.n_imitation_shares = 1; o.imitation_shares = &o.sigma);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(checkpoints_know_the_learner) {
    l2osr_context *ctx = test_context();
    l2osr_meta_options o = options_of();
    l2osr_model *model;
    char path[300];
    test_tmp_path(path, sizeof path, "learner");
    o.checkpoint = path;
    ck_assert_int_eq(train_single(ctx, 0, &o).status, L2OSR_OK);
    o.resume = 1;
    ck_assert_int_eq(train(ctx, &model, &o, NULL), L2OSR_EINVAL);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "'constants 1'"));
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

static l2osr_status train_little(l2osr_context *ctx) {
    struct single single;
    l2osr_meta_options o = options_of();
    double constant;
    l2osr__outcome outcome = {.numbers = &constant};
    l2osr_task *task;
    init_single(&single, ctx);
    o.meta_steps = 2;
    L2OSR__TRY(l2osr_task_quadratic(&task, ctx, 1, 1, 0, 4));
    const l2osr_status status = l2osr__train(&single.base, task, task, &o, &outcome);
    l2osr_task_free(task);
    return status;
}

START_TEST(failing_allocations_leave_nothing_behind) {
    sweep_failures(train_little);
}
END_TEST

Suite *learner_suite(void) {
    Suite *suite = suite_create("learner");
    TCase *tests = tcase_create("learner");
    tcase_add_loop_test(tests, a_constant_is_found, 0, 2);
    tcase_add_test(tests, numbers_are_projected_before_they_count);
    tcase_add_test(tests, the_logarithm_of_the_sum_divides_by_it);
    tcase_add_loop_test(tests, what_diverges_goes_on_more_carefully, 0, 2);
    tcase_add_test(tests, a_curriculum_backs_off_between_episodes);
    tcase_add_test(tests, interrupted_the_constant_is_the_same);
    tcase_add_test(tests, imitation_is_refused);
    tcase_add_test(tests, checkpoints_know_the_learner);
    tcase_add_test(tests, failing_allocations_leave_nothing_behind);
    suite_add_tcase(suite, tests);
    return suite;
}
