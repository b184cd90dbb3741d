/* SPDX-License-Identifier: MIT */
#include "meta/exact.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "meta/unroll.h"
#include "rule/stepper.h"
#include "task/task.h"

static l2osr_status create_stepper(l2osr__exact *e, l2osr_model *model) {
    const l2osr_stepper_options options = {.struct_size = sizeof options, .precision = L2OSR_F64};
    e->groups = l2osr_task_group_count(e->task);
    L2OSR__TRY(l2osr__task_group_sizes(e->task, e->ctx, &e->sizes));
    L2OSR__TRY(l2osr__alloc_to(e->ctx, &e->dlum, e->groups, sizeof *e->dlum));
    return l2osr_stepper_create_model(&e->stepper, e->ctx, model, e->groups, e->sizes, &options);
}

static l2osr_status allocate_window(l2osr__exact *e) {
    const size_t row = e->dim * sizeof *e->x;
    L2OSR__TRY(l2osr__alloc_to(e->ctx, &e->x, 1, row));
    L2OSR__TRY(l2osr__alloc_to(e->ctx, &e->xs, e->most_steps, row));
    L2OSR__TRY(l2osr__alloc_to(e->ctx, &e->g, e->most_steps + 1, row));
    L2OSR__TRY(l2osr__alloc_to(e->ctx, &e->losses, e->most_steps + 1, sizeof *e->losses));
    L2OSR__TRY(l2osr__alloc_to(e->ctx, &e->states, e->most_steps, e->planes * row));
    L2OSR__TRY(l2osr__alloc_to(e->ctx, &e->dx, 1, row));
    L2OSR__TRY(l2osr__alloc_to(e->ctx, &e->u, 1, row));
    L2OSR__TRY(l2osr__alloc_to(e->ctx, &e->du, 1, row));
    L2OSR__TRY(l2osr__alloc_to(e->ctx, &e->dg, 1, row));
    L2OSR__TRY(l2osr__alloc_to(e->ctx, &e->direct, 1, row));
    L2OSR__TRY(l2osr__alloc_to(e->ctx, &e->hv, 1, row));
    return l2osr__alloc_to(e->ctx, &e->dstate, e->planes, row);
}

