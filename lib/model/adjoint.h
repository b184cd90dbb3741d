/* SPDX-License-Identifier: MIT */
/**
 * @file adjoint.h
 * Reverse mode through one step of a model, for one panel of coordinates, in f64: from the adjoints
 * of its output u and of the state after the step to those of the gradient and the parameters fed,
 * of the state before, and of the weights. bptt.h walks whole windows without leaving the cache,
 * since it takes the gradients fed as constants; here something may happen between two steps.
 */
#ifndef L2OSR_MODEL_ADJOINT_H
#define L2OSR_MODEL_ADJOINT_H

#include "model/model.h"

/** What the steps of one model share. Never changes, so that threads may. */
typedef struct l2osr__adjoint {
    l2osr_context *ctx;
    const l2osr_model *model; /* borrowed */
    l2osr__code code;         /* of the features, with a value for every node */
} l2osr__adjoint;

/** Clear it also after a failure. */
l2osr_status l2osr__adjoint_init(l2osr__adjoint *adjoint, l2osr_context *ctx,
                                 const l2osr_model *model);
void l2osr__adjoint_clear(l2osr__adjoint *adjoint);

/** One step. Arrays have one number for each coordinate of the stepper, planes `stride` numbers. */
typedef struct l2osr__adjoint_step {
    uint64_t number;       /* of the step, from 1 */
    const double *scalars; /* l2osr__feature_scalars() of it */
    size_t stride;
    const double *state, *x, *g; /* before the step, and fed to it */
    const double *du;
    double *dstate;  /* in: of the state after the step; out: of that before it */
    double *dx, *dg; /* out: of what was fed */
    double *u;       /* out: what came of it */
} l2osr__adjoint_step;

/** Numbers of scratch that one call needs. */
size_t l2osr__adjoint_scratch(const l2osr__adjoint *adjoint);

/** Does coordinates first .. first + n - 1 (n <= L2OSR__LANES), and adds their gradient by the
 * packed weights to packed[]. */
void l2osr__adjoint_run(const l2osr__adjoint *adjoint, const l2osr__adjoint_step *step,
                        size_t first, size_t n, double *scratch, double *packed);

#endif
