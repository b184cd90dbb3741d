/* SPDX-License-Identifier: MIT */
/** @file tests.h The test cases of the task room, and what they share. */
#ifndef TESTS_TASK_TESTS_H
#define TESTS_TASK_TESTS_H

#include "support.h"

TCase *callback_tests(void);
TCase *draw_tests(void);
TCase *builtin_tests(void);
TCase *instances_tests(void);
TCase *compose_tests(void);
TCase *changes_tests(void);
TCase *mlp_tests(void);
TCase *cnn_tests(void);
TCase *resnet_tests(void);
TCase *memory_tests(void);

/** Compares the gradient at x[dim] with differences of the loss, in up to 200 coordinates. */
void check_gradient(l2osr_context *ctx, l2osr_task *task, double *x);

/** Compares the Hessian-vector product at x with differences of the gradient along some v. */
void check_hvp(l2osr_context *ctx, l2osr_task *task, const double *x);

/** Compares f32 with f64: the loss, and the gradient to `tolerance` times its largest entry. */
void check_f32(l2osr_context *ctx, l2osr_task *task, const double *x, double tolerance);

#endif
