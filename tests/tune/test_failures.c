/* SPDX-License-Identifier: MIT */
/* What can go wrong while tuning: divergence, bad tasks, cancellation, memory. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "suites.h"
#include "tuning.h"

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

/* The whole of it, by the estimator of the loop test that runs. */
static int current;

static l2osr_status tune_a_little(l2osr_context *ctx) {
    static const char text[] =
        "l2osr-rule 1\nupdate = -lr * (~0.3 * g + ~0.2 * ema(g, ~0.9) + wd * x)\n";
    const l2osr_tuner_constant wish = {.index = 0, .spread = 1};
    l2osr_tuner_options o = small_options(current);
    l2osr_task *task = NULL;
    l2osr_rule *rule = NULL, *best = NULL;
    l2osr_tuner *tuner = NULL;
    o.meta_steps = 2;
    o.horizon = o.unroll = 3;
    o.pairs = 1;
    o.by_kind = o.tune_wd = 1;
    o.constants = &wish;
    o.n_constants = 1;
    o.prune = 10;
    l2osr_status status = l2osr_task_quadratic(&task, ctx, 5, 10, 0.1, 2);
    if (status == L2OSR_OK)
        status = l2osr_rule_parse(&rule, ctx, text, NULL);
    if (status == L2OSR_OK)
        status = l2osr_tuner_create(&tuner, ctx, rule, task, task, &o);
    if (status == L2OSR_OK)
        status = l2osr_tuner_run(tuner);
    if (status == L2OSR_OK)
        status = l2osr_tuner_rule(tuner, &best);
    l2osr_rule_free(best);
    l2osr_tuner_free(tuner);
    l2osr_rule_free(rule);
    l2osr_task_free(task);
    return status;
}

START_TEST(failing_allocations_leave_nothing_behind) {
    current = _i;
    sweep_failures(tune_a_little);
}
END_TEST

/* A way that ends suddenly: steps that are too long leave it. What is no number there is the
 * gradient by group "b". */
static int cliff_loss(void *user, const l2osr_draw *draw, const double *x, double *loss,
                      double *grad) {
    (void)user;
    (void)draw;
    *loss = 1 + 0.5 * x[0] * x[0] + 0.5 * x[1] * x[1];
    if (grad) {
        grad[0] = x[0];
        grad[1] = x[0] > 1.9 ? (double)NAN : x[1];
    }
    return 0;
}

static int cliff_hvp(void *user, const l2osr_draw *draw, const double *x, const double *v,
                     double *hv) {
    (void)user;
    (void)draw;
    (void)x;
    hv[0] = v[0];
    hv[1] = v[1];
    return 0;
}

static int cliff_start(void *user, uint64_t seed, double *x) {
    (void)user;
    (void)seed;
    x[0] = -1;
    x[1] = 3;
    return 0;
}

static size_t warnings;

static void count_warnings(void *user, l2osr_log_level level, const char *message) {
    static const char *const parts[] = {"tune: step ", "task 'cliff', step ",
                                        ": entry 0 of group 'b' of the gradient is NaN; ",
                                        "half the step size"};
    (void)user;
    if (level < L2OSR_LOG_WARNING)
        return;
    warnings++;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        ck_assert_msg(strstr(message, parts[i]) != NULL, "'%s' lacks '%s'", message, parts[i]);
}

START_TEST(divergence_backs_off_and_is_reported) {
    const l2osr_group groups[] = {{"a", 1, {1}}, {"b", 1, {1}}};
    const l2osr_task_callbacks callbacks = {.struct_size = sizeof callbacks,
                                            .name = "cliff",
                                            .groups = groups,
                                            .n_groups = 2,
                                            .init = cliff_start,
                                            .loss_grad = cliff_loss,
                                            .hvp = cliff_hvp};
    l2osr_context_options co = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_tuner_options o = small_options(_i);
    l2osr_meta_report report = L2OSR_META_REPORT_INIT;
    struct setting s = {0};
    co.log = count_warnings;
    warnings = 0;
    ck_assert_int_eq(l2osr_context_create(&s.ctx, &co), L2OSR_OK);
    ck_ok(l2osr_task_create(&s.task, s.ctx, &callbacks, NULL), s.ctx);
    o.meta_lr = 2;
    o.validate_every = 1;
    ck_ok(make_tuner(&s, sgd, &o), s.ctx);
    ck_ok(l2osr_tuner_run(s.tuner), s.ctx);
    l2osr_tuner_report(s.tuner, &report);
    ck_assert_uint_gt(report.back_offs, 0);
    ck_assert_uint_eq(warnings, report.back_offs);
    ck_assert_double_lt(l2osr_tuner_best_loss(s.tuner), l2osr_tuner_first_loss(s.tuner));
    setting_end(&s);
}
END_TEST

/* Step sizes grow all the way, to fifty times the first: a little more and the end of a long
 * episode is gone, while windows at its beginning ask for more. */
