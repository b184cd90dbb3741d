/* SPDX-License-Identifier: MIT */
#include "sr/fit.h"

#include <math.h>
#include <string.h>

enum { N = L2OSR__FIT_CONSTANTS };

/* Derivatives of the value by parameter i, for a block that has been run; in `room` unless they are
 * the adjoint itself. */
static const float *derivatives(const l2osr__normal *out, const l2osr__scorer *s, int32_t node,
                                int32_t i, size_t first, size_t n, float *room) {
    const float *adjoint = s->adjoint[node];
    const bool decay = s->tree->nodes[node].op == L2OSR__OP_VAR;
    if (!decay && !s->table->root_weight)
        return adjoint;
    if (decay)
        s->kernels->binary[L2OSR__BI_MUL](n, room, adjoint, out->slope[i] + first);
    else
        memcpy(room, adjoint, n * sizeof *room);
    l2osr__scorer_weigh(s, room, first, n);
    return room;
}

static void add_block(l2osr__normal *out, l2osr__scorer *s, const int32_t *parameters,
                      size_t first, size_t n) {
    float residual[L2OSR__SCORE_BLOCK], room[N][L2OSR__SCORE_BLOCK];
    const float *columns[N];
    l2osr__scorer_residual(s, l2osr__scorer_run(s, first, n), residual, first, n);
    out->square += s->kernels->sum_squares(n, residual);
    l2osr__scorer_reverse(s, n);
    for (int32_t i = 0; i < out->n; i++) {
        columns[i] = derivatives(out, s, parameters[i], i, first, n, room[i]);
        out->gradient[i] += s->kernels->rough_dot(n, columns[i], residual);
        for (int32_t j = 0; j <= i; j++)
            out->matrix[i * out->n + j] += s->kernels->rough_dot(n, columns[i], columns[j]);
    }
}

bool l2osr__fit_derive(l2osr__scorer *s, const l2osr__tree *tree, size_t rows, l2osr__normal *out) {
    int32_t parameters[L2OSR__TREE_ROOM];
    double check = 0;
    memset(out, 0, sizeof *out);
    out->n = l2osr__tree_parameters(tree, s->grammar, parameters);
    l2osr__scorer_load(s, tree, true);
    l2osr__scorer_want(s, parameters, out->n);
    for (int32_t i = 0; i < out->n; i++)
        if (tree->nodes[parameters[i]].op == L2OSR__OP_VAR)
            out->slope[i] = l2osr__scorer_slope(s, &tree->nodes[parameters[i]]);
    for (size_t row = 0; row < rows; row += L2OSR__SCORE_BLOCK)
        add_block(out, s, parameters, row,
                  rows - row < L2OSR__SCORE_BLOCK ? rows - row : L2OSR__SCORE_BLOCK);
    for (int32_t i = 0; i < out->n; i++)
        check += out->gradient[i] * 0 + out->matrix[i * out->n + i] * 0;
    return isfinite(out->square) && check == 0;
}

/* Solves (J'J + damping diag) step = J'r. */
static void solve(const l2osr__normal *problem, double damping, double *step) {
    double matrix[N * N];
    const int32_t n = problem->n;
    memcpy(matrix, problem->matrix, (size_t)(n * n) * sizeof *matrix);
    for (int32_t i = 0; i < n; i++)
        matrix[i * n + i] *= 1 + damping;
    l2osr__linear_solve(n, matrix, problem->gradient, 1e-12, step);
}

/* The tree with its parameters moved by `step`; decays stay below 1. */
static void move(l2osr__tree *tree, const int32_t *parameters, const double *step, int32_t n) {
    for (int32_t i = 0; i < n; i++) {
        l2osr__node *node = &tree->nodes[parameters[i]];
        const double moved = node->value + step[i], room = 1 - node->value;
        if (node->op == L2OSR__OP_CONST)
            node->value = moved;
        else /* at most two thirds of the way to either end */
            node->value = step[i] > 0.67 * room                ? node->value + 0.67 * room
                          : moved < 0.33 * node->value ? 0.33 * node->value
                                                       : moved;
    }
}

unsigned l2osr__fit(l2osr__scorer *s, l2osr__tree *tree, size_t rows, unsigned iterations) {
    int32_t parameters[L2OSR__TREE_ROOM], n = l2osr__tree_parameters(tree, s->grammar, parameters);
    l2osr__normal current, next;
    double damping = 1e-3, step[N];
    unsigned used = 1;
    if (rows > s->table->rows)
        rows = s->table->rows;
    if (n == 0 || n > N || !l2osr__fit_derive(s, tree, rows, &current))
        return 0;
    for (; used <= iterations && damping < 1e6; used++) {
        l2osr__tree trial = *tree;
        solve(&current, damping, step);
        move(&trial, parameters, step, n);
        if (!l2osr__fit_derive(s, &trial, rows, &next) || next.square >= current.square) {
            damping *= 10;
            continue;
        }
        const bool settled = next.square > (1 - 1e-5) * current.square;
        *tree = trial;
        current = next;
        damping *= 0.1;
        if (settled)
            break;
    }
    return used;
}
