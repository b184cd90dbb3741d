/* SPDX-License-Identifier: MIT */
/** @file predict.h Formulas along some trajectories, and how far they are from the target. */
#ifndef L2OSR_SR_PREDICT_H
#define L2OSR_SR_PREDICT_H

#include "data/data.h"
#include "expr/expr.h"
#include "l2osr/sr.h"

/** An equation over the names of features and windows, and the functions that it may call. */
typedef struct l2osr__equation {
    l2osr__source source;
    const l2osr__function *functions;
    size_t n_functions;
} l2osr__equation;

enum { L2OSR__EQUATION_NAME = 64 };

/** Equation `index` of a front, by a name that messages know it by. */
l2osr__equation l2osr__front_equation(const l2osr_front *front, size_t index,
                                      char name[L2OSR__EQUATION_NAME]);

/** l2osr_predict() for trajectories first .. first + count - 1: out [count][steps]. At least one.
 */
l2osr_status l2osr__predict(l2osr_context *ctx, const l2osr_samples *samples,
                            const l2osr__equation *equation, size_t first, size_t count,
                            float *out);

/** Means over all rows, weighted where the samples have weights. Both are 0 when no row counts. */
typedef struct l2osr__deviation {
    double mse;      /* of the predictions; NaN or infinite where one of them is */
    double variance; /* of the target; NaN where that is not finite */
} l2osr__deviation;

/** Compares predictions [trajectories][steps] with the target. A row of weight 0 is as good as
 * absent, whatever its prediction and its target. */
l2osr__deviation l2osr__compare(const l2osr_samples *samples, const float *predictions);

#endif
