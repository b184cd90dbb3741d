/* SPDX-License-Identifier: MIT */
/**
 * @file curriculum.h
 * When to go on to longer episodes: the rule of Chen et al., "Training Stronger Baselines for
 * Learning to Optimize" (NeurIPS 2020), as a state machine. Costs of evaluations go in; what to do
 * comes out.
 */
#ifndef L2OSR_META_CURRICULUM_H
#define L2OSR_META_CURRICULUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct l2osr__curriculum {
    uint64_t stages, stage;
    uint64_t evaluations; /* in this stage; an improvement does not reset it */
    bool improved;        /* in this stage */
    double best;          /* cost in this stage */
} l2osr__curriculum;

typedef enum l2osr__lesson {
    L2OSR__LESSON_GO_ON,
    L2OSR__LESSON_KEEP,    /* keep the weights, then go on */
    L2OSR__LESSON_ADVANCE, /* the next stage: restore those kept, and enter with their new cost */
    L2OSR__LESSON_STOP     /* end with those kept */
} l2osr__lesson;

/** At the start of the first of `stages` stages, at least one. */
void l2osr__curriculum_init(l2osr__curriculum *curriculum, uint64_t stages);

/** Takes the cost of the weights as they are, at the horizon of l2osr__curriculum_horizon(). */
l2osr__lesson l2osr__curriculum_judge(l2osr__curriculum *curriculum, double cost);

/** After an advance: the cost of the restored weights at the horizon of the new stage. */
void l2osr__curriculum_enter(l2osr__curriculum *curriculum, double cost);

/** Which stage's horizon evaluations have: the next one's, in the last stage its own. */
uint64_t l2osr__curriculum_horizon(const l2osr__curriculum *curriculum);

#endif
