/* SPDX-License-Identifier: MIT */
/** @file field.h Least squares for rules that are linear in saturated features and their past. */
#ifndef L2OSR_TUNE_FIELD_H
#define L2OSR_TUNE_FIELD_H

#include "data/data.h"

/** gamma tanh(x / gamma) of each feature x, at the step and at taps - 1 steps before. */
typedef struct l2osr__field {
    l2osr_context *ctx;
    const l2osr_samples *samples;
    size_t features, taps;
    const float **columns; /* [features][taps]: their value in the first row of the samples */
    double *gamma;         /* [features], set by the caller; infinite: x itself */
    double *weights;       /* [features][taps], of the latest fit */
    double r2;             /* of that: part of the target's variance that is explained */
} l2osr__field;

/** Finds the columns of the features `names`. Clear it also after a failure. */
l2osr_status l2osr__field_init(l2osr__field *field, l2osr_context *ctx,
                               const l2osr_samples *samples, size_t features,
                               const char *const *names, size_t taps);
void l2osr__field_clear(l2osr__field *field);

/** Root mean square of each feature, [features]. */
void l2osr__field_scale(const l2osr__field *field, double *rms);

/** Fits the target, with `ridge` times the square of a column added to it. */
l2osr_status l2osr__field_fit(l2osr__field *field, double ridge);

#endif
