/* SPDX-License-Identifier: MIT */
/* Without any data beside the project: gradients against finite differences, invariance, basic
 * facts. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "suites.h"

static const size_t three[] = {4, 5, 3};

/* All presets, and one that differs from them in every way. */
static const l2osr_model_options models[] = {
#define PRESET(name)                                                                               \
    { .struct_size = sizeof(l2osr_model_options), .preset = name, .seed = 3 }
    PRESET("rp_s"),
    PRESET("rp"),
    PRESET("rp_si"),
    PRESET("rp_si4"),
    PRESET("rp_t"),
    PRESET("rp_magic0"),
    PRESET("rp_magic1"),
    PRESET("dm"),
    PRESET("dm_log"),
#undef PRESET
    {.struct_size = sizeof(l2osr_model_options),
     .seed = 3,
     .pre = L2OSR_MODEL_NO_PRE,
     .inputs = "mom5 t steep mag25",
     .features = "let steep = tanh(g - 2 * g[1])",
     .hidden = three,
     .n_hidden = 3,
     .output = L2OSR_OUTPUT_LINEAR},
    {.struct_size = sizeof(l2osr_model_options), .seed = 3, .output = L2OSR_OUTPUT_SCALED_TANH},
    /* NaN of a gradient of 0: where a panel has fewer coordinates than lanes */
    {.struct_size = sizeof(l2osr_model_options),
     .seed = 3,
     .inputs = "mt way",
     .features = "let way = g / abs(g)"},
};
enum { MODELS = sizeof models / sizeof models[0] };

static l2osr_model *make(l2osr_context *ctx, const l2osr_model_options *options) {
    l2osr_model *model;
    ck_ok(l2osr_model_create(&model, ctx, options), ctx);
    if (options->output == L2OSR_OUTPUT_SCALED_TANH) { /* the usual 100 leaves no slope to test */
        const double scale = 1.5;
        ck_ok(l2osr_model_set_tensor(model, "tanh_scale", &scale), ctx);
    }
    return model;
}

static l2osr_stepper *stepper_f64(l2osr_context *ctx, l2osr_model *model, size_t n) {
    l2osr_stepper_options o = L2OSR_STEPPER_OPTIONS_INIT;
    l2osr_stepper *stepper;
    o.precision = L2OSR_F64;
    ck_ok(l2osr_stepper_create_model(&stepper, ctx, model, 1, &n, &o), ctx);
    return stepper;
}

static struct quadratic some_quadratic(void) {
    struct quadratic q;
    l2osr_random_normal(5, 0, 0, 0.5, q.A, DIM * DIM);
    l2osr_random_normal(5, 1, 0, 1, q.b, DIM);
    l2osr_random_normal(5, 2, 0, 1, q.x0, DIM);
    return q;
}

/* The gradients that drive the second run are those recorded in the first: the detached recursion.
 */
static double replayed_loss(l2osr_context *ctx, l2osr_model *model, const struct quadratic *q,
                            const double *g) {
    double x[DIM], loss = 0;
    l2osr_stepper *stepper = stepper_f64(ctx, model, DIM);
    memcpy(x, q->x0, sizeof x);
    for (int t = 0; t <= UNROLL; t++) {
        /* linearised around the recorded points: d loss / d x_t = g_t */
        for (int i = 0; i < DIM; i++)
            loss += g[t * DIM + i] * x[i];
        if (t < UNROLL)
            ck_ok(l2osr_stepper_step_f64(stepper, x, g + t * DIM, NULL), ctx);
    }
    l2osr_stepper_free(stepper);
    return loss;
}

