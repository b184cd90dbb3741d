/* SPDX-License-Identifier: MIT */
/**
 * @file gradient.h
 * The gradient of a window's meta-loss by a model's weights, over chunks of coordinates in
 * parallel.
 *
 * Where groups have step sizes of their own, x moves by lum u, and the loss changes with u by lum
 * times, with the group's lum by u times what it changes with lum u.
 */
#ifndef L2OSR_META_GRADIENT_H
#define L2OSR_META_GRADIENT_H

#include "meta/chunks.h"
#include "meta/unroll.h"
#include "model/bptt.h"
#include "task/scratch.h"

/** What the parallel loop works on. */
typedef struct l2osr__gradient {
    l2osr_context *ctx;
    const l2osr_model *model;
    l2osr__chunks chunks;
    l2osr__scratch workspaces; /* one for each panel that is worked on at the same time */
    double *packed;            /* [chunks][row]: packed weights, then those of groups */
    size_t row;
    size_t *ends;    /* [groups]: where each ends, if they have step sizes; else NULL */
    double *scalars; /* [steps][nodes] of the features' program */
} l2osr__gradient;

/** For windows of at most `steps` on a task. Clear it also after a failure. */
l2osr_status l2osr__gradient_init(l2osr__gradient *gradient, l2osr_context *ctx,
                                  const l2osr_model *model, const l2osr_task *task, size_t steps);
void l2osr__gradient_clear(l2osr__gradient *gradient);

/** Supplies d loss / d u as in bptt.h, where u is what x moves by: for a model with step sizes of
 * groups times those. `sums` has L2OSR__LANES numbers that live from step to step. */
typedef struct l2osr__upstream {
    void (*fn)(const void *arg, size_t step, size_t first, size_t n, const float *u, float *sums,
               float *du);
    const void *arg;
} l2osr__upstream;

/** Sum over all coordinates of a window, see bptt.h: writes flat[model size]. `end` may be `state`,
 * and NULL. */
l2osr_status l2osr__gradient_run(l2osr__gradient *gradient, const float *state, float *end,
                                 uint64_t before, size_t steps, const float *g,
                                 l2osr__upstream upstream, double *flat);

/** Gradient of the sum over the window of w_r f(x_r), r = 1 .. steps + 1, w being unroll->weights,
 * by the model's weights; as if x moved by u. */
l2osr_status l2osr__gradient_of_window(l2osr__gradient *gradient, const l2osr__unroll *unroll,
                                       double *flat);

#endif
