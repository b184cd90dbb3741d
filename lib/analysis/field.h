/* SPDX-License-Identifier: MIT */
/** @file field.h Temporal perception fields, for other measures. */
#ifndef L2OSR_ANALYSIS_FIELD_H
#define L2OSR_ANALYSIS_FIELD_H

#include "l2osr/mapping.h"

/** Checks and copies options, and fills in what they leave open, for these samples. */
l2osr_status l2osr__field_options(l2osr_field_options *o, l2osr_context *ctx,
                                  const l2osr_samples *samples, const l2osr_field_options *given);

/** l2osr_mapping_field() with such options, [l2osr_field_count()] fields and no stage of its own.
 */
l2osr_status l2osr__field(const l2osr_mapping *mapping, const l2osr_samples *samples,
                          const l2osr_field_options *options, l2osr_perception *fields,
                          double *influence);

/** Share, and whether that is enough for the rest, which becomes NaN if not. */
void l2osr__perception_judge(l2osr_perception *field, double share);

#endif
