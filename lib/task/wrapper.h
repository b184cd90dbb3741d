/* SPDX-License-Identifier: MIT */
/** @file wrapper.h Tasks around tasks, for those who make them (compose.c). */
#ifndef L2OSR_TASK_WRAPPER_H
#define L2OSR_TASK_WRAPPER_H

#include "l2osr/compose.h"
#include "task/task.h"

/**
 * All wrappers are one: a change of parameters, a factor, and noise. With z the parameters of the
 * inner task and x those of the wrapper, z[i] = scales[i] x[i] or z[order[i]] = x[i] or z = x.
 */
typedef struct l2osr__wrapper {
    l2osr_context *ctx;
    l2osr_task *inner;
    double *scales; /* [dim], or NULL */
    size_t *order;  /* [dim], or NULL; at most one of the two */
    double factor;  /* of loss and derivatives */
    l2osr_noise noise;
    double deviation; /* of noise in the gradient; 0 for none */
    uint64_t seed;    /* of the noise */
    l2osr__scratch scratch;
} l2osr__wrapper;

/**
 * Makes the task, called "word inner", from a description whose `scratch` is not set up. It owns
 * `scales` and `order`, which are freed if it cannot be made.
 */
l2osr_status l2osr__wrapper_task(l2osr_task **out, const char *word, const l2osr__wrapper *wrapper);

#endif
