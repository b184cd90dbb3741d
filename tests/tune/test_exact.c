/* SPDX-License-Identifier: MIT */
/* The exact meta-gradient of rules, by the numbers behind their constants; estimators beside it. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "meta/differences.h"
#include "meta/estimators.h"
#include "meta/small.h"
#include "rule/rule.h"
#include "suites.h"
#include "tune/learner_rule.h"

enum { DIM = 37, MOST = 16 };

/* ---- a rule that learns on a task ---- */

typedef struct learning {
    l2osr__rule_learner learner;
    l2osr__pupil *pupil;
} learning;

/* It must not move. Clear it also after a failure. */
static l2osr_status learning_init(learning *l, const l2osr_rule *rule, l2osr_task *task) {
    l2osr_tuner_options o = L2OSR_TUNER_OPTIONS_INIT;
    o.tune_wd = 1;
    l->pupil = NULL;
    L2OSR__TRY(
        l2osr__rule_learner_init(&l->learner, rule->ctx, rule, l2osr_task_group_count(task), &o));
    return l2osr__pupil_create(&l->pupil, &l->learner.base, task);
}

static void learning_clear(learning *l) {
    l2osr__pupil_free(l->pupil);
    l2osr__rule_learner_clear(&l->learner);
}

static void learning_of_text(learning *l, l2osr_context *ctx, const char *text, l2osr_task *task) {
    l2osr_rule *rule;
    ck_ok(l2osr_rule_parse(&rule, ctx, text, NULL), ctx);
    ck_ok(learning_init(l, rule, task), ctx);
    l2osr_rule_free(rule);
    ck_assert_uint_le(l->learner.base.size, MOST);
}

/* ---- differences ---- */

static const char *const texts[] = {
    /* features as the published ones, two lags, what reads the parameters */
    "l2osr-rule 1\ndefault lr = 0.01\nlet b = ~0.8\nlet m = ema(g, b) / (1 - b^t)\n"
    "let v = sqrt(ema(g^2, ~0.9) / (1 - 0.9^t)) + 0.1\nlet f = tanh(m / v)\n"
    "update = -lr * (~0.5 * f + ~0.3 * f[1] + ~0.2 * f[2] + ~0.05 * x)\n",
    /* numbers that remember, lagged step sizes, the rule's own past */
    "l2osr-rule 1\ndefault lr = 0.01\nlet s = dsum(ema(t, ~0.7), ~0.6) / max(t[3], 1)\n"
    "let f = dmax(abs(g), ~0.8)\nlet n = ~0.3 + ~0.1 * sin(0.2 * t + (~0.4 * t)[1])\n"
    "let last = update[1] / max(lr[1], 1e-3)\n"
    "update = -lr * (n * (~0.5 * last + g / (f + ~0.1)) + ~0.3 * s * tanh(g))\n",
    /* nothing to remember */
    "l2osr-rule 1\ndefault lr = 0.02\nupdate = -lr * ~{0.3, 0.7} * tanh(~1.2 * g)\n",
    /* constants of groups; smaller and larger; pasts of pasts and of parameters */
    "l2osr-rule 1\ndefault lr = 0.01\nlet c = ~{0.9, 0.6}\nlet m = ema(g, c)\nlet p = m[1]\n"
    "let d = min(~0.7 * g, x - x[1] + ~{0.3, 0.2, 0.4} * p[2])\n"
    "update = -lr * max(d, ~0.4 * update[2] + ~0.1 * m)\n",
};
enum { TEXTS = sizeof texts / sizeof texts[0], SMOOTH = TEXTS - 1 };

/* Away from where the numbers begin, which is 0. */
static void compare(l2osr_context *ctx, const char *text, l2osr_task *task) {
    double theta[MOST];
    learning l;
    learning_of_text(&l, ctx, text, task);
    for (size_t i = 0; i < MOST; i++)
        theta[i] = 0.1 * (double)(i % 3) - 0.1;
    check_differences(l.pupil, task, theta, L2OSR__SECOND_ORDER, 1e-6);
    check_differences(l.pupil, task, theta, L2OSR__FIRST_ORDER, 1e-6);
    learning_clear(&l);
}

