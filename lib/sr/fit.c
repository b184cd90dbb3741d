/* SPDX-License-Identifier: MIT */
#include "sr/fit.h"

#include <math.h>
#include <string.h>

enum { N = L2OSR__FIT_CONSTANTS };

static void add_block(l2osr__normal *out, l2osr__scorer *s, const int32_t *constants, size_t first,
                      size_t n) {
    float residual[L2OSR__SCORE_BLOCK];
    const float *p = l2osr__scorer_run(s, first, n), *y = s->table->target + first;
    for (size_t i = 0; i < n; i++) {
        residual[i] = y[i] - p[i];
        out->square += (double)residual[i] * residual[i];
    }
    l2osr__scorer_reverse(s, n);
    for (int32_t i = 0; i < out->n; i++) {
        const float *column = s->adjoint[constants[i]];
        out->gradient[i] += l2osr__dot(column, residual, n);
        for (int32_t j = 0; j <= i; j++)
            out->matrix[i * out->n + j] += l2osr__dot(column, s->adjoint[constants[j]], n);
    }
}

bool l2osr__fit_derive(l2osr__scorer *s, const l2osr__tree *tree, size_t rows, l2osr__normal *out) {
    int32_t constants[L2OSR__TREE_ROOM];
    double check = 0;
    memset(out, 0, sizeof *out);
    out->n = l2osr__tree_constants(tree, constants);
    l2osr__scorer_load(s, tree, true);
    for (size_t row = 0; row < rows; row += L2OSR__SCORE_BLOCK)
        add_block(out, s, constants, row,
                  rows - row < L2OSR__SCORE_BLOCK ? rows - row : L2OSR__SCORE_BLOCK);
    for (int32_t i = 0; i < out->n; i++)
        check += out->gradient[i] * 0 + out->matrix[i * out->n + i] * 0;
    return isfinite(out->square) && check == 0;
}

/* Solves (J'J + damping diag) step = J'r by Cholesky's method; false when not positive definite. */
static bool solve(const l2osr__normal *problem, double damping, double *step) {
    const int32_t n = problem->n;
    double factor[N * N] = {0};
    for (int32_t i = 0; i < n; i++) {
        for (int32_t j = 0; j <= i; j++) {
            double sum = problem->matrix[i * n + j];
            if (i == j)
                sum += damping * sum + 1e-30;
            for (int32_t k = 0; k < j; k++)
                sum -= factor[i * n + k] * factor[j * n + k];
            if (i == j && !(sum > 0))
                return false;
            factor[i * n + j] = i == j ? sqrt(sum) : sum / factor[j * n + j];
        }
    }
    for (int32_t i = 0; i < n; i++) {
        step[i] = problem->gradient[i];
        for (int32_t k = 0; k < i; k++)
            step[i] -= factor[i * n + k] * step[k];
        step[i] /= factor[i * n + i];
    }
    for (int32_t i = n; i-- > 0;) {
        for (int32_t k = i + 1; k < n; k++)
            step[i] -= factor[k * n + i] * step[k];
        step[i] /= factor[i * n + i];
    }
    return true;
}

/* The tree with its constants moved by `step`. */
static void move(l2osr__tree *tree, const int32_t *constants, const double *step, int32_t n) {
    for (int32_t i = 0; i < n; i++)
        tree->nodes[constants[i]].value += step[i];
}

unsigned l2osr__fit(l2osr__scorer *s, l2osr__tree *tree, size_t rows, unsigned iterations) {
    int32_t constants[L2OSR__TREE_ROOM], n = l2osr__tree_constants(tree, constants);
    l2osr__normal current, next;
    double damping = 1e-3, step[N];
    unsigned used = 1;
    if (rows > s->table->rows)
        rows = s->table->rows;
    if (n == 0 || n > N || !l2osr__fit_derive(s, tree, rows, &current))
        return 0;
    for (; used <= iterations && damping < 1e6; used++) {
        l2osr__tree trial = *tree;
        if (!solve(&current, damping, step)) {
            damping *= 10;
            continue;
        }
        move(&trial, constants, step, n);
        if (!l2osr__fit_derive(s, &trial, rows, &next) || next.square >= current.square) {
            damping *= 10;
            continue;
        }
        bool settled = next.square > (1 - 1e-5) * current.square;
        *tree = trial;
        current = next;
        damping *= 0.1;
        if (settled)
            break;
    }
    return used;
}
