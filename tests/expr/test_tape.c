/* SPDX-License-Identifier: MIT */
/* Derivatives over time against finite differences of the recursion itself, and against the
 * reference's vectors. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expr/tape.h"
#include "rule/engine.h"
#include "rule/rule.h"
#include "support.h"

enum { DIM = 37, SPLIT = 16, BEFORE = 7, STEPS = 9, LONGEST = 20, MAX_CELLS = 64 };

Suite *tape_suite(void);

/* Inputs of a window, and the state it begins with. */
struct window {
    l2osr_context *ctx;
    l2osr_rule *rule;
    l2osr_stepper *stepper;
    size_t before, steps, dim;
    bool moving; /* x moves by the update, so that x[before + 1] and on follow */
    double *g, *x, *slopes; /* [before + steps][dim], [same], [steps][dim] */
    void *saved;
};

static double *numbers(uint64_t stream, size_t n) {
    double *out = malloc(n * sizeof *out);
    l2osr_random_uniform(1, stream, -1.5, 1.5, out, n);
    return out;
}

static void step(struct window *w, size_t k, double *dx) {
    l2osr_step_args args = L2OSR_STEP_ARGS_INIT;
    ck_ok(l2osr_stepper_begin(w->stepper, &args), w->ctx);
    ck_ok(l2osr_stepper_delta_f64(w->stepper, 0, w->dim, w->x + k * w->dim, w->g + k * w->dim, dx),
          w->ctx);
    ck_ok(l2osr_stepper_end(w->stepper), w->ctx);
}

static void save(struct window *w) {
    const size_t size = l2osr_stepper_state_size(w->stepper);
    w->saved = malloc(size);
    ck_ok(l2osr_stepper_state_save(w->stepper, w->saved, size), w->ctx);
}

static void restore(const struct window *w) {
    ck_ok(l2osr_stepper_state_load(w->stepper, w->saved, l2osr_stepper_state_size(w->stepper)),
          w->ctx);
}

static struct window window_start(const char *text, size_t before, size_t steps, size_t dim) {
    struct window w = {
        .ctx = test_context(), .before = before, .steps = steps, .dim = dim};
    l2osr_stepper_options o = L2OSR_STEPPER_OPTIONS_INIT;
    double dx[DIM];
    o.precision = L2OSR_F64;
    w.g = numbers(1, (before + steps + 1) * dim);
    w.x = numbers(2, (before + steps) * dim);
    w.slopes = numbers(3, steps * dim);
    l2osr_rule *rule;
    ck_ok(l2osr_rule_parse(&rule, w.ctx, text, text), w.ctx);
    ck_ok(l2osr__rule_tunable(&w.rule, rule), w.ctx);
    l2osr_rule_free(rule);
    ck_ok(l2osr_stepper_create(&w.stepper, w.ctx, w.rule, 1, &w.dim, &o), w.ctx);
    for (size_t k = 0; k < before; k++)
        step(&w, k, dx);
    save(&w);
    return w;
}

static void window_end(struct window *w) {
    l2osr_stepper_free(w->stepper);
    l2osr_rule_free(w->rule);
    l2osr_context_free(w->ctx);
    free(w->g);
    free(w->x);
    free(w->slopes);
    free(w->saved);
}

/* Sum over steps of <what later slopes add up to, update>: the function that a tape differentiates.
 * Where x moves that is the sum of <slope, what it has moved by>. */
static double objective(struct window *w) {
    double dx[DIM], sum = 0;
    restore(w);
    for (size_t k = 0; k < w->steps; k++) {
        step(w, w->before + k, dx);
        for (size_t i = 0; i < w->dim; i++)
            for (size_t r = k; r < w->steps; r++)
                sum += w->slopes[r * w->dim + i] * dx[i];
        double *x = w->x + (w->before + k) * w->dim;
        for (size_t i = 0; w->moving && k + 1 < w->steps && i < w->dim; i++)
            x[w->dim + i] = x[i] + dx[i];
    }
    return sum;
}

/* Fourth-order difference by *value, which the objective reads. */
static double difference(struct window *w, double *value) {
    const double centre = *value, h = 1e-4 * fabs(centre);
    double f[4];
    for (int i = 0; i < 4; i++) {
        *value = centre + h * (i < 2 ? i - 2 : i - 1);
        f[i] = objective(w);
    }
    *value = centre;
    return (f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * h);
}

