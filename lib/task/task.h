/* SPDX-License-Identifier: MIT */
/** @file task.h The structure of a task, and tasks as the library makes its own. */
#ifndef L2OSR_TASK_TASK_H
#define L2OSR_TASK_TASK_H

#include "base/context.h"
#include "l2osr/task.h"
#include "task/scratch.h"

struct l2osr_task {
    l2osr_context *ctx;
    l2osr_task_callbacks callbacks; /* its strings and groups point to the copies below */
    void *user;
    bool builtin; /* callbacks return an l2osr_status */
    size_t dim;
    l2osr_group *groups;
    char *strings;
    l2osr__scratch scratch; /* for conversion between f32 and f64 */
};

/**
 * l2osr_task_create() for callbacks that return an l2osr_status, its message recorded, instead of a
 * value of the user's.
 */
l2osr_status l2osr__task_create_builtin(l2osr_task **out, l2osr_context *ctx,
                                        const l2osr_task_callbacks *callbacks, void *user);

/** Number of parameters of a group of a task. */
size_t l2osr__group_size(const l2osr_group *group);

/** Sizes of all groups of a task, in memory of `ctx` that the caller frees. */
l2osr_status l2osr__task_group_sizes(const l2osr_task *task, l2osr_context *ctx, size_t **out);

/** l2osr_task_init_f32() that works in `wide` [dim], so that the task keeps no memory for it. */
l2osr_status l2osr__task_init_with(l2osr_task *task, uint64_t seed, float *x, double *wide);

/** Whether the callbacks may run on several threads at once. */
bool l2osr__task_is_concurrent(const l2osr_task *task);

#endif
