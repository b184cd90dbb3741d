/* SPDX-License-Identifier: MIT */
/* The reference's models: features and updates, meta-gradients over two windows, weights after
 * Adam. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "meta/optimizer.h"
#include "rule/engine.h"
#include "suites.h"

static const struct model_case {
    const char *golden, *preset;
} cases[] = {{"RP_s", "rp_s"}, {"DM", "dm"}, {"RP", "rp"}, {"RP_si4", "rp_si4"}};
enum { CASES = sizeof cases / sizeof cases[0] };

/* Reads golden/<folder>/<name>.npy; n is checked. Freed by the caller. */
static double *read_golden(l2osr_context *ctx, const char *folder, const char *name, size_t n) {
    char path[256];
    double *values = malloc(n * sizeof *values);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    test_golden(ctx, path, values, n);
    return values;
}

static l2osr_model *golden_model(l2osr_context *ctx, const struct model_case *c) {
    char folder[64];
    l2osr_model_options o = L2OSR_MODEL_OPTIONS_INIT;
    l2osr_model *model;
    o.preset = c->preset;
    ck_ok(l2osr_model_create(&model, ctx, &o), ctx);
    double *weights = malloc(l2osr_model_size(model) * sizeof *weights);
    snprintf(folder, sizeof folder, "%s_weights", c->golden);
    for (size_t i = 0; i < l2osr_model_tensor_count(model); i++) {
        const l2osr_tensor *tensor = l2osr_model_tensor(model, i);
        double *values = read_golden(ctx, folder, tensor->name, tensor->rows * tensor->cols);
        memcpy(weights + tensor->offset, values, tensor->rows * tensor->cols * sizeof *values);
        free(values);
    }
    ck_ok(l2osr_model_set_weights(model, weights), ctx);
    free(weights);
    return model;
}

/* State planes [plane][DIM] of all layers, h then c, against [STEPS][DIM][sum of hidden sizes]. */
static void check_state(const l2osr_model *model, const l2osr_stepper *stepper, int precision,
                        const double *hidden, const double *cell, int t) {
    const void *state = l2osr__stepper_state(stepper);
    const size_t sum = model->net.states / 2;
    size_t plane = (size_t)model->routine.program.planes, first = 0;
    for (size_t l = 0; l < model->net.shape.layers; l++) {
        const size_t units = model->net.shape.hidden[l];
        for (size_t k = 0; k < 2 * units; k++, plane++)
            for (size_t i = 0; i < DIM; i++) {
                const size_t at = ((size_t)t * DIM + i) * sum + first + k % units;
                const double golden = (k < units ? hidden : cell)[at];
                const double value = precision ? ((const double *)state)[plane * DIM + i]
                                               : (double)((const float *)state)[plane * DIM + i];
                ck_assert_double_eq_tol(value, golden,
                                        (precision ? 1e-10 : 2e-6) * fmax(1, fabs(golden)));
            }
        first += units;
    }
}

