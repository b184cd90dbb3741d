/* SPDX-License-Identifier: MIT */
/* The means over instances: derivatives, and that each is the function that it should be. */
#include "tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const l2osr_draw draw = {3, 5};
static const double PI = 3.14159265358979323846;

typedef l2osr_status maker(l2osr_task **out, l2osr_context *ctx, size_t instances, size_t dim,
                           uint64_t seed);

static l2osr_status lasso(l2osr_task **out, l2osr_context *ctx, size_t instances, size_t dim,
                          uint64_t seed) {
    return l2osr_task_lasso(out, ctx, instances, dim, 0.005, seed);
}

static maker *const makers[] = {l2osr_task_least_squares, lasso, l2osr_task_rastrigin,
                                l2osr_task_square_cos};
enum { MAKERS = sizeof makers / sizeof *makers };

static l2osr_task *make(l2osr_context *ctx, maker *family, size_t instances, size_t dim,
                        uint64_t seed) {
    l2osr_task *task;
    ck_ok(family(&task, ctx, instances, dim, seed), ctx);
    return task;
}

static double loss_at(l2osr_context *ctx, l2osr_task *task, const double *x) {
    double loss;
    ck_ok(l2osr_task_loss_grad(task, &draw, x, &loss, NULL), ctx);
    return loss;
}

START_TEST(derivatives_are_right) {
    static const size_t sizes[][2] = {{1, 1}, {1, 5}, {7, 2}, {128, 2}, {20, 10}};
    l2osr_context *ctx = test_context();
    for (size_t f = 0; f < MAKERS; f++)
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            const size_t n = sizes[k][0] * sizes[k][1];
            l2osr_task *task = make(ctx, makers[f], sizes[k][0], sizes[k][1], 4);
            double *x = malloc(n * sizeof *x);
            ck_assert_uint_eq(l2osr_task_dim(task), n);
            ck_ok(l2osr_task_init(task, 1, x), ctx);
            for (size_t i = 0; i < n; i++) /* no difference goes across the corner of |x| */
                x[i] += copysign(1e-3, x[i]);
            check_gradient(ctx, task, x);
            check_f32(ctx, task, x, 1e-5);
            check_hvp(ctx, task, x);
            free(x);
            l2osr_task_free(task);
        }
    l2osr_context_free(ctx);
}
END_TEST

/* Mean and deviation of n numbers are near what they should be. */
static void check_moments(size_t n, const double *x, double mean, double deviation) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (x[i] - sum) * (x[i] - sum) / (double)n;
    ck_assert_double_eq_tol(sum, mean, 5 * deviation / sqrt((double)n));
    ck_assert_double_eq_tol(sqrt(squares), deviation, 0.1 * deviation);
}

START_TEST(starts_are_those_of_the_source) {
    enum { N = 2000 };
    static const double deviations[MAKERS] = {0.01, 0.01, 1, 0.01};
    l2osr_context *ctx = test_context();
    double *x = malloc(N * sizeof *x);
    for (size_t f = 0; f < MAKERS; f++) {
        l2osr_task *task = make(ctx, makers[f], N / 2, 2, 4);
        ck_ok(l2osr_task_init(task, 1, x), ctx);
        check_moments(N, x, 0, deviations[f]);
        l2osr_task_free(task);
    }
    free(x);
    l2osr_context_free(ctx);
}
END_TEST

/* At dim 1 an instance is weight (w x - y)^2: the curvature is 2 weight w^2, the slope at 0 is -2
 * weight w y. So all w and y come out, and their moments tell the distribution. */
