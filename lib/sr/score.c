/* SPDX-License-Identifier: MIT */
/* Scoring: the weights of a formula's terms by least squares. */
#include "sr/score.h"

#include <math.h>
#include <string.h>

enum { BLOCK = L2OSR__SCORE_BLOCK };

/* Keys of the target and of the number 1 beside the hashes of terms. */
enum { KEY_TARGET = 2, KEY_ONE = 3 };

/* A node is worth so much of the error: what decides whether an offset stays. */
static const double NODE_WORTH = 0.01;

static const double NOT_FINITE = INFINITY;

/* Computes rows first .. end - 1 of the loaded tree. */
static void fill(l2osr__scorer *s, float *out, size_t first, size_t end) {
    for (size_t row = first; row < end; row += BLOCK) {
        const size_t n = end - row < BLOCK ? end - row : BLOCK;
        memcpy(out + row, l2osr__scorer_run(s, row, n), n * sizeof *out);
        l2osr__scorer_weigh(s, out + row, row, n);
    }
}

/* Values of term k on all rows, times the roots of the weights. */
static const float *term_column(l2osr__scorer *s, int32_t k) {
    const uint64_t key = s->split.hash[k];
    l2osr__tree term;
    bool found;
    l2osr__terms_get(&s->split, k, &term);
    if (term.count == 1 && !s->table->root_weight && (uint32_t)term.nodes[0].a < s->grammar->plain)
        return s->table->column[term.nodes[0].a];
    float *column = l2osr__cache_get(&s->terms, key, &found);
    if (!found) {
        l2osr__scorer_load(s, &term, false);
        fill(s, column, 0, s->table->rows);
    }
    return column;
}

static double with_self(l2osr__scorer *s, int32_t k) {
    bool found;
    double *place = l2osr__pairs_get(&s->pairs, s->split.hash[k], s->split.hash[k], &found);
    if (!found)
        *place = s->kernels->sum_squares(s->table->rows, term_column(s, k));
    return *place;
}

static double with_one(l2osr__scorer *s, int32_t k) {
    bool found;
    double *place = l2osr__pairs_get(&s->pairs, s->split.hash[k], KEY_ONE, &found);
    if (!found)
        *place = l2osr__table_sum(s->table, term_column(s, k), 0, s->table->rows);
    return *place;
}

static double with_target(l2osr__scorer *s, int32_t k) {
    bool found;
    double *place = l2osr__pairs_get(&s->pairs, s->split.hash[k], KEY_TARGET, &found);
    if (!found)
        *place = s->kernels->dot(s->table->rows, term_column(s, k), s->table->target);
    return *place;
}

static double with_term(l2osr__scorer *s, int32_t k, int32_t j) {
    bool found;
    double *place = l2osr__pairs_get(&s->pairs, s->split.hash[k], s->split.hash[j], &found);
    if (!found) {
        const float *a = term_column(s, k), *b = term_column(s, j);
        *place = s->kernels->dot(s->table->rows, a, b);
    }
    return *place;
}

/* Products of the terms with one another; false when a term is not finite. */
static bool gather(l2osr__scorer *s) {
    l2osr__products *p = &s->products;
    p->n = s->split.count;
    p->one = s->one;
    p->target = s->target;
    p->target_square = s->target_square;
    for (int32_t k = 0; k < p->n; k++) {
        double *row = p->matrix + k * p->n;
        row[k] = with_self(s, k);
        if (!isfinite(row[k]))
            return false;
        p->sum[k] = with_one(s, k);
        p->with_target[k] = with_target(s, k);
        for (int32_t j = 0; j < k; j++)
            row[j] = with_term(s, k, j);
    }
    return true;
}

/* Writes the sum with these weights; its complexity, or 0 when the grammar does not allow it. */
static int32_t write_sum(l2osr__scorer *s, const l2osr__solution *solution, l2osr__tree *out) {
    for (int32_t k = 0; k < s->split.count; k++) {
        s->split.weight[k] = solution->weight[k];
        if (!isfinite(solution->weight[k]))
            return 0;
    }
    s->split.offset = solution->offset;
    if (!isfinite(solution->offset) || !l2osr__terms_join(&s->split, out))
        return 0;
    return l2osr__tree_allowed(out, s->grammar) ? l2osr__tree_complexity(out, s->grammar) : 0;
}

/* Takes the sum with or without an offset, whichever is worth its nodes; no error counts that is
 * below rounding. */
