/* SPDX-License-Identifier: MIT */
/**
 * @file exact.h
 * The exact gradient of a window's meta-loss by a model's weights: unlike gradient.h, it follows
 * how a step changes the gradients fed to later steps, with the Hessian-vector products of the
 * task. In f64, and for correctness rather than speed; see doc/estimators.md.
 */
#ifndef L2OSR_META_EXACT_H
#define L2OSR_META_EXACT_H

#include "l2osr/stepper.h"
#include "l2osr/task.h"
#include "meta/chunks.h"
#include "model/adjoint.h"
#include "task/scratch.h"

/** A model on its way through episodes. All may be read. */
typedef struct l2osr__exact {
    l2osr_context *ctx;
    l2osr_task *task;       /* borrowed */
    l2osr_stepper *stepper; /* f64 */
    l2osr__adjoint adjoint;
    double lr;             /* x changes by lr u, times the group's step size if there are such */
    size_t groups, *sizes; /* of the task */
    size_t dim, planes, most_steps;
    l2osr__chunks chunks;
    l2osr_draw draw; /* of the next minibatch */
    double *x;       /* [dim], now */
    /* The latest window: */
    size_t steps;
    double *losses; /* [steps + 1] */
    double mean_loss;
    l2osr_draw first; /* its first minibatch */
    uint64_t before;  /* steps of the episode before it */
    double *xs;       /* [steps][dim] before each step */
    double *g;        /* [steps + 1][dim]: fed to each, then the one after the last */
    double *states;   /* [steps][planes][dim] before each */
    /* On the way back: */
    double *dx;     /* [dim]: of the parameters after the step, then before it */
    double *u, *du; /* [dim] */
    double *dlum;   /* [groups]: of step sizes of groups */
    double *dg;     /* [dim]: of the gradient fed */
    double *direct; /* [dim]: of the parameters fed, where features read them */
    double *hv;     /* [dim] */
    double *dstate; /* [planes][dim] */
    double *scalars;
    double *packed; /* [chunks][packed weights] */
    l2osr__scratch workspaces;
} l2osr__exact;

/** #L2OSR_EUNSUPPORTED for a task without Hessian-vector product. */
l2osr_status l2osr__exact_check(l2osr_context *ctx, const l2osr_task *task);

/**
 * For windows of at most `steps` steps. Keeps (planes + 2) numbers a parameter and step. Begin with
 * a restart.
 * @return what l2osr__exact_check() says, or #L2OSR_ENOMEM
 */
l2osr_status l2osr__exact_create(l2osr__exact **out, l2osr_context *ctx, l2osr_model *model,
                                 l2osr_task *task, size_t steps);
void l2osr__exact_free(l2osr__exact *exact);

/** Begins episode `seed`, which is that of l2osr__unroll_restart(). */
l2osr_status l2osr__exact_restart(l2osr__exact *exact, uint64_t seed);

/**
 * Runs `steps` steps and takes one further loss and gradient on a minibatch of its own.
 * @return #L2OSR_ENONFINITE when the episode diverged (restart it), #L2OSR_ECANCELED,
 * #L2OSR_ECALLBACK
 */
l2osr_status l2osr__exact_window(l2osr__exact *exact, size_t steps);

/**
 * Writes the gradient of the latest window's sum over r of weights[r] f_r(x_r), r = 0 .. steps, by
 * the weights to flat[model size]. The parameters and the state at the start of the window count as
 * constants.
 * @param weights [steps + 1], NULL for all 1. Of a meta-loss that is not a sum: its derivatives by
 * the losses
 * @return #L2OSR_ENONFINITE when it is not finite, #L2OSR_ECANCELED, #L2OSR_ECALLBACK
 */
l2osr_status l2osr__exact_gradient(l2osr__exact *exact, const double *weights, double *flat);

#endif
