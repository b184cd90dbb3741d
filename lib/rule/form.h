/* SPDX-License-Identifier: MIT */
/** @file form.h From a rule as written to what runs. */
#ifndef L2OSR_RULE_FORM_H
#define L2OSR_RULE_FORM_H

#include "rule/rule.h"

/** Why a constant keeps its place, in the order in which they are listed. */
enum { L2OSR__KEEP_CONSTANT = 1, L2OSR__KEEP_LR, L2OSR__KEEP_WD, L2OSR__KEEP_END };

/** An empty rule with one user. */
l2osr_status l2osr__rule_new(l2osr_rule **out, l2osr_context *ctx);

/** What follows from the expression and the choice of constants: form and texts. */
l2osr_status l2osr__rule_finish(l2osr_rule *rule, const uint8_t *keep, bool tunable);

/** Marks in keep[nodes] the constants that may be tuned: those marked `~` or, when none is, all
 * that are not whole numbers. */
void l2osr__rule_candidates(const l2osr__expr *expr, uint8_t *keep);

/**
 * Builds form, program, code and the list of constants: those of keep[nodes] that the update reads.
 * @param tunable whether they keep places of their own in the form
 */
l2osr_status l2osr__rule_build_form(l2osr_rule *rule, const uint8_t *keep, bool tunable);
void l2osr__rule_clear_form(l2osr_rule *rule);

/** Lists in roots[nodes] what a pass over the coordinates is for: the operands of the reductions of
 * its level; the update, for the last one. Returns how many. */
int32_t l2osr__rule_roots(const l2osr_rule *rule, int32_t pass, int32_t *roots);

#endif
