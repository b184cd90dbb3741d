/* SPDX-License-Identifier: MIT */
/* Running a task's callbacks: conversion between precisions and checks of what they return. */
#include "task/task.h"

#include <math.h>

#include "vec/kernels.h"

/* What a callback's return value means to the caller. */
static l2osr_status outcome(const l2osr_task *task, const char *callback, const l2osr_draw *draw,
                            int value) {
    if (value == 0)
        return L2OSR_OK;
    if (task->builtin)
        return (l2osr_status)value;
    if (!draw)
        return l2osr__fail_callback(task->ctx, value, "task '%s': the callback %s returned %d",
                                    task->callbacks.name, callback, value);
    return l2osr__fail_callback(
        task->ctx, value, "task '%s', step %llu: the callback %s returned %d", task->callbacks.name,
        (unsigned long long)draw->index, callback, value);
}

static const char *describe(double value) {
    return isnan(value) ? "NaN" : "infinite";
}

/* Says that entry `entry` of `what` (such as "gradient") is not finite. */
static l2osr_status bad_entry(const l2osr_task *task, const char *what, const l2osr_draw *draw,
                              size_t entry, double value) {
    const l2osr_group *g = task->groups;
    for (; entry >= l2osr__group_size(g); g++)
        entry -= l2osr__group_size(g);
    if (!draw)
        return l2osr__fail(task->ctx, L2OSR_ENONFINITE,
                           "task '%s': entry %zu of group '%s' of the %s is %s",
                           task->callbacks.name, entry, g->name, what, describe(value));
    return l2osr__fail(task->ctx, L2OSR_ENONFINITE,
                       "task '%s', step %llu: entry %zu of group '%s' of the %s is %s",
                       task->callbacks.name, (unsigned long long)draw->index, entry, g->name, what,
                       describe(value));
}

static l2osr_status check_f64(const l2osr_task *task, const char *what, const l2osr_draw *draw,
                              const double *v) {
    size_t i = 0;
    if (l2osr__kernels_f64_of(task->ctx)->finite(task->dim, v))
        return L2OSR_OK;
    while (isfinite(v[i]))
        i++;
    return bad_entry(task, what, draw, i, v[i]);
}

static l2osr_status check_f32(const l2osr_task *task, const char *what, const l2osr_draw *draw,
                              const float *v) {
    size_t i = 0;
    if (l2osr__kernels_f32_of(task->ctx)->finite(task->dim, v))
        return L2OSR_OK;
    while (isfinite(v[i]))
        i++;
    return bad_entry(task, what, draw, i, (double)v[i]);
}

static l2osr_status check_loss(const l2osr_task *task, const l2osr_draw *draw, double loss) {
    if (isfinite(loss))
        return L2OSR_OK;
    return l2osr__fail(task->ctx, L2OSR_ENONFINITE, "task '%s', step %llu: the loss is %s",
                       task->callbacks.name, (unsigned long long)draw->index, describe(loss));
}

static l2osr_status check_arguments(const l2osr_task *task, bool complete) {
    return complete ? L2OSR_OK
                    : l2osr__fail(task->ctx, L2OSR_EINVAL, "task '%s': an argument is NULL",
                                  task->callbacks.name);
}

static void narrow(size_t n, float *out, const double *in) {
    for (size_t i = 0; i < n; i++)
        out[i] = (float)in[i];
}

static void widen(size_t n, double *out, const float *in) {
    for (size_t i = 0; i < n; i++)
        out[i] = (double)in[i];
}

l2osr_status l2osr_task_init(l2osr_task *task, uint64_t seed, double *x) {
    if (!task)
        return L2OSR_EINVAL;
    L2OSR__TRY(check_arguments(task, x != NULL));
    L2OSR__TRY(outcome(task, "init", NULL, task->callbacks.init(task->user, seed, x)));
    return check_f64(task, "starting point", NULL, x);
}

l2osr_status l2osr__task_init_with(l2osr_task *task, uint64_t seed, float *x, double *wide) {
    L2OSR__TRY(l2osr_task_init(task, seed, wide));
    narrow(task->dim, x, wide);
    return check_f32(task, "starting point", NULL, x);
}

l2osr_status l2osr_task_init_f32(l2osr_task *task, uint64_t seed, float *x) {
    double *wide;
    if (!task)
        return L2OSR_EINVAL;
    L2OSR__TRY(check_arguments(task, x != NULL));
    L2OSR__TRY(l2osr__scratch_take(&task->scratch, &wide));
    l2osr_status status = l2osr__task_init_with(task, seed, x, wide);
    l2osr__scratch_give(&task->scratch, wide);
    return status;
}