static double *scalars_of(const struct window *w) {
    const l2osr__program *p = &w->rule->program;
    double *scalars = calloc((w->steps + 1) * (size_t)p->count, sizeof *scalars);
    double inputs[L2OSR__INPUT_COUNT];
    double cells[MAX_CELLS] = {0};
    l2osr__moment moment = {.inputs = inputs, .cells = cells};
    ck_assert_int_le(p->cells, MAX_CELLS);
    for (size_t k = 0; k < w->before + w->steps; k++) {
        /* row 0 is of the step before the window */
        double *row = scalars + (k < w->before ? 0 : k - w->before + 1) * (size_t)p->count;
        moment.step = k + 1;
        l2osr__rule_inputs(inputs, k + 1, 0, 0); /* lr is a constant */
        l2osr__program_scalars(p, &moment, 0, row);
        l2osr__program_remember(p, &moment, row);
    }
    return scalars;
}

/* The window from coordinate `first` on; scalars have the row of the step before in front. */
static l2osr__tape_window_f64 window_at(const struct window *w, size_t first, const double *scalars,
                                        const double **inputs) {
    inputs[L2OSR__INPUT_G] = w->g + w->before * w->dim + first;
    inputs[L2OSR__INPUT_X] = w->x + w->before * w->dim + first;
    return (l2osr__tape_window_f64){.steps = w->steps,
                                    .before = w->before,
                                    .scalars = scalars + w->rule->program.count,
                                    .state = (double *)l2osr__stepper_state(w->stepper) + first,
                                    .stride = w->dim,
                                    .inputs = inputs,
                                    .slopes = w->slopes + first,
                                    .row = w->dim};
}

static double *make_tape(const struct window *w, l2osr__tape *tape) {
    ck_ok(l2osr__tape_init(tape, w->ctx, &w->rule->program, w->rule->form.root,
                           w->moving ? L2OSR__INPUT_X : -1, LONGEST),
          w->ctx);
    ck_assert_uint_ge(l2osr__tape_block_f64(tape), DIM);
    return malloc(l2osr__tape_workspace_f64(tape) * sizeof(double));
}

/* Derivatives by all nodes, the coordinates in blocks. */
static void differentiate(const struct window *w, double *derivatives) {
    const l2osr__kernels_f64 *kernels = l2osr__kernels_f64_of(w->ctx);
    const double *inputs[L2OSR__INPUT_COUNT];
    const size_t count = (size_t)w->rule->program.count;
    double *scalars = scalars_of(w), *sums = calloc(w->steps * count, sizeof *sums);
    l2osr__tape tape;
    double *work = make_tape(w, &tape);
    restore(w);
    for (size_t first = 0; first < w->dim; first += SPLIT) {
        const l2osr__tape_window_f64 window = window_at(w, first, scalars, inputs);
        const size_t n = w->dim - first < SPLIT ? w->dim - first : SPLIT;
        l2osr__tape_run_f64(&tape, kernels, &window, n, work, sums);
    }
    l2osr__tape_reduce(&tape, w->steps, w->before > 0 ? scalars : NULL, scalars + count, sums,
                       derivatives);
    l2osr__tape_clear(&tape, w->ctx);
    free(work);
    free(scalars);
    free(sums);
}

static void check_close(const char *text, const char *what, double by_tape, double expected) {
    ck_assert_msg(fabs(by_tape - expected) <= 2e-8 * (1 + fabs(expected)),
                  "%s: by %s it is %.12g, by differences %.12g", text, what, by_tape, expected);
}

/* Checks the derivatives by every constant, the step size being one. */
static void check_window(const char *text, size_t before, bool moving) {
    struct window w = window_start(text, before, STEPS, DIM);
    w.moving = moving;
    l2osr__expr *expr = &w.rule->form;
    double *derivatives = malloc((size_t)expr->count * sizeof *derivatives);
    differentiate(&w, derivatives);
    for (int32_t i = 0; i < w.rule->program.count; i++) {
        l2osr__node *node = &expr->nodes[i];
        char what[32];
        if (w.rule->program.slots[i].class == L2OSR__CLASS_UNUSED)
            continue;
        snprintf(what, sizeof what, "%g", node->value);
        if (node->op != L2OSR__OP_CONST)
            continue;
        check_close(text, what, derivatives[i], difference(&w, &node->value));
    }
    free(derivatives);
    window_end(&w);
}

/* With inputs that are constants, and with an x that moves. */
static void check_rule(const char *text, size_t before) {
    check_window(text, before, false);
    check_window(text, before, true);
}

