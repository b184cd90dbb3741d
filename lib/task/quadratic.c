/* SPDX-License-Identifier: MIT */
/*
 * f(x) = 0.5 (x - c)' Q D Q' (x - c), plus n'(x - c) where n is the minibatch's noise. Q is a
 * product of plane rotations by random angles, arranged as in a fast Fourier transform: every
 * coordinate mixes with every other in O(n log n) operations and memory, where a dense rotation
 * would take n^2.
 */
#include <math.h>

#include "base/rng.h"
#include "l2osr/problems.h"
#include "task/task.h"
#include "vec/scalar.h"

enum { SWEEPS = 2 };

/* Streams of the task's seed. */
enum { STREAM_MINIMUM, STREAM_ANGLES };

typedef struct rotation {
    size_t i, j;
    double cosine, sine;
} rotation;

typedef struct quadratic {
    l2osr_context *ctx;
    size_t dim, n_rotations;
    double noise;
    double *minimum, *eigenvalues;
    rotation *rotations;
    l2osr__scratch scratch; /* two vectors */
} quadratic;

static void turn(double *x, const rotation *r, double sine) {
    double a = x[r->i], b = x[r->j];
    x[r->i] = r->cosine * a - sine * b;
    x[r->j] = sine * a + r->cosine * b;
}

/* y = Q D Q' y */
static void multiply(const quadratic *q, double *y) {
    for (size_t k = q->n_rotations; k-- > 0;)
        turn(y, &q->rotations[k], -q->rotations[k].sine);
    for (size_t i = 0; i < q->dim; i++)
        y[i] *= q->eigenvalues[i];
    for (size_t k = 0; k < q->n_rotations; k++)
        turn(y, &q->rotations[k], q->rotations[k].sine);
}

static int init(void *user, uint64_t seed, double *x) {
    const quadratic *q = user;
    l2osr_random_normal(seed, 0, 0, 1, x, q->dim);
    return L2OSR_OK;
}

static int loss_grad(void *user, const l2osr_draw *draw, const double *x, double *loss,
                     double *grad) {
    quadratic *q = user;
    double *y;
    L2OSR__TRY(l2osr__scratch_take(&q->scratch, &y));
    double *noise = y + q->dim;
    for (size_t i = 0; i < q->dim; i++)
        y[i] = x[i] - q->minimum[i];
    multiply(q, y);
    if (q->noise > 0)
        l2osr_random_normal(l2osr__seed_split(draw->seed, draw->index), 0, 0, q->noise, noise,
                            q->dim);
    *loss = 0;
    for (size_t i = 0; i < q->dim; i++) {
        double n = q->noise > 0 ? noise[i] : 0;
        *loss += (0.5 * y[i] + n) * (x[i] - q->minimum[i]);
        if (grad)
            grad[i] = y[i] + n;
    }
    l2osr__scratch_give(&q->scratch, y);
    return L2OSR_OK;
}

static int hvp(void *user, const l2osr_draw *draw, const double *x, const double *v, double *hv) {
    const quadratic *q = user;
    (void)draw;
    (void)x;
    for (size_t i = 0; i < q->dim; i++)
        hv[i] = v[i];
    multiply(q, hv);
    return L2OSR_OK;
}

static void destroy(void *user) {
    quadratic *q = user;
    l2osr__scratch_destroy(&q->scratch);
    l2osr__free(q->ctx, q->minimum);
    l2osr__free(q->ctx, q->eigenvalues);
    l2osr__free(q->ctx, q->rotations);
    l2osr__free(q->ctx, q);
}

static size_t count_rotations(size_t dim) {
    size_t layers = 0;
    for (size_t stride = 1; stride < dim; stride *= 2)
        layers++;
    return SWEEPS * layers * (dim / 2); /* at least as many as there are pairs */
}

