/* SPDX-License-Identifier: MIT */
/* The f32 gradient of a window, as training uses it, against finite differences of the detached
 * recursion in f64. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "meta/episode.h"
#include "meta/gradient.h"
#include "rule/engine.h"
#include "suites.h"
#include "support.h"

enum { DIM = 70, UNROLL = 20, WINDOWS = 2 };

/* Weights of the losses of a window. */
static double weight_of(int r) {
    return 0.5 + 0.1 * r;
}

/* sum over r of w_r <g_r, x_r> with the recorded gradients of both windows fed again; the state
 * before the second window is that of the model with the unchanged weights. */
static double replay(l2osr_context *ctx, l2osr_model *model, const double *weights,
                     const double *base, double (*g)[UNROLL + 1][DIM], int window) {
    l2osr_stepper_options o = L2OSR_STEPPER_OPTIONS_INIT;
    l2osr_stepper *stepper;
    const size_t n = DIM;
    double x[DIM] = {0}, sum = 0;
    o.precision = L2OSR_F64;
    ck_ok(l2osr_model_set_weights(model, base), ctx);
    ck_ok(l2osr_stepper_create_model(&stepper, ctx, model, 1, &n, &o), ctx);
    for (int w = 0; w < window; w++)
        for (int t = 0; t < UNROLL; t++)
            ck_ok(l2osr_stepper_step_f64(stepper, x, g[w][t], NULL), ctx);
    memset(x, 0, sizeof x);
    ck_ok(l2osr_model_set_weights(model, weights), ctx);
    for (int t = 0; t < UNROLL; t++) {
        ck_ok(l2osr_stepper_step_f64(stepper, x, g[window][t], NULL), ctx);
        for (int i = 0; i < DIM; i++)
            sum += weight_of(t + 1) * g[window][t + 1][i] * x[i];
    }
    l2osr_stepper_free(stepper);
    ck_ok(l2osr_model_set_weights(model, base), ctx);
    return sum;
}

START_TEST(window_gradient_matches_finite_differences) {
    static double g[WINDOWS][UNROLL + 1][DIM];
    l2osr_context *ctx = test_context();
    l2osr_model *model;
    l2osr_task *task;
    l2osr_stepper *stepper;
    l2osr__unroll *unroll;
    l2osr__gradient gradient;
    ck_ok(l2osr_model_create(&model, ctx, NULL), ctx);
    ck_ok(l2osr_task_quadratic(&task, ctx, DIM, 100, 0.1, 4), ctx);
    const l2osr__unroll_config config = {
        .task = task, .planes = l2osr_model_state(model), .window = UNROLL};
    ck_ok(l2osr__stepper_for(&stepper, ctx, task, NULL, model), ctx);
    ck_ok(l2osr__unroll_create(&unroll, ctx, stepper, &config), ctx);
    ck_ok(l2osr__gradient_init(&gradient, ctx, model, DIM, UNROLL), ctx);
    ck_ok(l2osr__unroll_restart(unroll, 5), ctx);
    const size_t size = l2osr_model_size(model);
    double *flat = malloc(size * sizeof *flat), *base = malloc(size * sizeof *base);
    double *weights = malloc(size * sizeof *weights);
    memcpy(base, l2osr_model_weights(model), size * sizeof *base);
    for (int w = 0; w < WINDOWS; w++) {
        ck_ok(l2osr__unroll_window(unroll, UNROLL), ctx);
        for (int t = 0; t <= UNROLL; t++)
            for (int i = 0; i < DIM; i++)
                g[w][t][i] = unroll->g[t * DIM + i];
        for (int r = 0; r <= UNROLL; r++)
            unroll->weights[r] = weight_of(r);
        ck_ok(l2osr__gradient_of_window(&gradient, unroll, flat), ctx);
        double largest = 0;
        for (size_t i = 0; i < size; i++)
            largest = fmax(largest, fabs(flat[i]));
        for (size_t i = 0; i < size; i += 9) {
            const double step = 1e-5;
            memcpy(weights, base, size * sizeof *weights);
            weights[i] += step;
            const double up = replay(ctx, model, weights, base, g, w);
            weights[i] -= 2 * step;
            const double down = replay(ctx, model, weights, base, g, w);
            /* flat is by u, x moves by 0.01 u */
            ck_assert_double_eq_tol((up - down) / (2 * step) / 0.01, flat[i], 1e-4 * largest);
        }
    }
    free(flat);
    free(base);
    free(weights);
    l2osr__gradient_clear(&gradient);
    l2osr__unroll_free(unroll);
    l2osr_task_free(task);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

Suite *gradient_suite(void) {
    Suite *suite = suite_create("meta-gradient");
    TCase *tests = tcase_create("meta-gradient");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, window_gradient_matches_finite_differences);
    suite_add_tcase(suite, tests);
    return suite;
}
