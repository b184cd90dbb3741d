/* SPDX-License-Identifier: MIT */
/* The exact meta-gradient of rules, by their constants. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "meta/differences.h"
#include "meta/small.h"
#include "rule/rule.h"
#include "suites.h"
#include "tune/back_rule.h"

enum { DIM = 37, MOST = 16 };

/* ---- what learns: the constants of a rule, as they are ---- */

static double derivative(const l2osr_rule *rule, const l2osr__constant *c, size_t groups,
                         const double *derivatives) {
    const l2osr__node *node = &rule->form.nodes[c->node];
    const size_t last = (size_t)l2osr__node_values(node) - 1;
    double sum = 0;
    for (size_t group = 0; group < groups; group++)
        if (node->b <= 0 || (size_t)c->index == (group < last ? group : last))
            sum += derivatives[group * (size_t)rule->program.count + (size_t)c->node];
    return sum;
}

static void to_constants(void *arg, size_t groups, const double *derivatives, double *flat) {
    const l2osr_rule *rule = arg;
    for (int32_t i = 0; i < rule->constant_count; i++)
        flat[i] = derivative(rule, &rule->constants[i], groups, derivatives);
}

static l2osr_status create_backward(l2osr__backward **out, l2osr__pupil *self,
                                    const l2osr_task *task, size_t steps) {
    return l2osr__back_rule_create(out, self->ctx, self->rule, task, steps,
                                   (l2osr__back_rule_chain){to_constants, self->rule});
}

static l2osr_status set(l2osr__pupil *self, const double *numbers) {
    for (size_t i = 0; i < self->size; i++)
        l2osr__rule_set(self->rule, i, numbers[i]);
    return L2OSR_OK;
}

static void free_pupil(l2osr__pupil *self) {
    l2osr_rule_free(self->rule);
    *self = (l2osr__pupil){0};
}

static const l2osr__pupil_class pupil_class = {
    .set = set, .free = free_pupil, .backward_create = create_backward};

static l2osr_status pupil_init(l2osr__pupil *pupil, const l2osr_rule *rule) {
    *pupil = (l2osr__pupil){.class = &pupil_class, .ctx = rule->ctx};
    L2OSR__TRY(l2osr__rule_tunable(&pupil->rule, rule));
    pupil->size = l2osr_rule_constant_count(pupil->rule);
    return L2OSR_OK;
}