static void check_numbers(l2osr_context *ctx, maker *family, double weight, double mean,
                          double deviation) {
    enum { N = 4000 };
    l2osr_task *task = make(ctx, family, N, 1, 4);
    double *v = calloc(4 * N, sizeof *v), *zero = v + N, *hv = zero + N, *grad = hv + N, loss;
    for (size_t i = 0; i < N; i++)
        v[i] = 1;
    ck_ok(l2osr_task_hvp(task, &draw, zero, v, hv), ctx);
    ck_ok(l2osr_task_loss_grad(task, &draw, zero, &loss, grad), ctx);
    double expected = 0;
    for (size_t i = 0; i < N; i++) {
        const double w = sqrt(hv[i] * N / (2 * weight)), y = -grad[i] * N / (2 * weight) / w;
        v[i] = w;
        zero[i] = y;
        expected += weight * y * y / N;
    }
    check_moments(N, v, mean, deviation);
    check_moments(N, zero, mean, deviation);
    ck_assert_double_eq_tol(loss, expected, 1e-12);
    free(v);
    l2osr_task_free(task);
}

START_TEST(numbers_are_uniform) {
    l2osr_context *ctx = test_context();
    check_numbers(ctx, l2osr_task_least_squares, 1, 0.5, sqrt(1 / 12.0));
    check_numbers(ctx, lasso, 0.5, 0.5, sqrt(1 / 12.0));
    l2osr_context_free(ctx);
}
END_TEST

