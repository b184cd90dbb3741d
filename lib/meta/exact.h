/* SPDX-License-Identifier: MIT */
/**
 * @file exact.h
 * The exact gradient of a window's meta-loss by the numbers of a learner: unlike the first order,
 * it follows how a step changes the gradients fed to later steps, with the Hessian-vector products
 * of the task. In f64, and for correctness rather than speed; see doc/estimators.md.
 */
#ifndef L2OSR_META_EXACT_H
#define L2OSR_META_EXACT_H

#include "l2osr/stepper.h"
#include "l2osr/task.h"
#include "meta/learner.h"

/** Whether gradients that are fed count as constants. */
typedef enum l2osr__order {
    L2OSR__SECOND_ORDER, /* no: exact */
    L2OSR__FIRST_ORDER   /* yes: what others compute faster, in f32 */
} l2osr__order;

/** A pupil on its way through episodes. All may be read. */
typedef struct l2osr__exact {
    l2osr_context *ctx;
    l2osr__pupil *pupil; /* borrowed, as is */
    l2osr_task *task;
    l2osr__order order;
    l2osr_stepper *stepper; /* f64 */
    l2osr__backward *backward;
    size_t dim, planes, most_windows, most_steps; /* of each */
    l2osr_draw draw;                              /* of the next minibatch */
    double *x;                                    /* [dim], now */
    /* The latest windows: */
    size_t windows, steps; /* of each */
    double *losses;        /* [windows][steps + 1] */
    double mean_loss;      /* of the last one */
    l2osr_draw first;      /* their first minibatch */
    uint64_t before;       /* steps of the episode before them */
    double *xs;            /* [windows][steps][dim] before each step */
    double *g;             /* [windows][steps + 1][dim]: fed to each, then the one after the last */
    double *states;        /* [windows][steps][planes][dim] before each */
    /* On the way back, adjoints: */
    double *xbar;     /* [dim]: of the parameters after the step, then before it */
    double *gbar;     /* [dim]: of the gradient fed */
    double *direct;   /* [dim]: of the parameters fed, as far as the step reads them */
    double *hv;       /* [dim] */
    double *statebar; /* [planes][dim] */
} l2osr__exact;

/** Whether the second order can be had: the task has a Hessian-vector product. */
bool l2osr__exact_is_possible(const l2osr_task *task);

/** #L2OSR_EUNSUPPORTED unless it can. */
l2osr_status l2osr__exact_check(l2osr_context *ctx, const l2osr_task *task);

/**
 * For gradients of at most `windows` windows together, of at most `steps` steps each. Keeps
 * (planes + 2) numbers a parameter and step. Begin with a restart. The pupil's numbers may be set
 * between windows.
 * @return #L2OSR_EUNSUPPORTED when the pupil has no way back, and for the second order what
 * l2osr__exact_check() says; #L2OSR_ENOMEM
 */
l2osr_status l2osr__exact_create(l2osr__exact **out, l2osr__pupil *pupil, l2osr_task *task,
                                 size_t windows, size_t steps, l2osr__order order);
void l2osr__exact_free(l2osr__exact *exact);

/** Begins episode `seed`, which is that of l2osr__unroll_restart(). */
l2osr_status l2osr__exact_restart(l2osr__exact *exact, uint64_t seed);

/**
 * Runs `steps` steps and takes one further loss and gradient on a minibatch of its own.
 * @return #L2OSR_ENONFINITE when the episode diverged (restart it), #L2OSR_ECANCELED,
 * #L2OSR_ECALLBACK
 */
l2osr_status l2osr__exact_window(l2osr__exact *exact, size_t steps);

/** One window more, of as many steps, for a gradient of all since l2osr__exact_window(). */
l2osr_status l2osr__exact_append(l2osr__exact *exact);

/**
 * Writes the gradient of the sum over the latest windows and r of weights[r] f_r(x_r), r = 0 ..
 * steps, by the numbers to flat[pupil->size]. The parameters and the state at the start of the
 * first of these windows count as constants.
 * @param weights [windows][steps + 1], NULL for all 1. Of a meta-loss that is not a sum: its
 * derivatives by the losses
 * @return #L2OSR_ENONFINITE when it is not finite, #L2OSR_ECANCELED, #L2OSR_ECALLBACK
 */
l2osr_status l2osr__exact_gradient(l2osr__exact *exact, const double *weights, double *flat);

#endif
