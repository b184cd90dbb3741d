/* SPDX-License-Identifier: MIT */
#include "networks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "base/rng.h"
#include "data/data.h"

l2osr_dataset *noise_images(l2osr_context *ctx, size_t n, size_t channels, size_t rows, size_t cols,
                            size_t classes) {
    l2osr_dataset *set;
    l2osr__rng rng;
    ck_ok(l2osr__dataset_new(&set, ctx, n, channels, rows, cols), ctx);
    l2osr__rng_init(&rng, 7, 0);
    for (size_t i = 0; i < n * channels * rows * cols; i++)
        set->pixels[i] = (uint8_t)l2osr__rng_below(&rng, 256);
    for (size_t i = 0; i < n; i++)
        set->labels[i] = (uint8_t)(i % classes);
    set->classes = classes;
    return set;
}

double *starting_point(l2osr_context *ctx, l2osr_task *task) {
    double *x = malloc(l2osr_task_dim(task) * sizeof *x);
    ck_ok(l2osr_task_init(task, 1, x), ctx);
    return x;
}

double deviation(const double *x, size_t n) {
    double square = 0;
    for (size_t i = 0; i < n; i++)
        square += x[i] * x[i];
    return sqrt(square / (double)n);
}

double *general_point(l2osr_context *ctx, l2osr_task *task) {
    double *x = starting_point(ctx, task), *own = x;
    for (size_t g = 0; g < l2osr_task_group_count(task); g++) {
        const l2osr_group *group = l2osr_task_group(task, g);
        size_t size = 1;
        for (size_t i = 0; i < group->rank; i++)
            size *= group->shape[i];
        for (size_t i = 0; i < size && group->name[0] != 'w'; i++)
            own[i] += 0.1 * (double)(i % 3) - 0.05;
        own += size;
    }
    return x;
}

void check_slope(l2osr_context *ctx, l2osr_task *task) {
    const l2osr_draw draw = {1, 0};
    size_t dim = l2osr_task_dim(task);
    double *x = starting_point(ctx, task), *grad = malloc(dim * sizeof *grad);
    double loss[2], square = 0;
    ck_ok(l2osr_task_loss_grad(task, &draw, x, loss, grad), ctx);
    for (size_t i = 0; i < dim; i++)
        square += grad[i] * grad[i];
    const double step = 1e-7 / sqrt(square);
    for (size_t i = 0; i < dim; i++)
        x[i] += step * grad[i];
    ck_ok(l2osr_task_loss_grad(task, &draw, x, loss + 1, NULL), ctx);
    for (size_t i = 0; i < dim; i++)
        x[i] -= 2 * step * grad[i];
    ck_ok(l2osr_task_loss_grad(task, &draw, x, loss, NULL), ctx);
    ck_assert_double_eq_tol((loss[1] - loss[0]) / (2 * step * square), 1, 2e-6);
    free(x);
    free(grad);
}

void check_definition(l2osr_context *ctx, l2osr_task *task, const l2osr_dataset *set,
                      double (*evaluate)(const l2osr_dataset *set, size_t n, const size_t *items,
                                         const double *x, size_t *right),
                      double tolerance) {
    enum { IMAGES = DEFINITION_IMAGES, BATCH = DEFINITION_BATCH };
    size_t items[IMAGES], right = 0;
    double loss, accuracy, *x = general_point(ctx, task);
    for (uint64_t index = 0; index < 2; index++) {
        const l2osr_draw draw = {1, index};
        size_t n = l2osr_draw_items(&draw, IMAGES, BATCH, items), unused = 0;
        ck_ok(l2osr_task_loss_grad(task, &draw, x, &loss, NULL), ctx);
        ck_assert_double_eq_tol(loss, evaluate(set, n, items, x, &unused), tolerance);
    }
    for (size_t i = 0; i < IMAGES; i++)
        items[i] = i;
    evaluate(set, BATCH, items, x, &right);
    evaluate(set, IMAGES - BATCH, items + BATCH, x, &right);
    ck_ok(l2osr_task_metric(task, x, &accuracy), ctx);
    ck_assert_double_eq(accuracy, (double)right / IMAGES);
    free(x);
}

enum { JOBS = 8 };

typedef struct jobs {
    l2osr_task *task;
    const double *x;
    const float *x_f32;
    double *grad;    /* [JOBS][dim] */
    float *grad_f32; /* [JOBS][dim] */
} jobs;

static l2osr_status evaluate(const jobs *j, size_t index, l2osr_draw draw) {
    size_t dim = l2osr_task_dim(j->task);
    double loss;
    l2osr_status status = l2osr_task_loss_grad(j->task, &draw, j->x, &loss, j->grad + index * dim);
    return status == L2OSR_OK ? l2osr_task_loss_grad_f32(j->task, &draw, j->x_f32, &loss,
                                                         j->grad_f32 + index * dim)
                              : status;
}

/* The rest of a pass, with or without a whole batch before, of which nothing may be left. */
static l2osr_status run(void *arg, size_t index) {
    l2osr_status status = L2OSR_OK;
    if (index % 2 == 1)
        status = evaluate(arg, index, (l2osr_draw){1, 0});
    return status == L2OSR_OK ? evaluate(arg, index, (l2osr_draw){1, 1}) : status;
}