START_TEST(gradients_match_the_true_loss_on_a_noisy_quadratic) {
    l2osr_context *ctx = test_context();
    l2osr_task *task;
    ck_ok(l2osr_task_quadratic(&task, ctx, DIM, 100, 0.1, 4), ctx);
    compare(ctx, texts[_i], task);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

/* Of three groups. */
START_TEST(gradients_match_the_true_loss_on_rosenbrock) {
    l2osr_context *ctx = test_context();
    struct wrapped w = {.parted = true, .by_batch = true};
    l2osr_task *task;
    ck_ok(l2osr_task_rosenbrock(&w.inner, ctx, DIM), ctx);
    ck_ok(wrapped_task(&task, ctx, &w), ctx);
    compare(ctx, texts[_i], task);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

/* Without corners: among so many coordinates some are close to one. */
START_TEST(gradients_match_the_true_loss_of_a_network) {
    l2osr_context *ctx = test_context();
    l2osr_mlp_options options = L2OSR_MLP_OPTIONS_INIT;
    l2osr_dataset *set;
    l2osr_task *task;
    options.hidden = &(size_t){2};
    options.n_hidden = 1;
    options.batch = 8;
    options.activation = L2OSR_TANH;
    options.start = L2OSR_START_LECUN;
    ck_ok(l2osr_dataset_digits(&set, ctx, 40, 1), ctx);
    ck_ok(l2osr_task_mlp(&task, ctx, set, &options), ctx);
    compare(ctx, texts[_i], task);
    l2osr_task_free(task);
    l2osr_dataset_free(set);
    l2osr_context_free(ctx);
}
END_TEST

/* ---- the reference ---- */

enum { GOLDEN_DIM = 7, GOLDEN_UNROLL = 20, GOLDEN_WEIGHTS = 6 };

/* f(x) = 0.5 |A x - b|^2 */
struct square {
    double A[GOLDEN_DIM * GOLDEN_DIM], b[GOLDEN_DIM], x0[GOLDEN_DIM];
};

static int square_init(void *user, uint64_t seed, double *x) {
    (void)seed;
    memcpy(x, ((const struct square *)user)->x0, sizeof((const struct square *)user)->x0);
    return 0;
}

static int square_loss(void *user, const l2osr_draw *draw, const double *x, double *loss,
                       double *grad) {
    const struct square *s = user;
    double r[GOLDEN_DIM];
    (void)draw;
    *loss = 0;
    for (int i = 0; i < GOLDEN_DIM; i++) {
        r[i] = -s->b[i];
        for (int j = 0; j < GOLDEN_DIM; j++)
            r[i] += s->A[i * GOLDEN_DIM + j] * x[j];
        *loss += 0.5 * r[i] * r[i];
    }
    for (int j = 0; grad && j < GOLDEN_DIM; j++) {
        grad[j] = 0;
        for (int i = 0; i < GOLDEN_DIM; i++)
            grad[j] += s->A[i * GOLDEN_DIM + j] * r[i];
    }
    return 0;
}

static l2osr_task *square_task(l2osr_context *ctx, struct square *s) {
    const l2osr_group group = {"x", 1, {GOLDEN_DIM}};
    l2osr_task_callbacks c = L2OSR_TASK_CALLBACKS_INIT;
    l2osr_task *task;
    test_golden(ctx, "quadratic/A", s->A, GOLDEN_DIM * GOLDEN_DIM);
    test_golden(ctx, "quadratic/b", s->b, GOLDEN_DIM);
    test_golden(ctx, "quadratic/x0", s->x0, GOLDEN_DIM);
    c.name = "square";
    c.groups = &group;
    c.n_groups = 1;
    c.init = square_init;
    c.loss_grad = square_loss;
    ck_ok(l2osr_task_create(&task, ctx, &c, s), ctx);
    return task;
}

static void check_close(double found, double golden) {
    ck_assert_double_eq_tol(found, golden, 1e-9 * fabs(golden));
}

/* Eq. 6 with gamma in front of its weights, as the preset lists them. */
static l2osr_rule *equation_6(l2osr_context *ctx) {
    double values[GOLDEN_WEIGHTS + 1];
    l2osr_rule *preset, *rule;
    test_golden(ctx, "eq6_golden_f64/gamma", values, 1);
    test_golden(ctx, "eq6_golden_f64/W", values + 1, GOLDEN_WEIGHTS);
    ck_ok(l2osr_rule_preset(&preset, ctx, "eq6"), ctx);
    ck_assert_uint_eq(l2osr_rule_constant_count(preset), GOLDEN_WEIGHTS + 1);
    ck_ok(l2osr_rule_with_constants(&rule, preset, values), ctx);
    l2osr_rule_free(preset);
    return rule;
}

static void check_course(l2osr_context *ctx, const l2osr__exact *exact) {
    double losses[GOLDEN_UNROLL], sum, end[GOLDEN_DIM];
    test_golden(ctx, "eq6_golden_f64/losses", losses, GOLDEN_UNROLL);
    test_golden(ctx, "eq6_golden_f64/metaloss", &sum, 1);
    test_golden(ctx, "eq6_golden_f64/xend", end, GOLDEN_DIM);
    for (int t = 0; t < GOLDEN_UNROLL; t++)
        check_close(exact->losses[t], losses[t]);
    check_close(exact->mean_loss * (GOLDEN_UNROLL + 1), sum);
    for (int i = 0; i < GOLDEN_DIM; i++)
        check_close(exact->x[i], end[i]);
}

static void check_derivatives(l2osr_context *ctx, const l2osr__params *params, const double *flat) {
    double golden[GOLDEN_WEIGHTS + 1];
    test_golden(ctx, "eq6_golden_f64/gradgamma", golden, 1);
    test_golden(ctx, "eq6_golden_f64/gradW", golden + 1, GOLDEN_WEIGHTS);
    for (int i = 0; i <= GOLDEN_WEIGHTS; i++) {
        const l2osr__param *param = &params->params[i];
        check_close(flat[param->number], golden[i] * l2osr__param_slope(param, 0));
    }
}

/* Gradients that are fed are constants there, so that no Hessian is needed. */
START_TEST(first_order_of_equation_6_matches_the_reference) {
    double flat[MOST];
    if (!test_shared())
        return;
    l2osr_context *ctx = test_context();
    struct square s;
    l2osr_task *task = square_task(ctx, &s);
    l2osr_rule *rule = equation_6(ctx);
    l2osr__exact *exact;
    learning l;
    ck_ok(learning_init(&l, rule, task), ctx);
    ck_ok(l2osr__exact_create(&exact, l.pupil, task, 1, GOLDEN_UNROLL, L2OSR__FIRST_ORDER), ctx);
    ck_ok(l2osr__exact_restart(exact, 1), ctx);
    ck_ok(l2osr__exact_window(exact, GOLDEN_UNROLL), ctx);
    ck_ok(l2osr__exact_gradient(exact, NULL, flat), ctx);
    check_course(ctx, exact);
    check_derivatives(ctx, &l.learner.params, flat);
    l2osr__exact_free(exact);
    learning_clear(&l);
    l2osr_rule_free(rule);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

/* ---- the rest ---- */

/* A window of the exact gradient into flat[MOST]; every step may fail. */
static l2osr_status one_window(l2osr_context *ctx, const char *text, size_t dim, double *flat) {
    struct wrapped w = {.parted = true};
    learning l = {.pupil = NULL};
    l2osr__exact *exact = NULL;
    l2osr_rule *rule = NULL;
    l2osr_task *task = NULL;
    l2osr_status status = l2osr_rule_parse(&rule, ctx, text, NULL);
    if (status == L2OSR_OK)
        status = l2osr_task_rosenbrock(&w.inner, ctx, dim);
    if (status == L2OSR_OK)
        status = wrapped_task(&task, ctx, &w);
    if (status == L2OSR_OK)
        status = learning_init(&l, rule, task);
    if (status == L2OSR_OK)
        status = l2osr__exact_create(&exact, l.pupil, task, 1, 5, L2OSR__SECOND_ORDER);
    if (status == L2OSR_OK)
        status = l2osr__exact_restart(exact, 5);
    if (status == L2OSR_OK)
        status = l2osr__exact_window(exact, 5);
    if (status == L2OSR_OK)
        status = l2osr__exact_gradient(exact, NULL, flat);
    l2osr__exact_free(exact);
    learning_clear(&l);
    l2osr_task_free(task);
    if (rule)
        l2osr_rule_free(rule);
    return status;
}

START_TEST(threads_do_not_change_a_bit) {
    double first[MOST] = {0}, flat[MOST] = {0};
    for (unsigned threads = 1; threads <= 4; threads *= 2) {
        l2osr_context *ctx = test_context_with(threads, NULL);
        ck_ok(one_window(ctx, texts[_i], 3000, flat), ctx);
        if (threads == 1)
            memcpy(first, flat, sizeof first);
        ck_assert_mem_eq(first, flat, sizeof first);
        l2osr_context_free(ctx);
    }
}
END_TEST

START_TEST(reductions_are_refused) {
    l2osr_context *ctx = test_context();
    double flat[MOST];
    ck_assert_int_eq(one_window(ctx, "l2osr-rule 1\nupdate = -0.1 * g / rms(g)\n", 9, flat),
                     L2OSR_EUNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "through rms()"));
    l2osr_context_free(ctx);
}
END_TEST

/* Each step of gradient descent makes the next gradients smaller. */
START_TEST(only_the_first_order_is_biased_in_one_window) {
    static const l2osr__comparison comparison = {
        .windows = 1, .unroll = 20, .pairs = 8, .sigma = 0.01, .repeats = 20, .seed = 2};
    l2osr_context *ctx = test_context();
    l2osr__estimator_table table;
    l2osr_task *task;
    learning l;
    ck_ok(l2osr_task_quadratic(&task, ctx, DIM, 30, 0.1, 4), ctx);
    learning_of_text(&l, ctx, "l2osr-rule 1\nupdate = -lr * ema(g, ~0.5)\n", task);
    ck_ok(l2osr__compare_estimators(&l.learner.base, task, &comparison, &table), ctx);
    ck_assert_double_gt(table.of[L2OSR_META_FIRST_ORDER].bias, 0.01);
    ck_assert_double_eq_tol(table.of[L2OSR_META_EXACT].bias, 0, 1e-12);
    for (int i = L2OSR_META_ES; i <= L2OSR_META_PES; i++)
        ck_assert_double_le(table.of[i].bias, 4 * table.of[i].error);
    learning_clear(&l);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

static l2osr_status one_window_of_few(l2osr_context *ctx) {
    double flat[MOST];
    return one_window(ctx, texts[SMOOTH], 9, flat);
}

START_TEST(failing_allocations_leave_nothing_behind) {
    sweep_failures(one_window_of_few);
}
END_TEST

Suite *exact_suite(void) {
    Suite *suite = suite_create("exact meta-gradient of rules");
    TCase *tests = tcase_create("exact meta-gradient of rules");
    tcase_add_loop_test(tests, gradients_match_the_true_loss_on_a_noisy_quadratic, 0, TEXTS);
    tcase_add_loop_test(tests, gradients_match_the_true_loss_on_rosenbrock, 0, TEXTS);
    tcase_add_loop_test(tests, gradients_match_the_true_loss_of_a_network, 0, SMOOTH);
    tcase_add_test(tests, first_order_of_equation_6_matches_the_reference);
    tcase_add_loop_test(tests, threads_do_not_change_a_bit, 0, TEXTS);
    tcase_add_test(tests, reductions_are_refused);
    tcase_add_test(tests, only_the_first_order_is_biased_in_one_window);
    tcase_add_test(tests, failing_allocations_leave_nothing_behind);
    suite_add_tcase(suite, tests);
    return suite;
}
