/* SPDX-License-Identifier: MIT */
#include "networks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"

static const l2osr_draw draw = {3, 5};

/* A small network on `set`, to be changed by the test. */
static l2osr_mlp_options small(void) {
    static const size_t hidden[] = {7, 5};
    l2osr_mlp_options options = L2OSR_MLP_OPTIONS_INIT;
    options.hidden = hidden;
    options.n_hidden = 2;
    options.batch = 16;
    options.start = L2OSR_START_LECUN;
    return options;
}

START_TEST(derivatives_are_right) {
    l2osr_context *ctx = test_context();
    l2osr_dataset *set;
    ck_ok(l2osr_dataset_digits(&set, ctx, 40, 1), ctx);
    for (int activation = L2OSR_RELU; activation <= L2OSR_TANH; activation++)
        for (size_t n_hidden = 0; n_hidden <= 2; n_hidden++) {
            l2osr_mlp_options options = small();
            l2osr_task *task;
            options.activation = (l2osr_activation)activation;
            options.n_hidden = n_hidden;
            ck_ok(l2osr_task_mlp(&task, ctx, set, &options), ctx);
            double *x = malloc(l2osr_task_dim(task) * sizeof *x);
            ck_ok(l2osr_task_init(task, 1, x), ctx);
            check_gradient(ctx, task, x);
            check_f32(ctx, task, x, 1e-5);
            check_hvp(ctx, task, x);
            free(x);
            l2osr_task_free(task);
        }
    l2osr_dataset_free(set);
    l2osr_context_free(ctx);
}
END_TEST

