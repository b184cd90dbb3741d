/* SPDX-License-Identifier: MIT */
/** @file prune.h Leaving out terms of a tuned rule that do not pay. */
#ifndef L2OSR_TUNE_PRUNE_H
#define L2OSR_TUNE_PRUNE_H

#include "l2osr/meta.h"
#include "tune/learner_rule.h"

/** What a rule is judged on: the same episodes for every candidate. */
typedef struct l2osr__jury {
    const l2osr_meta_task *tasks; /* [n_tasks], with weights */
    size_t n_tasks;
    size_t runs, horizon;
    uint64_t seed;
} l2osr__jury;

/**
 * Takes one term after another away, the one whose absence costs least first, as long as the losses
 * rise by less than `most` of what they were, by the mean over tasks. Marks in removed[constants],
 * zero before, the factors of the terms that are gone.
 * @param theta [count] at which the rule is
 * @param rise  receives what it costs in all; may be negative
 * @return #L2OSR_ECANCELED, #L2OSR_ECALLBACK, #L2OSR_ENOMEM
 */
l2osr_status l2osr__prune(const l2osr__rule_learner *learner, const l2osr__jury *jury,
                          const double *theta, double most, uint8_t *removed, double *rise);

#endif
