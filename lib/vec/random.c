/* SPDX-License-Identifier: MIT */
#include "vec/random.h"

#include <math.h>

#include "l2osr/context.h"
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
