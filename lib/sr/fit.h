/* SPDX-License-Identifier: MIT */
/** @file fit.h The constants of a tree by the method of Levenberg and Marquardt, with exact
 * derivatives. */
#ifndef L2OSR_SR_FIT_H
#define L2OSR_SR_FIT_H

#include "sr/score.h"

enum { L2OSR__FIT_CONSTANTS = L2OSR__LINEAR_LIMIT }; /* trees with more are left alone */

/** Least-squares problem around some parameters: residual r, derivatives J. */
typedef struct l2osr__normal {
    int32_t n;
    const float *slope[L2OSR__FIT_CONSTANTS]; /* of decays: the memory's, by rows */
    double square;                            /* r'r */
    double gradient[L2OSR__FIT_CONSTANTS];    /* J'r */
    double matrix[L2OSR__FIT_CONSTANTS * L2OSR__FIT_CONSTANTS]; /* J'J, lower triangle, rows of n */
} l2osr__normal;

/** Sets up the problem over the first `rows` rows; false when something is not finite. */
bool l2osr__fit_derive(l2osr__scorer *scorer, const l2osr__tree *tree, size_t rows,
                       l2osr__normal *out);

/**
 * Mean squared error under cross-validation, to first order: of each of eight parts of the rows
 * with the parameters that the others would give. INFINITY when there are too many parameters or
 * rows are too few.
 */
double l2osr__fit_cross(l2osr__scorer *scorer, const l2osr__tree *tree);

/**
 * Improves the constants of a tree by up to `iterations` steps over the first `rows` rows.
 * @return number of evaluations that took; 0 when there is nothing to fit
 */
unsigned l2osr__fit(l2osr__scorer *scorer, l2osr__tree *tree, size_t rows, unsigned iterations);

#endif
