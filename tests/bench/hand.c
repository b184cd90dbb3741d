/* SPDX-License-Identifier: MIT */
#include "hand.h"

#include <math.h>

void hand_adam(size_t n, float *restrict x, const float *restrict g, float *restrict m,
               float *restrict v, struct adam adam) {
    const float b1 = 0.9f, b2 = 0.999f, step = adam.lr / adam.c1, scale = 1 / adam.c2;
    for (size_t i = 0; i < n; i++) {
        m[i] = b1 * m[i] + (1 - b1) * g[i];
        v[i] = b2 * v[i] + (1 - b2) * g[i] * g[i];
        x[i] -= step * m[i] / (sqrtf(v[i] * scale) + 1e-8f);
    }
}

void hand_formula(size_t n, float *restrict x, const float *restrict g, float *restrict m,
                  float lr) {
    for (size_t i = 0; i < n; i++) {
        m[i] = 0.9f * m[i] + 0.1f * asinhf(g[i]);
        x[i] -= lr * tanhf(m[i]) * expf(-fabsf(x[i]));
    }
}

void hand_copy(size_t n, float *restrict x, const float *restrict g, float *restrict m) {
    for (size_t i = 0; i < n; i++) {
        m[i] += g[i];
        x[i] += g[i];
    }
}
