/* SPDX-License-Identifier: MIT */
/** @file along.h Along trajectories with whatever takes the inputs of a step: models and rules. */
#ifndef L2OSR_ANALYSIS_ALONG_H
#define L2OSR_ANALYSIS_ALONG_H

#include "analysis/mapping.h"

/** Most inputs, and most trajectories at a time, of what goes along. */
enum { L2OSR__ALONG_INPUTS = 32, L2OSR__ALONG_LANES = 256 };

typedef struct l2osr__along l2osr__along;

/** What goes along. */
typedef struct l2osr__along_class {
    size_t lanes; /* trajectories at a time; at most L2OSR__ALONG_LANES */
    /* Runs all steps of some trajectories: see the two functions below. */
    l2osr_status (*run)(const l2osr__along *along, size_t first, size_t n);
} l2osr__along_class;

struct l2osr__along {
    const l2osr_mapping *mapping;
    const l2osr__along_class *class;
    const l2osr_samples *samples;
    size_t input[L2OSR__ALONG_INPUTS]; /* of the samples, for each name of the mapping */
    size_t before, steps;              /* in front of those of the samples; in all */
    float *out;
};

/** Predictions of a mapping, piece by piece on the threads. */
l2osr_status l2osr__along_run(const l2osr_mapping *mapping, const l2osr__along_class *class,
                              const l2osr_samples *samples, float *out);

/** Writes what input `name` of n trajectories is at a step to row[n], which is zero before step 0.
 */
void l2osr__along_read(const l2osr__along *along, size_t name, size_t step, size_t first, size_t n,
                       float *row);

/** Takes the updates u[n] of a step. */
void l2osr__along_write(const l2osr__along *along, size_t step, size_t first, size_t n,
                        const float *u);

#endif
