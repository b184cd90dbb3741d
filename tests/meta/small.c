/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "small.h"
#include "task/task.h"

l2osr_model *small_model(l2osr_context *ctx, const char *preset) {
    l2osr_model_options o = L2OSR_MODEL_OPTIONS_INIT;
    l2osr_model *model;
    o.preset = preset;
    o.seed = 3;
    ck_ok(l2osr_model_create(&model, ctx, &o), ctx);
    return model;
}

l2osr__pupil *pupil_of(l2osr_context *ctx, const l2osr_model *model, const l2osr_task *task) {
    l2osr__learner *learner;
    l2osr__pupil *pupil;
    ck_ok(l2osr__learner_of_model(&learner, ctx, model), ctx);
    ck_ok(l2osr__pupil_create(&pupil, learner, task), ctx);
    l2osr__learner_of_model_free(learner);
    return pupil;
}

static int init(void *user, uint64_t seed, double *x) {
    const struct wrapped *w = user;
    return l2osr_task_init(w->inner, w->one_start ? 0 : seed, x);
}

static double factor(const struct wrapped *w, const l2osr_draw *draw) {
    return w->by_batch ? 1 + (double)(draw->index % 5) : 1;
}

static int loss_grad(void *user, const l2osr_draw *draw, const double *x, double *loss,
                     double *grad) {
    struct wrapped *w = user;
    int status = l2osr_task_loss_grad(w->inner, draw, x, loss, grad);
    *loss *= factor(w, draw);
    for (size_t i = 0; grad && i < l2osr_task_dim(w->inner); i++)
        grad[i] *= factor(w, draw);
    if (w->limit != 0 && x[0] > w->limit)
        *loss = NAN;
    if (w->cancel > 0 && ++w->calls == w->cancel)
        l2osr_context_cancel(w->inner->ctx);
    return status;
}

static int hvp(void *user, const l2osr_draw *draw, const double *x, const double *v, double *hv) {
    const struct wrapped *w = user;
    int status = l2osr_task_hvp(w->inner, draw, x, v, hv);
    for (size_t i = 0; i < l2osr_task_dim(w->inner); i++)
        hv[i] *= w->flat ? 0 : factor(w, draw);
    return status;
}

static void destroy(void *user) {
    struct wrapped *w = user;
    l2osr_task_free(w->inner);
}

l2osr_status wrapped_task(l2osr_task **out, l2osr_context *ctx, struct wrapped *w) {
    const l2osr_group parts[] = {
        {"a", 1, {3}}, {"b", 1, {4}}, {"c", 1, {l2osr_task_dim(w->inner) - 7}}};
    l2osr_task_callbacks c = L2OSR_TASK_CALLBACKS_INIT;
    c.name = "wrapped";
    c.groups = w->parted ? parts : l2osr_task_group(w->inner, 0);
    c.n_groups = w->parted ? 3 : 1;
    c.flags = w->cancel > 0 ? 0 : L2OSR_TASK_CONCURRENT;
    c.init = init;
    c.loss_grad = loss_grad;
    c.hvp = w->no_hvp ? NULL : hvp;
    c.free = destroy;
    return l2osr_task_create(out, ctx, &c, w);
}
