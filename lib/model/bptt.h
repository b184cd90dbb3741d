/* SPDX-License-Identifier: MIT */
/**
 * @file bptt.h
 * Block-streamed back-propagation through time: for one panel of coordinates, a window is run again
 * from the state at its start with all activations in cache, then walked backwards. Since gradients
 * fed to a model count as constants, panels are independent of one another, and nothing of the size
 * of (steps x coordinates x activations) is ever stored.
 */
#ifndef L2OSR_MODEL_BPTT_H
#define L2OSR_MODEL_BPTT_H

#include "model/model.h"

/** Supplies d loss / d u of step `step` (0 .. steps-1, called downwards) for n coordinates from
 * `first`. */
#define L2OSR__BPTT(T, SUFFIX)                                                                     \
    typedef struct l2osr__window_##SUFFIX {                                                        \
        const l2osr_model *model;                                                                  \
        const T *state; /* planes [planes][stride] of a stepper at the start of the window */      \
        T *end;         /* receives them after it, may be `state`; NULL: not wanted */             \
        size_t stride;                                                                             \
        uint64_t step; /* steps done before the window */                                          \
        size_t steps;                                                                              \
        const T *g; /* [steps][stride] */                                                          \
        void (*upstream)(void *arg, size_t step, size_t first, size_t n, const T *u, T *du);       \
        void *arg;                                                                                 \
    } l2osr__window_##SUFFIX;                                                                      \
    /* Numbers of scratch that one call needs. */                                                  \
    size_t l2osr__bptt_scratch_##SUFFIX(const l2osr_model *model, size_t steps);                   \
    /* Adds the gradient of coordinates first .. first+n-1 (n <= L2OSR__LANES) to packed[].        \
       scalars: [steps][nodes] of the features' program, from l2osr__bptt_scalars(). */            \
    void l2osr__bptt_##SUFFIX(const l2osr__window_##SUFFIX *window,                                \
                              const l2osr__kernels_##SUFFIX *kernels, const double *scalars,       \
                              size_t first, size_t n, T *scratch, double *packed)

L2OSR__BPTT(float, f32);
L2OSR__BPTT(double, f64);

/** Scalars of the features' program for `steps` steps after step number `step`: [steps][nodes]. */
void l2osr__bptt_scalars(const l2osr_model *model, uint64_t step, size_t steps, double *scalars);

#endif