static l2osr_status fill(l2osr__exact *e, l2osr_model *model) {
    e->planes = l2osr_model_state(model);
    e->chunks = l2osr__chunks_of(e->dim);
    L2OSR__TRY(create_stepper(e, model));
    e->lr = e->stepper->engine.default_lr;
    L2OSR__TRY(l2osr__adjoint_init(&e->adjoint, e->ctx, model));
    L2OSR__TRY(l2osr__scratch_init(&e->workspaces, e->ctx,
                                   l2osr__adjoint_scratch(&e->adjoint) * sizeof(double)));
    L2OSR__TRY(l2osr__alloc_to(e->ctx, &e->scalars, (size_t)model->expr.count, sizeof(double)));
    L2OSR__TRY(l2osr__alloc_to(e->ctx, &e->packed, e->chunks.count,
                               model->net.packed * sizeof *e->packed));
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

l2osr_status l2osr__exact_create(l2osr__exact **out, l2osr_context *ctx, l2osr_model *model,
                                 l2osr_task *task, size_t steps) {
    l2osr__exact *e;
    *out = NULL;
    L2OSR__TRY(l2osr__exact_check(ctx, task));
    L2OSR__TRY(l2osr__alloc_to(ctx, &e, 1, sizeof *e));
    e->ctx = ctx;
    e->task = task;
    e->dim = l2osr_task_dim(task);
    e->most_steps = steps;
    l2osr_status status = fill(e, model);
    if (status == L2OSR_OK)
        *out = e;
    else
        l2osr__exact_free(e);
    return status;
}

void l2osr__exact_free(l2osr__exact *e) {
    if (!e)
        return;
    double *const arrays[] = {e->x,      e->xs, e->g,      e->losses,  e->states,
                              e->dx,     e->u,  e->du,     e->dlum,    e->dg,
                              e->direct, e->hv, e->dstate, e->scalars, e->packed};
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++)
        l2osr__free(e->ctx, arrays[i]);
    l2osr__free(e->ctx, e->sizes);
    l2osr__scratch_destroy(&e->workspaces);
    l2osr__adjoint_clear(&e->adjoint);
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

typedef struct job {
    l2osr__exact *exact;
    l2osr__adjoint_step step;
} job;

static l2osr_status run_chunk(void *argument, size_t index) {
    const job *j = argument;
    l2osr__exact *e = j->exact;
    double *packed = e->packed + index * e->adjoint.model->net.packed, *workspace;
    const size_t end = l2osr__chunks_end(&e->chunks, index);
    L2OSR__TRY(l2osr__scratch_take(&e->workspaces, &workspace));
    for (size_t i = l2osr__chunks_begin(&e->chunks, index); i < end; i += L2OSR__LANES)
        l2osr__adjoint_run(&e->adjoint, &j->step, i, l2osr__chunks_panel(&e->chunks, i), workspace,
                           packed);
    l2osr__scratch_give(&e->workspaces, workspace);
    return L2OSR_OK;
}

/* x moves by lr u, for a model with step sizes of groups by lr lum u. */
static void to_updates(l2osr__exact *e) {
    const double *lum = e->adjoint.model->lum;
    size_t i = 0;
    for (size_t group = 0; group < e->groups; group++) {
        const double scale = e->lr * (lum ? lum[group] : 1);
        for (size_t end = i + e->sizes[group]; i < end; i++)
            e->du[i] = scale * e->dx[i];
    }
}

static void to_step_sizes(l2osr__exact *e) {
    size_t i = 0;
    for (size_t group = 0; group < e->groups; group++)
        for (size_t end = i + e->sizes[group]; i < end; i++)
            e->dlum[group] += e->lr * e->u[i] * e->dx[i];
}

/* From e->dx after step k to e->dg, e->direct, and e->dstate before it. */
static l2osr_status through_step(l2osr__exact *e, size_t k) {
    job j = {.exact = e,
             .step = {.number = e->before + k + 1,
                      .scalars = e->scalars,
                      .stride = e->dim,
                      .state = e->states + k * e->planes * e->dim,
                      .x = e->xs + k * e->dim,
                      .g = e->g + k * e->dim,
                      .du = e->du,
                      .dstate = e->dstate,
                      .dx = e->direct,
                      .dg = e->dg,
                      .u = e->u}};
    l2osr__feature_scalars(e->adjoint.model, j.step.number, e->scalars);
    to_updates(e);
    L2OSR__TRY(l2osr__parallel_for(e->ctx, e->chunks.count, run_chunk, &j));
    to_step_sizes(e);
    return L2OSR_OK;
}

/* From e->dx after step k to that before it. */
static l2osr_status through_task(l2osr__exact *e, size_t k, double weight) {
    const l2osr_draw draw = {e->first.seed, e->first.index + k};
    const double *g = e->g + k * e->dim;
    L2OSR__TRY(check_canceled(e));
    L2OSR__TRY(l2osr_task_hvp(e->task, &draw, e->xs + k * e->dim, e->dg, e->hv));
    for (size_t i = 0; i < e->dim; i++)
        e->dx[i] += weight * g[i] + e->hv[i] + e->direct[i];
    return L2OSR_OK;
}

static double weight_of(const double *weights, size_t k) {
    return weights ? weights[k] : 1;
}

static l2osr_status walk_back(l2osr__exact *e, const double *weights) {
    const double *last = e->g + e->steps * e->dim;
    memset(e->dstate, 0, e->planes * e->dim * sizeof *e->dstate);
    memset(e->packed, 0, e->chunks.count * e->adjoint.model->net.packed * sizeof *e->packed);
    memset(e->dlum, 0, e->groups * sizeof *e->dlum);
    for (size_t i = 0; i < e->dim; i++)
        e->dx[i] = weight_of(weights, e->steps) * last[i];
    for (size_t k = e->steps; k-- > 0;) {
        L2OSR__TRY(through_step(e, k));
        if (k > 0) /* where the window began counts as constant */
            L2OSR__TRY(through_task(e, k, weight_of(weights, k)));
    }
    return L2OSR_OK;
}

static l2osr_status write_gradient(l2osr__exact *e, double *flat) {
    const l2osr_model *model = e->adjoint.model;
    l2osr__chunks_add_up(&e->chunks, e->packed, model->net.packed);
    l2osr__model_unpack(model, e->packed, e->dlum, flat);
    for (size_t i = 0; i < model->size; i++)
        if (!isfinite(flat[i]))
            return l2osr__fail(e->ctx, L2OSR_ENONFINITE,
                               "task '%s': the exact meta-gradient by weight %zu is not finite",
                               l2osr_task_name(e->task), i);
    return L2OSR_OK;
}

l2osr_status l2osr__exact_gradient(l2osr__exact *e, const double *weights, double *flat) {
    L2OSR__TRY(walk_back(e, weights));
    return write_gradient(e, flat);
}
