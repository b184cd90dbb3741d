/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "expr/frame.h"
#include "golden.h"
#include "rule/rule.h"

#define DEFINE(T, SUFFIX)                                                                          \
    void run_features_##SUFFIX(l2osr_context *ctx, const l2osr_model *m, const double *g,          \
                               size_t n, size_t steps, double *values) {                           \
        const size_t count = m->net.shape.features, planes = (size_t)m->routine.program.planes;    \
        double *scalars = malloc((size_t)m->expr.count * sizeof *scalars);                         \
        T *state = calloc((planes + 1) * n, sizeof *state), *row = malloc(n * sizeof *row);        \
        static _Alignas(64) T scratch[L2OSR__SCRATCH_BYTES / sizeof(T)];                           \
        l2osr__frame_##SUFFIX frame;                                                               \
        for (size_t t = 0; t < steps; t++) {                                                       \
            const T *inputs[L2OSR__INPUT_COUNT] = {[L2OSR__INPUT_G] = row};                        \
            for (size_t i = 0; i < n; i++)                                                         \
                row[i] = (T)g[t * n + i];                                                          \
            l2osr__feature_scalars(m, t + 1, scalars);                                             \
            l2osr__frame_init_##SUFFIX(&frame, &m->routine.code, scalars, t + 1, state, n,         \
                                       scratch, 0, n);                                             \
            l2osr__frame_run_##SUFFIX(&frame, l2osr__kernels_##SUFFIX##_of(ctx), 0, n, inputs);    \
            for (size_t i = 0; i < n * count; i++)                                                 \
                values[t * n * count + i] =                                                        \
                    (double)frame.value[m->features[i % count]][i / count];                        \
        }                                                                                          \
        free(scalars);                                                                             \
        free(state);                                                                               \
        free(row);                                                                                 \
    }

DEFINE(float, f32)
DEFINE(double, f64)
