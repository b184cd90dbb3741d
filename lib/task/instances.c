/* SPDX-License-Identifier: MIT */
/*
 * The mean over instances of
 *     weight |Wx - y|^2 + penalty |x|_1 - 10 c'cos(2 pi x) + 10 dim,
 * of which each family has some of the terms. Wave terms are those of all instances in one kernel
 * call, as an instance alone is short.
 */
#include <math.h>

#include "base/rng.h"
#include "l2osr/problems.h"
#include "task/task.h"
#include "vec/kernels.h"

#define TWO_PI 6.28318530717958647692

static const double WAVE_HEIGHT = 10;

/* Streams of the task's seed. */
enum { STREAM_MATRICES, STREAM_TARGETS, STREAM_WAVES };

/* What the families differ in. */
typedef struct family {
    const char *name;
    double weight;    /* of the squares */
    double deviation; /* of the start */
    bool normal;      /* matrices, targets and waves are N(0, 1), not uniform in [0, 1) */
    bool waves;
} family;

typedef struct problem {
    l2osr_context *ctx;
    const family *family;
    size_t count, dim, total; /* instances, unknowns of each and of all */
    double penalty;
    double *matrices, *targets; /* [count][dim][dim], [count][dim] */
    double *waves;              /* c: [count][dim] */
    l2osr__scratch scratch;     /* a residual, cosines and sines: dim + 2 total numbers */
} problem;

static int init(void *user, uint64_t seed, double *x) {
    const problem *p = user;
    l2osr_random_normal(seed, 0, 0, p->family->deviation, x, p->total);
    return L2OSR_OK;
}

/* Writes Wx - y to `residual`, or Wx without y; returns the sum of squares. */
static double residuals(size_t dim, const double *w, const double *x, const double *y,
                        double *residual) {
    double squares = 0;
    for (size_t i = 0; i < dim; i++) {
        double sum = y ? -y[i] : 0;
        for (size_t j = 0; j < dim; j++)
            sum += w[i * dim + j] * x[j];
        residual[i] = sum;
        squares += sum * sum;
    }
    return squares;
}

/* out = factor W'r */
static void pull_back(size_t dim, const double *w, double factor, const double *r, double *out) {
    for (size_t j = 0; j < dim; j++)
        out[j] = 0;
    for (size_t i = 0; i < dim; i++)
        for (size_t j = 0; j < dim; j++)
            out[j] += factor * r[i] * w[i * dim + j];
}

/* Squares and their gradient; returns the sum over the instances. */
static double add_squares(const problem *p, const double *x, double *residual, double *grad) {
    const size_t dim = p->dim;
    double sum = 0;
    for (size_t b = 0; b < p->count; b++) {
        const double *w = p->matrices + b * dim * dim;
        sum += residuals(dim, w, x + b * dim, p->targets + b * dim, residual);
        if (grad)
            pull_back(dim, w, 2 * p->family->weight / (double)p->count, residual, grad + b * dim);
    }
    return p->family->weight * sum;
}

static double add_penalty(const problem *p, const double *x, double *grad) {
    const double slope = p->penalty / (double)p->count;
    double sum = 0;
    for (size_t i = 0; i < p->total; i++)
        sum += fabs(x[i]);
    for (size_t i = 0; grad && i < p->total; i++)
        grad[i] += x[i] > 0 ? slope : x[i] < 0 ? -slope : 0;
    return p->penalty * sum;
}

/* Writes the cosine of 2 pi x and, unless NULL, the sine. */
static void turn(const problem *p, const double *x, double *cosine, double *sine) {
    const l2osr__kernels_f64 *kernels = l2osr__kernels_f64_of(p->ctx);
    for (size_t i = 0; i < p->total; i++)
        cosine[i] = TWO_PI * x[i];
    if (sine)
        kernels->unary[L2OSR__UN_SIN](p->total, sine, cosine);
    kernels->unary[L2OSR__UN_COS](p->total, cosine, cosine);
}

static double add_waves(const problem *p, const double *x, double *cosine, double *grad) {
    const double slope = WAVE_HEIGHT * TWO_PI / (double)p->count;
    double *sine = grad ? cosine + p->total : NULL, sum = 0;
    turn(p, x, cosine, sine);
    for (size_t i = 0; i < p->total; i++)
        sum += WAVE_HEIGHT * (1 - p->waves[i] * cosine[i]);
    for (size_t i = 0; grad && i < p->total; i++)
        grad[i] += slope * p->waves[i] * sine[i];
    return sum;
}

static int loss_grad(void *user, const l2osr_draw *draw, const double *x, double *loss,
                     double *grad) {
    problem *p = user;
    double *room;
    (void)draw;
    L2OSR__TRY(l2osr__scratch_take(&p->scratch, &room));
    double sum = add_squares(p, x, room, grad);
    if (p->penalty > 0)
        sum += add_penalty(p, x, grad);
    if (p->family->waves)
        sum += add_waves(p, x, room + p->dim, grad);
    l2osr__scratch_give(&p->scratch, room);
    *loss = sum / (double)p->count;
    return L2OSR_OK;
}

static int hvp(void *user, const l2osr_draw *draw, const double *x, const double *v, double *hv) {
    problem *p = user;
    const size_t dim = p->dim;
    double *room;
    (void)draw;
    L2OSR__TRY(l2osr__scratch_take(&p->scratch, &room));
    for (size_t b = 0; b < p->count; b++) {
        const double *w = p->matrices + b * dim * dim;
        residuals(dim, w, v + b * dim, NULL, room);
        pull_back(dim, w, 2 * p->family->weight / (double)p->count, room, hv + b * dim);
    }
    if (p->family->waves) {
        const double bend = WAVE_HEIGHT * TWO_PI * TWO_PI / (double)p->count;
        double *cosine = room + dim;
        turn(p, x, cosine, NULL);
        for (size_t i = 0; i < p->total; i++)
            hv[i] += bend * p->waves[i] * cosine[i] * v[i];
    }
    l2osr__scratch_give(&p->scratch, room);
    return L2OSR_OK;
}

