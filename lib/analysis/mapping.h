/* SPDX-License-Identifier: MIT */
/** @file mapping.h The inside of a mapping: an interface, and what a measure of one needs. */
#ifndef L2OSR_ANALYSIS_MAPPING_H
#define L2OSR_ANALYSIS_MAPPING_H

#include "l2osr/mapping.h"
#include "sr/predict.h"

/** A kind of mapping. */
typedef struct l2osr__mapping_class {
    /* Writes out [trajectories][steps]. Samples and memory are the mapping's business alone:
       several predictions may run at the same time. */
    l2osr_status (*predict)(const l2osr_mapping *mapping, const l2osr_samples *samples, float *out);
    void (*free)(void *self);
} l2osr__mapping_class;

struct l2osr_mapping {
    l2osr_context *ctx;
    const l2osr__mapping_class *class;
    void *self;
    size_t n_names;
    const char **names; /* that it reads; the list is owned, the texts are its own kind's */
};

/** Makes a mapping with room for names; takes `self` over, also when it fails. */
l2osr_status l2osr__mapping_new(l2osr_mapping **out, l2osr_context *ctx,
                                const l2osr__mapping_class *class, void *self, size_t n_names);

/** l2osr_mapping_of_equation() with functions; texts are copied, functions are not. */
l2osr_status l2osr__mapping_of_equation(l2osr_mapping **out, l2osr_context *ctx,
                                        const l2osr__equation *equation);

/** l2osr__parallel_for() in batches, between which a stage ticks: `done` of n `units`. Without a
 * name of a stage, in one. */
l2osr_status l2osr__loop(l2osr_context *ctx, const char *stage, const char *units, size_t n,
                         l2osr__loop_fn fn, void *arg);

/** #L2OSR_ENONFINITE, with the place, when a target that counts is not finite. */
l2osr_status l2osr__target_check(l2osr_context *ctx, const l2osr_samples *samples);

/** R2 of predictions [trajectories][steps]; errors as l2osr_mapping_r2(). */
l2osr_status l2osr__r2(l2osr_context *ctx, const l2osr_samples *samples, const float *predictions,
                       double *r2);

#endif