static double dot(size_t n, const double *a, const double *b) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* u'Hv = v'Hu, far more precisely than differences could tell. */
START_TEST(hessians_are_symmetric) {
    l2osr_context *ctx = test_context();
    l2osr_dataset *set;
    ck_ok(l2osr_dataset_digits(&set, ctx, 40, 1), ctx);
    for (int activation = L2OSR_RELU; activation <= L2OSR_TANH; activation++) {
        l2osr_mlp_options options = small();
        l2osr_task *task;
        options.activation = (l2osr_activation)activation;
        ck_ok(l2osr_task_mlp(&task, ctx, set, &options), ctx);
        const size_t n = l2osr_task_dim(task);
        double *x = malloc(5 * n * sizeof *x), *u = x + n, *v = u + n, *hu = v + n, *hv = hu + n;
        ck_ok(l2osr_task_init(task, 1, x), ctx);
        l2osr_random_normal(2, 0, 0, 1, u, n);
        l2osr_random_normal(3, 0, 0, 1, v, n);
        ck_ok(l2osr_task_hvp(task, &draw, x, u, hu), ctx);
        ck_ok(l2osr_task_hvp(task, &draw, x, v, hv), ctx);
        const double size = sqrt(dot(n, hu, hu) * dot(n, v, v));
        ck_assert_double_gt(size, 1);
        ck_assert_double_eq_tol(dot(n, u, hv), dot(n, v, hu), 1e-13 * size);
        free(x);
        l2osr_task_free(task);
    }
    l2osr_dataset_free(set);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(groups_are_named) {
    l2osr_context *ctx = test_context();
    l2osr_dataset *set;
    l2osr_task *task;
    l2osr_mlp_options options = L2OSR_MLP_OPTIONS_INIT;
    static const size_t hidden[] = {30, 20};
    options.hidden = hidden;
    options.n_hidden = 2;
    ck_ok(l2osr_dataset_digits(&set, ctx, 20, 1), ctx);
    ck_ok(l2osr_task_mlp(&task, ctx, set, &options), ctx);
    ck_assert_uint_eq(l2osr_task_dim(task), 24380); /* the published network */
    ck_assert_uint_eq(l2osr_task_group_count(task), 6);
    ck_assert_str_eq(l2osr_task_group(task, 0)->name, "w1");
    ck_assert_uint_eq(l2osr_task_group(task, 0)->shape[0], 30);
    ck_assert_uint_eq(l2osr_task_group(task, 0)->shape[1], 784);
    ck_assert_str_eq(l2osr_task_group(task, 5)->name, "b3");
    ck_assert_uint_eq(l2osr_task_group(task, 5)->rank, 1);
    ck_assert_ptr_null(l2osr_task_metric_name(task));
    l2osr_task_free(task);
    ck_ok(l2osr_task_mlp(&task, ctx, set, NULL), ctx);
    ck_assert_uint_eq(l2osr_task_dim(task), 7850);
    l2osr_task_free(task);
    l2osr_dataset_free(set);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(starts_as_asked) {
    l2osr_context *ctx = test_context();
    l2osr_dataset *set;
    ck_ok(l2osr_dataset_digits(&set, ctx, 20, 1), ctx);
    static const double weights[] = {0.01, 0.0505, 0.0357}, biases[] = {0.01, 0, 0};
    for (int start = 0; start < 3; start++) {
        l2osr_mlp_options options = L2OSR_MLP_OPTIONS_INIT;
        l2osr_task *task;
        double x[7850];
        options.start = (l2osr_start)start;
        ck_ok(l2osr_task_mlp(&task, ctx, set, &options), ctx);
        ck_ok(l2osr_task_init(task, 1, x), ctx);
        ck_assert_double_eq_tol(deviation(x, 7840), weights[start], 0.03 * weights[start]);
        ck_assert_double_eq_tol(deviation(x + 7840, 10), biases[start], 0.7 * biases[start] + 1e-9);
        l2osr_task_free(task);
    }
    l2osr_dataset_free(set);
    l2osr_context_free(ctx);
}
END_TEST

/* With weights zero the loss is ln 10, and the biases alone decide on the class. */
START_TEST(accuracy_counts_right_answers) {
    l2osr_context *ctx = test_context();
    l2osr_dataset *set;
    l2osr_task *task;
    l2osr_mlp_options options = small();
    double x[7850] = {0}, loss, accuracy;
    ck_ok(l2osr_dataset_digits(&set, ctx, 37, 1), ctx);
    options.n_hidden = 0;
    options.test = set;
    ck_ok(l2osr_task_mlp(&task, ctx, set, &options), ctx);
    ck_ok(l2osr_task_loss_grad(task, &draw, x, &loss, NULL), ctx);
    ck_assert_double_eq_tol(loss, log(10), 1e-14);
    x[7840 + 3] = 1;
    ck_ok(l2osr_task_metric(task, x, &accuracy), ctx);
    ck_assert_double_eq(accuracy, 4.0 / 37);
    x[7840 + 8] = 2;
    ck_ok(l2osr_task_metric(task, x, &accuracy), ctx);
    ck_assert_double_eq(accuracy, 3.0 / 37);
    ck_assert_str_eq(l2osr_task_metric_name(task), "accuracy");
    l2osr_task_free(task);
    l2osr_dataset_free(set);
    l2osr_context_free(ctx);
}
END_TEST

/* Outputs of a thousand would overflow a naive softmax. */
START_TEST(cross_entropy_is_stable) {
    l2osr_context *ctx = test_context();
    l2osr_dataset *set;
    l2osr_task *task;
    l2osr_mlp_options options = small();
    double x[7850] = {0}, grad[7850], loss;
    ck_ok(l2osr_dataset_digits(&set, ctx, 10, 1), ctx);
    options.n_hidden = 0;
    ck_ok(l2osr_task_mlp(&task, ctx, set, &options), ctx);
    x[7840] = 1000;
    ck_ok(l2osr_task_loss_grad(task, &draw, x, &loss, grad), ctx);
    ck_assert_double_eq_tol(loss, 900, 1e-9);
    ck_assert_double_eq_tol(grad[7840], 0.9, 1e-12);
    x[0] = (double)NAN;
    ck_assert_int_eq(l2osr_task_loss_grad(task, &draw, x, &loss, grad), L2OSR_ENONFINITE);
    l2osr_task_free(task);
    l2osr_dataset_free(set);
    l2osr_context_free(ctx);
}
END_TEST

typedef struct job {
    l2osr_task *task;
    const double *x;
    double loss[32], curvature[32];
} job;

static l2osr_status run(void *arg, size_t index) {
    job *j = arg;
    double *grad = malloc(l2osr_task_dim(j->task) * sizeof *grad);
    l2osr_draw own = {1, index / 2};
    l2osr_status status = l2osr_task_loss_grad(j->task, &own, j->x, &j->loss[index], grad);
    if (status == L2OSR_OK)
        status = l2osr_task_hvp(j->task, &own, j->x, j->x, grad);
    j->curvature[index] = dot(l2osr_task_dim(j->task), j->x, grad);
    free(grad);
    return status;
}

START_TEST(runs_on_several_threads) {
    l2osr_context *ctx = test_context();
    l2osr_dataset *set;
    l2osr_task *task;
    l2osr_mlp_options options = small();
    ck_ok(l2osr_dataset_digits(&set, ctx, 300, 1), ctx);
    ck_ok(l2osr_task_mlp(&task, ctx, set, &options), ctx);
    double *x = malloc(l2osr_task_dim(task) * sizeof *x);
    ck_ok(l2osr_task_init(task, 1, x), ctx);
    job j = {.task = task, .x = x};
    ck_ok(l2osr__parallel_for(ctx, 32, run, &j), ctx);
    for (size_t i = 0; i < 32; i += 2) {
        ck_assert(j.loss[i] == j.loss[i + 1]);
        ck_assert(j.curvature[i] == j.curvature[i + 1]);
    }
    ck_assert(j.loss[0] != j.loss[2]);
    free(x);
    l2osr_task_free(task);
    l2osr_dataset_free(set);
    l2osr_context_free(ctx);
}
END_TEST

/* After the first evaluation there are no more allocations. */
START_TEST(steady_state_does_not_allocate) {
    struct failing_allocator counts = {-1, 0, 0};
    struct l2osr_allocator allocator = failing_allocator_hooks(&counts);
    l2osr_context_options context_options = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_context *ctx;
    l2osr_dataset *set;
    l2osr_task *task;
    l2osr_mlp_options options = small();
    context_options.allocator = &allocator;
    context_options.threads = 1;
    ck_assert_int_eq(l2osr_context_create(&ctx, &context_options), L2OSR_OK);
    ck_ok(l2osr_dataset_digits(&set, ctx, 40, 1), ctx);
    ck_ok(l2osr_task_mlp(&task, ctx, set, &options), ctx);
    size_t n = l2osr_task_dim(task);
    float *x = calloc(2 * n, sizeof *x);
    double *y = calloc(2 * n, sizeof *y), loss;
    ck_ok(l2osr_task_loss_grad_f32(task, &draw, x, &loss, x + n), ctx);
    ck_ok(l2osr_task_hvp(task, &draw, y, y, y + n), ctx);
    counts.fail_at = counts.count;
    for (uint64_t i = 0; i < 5; i++) {
        ck_ok(l2osr_task_loss_grad_f32(task, &(l2osr_draw){1, i}, x, &loss, x + n), ctx);
        ck_ok(l2osr_task_hvp(task, &(l2osr_draw){1, i}, y, y, y + n), ctx);
    }
    free(x);
    free(y);
    l2osr_task_free(task);
    l2osr_dataset_free(set);
    l2osr_context_free(ctx);
    ck_assert_int_eq(counts.live, 0);
}
END_TEST

static void expect_refusal(l2osr_context *ctx, const l2osr_dataset *set,
                           const l2osr_mlp_options *options, l2osr_status wanted) {
    l2osr_task *task;
    ck_assert_int_eq(l2osr_task_mlp(&task, ctx, set, options), wanted);
    ck_assert_ptr_null(task);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "mlp"));
}

