/* SPDX-License-Identifier: MIT */
/**
 * @file adjoint.h
 * Reverse mode through one step of a program, for one panel of coordinates, in f64: from the
 * adjoints of its roots and of the state after the step to those of what was fed, of the state
 * before, and of the numbers of the step. tape.h walks whole windows without leaving the cache,
 * since it takes what is fed as constant; here something may happen between two steps. A bar is an
 * adjoint.
 */
#ifndef L2OSR_EXPR_ADJOINT_H
#define L2OSR_EXPR_ADJOINT_H

#include "expr/code.h"

/** What the steps of one program share. Never changes, so that threads may. */
typedef struct l2osr__adjoint {
    l2osr_context *ctx;
    const l2osr__program *program; /* borrowed */
    l2osr__code code;              /* with a value for every node */
    size_t inputs;                 /* vector inputs 0 .. inputs - 1 have adjoints */
} l2osr__adjoint;

/**
 * For what computes the roots. Clear it also after a failure.
 * @return #L2OSR_EUNSUPPORTED for reductions, which tie coordinates together
 */
l2osr_status l2osr__adjoint_init(l2osr__adjoint *adjoint, l2osr_context *ctx,
                                 const l2osr__program *program, const int32_t *roots,
                                 int32_t n_roots, size_t inputs);
void l2osr__adjoint_clear(l2osr__adjoint *adjoint);

/** One step. Arrays have a number for each coordinate of the stepper, planes `stride` numbers. */
typedef struct l2osr__adjoint_step {
    uint64_t number;       /* of the step, from 1 */
    const double *numbers; /* of the step, those of l2osr__program_scalars() */
    size_t stride;
    const double *state;         /* planes before the step */
    double *statebar;            /* in: of the planes after the step; out: of those before it */
    const double *const *inputs; /* that were fed */
    double *const *inputbars;    /* out */
} l2osr__adjoint_step;

/** A panel on its way. Tables have a row of L2OSR__LANES numbers for each node. */
typedef struct l2osr__adjoint_panel {
    const l2osr__adjoint *adjoint;
    const l2osr__adjoint_step *step;
    size_t first, n;
    double *inputs, *inputbars;     /* [inputs] rows */
    double *state, *before, *after; /* [planes] rows: the state before the step, adjoints */
    double *value[L2OSR__MAX_NODES], *past[L2OSR__MAX_NODES];
    double *bar[L2OSR__MAX_NODES], *pastbar[L2OSR__MAX_NODES];
} l2osr__adjoint_panel;

/** Numbers of scratch that a panel needs. */
size_t l2osr__adjoint_scratch(const l2osr__adjoint *adjoint);

/**
 * Runs the step again for coordinates first .. first + n - 1 (n <= L2OSR__LANES), with all values
 * kept in panel->value. The caller then adds to panel->bar of the roots.
 */
void l2osr__adjoint_begin(l2osr__adjoint_panel *panel, const l2osr__adjoint *adjoint,
                          const l2osr__adjoint_step *step, size_t first, size_t n, double *scratch);

/**
 * Goes back and writes what the step has to give. Adds the adjoints of the step's numbers, summed
 * over these coordinates, to sums[nodes] unless NULL: l2osr__program_reverse_scalars() takes them
 * on.
 */
void l2osr__adjoint_finish(l2osr__adjoint_panel *panel, double *sums);

#endif
