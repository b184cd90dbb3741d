/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <math.h>
#include <string.h>

static const double decays[] = {0.5, 0.9};

void bench_open_over(struct bench *b, l2osr_context *ctx, l2osr_samples *samples,
                     const char *operators, size_t held) {
    const l2osr_sr_options options = L2OSR_SR_OPTIONS_INIT;
    memset(b, 0, sizeof *b);
    b->ctx = ctx;
    b->samples = samples;
    ck_ok(l2osr__grammar_init(&b->grammar, ctx, operators), ctx);
    b->grammar.decays = decays;
    b->grammar.n_decays = 2;
    b->grammar.max_size = b->grammar.max_depth = 60;
    b->grammar.max_terms = L2OSR__TERMS_LIMIT;
    ck_ok(l2osr__columns_init(&b->columns, ctx, samples, &options, &b->grammar), ctx);
    b->grammar.terminals = b->columns.terminals;
    b->grammar.plain = (uint32_t)b->columns.plain;
    b->grammar.columns = (uint32_t)b->columns.count;
    const size_t trajectories = l2osr_samples_trajectories(samples);
    const l2osr__table_source source = {.columns = &b->columns,
                                        .samples = samples,
                                        .train = trajectories - held,
                                        .max_rows = 100000,
                                        .seed = 1};
    ck_ok(l2osr__table_init(&b->table, ctx, &source), ctx);
    ck_ok(l2osr__scorer_init(&b->scorer, ctx, &b->table, &b->grammar), ctx);
}

void bench_open(struct bench *b, const char *operators) {
    l2osr_context *ctx = test_context();
    bench_open_over(b, ctx, make_table(ctx, BENCH_ROWS), operators, 0);
}

void bench_close(struct bench *b) {
    l2osr__scorer_clear(&b->scorer);
    l2osr__table_clear(&b->table);
    l2osr__columns_clear(&b->columns);
    l2osr_samples_free(b->samples);
    l2osr_context_free(b->ctx);
}

/* Appends a node and what it is made of; the parser may have shared nodes. */
static void append(l2osr__tree *tree, const l2osr__node *nodes, int32_t i) {
    const int arity = l2osr__ops[nodes[i].op].arity;
    if (arity >= 1)
        append(tree, nodes, nodes[i].a);
    if (arity == 2)
        append(tree, nodes, nodes[i].b);
    ck_assert_int_lt(tree->count, L2OSR__TREE_ROOM);
    tree->nodes[tree->count++] = nodes[i];
}

static l2osr__symbols symbols_of(const struct bench *b) {
    return (l2osr__symbols){.names = (const char *const *)b->columns.names,
                            .count = b->columns.plain,
                            .functions = b->grammar.functions,
                            .n_functions = b->grammar.n_functions};
}

void bench_parse(struct bench *b, const char *text, l2osr__tree *tree) {
    const l2osr__symbols symbols = symbols_of(b);
    l2osr__expr expr;
    ck_ok(l2osr__parse_expression(&expr, b->ctx, (l2osr__source){"test", text}, &symbols), b->ctx);
    tree->count = 0;
    append(tree, expr.nodes, expr.root);
    l2osr__expr_clear(&expr);
    l2osr__tree_link(tree);
}

const char *bench_print(struct bench *b, const l2osr__tree *tree, char *out) {
    const l2osr__symbols symbols = symbols_of(b);
    l2osr__text text = {.ctx = b->ctx};
    l2osr__tree copy = *tree;
    const l2osr__expr expr = {.ctx = b->ctx, .nodes = copy.nodes, .count = copy.count};
    char *taken;
    l2osr__print_node(&text, &expr, copy.count - 1, &symbols);
    ck_ok(l2osr__text_take(&text, &taken), b->ctx);
    ck_assert_uint_lt(strlen(taken), 256);
    strcpy(out, taken);
    l2osr__free(b->ctx, taken);
    return out;
}

void bench_random(struct bench *b, l2osr__rng *rng, int32_t size, l2osr__tree *tree) {
    tree->count = 0;
    l2osr__tree_random(tree, &b->grammar, rng, size);
    l2osr__tree_link(tree);
}

void bench_values(struct bench *b, const l2osr__tree *tree, float *out) {
    l2osr__scorer_load(&b->scorer, tree, false);
    for (size_t row = 0; row < b->table.rows; row += L2OSR__SCORE_BLOCK) {
        const size_t left = b->table.rows - row;
        const size_t n = left < L2OSR__SCORE_BLOCK ? left : L2OSR__SCORE_BLOCK;
        memcpy(out + row, l2osr__scorer_run(&b->scorer, row, n), n * sizeof *out);
    }
}

double bench_value(const l2osr__tree *tree, const double *x) {
    double value[L2OSR__TREE_ROOM];
    for (int32_t i = 0; i < tree->count; i++) {
        const l2osr__node *node = &tree->nodes[i];
        const int arity = l2osr__ops[node->op].arity;
        if (node->op == L2OSR__OP_CONST)
            value[i] = node->value;
        else if (node->op == L2OSR__OP_VAR)
            value[i] = x[node->a];
        else
            value[i] = l2osr__op_compute((l2osr__opcode)node->op, value[node->a],
                                         arity == 2 ? value[node->b] : 0);
    }
    return value[tree->count - 1];
}

void check_whole(const l2osr__tree *tree) {
    l2osr__tree again = *tree;
    ck_assert_int_ge(tree->count, 1);
    ck_assert_int_le(tree->count, L2OSR__TREE_ROOM);
    ck_assert_int_eq(l2osr__tree_start(tree, tree->count - 1), 0);
    l2osr__tree_link(&again);
    for (int32_t i = 0; i < tree->count; i++) {
        const int arity = l2osr__ops[tree->nodes[i].op].arity;
        if ((arity >= 1 && again.nodes[i].a != tree->nodes[i].a) ||
            (arity == 2 && again.nodes[i].b != tree->nodes[i].b))
            ck_abort_msg("node %d has lost an operand", (int)i); /* a ck_assert() each is slow */
    }
}

static void swap_rows(int n, long double *matrix, long double *right, int a, int b) {
    for (int k = 0; k < n; k++) {
        const long double kept = matrix[a * n + k];
        matrix[a * n + k] = matrix[b * n + k];
        matrix[b * n + k] = kept;
    }
    const long double kept = right[a];
    right[a] = right[b];
    right[b] = kept;
}

void plain_solve(int n, long double *matrix, long double *right, long double *x) {
    for (int i = 0; i < n; i++) {
        int pivot = i;
        for (int k = i + 1; k < n; k++)
            if (fabsl(matrix[k * n + i]) > fabsl(matrix[pivot * n + i]))
                pivot = k;
        swap_rows(n, matrix, right, i, pivot);
        ck_assert_msg(matrix[i * n + i] != 0, "singular");
        for (int k = i + 1; k < n; k++) {
            const long double factor = matrix[k * n + i] / matrix[i * n + i];
            for (int j = i; j < n; j++)
                matrix[k * n + j] -= factor * matrix[i * n + j];
            right[k] -= factor * right[i];
        }
    }
    for (int i = n; i-- > 0;) {
        x[i] = right[i];
        for (int k = i + 1; k < n; k++)
            x[i] -= matrix[i * n + k] * x[k];
        x[i] /= matrix[i * n + i];
    }
}
