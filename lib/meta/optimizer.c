/* SPDX-License-Identifier: MIT */
#include "meta/optimizer.h"

#include <math.h>
#include <string.h>

#include "vec/scalar.h"

l2osr_status l2osr__optimizer_init(l2osr__optimizer *o, l2osr_context *ctx,
                                   l2osr_meta_optimizer kind, double momentum, size_t size) {
    const size_t vectors = kind == L2OSR_META_ADAM ? 2 : 1;
    *o = (l2osr__optimizer){
        .kind = kind, .momentum = momentum, .size = size, .n_moments = vectors * size};
    return l2osr__alloc_to(ctx, &o->moments, size, vectors * sizeof *o->moments);
}

void l2osr__optimizer_clear(l2osr__optimizer *o, l2osr_context *ctx) {
    l2osr__free(ctx, o->moments);
    *o = (l2osr__optimizer){0};
}

void l2osr__optimizer_reset(l2osr__optimizer *o) {
    o->step = 0;
    memset(o->moments, 0, o->n_moments * sizeof *o->moments);
}

static double clipping(const double *g, size_t n, double clip) {
    double norm = 0;
    for (size_t i = 0; i < n; i++)
        norm += g[i] * g[i];
    norm = sqrt(norm);
    return clip > 0 && norm > clip ? clip / norm : 1;
}

static void adam(l2osr__optimizer *o, double *x, const double *g, double lr, double scale) {
    const double b1 = 0.9, b2 = 0.999, t = (double)o->step;
    const double correct1 = 1 - l2osr__power_f64(b1, t), correct2 = 1 - l2osr__power_f64(b2, t);
    double *m = o->moments, *v = m + o->size;
    for (size_t i = 0; i < o->size; i++) {
        const double d = scale * g[i];
        m[i] = b1 * m[i] + (1 - b1) * d;
        v[i] = b2 * v[i] + (1 - b2) * d * d;
        x[i] -= lr * (m[i] / correct1) / (sqrt(v[i] / correct2) + 1e-8);
    }
}

static void sgd(l2osr__optimizer *o, double *x, const double *g, double lr, double scale) {
    double *m = o->moments;
    for (size_t i = 0; i < o->size; i++) {
        m[i] = o->momentum * m[i] + scale * g[i];
        x[i] -= lr * m[i];
    }
}

void l2osr__optimizer_step(l2osr__optimizer *o, double *x, const double *g, double lr,
                           double clip) {
    const double scale = clipping(g, o->size, clip);
    o->step++;
    if (o->kind == L2OSR_META_ADAM)
        adam(o, x, g, lr, scale);
    else
        sgd(o, x, g, lr, scale);
}
