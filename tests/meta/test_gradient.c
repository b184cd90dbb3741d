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

/* A task of three groups whose borders lie inside panels of coordinates. */
enum { GROUPS = 3 };
static const size_t lengths[GROUPS] = {20, 21, DIM - 41};

static int bowl_start(void *user, uint64_t seed, double *x) {
    (void)user;
    l2osr_random_normal(seed, 0, 0, 1, x, DIM);
    return 0;
}

static int bowl(void *user, const l2osr_draw *draw, const float *x, double *loss, float *g) {
    (void)user;
    *loss = 0;
    for (int i = 0; i < DIM; i++) {
        const double slope = 1 + i % 5, r = x[i] - cos(i + 0.1 * (double)draw->index);
        *loss += 0.5 * slope * r * r;
        if (g)
            g[i] = (float)(slope * r);
    }
    return 0;
}

static l2osr_status create_bowl(l2osr_task **out, l2osr_context *ctx) {
    const l2osr_group groups[GROUPS] = {
        {"a", 1, {lengths[0]}}, {"b", 1, {lengths[1]}}, {"c", 1, {lengths[2]}}};
    l2osr_task_callbacks callbacks = L2OSR_TASK_CALLBACKS_INIT;
    callbacks.name = "bowl";
    callbacks.groups = groups;
    callbacks.n_groups = GROUPS;
    callbacks.init = bowl_start;
    callbacks.loss_grad_f32 = bowl;
    return l2osr_task_create(out, ctx, &callbacks, NULL);
}

static l2osr_task *make_bowl(l2osr_context *ctx) {
    l2osr_task *task;
    ck_ok(create_bowl(&task, ctx), ctx);
    return task;
}