/* Compares JOBS gradients with those in `grad` and `grad_f32`, or fills these in. */
static void compare(l2osr_context *ctx, l2osr_task *task, bool first, double *grad,
                    float *grad_f32) {
    size_t dim = l2osr_task_dim(task);
    double *x = starting_point(ctx, task);
    float *x_f32 = malloc(dim * sizeof *x_f32);
    jobs j = {task, x, x_f32, malloc(JOBS * dim * sizeof(double)),
              malloc(JOBS * dim * sizeof(float))};
    ck_ok(l2osr_task_init_f32(task, 1, x_f32), ctx);
    ck_ok(l2osr__parallel_for(ctx, JOBS, run, &j), ctx);
    if (first) {
        memcpy(grad, j.grad, dim * sizeof *grad);
        memcpy(grad_f32, j.grad_f32, dim * sizeof *grad_f32);
    }
    for (size_t i = 0; i < JOBS; i++) {
        ck_assert_mem_eq(grad, j.grad + i * dim, dim * sizeof *grad);
        ck_assert_mem_eq(grad_f32, j.grad_f32 + i * dim, dim * sizeof *grad_f32);
    }
    free(x);
    free(x_f32);
    free(j.grad);
    free(j.grad_f32);
}

static void check_bits(network_maker make, const l2osr_dataset *set) {
    double *grad = NULL;
    float *grad_f32 = NULL;
    for (int isa = L2OSR_ISA_BASELINE; isa <= L2OSR_ISA_AVX512; isa++) {
        l2osr_context_options options = L2OSR_CONTEXT_OPTIONS_INIT;
        l2osr_context *ctx;
        l2osr_task *task;
        options.isa = (l2osr_isa)isa;
        options.threads = 3;
        if (l2osr_context_create(&ctx, &options) == L2OSR_EUNSUPPORTED)
            continue;
        ck_ok(make(&task, ctx, set), ctx);
        bool first = grad == NULL;
        if (first) {
            grad = malloc(l2osr_task_dim(task) * sizeof *grad);
            grad_f32 = malloc(l2osr_task_dim(task) * sizeof *grad_f32);
        }
        compare(ctx, task, first, grad, grad_f32);
        l2osr_task_free(task);
        l2osr_context_free(ctx);
    }
    ck_assert_ptr_nonnull(grad);
    free(grad);
    free(grad_f32);
}

/* After the first evaluation there are no more allocations. */
static void check_steady_state(network_maker make, const l2osr_dataset *set) {
    struct failing_allocator counts = {-1, 0, 0};
    struct l2osr_allocator allocator = failing_allocator_hooks(&counts);
    l2osr_context *ctx = test_context_with(1, &allocator);
    l2osr_task *task;
    double loss;
    ck_ok(make(&task, ctx, set), ctx);
    size_t dim = l2osr_task_dim(task);
    float *x = malloc(2 * dim * sizeof *x);
    ck_ok(l2osr_task_init_f32(task, 1, x), ctx);
    ck_ok(l2osr_task_loss_grad_f32(task, &(l2osr_draw){1, 0}, x, &loss, x + dim), ctx);
    counts.fail_at = counts.count;
    for (uint64_t i = 1; i < 4; i++)
        ck_ok(l2osr_task_loss_grad_f32(task, &(l2osr_draw){1, i}, x, &loss, x + dim), ctx);
    free(x);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
    ck_assert_int_eq(counts.live, 0);
}

void check_bits_and_memory(network_maker make, size_t rows, size_t cols) {
    l2osr_context *ctx = test_context();
    l2osr_dataset *set = noise_images(ctx, 50, 2, rows, cols, 3);
    check_bits(make, set);
    check_steady_state(make, set);
    l2osr_dataset_free(set);
    l2osr_context_free(ctx);
}

void check_refusal(l2osr_context *ctx, const l2osr_task *task, const char *name,
                   const char *message) {
    const char *got = l2osr_context_errmsg(ctx);
    ck_assert_ptr_null(task);
    ck_assert_msg(strstr(got, name) && strstr(got, message), "%s", got);
}

void check_learning(l2osr_context *ctx, l2osr_task *task, uint64_t steps, double loss,
                    double accuracy) {
    size_t dim = l2osr_task_dim(task);
    l2osr_rule *rule;
    l2osr_stepper *stepper;
    l2osr_stepper_options options = L2OSR_STEPPER_OPTIONS_INIT;
    l2osr_step_args args = L2OSR_STEP_ARGS_INIT;
    float *x = malloc(2 * dim * sizeof *x), *grad = x + dim;
    double reached = 0, *wide = malloc(dim * sizeof *wide);
    args.lr = 0.01;
    ck_ok(l2osr_rule_preset(&rule, ctx, "adam"), ctx);
    ck_ok(l2osr_stepper_create(&stepper, ctx, rule, 1, &dim, &options), ctx);
    ck_ok(l2osr_task_init_f32(task, 1, x), ctx);
    for (uint64_t t = 0; t < steps; t++) {
        ck_ok(l2osr_task_loss_grad_f32(task, &(l2osr_draw){1, t}, x, &reached, grad), ctx);
        ck_ok(l2osr_stepper_step_f32(stepper, x, grad, &args), ctx);
    }
    ck_assert_double_lt(reached, loss);
    for (size_t i = 0; i < dim; i++)
        wide[i] = (double)x[i];
    ck_ok(l2osr_task_metric(task, wide, &reached), ctx);
    ck_assert_double_gt(reached, accuracy);
    ck_assert_double_le(reached, 1);
    free(x);
    free(wide);
    l2osr_stepper_free(stepper);
    l2osr_rule_free(rule);
}
