/* SPDX-License-Identifier: MIT */
#include "meta/curriculum.h"

#include <math.h>

/* Evaluations in a stage before one without improvement ends it. */
enum { LEAST_EVALUATIONS = 3 };

void l2osr__curriculum_init(l2osr__curriculum *c, uint64_t stages) {
    *c = (l2osr__curriculum){.stages = stages, .best = INFINITY};
}

/* Past the last stage there is the last one again, until it brings nothing any more. */
static uint64_t next_stage(const l2osr__curriculum *c) {
    return c->stage + 1 < c->stages ? c->stage + 1 : c->stage;
}

l2osr__lesson l2osr__curriculum_judge(l2osr__curriculum *c, double cost) {
    c->evaluations++;
    if (cost < c->best) {
        c->best = cost;
        c->improved = true;
        return L2OSR__LESSON_KEEP;
    }
    if (c->evaluations < LEAST_EVALUATIONS)
        return L2OSR__LESSON_GO_ON;
    if (!c->improved)
        return L2OSR__LESSON_STOP;
    c->stage = next_stage(c);
    c->evaluations = 0;
    c->improved = false;
    return L2OSR__LESSON_ADVANCE;
}

void l2osr__curriculum_enter(l2osr__curriculum *c, double cost) {
    c->best = cost;
}

uint64_t l2osr__curriculum_horizon(const l2osr__curriculum *c) {
    return next_stage(c);
}
