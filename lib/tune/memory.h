/* SPDX-License-Identifier: MIT */
/** @file memory.h How much memory a run of the tuner takes. */
#ifndef L2OSR_TUNE_MEMORY_H
#define L2OSR_TUNE_MEMORY_H

#include "meta/trainer.h"

/** Bytes that grow with the tasks' parameters, which is nearly all, of a trainer with everything
 * made. #L2OSR_ENOMEM. */
l2osr_status l2osr__tuner_count_memory(const l2osr__trainer *trainer, size_t *bytes);

#endif
