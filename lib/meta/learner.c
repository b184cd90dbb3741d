/* SPDX-License-Identifier: MIT */
#include "meta/learner.h"

#include "meta/episode.h"

l2osr_status l2osr__pupil_create(l2osr__pupil **out, const l2osr__learner *learner,
                                 const l2osr_task *task) {
    *out = NULL;
    L2OSR__TRY(learner->class->pupil_create(out, learner, task));
    const l2osr_status status = (*out)->class->set(*out, learner->start);
    if (status != L2OSR_OK) {
        l2osr__pupil_free(*out);
        *out = NULL;
    }
    return status;
}

void l2osr__pupil_free(l2osr__pupil *pupil) {
    if (pupil)
        pupil->class->free(pupil);
}

void l2osr__slope_free(l2osr__slope *slope) {
    if (slope)
        slope->class->free(slope);
}

void l2osr__backward_free(l2osr__backward *backward) {
    if (backward)
        backward->class->free(backward);
}

l2osr_status l2osr__pupil_stepper(l2osr_stepper **out, const l2osr__pupil *pupil,
                                  const l2osr_task *task, l2osr_dtype precision) {
    return l2osr__stepper_for(out, pupil->ctx, task, pupil->rule, pupil->model, precision);
}

size_t l2osr__pupil_planes(const l2osr__pupil *pupil) {
    return pupil->model ? l2osr_model_state(pupil->model) : l2osr_rule_state(pupil->rule);
}