static void choose_rotations(quadratic *q, uint64_t seed) {
    l2osr__rng rng;
    l2osr__rng_init(&rng, seed, STREAM_ANGLES);
    rotation *r = q->rotations;
    for (int sweep = 0; sweep < SWEEPS; sweep++)
        for (size_t stride = 1; stride < q->dim; stride *= 2)
            for (size_t i = 0; i + stride < q->dim; i++) {
                if (i & stride)
                    continue;
                double a, b, norm2;
                do {
                    a = 2 * l2osr__rng_uniform(&rng) - 1;
                    b = 2 * l2osr__rng_uniform(&rng) - 1;
                    norm2 = a * a + b * b;
                } while (norm2 > 1 || norm2 < 1e-4);
                *r++ = (rotation){i, i + stride, a / sqrt(norm2), b / sqrt(norm2)};
            }
    q->n_rotations = (size_t)(r - q->rotations);
}

static l2osr_status fill(quadratic *q, double condition, uint64_t seed) {
    l2osr_context *ctx = q->ctx;
    L2OSR__TRY(l2osr__alloc_to(ctx, &q->minimum, q->dim, sizeof *q->minimum));
    L2OSR__TRY(l2osr__alloc_to(ctx, &q->eigenvalues, q->dim, sizeof *q->eigenvalues));
    L2OSR__TRY(l2osr__alloc_to(ctx, &q->rotations, count_rotations(q->dim), sizeof *q->rotations));
    L2OSR__TRY(l2osr__scratch_init(&q->scratch, ctx, 2 * q->dim * sizeof(double)));
    l2osr_random_normal(seed, STREAM_MINIMUM, 0, 1, q->minimum, q->dim);
    double step = q->dim > 1 ? 1 / (double)(q->dim - 1) : 0;
    for (size_t i = 0; i < q->dim; i++)
        q->eigenvalues[i] = l2osr__power_f64(condition, -step * (double)i);
    choose_rotations(q, seed);
    return L2OSR_OK;
}

static l2osr_status check(l2osr_context *ctx, size_t dim, double condition, double noise) {
    if (dim == 0)
        return l2osr__fail(ctx, L2OSR_EINVAL, "quadratic: dim must be at least 1");
    if (dim > PTRDIFF_MAX / 4096)
        return l2osr__fail(ctx, L2OSR_ERANGE, "quadratic: dim %zu is too large", dim);
    if (!(condition >= 1) || isinf(condition))
        return l2osr__fail(ctx, L2OSR_EINVAL,
                           "quadratic: condition is %g; it must be finite and at least 1",
                           condition);
    if (!(noise >= 0) || isinf(noise))
        return l2osr__fail(ctx, L2OSR_EINVAL,
                           "quadratic: noise is %g; it must be finite and not negative", noise);
    return L2OSR_OK;
}

l2osr_status l2osr_task_quadratic(l2osr_task **out, l2osr_context *ctx, size_t dim,
                                  double condition, double noise, uint64_t seed) {
    quadratic *q;
    if (!out || !ctx)
        return L2OSR_EINVAL;
    *out = NULL;
    L2OSR__TRY(check(ctx, dim, condition, noise));
    L2OSR__TRY(l2osr__alloc_to(ctx, &q, 1, sizeof *q));
    *q = (quadratic){.ctx = ctx, .dim = dim, .noise = noise};
    l2osr_status status = fill(q, condition, seed);
    if (status != L2OSR_OK) {
        destroy(q);
        return status;
    }
    const l2osr_group group = {"x", 1, {dim}};
    const l2osr_task_callbacks callbacks = {.struct_size = sizeof callbacks,
                                            .name = "quadratic",
                                            .groups = &group,
                                            .n_groups = 1,
                                            .flags = L2OSR_TASK_CONCURRENT,
                                            .init = init,
                                            .loss_grad = loss_grad,
                                            .hvp = hvp,
                                            .free = destroy};
    return l2osr__task_create_builtin(out, ctx, &callbacks, q);
}
