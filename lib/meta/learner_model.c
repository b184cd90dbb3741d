/* SPDX-License-Identifier: MIT */
/* The weights of a model as what is learned. */
#include "meta/back_model.h"
#include "meta/gradient.h"
#include "meta/learner.h"
#include "model/model.h"

typedef struct model_learner {
    l2osr__learner base;
    const l2osr_model *model; /* borrowed */
} model_learner;

typedef struct model_slope {
    l2osr__slope base;
    l2osr__gradient gradient;
} model_slope;

/* ---- first order ---- */

static l2osr_status window_slope(l2osr__slope *self, const l2osr__unroll *unroll, double *flat) {
    return l2osr__gradient_of_window(&((model_slope *)self)->gradient, unroll, flat);
}

static void free_slope(l2osr__slope *self) {
    l2osr__gradient *gradient = &((model_slope *)self)->gradient;
    l2osr_context *ctx = gradient->ctx;
    l2osr__gradient_clear(gradient);
    l2osr__free(ctx, self);
}

static const l2osr__slope_class slope_class = {window_slope, free_slope};

static l2osr_status create_slope(l2osr__slope **out, l2osr__pupil *self, const l2osr_task *task,
                                 size_t steps) {
    model_slope *slope;
    *out = NULL;
    L2OSR__TRY(l2osr__alloc_to(self->ctx, &slope, 1, sizeof *slope));
    slope->base.class = &slope_class;
    const l2osr_status status =
        l2osr__gradient_init(&slope->gradient, self->ctx, self->model, task, steps);
    if (status == L2OSR_OK)
        *out = &slope->base;
    else
        free_slope(&slope->base);
    return status;
}

/* ---- pupils ---- */

static l2osr_status set_weights(l2osr__pupil *self, const double *numbers) {
    return l2osr_model_set_weights(self->model, numbers);
}

static void free_pupil(l2osr__pupil *self) {
    l2osr_model_free(self->model);
    l2osr__free(self->ctx, self);
}

static const l2osr__pupil_class pupil_class = {.set = set_weights,
                                               .free = free_pupil,
                                               .slope_create = create_slope,
                                               .backward_create = l2osr__back_model_create};

static l2osr_status create_pupil(l2osr__pupil **out, const l2osr__learner *self,
                                 const l2osr_task *task) {
    l2osr__pupil *pupil;
    (void)task;
    L2OSR__TRY(l2osr__alloc_to(self->ctx, &pupil, 1, sizeof *pupil));
    *pupil = (l2osr__pupil){.class = &pupil_class, .ctx = self->ctx, .size = self->size};
    const l2osr_status status =
        l2osr__model_copy(&pupil->model, ((const model_learner *)self)->model);
    if (status == L2OSR_OK)
        *out = pupil;
    else
        l2osr__free(self->ctx, pupil);
    return status;
}

/* ---- the learner ---- */

static void describe(const l2osr__learner *self, l2osr__text *text) {
    const l2osr_model *model = ((const model_learner *)self)->model;
    l2osr__text_add(text, "model %s\n", l2osr_model_preset(model));
    l2osr__text_add_checksum(text, "features", l2osr_model_features(model));
    for (size_t i = 0; i < l2osr_model_tensor_count(model); i++) {
        const l2osr_tensor *tensor = l2osr_model_tensor(model, i);
        l2osr__text_add(text, "tensor %s [%zu, %zu]\n", tensor->name, tensor->rows, tensor->cols);
    }
}

static const l2osr__learner_class learner_class = {.stage = "meta-train",
                                                   .what = "model",
                                                   .number = "weight",
                                                   .imitates = true,
                                                   .pupil_create = create_pupil,
                                                   .describe = describe};

l2osr_status l2osr__learner_of_model(l2osr__learner **out, l2osr_context *ctx,
                                     const l2osr_model *model) {
    model_learner *learner;
    *out = NULL;
    L2OSR__TRY(l2osr__alloc_to(ctx, &learner, 1, sizeof *learner));
    learner->model = model;
    learner->base = (l2osr__learner){.class = &learner_class,
                                     .ctx = ctx,
                                     .size = l2osr_model_size(model),
                                     .start = l2osr_model_weights(model)};
    *out = &learner->base;
    return L2OSR_OK;
}

void l2osr__learner_of_model_free(l2osr__learner *learner) {
    if (learner)
        l2osr__free(learner->ctx, learner);
}
