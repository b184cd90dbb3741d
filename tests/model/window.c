/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "rule/engine.h"

double quadratic_loss(const struct quadratic *q, const double *x, double *g) {
    double loss = 0, residual[DIM];
    memset(g, 0, DIM * sizeof *g);
    for (int i = 0; i < DIM; i++) {
        residual[i] = -q->b[i];
        for (int j = 0; j < DIM; j++)
            residual[i] += q->A[i * DIM + j] * x[j];
        loss += 0.5 * residual[i] * residual[i];
    }
    for (int i = 0; i < DIM; i++)
        for (int j = 0; j < DIM; j++)
            g[j] += q->A[i * DIM + j] * residual[i];
    return loss;
}

struct sums {
    const double *g; /* [UNROLL + 1][DIM] */
    double sum[DIM];
};

static void upstream(void *argument, size_t step, size_t first, size_t n, const double *u,
                     double *du) {
    struct sums *s = argument;
    (void)u;
    for (size_t i = 0; i < n; i++) {
        s->sum[first + i] += s->g[(step + 1) * DIM + first + i];
        du[i] = 0.01 * s->sum[first + i];
    }
}

double window_gradient(l2osr_context *ctx, l2osr_model *model, l2osr_stepper *stepper,
                       const struct quadratic *q, double *x, double *flat) {
    double g[(UNROLL + 1) * DIM], loss = 0;
    const size_t planes = l2osr_model_state(model);
    double *state = malloc(planes * DIM * sizeof *state);
    memcpy(state, l2osr__stepper_state(stepper), planes * DIM * sizeof *state);
    const uint64_t start = l2osr_stepper_count(stepper);
    for (int t = 0; t < UNROLL; t++) {
        loss += quadratic_loss(q, x, g + t * DIM);
        ck_ok(l2osr_stepper_step_f64(stepper, x, g + t * DIM, NULL), ctx);
    }
    loss += quadratic_loss(q, x, g + UNROLL * DIM);
    struct sums s = {g, {0}};
    l2osr__window_f64 window = {.model = model,
                                .state = state,
                                .stride = DIM,
                                .step = start,
                                .steps = UNROLL,
                                .g = g,
                                .upstream = upstream,
                                .arg = &s};
    double *scalars = malloc(UNROLL * (size_t)model->expr.count * sizeof *scalars);
    double *packed = calloc(model->net.packed, sizeof *packed), *scratch = NULL;
    ck_assert_int_eq(posix_memalign((void **)&scratch, 64,
                                    l2osr__bptt_scratch_f64(model, UNROLL) * sizeof *scratch),
                     0);
    l2osr__bptt_scalars(model, start, UNROLL, scalars);
    l2osr__bptt_f64(&window, l2osr__kernels_f64_of(ctx), scalars, 0, DIM, scratch, packed);
    l2osr__model_unpack(model, packed, NULL, flat);
    free(scratch);
    free(packed);
    free(scalars);
    free(state);
    return loss;
}
