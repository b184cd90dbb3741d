/* SPDX-License-Identifier: MIT */
/**
 * @file score.h
 * Evaluating trees over the rows of a table, block by block, with the columns used in place. One
 * scorer a thread.
 */
#ifndef L2OSR_SR_SCORE_H
#define L2OSR_SR_SCORE_H

#include "expr/code.h"
#include "sr/table.h"
#include "sr/tree.h"

enum {
    L2OSR__SCORE_BLOCK = 512, /* rows at a time: the values of a formula stay in the cache */
    L2OSR__SCORE_PROBE = 1024 /* rows on which hopeless candidates are told */
};

typedef struct l2osr__scorer {
    l2osr_context *ctx;
    const l2osr__kernels_f32 *kernels;
    const l2osr__table *table;
    const l2osr__tree *tree; /* the one loaded */
    l2osr__program program;
    l2osr__code code;
    double scalars[L2OSR__TREE_ROOM];
    float *value[L2OSR__TREE_ROOM], *adjoint[L2OSR__TREE_ROOM];
    float *values, *adjoints;           /* [L2OSR__TREE_ROOM][L2OSR__SCORE_BLOCK] */
    double *target_sum, *target_square; /* of each block */
} l2osr__scorer;

/** Clear `scorer` even after a failure. The table must outlive it. */
l2osr_status l2osr__scorer_init(l2osr__scorer *scorer, l2osr_context *ctx,
                                const l2osr__table *table);
void l2osr__scorer_clear(l2osr__scorer *scorer);

/** Prepares a tree for running; with `reverse` also for derivatives. The tree must stay as it is.
 */
void l2osr__scorer_load(l2osr__scorer *scorer, const l2osr__tree *tree, bool reverse);

/** Values of the loaded tree on rows first .. first + n - 1, n <= L2OSR__SCORE_BLOCK; until the
 * next run. */
const float *l2osr__scorer_run(l2osr__scorer *scorer, size_t first, size_t n);

/**
 * After a run of n rows: derivatives of the value by every node, into scorer->adjoint[node] (those
 * of columns are not kept).
 */
void l2osr__scorer_reverse(l2osr__scorer *scorer, size_t n);

/**
 * Mean squared error of a tree after the best scale and offset, which are written into the tree
 * where they are worth their nodes. INFINITY when a value is not finite, or when the probe shows an
 * error above `hopeless`.
 */
double l2osr__score(l2osr__scorer *scorer, l2osr__tree *tree, const l2osr__grammar *grammar,
                    double hopeless);

/** Sum of products of a block in single precision, in a fixed order: for directions, not for
 * errors. */
float l2osr__dot(const float *a, const float *b, size_t n);

/** Mean squared error of a tree as it is; INFINITY when a value is not finite. */
double l2osr__score_plain(l2osr__scorer *scorer, const l2osr__tree *tree);

#endif