static double take_better(l2osr__scorer *s, l2osr__tree *tree) {
    const double noise = 1e-10 * l2osr__scorer_variance(s);
    double best_cost = INFINITY, best = NOT_FINITE;
    bool sure = true;
    l2osr__solution solution;
    l2osr__tree written;
    for (int centred = 0; centred < 2; centred++) {
        l2osr__linear_fit(&s->products, centred == 1, &solution);
        const int32_t complexity = write_sum(s, &solution, &written);
        const double cost = (solution.mse + noise) * (1 + NODE_WORTH * complexity);
        if (complexity == 0 || !(cost < best_cost))
            continue;
        best_cost = cost;
        best = solution.mse;
        sure = solution.sure;
        l2osr__tree_copy(tree, &written);
    }
    /* where terms nearly cancel, sums of products tell nothing about small errors */
    return sure || best == NOT_FINITE ? best : l2osr__score_plain(s, tree);
}

/* Error on the first rows of a formula of one term: one that has not been seen before is looked at
 * there first. */
static double probe(l2osr__scorer *s) {
    const size_t rows = L2OSR__SCORE_PROBE;
    float column[L2OSR__SCORE_PROBE];
    l2osr__solution solution;
    l2osr__tree term;
    l2osr__products p = {.n = 1};
    l2osr__terms_get(&s->split, 0, &term);
    l2osr__scorer_load(s, &term, false);
    fill(s, column, 0, rows);
    p.matrix[0] = s->kernels->sum_squares(rows, column);
    if (!isfinite(p.matrix[0]))
        return NOT_FINITE;
    const float *target = s->table->target;
    p.with_target[0] = s->kernels->dot(rows, column, target);
    p.sum[0] = l2osr__table_sum(s->table, column, 0, rows);
    p.one = l2osr__table_sum(s->table, NULL, 0, rows);
    p.target = l2osr__table_sum(s->table, target, 0, rows);
    p.target_square = s->kernels->sum_squares(rows, target);
    l2osr__linear_fit(&p, true, &solution);
    return solution.mse;
}

/* Where no sums can be written: the tree as it is, or with a factor. */
static double score_alone(l2osr__scorer *s, l2osr__tree *tree) {
    l2osr__terms *terms = &s->split;
    const bool factors = s->grammar->has[L2OSR__OP_MUL];
    terms->count = 1;
    terms->offset = 0;
    terms->end[0] = tree->count;
    terms->weight[0] = 1;
    terms->hash[0] = l2osr__tree_hash(tree);
    memcpy(terms->nodes, tree->nodes, (size_t)tree->count * sizeof *tree->nodes);
    if (!gather(s))
        return NOT_FINITE;
    const l2osr__products *p = &s->products;
    const double plain = (p->target_square - 2 * p->with_target[0] + p->matrix[0]) / p->one;
    const double factor = p->matrix[0] > 0 ? p->with_target[0] / p->matrix[0] : 0;
    const double scaled = (p->target_square - factor * p->with_target[0]) / p->one;
    l2osr__solution solution = {.weight = {factor}};
    l2osr__tree written;
    const int32_t complexity = factors ? write_sum(s, &solution, &written) : 0;
    const int32_t before = l2osr__tree_complexity(tree, s->grammar);
    if (complexity > 0 &&
        scaled * (1 + NODE_WORTH * complexity) < plain * (1 + NODE_WORTH * before)) {
        l2osr__tree_copy(tree, &written);
        return scaled > 0 ? scaled : 0;
    }
    return plain > 0 ? plain : 0;
}

double l2osr__score(l2osr__scorer *s, l2osr__tree *tree, double hopeless) {
    if (!l2osr__grammar_sums(s->grammar))
        return score_alone(s, tree);
    if (!l2osr__terms_split(&s->split, tree, s->grammar))
        return NOT_FINITE;
    const bool large = s->table->rows >= 2 * (size_t)L2OSR__SCORE_PROBE;
    if (large && s->split.count == 1 && hopeless < INFINITY && probe(s) > hopeless)
        return NOT_FINITE;
    if (!gather(s))
        return NOT_FINITE;
    return take_better(s, tree);
}

/* Weighted sum of squared errors of a tree on rows first .. end - 1. */
static double square_error(l2osr__scorer *s, const l2osr__tree *tree, size_t first, size_t end) {
    float residual[BLOCK];
    double sum = 0;
    l2osr__scorer_load(s, tree, false);
    for (size_t row = first; row < end; row += BLOCK) {
        const size_t n = end - row < BLOCK ? end - row : BLOCK;
        l2osr__scorer_residual(s, l2osr__scorer_run(s, row, n), residual, row, n);
        sum += s->kernels->sum_squares(n, residual);
    }
    return isfinite(sum) ? sum : INFINITY;
}

double l2osr__score_plain(l2osr__scorer *s, const l2osr__tree *tree) {
    return square_error(s, tree, 0, s->table->rows) / s->one;
}

double l2osr__score_held(l2osr__scorer *s, const l2osr__tree *tree) {
    const size_t rows = s->table->rows, held = s->table->held;
    return s->one_held > 0 ? square_error(s, tree, rows, rows + held) / s->one_held : 0;
}
