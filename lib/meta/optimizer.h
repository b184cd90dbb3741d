/* SPDX-License-Identifier: MIT */
/** @file optimizer.h What takes the steps of meta-training, on a short vector of f64 numbers: Adam
 * (Kingma and Ba, ICLR 2015), or gradient descent with momentum. */
#ifndef L2OSR_META_OPTIMIZER_H
#define L2OSR_META_OPTIMIZER_H

#include "base/context.h"
#include "l2osr/meta.h"

typedef struct l2osr__optimizer {
    l2osr_meta_optimizer kind;
    double momentum; /* of gradient descent */
    size_t size, n_moments;
    uint64_t step;
    double *moments; /* [n_moments]: m, for Adam then v */
} l2osr__optimizer;

/** `momentum` counts for #L2OSR_META_SGD alone. */
l2osr_status l2osr__optimizer_init(l2osr__optimizer *optimizer, l2osr_context *ctx,
                                   l2osr_meta_optimizer kind, double momentum, size_t size);
void l2osr__optimizer_clear(l2osr__optimizer *optimizer, l2osr_context *ctx);

/** Forgets moments and step count. */
void l2osr__optimizer_reset(l2osr__optimizer *optimizer);

/**
 * One step, after scaling g down to norm `clip` (0: never).
 * Adam: x -= lr mhat / (sqrt(vhat) + 1e-8) with betas 0.9 and 0.999.
 * Gradient descent: m = momentum m + g, x -= lr m.
 */
void l2osr__optimizer_step(l2osr__optimizer *optimizer, double *x, const double *g, double lr,
                           double clip);

#endif
