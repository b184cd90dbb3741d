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

int main(void) {
    Suite *suite = suite_create("task");
    suite_add_tcase(suite, callback_tests());
    suite_add_tcase(suite, draw_tests());
    suite_add_tcase(suite, builtin_tests());
    suite_add_tcase(suite, mlp_tests());
    suite_add_tcase(suite, cnn_tests());
    suite_add_tcase(suite, resnet_tests());
    suite_add_tcase(suite, memory_tests());
    return test_main(&suite, 1);
}