/* Step sizes of groups, of either sign, where there are any. */
static l2osr_model *make_model(l2osr_context *ctx, bool grouped) {
    const double lum[GROUPS] = {0.7, -1.3, 2};
    l2osr_model_options o = L2OSR_MODEL_OPTIONS_INIT;
    l2osr_model *model;
    o.groups = grouped ? GROUPS : 0;
    ck_ok(l2osr_model_create(&model, ctx, &o), ctx);
    if (grouped)
        ck_ok(l2osr_model_set_tensor(model, "lum", lum), ctx);
    return model;
}

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
    double x[DIM] = {0}, sum = 0;
    o.precision = L2OSR_F64;
    ck_ok(l2osr_model_set_weights(model, base), ctx);
    ck_ok(l2osr_stepper_create_model(&stepper, ctx, model, GROUPS, lengths, &o), ctx);
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
    l2osr_model *model = make_model(ctx, _i == 1);
    l2osr_task *task = make_bowl(ctx);
    l2osr_stepper *stepper;
    l2osr__unroll *unroll;
    l2osr__gradient gradient;
    const l2osr__unroll_config config = {
        .task = task, .planes = l2osr_model_state(model), .window = UNROLL};
    ck_ok(l2osr__stepper_for(&stepper, ctx, task, NULL, model, L2OSR_F32), ctx);
    ck_ok(l2osr__unroll_create(&unroll, ctx, stepper, &config), ctx);
    ck_ok(l2osr__gradient_init(&gradient, ctx, model, task, UNROLL), ctx);
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
        for (size_t i = 0; i < size; i += i + 10 < size ? 9 : 1) { /* with the last ones: lum */
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

/* sum over t of 0.5 |label - lr lum u|^2 / DIM is what imitation means; with x at rest it is a
 * function of lum alone in one step. */
static double imitation_loss(l2osr_context *ctx, l2osr_model *model, const float *g,
                             const double *label) {
    l2osr_stepper_options o = L2OSR_STEPPER_OPTIONS_INIT;
    l2osr_stepper *stepper;
    double wide[DIM], dx[DIM], loss = 0;
    o.precision = L2OSR_F64;
    ck_ok(l2osr_stepper_create_model(&stepper, ctx, model, GROUPS, lengths, &o), ctx);
    for (int i = 0; i < DIM; i++)
        wide[i] = g[i];
    ck_ok(l2osr_stepper_begin(stepper, NULL), ctx);
    ck_ok(l2osr_stepper_delta_f64(stepper, 0, DIM, wide, wide, dx), ctx);
    ck_ok(l2osr_stepper_end(stepper), ctx);
    for (int i = 0; i < DIM; i++)
        loss += 0.5 * (label[i] - dx[i]) * (label[i] - dx[i]) / DIM;
    l2osr_stepper_free(stepper);
    return loss;
}

static void label_upstream(const void *argument, size_t step, size_t first, size_t n,
                           const float *u, float *sums, float *du) {
    const double *label = argument;
    (void)step;
    (void)sums;
    for (size_t i = 0; i < n; i++)
        du[i] = (float)(0.01 * (0.01 * u[i] - label[first + i]) / DIM);
}

/* A loss that is not linear in what x moves by. */
START_TEST(imitation_knows_step_sizes_of_groups) {
    l2osr_context *ctx = test_context();
    l2osr_model *model = make_model(ctx, true);
    l2osr_task *task = make_bowl(ctx);
    l2osr__gradient gradient;
    const size_t size = l2osr_model_size(model);
    float g[DIM];
    double label[DIM], *flat = malloc(size * sizeof *flat), *weights = malloc(size * sizeof *flat);
    float *state = calloc(l2osr_model_state(model) * DIM, sizeof *state);
    for (int i = 0; i < DIM; i++) {
        g[i] = (float)sin(i + 1);
        label[i] = 0.01 * cos(3 * i);
    }
    memcpy(weights, l2osr_model_weights(model), size * sizeof *weights);
    ck_ok(l2osr__gradient_init(&gradient, ctx, model, task, 1), ctx);
    ck_ok(l2osr__gradient_run(&gradient, state, NULL, 0, 1, g,
                              (l2osr__upstream){label_upstream, label}, flat),
          ctx);
    double largest = 0;
    for (size_t i = 0; i < size; i++)
        largest = fmax(largest, fabs(flat[i]));
    for (size_t i = 0; i < size; i += i + 10 < size ? 9 : 1) {
        const double step = 1e-5, kept = weights[i];
        weights[i] = kept + step;
        ck_ok(l2osr_model_set_weights(model, weights), ctx);
        const double up = imitation_loss(ctx, model, g, label);
        weights[i] = kept - step;
        ck_ok(l2osr_model_set_weights(model, weights), ctx);
        const double down = imitation_loss(ctx, model, g, label);
        weights[i] = kept;
        ck_assert_double_eq_tol((up - down) / (2 * step), flat[i], 1e-4 * largest);
    }
    free(state);
    free(flat);
    free(weights);
    l2osr__gradient_clear(&gradient);
    l2osr_task_free(task);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(gradients_do_not_depend_on_threads) {
    double *flat[2];
    size_t size = 0;
    for (int i = 0; i < 2; i++) {
        l2osr_context_options o = L2OSR_CONTEXT_OPTIONS_INIT;
        l2osr_context *ctx;
        l2osr__gradient gradient;
        float g[DIM];
        double label[DIM];
        o.threads = i ? 3 : 1;
        ck_assert_int_eq(l2osr_context_create(&ctx, &o), L2OSR_OK);
        l2osr_model *model = make_model(ctx, true);
        l2osr_task *task = make_bowl(ctx);
        for (int k = 0; k < DIM; k++) {
            g[k] = (float)sin(k + 1);
            label[k] = 0.01 * cos(3 * k);
        }
        size = l2osr_model_size(model) * sizeof(double);
        flat[i] = malloc(size);
        float *state = calloc(l2osr_model_state(model) * DIM, sizeof *state);
        ck_ok(l2osr__gradient_init(&gradient, ctx, model, task, 1), ctx);
        ck_ok(l2osr__gradient_run(&gradient, state, NULL, 0, 1, g,
                                  (l2osr__upstream){label_upstream, label}, flat[i]),
              ctx);
        free(state);
        l2osr__gradient_clear(&gradient);
        l2osr_task_free(task);
        l2osr_model_free(model);
        l2osr_context_free(ctx);
    }
    ck_assert_mem_eq(flat[0], flat[1], size);
    free(flat[0]);
    free(flat[1]);
}
END_TEST

/* Training moves step sizes; a task with other groups is refused. */
START_TEST(groups_are_those_of_the_task) {
    l2osr_context *ctx = test_context();
    l2osr_model *model = make_model(ctx, true);
    l2osr_task *task = make_bowl(ctx), *other;
    l2osr_meta_options o = L2OSR_META_OPTIONS_INIT;
    const l2osr_tensor *lum = l2osr_model_tensor_find(model, "lum");
    double before[GROUPS];
    memcpy(before, l2osr_model_weights(model) + lum->offset, sizeof before);
    o.meta_steps = 20;
    o.horizon = 20;
    ck_ok(l2osr_meta_train(ctx, model, task, task, &o, NULL), ctx);
    for (int j = 0; j < GROUPS; j++)
        ck_assert_double_ne(l2osr_model_weights(model)[lum->offset + (size_t)j], before[j]);
    ck_ok(l2osr_task_quadratic(&other, ctx, DIM, 100, 0.1, 4), ctx);
    ck_assert_int_eq(l2osr_meta_train(ctx, model, other, other, &o, NULL), L2OSR_EINVAL);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "3 groups"));
    l2osr_task_free(other);
    l2osr_task_free(task);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

static l2osr_status make_gradient(l2osr_context *ctx) {
    const double start[GROUPS] = {1, 2, 3};
    l2osr_model_options o = L2OSR_MODEL_OPTIONS_INIT;
    l2osr_model *model;
    l2osr__gradient gradient = {0};
    l2osr_task *task = NULL;
    o.groups = GROUPS;
    l2osr_status status = l2osr_model_create(&model, ctx, &o);
    if (status == L2OSR_OK)
        status = l2osr_model_set_tensor(model, "lum", start);
    if (status == L2OSR_OK)
        status = create_bowl(&task, ctx);
    if (status == L2OSR_OK)
        status = l2osr__gradient_init(&gradient, ctx, model, task, 2);
    l2osr__gradient_clear(&gradient);
    l2osr_task_free(task);
    l2osr_model_free(model);
    return status;
}

START_TEST(failing_allocations_leave_nothing_behind) {
    sweep_failures(make_gradient);
}
END_TEST

Suite *gradient_suite(void) {
    Suite *suite = suite_create("meta-gradient");
    TCase *tests = tcase_create("meta-gradient");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, window_gradient_matches_finite_differences, 0, 2);
    tcase_add_test(tests, imitation_knows_step_sizes_of_groups);
    tcase_add_test(tests, gradients_do_not_depend_on_threads);
    tcase_add_test(tests, groups_are_those_of_the_task);
    tcase_add_test(tests, failing_allocations_leave_nothing_behind);
    suite_add_tcase(suite, tests);
    return suite;
}
