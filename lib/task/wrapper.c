/* SPDX-License-Identifier: MIT */
/* The callbacks of tasks around tasks. They run the inner task by its public functions, which
 * convert, check and report. */
#include "task/wrapper.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "vec/kernels.h"
#include "vec/random.h"

#define T       float
#define F(name) name##_f32
#define KERNELS l2osr__kernels_f32_of
#define INNER   l2osr_task_loss_grad_f32
#include "task/wrapper.inc"
#undef T
#undef F
#undef KERNELS
#undef INNER

#define T       double
#define F(name) name##_f64
#define KERNELS l2osr__kernels_f64_of
#define INNER   l2osr_task_loss_grad
#include "task/wrapper.inc"

static int init(void *user, uint64_t seed, double *x) {
    l2osr__wrapper *w = user;
    double *start;
    L2OSR__TRY(l2osr__scratch_take(&w->scratch, &start));
    l2osr_status status = l2osr_task_init(w->inner, seed, w->order ? start : x);
    for (size_t i = 0; w->order && i < w->inner->dim; i++)
        x[i] = start[w->order[i]];
    for (size_t i = 0; w->scales && i < w->inner->dim; i++)
        x[i] /= w->scales[i];
    l2osr__scratch_give(&w->scratch, start);
    return (int)status;
}

/* The Hessian by x is that of the inner task with the change of parameters on either side. */
static int hvp(void *user, const l2osr_draw *draw, const double *x, const double *v, double *hv) {
    l2osr__wrapper *w = user;
    const size_t n = w->inner->dim;
    double *room;
    L2OSR__TRY(l2osr__scratch_take(&w->scratch, &room));
    const double *inner_x = enter_f64(w, x, room), *inner_v = enter_f64(w, v, room + n);
    double *inner = w->order ? room + 2 * n : hv;
    l2osr_status status = l2osr_task_hvp(w->inner, draw, inner_x, inner_v, inner);
    if (status == L2OSR_OK)
        leave_f64(w, inner, hv);
    l2osr__scratch_give(&w->scratch, room);
    return (int)status;
}

static int metric(void *user, const double *x, double *value) {
    l2osr__wrapper *w = user;
    double *room;
    L2OSR__TRY(l2osr__scratch_take(&w->scratch, &room));
    l2osr_status status = l2osr_task_metric(w->inner, enter_f64(w, x, room), value);
    l2osr__scratch_give(&w->scratch, room);
    return (int)status;
}

static void destroy(void *user) {
    l2osr__wrapper *w = user;
    l2osr__scratch_destroy(&w->scratch);
    l2osr__free(w->ctx, w->scales);
    l2osr__free(w->ctx, w->order);
    l2osr__free(w->ctx, w);
}

/* Hands `w` over to the task. */
static l2osr_status make(l2osr_task **out, const char *word, l2osr__wrapper *w) {
    l2osr_context *ctx = w->ctx;
    const l2osr_task_callbacks *inner = &w->inner->callbacks;
    const size_t size = strlen(word) + 1 + strlen(inner->name) + 1;
    char *name;
    l2osr_status status = l2osr__alloc_to(ctx, &name, size, 1);
    if (status != L2OSR_OK) {
        destroy(w);
        return status;
    }
    snprintf(name, size, "%s %s", word, inner->name);
    const l2osr_task_callbacks callbacks = {.struct_size = sizeof callbacks,
                                            .name = name,
                                            .groups = inner->groups,
                                            .n_groups = inner->n_groups,
                                            .flags = inner->flags,
                                            .init = init,
                                            .loss_grad = inner->loss_grad ? loss_grad_f64 : NULL,
                                            .loss_grad_f32 =
                                                inner->loss_grad_f32 ? loss_grad_f32 : NULL,
                                            .hvp = inner->hvp ? hvp : NULL,
                                            .metric = inner->metric ? metric : NULL,
                                            .metric_name = inner->metric_name,
                                            .free = destroy};
    status = l2osr__task_create_builtin(out, ctx, &callbacks, w);
    l2osr__free(ctx, name);
    return status;
}

l2osr_status l2osr__wrapper_task(l2osr_task **out, const char *word,
                                 const l2osr__wrapper *wrapper) {
    l2osr__wrapper *w;
    const bool moves = wrapper->scales || wrapper->order;
    const size_t vectors = moves ? 3 : 0; /* of hvp(), which needs most */
    l2osr_status status = l2osr__alloc_to(wrapper->ctx, &w, 1, sizeof *w);
    if (status != L2OSR_OK) {
        l2osr__free(wrapper->ctx, wrapper->scales);
        l2osr__free(wrapper->ctx, wrapper->order);
        return status;
    }
    *w = *wrapper;
    status = l2osr__scratch_init(&w->scratch, w->ctx, vectors * w->inner->dim * sizeof(double));
    if (status != L2OSR_OK) {
        destroy(w);
        return status;
    }
    return make(out, word, w);
}
