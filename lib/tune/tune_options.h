/* SPDX-License-Identifier: MIT */
/** @file tune_options.h What tuning is asked for: defaults and checks. */
#ifndef L2OSR_TUNE_TUNE_OPTIONS_H
#define L2OSR_TUNE_TUNE_OPTIONS_H

#include <stdbool.h>

#include "l2osr/tune.h"

/** Copies options, and fills in what the caller left out. #L2OSR_EINVAL; what training refuses is
 * not checked here. */
l2osr_status l2osr__tuner_options_read(l2osr_tuner_options *out, l2osr_context *ctx,
                                       const l2osr_tuner_options *given);

/** What the trainer is to do. Arrays are those of `options`. */
l2osr_meta_options l2osr__tuner_meta_options(const l2osr_tuner_options *options);

/** Whether estimates come from losses alone. */
bool l2osr__tuner_is_evolution(const l2osr_tuner_options *options);

#endif
