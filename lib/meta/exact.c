/* SPDX-License-Identifier: MIT */
#include "meta/exact.h"

#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/rng.h"
#include "rule/engine.h"
#include "task/task.h"

static l2osr_status allocate_window(l2osr__exact *e) {
    const size_t row = e->dim * sizeof *e->x;
    L2OSR__TRY(l2osr__alloc_to(e->ctx, &e->x, 1, row));
    L2OSR__TRY(l2osr__alloc_to(e->ctx, &e->xs, e->most_steps, row));
    L2OSR__TRY(l2osr__alloc_to(e->ctx, &e->g, e->most_steps + 1, row));
    L2OSR__TRY(l2osr__alloc_to(e->ctx, &e->losses, e->most_steps + 1, sizeof *e->losses));
    L2OSR__TRY(l2osr__alloc_to(e->ctx, &e->states, e->most_steps, e->planes * row));
    L2OSR__TRY(l2osr__alloc_to(e->ctx, &e->xbar, 1, row));
    L2OSR__TRY(l2osr__alloc_to(e->ctx, &e->gbar, 1, row));
    L2OSR__TRY(l2osr__alloc_to(e->ctx, &e->direct, 1, row));
    L2OSR__TRY(l2osr__alloc_to(e->ctx, &e->hv, 1, row));
    return l2osr__alloc_to(e->ctx, &e->statebar, e->planes, row);
}

static l2osr_status fill(l2osr__exact *e) {
    e->ctx = e->pupil->ctx;
    e->dim = l2osr_task_dim(e->task);
    e->planes = l2osr__pupil_planes(e->pupil);
    L2OSR__TRY(l2osr__pupil_stepper(&e->stepper, e->pupil, e->task, L2OSR_F64));
    L2OSR__TRY(e->pupil->class->backward_create(&e->backward, e->pupil, e->task, e->most_steps));
    return allocate_window(e);
}

l2osr_status l2osr__exact_check(l2osr_context *ctx, const l2osr_task *task) {
    return task->callbacks.hvp
               ? L2OSR_OK
               : l2osr__fail(ctx, L2OSR_EUNSUPPORTED,
                             "the exact meta-gradient needs a task with a Hessian-vector product; "
                             "'%s' has none",
                             l2osr_task_name(task));
}

l2osr_status l2osr__exact_create(l2osr__exact **out, l2osr__pupil *pupil, l2osr_task *task,
                                 size_t steps, l2osr__order order) {
    l2osr__exact *e;
    *out = NULL;
    if (order == L2OSR__SECOND_ORDER)
        L2OSR__TRY(l2osr__exact_check(pupil->ctx, task));
    L2OSR__TRY(l2osr__alloc_to(pupil->ctx, &e, 1, sizeof *e));
    *e = (l2osr__exact){.pupil = pupil, .task = task, .order = order, .most_steps = steps};
    l2osr_status status = fill(e);
    if (status == L2OSR_OK)
        *out = e;
    else
        l2osr__exact_free(e);
    return status;
}

void l2osr__exact_free(l2osr__exact *e) {
    if (!e)
        return;
    double *const arrays[] = {e->x,    e->xs,   e->g,      e->losses, e->states,
                              e->xbar, e->gbar, e->direct, e->hv,     e->statebar};
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++)
        l2osr__free(e->ctx, arrays[i]);
    l2osr__backward_free(e->backward);
    l2osr_stepper_free(e->stepper);
    l2osr__free(e->ctx, e);
}

l2osr_status l2osr__exact_restart(l2osr__exact *e, uint64_t seed) {
    l2osr_stepper_reset(e->stepper);
    e->draw = (l2osr_draw){l2osr__seed_split(seed, L2OSR__EPISODE_BATCHES), 0};
    return l2osr_task_init(e->task, l2osr__seed_split(seed, L2OSR__EPISODE_START), e->x);
}

static l2osr_status check_canceled(const l2osr__exact *e) {
    return l2osr__canceled(e->ctx) ? l2osr__fail(e->ctx, L2OSR_ECANCELED, "canceled") : L2OSR_OK;
}

