/* SPDX-License-Identifier: MIT */
/**
 * @file unroll.h
 * Running a stepper on a task in windows, keeping what a first-order meta-gradient needs and no
 * more.
 *
 * With the gradients fed to the optimizer taken as constants, the meta-loss sum of w_r f_r(x_r), r
 * = 1 .. U + 1, of a window changes with update t by G_t = sum of w_r grad f_r(x_r) over r > t. So
 * gradients are all that is stored; whoever walks back over a block of coordinates forms G_t as a
 * running sum of rows U, U - 1, ... t of `g` (from 0). An update moves x for later ones too, if the
 * optimizer reads it: x at the start and the updates, run again, are enough for that.
 *
 * Per parameter a window of U steps takes U + 1 numbers for gradients, one for x, and the state
 * once here and once in the stepper; in bfloat16 (U + 2) / 2 for gradients. These are then rounded
 * to 8 bits, and so is what follows from them: derivatives are those of the rounded slopes, with
 * the steps of the window run again on rounded gradients. The steps themselves get the gradients in
 * f32. Derivatives by a model's weights (meta/gradient.h, meta/imitation.h) are not made for it.
 */
#ifndef L2OSR_META_UNROLL_H
#define L2OSR_META_UNROLL_H

#include "base/context.h"
#include "l2osr/stepper.h"
#include "l2osr/task.h"

/** What the seed of an episode is split into, whoever runs it. */
enum { L2OSR__EPISODE_START, L2OSR__EPISODE_BATCHES, L2OSR__EPISODE_SCALE };

/** Sizes and parts of an unroll; see l2osr__unroll_create(). */
typedef struct l2osr__unroll_config {
    l2osr_task *task; /* borrowed */
    size_t planes;    /* numbers of state per coordinate of the stepper */
    size_t window;    /* most steps of a window; 0 when only l2osr__unroll_step() is used */
    bool keep_x;      /* keep the parameters before a window, for rules that read them */
    bool keep_xs;     /* keep those before every step of it */
    bool half;        /* keep the gradients of a window in bfloat16 */
    size_t stride;    /* steps done for one that a window records; 0 means 1 */
    double scale;     /* b: units of coordinates are exp(U(-b, b)) in every episode; 0: all 1 */
} l2osr__unroll_config;

/** One optimizer on its way through episodes. All may be read; `lr` may be set at any time. */
typedef struct l2osr__unroll {
    l2osr_context *ctx;
    l2osr__unroll_config config;
    l2osr_stepper *stepper; /* owned; f32 */
    double lr;              /* step size; 0 means the stepper's default */
    size_t dim;
    l2osr_draw draw; /* of the next minibatch */
    float *x;        /* [dim], now */
    float *scale;    /* [dim]: the task sees scale x, and its gradient is scaled; NULL: all 1 */
    float *point;    /* [dim], scale x; NULL without scale */
    /* The latest window: */
    uint64_t before; /* steps of the episode before it */
    size_t steps;
    float *state; /* [planes][dim] before it */
    float *g; /* [steps + 1][dim]: gradients that were fed, then the one after the last update; with
                 config.half [dim]: undefined after a window */
    uint16_t *half;  /* those of the window when config.half: [steps + 1][row]; else NULL */
    size_t row;      /* dim, and of half rows a little more */
    float *start;    /* [dim] when config.keep_x: parameters before it */
    float *xs;       /* [steps][dim] when config.keep_xs: parameters before each update */
    double *losses;  /* [steps + 1] */
    double *weights; /* [steps + 1]: d meta-loss / d loss; 1 until set (meta/loss.h) */
    double mean_loss;
} l2osr__unroll;

/** Takes `stepper` (f32, of the task's dimension) over, also when it fails. Begin with a restart.
 */
l2osr_status l2osr__unroll_create(l2osr__unroll **out, l2osr_context *ctx, l2osr_stepper *stepper,
                                  const l2osr__unroll_config *config);
void l2osr__unroll_free(l2osr__unroll *unroll);

/** Between two windows: frees the gradients of the last one, most of an unroll's memory. The next
 * window or restart makes room again, or returns #L2OSR_ENOMEM. */
void l2osr__unroll_rest(l2osr__unroll *unroll);

/** Bytes of the gradients of a window. */
size_t l2osr__unroll_gradient_bytes(const l2osr__unroll_config *config, size_t dim);

/** Bytes that an unroll holds for a task of `dim` parameters, its stepper apart. */
size_t l2osr__unroll_bytes(const l2osr__unroll_config *config, size_t dim);

/** Begins episode `seed`: it decides starting point, minibatches and units. */
l2osr_status l2osr__unroll_restart(l2osr__unroll *unroll, uint64_t seed);

/**
 * Runs `steps` steps (at most config.window, at least 1) and takes one further loss and gradient on
 * a minibatch of its own. Every minibatch of the stream is used once.
 * @return #L2OSR_ENONFINITE when the episode diverged (restart it), #L2OSR_ECANCELED,
 * #L2OSR_ECALLBACK
 */
l2osr_status l2osr__unroll_window(l2osr__unroll *unroll, size_t steps);

/** One step outside of windows: writes the loss before it. */
l2osr_status l2osr__unroll_step(l2osr__unroll *unroll, double *loss);

/** The loss on the next minibatch, with no step after it. */
l2osr_status l2osr__unroll_loss(l2osr__unroll *unroll, double *loss);

#endif
