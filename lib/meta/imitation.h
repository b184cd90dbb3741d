/* SPDX-License-Identifier: MIT */
/** @file imitation.h Learning a teacher's changes from the gradients that the teacher sees. */
#ifndef L2OSR_META_IMITATION_H
#define L2OSR_META_IMITATION_H

#include "meta/gradient.h"

/** A teacher on its way through episodes, and a model that follows along without moving anything.
 */
typedef struct l2osr__imitation l2osr__imitation;

/** `teacher` NULL: a built-in one. Of `course` everything counts but what follows from the teacher and
 * the model: planes, keep_xs and half. */
l2osr_status l2osr__imitation_create(l2osr__imitation **out, l2osr_context *ctx, l2osr_model *model,
                                     l2osr_rule *teacher, const l2osr__unroll_config *course);
void l2osr__imitation_free(l2osr__imitation *imitation);
l2osr_status l2osr__imitation_restart(l2osr__imitation *imitation, uint64_t seed);

/** Runs the teacher for a window; writes the gradient of sum_t 0.5 |label_t / 0.01 - u_t|^2 / dim
 * by the weights. A label is what the teacher changes in course->stride steps; the model sees the
 * gradient of the first of them. */
l2osr_status l2osr__imitation_window(l2osr__imitation *imitation, l2osr__gradient *gradient,
                                     double *flat);

#endif
