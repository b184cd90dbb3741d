/* SPDX-License-Identifier: MIT */
/**
 * @file analysis.h
 * Measures of formulas and optimizers. Thread-safety: pure functions of their arguments.
 */
#ifndef L2OSR_ANALYSIS_H
#define L2OSR_ANALYSIS_H

#include "l2osr/data.h"

L2OSR_BEGIN_DECLS

/**
 * Computes a formula along every trajectory, with lags and averages starting from zero. In a table
 * the names of windows are series that begin at the oldest lag: a formula over them is computed for
 * as many steps as the longest of them is long, in all of which the plain columns are what they are,
 * and the value at the last step counts. A shorter window is 0 before its oldest lag.
 * @param equation expression over the names of the samples, and `t`, the step from 1
 * @param out      receives [trajectories][steps]
 * @return #L2OSR_EPARSE, #L2OSR_ENOMEM
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_predict(l2osr_context *ctx,
                                                     const l2osr_samples *samples,
                                                     const char *equation, float *out);

/**
 * R2 of a formula: 1 - (sum of squared errors) / (sum of squared deviations of the target from its
 * mean). Where samples have weights, sums and mean are weighted, and steps of weight 0 do not count.
 * @return #L2OSR_ENONFINITE when a prediction that counts is NaN or infinite; the message names the
 *         place; #L2OSR_EINVAL when the target is constant
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_r2(l2osr_context *ctx, const l2osr_samples *samples,
                                                const char *equation, double *r2);

L2OSR_END_DECLS

#endif
