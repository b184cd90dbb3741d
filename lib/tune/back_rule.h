/* SPDX-License-Identifier: MIT */
/** @file back_rule.h The steps of a rule backwards, for the exact meta-gradient. */
#ifndef L2OSR_TUNE_BACK_RULE_H
#define L2OSR_TUNE_BACK_RULE_H

#include "meta/learner.h"

/** Turns derivatives[groups][nodes] by the nodes of a rule's form, as l2osr__rule_gradient gives
 * them, into those by what is learned. There is one group when no number differs between groups. */
typedef struct l2osr__back_rule_chain {
    void (*fn)(void *arg, size_t groups, const double *derivatives, double *flat);
    void *arg;
} l2osr__back_rule_chain;

/**
 * For a rule of l2osr__rule_tunable(), of which constants may be set between windows.
 * @param rule borrowed
 * @return #L2OSR_EUNSUPPORTED for rules with reductions
 */
l2osr_status l2osr__back_rule_create(l2osr__backward **out, l2osr_context *ctx,
                                     const l2osr_rule *rule, const l2osr_task *task, size_t steps,
                                     l2osr__back_rule_chain chain);

#endif
