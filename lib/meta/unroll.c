/* SPDX-License-Identifier: MIT */
#include "meta/unroll.h"

#include <string.h>

#include "base/rng.h"
#include "rule/engine.h"

/* What an episode's seed is split into. */
enum { SEED_START, SEED_BATCHES };

static l2osr_status allocate(l2osr__unroll *u) {
    const l2osr__unroll_config *c = &u->config;
    size_t row = u->dim * sizeof *u->g;
    L2OSR__TRY(l2osr__alloc_to(u->ctx, &u->x, 1, row));
    L2OSR__TRY(l2osr__alloc_to(u->ctx, &u->g, c->window + 1, row));
    L2OSR__TRY(l2osr__alloc_to(u->ctx, &u->losses, c->window + 1, sizeof *u->losses));
    if (c->window > 0)
        L2OSR__TRY(l2osr__alloc_to(u->ctx, &u->state, c->planes, row));
    if (c->keep_x)
        L2OSR__TRY(l2osr__alloc_to(u->ctx, &u->xs, c->window, row));
    return L2OSR_OK;
}

static l2osr_status create(l2osr__unroll **out, l2osr_context *ctx,
                           const l2osr__unroll_config *config) {
    l2osr__unroll *u;
    *out = NULL;
    L2OSR__TRY(l2osr__alloc_to(ctx, &u, 1, sizeof *u));
    u->ctx = ctx;
    u->config = *config;
    u->dim = l2osr_task_dim(config->task);
    l2osr_status status = allocate(u);
    if (status == L2OSR_OK)
        *out = u;
    else
        l2osr__unroll_free(u);
    return status;
}

l2osr_status l2osr__unroll_create(l2osr__unroll **out, l2osr_context *ctx, l2osr_stepper *stepper,
                                  const l2osr__unroll_config *config) {
    l2osr_status status = create(out, ctx, config);
    if (status == L2OSR_OK)
        (*out)->stepper = stepper;
    else
        l2osr_stepper_free(stepper);
    return status;
}

void l2osr__unroll_free(l2osr__unroll *u) {
    if (!u)
        return;
    l2osr_stepper_free(u->stepper);
    l2osr__free(u->ctx, u->x);
    l2osr__free(u->ctx, u->g);
    l2osr__free(u->ctx, u->losses);
    l2osr__free(u->ctx, u->state);
    l2osr__free(u->ctx, u->xs);
    l2osr__free(u->ctx, u);
}

l2osr_status l2osr__unroll_restart(l2osr__unroll *u, uint64_t seed) {
    l2osr_stepper_reset(u->stepper);
    u->draw = (l2osr_draw){l2osr__seed_split(seed, SEED_BATCHES), 0};
    return l2osr_task_init_f32(u->config.task, l2osr__seed_split(seed, SEED_START), u->x);
}

/* Loss and gradient on the next minibatch; a safe point, since a task may be slow. */
static l2osr_status measure(l2osr__unroll *u, double *loss, float *g) {
    if (l2osr__canceled(u->ctx))
        return l2osr__fail(u->ctx, L2OSR_ECANCELED, "canceled");
    L2OSR__TRY(l2osr_task_loss_grad_f32(u->config.task, &u->draw, u->x, loss, g));
    u->draw.index++;
    return L2OSR_OK;
}

static l2osr_status step(l2osr__unroll *u, double *loss, float *g) {
    const l2osr_step_args args = {.struct_size = sizeof args, .lr = u->lr > 0 ? u->lr : -1};
    L2OSR__TRY(measure(u, loss, g));
    return l2osr_stepper_step_f32(u->stepper, u->x, g, &args);
}

l2osr_status l2osr__unroll_step(l2osr__unroll *u, double *loss) {
    return step(u, loss, u->g);
}

l2osr_status l2osr__unroll_loss(l2osr__unroll *u, double *loss) {
    return measure(u, loss, u->g);
}

l2osr_status l2osr__unroll_window(l2osr__unroll *u, size_t steps) {
    double sum = 0;
    u->before = l2osr_stepper_count(u->stepper);
    u->steps = steps;
    memcpy(u->state, l2osr__stepper_state(u->stepper),
           u->config.planes * u->dim * sizeof *u->state);
    for (size_t k = 0; k < steps; k++) {
        if (u->xs)
            memcpy(u->xs + k * u->dim, u->x, u->dim * sizeof *u->x);
        L2OSR__TRY(step(u, &u->losses[k], u->g + k * u->dim));
        sum += u->losses[k];
    }
    L2OSR__TRY(measure(u, &u->losses[steps], u->g + steps * u->dim));
    u->mean_loss = (sum + u->losses[steps]) / (double)(steps + 1);
    return L2OSR_OK;
}
