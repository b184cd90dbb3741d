/* SPDX-License-Identifier: MIT */
/** @file golden.h Models and windows on the small quadratic of the golden vectors. */
#ifndef TESTS_MODEL_GOLDEN_H
#define TESTS_MODEL_GOLDEN_H

#include "model/bptt.h"
#include "support.h"

enum { DIM = 7, STEPS = 25, UNROLL = 20 };

/** f(x) = 0.5 |A x - b|^2 with some fixed A and b. */
struct quadratic {
    double A[DIM * DIM], b[DIM], x0[DIM];
};

/** Loss at x; the gradient goes to g. */
double quadratic_loss(const struct quadratic *q, const double *x, double *g);

/** One truncated window in f64: moves x and the stepper on; adds the meta-gradient to flat[].
 * Returns the meta-loss. */
double window_gradient(l2osr_context *ctx, l2osr_model *model, l2osr_stepper *stepper,
                       const struct quadratic *q, double *x, double *flat);

/** Features of a model as its steps compute them, for gradients g[steps][n], rounded to the
 * precision: values[steps][n][features]. */
void run_features_f32(l2osr_context *ctx, const l2osr_model *model, const double *g, size_t n,
                      size_t steps, double *values);
void run_features_f64(l2osr_context *ctx, const l2osr_model *model, const double *g, size_t n,
                      size_t steps, double *values);

#endif
