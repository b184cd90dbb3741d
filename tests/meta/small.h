/* SPDX-License-Identifier: MIT */
/** @file small.h Models and tasks for the tests of meta-gradients. */
#ifndef TESTS_META_SMALL_H
#define TESTS_META_SMALL_H

#include <stdbool.h>

#include "meta/learner.h"
#include "support.h"

l2osr_model *small_model(l2osr_context *ctx, const char *preset);

/** What learns on a task when it is a copy of the model; freed by its class. */
l2osr__pupil *pupil_of(l2osr_context *ctx, const l2osr_model *model, const l2osr_task *task);

/** A task that is an inner one but for some callbacks. */
struct wrapped {
    l2osr_task *inner; /* freed with the wrapping task */
    bool flat;         /* its Hessian counts as zero */
    bool one_start;    /* every episode begins at the same point */
    bool no_hvp;
    bool parted;   /* its group is cut into three, of 3, 4 and all other parameters */
    bool by_batch; /* minibatch i multiplies the loss by 1 + i % 5 */
    double limit;  /* where x[0] exceeds it the loss is NaN; 0: nowhere */
    size_t cancel; /* cancels the context in call number `cancel` of loss_grad, from 1; 0: never */
    size_t calls;  /* of loss_grad, counted when `cancel` is set: then only one thread calls */
};

/** Makes one; `w` must stay while it is used. */
l2osr_status wrapped_task(l2osr_task **out, l2osr_context *ctx, struct wrapped *w);

#endif
