/* SPDX-License-Identifier: MIT */
/** @file adam.h Adam on a short vector of f64 parameters: the meta-optimizer. Kingma and Ba, ICLR
 * 2015. */
#ifndef L2OSR_META_ADAM_H
#define L2OSR_META_ADAM_H

#include "base/context.h"

typedef struct l2osr__adam {
    size_t size;
    uint64_t step;
    double *moments; /* m, then v */
} l2osr__adam;

l2osr_status l2osr__adam_init(l2osr__adam *adam, l2osr_context *ctx, size_t size);
void l2osr__adam_clear(l2osr__adam *adam, l2osr_context *ctx);

/** Forgets moments and step count. */
void l2osr__adam_reset(l2osr__adam *adam);

/** x -= lr mhat / (sqrt(vhat) + 1e-8) with betas 0.9 and 0.999, after scaling g down to norm `clip`
 * (0: never). */
void l2osr__adam_step(l2osr__adam *adam, double *x, const double *g, double lr, double clip);

#endif
