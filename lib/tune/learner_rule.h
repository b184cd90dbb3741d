/* SPDX-License-Identifier: MIT */
/** @file learner_rule.h The learner that the constants of a rule are. */
#ifndef L2OSR_TUNE_LEARNER_RULE_H
#define L2OSR_TUNE_LEARNER_RULE_H

#include "meta/learner.h"
#include "tune/params.h"

typedef struct l2osr__rule_learner {
    l2osr__learner base; /* of params.count numbers, theta */
    l2osr__params params;
    double *theta; /* [params.count]: with which the next training begins */
    bool by_kind;  /* lists have values for kinds of groups */
    bool half;     /* gradients of windows are kept in bfloat16 */
    double trust, lag_penalty;
} l2osr__rule_learner;

/**
 * @param groups values of lists, unless they are by kind
 * @return as l2osr__params_init(). Clear it also after a failure
 */
l2osr_status l2osr__rule_learner_init(l2osr__rule_learner *learner, l2osr_context *ctx,
                                      const l2osr_rule *rule, size_t groups,
                                      const l2osr_tuner_options *options);
void l2osr__rule_learner_clear(l2osr__rule_learner *learner);

#endif
