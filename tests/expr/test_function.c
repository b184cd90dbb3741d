/* SPDX-License-Identifier: MIT */
/* Functions of the caller: text, values, and what rewriting leaves alone. */
#include "tests.h"

#include <math.h>
#include <string.h>

#include "expr/code.h"
#include "expr/rewrite.h"

enum { N = 1000, MAX_ROWS = 40 };

static double bell(void *user, double a, double b) {
    ck_assert(b == 0);
    return *(const double *)user * exp(-a * a);
}

static void bells(void *user, size_t n, float *out, const float *a, const float *b) {
    ck_assert(out != a && !b);
    for (size_t i = 0; i < n; i++)
        out[i] = (float)bell(user, (double)a[i], 0);
}

static double mix(void *user, double a, double b) {
    (void)user;
    return a * cos(b) + a * a * b;
}

static double mix_slope(void *user, double a, double b, unsigned operand) {
    (void)user;
    return operand == 0 ? cos(b) + 2 * a * b : a * a - a * sin(b);
}

/* Reads its operands after it has written, as a block may. */
static void spread(void *user, size_t n, float *out, const float *a, const float *b) {
    (void)user;
    memset(out, 0, n * sizeof *out);
    for (size_t i = 0; i < n; i++)
        out[i] = a[i] - 2 * b[i];
}

static double spread_value(void *user, double a, double b) {
    (void)user;
    return a - 2 * b;
}

static double height = 1.5;
static const l2osr__function functions[] = {
    {"bell", 1, bell, bells, NULL, &height},
    {"mix", 2, mix, NULL, mix_slope, NULL},
    {"spread", 2, spread_value, spread, NULL, NULL},
};
static const char *const names[] = {"g", "x", "t", "lr"};
static const uint8_t scalar[] = {0, 0, 1, 1};
const l2osr__symbols calling = {names, scalar, 4, 0, functions, 3};

double walk_plain(const l2osr__expr *expr, int32_t i, const double *in) {
    const l2osr__node *n = &expr->nodes[i];
    if (n->op == L2OSR__OP_CONST)
        return n->value;
    if (n->op == L2OSR__OP_VAR)
        return in[n->a];
    const double a = walk_plain(expr, n->a, in), b = n->b < 0 ? 0 : walk_plain(expr, n->b, in);
    if (l2osr__op_is_call(n->op))
        return functions[n->lag].value(functions[n->lag].user, a, b);
    return l2osr__op_compute((l2osr__opcode)n->op, a, b);
}

/* ---- text ---- */

static const char *const texts[][2] = {
    {"bell(g)", "\\mathrm{bell}\\left(g\\right)"},
    {"mix(g, bell(x + 1))", "\\mathrm{mix}\\left(g, \\mathrm{bell}\\left(x + 1\\right)\\right)"},
    {"-mix(2, -3)^2 * bell(g)[2]", NULL},
    {"ema(bell(bell(g)), 0.9) + tanh(mix(t, lr))", NULL},
};

static void check_text(const l2osr__expr *expr, const char *wanted, bool latex) {
    l2osr__text text = {.ctx = expr->ctx};
    char *written;
    (latex ? l2osr__print_latex : l2osr__print_node)(&text, expr, expr->root, &calling);
    ck_ok(l2osr__text_take(&text, &written), expr->ctx);
    ck_assert_str_eq(written, wanted);
    l2osr__free(expr->ctx, written);
}

static void read(l2osr__expr *expr, l2osr_context *ctx, const char *text) {
    ck_ok(l2osr__parse_expression(expr, ctx, (l2osr__source){"f", text}, &calling), ctx);
}

START_TEST(calls_round_trip) {
    l2osr_context *ctx = test_context();
    l2osr__expr expr;
    read(&expr, ctx, texts[_i][0]);
    check_text(&expr, texts[_i][0], false);
    if (texts[_i][1])
        check_text(&expr, texts[_i][1], true);
    l2osr__expr_clear(&expr);
    l2osr_context_free(ctx);
}
END_TEST

static const char *const errors[][2] = {
    {"bel(g)", "f: line 1, column 1: unknown function 'bel', did you mean 'bell'?"},
    {"mix(g)", "f: line 1, column 6: 'mix' takes 2 arguments"},
    {"bell(g, x)", "f: line 1, column 7: 'bell' takes 1 argument"},
    {"function(g)", "f: line 1, column 1: unknown function 'function'"},
};

START_TEST(calls_that_are_wrong) {
    l2osr_context *ctx = test_context();
    l2osr__expr expr;
    ck_assert_int_eq(
        l2osr__parse_expression(&expr, ctx, (l2osr__source){"f", errors[_i][0]}, &calling),
        L2OSR_EPARSE);
    ck_assert_str_eq(l2osr_context_errmsg(ctx), errors[_i][1]);
    l2osr__expr_clear(&expr);
    l2osr_context_free(ctx);
}
END_TEST

static const struct {
    l2osr__function functions[2];
    const char *message;
} tables[] = {
    {{{NULL, 1, bell, NULL, NULL, NULL}}, "function 0 has no name"},
    {{{"2f", 1, bell, NULL, NULL, NULL}}, "letters, digits and '_'"},
    {{{" f", 1, bell, NULL, NULL, NULL}}, "letters, digits and '_'"},
    {{{"", 1, bell, NULL, NULL, NULL}}, "letters, digits and '_'"},
    {{{"abcdefghijklmnopqrstuvwxyz_12345", 1, bell, NULL, NULL, NULL}}, "at most 31"},
    {{{"tanh", 1, bell, NULL, NULL, NULL}}, "function 'tanh': an operator has that name"},
    {{{"wsum", 1, bell, NULL, NULL, NULL}}, "taken by the sum of the last steps"},
    {{{"cosine", 1, bell, NULL, NULL, NULL}}, "taken by a schedule"},
    {{{"f", 3, bell, NULL, NULL, NULL}}, "function 'f': arity is neither 1 nor 2"},
    {{{"f", 1, NULL, bells, NULL, NULL}}, "function 'f': value is NULL"},
    {{{"f", 1, bell, NULL, NULL, NULL}, {"f", 2, mix, NULL, NULL, NULL}},
     "function 'f': defined twice"},
};

