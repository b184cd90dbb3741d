/* SPDX-License-Identifier: MIT */
#include "tune/back_rule.h"

#include <string.h>

#include "expr/adjoint.h"
#include "task/scratch.h"
#include "task/task.h"
#include "tune/window.h"

typedef struct back_rule {
    l2osr__backward base;
    l2osr_context *ctx;
    const l2osr_rule *rule;
    l2osr__back_rule_chain chain;
    l2osr__adjoint adjoint;
    l2osr__rule_window window;
    double *sums;        /* [chunks][nodes]: adjoints of the numbers of a step */
    double *bars;        /* [groups][most steps][nodes]: of those of each step, of all chunks */
    double *derivatives; /* [groups][nodes]: added up over steps */
    l2osr__scratch workspaces;
} back_rule;

static size_t node_count(const back_rule *b) {
    return (size_t)b->rule->program.count;
}

static void begin(l2osr__backward *self, uint64_t before, size_t steps) {
    back_rule *b = (back_rule *)self;
    const size_t table = b->window.groups * node_count(b);
    l2osr__rule_window_enter(&b->window, before, steps);
    memset(b->bars, 0, b->window.most_steps * table * sizeof *b->bars);
    memset(b->derivatives, 0, table * sizeof *b->derivatives);
}

typedef struct job {
    back_rule *back;
    const l2osr__back_step *step;
    size_t k; /* its number in the window, from 0 */
} job;

static void run_panel(const job *j, const l2osr__adjoint_step *step, size_t first, size_t n,
                      double *workspace, double *sums) {
    l2osr__adjoint_panel panel;
    l2osr__adjoint_begin(&panel, &j->back->adjoint, step, first, n, workspace);
    for (size_t i = 0; i < n; i++)
        panel.bar[j->back->rule->form.root][i] += j->step->xbar[first + i];
    l2osr__adjoint_finish(&panel, sums);
}

static l2osr_status run_chunk(void *argument, size_t index) {
    const job *j = argument;
    const l2osr__back_step *s = j->step;
    back_rule *b = j->back;
    const l2osr__rule_share share = l2osr__rule_window_share(&b->window, index);
    const double *const inputs[] = {[L2OSR__INPUT_G] = s->g, [L2OSR__INPUT_X] = s->x};
    double *const inputbars[] = {[L2OSR__INPUT_G] = s->gbar, [L2OSR__INPUT_X] = s->direct};
    const l2osr__adjoint_step step = {.number = s->number,
                                      .numbers =
                                          l2osr__rule_window_numbers(&b->window, share.group, j->k),
                                      .stride = s->dim,
                                      .state = s->state,
                                      .statebar = s->statebar,
                                      .inputs = inputs,
                                      .inputbars = inputbars};
    double *sums = b->sums + index * node_count(b), *workspace;
    L2OSR__TRY(l2osr__scratch_take(&b->workspaces, &workspace));
    memset(sums, 0, node_count(b) * sizeof *sums);
    for (size_t i = share.first; i < share.end; i += L2OSR__LANES)
        run_panel(j, &step, i, share.end - i < L2OSR__LANES ? share.end - i : L2OSR__LANES,
                  workspace, sums);
    l2osr__scratch_give(&b->workspaces, workspace);
    return L2OSR_OK;
}

/* Adds up the chunks of a group and goes through its numbers, on to those of steps before. */
static void through_numbers(back_rule *b, size_t group, size_t k) {
    const l2osr__program *program = &b->rule->program;
    const size_t count = node_count(b);
    const double *sums = l2osr__rule_window_add_up(&b->window, group, b->sums, count);
    double *bars = b->bars + (group * b->window.most_steps + k) * count;
    for (size_t i = 0; sums && i < count; i++)
        bars[i] += sums[i];
    l2osr__program_reverse_scalars(program, l2osr__rule_window_numbers(&b->window, group, k),
                                   l2osr__rule_window_previous(&b->window, group, k), bars, k);
    for (size_t i = 0; i < count; i++)
        b->derivatives[group * count + i] += bars[i];
}

static l2osr_status step(l2osr__backward *self, const l2osr__back_step *s) {
    back_rule *b = (back_rule *)self;
    job j = {b, s, (size_t)(s->number - 1 - b->window.before)};
    L2OSR__TRY(l2osr__parallel_for(b->ctx, l2osr__rule_window_chunks(&b->window), run_chunk, &j));
    for (size_t group = 0; group < b->window.groups; group++)
        through_numbers(b, group, j.k);
    return L2OSR_OK;
}

static void finish(l2osr__backward *self, double *flat) {
    const back_rule *b = (const back_rule *)self;
    b->chain.fn(b->chain.arg, b->window.groups, b->derivatives, flat);
}

static void release(l2osr__backward *self) {
    back_rule *b = (back_rule *)self;
    l2osr__adjoint_clear(&b->adjoint);
    l2osr__rule_window_clear(&b->window);
    l2osr__free(b->ctx, b->sums);
    l2osr__free(b->ctx, b->bars);
    l2osr__free(b->ctx, b->derivatives);
    l2osr__scratch_destroy(&b->workspaces);
    l2osr__free(b->ctx, b);
}

static const l2osr__backward_class rule_class = {begin, step, finish, release};

static l2osr_status fill(back_rule *b, size_t groups, const size_t *sizes, size_t steps) {
    const size_t table = node_count(b) * sizeof(double);
    L2OSR__TRY(l2osr__adjoint_init(&b->adjoint, b->ctx, &b->rule->program, &b->rule->form.root, 1,
                                   L2OSR__INPUT_X + 1));
    L2OSR__TRY(l2osr__scratch_init(&b->workspaces, b->ctx,
                                   l2osr__adjoint_scratch(&b->adjoint) * sizeof(double)));
    L2OSR__TRY(
        l2osr__rule_window_init(&b->window, b->ctx, b->rule, groups, sizes, steps, L2OSR__LANES));
    L2OSR__TRY(l2osr__alloc_to(b->ctx, &b->sums, l2osr__rule_window_chunks(&b->window), table));
    L2OSR__TRY(l2osr__alloc_to(b->ctx, &b->bars, b->window.groups * steps, table));
    return l2osr__alloc_to(b->ctx, &b->derivatives, b->window.groups, table);
}

l2osr_status l2osr__back_rule_create(l2osr__backward **out, l2osr_context *ctx,
                                     const l2osr_rule *rule, const l2osr_task *task, size_t steps,
                                     l2osr__back_rule_chain chain) {
    back_rule *b;
    size_t *sizes;
    *out = NULL;
    L2OSR__TRY(l2osr__task_group_sizes(task, ctx, &sizes));
    l2osr_status status = l2osr__alloc_to(ctx, &b, 1, sizeof *b);
    if (status == L2OSR_OK) {
        *b = (back_rule){.base = {&rule_class}, .ctx = ctx, .rule = rule, .chain = chain};
        status = fill(b, l2osr_task_group_count(task), sizes, steps);
        if (status == L2OSR_OK)
            *out = &b->base;
        else
            release(&b->base);
    }
    l2osr__free(ctx, sizes);
    return status;
}
