/* SPDX-License-Identifier: MIT */
/** @file field.h Temporal perception fields, for other measures. */
#ifndef L2OSR_ANALYSIS_FIELD_H
#define L2OSR_ANALYSIS_FIELD_H

#include "base/context.h"
#include "l2osr/mapping.h"

/** Checks options for these samples, and fills in what they leave open. */
l2osr_status l2osr__field_prepare(l2osr_field_options *options, l2osr_context *ctx,
                                  const l2osr_samples *samples);

/**
 * l2osr_mapping_field() with such options and [l2osr_field_count()] fields.
 * @param base  what the mapping predicts of the samples
 * @param stage name of that of the progress callback; NULL: none
 */
l2osr_status l2osr__field(const l2osr_mapping *mapping, const l2osr_samples *samples,
                          const l2osr_field_options *options, const float *base, const char *stage,
                          l2osr_perception *fields, double *influence);

/** Lists the inputs of samples that have a field: features in no window, then windows. Returns how
 * many there are; `list` may be NULL. */
size_t l2osr__field_inputs(const l2osr_samples *samples, size_t *list);

/** Whether a mapping reads an input: its name or, of a window, that of one of its columns. */
bool l2osr__field_is_read(const l2osr_mapping *mapping, const l2osr_samples *samples, size_t input);

/** Influence and lags of a field, from the influence of each lag. */
void l2osr__perception_summarize(l2osr_perception *field, const double *influence, size_t lags);

/** Share, and whether that is enough for the rest, which becomes NaN if not. */
void l2osr__perception_judge(l2osr_perception *field, double share);

#endif