/* The Hessian of an instance is 2 W'W, and instances do not touch one another. */
START_TEST(instances_are_apart) {
    l2osr_context *ctx = test_context();
    l2osr_task *task = make(ctx, l2osr_task_least_squares, 3, 2, 4);
    double h[6][6], e[6] = {0}, zero[6] = {0};
    for (size_t i = 0; i < 6; i++) {
        e[i] = 1;
        ck_ok(l2osr_task_hvp(task, &draw, zero, e, h[i]), ctx);
        e[i] = 0;
    }
    for (size_t i = 0; i < 6; i++)
        for (size_t j = 0; j < 6; j++) {
            ck_assert_double_eq_tol(h[i][j], h[j][i], 1e-15);
            if (i / 2 == j / 2)
                ck_assert_double_gt(h[i][j], 1e-6);
            else
                ck_assert_double_eq(h[i][j], 0);
        }
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(lasso_adds_a_penalty) {
    enum { INSTANCES = 4, DIM = 3, N = INSTANCES * DIM };
    l2osr_context *ctx = test_context();
    double x[N], plain[N], penalised[N], loss, sum = 0;
    l2osr_task *without, *with;
    ck_ok(l2osr_task_lasso(&without, ctx, INSTANCES, DIM, 0, 4), ctx);
    ck_ok(l2osr_task_lasso(&with, ctx, INSTANCES, DIM, 0.25, 4), ctx);
    ck_ok(l2osr_task_init(with, 1, x), ctx);
    x[5] = 0;
    ck_ok(l2osr_task_loss_grad(without, &draw, x, &loss, plain), ctx);
    ck_ok(l2osr_task_loss_grad(with, &draw, x, &loss, penalised), ctx);
    for (size_t i = 0; i < N; i++) {
        sum += fabs(x[i]);
        ck_assert_double_eq_tol(penalised[i] - plain[i],
                                (x[i] > 0   ? 0.25
                                 : x[i] < 0 ? -0.25
                                            : 0) /
                                    INSTANCES,
                                1e-15);
    }
    ck_assert_double_eq_tol(loss - loss_at(ctx, without, x), 0.25 * sum / INSTANCES, 1e-14);
    l2osr_task_free(without);
    l2osr_task_free(with);
    l2osr_context_free(ctx);
}
END_TEST

/*
 * At dim 1: q(x) - 10 c cos(2 pi x) + 10. Between 0 and 1/2 the wave rises by 20 c. Its curvature
 * at 0, where it is 40 pi^2 c more than at 1/4, tells c, and that at 1/4 is the bowl's. Returns c.
 */
static double check_waves(l2osr_context *ctx, l2osr_task *task, double weight) {
    const double one = 1, at[] = {0, 0.25, 0.5, 1};
    double bent, bowl, f[4], slope;
    ck_ok(l2osr_task_hvp(task, &draw, &at[0], &one, &bent), ctx);
    ck_ok(l2osr_task_hvp(task, &draw, &at[1], &one, &bowl), ctx);
    for (size_t i = 0; i < 4; i++)
        f[i] = loss_at(ctx, task, &at[i]);
    ck_ok(l2osr_task_loss_grad(task, &draw, &at[0], f, &slope), ctx);
    const double c = (bent - bowl) / (40 * PI * PI), y = -slope / sqrt(2 * weight * bowl);
    const double tolerance = 1e-7 * (1 + fabs(f[0]) + bowl);
    ck_assert_double_eq_tol(f[2] - f[0], 0.5 * slope + bowl / 8 + 20 * c, tolerance);
    ck_assert_double_eq_tol(f[3] - f[0], slope + bowl / 2, tolerance);
    ck_assert_double_eq_tol(f[0], weight * y * y - 10 * c + 10, tolerance);
    return c;
}

START_TEST(waves_are_as_high_and_long_as_they_should_be) {
    enum { N = 500 };
    l2osr_context *ctx = test_context();
    double c[N];
    for (size_t seed = 0; seed < N; seed++) {
        l2osr_task *task = make(ctx, l2osr_task_rastrigin, 1, 1, seed);
        c[seed] = check_waves(ctx, task, 0.5);
        l2osr_task_free(task);
    }
    check_moments(N, c, 0, 1);
    for (size_t seed = 0; seed < N; seed++) {
        l2osr_task *task = make(ctx, l2osr_task_square_cos, 1, 1, seed);
        c[seed] = check_waves(ctx, task, 1);
        l2osr_task_free(task);
    }
    check_moments(N, c, 0.5, sqrt(1 / 12.0));
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(seeds_decide) {
    l2osr_context *ctx = test_context();
    double x[6] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6};
    for (size_t f = 0; f < MAKERS; f++) {
        l2osr_task *a = make(ctx, makers[f], 3, 2, 4), *b = make(ctx, makers[f], 3, 2, 4),
                   *other = make(ctx, makers[f], 3, 2, 5);
        ck_assert_double_eq(loss_at(ctx, a, x), loss_at(ctx, b, x));
        ck_assert_double_ne(loss_at(ctx, a, x), loss_at(ctx, other, x));
        l2osr_task_free(a);
        l2osr_task_free(b);
        l2osr_task_free(other);
    }
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(rejects_bad_arguments) {
    static const double bad[] = {-1, (double)NAN, (double)INFINITY};
    l2osr_context *ctx = test_context();
    l2osr_task *task;
    for (size_t f = 0; f < MAKERS; f++) {
        ck_assert_int_eq(makers[f](&task, ctx, 0, 2, 1), L2OSR_EINVAL);
        ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "instances"));
        ck_assert_int_eq(makers[f](&task, ctx, 2, 0, 1), L2OSR_EINVAL);
        ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "dim"));
        ck_assert_int_eq(makers[f](&task, ctx, 2, (size_t)1 << 32, 1), L2OSR_ERANGE);
        ck_assert_int_eq(makers[f](&task, ctx, (size_t)1 << 60, 1, 1), L2OSR_ERANGE);
        ck_assert_int_eq(makers[f](NULL, ctx, 2, 2, 1), L2OSR_EINVAL);
    }
    for (size_t i = 0; i < 3; i++)
        ck_assert_int_eq(l2osr_task_lasso(&task, ctx, 2, 2, bad[i], 1), L2OSR_EINVAL);
    ck_assert_ptr_null(task);
    l2osr_context_free(ctx);
}
END_TEST

TCase *instances_tests(void) {
    TCase *tcase = tcase_create("instances");
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, derivatives_are_right);
    tcase_add_test(tcase, starts_are_those_of_the_source);
    tcase_add_test(tcase, numbers_are_uniform);
    tcase_add_test(tcase, instances_are_apart);
    tcase_add_test(tcase, lasso_adds_a_penalty);
    tcase_add_test(tcase, waves_are_as_high_and_long_as_they_should_be);
    tcase_add_test(tcase, seeds_decide);
    tcase_add_test(tcase, rejects_bad_arguments);
    return tcase;
}
