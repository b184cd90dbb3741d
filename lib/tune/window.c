/* SPDX-License-Identifier: MIT */
#include "tune/window.h"

#include <string.h>

/* Enough to share among threads, few enough that their sums stay small. */
enum { MAX_CHUNKS = 64 };

static l2osr_status place_groups(l2osr__rule_window *w, size_t groups, const size_t *sizes,
                                 size_t block) {
    size_t dim = 0;
    for (size_t i = 0; i < groups; i++)
        dim += sizes[i];
    w->groups = w->rule->program.grouped ? groups : 1;
    w->chunk = l2osr__pieces(l2osr__pieces(dim, block), MAX_CHUNKS) * block;
    L2OSR__TRY(l2osr__alloc_to(w->ctx, &w->offsets, w->groups + 1, 2 * sizeof *w->offsets));
    w->chunks = w->offsets + w->groups + 1;
    for (size_t i = 0; i < w->groups; i++) {
        const size_t size = w->groups == 1 ? dim : sizes[i];
        w->offsets[i + 1] = w->offsets[i] + size;
        w->chunks[i + 1] = w->chunks[i] + l2osr__pieces(size, w->chunk);
    }
    return L2OSR_OK;
}

l2osr_status l2osr__rule_window_init(l2osr__rule_window *w, l2osr_context *ctx,
                                     const l2osr_rule *rule, size_t groups, const size_t *sizes,
                                     size_t steps, size_t block) {
    const size_t table = (size_t)rule->program.count * sizeof *w->numbers;
    *w = (l2osr__rule_window){.ctx = ctx, .rule = rule, .most_steps = steps};
    L2OSR__TRY(place_groups(w, groups, sizes, block));
    L2OSR__TRY(l2osr__alloc_to(ctx, &w->numbers, w->groups * steps, table));
    L2OSR__TRY(l2osr__alloc_to(ctx, &w->previous, w->groups, table));
    return l2osr__alloc_to(ctx, &w->cells, (size_t)rule->program.cells, sizeof *w->cells);
}

void l2osr__rule_window_clear(l2osr__rule_window *w) {
    if (!w->ctx)
        return;
    l2osr__free(w->ctx, w->offsets);
    l2osr__free(w->ctx, w->numbers);
    l2osr__free(w->ctx, w->previous);
    l2osr__free(w->ctx, w->cells);
    *w = (l2osr__rule_window){0};
}

size_t l2osr__rule_window_chunks(const l2osr__rule_window *w) {
    return w->chunks[w->groups];
}

l2osr__rule_share l2osr__rule_window_share(const l2osr__rule_window *w, size_t index) {
    size_t group = 0;
    while (w->chunks[group + 1] <= index)
        group++;
    const size_t first = w->offsets[group] + (index - w->chunks[group]) * w->chunk;
    const size_t left = w->offsets[group + 1] - first;
    return (l2osr__rule_share){group, first, first + (left < w->chunk ? left : w->chunk)};
}

double *l2osr__rule_window_add_up(const l2osr__rule_window *w, size_t group, double *rows,
                                  size_t row) {
    double *sum = rows + w->chunks[group] * row;
    for (size_t c = w->chunks[group] + 1; c < w->chunks[group + 1]; c++)
        for (size_t i = 0; i < row; i++)
            sum[i] += rows[c * row + i];
    return w->chunks[group] < w->chunks[group + 1] ? sum : NULL;
}

double *l2osr__rule_window_numbers(const l2osr__rule_window *w, size_t group, size_t k) {
    return w->numbers + (group * w->most_steps + k) * (size_t)w->rule->program.count;
}

static double *before_window(const l2osr__rule_window *w, size_t group) {
    return w->previous + group * (size_t)w->rule->program.count;
}

const double *l2osr__rule_window_previous(const l2osr__rule_window *w, size_t group, size_t k) {
    if (k > 0)
        return l2osr__rule_window_numbers(w, group, k - 1);
    return w->before > 0 ? before_window(w, group) : NULL;
}

/* Numbers with a memory are run from the first step of the episode on. */
static void enter_group(l2osr__rule_window *w, size_t group, size_t steps) {
    const l2osr__program *program = &w->rule->program;
    double inputs[L2OSR__INPUT_COUNT];
    l2osr__moment moment = {.inputs = inputs,
                            .group = group,
                            .size = w->offsets[group + 1] - w->offsets[group],
                            .cells = w->cells};
    memset(w->cells, 0, (size_t)program->cells * sizeof *w->cells);
    for (uint64_t k = program->cells > 0 ? 0 : w->before; k < w->before + steps; k++) {
        double *numbers = k < w->before
                              ? before_window(w, group)
                              : l2osr__rule_window_numbers(w, group, (size_t)(k - w->before));
        moment.step = k + 1;
        l2osr__rule_inputs(inputs, k + 1, 0, 0); /* lr and wd are constants */
        l2osr__program_scalars(program, &moment, 0, numbers);
        l2osr__program_remember(program, &moment, numbers);
    }
}

void l2osr__rule_window_enter(l2osr__rule_window *w, uint64_t before, size_t steps) {
    w->before = before;
    for (size_t group = 0; group < w->groups; group++)
        enter_group(w, group, steps);
}