START_TEST(tables_are_checked) {
    l2osr_context *ctx = test_context();
    ck_ok(l2osr__functions_check(ctx, functions, 3), ctx);
    const size_t count = tables[_i].functions[1].name ? 2 : 1;
    ck_assert_int_eq(l2osr__functions_check(ctx, tables[_i].functions, count), L2OSR_EINVAL);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), tables[_i].message));
    ck_assert_int_eq(l2osr__functions_check(ctx, functions, L2OSR__MAX_FUNCTIONS + 1),
                     L2OSR_EINVAL);
    l2osr_context_free(ctx);
}
END_TEST

/* ---- values ---- */

static double inputs[4][N];

#define T       float
#define F(name) name##_f32
#include "evaluate.inc"
#undef T
#undef F

#define T       double
#define F(name) name##_f64
#include "evaluate.inc"

static const char *const formulas[] = {
    "bell(g)",
    "mix(g, x)",
    "spread(g * x, g + x)",
    "spread(exp(g), spread(exp(x), exp(g * x)))",
    "bell(-g) + bell(tanh(x)) * mix(g + x, g * x)",
    "mix(g, 0.5) - mix(t, g) + spread(g, lr) * spread(2, -x)", /* one operand is a number */
    "bell(0.3) * g + mix(t, lr)",                              /* all are */
    "spread(bell(t), bell(2) * 3)",
};

static void setup(void) {
    for (int i = 0; i < 2; i++)
        l2osr_random_normal(70, (uint64_t)i, 0, 1, inputs[i], N);
    for (size_t k = 0; k < N; k++) {
        inputs[2][k] = 3;
        inputs[3][k] = 0.1;
    }
}

static void check_values(const l2osr__expr *expr, const double *values, double tolerance) {
    for (size_t k = 0; k < N; k++) {
        const double in[] = {inputs[0][k], inputs[1][k], inputs[2][k], inputs[3][k]};
        const double wanted = walk_plain(expr, expr->root, in);
        ck_assert_msg(fabs(values[k] - wanted) <= tolerance * fmax(1, fabs(wanted)),
                      "row %zu: %.17g, not %.17g", k, values[k], wanted);
    }
}

START_TEST(calls_have_values) {
    l2osr_context *ctx = test_context();
    static double out[N], numbers[MAX_ROWS];
    const double step[] = {0, 0, 3, 0.1};
    l2osr__expr expr;
    l2osr__routine routine;
    read(&expr, ctx, formulas[_i]);
    ck_ok(l2osr__routine_init(&routine, ctx,
                              &(l2osr__program_source){.nodes = expr.nodes,
                                                       .count = expr.count,
                                                       .roots = &expr.root,
                                                       .n_roots = 1,
                                                       .symbols = &calling,
                                                       .update = expr.root,
                                                       .functions = functions}),
          ctx);
    l2osr__program_scalars(&routine.program, &(l2osr__moment){.inputs = step, .step = 1}, 0,
                           numbers);
    evaluate_f64(l2osr__kernels_f64_of(ctx), &routine, numbers, out);
    check_values(&expr, out, 0);
    evaluate_f32(l2osr__kernels_f32_of(ctx), &routine, numbers, out);
    check_values(&expr, out, 2e-5);
    l2osr__routine_clear(&routine, ctx);
    l2osr__expr_clear(&expr);
    l2osr_context_free(ctx);
}
END_TEST

/* Equal calls are one, others are not, and none is folded. */
START_TEST(rewriting_leaves_calls_alone) {
    static const unsigned flags[] = {0, L2OSR__REWRITE_FINITE, L2OSR__REWRITE_RUN};
    l2osr_context *ctx = test_context();
    l2osr__expr expr, simple;
    int32_t map[L2OSR__MAX_NODES];
    read(&expr, ctx, "mix(2, 1 + 2) - spread(2, 3) * spread(2, 3 - 0) + bell(2)");
    ck_assert(isnan(l2osr__op_compute(L2OSR__OP_CALL1, 2, 0)));
    for (size_t i = 0; i < 3; i++) {
        ck_ok(l2osr__rewrite(&simple, &expr, &calling, NULL, flags[i], map), ctx);
        check_text(&simple, "bell(2) + (mix(2, 3) - spread(2, 3) * spread(2, 3))", false);
        ck_assert_int_eq(simple.count, 8);
        l2osr__expr_clear(&simple);
    }
    l2osr__expr_clear(&expr);
    l2osr_context_free(ctx);
}
END_TEST

TCase *function_tests(void) {
    TCase *tests = tcase_create("functions");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_loop_test(tests, calls_round_trip, 0, sizeof texts / sizeof texts[0]);
    tcase_add_loop_test(tests, calls_that_are_wrong, 0, sizeof errors / sizeof errors[0]);
    tcase_add_loop_test(tests, tables_are_checked, 0, sizeof tables / sizeof tables[0]);
    tcase_add_loop_test(tests, calls_have_values, 0, sizeof formulas / sizeof formulas[0]);
    tcase_add_test(tests, rewriting_leaves_calls_alone);
    return tests;
}
