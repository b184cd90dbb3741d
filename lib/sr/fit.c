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

static void add_block(l2osr__normal *out, l2osr__scorer *s, const int32_t *parameters, size_t first,
                      size_t n) {
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

static void clear(l2osr__normal *out, int32_t n) {
    out->n = n;
    out->square = 0;
    memset(out->gradient, 0, (size_t)n * sizeof *out->gradient);
    memset(out->matrix, 0, (size_t)(n * n) * sizeof *out->matrix);
}

static void begin(l2osr__normal *out, l2osr__scorer *s, const l2osr__tree *tree,
                  int32_t *parameters) {
    clear(out, l2osr__tree_parameters(tree, s->grammar, parameters));
    l2osr__scorer_load(s, tree, true);
    l2osr__scorer_want(s, parameters, out->n);
    for (int32_t i = 0; i < out->n; i++)
        if (tree->nodes[parameters[i]].op == L2OSR__OP_VAR)
            out->slope[i] = l2osr__scorer_slope(s, &tree->nodes[parameters[i]]);
}

static void add_rows(l2osr__normal *out, l2osr__scorer *s, const int32_t *parameters, size_t first,
                     size_t end) {
    for (size_t row = first; row < end; row += L2OSR__SCORE_BLOCK)
        add_block(out, s, parameters, row,
                  end - row < L2OSR__SCORE_BLOCK ? end - row : L2OSR__SCORE_BLOCK);
}

static bool is_finite(const l2osr__normal *normal) {
    double check = normal->square * 0;
    for (int32_t i = 0; i < normal->n; i++)
        check += normal->gradient[i] * 0 + normal->matrix[i * normal->n + i] * 0;
    return check == 0;
}

bool l2osr__fit_derive(l2osr__scorer *s, const l2osr__tree *tree, size_t rows, l2osr__normal *out) {
    int32_t parameters[L2OSR__TREE_ROOM];
    begin(out, s, tree, parameters);
    add_rows(out, s, parameters, 0, rows);
    return is_finite(out);
}

/* Squared error on a part after a step. */
static double square_after(const l2osr__normal *part, const double *step) {
    double sum = part->square;
    for (int32_t i = 0; i < part->n; i++) {
        const double *row = part->matrix + i * part->n;
        sum += step[i] * (row[i] * step[i] - 2 * part->gradient[i]);
        for (int32_t j = 0; j < i; j++)
            sum += 2 * row[j] * step[i] * step[j];
    }
    return sum;
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

static void add(l2osr__normal *whole, const l2osr__normal *part, double sign) {
    whole->square += sign * part->square;
    for (int32_t i = 0; i < whole->n; i++) {
        whole->gradient[i] += sign * part->gradient[i];
        for (int32_t j = 0; j <= i; j++)
            whole->matrix[i * whole->n + j] += sign * part->matrix[i * whole->n + j];
    }
}

/*
 * With the sums of each fold of the rows at hand, the Gauss-Newton step that fitting without a fold
 * would take, and the error on the fold after it, cost no further evaluation.
 */
double l2osr__fit_cross(l2osr__scorer *s, const l2osr__tree *tree) {
    enum { FOLDS = 8 };
    l2osr__normal part[FOLDS], whole;
    int32_t parameters[L2OSR__TREE_ROOM];
    const size_t rows = s->table->rows;
    double step[N], sum = 0;
    if (rows < FOLDS || l2osr__tree_parameters(tree, s->grammar, parameters) > N)
        return INFINITY;
    begin(&whole, s, tree, parameters);
    for (size_t fold = 0; fold < FOLDS; fold++) {
        clear(&part[fold], whole.n);
        memcpy(part[fold].slope, whole.slope, sizeof whole.slope);
        add_rows(&part[fold], s, parameters, fold * rows / FOLDS, (fold + 1) * rows / FOLDS);
        add(&whole, &part[fold], 1);
    }
    for (size_t fold = 0; fold < FOLDS; fold++) {
        l2osr__normal others = whole;
        add(&others, &part[fold], -1);
        solve(&others, 1e-9, step);
        sum += square_after(&part[fold], step);
    }
    return isfinite(sum) ? sum / s->one : INFINITY;
}

/* The tree with its parameters moved by `step`; decays stay below 1. */
static void move(l2osr__tree *tree, const int32_t *parameters, const double *step, int32_t n) {
    for (int32_t i = 0; i < n; i++) {
        l2osr__node *node = &tree->nodes[parameters[i]];
        const double moved = node->value + step[i], room = 1 - node->value;
        if (node->op == L2OSR__OP_CONST)
            node->value = moved;
        else /* at most two thirds of the way to either end */
            node->value = step[i] > 0.67 * room        ? node->value + 0.67 * room
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
