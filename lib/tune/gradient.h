/* SPDX-License-Identifier: MIT */
/** @file gradient.h The first-order meta-gradient of a rule: derivatives of a window's loss by its
 * constants. */
#ifndef L2OSR_TUNE_GRADIENT_H
#define L2OSR_TUNE_GRADIENT_H

#include "expr/tape.h"
#include "meta/unroll.h"
#include "rule/rule.h"
#include "task/scratch.h"
#include "tune/window.h"

typedef struct l2osr__rule_gradient {
    l2osr_context *ctx;
    const l2osr_rule *rule; /* borrowed; the values of its constants may change between windows */
    l2osr__tape tape;
    l2osr__scratch workspaces;
    l2osr__rule_window window;
    double *sums;        /* [chunks][steps][nodes] */
    double *derivatives; /* [groups][nodes]: of the latest window, by constants and numbers */
} l2osr__rule_gradient;

/**
 * For windows of at most `steps` steps over groups of those sizes. Clear it also after a failure.
 * @return #L2OSR_EUNSUPPORTED for rules with reductions
 */
l2osr_status l2osr__rule_gradient_init(l2osr__rule_gradient *gradient, l2osr_context *ctx,
                                       const l2osr_rule *rule, size_t groups, const size_t *sizes,
                                       size_t steps);
/**
 * Bytes that the windows of a rule take at their peak: unroll, stepper and gradient together, on
 * the threads of `ctx`, apart from a few thousand. What the task takes comes on top.
 */
l2osr_status l2osr__rule_gradient_bytes(size_t *bytes, l2osr_context *ctx, const l2osr_rule *rule,
                                        size_t groups, const size_t *sizes,
                                        const l2osr__unroll_config *config);

void l2osr__rule_gradient_clear(l2osr__rule_gradient *gradient);

/**
 * Differentiates the sum of weights[r] f_r(x_r) of the latest window of `unroll`, which ran `rule`.
 * The gradients fed and the state before the window are constants; parameters that the rule reads
 * move with the updates before, so unroll->config.keep_x is set for such rules.
 */
l2osr_status l2osr__rule_gradient_window(l2osr__rule_gradient *gradient,
                                         const l2osr__unroll *unroll);

#endif
