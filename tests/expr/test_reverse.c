/* SPDX-License-Identifier: MIT */
/* The adjoints of inputs and constants against differences of the values. */
#include "tests.h"

#include <math.h>

#include "expr/code.h"
#include "vec/levels.h"

enum { N = 50, MAX_ROWS = 60 };

static const char *const formulas[] = {
    "g",
    "g * x - tanh(g)",
    "(g + x) * (g - 0.7 * x) / (1.3 + g * g) + exp(-x) * square(g)",
    "0.4 * sin(g * 1.1) + min(g, x) - pow(x, 0.5 + 1.2)",
    "bell(g)",   /* no slope: by differences */
    "mix(g, x)", /* a slope */
    "bell(0.3 * g) * mix(g + x, tanh(x)) + spread(x, g)",
    "mix(0.2 * 3, g) + mix(x, 0.7) + bell(0.4) * g + bell(mix(1.1, 0.6))",
};

/* Of every node, and what it takes to have them. */
typedef struct setting {
    l2osr__expr expr;
    l2osr__program program;
    l2osr__code code;
    double inputs[2][N], weights[N]; /* adjoints of the root */
    double rows[MAX_ROWS][N], adjoints[MAX_ROWS][N];
    double numbers[MAX_ROWS], by_number[MAX_ROWS];
} setting;

static void begin(setting *s, l2osr_context *ctx, const char *text) {
    for (int i = 0; i < 2; i++)
        l2osr_random_uniform(71, (uint64_t)i, -1.5, 1.5, s->inputs[i], N);
    l2osr_random_uniform(71, 2, 0.5, 2, s->weights, N);
    ck_ok(l2osr__parse_expression(&s->expr, ctx, (l2osr__source){"f", text}, &calling), ctx);
    ck_assert_int_le(s->expr.count, MAX_ROWS);
    ck_ok(l2osr__program_init(&s->program, ctx, MAX_ROWS), ctx);
    ck_ok(l2osr__program_build(&s->program, ctx,
                               &(l2osr__program_source){.nodes = s->expr.nodes,
                                                        .count = s->expr.count,
                                                        .roots = &s->expr.root,
                                                        .n_roots = 1,
                                                        .symbols = &calling,
                                                        .update = -1,
                                                        .functions = calling.functions}),
          ctx);
    ck_ok(l2osr__code_init(&s->code, ctx, MAX_ROWS), ctx);
    l2osr__code_build(&s->code, &s->program,
                      &(l2osr__code_goal){.roots = &s->expr.root, .n_roots = 1}, NULL);
}

static void end(setting *s, l2osr_context *ctx) {
    l2osr__code_clear(&s->code, ctx);
    l2osr__program_clear(&s->program, ctx);
    l2osr__expr_clear(&s->expr);
}

static void run_backwards(setting *s, l2osr_context *ctx) {
    double *value[MAX_ROWS], *adjoint[MAX_ROWS];
    const l2osr__kernels_f64 *kernels = l2osr__kernels_f64_of(ctx);
    l2osr__program_scalars(&s->program, &(l2osr__moment){.step = 1}, 0, s->numbers);
    for (int32_t i = 0; i < s->expr.count; i++) {
        const l2osr__node *node = &s->expr.nodes[i];
        value[i] = node->op == L2OSR__OP_VAR ? s->inputs[node->a] : s->rows[i];
        adjoint[i] = s->adjoints[i];
        kernels->fill(N, adjoint[i], 0);
        if (s->program.slots[i].broadcast)
            kernels->fill(N, value[i], s->numbers[i]);
    }
    l2osr__code_run_f64(&s->code, kernels, N, s->numbers, value, value);
    for (size_t k = 0; k < N; k++)
        adjoint[s->expr.root][k] = s->weights[k];
    l2osr__program_reverse_f64(&s->program, kernels, N, s->numbers, value, value, adjoint, adjoint);
    for (int32_t i = 0; i < s->expr.count; i++) {
        s->by_number[i] = 0;
        for (size_t k = 0; k < N; k++)
            s->by_number[i] += adjoint[i][k];
    }
    l2osr__program_reverse_scalars(&s->program, s->numbers, NULL, s->by_number, 0);
}

/* Weighted value of row k when *changed is h more or less: the slope of that. */
static double difference(const setting *s, size_t k, double *in, double *changed) {
    const double h = 1e-5, x = *changed;
    *changed = x + h;
    const double more = walk_plain(&s->expr, s->expr.root, in);
    *changed = x - h;
    const double less = walk_plain(&s->expr, s->expr.root, in);
    *changed = x;
    return s->weights[k] * (more - less) / (2 * h);
}

static void check_close(int32_t node, double got, double wanted) {
    ck_assert_msg(fabs(got - wanted) <= 1e-7 * (1 + fabs(wanted)), "node %d: %.12g, not %.12g",
                  node, got, wanted);
}

START_TEST(inputs_and_constants_have_adjoints) {
    l2osr_context *ctx = test_context();
    static setting s;
    begin(&s, ctx, formulas[_i]);
    run_backwards(&s, ctx);
    for (int32_t i = 0; i < s.expr.count; i++) {
        l2osr__node *node = &s.expr.nodes[i];
        double sum = 0;
        for (size_t k = 0; k < N; k++) {
            double in[] = {s.inputs[0][k], s.inputs[1][k], 0, 0};
            if (node->op == L2OSR__OP_VAR)
                check_close(i, s.adjoints[i][k], difference(&s, k, in, &in[node->a]));
            else if (node->op == L2OSR__OP_CONST)
                sum += difference(&s, k, in, &node->value);
        }
        if (node->op == L2OSR__OP_CONST)
            check_close(i, s.by_number[i], sum);
    }
    end(&s, ctx);
    l2osr_context_free(ctx);
}
END_TEST

TCase *reverse_tests(void) {
    TCase *tests = tcase_create("reverse mode");
    tcase_add_loop_test(tests, inputs_and_constants_have_adjoints, 0,
                        sizeof formulas / sizeof formulas[0]);
    return tests;
}
