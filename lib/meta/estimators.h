/* SPDX-License-Identifier: MIT */
/**
 * @file estimators.h
 * Estimators of the meta-gradient side by side, on one episode of a learner with the numbers it
 * came with: how far each is from the gradient of the whole episode, how noisy, how expensive. See
 * doc/estimators.md.
 */
#ifndef L2OSR_META_ESTIMATORS_H
#define L2OSR_META_ESTIMATORS_H

#include "l2osr/meta.h"
#include "meta/learner.h"

/** On what, and how. All counts are at least 1, but for `repeats`, which is at least 2. */
typedef struct l2osr__comparison {
    size_t windows, unroll; /* of the episode: steps of each */
    size_t pairs;           /* of evolution strategies, */
    double sigma;           /* with perturbations of this size, */
    size_t repeats;         /* that are drawn so often */
    uint64_t seed;          /* of the episode and of the perturbations */
} l2osr__comparison;

typedef struct l2osr__estimator_table {
    bool exact;  /* whether the task has Hessian-vector products, so that there is */
    double norm; /* the length of the gradient of the whole episode; else NaN */
    l2osr_estimator_figures of[L2OSR_META_ESTIMATORS]; /* by l2osr_meta_estimator */
} l2osr__estimator_table;

/**
 * The meta-loss is the sum of all losses of all windows. First order, exact and ES take what a
 * window begins with as constant, PES does not. The gradient of the whole episode, which is what
 * all are held against, takes (planes + 2) numbers of 8 bytes a parameter and step.
 * @return #L2OSR_ENONFINITE when the episode diverges, #L2OSR_ECANCELED, #L2OSR_ECALLBACK,
 * #L2OSR_EUNSUPPORTED when the learner has no way back
 */
l2osr_status l2osr__compare_estimators(const l2osr__learner *learner, l2osr_task *task,
                                       const l2osr__comparison *comparison,
                                       l2osr__estimator_table *table);

#endif
