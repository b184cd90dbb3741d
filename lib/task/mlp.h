/* SPDX-License-Identifier: MIT */
/** @file mlp.h The multilayer perceptron, for its set-up (mlp.c) and passes (mlp_pass.c). */
#ifndef L2OSR_TASK_MLP_H
#define L2OSR_TASK_MLP_H

#include "task/classifier.h"
#include "task/task.h"

/**
 * Layer l (from 0) maps width[l] inputs to width[l + 1] outputs. Its weights [out][in] and then its
 * biases [out] follow those of the layer before in x.
 */
typedef struct l2osr__mlp {
    l2osr_context *ctx;
    const l2osr_dataset *train, *test;
    l2osr_activation activation;
    l2osr_start start;
    size_t layers, batch, dim;
    size_t *width;       /* [layers + 1] */
    size_t total_width;  /* sum of `width` */
    size_t widest_layer; /* largest of `width` but the input */
    l2osr__scratch workspace_f32, workspace_f64, workspace_hvp;
} l2osr__mlp;

/** Bytes of a workspace. */
size_t l2osr__mlp_workspace_f32(const l2osr__mlp *mlp);
size_t l2osr__mlp_workspace_f64(const l2osr__mlp *mlp);
size_t l2osr__mlp_workspace_hvp(const l2osr__mlp *mlp);

/** Callbacks of the task: loss and, unless NULL, gradient. */
int l2osr__mlp_loss_grad_f32(void *user, const l2osr_draw *draw, const float *x, double *loss,
                             float *grad);
int l2osr__mlp_loss_grad_f64(void *user, const l2osr_draw *draw, const double *x, double *loss,
                             double *grad);

/** Callback of the task: Hessian-vector product; the second derivative of ReLU counts as 0. */
int l2osr__mlp_hvp(void *user, const l2osr_draw *draw, const double *x, const double *v,
                   double *hv);

/** Callback of the task: fraction of the test images whose label has the largest output. */
int l2osr__mlp_accuracy(void *user, const double *x, double *value);

#endif
