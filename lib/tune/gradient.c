/* SPDX-License-Identifier: MIT */
#include "tune/gradient.h"

#include <string.h>

/* Enough to share among threads, few enough that their sums stay small. */
enum { MAX_CHUNKS = 64 };

l2osr_status l2osr__rule_gradient_init(l2osr__rule_gradient *gradient, l2osr_context *ctx,
                                       const l2osr_rule *rule, size_t dim, size_t steps) {
    const l2osr__program *program = &rule->program;
    const size_t table = (size_t)program->count * sizeof(double);
    *gradient = (l2osr__rule_gradient){.ctx = ctx, .rule = rule};
    L2OSR__TRY(l2osr__tape_init(&gradient->tape, ctx, program, rule->form.root, steps));
    L2OSR__TRY(l2osr__scratch_init(&gradient->workspaces, ctx,
                                   l2osr__tape_workspace_f32(&gradient->tape) * sizeof(float)));
    const size_t block = l2osr__tape_block_f32(&gradient->tape);
    const size_t blocks = (dim - 1) / block + 1;
    gradient->chunk = ((blocks - 1) / MAX_CHUNKS + 1) * block;
    gradient->chunks = (dim - 1) / gradient->chunk + 1;
    L2OSR__TRY(l2osr__alloc_to(ctx, &gradient->scalars, steps, table));
    L2OSR__TRY(l2osr__alloc_to(ctx, &gradient->previous, 1, table));
    L2OSR__TRY(l2osr__alloc_to(ctx, &gradient->cells, (size_t)program->cells + 1, sizeof(double)));
    L2OSR__TRY(l2osr__alloc_to(ctx, &gradient->sums, gradient->chunks * steps, table));
    return l2osr__alloc_to(ctx, &gradient->derivatives, 1, table);
}

void l2osr__rule_gradient_clear(l2osr__rule_gradient *gradient) {
    if (!gradient->ctx)
        return;
    l2osr__tape_clear(&gradient->tape, gradient->ctx);
    l2osr__scratch_destroy(&gradient->workspaces);
    l2osr__free(gradient->ctx, gradient->scalars);
    l2osr__free(gradient->ctx, gradient->previous);
    l2osr__free(gradient->ctx, gradient->cells);
    l2osr__free(gradient->ctx, gradient->sums);
    l2osr__free(gradient->ctx, gradient->derivatives);
    *gradient = (l2osr__rule_gradient){0};
}

typedef struct job {
    l2osr__rule_gradient *gradient;
    l2osr__tape_window_f32 window;
    const l2osr__kernels_f32 *kernels;
    size_t dim, table; /* numbers of a chunk's sums */
} job;

static l2osr_status run_chunk(void *argument, size_t index) {
    const job *j = argument;
    l2osr__rule_gradient *gradient = j->gradient;
    const size_t block = l2osr__tape_block_f32(&gradient->tape);
    const size_t first = index * gradient->chunk, left = j->dim - first;
    const size_t end = first + (left < gradient->chunk ? left : gradient->chunk);
    double *sums = gradient->sums + index * j->table;
    float *workspace;
    L2OSR__TRY(l2osr__scratch_take(&gradient->workspaces, &workspace));
    memset(sums, 0, j->table * sizeof *sums);
    for (size_t i = first; i < end; i += block)
        l2osr__tape_run_f32(&gradient->tape, j->kernels, &j->window, i,
                            end - i < block ? end - i : block, workspace, sums);
    l2osr__scratch_give(&gradient->workspaces, workspace);
    return L2OSR_OK;
}

/* Numbers with a memory are run from the first step of the episode on. */
static void compute_scalars(l2osr__rule_gradient *gradient, const l2osr__unroll *u, double lr) {
    const l2osr__program *program = &gradient->rule->program;
    const size_t count = (size_t)program->count;
    double inputs[L2OSR__INPUT_COUNT];
    l2osr__moment moment = {.inputs = inputs, .size = u->dim, .cells = gradient->cells};
    memset(gradient->cells, 0, (size_t)program->cells * sizeof *gradient->cells);
    for (size_t k = program->cells > 0 ? 0 : u->before; k < u->before + u->steps; k++) {
        double *numbers =
            k < u->before ? gradient->previous : gradient->scalars + (k - u->before) * count;
        moment.step = k + 1;
        l2osr__rule_inputs(inputs, k + 1, lr, l2osr_rule_default_wd(gradient->rule));
        l2osr__program_scalars(program, &moment, 0, numbers);
        l2osr__program_remember(program, &moment, numbers);
    }
}

l2osr_status l2osr__rule_gradient_window(l2osr__rule_gradient *gradient, const l2osr__unroll *u,
                                         double lr) {
    const float *const inputs[L2OSR__INPUT_COUNT] = {
        [L2OSR__INPUT_G] = u->g, [L2OSR__INPUT_X] = u->xs};
    job j = {.gradient = gradient,
             .window = {.steps = u->steps,
                        .before = u->before,
                        .scalars = gradient->scalars,
                        .state = u->state,
                        .inputs = inputs,
                        .slopes = u->g + u->dim, /* update t moves the losses after it */
                        .stride = u->dim},
             .kernels = l2osr__kernels_f32_of(gradient->ctx),
             .dim = u->dim,
             .table = u->steps * (size_t)gradient->rule->program.count};
    compute_scalars(gradient, u, lr);
    L2OSR__TRY(l2osr__parallel_for(gradient->ctx, gradient->chunks, run_chunk, &j));
    for (size_t c = 1; c < gradient->chunks; c++)
        for (size_t i = 0; i < j.table; i++)
            gradient->sums[i] += gradient->sums[c * j.table + i];
    l2osr__tape_reduce(&gradient->tape, u->steps, u->before > 0 ? gradient->previous : NULL,
                       gradient->scalars, gradient->sums, gradient->derivatives);
    return L2OSR_OK;
}
