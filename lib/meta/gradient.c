/* SPDX-License-Identifier: MIT */
#include "meta/gradient.h"

#include <string.h>

#include "task/task.h"

/* Sums of sizes, so that the group of a coordinate is found from them. */
static l2osr_status list_ends(l2osr__gradient *gr, const l2osr_task *task) {
    const size_t groups = gr->model->architecture.groups;
    if (groups == 0)
        return L2OSR_OK;
    if (l2osr_task_group_count(task) != groups)
        return l2osr__fail(gr->ctx, L2OSR_EINVAL,
                           "the model has step sizes for %zu groups, but the task has %zu", groups,
                           l2osr_task_group_count(task));
    L2OSR__TRY(l2osr__task_group_sizes(task, gr->ctx, &gr->ends));
    for (size_t i = 1; i < groups; i++)
        gr->ends[i] += gr->ends[i - 1];
    return L2OSR_OK;
}

l2osr_status l2osr__gradient_init(l2osr__gradient *gr, l2osr_context *ctx, const l2osr_model *model,
                                  const l2osr_task *task, size_t steps) {
    *gr = (l2osr__gradient){.ctx = ctx,
                            .model = model,
                            .chunks = l2osr__chunks_of(l2osr_task_dim(task)),
                            .row = model->net.packed + model->architecture.groups};
    L2OSR__TRY(l2osr__scratch_init(&gr->workspaces, ctx,
                                   l2osr__bptt_scratch_f32(model, steps) * sizeof(float)));
    L2OSR__TRY(list_ends(gr, task));
    L2OSR__TRY(l2osr__alloc_to(ctx, &gr->packed, gr->chunks.count, gr->row * sizeof(double)));
    return l2osr__alloc_to(ctx, &gr->scalars, steps, (size_t)model->expr.count * sizeof(double));
}

void l2osr__gradient_clear(l2osr__gradient *gr) {
    if (!gr->ctx)
        return;
    l2osr__scratch_destroy(&gr->workspaces);
    l2osr__free(gr->ctx, gr->packed);
    l2osr__free(gr->ctx, gr->ends);
    l2osr__free(gr->ctx, gr->scalars);
    *gr = (l2osr__gradient){0};
}

typedef struct job {
    l2osr__gradient *gradient;
    l2osr__window_f32 window;
    l2osr__upstream upstream;
} job;

typedef struct panel_upstream {
    l2osr__upstream upstream;
    float sums[L2OSR__LANES];
    const size_t *ends;          /* of groups; NULL: there are no step sizes of theirs */
    const double *lum;           /* [groups] */
    double *d_lum;               /* [groups]: adds up their gradient */
    size_t groups[L2OSR__LANES]; /* of the panel's coordinates */
} panel_upstream;

/* A panel begins in the group of the one before it, or in a later one. */
static void begin_panel(panel_upstream *p, size_t first, size_t n) {
    memset(p->sums, 0, sizeof p->sums);
    if (!p->ends)
        return;
    size_t group = p->groups[0];
    for (size_t i = 0; i < n; i++) {
        while (first + i >= p->ends[group])
            group++;
        p->groups[i] = group;
    }
}

static void forward_upstream(void *argument, size_t step, size_t first, size_t n, const float *u,
                             float *du) {
    panel_upstream *p = argument;
    p->upstream.fn(p->upstream.arg, step, first, n, u, p->sums, du);
}

static void scaled_upstream(void *argument, size_t step, size_t first, size_t n, const float *u,
                            float *du) {
    panel_upstream *p = argument;
    float moved[L2OSR__LANES] = {0};
    for (size_t i = 0; i < n; i++)
        moved[i] = (float)p->lum[p->groups[i]] * u[i];
    forward_upstream(argument, step, first, n, moved, du);
    for (size_t i = 0; i < n; i++) {
        p->d_lum[p->groups[i]] += (double)du[i] * u[i];
        du[i] *= (float)p->lum[p->groups[i]];
    }
}

static l2osr_status run_chunk(void *argument, size_t index) {
    const job *j = argument;
    l2osr__gradient *gr = j->gradient;
    l2osr__window_f32 window = j->window;
    double *packed = gr->packed + index * gr->row;
    const size_t end = l2osr__chunks_end(&gr->chunks, index);
    panel_upstream panel = {.upstream = j->upstream,
                            .ends = gr->ends,
                            .lum = gr->model->lum,
                            .d_lum = packed + gr->model->net.packed};
    float *workspace;
    L2OSR__TRY(l2osr__scratch_take(&gr->workspaces, &workspace));
    window.upstream = gr->ends ? scaled_upstream : forward_upstream;
    window.arg = &panel;
    memset(packed, 0, gr->row * sizeof *packed);
    for (size_t first = l2osr__chunks_begin(&gr->chunks, index); first < end;
         first += L2OSR__LANES) {
        const size_t n = l2osr__chunks_panel(&gr->chunks, first);
        begin_panel(&panel, first, n);
        l2osr__bptt_f32(&window, l2osr__kernels_f32_of(gr->ctx), gr->scalars, first, n, workspace,
                        packed);
    }
    l2osr__scratch_give(&gr->workspaces, workspace);
    return L2OSR_OK;
}

l2osr_status l2osr__gradient_run(l2osr__gradient *gr, const float *state, float *end,
                                 uint64_t before, size_t steps, const float *g,
                                 l2osr__upstream upstream, double *flat) {
    job j = {gr,
             {.model = gr->model,
              .state = state,
              .end = end,
              .stride = gr->chunks.dim,
              .step = before,
              .steps = steps,
              .g = g},
             upstream};
    l2osr__bptt_scalars(gr->model, before, steps, gr->scalars);
    L2OSR__TRY(l2osr__parallel_for(gr->ctx, gr->chunks.count, run_chunk, &j));
    l2osr__chunks_add_up(&gr->chunks, gr->packed, gr->row);
    l2osr__model_unpack(gr->model, gr->packed, gr->packed + gr->model->net.packed, flat);
    return L2OSR_OK;
}

/* du_t = sum over r > t of w_r grad f(x_r): the scale of u does not matter to Adam. */
static void sum_upstream(const void *argument, size_t step, size_t first, size_t n, const float *u,
                         float *sums, float *du) {
    const l2osr__unroll *unroll = argument;
    const float *g = unroll->g + (step + 1) * unroll->dim + first;
    const float weight = (float)unroll->weights[step + 1];
    (void)u;
    for (size_t i = 0; i < n; i++) {
        sums[i] += weight * g[i];
        du[i] = sums[i];
    }
}

l2osr_status l2osr__gradient_of_window(l2osr__gradient *gr, const l2osr__unroll *unroll,
                                       double *flat) {
    if (unroll->half)
        return l2osr__fail(gr->ctx, L2OSR_EUNSUPPORTED,
                           "gradients in bfloat16 do not serve derivatives by a model's weights");
    return l2osr__gradient_run(gr, unroll->state, NULL, unroll->before, unroll->steps, unroll->g,
                               (l2osr__upstream){sum_upstream, unroll}, flat);
}
