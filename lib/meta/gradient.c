/* SPDX-License-Identifier: MIT */
#include "meta/gradient.h"

#include <string.h>

enum { MAX_CHUNKS = 32 };

l2osr_status l2osr__gradient_init(l2osr__gradient *gr, l2osr_context *ctx, const l2osr_model *model,
                                  size_t dim, size_t steps) {
    const size_t panels = (dim + L2OSR__LANES - 1) / L2OSR__LANES;
    const size_t per_chunk = (panels + MAX_CHUNKS - 1) / MAX_CHUNKS;
    *gr = (l2osr__gradient){.ctx = ctx,
                            .model = model,
                            .dim = dim,
                            .chunks = (panels + per_chunk - 1) / per_chunk,
                            .chunk = per_chunk * L2OSR__LANES};
    L2OSR__TRY(l2osr__scratch_init(&gr->workspaces, ctx,
                                   l2osr__bptt_scratch_f32(model, steps) * sizeof(float)));
    L2OSR__TRY(l2osr__alloc_to(ctx, &gr->packed, gr->chunks, model->net.packed * sizeof(double)));
    return l2osr__alloc_to(ctx, &gr->scalars, steps, (size_t)model->expr.count * sizeof(double));
}

void l2osr__gradient_clear(l2osr__gradient *gr) {
    if (!gr->ctx)
        return;
    l2osr__scratch_destroy(&gr->workspaces);
    l2osr__free(gr->ctx, gr->packed);
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
} panel_upstream;

static void forward_upstream(void *argument, size_t step, size_t first, size_t n, const float *u,
                             float *du) {
    panel_upstream *p = argument;
    p->upstream.fn(p->upstream.arg, step, first, n, u, p->sums, du);
}

static l2osr_status run_chunk(void *argument, size_t index) {
    const job *j = argument;
    l2osr__gradient *gr = j->gradient;
    l2osr__window_f32 window = j->window;
    double *packed = gr->packed + index * gr->model->net.packed;
    const size_t begin = index * gr->chunk;
    const size_t end = begin + gr->chunk < gr->dim ? begin + gr->chunk : gr->dim;
    panel_upstream panel = {.upstream = j->upstream};
    float *workspace;
    L2OSR__TRY(l2osr__scratch_take(&gr->workspaces, &workspace));
    window.upstream = forward_upstream;
    window.arg = &panel;
    memset(packed, 0, gr->model->net.packed * sizeof *packed);
    for (size_t first = begin; first < end; first += L2OSR__LANES) {
        memset(panel.sums, 0, sizeof panel.sums);
        l2osr__bptt_f32(&window, l2osr__kernels_f32_of(gr->ctx), gr->scalars, first,
                        end - first < L2OSR__LANES ? end - first : L2OSR__LANES, workspace, packed);
    }
    l2osr__scratch_give(&gr->workspaces, workspace);
    return L2OSR_OK;
}

l2osr_status l2osr__gradient_run(l2osr__gradient *gr, const float *state, uint64_t before,
                                 size_t steps, const float *g, l2osr__upstream upstream,
                                 double *flat) {
    job j = {gr,
             {.model = gr->model,
              .state = state,
              .stride = gr->dim,
              .step = before,
              .steps = steps,
              .g = g},
             upstream};
    const size_t size = gr->model->net.packed;
    l2osr__bptt_scalars(gr->model, before, steps, gr->scalars);
    L2OSR__TRY(l2osr__parallel_for(gr->ctx, gr->chunks, run_chunk, &j));
    for (size_t c = 1; c < gr->chunks; c++)
        for (size_t i = 0; i < size; i++)
            gr->packed[i] += gr->packed[c * size + i];
    l2osr__model_unpack(gr->model, gr->packed, flat);
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
    return l2osr__gradient_run(gr, unroll->state, unroll->before, unroll->steps, unroll->g,
                               (l2osr__upstream){sum_upstream, unroll}, flat);
}
