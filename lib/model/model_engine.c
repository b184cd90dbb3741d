/* SPDX-License-Identifier: MIT */
/* The engine of models: features by their program, then the network, panel by panel. State planes
 * are those of the features, then h and c of each layer. */
#include <string.h>

#include "expr/frame.h"
#include "model/model.h"
#include "model/model_state.h"
#include "rule/engine.h"
#include "rule/rule.h"

const double l2osr__model_lr = 0.01;

typedef struct model_engine {
    l2osr_context *ctx;
    l2osr_model *model;
    const l2osr__kernels_f32 *kernels_f32;
    const l2osr__kernels_f64 *kernels_f64;
    double *scalars; /* of the features' program */
} model_engine;

static l2osr_status prepare(void *self, size_t groups) {
    model_engine *e = self;
    (void)groups; /* features do not read what differs between groups */
    return l2osr__alloc_to(e->ctx, &e->scalars, (size_t)e->model->expr.count, sizeof *e->scalars);
}

static void begin(void *self, const l2osr__step *step) {
    model_engine *e = self;
    l2osr__feature_scalars(e->model, step->number, e->scalars);
}

static void release(void *self) {
    model_engine *e = self;
    l2osr_model_free(e->model);
    l2osr__free(e->ctx, e->scalars);
    l2osr__free(e->ctx, e);
}

#define T       float
#define F(name) name##_f32
#include "vec/rows.inc"
#include "model/model_engine.inc"
#undef T
#undef F

#define T       double
#define F(name) name##_f64
#include "vec/rows.inc"
#include "model/model_engine.inc"

static const l2osr__engine_class model_class = {.prepare = prepare,
                                                .begin = begin,
                                                .slice_f32 = slice_f32,
                                                .slice_f64 = slice_f64,
                                                .free = release};

l2osr_status l2osr_stepper_create_model(l2osr_stepper **out, l2osr_context *ctx, l2osr_model *model,
                                        size_t segments, const size_t *lengths,
                                        const l2osr_stepper_options *options) {
    model_engine *e;
    if (!ctx || !out)
        return L2OSR_EINVAL;
    *out = NULL;
    if (!model)
        return l2osr__fail(ctx, L2OSR_EINVAL, "stepper: model is NULL");
    if (model->lum && model->architecture.groups != segments)
        return l2osr__fail(ctx, L2OSR_EINVAL,
                           "stepper: the model has step sizes for %zu groups, not for %zu segments",
                           model->architecture.groups, segments);
    L2OSR__TRY(l2osr__alloc_to(ctx, &e, 1, sizeof *e));
    e->ctx = ctx;
    e->model = l2osr_model_ref(model);
    e->kernels_f32 = l2osr__kernels_f32_of(ctx);
    e->kernels_f64 = l2osr__kernels_f64_of(ctx);
    const l2osr__engine engine = {.class = &model_class,
                                  .self = e,
                                  .planes = l2osr_model_state(model),
                                  .grouped = model->lum != NULL,
                                  .chunk = 64 * L2OSR__LANES,
                                  .default_lr = l2osr__model_lr,
                                  .id = model->id};
    return l2osr__stepper_create(out, ctx, engine, segments, lengths, options);
}
