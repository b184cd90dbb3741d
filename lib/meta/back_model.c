/* SPDX-License-Identifier: MIT */
#include "meta/back_model.h"

#include <string.h>

#include "meta/chunks.h"
#include "model/adjoint.h"
#include "rule/rule.h"
#include "task/scratch.h"
#include "task/task.h"

typedef struct back_model {
    l2osr__backward base;
    l2osr_context *ctx;
    l2osr__model_adjoint adjoint;
    size_t groups, *sizes; /* of the task */
    l2osr__chunks chunks;
    double *ubar, *u; /* [dim] */
    double *lumbar;   /* [groups]: of step sizes of groups */
    double *scalars;  /* of the features, at a step */
    double *packed;   /* [chunks][packed weights] */
    l2osr__scratch workspaces;
} back_model;

static void begin(l2osr__backward *self, uint64_t before, size_t steps) {
    back_model *b = (back_model *)self;
    (void)before;
    (void)steps;
    memset(b->packed, 0, b->chunks.count * b->adjoint.model->net.packed * sizeof *b->packed);
    memset(b->lumbar, 0, b->groups * sizeof *b->lumbar);
}

typedef struct job {
    back_model *back;
    l2osr__model_adjoint_step step;
} job;

static l2osr_status run_chunk(void *argument, size_t index) {
    const job *j = argument;
    back_model *b = j->back;
    double *packed = b->packed + index * b->adjoint.model->net.packed, *workspace;
    const size_t end = l2osr__chunks_end(&b->chunks, index);
    L2OSR__TRY(l2osr__scratch_take(&b->workspaces, &workspace));
    for (size_t i = l2osr__chunks_begin(&b->chunks, index); i < end; i += L2OSR__LANES)
        l2osr__model_adjoint_run(&b->adjoint, &j->step, i, l2osr__chunks_panel(&b->chunks, i),
                                 workspace, packed);
    l2osr__scratch_give(&b->workspaces, workspace);
    return L2OSR_OK;
}

/* x moves by lr u, for a model with step sizes of groups by lr lum u. */
static void to_updates(back_model *b, const double *xbar) {
    const double *lum = b->adjoint.model->lum;
    size_t i = 0;
    for (size_t group = 0; group < b->groups; group++) {
        const double scale = l2osr__model_lr * (lum ? lum[group] : 1);
        for (size_t end = i + b->sizes[group]; i < end; i++)
            b->ubar[i] = scale * xbar[i];
    }
}

static void to_step_sizes(back_model *b, const double *xbar) {
    size_t i = 0;
    for (size_t group = 0; group < b->groups; group++)
        for (size_t end = i + b->sizes[group]; i < end; i++)
            b->lumbar[group] += l2osr__model_lr * b->u[i] * xbar[i];
}

static l2osr_status step(l2osr__backward *self, const l2osr__back_step *s) {
    back_model *b = (back_model *)self;
    const double *const inputs[] = {[L2OSR__INPUT_G] = s->g, [L2OSR__INPUT_X] = s->x};
    double *const inputbars[] = {[L2OSR__INPUT_G] = s->gbar, [L2OSR__INPUT_X] = s->direct};
    job j = {.back = b,
             .step = {.features = {.number = s->number,
                                   .numbers = b->scalars,
                                   .stride = s->dim,
                                   .state = s->state,
                                   .statebar = s->statebar,
                                   .inputs = inputs,
                                   .inputbars = inputbars},
                      .ubar = b->ubar,
                      .u = b->u}};
    l2osr__feature_scalars(b->adjoint.model, s->number, b->scalars);
    to_updates(b, s->xbar);
    L2OSR__TRY(l2osr__parallel_for(b->ctx, b->chunks.count, run_chunk, &j));
    to_step_sizes(b, s->xbar);
    return L2OSR_OK;
}

static void finish(l2osr__backward *self, double *flat) {
    back_model *b = (back_model *)self;
    l2osr__chunks_add_up(&b->chunks, b->packed, b->adjoint.model->net.packed);
    l2osr__model_unpack(b->adjoint.model, b->packed, b->lumbar, flat);
}

static void release(l2osr__backward *self) {
    back_model *b = (back_model *)self;
    double *const arrays[] = {b->ubar, b->u, b->lumbar, b->scalars, b->packed};
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++)
        l2osr__free(b->ctx, arrays[i]);
    l2osr__free(b->ctx, b->sizes);
    l2osr__scratch_destroy(&b->workspaces);
    l2osr__model_adjoint_clear(&b->adjoint);
    l2osr__free(b->ctx, b);
}

static const l2osr__backward_class model_class = {begin, step, finish, release};

static l2osr_status fill(back_model *b, const l2osr_model *model, const l2osr_task *task) {
    const size_t dim = l2osr_task_dim(task), nodes = (size_t)model->expr.count;
    b->groups = l2osr_task_group_count(task);
    b->chunks = l2osr__chunks_of(dim);
    L2OSR__TRY(l2osr__task_group_sizes(task, b->ctx, &b->sizes));
    L2OSR__TRY(l2osr__model_adjoint_init(&b->adjoint, b->ctx, model));
    L2OSR__TRY(l2osr__scratch_init(&b->workspaces, b->ctx,
                                   l2osr__model_adjoint_scratch(&b->adjoint) * sizeof(double)));
    L2OSR__TRY(l2osr__alloc_to(b->ctx, &b->ubar, dim, sizeof *b->ubar));
    L2OSR__TRY(l2osr__alloc_to(b->ctx, &b->u, dim, sizeof *b->u));
    L2OSR__TRY(l2osr__alloc_to(b->ctx, &b->lumbar, b->groups, sizeof *b->lumbar));
    L2OSR__TRY(l2osr__alloc_to(b->ctx, &b->scalars, nodes, sizeof *b->scalars));
    return l2osr__alloc_to(b->ctx, &b->packed, b->chunks.count,
                           model->net.packed * sizeof *b->packed);
}

l2osr_status l2osr__back_model_create(l2osr__backward **out, l2osr__pupil *pupil,
                                      const l2osr_task *task, size_t steps) {
    back_model *b;
    *out = NULL;
    (void)steps; /* its numbers remember nothing */
    L2OSR__TRY(l2osr__alloc_to(pupil->ctx, &b, 1, sizeof *b));
    b->base.class = &model_class;
    b->ctx = pupil->ctx;
    const l2osr_status status = fill(b, pupil->model, task);
    if (status == L2OSR_OK)
        *out = &b->base;
    else
        release(&b->base);
    return status;
}
