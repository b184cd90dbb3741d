/* SPDX-License-Identifier: MIT */
#include "ladder.h"

static int init(void *user, uint64_t seed, double *x) {
    for (size_t i = 0; i < DIM; i++)
        x[i] = (double)(seed + i);
    return ((ladder *)user)->result;
}

static int loss_grad(void *user, const l2osr_draw *d, const double *x, double *loss, double *grad) {
    ladder *l = user;
    (void)d;
    l->calls_f64++;
    *loss = 0;
    for (size_t i = 0; i < DIM; i++) {
        *loss += 0.5 * (double)(i + 1) * x[i] * x[i];
        if (grad)
            grad[i] = (double)(i + 1) * x[i];
    }
    return l->result;
}

static int loss_grad_f32(void *user, const l2osr_draw *d, const float *x, double *loss,
                         float *grad) {
    ladder *l = user;
    (void)d;
    l->calls_f32++;
    *loss = 0;
    for (size_t i = 0; i < DIM; i++) {
        *loss += 0.5 * (double)(i + 1) * (double)x[i] * (double)x[i];
        if (grad)
            grad[i] = (float)(i + 1) * x[i];
    }
    return l->result;
}

static int hvp(void *user, const l2osr_draw *d, const double *x, const double *v, double *hv) {
    (void)d;
    (void)x;
    for (size_t i = 0; i < DIM; i++)
        hv[i] = (double)(i + 1) * v[i];
    return ((ladder *)user)->result;
}

static int metric(void *user, const double *x, double *value) {
    *value = 0;
    for (size_t i = 0; i < DIM; i++)
        *value += (double)(i + 1) * x[i];
    return ((ladder *)user)->result;
}

static const l2osr_group groups[] = {{"a", 2, {5, 8}}, {"b", 1, {HALF}}};

l2osr_task *make_ladder(l2osr_context *ctx, ladder *l, bool f32, bool f64) {
    const l2osr_task_callbacks c = {.struct_size = sizeof c,
                                    .name = "ladder",
                                    .groups = groups,
                                    .n_groups = 2,
                                    .init = init,
                                    .loss_grad = f64 ? loss_grad : NULL,
                                    .loss_grad_f32 = f32 ? loss_grad_f32 : NULL,
                                    .hvp = f64 ? hvp : NULL,
                                    .metric = f64 ? metric : NULL,
                                    .metric_name = "sum"};
    l2osr_task *task;
    ck_ok(l2osr_task_create(&task, ctx, &c, l), ctx);
    return task;
}

l2osr_task *wrap(l2osr_context *ctx, int kind, l2osr_task *inner) {
    l2osr_task *task = NULL;
    switch (kind) {
    case SCALED:
        ck_ok(l2osr_task_scaled(&task, ctx, inner, 3), ctx);
        break;
    case REPARAMETERISED:
        ck_ok(l2osr_task_reparameterised(&task, ctx, inner, L2OSR_PER_PARAMETER, 0.5, 7), ctx);
        break;
    case NOISY:
        ck_ok(l2osr_task_noisy(&task, ctx, inner, L2OSR_NOISE_ABSOLUTE, 0.1, 7), ctx);
        break;
    default:
        ck_ok(l2osr_task_permuted(&task, ctx, inner, 7), ctx);
    }
    return task;
}