/* Calls loss_grad_f32 with an x and for a gradient in f64; two vectors of f32 are as large as one
 * of f64. */
static l2osr_status by_f32(l2osr_task *task, const l2osr_draw *draw, const double *x, double *loss,
                           double *grad) {
    float *narrow_x;
    L2OSR__TRY(l2osr__scratch_take(&task->scratch, &narrow_x));
    float *narrow_grad = narrow_x + task->dim;
    narrow(task->dim, narrow_x, x);
    int value =
        task->callbacks.loss_grad_f32(task->user, draw, narrow_x, loss, grad ? narrow_grad : NULL);
    if (grad && value == 0)
        widen(task->dim, grad, narrow_grad);
    l2osr__scratch_give(&task->scratch, narrow_x);
    return outcome(task, "loss_grad_f32", draw, value);
}

static l2osr_status by_f64(l2osr_task *task, const l2osr_draw *draw, const float *x, double *loss,
                           float *grad) {
    double *wide_x;
    L2OSR__TRY(l2osr__scratch_take(&task->scratch, &wide_x));
    double *wide_grad = wide_x + task->dim;
    widen(task->dim, wide_x, x);
    int value = task->callbacks.loss_grad(task->user, draw, wide_x, loss, grad ? wide_grad : NULL);
    if (grad && value == 0)
        narrow(task->dim, grad, wide_grad);
    l2osr__scratch_give(&task->scratch, wide_x);
    return outcome(task, "loss_grad", draw, value);
}

l2osr_status l2osr_task_loss_grad(l2osr_task *task, const l2osr_draw *draw, const double *x,
                                  double *loss, double *grad) {
    if (!task)
        return L2OSR_EINVAL;
    L2OSR__TRY(check_arguments(task, draw && x && loss));
    const l2osr_task_callbacks *c = &task->callbacks;
    *loss = (double)NAN; /* what a callback that forgets it leaves */
    L2OSR__TRY(c->loss_grad
                   ? outcome(task, "loss_grad", draw, c->loss_grad(task->user, draw, x, loss, grad))
                   : by_f32(task, draw, x, loss, grad));
    L2OSR__TRY(check_loss(task, draw, *loss));
    return grad ? check_f64(task, "gradient", draw, grad) : L2OSR_OK;
}

l2osr_status l2osr_task_loss_grad_f32(l2osr_task *task, const l2osr_draw *draw, const float *x,
                                      double *loss, float *grad) {
    if (!task)
        return L2OSR_EINVAL;
    L2OSR__TRY(check_arguments(task, draw && x && loss));
    const l2osr_task_callbacks *c = &task->callbacks;
    *loss = (double)NAN;
    L2OSR__TRY(c->loss_grad_f32 ? outcome(task, "loss_grad_f32", draw,
                                          c->loss_grad_f32(task->user, draw, x, loss, grad))
                                : by_f64(task, draw, x, loss, grad));
    L2OSR__TRY(check_loss(task, draw, *loss));
    return grad ? check_f32(task, "gradient", draw, grad) : L2OSR_OK;
}

l2osr_status l2osr_task_hvp(l2osr_task *task, const l2osr_draw *draw, const double *x,
                            const double *v, double *hv) {
    if (!task)
        return L2OSR_EINVAL;
    L2OSR__TRY(check_arguments(task, draw && x && v && hv));
    if (!task->callbacks.hvp)
        return l2osr__fail(task->ctx, L2OSR_EUNSUPPORTED, "task '%s' has no Hessian-vector product",
                           task->callbacks.name);
    L2OSR__TRY(outcome(task, "hvp", draw, task->callbacks.hvp(task->user, draw, x, v, hv)));
    return check_f64(task, "Hessian-vector product", draw, hv);
}

l2osr_status l2osr_task_metric(l2osr_task *task, const double *x, double *value) {
    if (!task)
        return L2OSR_EINVAL;
    L2OSR__TRY(check_arguments(task, x && value));
    if (!task->callbacks.metric)
        return l2osr__fail(task->ctx, L2OSR_EUNSUPPORTED, "task '%s' has no metric",
                           task->callbacks.name);
    return outcome(task, "metric", NULL, task->callbacks.metric(task->user, x, value));
}