static void check_update(const char *update) {
    char text[256];
    snprintf(text, sizeof text, "l2osr-rule 1\ndefault lr = 0.3\nupdate = %s\n", update);
    check_rule(text, 0);
    check_rule(text, BEFORE);
}

START_TEST(unary_operators) {
    char update[128];
    for (int op = L2OSR__OP_RELU; op < L2OSR__OP_CALL1; op++) {
        snprintf(update, sizeof update, "-lr * 0.7 * %s(abs(1.3 * g) + 0.21)", l2osr__ops[op].name);
        check_update(update);
        snprintf(update, sizeof update, "lr * 0.7 * %s(-abs(1.3 * g) - 0.21)", l2osr__ops[op].name);
        if (op != L2OSR__OP_LOG && op != L2OSR__OP_SQRT && op != L2OSR__OP_LOG1P)
            check_update(update);
    }
    check_update("-(0.3 * lr * -g)");
}
END_TEST

START_TEST(binary_operators) {
    static const char *const functions[] = {"greater", "pow", "min", "max"};
    static const char infix[] = "+-*/^";
    char update[128];
    for (size_t i = 0; i < sizeof infix - 1; i++) {
        snprintf(update, sizeof update, "lr * ((abs(1.3 * g) + 0.2) %c (0.2 * x + 1.1))", infix[i]);
        check_update(update);
    }
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        snprintf(update, sizeof update, "lr * 0.5 * %s(1.3 * g, 0.4 * x + 0.1)", functions[i]);
        check_update(update);
    }
}
END_TEST

START_TEST(averages_and_shared_definitions) {
    static const char adam[] =
        "l2osr-rule 1\nlet b1 = 0.9\nlet b2 = 0.97\n"
        "let m = ema(g, b1) / (1 - b1^t)\nlet v = ema(g^2, b2) / (1 - b2^t)\n"
        "update = -lr * m / (sqrt(v) + 0.01)\n";
    check_rule(adam, 0);
    check_rule(adam, BEFORE);
    check_update("-lr * ema(0.8 * g, 0.9)");
    check_update("-lr * ema(ema(tanh(0.8 * g), 0.6), 0.95)");
    check_update("lr * ema(g, 1.5 / (t + 2.5)) * exp(-0.1 * t) + 0.02 * ema(t, 0.7) * g");
    check_update("-lr * dsum(0.8 * g, 0.9) / (dmax(abs(1.1 * g), 0.7) + 0.3)");
    check_update("g * ema(0.3 * t, 0.7) * dsum(0.2 * t, 0.6) * dmax(exp(-0.2 * t), 0.95)");
    check_update("0.4 * update[1] - 0.1 * update[3] * tanh(x) - lr * g");
}
END_TEST

START_TEST(lags) {
    static const char lets[] =
        "l2osr-rule 1\nlet f = tanh(0.5 * g + 0.1 * x)\nlet s = ema(f, 0.8)\n"
        "update = -lr * (0.6 * f + 0.3 * f[1] + 0.2 * f[4] * s[2] + 0.1 * g[3])\n";
    check_rule(lets, 0);
    check_rule(lets, BEFORE);
    check_update("lr * (0.4 * tanh(0.7 * x))[1][2]");
    check_update("lr * ema((0.4 * g)[2], 0.9) + ema(0.2 * g[1], 0.7)[11]");
    check_update("0.2 * (0.5 * lr * t)[2] * g");
    check_update("0.2 * ema(0.5 * g, 0.9)[1] * x - 0.3 * ema(g, 0.8)[1][1]");
    check_update("(lr * 0.3 * g)[1]");
}
END_TEST

START_TEST(odd_roots) {
    check_update("g");
    check_update("-lr * 0.5");
    check_update("x[1]");
    check_update("ema(0.3 * g, 0.9)");
}
END_TEST

START_TEST(what_the_root_moves) {
    check_update("-0.3 * lr * (g + 0.2 * x)");
    check_update("0.1 * x");
    check_update("0.3 * lr * (x[1] - x) - lr * ema(x * g, 0.9)");
    check_update("0.2 * update[1] * x - lr * tanh(0.4 * x[3] + g)");
}
END_TEST

/* f(x) = 0.5 |A x - b|^2 of the golden vectors. */
enum { SIZE = 7, UNROLL = 20 };

