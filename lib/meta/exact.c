/* SPDX-License-Identifier: MIT */
#include "meta/exact.h"

#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/rng.h"
#include "rule/engine.h"
#include "task/task.h"

static l2osr_status allocate_window(l2osr__exact *e) {
    const size_t row = e->dim * sizeof *e->x, steps = e->most_windows * e->most_steps;
    const size_t losses = steps + e->most_windows;
    L2OSR__TRY(l2osr__alloc_to(e->ctx, &e->x, 1, row));
    L2OSR__TRY(l2osr__alloc_to(e->ctx, &e->xs, steps, row));
    L2OSR__TRY(l2osr__alloc_to(e->ctx, &e->g, losses, row));
    L2OSR__TRY(l2osr__alloc_to(e->ctx, &e->losses, losses, sizeof *e->losses));
    L2OSR__TRY(l2osr__alloc_to(e->ctx, &e->states, steps, e->planes * row));
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
    L2OSR__TRY(e->pupil->class->backward_create(&e->backward, e->pupil, e->task,
                                                e->most_windows * e->most_steps));
    return allocate_window(e);
}

bool l2osr__exact_is_possible(const l2osr_task *task) {
    return task->callbacks.hvp != NULL;
}

l2osr_status l2osr__exact_check(l2osr_context *ctx, const l2osr_task *task) {
    return l2osr__exact_is_possible(task)
               ? L2OSR_OK
               : l2osr__fail(ctx, L2OSR_EUNSUPPORTED,
                             "the exact meta-gradient needs a task with a Hessian-vector product; "
                             "'%s' has none",
                             l2osr_task_name(task));
}

l2osr_status l2osr__exact_create(l2osr__exact **out, l2osr__pupil *pupil, l2osr_task *task,
                                 size_t windows, size_t steps, l2osr__order order) {
    l2osr__exact *e;
    *out = NULL;
    if (order == L2OSR__SECOND_ORDER)
        L2OSR__TRY(l2osr__exact_check(pupil->ctx, task));
    L2OSR__TRY(l2osr__alloc_to(pupil->ctx, &e, 1, sizeof *e));
    *e = (l2osr__exact){
        .pupil = pupil, .task = task, .order = order, .most_windows = windows, .most_steps = steps};
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

/* Of step k of a window, from 0: its number among all steps, and that of its loss. */
static size_t step_index(const l2osr__exact *e, size_t window, size_t k) {
    return window * e->steps + k;
}

static size_t loss_index(const l2osr__exact *e, size_t window, size_t k) {
    return window * (e->steps + 1) + k;
}

/* Loss and gradient number `index`, on the next minibatch. */
static l2osr_status measure(l2osr__exact *e, size_t index) {
    L2OSR__TRY(check_canceled(e));
    L2OSR__TRY(
        l2osr_task_loss_grad(e->task, &e->draw, e->x, &e->losses[index], e->g + index * e->dim));
    e->draw.index++;
    return L2OSR_OK;
}

static l2osr_status run_step(l2osr__exact *e, size_t step, size_t loss) {
    const size_t state = e->planes * e->dim;
    memcpy(e->xs + step * e->dim, e->x, e->dim * sizeof *e->x);
    memcpy(e->states + step * state, l2osr__stepper_state(e->stepper), state * sizeof *e->states);
    L2OSR__TRY(measure(e, loss));
    return l2osr_stepper_step_f64(e->stepper, e->x, e->g + loss * e->dim, NULL);
}

l2osr_status l2osr__exact_append(l2osr__exact *e) {
    const size_t window = e->windows++, last = loss_index(e, window, e->steps);
    double sum = 0;
    for (size_t k = 0; k < e->steps; k++) {
        L2OSR__TRY(run_step(e, step_index(e, window, k), loss_index(e, window, k)));
        sum += e->losses[loss_index(e, window, k)];
    }
    L2OSR__TRY(measure(e, last));
    e->mean_loss = (sum + e->losses[last]) / (double)(e->steps + 1);
    return L2OSR_OK;
}

l2osr_status l2osr__exact_window(l2osr__exact *e, size_t steps) {
    e->first = e->draw;
    e->before = l2osr_stepper_count(e->stepper);
    e->windows = 0;
    e->steps = steps;
    return l2osr__exact_append(e);
}

/* From e->xbar after a step to e->gbar, e->direct, and e->statebar before it. */
static l2osr_status through_step(l2osr__exact *e, size_t index, size_t loss) {
    const l2osr__back_step step = {.number = e->before + index + 1,
                                   .dim = e->dim,
                                   .state = e->states + index * e->planes * e->dim,
                                   .x = e->xs + index * e->dim,
                                   .g = e->g + loss * e->dim,
                                   .xbar = e->xbar,
                                   .statebar = e->statebar,
                                   .gbar = e->gbar,
                                   .direct = e->direct};
    return e->backward->class->step(e->backward, &step);
}

static void add_loss(l2osr__exact *e, const double *weights, size_t loss) {
    const double weight = weights ? weights[loss] : 1, *g = e->g + loss * e->dim;
    for (size_t i = 0; i < e->dim; i++)
        e->xbar[i] += weight * g[i];
}

/* From e->xbar after a step to that before it, but for the loss there. */
static l2osr_status through_task(l2osr__exact *e, size_t index, size_t loss) {
    const l2osr_draw draw = {e->first.seed, e->first.index + loss};
    L2OSR__TRY(check_canceled(e));
    if (e->order == L2OSR__SECOND_ORDER)
        L2OSR__TRY(l2osr_task_hvp(e->task, &draw, e->xs + index * e->dim, e->gbar, e->hv));
    for (size_t i = 0; i < e->dim; i++)
        e->xbar[i] += e->hv[i] + e->direct[i];
    return L2OSR_OK;
}

static l2osr_status through_window(l2osr__exact *e, size_t window, const double *weights) {
    add_loss(e, weights, loss_index(e, window, e->steps));
    for (size_t k = e->steps; k-- > 0;) {
        const size_t index = step_index(e, window, k), loss = loss_index(e, window, k);
        L2OSR__TRY(through_step(e, index, loss));
        if (index == 0) /* where the windows began counts as constant */
            break;
        L2OSR__TRY(through_task(e, index, loss));
        add_loss(e, weights, loss);
    }
    return L2OSR_OK;
}

static l2osr_status walk_back(l2osr__exact *e, const double *weights) {
    memset(e->statebar, 0, e->planes * e->dim * sizeof *e->statebar);
    memset(e->xbar, 0, e->dim * sizeof *e->xbar);
    e->backward->class->begin(e->backward, e->before, e->windows * e->steps);
    for (size_t window = e->windows; window-- > 0;)
        L2OSR__TRY(through_window(e, window, weights));
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
