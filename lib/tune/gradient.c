/* SPDX-License-Identifier: MIT */
#include "tune/gradient.h"

#include <string.h>

/* Enough to share among threads, few enough that their sums stay small. */
enum { MAX_CHUNKS = 64 };

static size_t pieces(size_t size, size_t piece) {
    return size / piece + (size % piece != 0);
}

/* Groups count only where the rule's numbers differ between them. */
static l2osr_status place_groups(l2osr__rule_gradient *gradient, size_t groups,
                                 const size_t *sizes) {
    const size_t block = l2osr__tape_block_f32(&gradient->tape);
    size_t dim = 0;
    for (size_t i = 0; i < groups; i++)
        dim += sizes[i];
    gradient->groups = gradient->rule->program.grouped ? groups : 1;
    gradient->chunk = pieces(pieces(dim, block), MAX_CHUNKS) * block;
    L2OSR__TRY(l2osr__alloc_to(gradient->ctx, &gradient->offsets, gradient->groups + 1,
                               2 * sizeof *gradient->offsets));
    gradient->chunks = gradient->offsets + gradient->groups + 1;
    for (size_t i = 0; i < gradient->groups; i++) {
        const size_t size = gradient->groups == 1 ? dim : sizes[i];
        gradient->offsets[i + 1] = gradient->offsets[i] + size;
        gradient->chunks[i + 1] = gradient->chunks[i] + pieces(size, gradient->chunk);
    }
    return L2OSR_OK;
}

l2osr_status l2osr__rule_gradient_init(l2osr__rule_gradient *gradient, l2osr_context *ctx,
                                       const l2osr_rule *rule, size_t groups, const size_t *sizes,
                                       size_t steps) {
    const l2osr__program *program = &rule->program;
    const size_t table = (size_t)program->count * sizeof(double);
    *gradient = (l2osr__rule_gradient){.ctx = ctx, .rule = rule, .most_steps = steps};
    L2OSR__TRY(l2osr__tape_init(&gradient->tape, ctx, program, rule->form.root,
                                L2OSR__INPUT_X, steps));
    L2OSR__TRY(l2osr__scratch_init(&gradient->workspaces, ctx,
                                   l2osr__tape_workspace_f32(&gradient->tape) * sizeof(float)));
    L2OSR__TRY(place_groups(gradient, groups, sizes));
    const size_t n = gradient->groups, chunks = gradient->chunks[n];
    L2OSR__TRY(l2osr__alloc_to(ctx, &gradient->scalars, n * steps, table));
    L2OSR__TRY(l2osr__alloc_to(ctx, &gradient->previous, n, table));
    L2OSR__TRY(l2osr__alloc_to(ctx, &gradient->cells, (size_t)program->cells + 1, sizeof(double)));
    L2OSR__TRY(l2osr__alloc_to(ctx, &gradient->sums, chunks * steps, table));
    return l2osr__alloc_to(ctx, &gradient->derivatives, n, table);
}

void l2osr__rule_gradient_clear(l2osr__rule_gradient *gradient) {
    if (!gradient->ctx)
        return;
    l2osr__tape_clear(&gradient->tape, gradient->ctx);
    l2osr__scratch_destroy(&gradient->workspaces);
    l2osr__free(gradient->ctx, gradient->offsets);
    l2osr__free(gradient->ctx, gradient->scalars);
    l2osr__free(gradient->ctx, gradient->previous);
    l2osr__free(gradient->ctx, gradient->cells);
    l2osr__free(gradient->ctx, gradient->sums);
    l2osr__free(gradient->ctx, gradient->derivatives);
    *gradient = (l2osr__rule_gradient){0};
}

typedef struct job {
    l2osr__rule_gradient *gradient;
    const l2osr__unroll *unroll;
    const l2osr__kernels_f32 *kernels;
    size_t table; /* numbers of a chunk's sums */
} job;

static double *scalars_of(const l2osr__rule_gradient *gradient, size_t group) {
    return gradient->scalars +
           group * gradient->most_steps * (size_t)gradient->rule->program.count;
}