static void destroy(void *user) {
    problem *p = user;
    l2osr__scratch_destroy(&p->scratch);
    l2osr__free(p->ctx, p->matrices);
    l2osr__free(p->ctx, p->targets);
    l2osr__free(p->ctx, p->waves);
    l2osr__free(p->ctx, p);
}

static void draw_numbers(const problem *p, uint64_t seed, uint64_t stream, double *out, size_t n) {
    if (p->family->normal)
        l2osr_random_normal(seed, stream, 0, 1, out, n);
    else
        l2osr_random_uniform(seed, stream, 0, 1, out, n);
}

/* The sums of the columns of a uniform matrix are all that square_cos needs of it. */
static void draw_waves(problem *p, uint64_t seed) {
    l2osr__rng rng;
    if (p->family->normal) {
        draw_numbers(p, seed, STREAM_WAVES, p->waves, p->total);
        return;
    }
    l2osr__rng_init(&rng, seed, STREAM_WAVES);
    for (size_t i = 0; i < p->total; i++)
        for (size_t row = 0; row < p->dim; row++)
            p->waves[i] += l2osr__rng_uniform(&rng);
}

static l2osr_status fill(problem *p, uint64_t seed) {
    l2osr_context *ctx = p->ctx;
    L2OSR__TRY(l2osr__alloc_to(ctx, &p->matrices, p->total * p->dim, sizeof(double)));
    L2OSR__TRY(l2osr__alloc_to(ctx, &p->targets, p->total, sizeof(double)));
    L2OSR__TRY(l2osr__scratch_init(&p->scratch, ctx, (p->dim + 2 * p->total) * sizeof(double)));
    draw_numbers(p, seed, STREAM_MATRICES, p->matrices, p->total * p->dim);
    draw_numbers(p, seed, STREAM_TARGETS, p->targets, p->total);
    if (p->family->waves) {
        L2OSR__TRY(l2osr__alloc_to(ctx, &p->waves, p->total, sizeof(double)));
        draw_waves(p, seed);
    }
    return L2OSR_OK;
}

static l2osr_status check(l2osr_context *ctx, const char *name, size_t count, size_t dim,
                          double penalty) {
    size_t entries = 0; /* of the matrices */
    if (count == 0 || dim == 0)
        return l2osr__fail(ctx, L2OSR_EINVAL, "%s: %s must be at least 1", name,
                           count == 0 ? "instances" : "dim");
    if (__builtin_mul_overflow(count, dim, &entries) ||
        __builtin_mul_overflow(entries, dim, &entries) || entries > PTRDIFF_MAX / 64)
        return l2osr__fail(ctx, L2OSR_ERANGE, "%s: %zu instances of dim %zu are too large", name,
                           count, dim);
    if (!(penalty >= 0) || isinf(penalty))
        return l2osr__fail(ctx, L2OSR_EINVAL,
                           "%s: penalty is %g; it must be finite and not negative", name, penalty);
    return L2OSR_OK;
}

static l2osr_status create(l2osr_task **out, l2osr_context *ctx, const family *f, size_t count,
                           size_t dim, double penalty, uint64_t seed) {
    problem *p;
    if (!out || !ctx)
        return L2OSR_EINVAL;
    *out = NULL;
    L2OSR__TRY(check(ctx, f->name, count, dim, penalty));
    L2OSR__TRY(l2osr__alloc_to(ctx, &p, 1, sizeof *p));
    *p = (problem){.ctx = ctx,
                   .family = f,
                   .count = count,
                   .dim = dim,
                   .total = count * dim,
                   .penalty = penalty};
    l2osr_status status = fill(p, seed);
    if (status != L2OSR_OK) {
        destroy(p);
        return status;
    }
    const l2osr_group group = {"x", 2, {count, dim}};
    const l2osr_task_callbacks callbacks = {.struct_size = sizeof callbacks,
                                            .name = f->name,
                                            .groups = &group,
                                            .n_groups = 1,
                                            .flags = L2OSR_TASK_CONCURRENT,
                                            .init = init,
                                            .loss_grad = loss_grad,
                                            .hvp = hvp,
                                            .free = destroy};
    return l2osr__task_create_builtin(out, ctx, &callbacks, p);
}

l2osr_status l2osr_task_least_squares(l2osr_task **out, l2osr_context *ctx, size_t instances,
                                      size_t dim, uint64_t seed) {
    static const family least_squares = {"least_squares", 1, 0.01, false, false};
    return create(out, ctx, &least_squares, instances, dim, 0, seed);
}

l2osr_status l2osr_task_lasso(l2osr_task **out, l2osr_context *ctx, size_t instances, size_t dim,
                              double penalty, uint64_t seed) {
    static const family lasso = {"lasso", 0.5, 0.01, false, false};
    return create(out, ctx, &lasso, instances, dim, penalty, seed);
}

l2osr_status l2osr_task_rastrigin(l2osr_task **out, l2osr_context *ctx, size_t instances,
                                  size_t dim, uint64_t seed) {
    static const family rastrigin = {"rastrigin", 0.5, 1, true, true};
    return create(out, ctx, &rastrigin, instances, dim, 0, seed);
}

l2osr_status l2osr_task_square_cos(l2osr_task **out, l2osr_context *ctx, size_t instances,
                                   size_t dim, uint64_t seed) {
    static const family square_cos = {"square_cos", 1, 0.01, false, true};
    return create(out, ctx, &square_cos, instances, dim, 0, seed);
}
