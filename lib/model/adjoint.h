/* SPDX-License-Identifier: MIT */
/**
 * @file adjoint.h
 * Reverse mode through one step of a model, for one panel of coordinates, in f64: from the adjoints
 * of its output u and of the state after the step to those of the gradient and the parameters fed,
 * of the state before, and of the weights. What is the features' is expr/adjoint.h's; bptt.h walks
 * whole windows.
 */
#ifndef L2OSR_MODEL_ADJOINT_H
#define L2OSR_MODEL_ADJOINT_H

#include "expr/adjoint.h"
#include "model/model.h"

/** What the steps of one model share. Never changes, so that threads may. */
typedef struct l2osr__model_adjoint {
    const l2osr_model *model; /* borrowed */
    l2osr__adjoint features;
} l2osr__model_adjoint;

/** Clear it also after a failure. */
l2osr_status l2osr__model_adjoint_init(l2osr__model_adjoint *adjoint, l2osr_context *ctx,
                                       const l2osr_model *model);
void l2osr__model_adjoint_clear(l2osr__model_adjoint *adjoint);

/** One step. Arrays have one number for each coordinate of the stepper. */
typedef struct l2osr__model_adjoint_step {
    l2osr__adjoint_step features; /* with l2osr__feature_scalars(); inputs g and x. In its arrays of
                                     state those of the network follow */
    const double *ubar;
    double *u; /* out: what came of the step */
} l2osr__model_adjoint_step;

/** Numbers of scratch that one call needs. */
size_t l2osr__model_adjoint_scratch(const l2osr__model_adjoint *adjoint);

/** Does coordinates first .. first + n - 1 (n <= L2OSR__LANES), and adds their gradient by the
 * packed weights to packed[]. */
void l2osr__model_adjoint_run(const l2osr__model_adjoint *adjoint,
                              const l2osr__model_adjoint_step *step, size_t first, size_t n,
                              double *scratch, double *packed);

#endif