static l2osr__pupil pupil_of_text(l2osr_context *ctx, const char *text, double *numbers) {
    l2osr__pupil pupil;
    l2osr_rule *rule;
    ck_ok(l2osr_rule_parse(&rule, ctx, text, NULL), ctx);
    ck_ok(pupil_init(&pupil, rule), ctx);
    l2osr_rule_free(rule);
    ck_assert_uint_le(pupil.size, MOST);
    for (size_t i = 0; i < pupil.size; i++)
        numbers[i] = l2osr_rule_constant(pupil.rule, i);
    return pupil;
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

static void compare(l2osr_context *ctx, const char *text, l2osr_task *task) {
    double numbers[MOST];
    l2osr__pupil pupil = pupil_of_text(ctx, text, numbers);
    check_differences(&pupil, task, numbers, L2OSR__SECOND_ORDER, 1e-6);
    check_differences(&pupil, task, numbers, L2OSR__FIRST_ORDER, 1e-6);
    l2osr__pupil_free(&pupil);
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

static void read_golden(l2osr_context *ctx, const char *name, double *values, size_t n) {
    char path[512];
    l2osr_array *array;
    snprintf(path, sizeof path, "%s/golden/%s.npy", test_shared(), name);
    ck_ok(l2osr_array_load(&array, ctx, path), ctx);
    ck_assert_uint_eq(l2osr_array_size(array), n);
    for (size_t i = 0; i < n; i++)
        values[i] = l2osr_array_get(array, i);
    l2osr_array_free(array);
}

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
    read_golden(ctx, "quadratic/A", s->A, GOLDEN_DIM * GOLDEN_DIM);
    read_golden(ctx, "quadratic/b", s->b, GOLDEN_DIM);
    read_golden(ctx, "quadratic/x0", s->x0, GOLDEN_DIM);
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

/* Eq. 6 with gamma in front of its weights, as the preset lists them; gradients that are fed are
 * constants there, so that no Hessian is needed. */
START_TEST(first_order_of_equation_6_matches_the_reference) {
    enum { SIZE = GOLDEN_WEIGHTS + 1 };
    double numbers[MOST], golden[SIZE], flat[MOST], losses[GOLDEN_UNROLL], sum, end[GOLDEN_DIM];
    if (!test_shared())
        return;
    l2osr_context *ctx = test_context();
    struct square s;
    l2osr_task *task = square_task(ctx, &s);
    l2osr__exact *exact;
    l2osr_rule *rule;
    ck_ok(l2osr_rule_preset(&rule, ctx, "eq6"), ctx);
    l2osr__pupil pupil = pupil_of_text(ctx, l2osr_rule_text(rule), numbers);
    read_golden(ctx, "eq6_golden_f64/gamma", numbers, 1);
    read_golden(ctx, "eq6_golden_f64/W", numbers + 1, GOLDEN_WEIGHTS);
    read_golden(ctx, "eq6_golden_f64/gradgamma", golden, 1);
    read_golden(ctx, "eq6_golden_f64/gradW", golden + 1, GOLDEN_WEIGHTS);
    read_golden(ctx, "eq6_golden_f64/losses", losses, GOLDEN_UNROLL);
    read_golden(ctx, "eq6_golden_f64/metaloss", &sum, 1);
    read_golden(ctx, "eq6_golden_f64/xend", end, GOLDEN_DIM);
    ck_ok(set(&pupil, numbers), ctx);
    ck_ok(l2osr__exact_create(&exact, &pupil, task, 1, GOLDEN_UNROLL, L2OSR__FIRST_ORDER), ctx);
    ck_ok(l2osr__exact_restart(exact, 1), ctx);
    ck_ok(l2osr__exact_window(exact, GOLDEN_UNROLL), ctx);
    ck_ok(l2osr__exact_gradient(exact, NULL, flat), ctx);
    for (int t = 0; t < GOLDEN_UNROLL; t++)
        check_close(exact->losses[t], losses[t]);
    check_close(exact->mean_loss * (GOLDEN_UNROLL + 1), sum);
    for (int i = 0; i < GOLDEN_DIM; i++)
        check_close(exact->x[i], end[i]);
    for (int i = 0; i < SIZE; i++)
        check_close(flat[i], golden[i]);
    l2osr__exact_free(exact);
    l2osr__pupil_free(&pupil);
    l2osr_rule_free(rule);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

/* ---- the rest ---- */

/* A window of the exact gradient into flat[MOST]; every step may fail. */
static l2osr_status one_window(l2osr_context *ctx, const char *text, size_t dim, double *flat) {
    struct wrapped w = {.parted = true};
    l2osr__pupil pupil = {.class = &pupil_class};
    l2osr__exact *exact = NULL;
    l2osr_rule *rule = NULL;
    l2osr_task *task = NULL;
    l2osr_status status = l2osr_rule_parse(&rule, ctx, text, NULL);
    if (status == L2OSR_OK)
        status = pupil_init(&pupil, rule);
    if (status == L2OSR_OK)
        status = l2osr_task_rosenbrock(&w.inner, ctx, dim);
    if (status == L2OSR_OK)
        status = wrapped_task(&task, ctx, &w);
    if (status == L2OSR_OK)
        status = l2osr__exact_create(&exact, &pupil, task, 1, 5, L2OSR__SECOND_ORDER);
    if (status == L2OSR_OK)
        status = l2osr__exact_restart(exact, 5);
    if (status == L2OSR_OK)
        status = l2osr__exact_window(exact, 5);
    if (status == L2OSR_OK)
        status = l2osr__exact_gradient(exact, NULL, flat);
    l2osr__exact_free(exact);
    l2osr_task_free(task);
    if (pupil.rule)
        l2osr__pupil_free(&pupil);
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
    tcase_add_test(tests, failing_allocations_leave_nothing_behind);
    suite_add_tcase(suite, tests);
    return suite;
}
