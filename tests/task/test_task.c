/* SPDX-License-Identifier: MIT */
#include "tests.h"

#include <math.h>
#include <stdlib.h>

static const l2osr_draw draw = {3, 5};

static double loss_at(l2osr_context *ctx, l2osr_task *task, const double *x) {
    double loss;
    ck_ok(l2osr_task_loss_grad(task, &draw, x, &loss, NULL), ctx);
    return loss;
}

void check_gradient(l2osr_context *ctx, l2osr_task *task, double *x) {
    size_t n = l2osr_task_dim(task), stride = n / 200 + 1;
    double *grad = malloc(n * sizeof *grad), loss;
    ck_ok(l2osr_task_loss_grad(task, &draw, x, &loss, grad), ctx);
    ck_assert(loss == loss_at(ctx, task, x));
    for (size_t i = 0; i < n; i += stride) {
        double kept = x[i], h = 1e-6 * fmax(1, fabs(kept));
        x[i] = kept + h;
        double above = loss_at(ctx, task, x);
        x[i] = kept - h;
        double below = loss_at(ctx, task, x);
        x[i] = kept;
        double difference = (above - below) / (2 * h);
        double tolerance = 1e-7 * fabs(grad[i]) + 1e-9 * (1 + fabs(loss));
        ck_assert_msg(fabs(difference - grad[i]) <= tolerance, "%s, entry %zu: %.12g, not %.12g",
                      l2osr_task_name(task), i, grad[i], difference);
    }
    free(grad);
}

void check_f32(l2osr_context *ctx, l2osr_task *task, const double *x, double tolerance) {
    size_t n = l2osr_task_dim(task);
    double *wide = malloc(2 * n * sizeof *wide), *grad = wide + n, loss, loss_f32, largest = 0;
    float *narrow = malloc(2 * n * sizeof *narrow), *grad_f32 = narrow + n;
    for (size_t i = 0; i < n; i++) {
        narrow[i] = (float)x[i];
        wide[i] = (double)narrow[i];
    }
    ck_ok(l2osr_task_loss_grad(task, &draw, wide, &loss, grad), ctx);
    ck_ok(l2osr_task_loss_grad_f32(task, &draw, narrow, &loss_f32, grad_f32), ctx);
    ck_assert_double_eq_tol(loss, loss_f32, tolerance * (1 + fabs(loss)));
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs(grad[i]));
    for (size_t i = 0; i < n; i++)
        ck_assert_double_eq_tol(grad[i], (double)grad_f32[i], tolerance * largest);
    free(wide);
    free(narrow);
}

void check_hvp(l2osr_context *ctx, l2osr_task *task, const double *x) {
    const double h = 1e-5;
    size_t n = l2osr_task_dim(task);
    double *v = malloc(5 * n * sizeof *v), *hv = v + n, *at = hv + n, *above = at + n,
           *below = above + n, loss;
    l2osr_random_normal(2, 0, 0, 1, v, n);
    ck_ok(l2osr_task_hvp(task, &draw, x, v, hv), ctx);
    for (size_t i = 0; i < n; i++)
        at[i] = x[i] + h * v[i];
    ck_ok(l2osr_task_loss_grad(task, &draw, at, &loss, above), ctx);
    for (size_t i = 0; i < n; i++)
        at[i] = x[i] - h * v[i];
    ck_ok(l2osr_task_loss_grad(task, &draw, at, &loss, below), ctx);
    for (size_t i = 0; i < n; i++)
        ck_assert_double_eq_tol(hv[i], (above[i] - below[i]) / (2 * h), 1e-6 * (1 + fabs(hv[i])));
    free(v);
}

int main(void) {
    Suite *suite = suite_create("task");
    suite_add_tcase(suite, callback_tests());
    suite_add_tcase(suite, draw_tests());
    suite_add_tcase(suite, builtin_tests());
    suite_add_tcase(suite, instances_tests());
    suite_add_tcase(suite, compose_tests());
    suite_add_tcase(suite, changes_tests());
    suite_add_tcase(suite, mlp_tests());
    suite_add_tcase(suite, cnn_tests());
    suite_add_tcase(suite, resnet_tests());
    suite_add_tcase(suite, memory_tests());
    return test_main(&suite, 1);
}
