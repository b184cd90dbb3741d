/* SPDX-License-Identifier: MIT */
#include "tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const l2osr_draw draw = {3, 5};

static void check_all(l2osr_context *ctx, l2osr_task *task) {
    double x[64], again[64];
    ck_ok(l2osr_task_init(task, 1, x), ctx);
    ck_ok(l2osr_task_init(task, 1, again), ctx);
    ck_assert_mem_eq(x, again, l2osr_task_dim(task) * sizeof *x);
    ck_ok(l2osr_task_init(task, 2, again), ctx);
    ck_assert_mem_ne(x, again, l2osr_task_dim(task) * sizeof *x);
    check_gradient(ctx, task, x);
    check_f32(ctx, task, x, 1e-5);
    check_hvp(ctx, task, x);
    ck_assert_str_eq(l2osr_task_group(task, 0)->name, "x");
    l2osr_task_free(task);
}

START_TEST(derivatives_are_right) {
    l2osr_context *ctx = test_context();
    static const size_t dims[] = {1, 2, 3, 10, 64};
    l2osr_task *task;
    for (size_t i = 0; i < sizeof dims / sizeof *dims; i++) {
        ck_ok(l2osr_task_quadratic(&task, ctx, dims[i], 100, 0, 4), ctx);
        check_all(ctx, task);
        ck_ok(l2osr_task_quadratic(&task, ctx, dims[i], 1, 0.5, 4), ctx);
        check_all(ctx, task);
        if (dims[i] >= 2) {
            ck_ok(l2osr_task_rosenbrock(&task, ctx, dims[i]), ctx);
            check_all(ctx, task);
        }
    }
    l2osr_context_free(ctx);
}
END_TEST

/* The matrix is symmetric, full, and has the eigenvalues (by their sum and sum of squares). */
START_TEST(quadratic_has_its_spectrum) {
    enum { N = 11 };
    l2osr_context *ctx = test_context();
    l2osr_task *task;
    double a[N][N], e[N] = {0}, trace = 0, square = 0, sum = 0, sum2 = 0;
    ck_ok(l2osr_task_quadratic(&task, ctx, N, 1e4, 0, 4), ctx);
    for (size_t i = 0; i < N; i++) {
        e[i] = 1;
        ck_ok(l2osr_task_hvp(task, &draw, e, e, a[i]), ctx);
        e[i] = 0;
        double eigenvalue = pow(1e4, -(double)i / (N - 1));
        sum += eigenvalue;
        sum2 += eigenvalue * eigenvalue;
    }
    for (size_t i = 0; i < N; i++) {
        trace += a[i][i];
        for (size_t j = 0; j < N; j++) {
            square += a[i][j] * a[i][j];
            ck_assert_double_eq_tol(a[i][j], a[j][i], 1e-14);
            ck_assert_double_gt(fabs(a[i][j]), 1e-7);
        }
    }
    ck_assert_double_eq_tol(trace, sum, 1e-13);
    ck_assert_double_eq_tol(square, sum2, 1e-13);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(quadratic_has_minimum_zero) {
    l2osr_context *ctx = test_context();
    l2osr_task *task;
    double x[7], grad[7], loss = 1;
    ck_ok(l2osr_task_quadratic(&task, ctx, 7, 5, 0, 4), ctx);
    ck_ok(l2osr_task_init(task, 1, x), ctx);
    for (int t = 0; t < 200; t++) {
        ck_ok(l2osr_task_loss_grad(task, &draw, x, &loss, grad), ctx);
        for (size_t i = 0; i < 7; i++)
            x[i] -= grad[i];
    }
    ck_assert_double_eq_tol(loss, 0, 1e-25);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(quadratic_noise_belongs_to_the_draw) {
    enum { N = 2000 };
    l2osr_context *ctx = test_context();
    l2osr_task *quiet, *noisy;
    double *x = malloc(4 * N * sizeof *x), *clean = x + N, *first = clean + N, *second = first + N;
    double loss, square = 0;
    ck_ok(l2osr_task_quadratic(&quiet, ctx, N, 10, 0, 4), ctx);
    ck_ok(l2osr_task_quadratic(&noisy, ctx, N, 10, 0.3, 4), ctx);
    ck_ok(l2osr_task_init(quiet, 1, x), ctx);
    ck_ok(l2osr_task_loss_grad(quiet, &draw, x, &loss, clean), ctx);
    ck_ok(l2osr_task_loss_grad(noisy, &draw, x, &loss, first), ctx);
    ck_ok(l2osr_task_loss_grad(noisy, &draw, x, &loss, second), ctx);
    ck_assert_mem_eq(first, second, N * sizeof *first);
    for (size_t i = 0; i < N; i++)
        square += (first[i] - clean[i]) * (first[i] - clean[i]) / N;
    ck_assert_double_eq_tol(sqrt(square), 0.3, 0.02);
    ck_ok(l2osr_task_loss_grad(noisy, &(l2osr_draw){3, 6}, x, &loss, second), ctx);
    ck_assert_mem_ne(first, second, N * sizeof *first);
    free(x);
    l2osr_task_free(quiet);
    l2osr_task_free(noisy);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(rosenbrock_has_its_minimum_at_one) {
    l2osr_context *ctx = test_context();
    l2osr_task *task;
    double x[] = {1, 1, 1, 1}, grad[4], loss;
    ck_ok(l2osr_task_rosenbrock(&task, ctx, 4), ctx);
    ck_ok(l2osr_task_loss_grad(task, &draw, x, &loss, grad), ctx);
    ck_assert_double_eq(loss, 0);
    for (size_t i = 0; i < 4; i++)
        ck_assert_double_eq(grad[i], 0);
    ck_ok(l2osr_task_init(task, 1, x), ctx);
    ck_assert_double_eq_tol(x[0], -1.2, 0.5);
    ck_assert_double_eq_tol(x[1], 1, 0.5);
    x[2] = 1e200;
    ck_assert_int_eq(l2osr_task_loss_grad(task, &draw, x, &loss, grad), L2OSR_ENONFINITE);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(rejects_bad_arguments) {
    l2osr_context *ctx = test_context();
    l2osr_task *task;
    static const double bad[] = {0.5, -1, (double)NAN, (double)INFINITY};
    ck_assert_int_eq(l2osr_task_rosenbrock(&task, ctx, 1), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_task_rosenbrock(&task, ctx, SIZE_MAX), L2OSR_ERANGE);
    ck_assert_int_eq(l2osr_task_quadratic(&task, ctx, 0, 1, 0, 1), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_task_quadratic(&task, ctx, SIZE_MAX, 1, 0, 1), L2OSR_ERANGE);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(l2osr_task_quadratic(&task, ctx, 2, bad[i], 0, 1), L2OSR_EINVAL);
    for (size_t i = 1; i < 4; i++)
        ck_assert_int_eq(l2osr_task_quadratic(&task, ctx, 2, 1, bad[i], 1), L2OSR_EINVAL);
    ck_assert_ptr_null(task);
    l2osr_context_free(ctx);
}
END_TEST

TCase *builtin_tests(void) {
    TCase *tcase = tcase_create("builtin");
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, derivatives_are_right);
    tcase_add_test(tcase, quadratic_has_its_spectrum);
    tcase_add_test(tcase, quadratic_has_minimum_zero);
    tcase_add_test(tcase, quadratic_noise_belongs_to_the_draw);
    tcase_add_test(tcase, rosenbrock_has_its_minimum_at_one);
    tcase_add_test(tcase, rejects_bad_arguments);
    return tcase;
}