START_TEST(updates_and_states_match) {
    if (!test_shared())
        return;
    l2osr_context *ctx = test_context();
    l2osr_model *model = golden_model(ctx, &cases[_i]);
    double *g = read_golden(ctx, ".", "grads_f64", STEPS * DIM);
    for (int precision = 0; precision < 2; precision++) {
        char folder[64];
        l2osr_stepper_options o = L2OSR_STEPPER_OPTIONS_INIT;
        l2osr_stepper *stepper;
        const size_t n = DIM;
        o.precision = precision ? L2OSR_F64 : L2OSR_F32;
        snprintf(folder, sizeof folder, "%s_golden_%s", cases[_i].golden,
                 precision ? "f64" : "f32");
        double *u = read_golden(ctx, folder, "update_raw", STEPS * DIM), x[DIM] = {0}, dx[DIM];
        const size_t states = STEPS * DIM * model->net.states / 2;
        double *hidden = read_golden(ctx, folder, "hidden", states);
        double *cell = read_golden(ctx, folder, "cell", states);
        ck_ok(l2osr_stepper_create_model(&stepper, ctx, model, 1, &n, &o), ctx);
        for (int t = 0; t < STEPS; t++) {
            l2osr_step_args args = L2OSR_STEP_ARGS_INIT;
            float gf[DIM], xf[DIM] = {0}, dxf[DIM];
            args.lr = 1;
            ck_ok(l2osr_stepper_begin(stepper, &args), ctx);
            for (int i = 0; i < DIM; i++)
                gf[i] = (float)g[t * DIM + i];
            if (precision)
                ck_ok(l2osr_stepper_delta_f64(stepper, 0, DIM, x, g + t * DIM, dx), ctx);
            else
                ck_ok(l2osr_stepper_delta_f32(stepper, 0, DIM, xf, gf, dxf), ctx);
            ck_ok(l2osr_stepper_end(stepper), ctx);
            for (int i = 0; i < DIM; i++)
                ck_assert_double_eq_tol(precision ? dx[i] : (double)dxf[i], u[t * DIM + i],
                                        precision ? 1e-10 : 2e-6);
            check_state(model, stepper, precision, hidden, cell, t);
        }
        l2osr_stepper_free(stepper);
        free(hidden);
        free(cell);
        free(u);
    }
    free(g);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

static void check_tensors(l2osr_context *ctx, const l2osr_model *model, const char *folder,
                          const char *prefix, const double *flat, double tolerance) {
    for (size_t i = 0; i < l2osr_model_tensor_count(model); i++) {
        const l2osr_tensor *tensor = l2osr_model_tensor(model, i);
        const size_t n = tensor->rows * tensor->cols;
        char name[96];
        snprintf(name, sizeof name, "%s.%s", prefix, tensor->name);
        double *golden = read_golden(ctx, folder, name, n), largest = 0;
        for (size_t k = 0; k < n; k++)
            largest = fmax(largest, fabs(golden[k]));
        for (size_t k = 0; k < n; k++)
            ck_assert_double_eq_tol(flat[tensor->offset + k], golden[k], tolerance * largest);
        free(golden);
    }
}

START_TEST(features_match) {
    if (!test_shared())
        return;
    l2osr_context *ctx = test_context();
    l2osr_model *model = golden_model(ctx, &cases[_i]);
    const size_t count = l2osr_model_feature_count(model), n = STEPS * DIM;
    double *g = read_golden(ctx, ".", "grads_f64", n);
    double *values = malloc(n * count * sizeof *values);
    for (int precision = 0; precision < 2; precision++) {
        char folder[64];
        snprintf(folder, sizeof folder, "%s_golden_%s", cases[_i].golden,
                 precision ? "f64" : "f32");
        double *golden = read_golden(ctx, folder, "features", n * count);
        if (precision)
            run_features_f64(ctx, model, g, DIM, STEPS, values);
        else
            run_features_f32(ctx, model, g, DIM, STEPS, values);
        for (size_t i = 0; i < n * count; i++)
            ck_assert_double_eq_tol(values[i], golden[i],
                                    (precision ? 1e-10 : 2e-6) * fmax(1, fabs(golden[i])));
        free(golden);
    }
    free(values);
    free(g);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(meta_gradients_match) {
    if (!test_shared())
        return;
    l2osr_context *ctx = test_context();
    l2osr_model *model = golden_model(ctx, &cases[_i]);
    const size_t size = l2osr_model_size(model), n = DIM;
    struct quadratic q;
    double x[DIM], *values;
    memcpy(q.A, values = read_golden(ctx, "quadratic", "A", DIM * DIM), sizeof q.A);
    free(values);
    memcpy(q.b, values = read_golden(ctx, "quadratic", "b", DIM), sizeof q.b);
    free(values);
    memcpy(x, values = read_golden(ctx, "quadratic", "x0", DIM), sizeof x);
    free(values);
    char folder[64];
    snprintf(folder, sizeof folder, "%s_golden_f64", cases[_i].golden);
    l2osr_stepper_options o = L2OSR_STEPPER_OPTIONS_INIT;
    l2osr_stepper *stepper;
    l2osr__optimizer adam;
    o.precision = L2OSR_F64;
    ck_ok(l2osr_stepper_create_model(&stepper, ctx, model, 1, &n, &o), ctx);
    ck_ok(l2osr__optimizer_init(&adam, ctx, L2OSR_META_ADAM, 0, size), ctx);
    double *flat = malloc(size * sizeof *flat), *weights = malloc(size * sizeof *weights);
    memcpy(weights, l2osr_model_weights(model), size * sizeof *weights);
    for (int window = 1; window <= 2; window++) {
        char name[32];
        double loss = window_gradient(ctx, model, stepper, &q, x, flat);
        snprintf(name, sizeof name, "mg_after_w%d_metaloss", window);
        double *golden = read_golden(ctx, folder, name, 1);
        ck_assert_double_eq_tol(loss, *golden, 1e-10 * *golden);
        free(golden);
        snprintf(name, sizeof name, "mg_after_w%d_grad", window);
        check_tensors(ctx, model, folder, name, flat, 1e-9);
        l2osr__optimizer_step(&adam, weights, flat, 1e-3, 0);
        ck_ok(l2osr_model_set_weights(model, weights), ctx);
        snprintf(name, sizeof name, "mg_after_w%d_theta", window);
        check_tensors(ctx, model, folder, name, weights, 1e-9);
    }
    free(flat);
    free(weights);
    l2osr__optimizer_clear(&adam, ctx);
    l2osr_stepper_free(stepper);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

Suite *golden_suite(void) {
    Suite *suite = suite_create("golden models");
    TCase *tests = tcase_create("golden models");
    tcase_add_loop_test(tests, updates_and_states_match, 0, CASES);
    tcase_add_loop_test(tests, features_match, 0, CASES);
    tcase_add_loop_test(tests, meta_gradients_match, 0, CASES);
    suite_add_tcase(suite, tests);
    return suite;
}