/* Update t moves the losses after it. */
static void run_block(const job *j, size_t group, size_t first, size_t n, float *workspace,
                      double *sums) {
    const l2osr__unroll *u = j->unroll;
    const float *const inputs[L2OSR__INPUT_COUNT] = {
        [L2OSR__INPUT_G] = u->g + first, [L2OSR__INPUT_X] = u->start ? u->start + first : NULL};
    const l2osr__tape_window_f32 window = {.steps = u->steps,
                                           .before = u->before,
                                           .scalars = scalars_of(j->gradient, group),
                                           .state = u->state + first,
                                           .stride = u->dim,
                                           .inputs = inputs,
                                           .slopes = u->g + u->dim + first,
                                           .weights = u->weights + 1,
                                           .row = u->dim};
    l2osr__tape_run_f32(&j->gradient->tape, j->kernels, &window, n, workspace, sums);
}

static l2osr_status run_chunk(void *argument, size_t index) {
    const job *j = argument;
    l2osr__rule_gradient *gradient = j->gradient;
    const size_t block = l2osr__tape_block_f32(&gradient->tape);
    size_t group = 0;
    while (gradient->chunks[group + 1] <= index)
        group++;
    const size_t first =
        gradient->offsets[group] + (index - gradient->chunks[group]) * gradient->chunk;
    const size_t left = gradient->offsets[group + 1] - first;
    const size_t end = first + (left < gradient->chunk ? left : gradient->chunk);
    double *sums = gradient->sums + index * j->table;
    float *workspace;
    L2OSR__TRY(l2osr__scratch_take(&gradient->workspaces, &workspace));
    memset(sums, 0, j->table * sizeof *sums);
    for (size_t i = first; i < end; i += block)
        run_block(j, group, i, end - i < block ? end - i : block, workspace, sums);
    l2osr__scratch_give(&gradient->workspaces, workspace);
    return L2OSR_OK;
}

/* Numbers with a memory are run from the first step of the episode on. */
static void compute_scalars(l2osr__rule_gradient *gradient, const l2osr__unroll *u,
                            size_t group) {
    const l2osr__program *program = &gradient->rule->program;
    const size_t count = (size_t)program->count;
    double inputs[L2OSR__INPUT_COUNT];
    l2osr__moment moment = {.inputs = inputs,
                            .group = group,
                            .size = gradient->offsets[group + 1] - gradient->offsets[group],
                            .cells = gradient->cells};
    memset(gradient->cells, 0, (size_t)program->cells * sizeof *gradient->cells);
    for (size_t k = program->cells > 0 ? 0 : u->before; k < u->before + u->steps; k++) {
        double *numbers = k < u->before ? gradient->previous + group * count
                                        : scalars_of(gradient, group) + (k - u->before) * count;
        moment.step = k + 1;
        l2osr__rule_inputs(inputs, k + 1, 0, 0); /* lr and wd are constants */
        l2osr__program_scalars(program, &moment, 0, numbers);
        l2osr__program_remember(program, &moment, numbers);
    }
}

/* Adds up the chunks of a group, and goes through its numbers. */
static void reduce_group(l2osr__rule_gradient *gradient, const l2osr__unroll *u, size_t group,
                         size_t table) {
    const size_t count = (size_t)gradient->rule->program.count;
    double *sums = gradient->sums + gradient->chunks[group] * table;
    double *derivatives = gradient->derivatives + group * count;
    if (gradient->chunks[group] == gradient->chunks[group + 1]) {
        memset(derivatives, 0, count * sizeof *derivatives);
        return;
    }
    for (size_t c = gradient->chunks[group] + 1; c < gradient->chunks[group + 1]; c++)
        for (size_t i = 0; i < table; i++)
            sums[i] += gradient->sums[c * table + i];
    l2osr__tape_reduce(&gradient->tape, u->steps,
                       u->before > 0 ? gradient->previous + group * count : NULL,
                       scalars_of(gradient, group), sums, derivatives);
}

l2osr_status l2osr__rule_gradient_window(l2osr__rule_gradient *gradient,
                                         const l2osr__unroll *u) {
    job j = {.gradient = gradient,
             .unroll = u,
             .kernels = l2osr__kernels_f32_of(gradient->ctx),
             .table = u->steps * (size_t)gradient->rule->program.count};
    for (size_t group = 0; group < gradient->groups; group++)
        compute_scalars(gradient, u, group);
    L2OSR__TRY(
        l2osr__parallel_for(gradient->ctx, gradient->chunks[gradient->groups], run_chunk, &j));
    for (size_t group = 0; group < gradient->groups; group++)
        reduce_group(gradient, u, group, j.table);
    return L2OSR_OK;
}
