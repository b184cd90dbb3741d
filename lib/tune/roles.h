/* SPDX-License-Identifier: MIT */
/** @file roles.h What the constants of a rule do there: what is known of one from its place. */
#ifndef L2OSR_TUNE_ROLES_H
#define L2OSR_TUNE_ROLES_H

#include "rule/rule.h"

/** Whether a number reaches the decay of a memory by sums and products alone, as in a schedule
 * `ema(g, 0.9 * w + 0.95 * (1 - w))`. `constant` is a node of the rule as written. */
bool l2osr__role_is_decay(const l2osr_rule *rule, int32_t constant);

/** Steps that what the constant multiplies is back, of several values the newest: 2 of c in
 * c * m[2], 1 in c * tanh(m[1] + m[2]). */
unsigned l2osr__role_lag(const l2osr_rule *rule, int32_t constant);

/** Whether the constant is a factor of a term of a sum, which is gone when it is 0; a term that
 * differs between coordinates: not the 1e-8 that divisions need. */
bool l2osr__role_is_factor(const l2osr_rule *rule, int32_t constant);

#endif
