/* SPDX-License-Identifier: MIT */
#include "vec/random.h"

#include <math.h>

#include "l2osr/context.h"
#include "vec/kernels.h"
#include "vec/scalar.h"

double l2osr__rng_normal(l2osr__rng *rng) {
    double u, v, s;
    do {
        u = 2 * l2osr__rng_uniform(rng) - 1;
        v = 2 * l2osr__rng_uniform(rng) - 1;
        s = u * u + v * v;
    } while (s >= 1 || s == 0);
    return u * sqrt(-2 * l2osr__log_f64(s) / s);
}

/* Cosines of the angles make the first half of the numbers, sines the second. */
void l2osr__rng_normals(l2osr__rng *rng, const l2osr_context *ctx, size_t n, double *out) {
    enum { PAIRS = L2OSR__NORMALS_MAX / 2 };
    const double two_pi = 6.28318530717958647692;
    const l2osr__kernels_f64 *k = l2osr__kernels_f64_of(ctx);
    const size_t pairs = (n + 1) / 2;
    double radius[PAIRS], angle[PAIRS];
    for (size_t i = 0; i < pairs; i++) {
        radius[i] = ((double)l2osr__rng_u32(rng) + 0.5) * 0x1p-32; /* not 0 */
        angle[i] = (double)l2osr__rng_u32(rng) * (two_pi * 0x1p-32);
    }
    k->unary[L2OSR__UN_LOG](pairs, radius, radius);
    k->root(pairs, radius, -2, radius, 0);
    k->unary[L2OSR__UN_COS](pairs, out, angle);
    k->unary[L2OSR__UN_SIN](n - pairs, out + pairs, angle);
    k->binary[L2OSR__BI_MUL](pairs, out, out, radius);
    k->binary[L2OSR__BI_MUL](n - pairs, out + pairs, out + pairs, radius);
}

void l2osr_random_uniform(uint64_t seed, uint64_t stream, double lo, double hi, double *out,
                          size_t n) {
    l2osr__rng rng;
    l2osr__rng_init(&rng, seed, stream);
    for (size_t i = 0; i < n; i++)
        out[i] = lo + (hi - lo) * l2osr__rng_uniform(&rng);
}

void l2osr_random_normal(uint64_t seed, uint64_t stream, double mean, double deviation, double *out,
                         size_t n) {
    l2osr__rng rng;
    l2osr__rng_init(&rng, seed, stream);
    for (size_t i = 0; i < n; i++)
        out[i] = mean + deviation * l2osr__rng_normal(&rng);
}