START_TEST(rejects_bad_arguments) {
    l2osr_context *ctx = test_context();
    l2osr_dataset *set, *other;
    static const size_t none[] = {7, 0}, huge[] = {SIZE_MAX / 2, 1},
                        large[] = {INT32_MAX, INT32_MAX};
    static const unsigned char images[] = {0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 9};
    ck_ok(l2osr_dataset_digits(&set, ctx, 20, 1), ctx);
    expect_refusal(ctx, NULL, NULL, L2OSR_EINVAL);
#define REFUSE(member, value, status)                                                              \
    do {                                                                                           \
        l2osr_mlp_options options = small();                                                       \
        options.member = value;                                                                    \
        expect_refusal(ctx, set, &options, status);                                                \
    } while (0)
    REFUSE(hidden, NULL, L2OSR_EINVAL);
    REFUSE(hidden, none, L2OSR_EINVAL);
    REFUSE(hidden, huge, L2OSR_ERANGE);
    REFUSE(n_hidden, 1000, L2OSR_ERANGE);
    REFUSE(activation, (l2osr_activation)3, L2OSR_EINVAL);
    REFUSE(start, (l2osr_start)3, L2OSR_EINVAL);
    REFUSE(struct_size, 0, L2OSR_EINVAL);
    char images_path[512], labels_path[512];
    test_tmp_path(images_path, sizeof images_path, "images");
    test_tmp_path(labels_path, sizeof labels_path, "labels");
    FILE *file = fopen(images_path, "wb");
    fwrite(images, 1, sizeof images, file);
    fclose(file);
    file = fopen(labels_path, "wb");
    fwrite("\0\0\x08\1\0\0\0\1\3", 1, 9, file);
    fclose(file);
    ck_ok(l2osr_dataset_load(&other, ctx, images_path, labels_path), ctx);
    REFUSE(test, other, L2OSR_EINVAL);
#undef REFUSE
    l2osr_mlp_options options = small();
    l2osr_task *task;
    options.hidden = large;
    ck_assert_int_ne(l2osr_task_mlp(&task, ctx, set, &options), L2OSR_OK);
    l2osr_dataset_free(other);
    l2osr_dataset_free(set);
    l2osr_context_free(ctx);
}
END_TEST

TCase *mlp_tests(void) {
    TCase *tcase = tcase_create("mlp");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, derivatives_are_right);
    tcase_add_test(tcase, hessians_are_symmetric);
    tcase_add_test(tcase, groups_are_named);
    tcase_add_test(tcase, starts_as_asked);
    tcase_add_test(tcase, accuracy_counts_right_answers);
    tcase_add_test(tcase, cross_entropy_is_stable);
    tcase_add_test(tcase, runs_on_several_threads);
    tcase_add_test(tcase, steady_state_does_not_allocate);
    tcase_add_test(tcase, rejects_bad_arguments);
    return tcase;
}
