/* SPDX-License-Identifier: MIT */
/** @file linear.h Small least-squares problems from sums of products. */
#ifndef L2OSR_SR_LINEAR_H
#define L2OSR_SR_LINEAR_H

#include <stdbool.h>
#include <stdint.h>

enum { L2OSR__LINEAR_LIMIT = 64 };

/** Sums over rows of the products of n columns with one another, with 1 and with the target. */
typedef struct l2osr__products {
    int32_t n;
    double one, target, target_square; /* sums of 1, of the target, and of its square */
    double sum[L2OSR__LINEAR_LIMIT], with_target[L2OSR__LINEAR_LIMIT];
    double matrix[L2OSR__LINEAR_LIMIT * L2OSR__LINEAR_LIMIT]; /* rows of n, lower triangle */
} l2osr__products;

/** Weights of the columns, and what is left. */
typedef struct l2osr__solution {
    double offset, weight[L2OSR__LINEAR_LIMIT], mse;
    bool sure; /* mse is not made of rounding */
} l2osr__solution;

/**
 * Least squares, with an offset if `centred`. A column that the ones before it explain gets weight
 * 0.
 */
void l2osr__linear_fit(const l2osr__products *products, bool centred, l2osr__solution *out);

/**
 * Solves matrix x = right by Cholesky's method, for a matrix [n][n] that is symmetric (its lower
 * triangle is read and replaced by the factor). Where less than `tolerance` of a diagonal entry is
 * left, x is 0.
 */
void l2osr__linear_solve(int32_t n, double *matrix, const double *right, double tolerance,
                         double *x);

#endif
