/* SPDX-License-Identifier: MIT */
/** @file reshape.h Rules made from others by putting something else in the place of some nodes. */
#ifndef L2OSR_RULE_RESHAPE_H
#define L2OSR_RULE_RESHAPE_H

#include "rule/rule.h"

/** A rule on its way to another: what is changed works on nodes of `expr`. */
typedef struct l2osr__reshape {
    const l2osr_rule *rule;
    l2osr__expr expr;                /* of the new rule; may hold what nobody uses */
    int32_t map[L2OSR__MAX_NODES];   /* from nodes of the old rule; changed to replace one */
    uint8_t tuned[L2OSR__MAX_NODES]; /* of nodes of the old rule: constants that may be tuned */
} l2osr__reshape;

/** Called behind the copy of each node of the old rule, operands first. */
typedef l2osr_status (*l2osr__replace)(void *arg, l2osr__reshape *r, int32_t old);

/** Makes the rule. Its tunable constants are marked, names are kept where there is something left
 * to name. */
l2osr_status l2osr__reshape_rule(l2osr_rule **out, const l2osr_rule *rule, l2osr__replace replace,
                                 void *arg);

/** Appends an operator, and a tunable constant: that of a node of the old rule, or of its own,
 * times `factor` plus `shift`. */
l2osr_status l2osr__reshape_op(l2osr__reshape *r, l2osr__opcode op, int32_t a, int32_t b,
                               int32_t *out);
l2osr_status l2osr__reshape_constant(l2osr__reshape *r, const l2osr__node *old, double factor,
                                     double shift, int32_t *out);

#endif
