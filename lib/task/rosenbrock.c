/* SPDX-License-Identifier: MIT */
#include "l2osr/problems.h"
#include "task/task.h"

/* The task needs no more than its dimension. */
typedef struct rosenbrock {
    l2osr_context *ctx;
    size_t dim;
} rosenbrock;

static int init(void *user, uint64_t seed, double *x) {
    const rosenbrock *r = user;
    l2osr_random_normal(seed, 0, 0, 0.1, x, r->dim);
    for (size_t i = 0; i < r->dim; i++)
        x[i] += i % 2 == 0 ? -1.2 : 1.0;
    return L2OSR_OK;
}

static int loss_grad(void *user, const l2osr_draw *draw, const double *x, double *loss,
                     double *grad) {
    const rosenbrock *r = user;
    (void)draw;
    *loss = 0;
    if (grad)
        grad[0] = 0;
    for (size_t i = 0; i + 1 < r->dim; i++) {
        double valley = x[i + 1] - x[i] * x[i], rest = 1 - x[i];
        *loss += 100 * valley * valley + rest * rest;
        if (grad) {
            grad[i] += -400 * x[i] * valley - 2 * rest;
            grad[i + 1] = 200 * valley;
        }
    }
    return L2OSR_OK;
}

static int hvp(void *user, const l2osr_draw *draw, const double *x, const double *v, double *hv) {
    const rosenbrock *r = user;
    (void)draw;
    hv[0] = 0;
    for (size_t i = 0; i + 1 < r->dim; i++) {
        hv[i] += (1200 * x[i] * x[i] - 400 * x[i + 1] + 2) * v[i] - 400 * x[i] * v[i + 1];
        hv[i + 1] = 200 * v[i + 1] - 400 * x[i] * v[i];
    }
    return L2OSR_OK;
}

static void destroy(void *user) {
    rosenbrock *r = user;
    l2osr__free(r->ctx, r);
}

l2osr_status l2osr_task_rosenbrock(l2osr_task **out, l2osr_context *ctx, size_t dim) {
    rosenbrock *r;
    if (!out || !ctx)
        return L2OSR_EINVAL;
    *out = NULL;
    if (dim < 2)
        return l2osr__fail(ctx, L2OSR_EINVAL, "rosenbrock: dim is %zu; it must be at least 2", dim);
    L2OSR__TRY(l2osr__alloc_to(ctx, &r, 1, sizeof *r));
    *r = (rosenbrock){ctx, dim};
    const l2osr_group group = {"x", 1, {dim}};
    const l2osr_task_callbacks callbacks = {.struct_size = sizeof callbacks,
                                            .name = "rosenbrock",
                                            .groups = &group,
                                            .n_groups = 1,
                                            .flags = L2OSR_TASK_CONCURRENT,
                                            .init = init,
                                            .loss_grad = loss_grad,
                                            .hvp = hvp,
                                            .free = destroy};
    return l2osr__task_create_builtin(out, ctx, &callbacks, r);
}
