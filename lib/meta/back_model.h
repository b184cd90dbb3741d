/* SPDX-License-Identifier: MIT */
/** @file back_model.h The steps of a model backwards, for the exact meta-gradient. */
#ifndef L2OSR_META_BACK_MODEL_H
#define L2OSR_META_BACK_MODEL_H

#include "meta/learner.h"

/** Is l2osr__pupil_class.backward_create of a pupil that is a model; derivatives are by its
 * weights. */
l2osr_status l2osr__back_model_create(l2osr__backward **out, l2osr__pupil *pupil,
                                      const l2osr_task *task, size_t steps);

#endif
