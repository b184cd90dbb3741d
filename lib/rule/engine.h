/* SPDX-License-Identifier: MIT */
/**
 * @file engine.h
 * The one interface of whatever steps. A stepper owns state and bookkeeping; an engine knows how to
 * turn gradients into changes. Rules are one engine, numerical models another.
 */
#ifndef L2OSR_RULE_ENGINE_H
#define L2OSR_RULE_ENGINE_H

#include "l2osr/stepper.h"
#include "vec/kernels.h"

/** Coordinates first .. first + n - 1 of one step. Pointers are to the stepper's precision. */
typedef struct l2osr__slice {
    size_t first, n;
    const void *x, *g;
    void *dx;     /* receives the change, or */
    void *target; /* is changed by it; one of the two is NULL */
    double grad_scale;
    void *state;   /* planes [planes][stride] */
    size_t stride; /* coordinates of the whole stepper */
    uint64_t step; /* from 1 */
} l2osr__slice;

typedef struct l2osr__engine_class {
    /* Computes what all slices of a step share. */
    void (*begin)(void *engine, uint64_t step, double lr);
    /* May run on several threads at the same time; allocates nothing. */
    void (*slice_f32)(const void *engine, const l2osr__slice *slice);
    void (*slice_f64)(const void *engine, const l2osr__slice *slice);
    void (*free)(void *engine);
} l2osr__engine_class;

/** What an engine's constructor hands to the stepper. */
typedef struct l2osr__engine {
    const l2osr__engine_class *class;
    void *self; /* freed by the stepper, also when creating it fails */
    size_t planes;
    size_t chunk; /* coordinates that are worth a thread's while */
    double default_lr;
    uint32_t id; /* tells saved states of different engines apart */
} l2osr__engine;

/** Makes a stepper around an engine. */
l2osr_status l2osr__stepper_create(l2osr_stepper **out, l2osr_context *ctx, l2osr__engine engine,
                                   size_t segments, const size_t *lengths,
                                   const l2osr_stepper_options *options);

/** The state planes [planes][size], for whoever differentiates through a stepper. */
void *l2osr__stepper_state(const l2osr_stepper *stepper);

/** dst = src * scale, for gradients. */
void l2osr__scale_f32(size_t n, float *dst, const float *src, double scale);
void l2osr__scale_f64(size_t n, double *dst, const double *src, double scale);

#endif
