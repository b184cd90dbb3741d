/* SPDX-License-Identifier: MIT */
#include "meta/unroll.h"

#include <string.h>

#include "base/rng.h"
#include "rule/engine.h"
#include "task/task.h"
#include "vec/bf16.h"
#include "vec/kernels.h"

/* Rows of halves begin at multiples of 64 bytes. */
enum { HALVES = 32 };

static size_t row_of(const l2osr__unroll_config *config, size_t dim) {
    return config->half ? (dim + HALVES - 1) / HALVES * HALVES : dim;
}

/* The gradient of the moment is in f32, so that it takes the places of two rows of halves: the last
 * one, which is its own in the end, and one behind. */
static l2osr_status allocate_gradients(l2osr__unroll *u) {
    const size_t window = u->config.window;
    if (u->g)
        return L2OSR_OK;
    u->row = row_of(&u->config, u->dim);
    if (!u->config.half)
        return l2osr__alloc_to(u->ctx, &u->g, window + 1, u->row * sizeof *u->g);
    L2OSR__TRY(l2osr__alloc_to(u->ctx, &u->half, window + 2, u->row * sizeof *u->half));
    u->g = (float *)(void *)(u->half + window * u->row);
    return L2OSR_OK;
}

static l2osr_status allocate(l2osr__unroll *u) {
    const l2osr__unroll_config *c = &u->config;
    size_t row = u->dim * sizeof *u->x;
    L2OSR__TRY(l2osr__alloc_to(u->ctx, &u->x, 1, row));
    L2OSR__TRY(allocate_gradients(u));
    L2OSR__TRY(l2osr__alloc_to(u->ctx, &u->losses, c->window + 1, sizeof *u->losses));
    L2OSR__TRY(l2osr__alloc_to(u->ctx, &u->weights, c->window + 1, sizeof *u->weights));
    for (size_t r = 0; r <= c->window; r++)
        u->weights[r] = 1;
    if (c->scale > 0) {
        L2OSR__TRY(l2osr__alloc_to(u->ctx, &u->scale, 1, row));
        L2OSR__TRY(l2osr__alloc_to(u->ctx, &u->point, 1, row));
    }
    if (c->window > 0)
        L2OSR__TRY(l2osr__alloc_to(u->ctx, &u->state, c->planes, row));
    if (c->keep_x)
        L2OSR__TRY(l2osr__alloc_to(u->ctx, &u->start, 1, row));
    if (c->keep_xs)
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

void l2osr__unroll_rest(l2osr__unroll *u) {
    l2osr__free(u->ctx, u->half ? (void *)u->half : u->g);
    u->half = NULL;
    u->g = NULL;
}

void l2osr__unroll_free(l2osr__unroll *u) {
    if (!u)
        return;
    l2osr_stepper_free(u->stepper);
    l2osr__unroll_rest(u);
    l2osr__free(u->ctx, u->x);
    l2osr__free(u->ctx, u->losses);
    l2osr__free(u->ctx, u->weights);
    l2osr__free(u->ctx, u->scale);
    l2osr__free(u->ctx, u->point);
    l2osr__free(u->ctx, u->state);
    l2osr__free(u->ctx, u->start);
    l2osr__free(u->ctx, u->xs);
    l2osr__free(u->ctx, u);
}

size_t l2osr__unroll_gradient_bytes(const l2osr__unroll_config *c, size_t dim) {
    const size_t rows = c->half ? c->window + 2 : c->window + 1;
    return rows * row_of(c, dim) * (c->half ? sizeof(uint16_t) : sizeof(float));
}

size_t l2osr__unroll_bytes(const l2osr__unroll_config *c, size_t dim) {
    const size_t vectors = 1 + (c->scale > 0 ? 2 : 0) + (c->window > 0 ? c->planes : 0) +
                           (c->keep_x ? 1 : 0) + (c->keep_xs ? c->window : 0);
    return l2osr__unroll_gradient_bytes(c, dim) + vectors * dim * sizeof(float) +
           2 * (c->window + 1) * sizeof(double);
}

/* Draws the units of an episode and puts x into them. */
static void draw_scale(l2osr__unroll *u, uint64_t seed) {
    const l2osr__kernels_f32 *k = l2osr__kernels_f32_of(u->ctx);
    l2osr__rng rng;
    l2osr__rng_init(&rng, seed, 0);
    for (size_t i = 0; i < u->dim; i++)
        u->scale[i] = (float)(u->config.scale * (2 * l2osr__rng_uniform(&rng) - 1));
    k->unary[L2OSR__UN_EXP](u->dim, u->scale, u->scale);
    k->binary[L2OSR__BI_DIV](u->dim, u->x, u->x, u->scale);
}

/* A task draws in f64. The gradients of two steps, there being none yet, are room enough; without
 * windows it is for the moment alone, so that the task keeps no memory of its own for it. */
static l2osr_status draw_start(l2osr__unroll *u, uint64_t seed) {
    double *wide;
    if (u->config.window >= (u->half ? 2 : 1))
        return l2osr__task_init_with(u->config.task, seed, u->x,
                                     u->half ? (void *)u->half : (void *)u->g);
    L2OSR__TRY(l2osr__alloc_to(u->ctx, &wide, u->dim, sizeof *wide));
    const l2osr_status status = l2osr__task_init_with(u->config.task, seed, u->x, wide);
    l2osr__free(u->ctx, wide);
    return status;
}

l2osr_status l2osr__unroll_restart(l2osr__unroll *u, uint64_t seed) {
    L2OSR__TRY(allocate_gradients(u));
    l2osr_stepper_reset(u->stepper);
    u->draw = (l2osr_draw){l2osr__seed_split(seed, L2OSR__EPISODE_BATCHES), 0};
    L2OSR__TRY(draw_start(u, l2osr__seed_split(seed, L2OSR__EPISODE_START)));
    if (u->scale)
        draw_scale(u, l2osr__seed_split(seed, L2OSR__EPISODE_SCALE));
    return L2OSR_OK;
}

/* f(scale x) and its gradient by x. */
static l2osr_status loss_grad(l2osr__unroll *u, double *loss, float *g) {
    const l2osr__kernels_f32 *k = l2osr__kernels_f32_of(u->ctx);
    if (!u->scale)
        return l2osr_task_loss_grad_f32(u->config.task, &u->draw, u->x, loss, g);
    k->binary[L2OSR__BI_MUL](u->dim, u->point, u->x, u->scale);
    L2OSR__TRY(l2osr_task_loss_grad_f32(u->config.task, &u->draw, u->point, loss, g));
    k->binary[L2OSR__BI_MUL](u->dim, g, g, u->scale);
    if (!k->finite(u->dim, g))
        return l2osr__fail(u->ctx, L2OSR_ENONFINITE, "task '%s': a scaled gradient overflows",
                           l2osr_task_name(u->config.task));
    return L2OSR_OK;
}

/* Loss and gradient on the next minibatch; a safe point, since a task may be slow. */
static l2osr_status measure(l2osr__unroll *u, double *loss, float *g) {
    if (l2osr__canceled(u->ctx))
        return l2osr__fail(u->ctx, L2OSR_ECANCELED, "canceled");
    L2OSR__TRY(loss_grad(u, loss, g));
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

/* Where the gradient that row r records is to be written. */
static float *room(const l2osr__unroll *u, size_t r) {
    return u->half ? u->g : u->g + r * u->row;
}

static void record(const l2osr__unroll *u, size_t r) {
    if (u->half)
        l2osr__bf16_from_f32(u->dim, u->half + r * u->row, u->g);
}

/* Steps that a window does not record; their gradients go where its last one will be. */
static l2osr_status skip(l2osr__unroll *u) {
    double loss;
    for (size_t i = 1; i < u->config.stride; i++)
        L2OSR__TRY(step(u, &loss, room(u, u->steps)));
    return L2OSR_OK;
}

l2osr_status l2osr__unroll_window(l2osr__unroll *u, size_t steps) {
    double sum = 0;
    L2OSR__TRY(allocate_gradients(u));
    u->before = l2osr_stepper_count(u->stepper);
    u->steps = steps;
    memcpy(u->state, l2osr__stepper_state(u->stepper),
           u->config.planes * u->dim * sizeof *u->state);
    if (u->start)
        memcpy(u->start, u->x, u->dim * sizeof *u->x);
    for (size_t k = 0; k < steps; k++) {
        if (u->xs)
            memcpy(u->xs + k * u->dim, u->x, u->dim * sizeof *u->x);
        L2OSR__TRY(step(u, &u->losses[k], room(u, k)));
        record(u, k);
        L2OSR__TRY(skip(u));
        sum += u->losses[k];
    }
    L2OSR__TRY(measure(u, &u->losses[steps], room(u, steps)));
    record(u, steps);
    u->mean_loss = (sum + u->losses[steps]) / (double)(steps + 1);
    return L2OSR_OK;
}
