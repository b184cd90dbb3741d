/* SPDX-License-Identifier: MIT */
/* Every creator, and the work memory that callbacks take, with every allocation failing in turn. */
#include <stdlib.h>

#include "networks.h"

static const l2osr_draw draw = {1, 0};

/* Evaluates in both precisions, with the Hessian if there is one, and frees the task. */
static l2osr_status use_and_free(l2osr_task *task) {
    size_t n = l2osr_task_dim(task);
    double *x = calloc(2 * n, sizeof *x), loss;
    float *x_f32 = calloc(2 * n, sizeof *x_f32);
    l2osr_status status = l2osr_task_loss_grad(task, &draw, x, &loss, x + n);
    if (status == L2OSR_OK)
        status = l2osr_task_loss_grad_f32(task, &draw, x_f32, &loss, x_f32 + n);
    if (status == L2OSR_OK)
        status = l2osr_task_hvp(task, &draw, x, x, x + n);
    if (status == L2OSR_OK || status == L2OSR_EUNSUPPORTED)
        status = l2osr_task_init_f32(task, 1, x_f32);
    if (status == L2OSR_OK && l2osr_task_metric_name(task))
        status = l2osr_task_metric(task, x, &loss);
    free(x);
    free(x_f32);
    l2osr_task_free(task);
    return status;
}

static l2osr_status quadratic_body(l2osr_context *ctx) {
    l2osr_task *task;
    l2osr_status status = l2osr_task_quadratic(&task, ctx, 5, 10, 0.1, 1);
    return status == L2OSR_OK ? use_and_free(task) : status;
}

static l2osr_status rosenbrock_body(l2osr_context *ctx) {
    l2osr_task *task;
    l2osr_status status = l2osr_task_rosenbrock(&task, ctx, 5);
    return status == L2OSR_OK ? use_and_free(task) : status;
}

static l2osr_status instances_body(l2osr_context *ctx) {
    l2osr_task *task;
    l2osr_status status = l2osr_task_lasso(&task, ctx, 3, 2, 0.005, 1);
    if (status == L2OSR_OK)
        status = use_and_free(task);
    if (status == L2OSR_OK)
        status = l2osr_task_square_cos(&task, ctx, 3, 2, 1);
    return status == L2OSR_OK ? use_and_free(task) : status;
}

/* Wraps a task in `make`; frees both, whatever happens. */
static l2osr_status wrap(l2osr_context *ctx,
                         l2osr_status (*make)(l2osr_task **, l2osr_context *, l2osr_task *)) {
    double x[4] = {0}, v[4] = {0};
    l2osr_task *inner, *task;
    l2osr_status status = l2osr_task_rosenbrock(&inner, ctx, 4);
    if (status != L2OSR_OK)
        return status;
    status = make(&task, ctx, inner);
    if (status == L2OSR_OK) {
        status = l2osr_task_hvp(task, &draw, x, v, x);
        if (status == L2OSR_OK)
            status = use_and_free(task);
        else
            l2osr_task_free(task);
    }
    l2osr_task_free(inner);
    return status;
}

static l2osr_status scaled(l2osr_task **out, l2osr_context *ctx, l2osr_task *inner) {
    return l2osr_task_scaled(out, ctx, inner, 2);
}

static l2osr_status reparameterised(l2osr_task **out, l2osr_context *ctx, l2osr_task *inner) {
    return l2osr_task_reparameterised(out, ctx, inner, L2OSR_PER_PARAMETER, 1, 1);
}

static l2osr_status noisy(l2osr_task **out, l2osr_context *ctx, l2osr_task *inner) {
    return l2osr_task_noisy(out, ctx, inner, L2OSR_NOISE_RELATIVE, 0.1, 1);
}

static l2osr_status permuted(l2osr_task **out, l2osr_context *ctx, l2osr_task *inner) {
    return l2osr_task_permuted(out, ctx, inner, 1);
}

static l2osr_status wrappers_body(l2osr_context *ctx) {
    l2osr_status status = wrap(ctx, scaled);
    if (status == L2OSR_OK)
        status = wrap(ctx, reparameterised);
    if (status == L2OSR_OK)
        status = wrap(ctx, noisy);
    return status == L2OSR_OK ? wrap(ctx, permuted) : status;
}

static l2osr_status on_digits(l2osr_context *ctx, network_maker make) {
    l2osr_dataset *set;
    l2osr_task *task;
    l2osr_status status = l2osr_dataset_digits(&set, ctx, 10, 1);
    if (status != L2OSR_OK)
        return status;
    status = make(&task, ctx, set);
    if (status == L2OSR_OK)
        status = use_and_free(task);
    l2osr_dataset_free(set);
    return status;
}

static l2osr_status make_mlp(l2osr_task **out, l2osr_context *ctx, const l2osr_dataset *set) {
    static const size_t hidden[] = {3};
    l2osr_mlp_options options = L2OSR_MLP_OPTIONS_INIT;
    options.hidden = hidden;
    options.n_hidden = 1;
    options.test = set;
    return l2osr_task_mlp(out, ctx, set, &options);
}

static l2osr_status make_cnn(l2osr_task **out, l2osr_context *ctx, const l2osr_dataset *set) {
    static const size_t channels[] = {2, 3};
    l2osr_cnn_options options = L2OSR_CNN_OPTIONS_INIT;
    options.channels = channels;
    options.n_channels = 2;
    options.test = set;
    return l2osr_task_cnn(out, ctx, set, &options);
}

static l2osr_status make_resnet(l2osr_task **out, l2osr_context *ctx, const l2osr_dataset *set) {
    l2osr_resnet_options options = L2OSR_RESNET_OPTIONS_INIT;
    options.depth = 8;
    options.width = 1;
    options.test = set;
    return l2osr_task_resnet(out, ctx, set, &options);
}

static l2osr_status mlp_body(l2osr_context *ctx) {
    return on_digits(ctx, make_mlp);
}

static l2osr_status cnn_body(l2osr_context *ctx) {
    return on_digits(ctx, make_cnn);
}

static l2osr_status resnet_body(l2osr_context *ctx) {
    return on_digits(ctx, make_resnet);
}

START_TEST(survives_failing_allocations) {
    sweep_failures(quadratic_body);
    sweep_failures(rosenbrock_body);
    sweep_failures(instances_body);
    sweep_failures(wrappers_body);
    sweep_failures(mlp_body);
    sweep_failures(cnn_body);
    sweep_failures(resnet_body);
}
END_TEST

TCase *memory_tests(void) {
    TCase *tcase = tcase_create("memory");
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, survives_failing_allocations);
    return tcase;
}
