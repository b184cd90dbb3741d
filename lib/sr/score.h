/* SPDX-License-Identifier: MIT */
/**
 * @file score.h
 * Evaluating trees over the rows of a table, block by block, with the columns used in place; and
 * scoring them as weighted sums, with the columns and products of terms kept. One scorer a thread.
 */
#ifndef L2OSR_SR_SCORE_H
#define L2OSR_SR_SCORE_H

#include "expr/code.h"
#include "sr/cache.h"
#include "sr/linear.h"
#include "sr/table.h"
#include "sr/terms.h"

enum {
    L2OSR__SCORE_BLOCK = 512,  /* rows at a time: the values of a formula stay in the cache */
    L2OSR__SCORE_PROBE = 1024, /* rows on which hopeless candidates are told */
    L2OSR__SCORE_NOISE = 4096
};

typedef struct l2osr__scorer {
    l2osr_context *ctx;
    const l2osr__kernels_f32 *kernels;
    const l2osr__table *table;
    const l2osr__grammar *grammar;
    const l2osr__tree *tree; /* the one loaded */
    l2osr__program program;
    l2osr__code code;
    double scalars[L2OSR__TREE_ROOM];
    const float *column[L2OSR__TREE_ROOM]; /* of the terminals of the tree */
    float *value[L2OSR__TREE_ROOM], *adjoint[L2OSR__TREE_ROOM];
    float *row[L2OSR__TREE_ROOM]; /* of adjoints; some are those of other nodes */
    bool wanted[L2OSR__TREE_ROOM];
    float *values, *adjoints; /* [L2OSR__TREE_ROOM][L2OSR__SCORE_BLOCK] */
    l2osr__cache memories, terms;
    l2osr__pairs pairs;
    double one, target, target_square; /* sums over rows, weighted */
    float least, most;                 /* of the target */
    double one_held;                   /* of 1 over the rows kept apart */
    l2osr__terms split;                /* of the tree being scored */
    l2osr__products products;
    float noise[L2OSR__SCORE_NOISE +
                L2OSR__SCORE_BLOCK]; /* uniform in [-1, 1): for looking around the rows */
} l2osr__scorer;

/** Clear `scorer` even after a failure. Table and grammar must outlive it. */
l2osr_status l2osr__scorer_init(l2osr__scorer *scorer, l2osr_context *ctx,
                                const l2osr__table *table, const l2osr__grammar *grammar);
void l2osr__scorer_clear(l2osr__scorer *scorer);

/** Prepares a tree for running; with `reverse` also for derivatives. The tree must stay as it is.
 */
void l2osr__scorer_load(l2osr__scorer *scorer, const l2osr__tree *tree, bool reverse);

/** Values of the loaded tree on rows first .. first + n - 1, n <= L2OSR__SCORE_BLOCK; until the
 * next run. */
const float *l2osr__scorer_run(l2osr__scorer *scorer, size_t first, size_t n);

/** Says of which nodes of a tree loaded for derivatives they are wanted. */
void l2osr__scorer_want(l2osr__scorer *scorer, const int32_t *nodes, int32_t count);

/** After a run of n rows: derivatives of the value by these nodes, in scorer->adjoint[node]; only
 * to be read, as nodes may share them. */
void l2osr__scorer_reverse(l2osr__scorer *scorer, size_t n);

/** Derivatives of a memory by its parameter, [rows]; until another tree is loaded. */
const float *l2osr__scorer_slope(l2osr__scorer *scorer, const l2osr__node *memory);

/** Variance of the target on the rows to fit on. */
double l2osr__scorer_variance(const l2osr__scorer *scorer);

/** Multiplies n numbers of rows from `first` on by the roots of the weights, if there are any. */
void l2osr__scorer_weigh(const l2osr__scorer *scorer, float *x, size_t first, size_t n);

/** What values of rows from `first` on leave of the target, weighed likewise. */
void l2osr__scorer_residual(const l2osr__scorer *scorer, const float *value, float *out,
                            size_t first, size_t n);

/**
 * Mean squared error of a tree with the best weights of its terms and the best offset, which are
 * written into the tree. INFINITY when a value is not finite, when the grammar does not allow
 * the tree any more, or when the probe shows an error above `hopeless`.
 */
double l2osr__score(l2osr__scorer *scorer, l2osr__tree *tree, double hopeless);

/** Mean squared error of a tree as it is; INFINITY when a value is not finite. */
double l2osr__score_plain(l2osr__scorer *scorer, const l2osr__tree *tree);

/** The same on the rows kept apart; 0 when there are none that count. */
double l2osr__score_held(l2osr__scorer *scorer, const l2osr__tree *tree);

#endif
