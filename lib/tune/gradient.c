/* SPDX-License-Identifier: MIT */
#include "tune/gradient.h"

#include <string.h>

#include "vec/bf16.h"

/* All but the large arrays. */
static l2osr_status plan(l2osr__rule_gradient *gradient, l2osr_context *ctx, const l2osr_rule *rule,
                         size_t groups, const size_t *sizes, size_t steps) {
    *gradient = (l2osr__rule_gradient){.ctx = ctx, .rule = rule};
    L2OSR__TRY(l2osr__tape_init(&gradient->tape, ctx, &rule->program, rule->form.root,
                                L2OSR__INPUT_X, steps));
    return l2osr__rule_window_init(&gradient->window, ctx, rule, groups, sizes, steps,
                                   l2osr__tape_block_f32(&gradient->tape));
}

/* Bytes of a number for each node, and of one worker: the tape's, then gradients of a block. */
static size_t table_bytes(const l2osr__rule_gradient *gradient) {
    return (size_t)gradient->rule->program.count * sizeof(double);
}

static size_t workspace_bytes(const l2osr__rule_gradient *gradient) {
    return (l2osr__tape_workspace_f32(&gradient->tape) +
            (gradient->window.most_steps + 1) * l2osr__tape_block_f32(&gradient->tape)) *
           sizeof(float);
}

l2osr_status l2osr__rule_gradient_init(l2osr__rule_gradient *gradient, l2osr_context *ctx,
                                       const l2osr_rule *rule, size_t groups, const size_t *sizes,
                                       size_t steps) {
    L2OSR__TRY(plan(gradient, ctx, rule, groups, sizes, steps));
    const size_t chunks = l2osr__rule_window_chunks(&gradient->window);
    L2OSR__TRY(l2osr__scratch_init(&gradient->workspaces, ctx, workspace_bytes(gradient)));
    L2OSR__TRY(l2osr__alloc_to(ctx, &gradient->sums, chunks * steps, table_bytes(gradient)));
    return l2osr__alloc_to(ctx, &gradient->derivatives, gradient->window.groups,
                           table_bytes(gradient));
}

l2osr_status l2osr__rule_gradient_bytes(size_t *bytes, l2osr_context *ctx, const l2osr_rule *rule,
                                        size_t groups, const size_t *sizes,
                                        const l2osr__unroll_config *config) {
    l2osr__rule_gradient gradient;
    const size_t steps = config->window, threads = l2osr_context_threads(ctx);
    const l2osr_status status = plan(&gradient, ctx, rule, groups, sizes, steps);
    if (status == L2OSR_OK) {
        const size_t n = gradient.window.groups, dim = gradient.window.offsets[n];
        const size_t chunks = l2osr__rule_window_chunks(&gradient.window);
        *bytes = l2osr__unroll_bytes(config, dim) + l2osr_rule_state(rule) * dim * sizeof(float) +
                 ((n + chunks) * steps + 2 * n) * table_bytes(&gradient) +
                 (threads < chunks ? threads : chunks) * workspace_bytes(&gradient);
    }
    l2osr__rule_gradient_clear(&gradient);
    return status;
}

void l2osr__rule_gradient_clear(l2osr__rule_gradient *gradient) {
    if (!gradient->ctx)
        return;
    l2osr__tape_clear(&gradient->tape, gradient->ctx);
    l2osr__scratch_destroy(&gradient->workspaces);
    l2osr__rule_window_clear(&gradient->window);
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

/* The gradients of a block, from coordinate `first` on: written out in f32 behind the tape's
 * workspace if need be. Sets the window's rows. */
static void place_gradients(const job *j, size_t first, size_t n, float *workspace,
                            l2osr__tape_window_f32 *window, const float **inputs) {
    const l2osr__unroll *u = j->unroll;
    const l2osr__tape *tape = &j->gradient->tape;
    const float *g = u->g + first;
    window->row = u->dim;
    if (u->half) {
        float *rows = workspace + l2osr__tape_workspace_f32(tape);
        window->row = l2osr__tape_block_f32(tape);
        for (size_t r = 0; r <= u->steps; r++)
            l2osr__bf16_to_f32(n, rows + r * window->row, u->half + r * u->row + first);
        g = rows;
    }
    inputs[L2OSR__INPUT_G] = g;
    window->slopes = g + window->row; /* update t moves the losses after it */
}

static void run_block(const job *j, size_t group, size_t first, size_t n, float *workspace,
                      double *sums) {
    const l2osr__unroll *u = j->unroll;
    const float *inputs[L2OSR__INPUT_COUNT] = {[L2OSR__INPUT_X] =
                                                   u->start ? u->start + first : NULL};
    l2osr__tape_window_f32 window = {.steps = u->steps,
                                     .before = u->before,
                                     .scalars =
                                         l2osr__rule_window_numbers(&j->gradient->window, group, 0),
                                     .state = u->state + first,
                                     .stride = u->dim,
                                     .inputs = inputs,
                                     .weights = u->weights + 1};
    place_gradients(j, first, n, workspace, &window, inputs);
    l2osr__tape_run_f32(&j->gradient->tape, j->kernels, &window, n, workspace, sums);
}

static l2osr_status run_chunk(void *argument, size_t index) {
    const job *j = argument;
    l2osr__rule_gradient *gradient = j->gradient;
    const size_t block = l2osr__tape_block_f32(&gradient->tape);
    const l2osr__rule_share share = l2osr__rule_window_share(&gradient->window, index);
    double *sums = gradient->sums + index * j->table;
    float *workspace;
    L2OSR__TRY(l2osr__scratch_take(&gradient->workspaces, &workspace));
    memset(sums, 0, j->table * sizeof *sums);
    for (size_t i = share.first; i < share.end; i += block)
        run_block(j, share.group, i, share.end - i < block ? share.end - i : block, workspace,
                  sums);
    l2osr__scratch_give(&gradient->workspaces, workspace);
    return L2OSR_OK;
}

/* Adds up the chunks of a group, and goes through its numbers. */
static void reduce_group(l2osr__rule_gradient *gradient, size_t steps, size_t group, size_t table) {
    const l2osr__rule_window *window = &gradient->window;
    const size_t count = (size_t)gradient->rule->program.count;
    double *sums = l2osr__rule_window_add_up(window, group, gradient->sums, table);
    double *derivatives = gradient->derivatives + group * count;
    memset(derivatives, 0, count * sizeof *derivatives);
    if (sums)
        l2osr__tape_reduce(&gradient->tape, steps, l2osr__rule_window_previous(window, group, 0),
                           l2osr__rule_window_numbers(window, group, 0), sums, derivatives);
}

l2osr_status l2osr__rule_gradient_window(l2osr__rule_gradient *gradient, const l2osr__unroll *u) {
    job j = {.gradient = gradient,
             .unroll = u,
             .kernels = l2osr__kernels_f32_of(gradient->ctx),
             .table = u->steps * (size_t)gradient->rule->program.count};
    l2osr__rule_window_enter(&gradient->window, u->before, u->steps);
    L2OSR__TRY(l2osr__parallel_for(gradient->ctx, l2osr__rule_window_chunks(&gradient->window),
                                   run_chunk, &j));
    for (size_t group = 0; group < gradient->window.groups; group++)
        reduce_group(gradient, u->steps, group, j.table);
    return L2OSR_OK;
}