START_TEST(step_sizes_that_explode_late) {
    static const char text[] =
        "l2osr-rule 1\ndefault lr = 0.02\nupdate = -lr * exp(~0.004 * t) * g\n";
    struct setting s = {.ctx = test_context()};
    l2osr_tuner_options o = L2OSR_TUNER_OPTIONS_INIT;
    l2osr_meta_report report = L2OSR_META_REPORT_INIT;
    l2osr_rule *best;
    s.task = small_quadratic(s.ctx);
    o.horizon = 1000;
    o.meta_lr = 0.1;
    o.validate_every = 10;
    o.loss = L2OSR_LOSS_SUM; /* the noise makes some negative */
    ck_ok(make_tuner(&s, text, &o), s.ctx);
    ck_ok(l2osr_tuner_run(s.tuner), s.ctx);
    l2osr_tuner_report(s.tuner, &report);
    ck_assert_uint_gt(report.back_offs, 0);
    ck_assert_double_lt(l2osr_tuner_best_loss(s.tuner), 0.6 * l2osr_tuner_first_loss(s.tuner));
    ck_ok(l2osr_tuner_rule(s.tuner, &best), s.ctx);
    ck_assert_double_lt(l2osr_rule_constant(best, 0), 0.003);
    l2osr_rule_free(best);
    setting_end(&s);
}
END_TEST

START_TEST(losses_without_a_logarithm) {
    struct setting s = {.ctx = test_context()};
    l2osr_tuner_options o = small_options(0);
    int kind = FINE; /* 0 where it ends */
    s.task = user_task(s.ctx, &kind);
    o.loss = (l2osr_meta_loss)9;
    ck_assert_int_eq(make_tuner(&s, sgd, &o), L2OSR_EINVAL);
    l2osr_rule_free(s.rule);
    o.loss = L2OSR_LOSS_SUM;
    ck_ok(make_tuner(&s, sgd, &o), s.ctx);
    ck_ok(l2osr_tuner_run(s.tuner), s.ctx);
    ck_assert_double_lt(l2osr_tuner_best_loss(s.tuner), l2osr_tuner_first_loss(s.tuner));
    setting_end(&s);
}
END_TEST

#define EXPECT_REFUSED(status, change)                                                             \
    do {                                                                                           \
        l2osr_tuner_options o = small_options(0);                                                  \
        change;                                                                                    \
        ck_assert_int_eq(make_tuner(&s, sgd, &o), status);                                         \
        ck_assert_ptr_null(s.tuner);                                                               \
        ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(s.ctx), "tune: "));                      \
        l2osr_rule_free(s.rule);                                                                   \
    } while (0)

START_TEST(options_that_make_no_sense) {
    struct setting s = on_quadratic(test_context());
    EXPECT_REFUSED(L2OSR_EINVAL, o.meta_lr = -1);
    EXPECT_REFUSED(L2OSR_EINVAL, o.sigma = -1);
    EXPECT_REFUSED(L2OSR_EINVAL, o.trust = -1);
    EXPECT_REFUSED(L2OSR_EINVAL, o.lag_penalty = (double)NAN);
    EXPECT_REFUSED(L2OSR_EINVAL, o.prune = (double)INFINITY);
    EXPECT_REFUSED(L2OSR_EINVAL, o.estimator = (l2osr_meta_estimator)7);
    EXPECT_REFUSED(L2OSR_EINVAL, o.n_horizons = 2);
    EXPECT_REFUSED(L2OSR_EINVAL, o.n_tasks = 1);
    EXPECT_REFUSED(L2OSR_EINVAL, o.n_constants = 1);
    EXPECT_REFUSED(L2OSR_EINVAL, o.resume = 1);
    EXPECT_REFUSED(L2OSR_EINVAL, (o.half_memory = 1, o.estimator = L2OSR_META_ES));
    EXPECT_REFUSED(L2OSR_ERANGE, o.horizon = (size_t)1 << 31);
    s.rule = NULL;
    setting_end(&s);
}
END_TEST

/* Reductions tie coordinates together: there are no gradients, but there is evolution. */
START_TEST(rules_with_reductions) {
    static const char text[] =
        "l2osr-rule 1\ndefault lr = 0.2\nupdate = -lr * g / (norm(g) + ~1)\n";
    struct setting s = on_quadratic(test_context());
    l2osr_tuner_options o = small_options(_i);
    const l2osr_status status = make_tuner(&s, text, &o);
    if (estimator_of(_i) == L2OSR_META_FIRST_ORDER) {
        ck_assert_int_eq(status, L2OSR_EUNSUPPORTED);
    } else {
        ck_ok(status, s.ctx);
        ck_assert_int_eq(l2osr_tuner_run(s.tuner),
                         estimator_of(_i) == L2OSR_META_EXACT ? L2OSR_EUNSUPPORTED : L2OSR_OK);
    }
    setting_end(&s);
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
    tcase_add_test(tests, options_that_make_no_sense);
    tcase_add_test(tests, step_sizes_that_explode_late);
    tcase_add_test(tests, losses_without_a_logarithm);
    tcase_add_loop_test(tests, rules_with_reductions, 0, ESTIMATORS);
    tcase_add_loop_test(tests, divergence_backs_off_and_is_reported, 0, ESTIMATORS);
    tcase_add_loop_test(tests, failing_allocations_leave_nothing_behind, 0, ESTIMATORS);
    suite_add_tcase(suite, tests);
    return suite;
}