/* Loss and gradient number k of the window, on the next minibatch. */
static l2osr_status measure(l2osr__exact *e, size_t k) {
    L2OSR__TRY(check_canceled(e));
    L2OSR__TRY(l2osr_task_loss_grad(e->task, &e->draw, e->x, &e->losses[k], e->g + k * e->dim));
    e->draw.index++;
    return L2OSR_OK;
}

l2osr_status l2osr__exact_window(l2osr__exact *e, size_t steps) {
    const size_t state = e->planes * e->dim;
    double sum = 0;
    e->first = e->draw;
    e->before = l2osr_stepper_count(e->stepper);
    e->steps = steps;
    for (size_t k = 0; k < steps; k++) {
        memcpy(e->xs + k * e->dim, e->x, e->dim * sizeof *e->x);
        memcpy(e->states + k * state, l2osr__stepper_state(e->stepper), state * sizeof *e->states);
        L2OSR__TRY(measure(e, k));
        L2OSR__TRY(l2osr_stepper_step_f64(e->stepper, e->x, e->g + k * e->dim, NULL));
        sum += e->losses[k];
    }
    L2OSR__TRY(measure(e, steps));
    e->mean_loss = (sum + e->losses[steps]) / (double)(steps + 1);
    return L2OSR_OK;
}

/* From e->xbar after step k to e->gbar, e->direct, and e->statebar before it. */
static l2osr_status through_step(l2osr__exact *e, size_t k) {
    const l2osr__back_step step = {.number = e->before + k + 1,
                                   .dim = e->dim,
                                   .state = e->states + k * e->planes * e->dim,
                                   .x = e->xs + k * e->dim,
                                   .g = e->g + k * e->dim,
                                   .xbar = e->xbar,
                                   .statebar = e->statebar,
                                   .gbar = e->gbar,
                                   .direct = e->direct};
    return e->backward->class->step(e->backward, &step);
}

/* From e->xbar after step k to that before it. */
static l2osr_status through_task(l2osr__exact *e, size_t k, double weight) {
    const l2osr_draw draw = {e->first.seed, e->first.index + k};
    const double *g = e->g + k * e->dim;
    L2OSR__TRY(check_canceled(e));
    if (e->order == L2OSR__SECOND_ORDER)
        L2OSR__TRY(l2osr_task_hvp(e->task, &draw, e->xs + k * e->dim, e->gbar, e->hv));
    for (size_t i = 0; i < e->dim; i++)
        e->xbar[i] += weight * g[i] + e->hv[i] + e->direct[i];
    return L2OSR_OK;
}

static double weight_of(const double *weights, size_t k) {
    return weights ? weights[k] : 1;
}

static l2osr_status walk_back(l2osr__exact *e, const double *weights) {
    const double *last = e->g + e->steps * e->dim;
    memset(e->statebar, 0, e->planes * e->dim * sizeof *e->statebar);
    for (size_t i = 0; i < e->dim; i++)
        e->xbar[i] = weight_of(weights, e->steps) * last[i];
    e->backward->class->begin(e->backward, e->before, e->steps);
    for (size_t k = e->steps; k-- > 0;) {
        L2OSR__TRY(through_step(e, k));
        if (k > 0) /* where the window began counts as constant */
            L2OSR__TRY(through_task(e, k, weight_of(weights, k)));
    }
    return L2OSR_OK;
}

l2osr_status l2osr__exact_gradient(l2osr__exact *e, const double *weights, double *flat) {
    L2OSR__TRY(walk_back(e, weights));
    e->backward->class->finish(e->backward, flat);
    for (size_t i = 0; i < e->pupil->size; i++)
        if (!isfinite(flat[i]))
            return l2osr__fail(e->ctx, L2OSR_ENONFINITE,
                               "task '%s': the exact meta-gradient by number %zu of the learner is "
                               "not finite",
                               l2osr_task_name(e->task), i);
    return L2OSR_OK;
}