START_TEST(gradient_matches_finite_differences) {
    l2osr_context *ctx = test_context();
    l2osr_model *model = make(ctx, &models[_i]);
    const size_t size = l2osr_model_size(model);
    struct quadratic q = some_quadratic();
    double x[DIM], g[(UNROLL + 1) * DIM];
    double *flat = calloc(size, sizeof *flat), *weights = malloc(size * sizeof *weights);
    memcpy(weights, l2osr_model_weights(model), size * sizeof *weights);
    l2osr_stepper *stepper = stepper_f64(ctx, model, DIM);
    memcpy(x, q.x0, sizeof x);
    window_gradient(ctx, model, stepper, &q, x, flat);
    l2osr_stepper_reset(stepper);
    memcpy(x, q.x0, sizeof x);
    for (int t = 0; t <= UNROLL; t++) {
        quadratic_loss(&q, x, g + t * DIM);
        if (t < UNROLL)
            ck_ok(l2osr_stepper_step_f64(stepper, x, g + t * DIM, NULL), ctx);
    }
    double largest = 0;
    for (size_t i = 0; i < size; i++)
        largest = fmax(largest, fabs(flat[i]));
    ck_assert(largest > 0);
    for (size_t i = 0; i < size; i += 1 + size / 97) {
        const double step = 1e-6, kept = weights[i];
        weights[i] = kept + step;
        ck_ok(l2osr_model_set_weights(model, weights), ctx);
        double up = replayed_loss(ctx, model, &q, g);
        weights[i] = kept - step;
        ck_ok(l2osr_model_set_weights(model, weights), ctx);
        double down = replayed_loss(ctx, model, &q, g);
        weights[i] = kept;
        ck_assert_msg(fabs((up - down) / (2 * step) - flat[i]) <= 1e-6 * largest,
                      "model %d weight %zu: %.12g against %.12g", _i, i, (up - down) / (2 * step),
                      flat[i]);
    }
    free(flat);
    free(weights);
    l2osr_stepper_free(stepper);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(states_are_as_small_as_can_be) {
    const size_t states[MODELS] = {16, 82, 29, 27, 27, 18, 18, 80, 80, 28, 16, 16};
    const size_t features[MODELS] = {2, 2, 5, 4, 5, 3, 3, 1, 2, 4, 2, 2};
    l2osr_context *ctx = test_context();
    l2osr_model *model = make(ctx, &models[_i]);
    ck_assert_uint_eq(l2osr_model_state(model), states[_i]);
    ck_assert_uint_eq(l2osr_model_feature_count(model), features[_i]);
    ck_assert_ptr_null(l2osr_model_feature_name(model, features[_i]));
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

/* Slices, threads, instruction sets: the same bits. */
START_TEST(steps_do_not_depend_on_slices_threads_or_isa) {
    enum { N = 5000, T = 6 };
    float *first = NULL, *x = malloc(N * sizeof *x), *g = malloc(N * sizeof *g);
    double *random = malloc(N * sizeof *random);
    for (int variant = 0; variant < 8; variant++) {
        l2osr_context_options o = L2OSR_CONTEXT_OPTIONS_INIT;
        l2osr_context *ctx;
        o.threads = variant % 2 ? 4 : 1;
        o.isa = variant < 2 ? L2OSR_ISA_AUTO : (l2osr_isa)(variant / 2);
        if (l2osr_context_create(&ctx, &o) != L2OSR_OK)
            continue; /* a processor without that instruction set */
        l2osr_model *model = make(ctx, &models[0]);
        l2osr_stepper *stepper;
        const size_t n = N, cut = variant % 2 ? 1237 : 32;
        ck_ok(l2osr_stepper_create_model(&stepper, ctx, model, 1, &n, NULL), ctx);
        memset(x, 0, N * sizeof *x);
        for (int t = 0; t < T; t++) {
            l2osr_random_normal(9, (uint64_t)t, 0, 0.1, random, N);
            for (int i = 0; i < N; i++)
                g[i] = (float)random[i];
            if (variant < 4) {
                ck_ok(l2osr_stepper_step_f32(stepper, x, g, NULL), ctx);
                continue;
            }
            ck_ok(l2osr_stepper_begin(stepper, NULL), ctx);
            ck_ok(l2osr_stepper_slice_f32(stepper, cut, N - cut, x + cut, g + cut), ctx);
            ck_ok(l2osr_stepper_slice_f32(stepper, 0, cut, x, g), ctx);
            ck_ok(l2osr_stepper_end(stepper), ctx);
        }
        if (!first) {
            first = malloc(N * sizeof *first);
            memcpy(first, x, N * sizeof *x);
        }
        ck_assert_mem_eq(x, first, N * sizeof *x);
        l2osr_stepper_free(stepper);
        l2osr_model_free(model);
        l2osr_context_free(ctx);
    }
    free(first);
    free(x);
    free(g);
    free(random);
}
END_TEST

Suite *network_suite(void) {
    Suite *suite = suite_create("network");
    TCase *tests = tcase_create("network");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, gradient_matches_finite_differences, 0, MODELS);
    tcase_add_loop_test(tests, states_are_as_small_as_can_be, 0, MODELS);
    tcase_add_test(tests, steps_do_not_depend_on_slices_threads_or_isa);
    suite_add_tcase(suite, tests);
    return suite;
}