static void gradient_at(const double *A, const double *b, const double *x, double *g) {
    double r[SIZE];
    memset(g, 0, SIZE * sizeof *g);
    for (int i = 0; i < SIZE; i++) {
        r[i] = -b[i];
        for (int j = 0; j < SIZE; j++)
            r[i] += A[i * SIZE + j] * x[j];
    }
    for (int i = 0; i < SIZE; i++)
        for (int j = 0; j < SIZE; j++)
            g[j] += A[i * SIZE + j] * r[i];
}

static const char equation_6[] =
    "l2osr-rule 1\n"
    "let b = 0.95\n"
    "let gamma = %.17g\n"
    "let v = ema(g^2, b) / (1 - b^t)\n"
    "let vs = sqrt(v) + 1e-12\n"
    "let mt = ema(g, b) / (1 - b^t) / vs\n"
    "let gt = g / vs\n"
    "let p = gamma * tanh(mt / gamma)\n"
    "let q = gamma * tanh(gt / gamma)\n"
    "update = -lr * (%.17g * p + %.17g * p[1] + %.17g * p[2] + %.17g * q + %.17g * q[1] + "
    "%.17g * q[2])\n";

/* By the constant that was written as `value`; the parser may have taken its sign apart. */
static double derivative_by(const struct window *w, const double *derivatives, double value) {
    for (int32_t i = 0; i < w->rule->program.count; i++) {
        const l2osr__node *node = &w->rule->form.nodes[i];
        if (node->op == L2OSR__OP_CONST && fabs(node->value) == fabs(value))
            return node->value == value ? derivatives[i] : -derivatives[i];
    }
    ck_abort_msg("no constant %g", value);
    return 0;
}

/* Runs the window of the golden vectors, leaving gradients in w->g and their tail as slopes. */
static void run_golden(struct window *w) {
    double A[SIZE * SIZE], b[SIZE], x[SIZE], end[SIZE], dx[SIZE];
    test_golden(w->ctx, "quadratic/A", A, SIZE * SIZE);
    test_golden(w->ctx, "quadratic/b", b, SIZE);
    test_golden(w->ctx, "quadratic/x0", x, SIZE);
    test_golden(w->ctx, "eq6_golden_f64/xend", end, SIZE);
    for (size_t k = 0; k < UNROLL; k++) {
        gradient_at(A, b, x, w->g + k * SIZE);
        step(w, k, dx);
        for (int i = 0; i < SIZE; i++)
            x[i] += dx[i];
    }
    gradient_at(A, b, x, w->g + UNROLL * SIZE);
    memcpy(w->slopes, w->g + SIZE, UNROLL * SIZE * sizeof *w->g);
    for (int i = 0; i < SIZE; i++)
        ck_assert_double_eq_tol(x[i], end[i], 1e-12);
}

START_TEST(equation_6_of_the_paper) {
    if (!test_shared())
        return;
    l2osr_context *ctx = test_context();
    double constants[7], golden[7], derivatives[L2OSR__MAX_NODES];
    char text[1024];
    test_golden(ctx, "eq6_golden_f64/W", constants, 6);
    test_golden(ctx, "eq6_golden_f64/gamma", constants + 6, 1);
    test_golden(ctx, "eq6_golden_f64/gradW", golden, 6);
    test_golden(ctx, "eq6_golden_f64/gradgamma", golden + 6, 1);
    snprintf(text, sizeof text, equation_6, constants[6], constants[0], constants[1], constants[2],
             constants[3], constants[4], constants[5]);
    struct window w = window_start(text, 0, UNROLL, SIZE);
    run_golden(&w);
    differentiate(&w, derivatives);
    for (int i = 0; i < 7; i++)
        ck_assert_double_eq_tol(derivative_by(&w, derivatives, constants[i]), golden[i],
                                1e-9 * fabs(golden[i]));
    window_end(&w);
    l2osr_context_free(ctx);
}
END_TEST

Suite *tape_suite(void) {
    Suite *suite = suite_create("tape");
    TCase *tests = tcase_create("tape");
    tcase_add_test(tests, unary_operators);
    tcase_add_test(tests, binary_operators);
    tcase_add_test(tests, averages_and_shared_definitions);
    tcase_add_test(tests, lags);
    tcase_add_test(tests, odd_roots);
    tcase_add_test(tests, what_the_root_moves);
    tcase_add_test(tests, equation_6_of_the_paper);
    suite_add_tcase(suite, tests);
    return suite;
}
