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

/** Reductions add up pieces of this many coordinates, counted from the start of a group. */
enum { L2OSR__REDUCE_BLOCK = 4096 };

/** What all slices of a step share. A group is a segment, or everything where that is the same. */
typedef struct l2osr__step {
    uint64_t number; /* from 1 */
    size_t groups;
    const size_t *sizes;    /* [groups] */
    const double *lr, *wd;  /* [groups] */
    double *cells;          /* state [groups][engine's cells] */
    const size_t *blocks;   /* [groups + 1]: first reduction block of each */
    const double *partials; /* [reductions][blocks[groups]] */
} l2osr__step;

/** Coordinates of one group in one step. Pointers are to the stepper's precision. */
typedef struct l2osr__slice {
    const l2osr__step *step;
    size_t group, first, n; /* `first` counts from the first coordinate of the stepper */
    const void *x, *g;
    void *dx;     /* receives the change, or */
    void *target; /* is changed by it; one of the two is NULL */
    double grad_scale;
    void *state;      /* planes [planes][stride] */
    size_t stride;    /* coordinates of the whole stepper */
    size_t pass;      /* of a reduction slice */
    double *partials; /* of a reduction slice: where its first block goes, in reduction 0 */
} l2osr__slice;

typedef struct l2osr__engine_class {
    /* Makes room for the numbers of that many groups; once. */
    l2osr_status (*prepare)(void *engine, size_t groups);
    /* Computes what all slices of a step share. */
    void (*begin)(void *engine, const l2osr__step *step);
    /* May run on several threads at the same time; allocates nothing. */
    void (*slice_f32)(const void *engine, const l2osr__slice *slice);
    void (*slice_f64)(const void *engine, const l2osr__slice *slice);
    /* Reduction passes of an engine that has any: sums of blocks, then what follows from them. */
    void (*reduce_f32)(const void *engine, const l2osr__slice *slice);
    void (*reduce_f64)(const void *engine, const l2osr__slice *slice);
    void (*combine)(void *engine, const l2osr__step *step, size_t pass);
    void (*free)(void *engine);
} l2osr__engine_class;

/** What an engine's constructor hands to the stepper. */
typedef struct l2osr__engine {
    const l2osr__engine_class *class;
    void *self; /* freed by the stepper, also when creating it fails */
    size_t planes;
    size_t cells;      /* numbers of state per group */
    size_t reductions; /* sums over coordinates */
    size_t passes;     /* that compute them */
    bool grouped;      /* groups differ even with the same step size */
    size_t chunk;      /* coordinates that are worth a thread's while; of REDUCE_BLOCKs */
    double default_lr, default_wd;
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
