/* SPDX-License-Identifier: MIT */
#include "meta/adam.h"

#include <math.h>
#include <string.h>

#include "vec/scalar.h"

l2osr_status l2osr__adam_init(l2osr__adam *adam, l2osr_context *ctx, size_t size) {
    *adam = (l2osr__adam){.size = size};
    return l2osr__alloc_to(ctx, &adam->moments, size, 2 * sizeof *adam->moments);
}

void l2osr__adam_clear(l2osr__adam *adam, l2osr_context *ctx) {
    l2osr__free(ctx, adam->moments);
    *adam = (l2osr__adam){0};
}

void l2osr__adam_reset(l2osr__adam *adam) {
    adam->step = 0;
    memset(adam->moments, 0, 2 * adam->size * sizeof *adam->moments);
}

void l2osr__adam_step(l2osr__adam *adam, double *x, const double *g, double lr, double clip) {
    const double b1 = 0.9, b2 = 0.999, t = (double)++adam->step;
    const double correct1 = 1 - l2osr__power_f64(b1, t), correct2 = 1 - l2osr__power_f64(b2, t);
    double *m = adam->moments, *v = m + adam->size, norm = 0;
    for (size_t i = 0; i < adam->size; i++)
        norm += g[i] * g[i];
    norm = sqrt(norm);
    const double scale = clip > 0 && norm > clip ? clip / norm : 1;
    for (size_t i = 0; i < adam->size; i++) {
        const double d = scale * g[i];
        m[i] = b1 * m[i] + (1 - b1) * d;
        v[i] = b2 * v[i] + (1 - b2) * d * d;
        x[i] -= lr * (m[i] / correct1) / (sqrt(v[i] / correct2) + 1e-8);
    }
}
