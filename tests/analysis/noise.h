/* SPDX-License-Identifier: MIT */
/** @file noise.h Samples that the tests of this room measure on. */
#ifndef TESTS_ANALYSIS_NOISE_H
#define TESTS_ANALYSIS_NOISE_H

#include "support.h"

/** Features a, b and g of normally distributed numbers with deviations 1, 2 and 0.5; target 0. */
l2osr_samples *make_noise(l2osr_context *ctx, size_t trajectories, size_t steps);

l2osr_mapping *map_equation(l2osr_context *ctx, const char *text);

/** A table whose columns w0 .. w(length - 1) are the last steps of feature g, and its window, of
 * at most 64. */
l2osr_samples *make_windows(l2osr_context *ctx, l2osr_samples *series, const char *window,
                            size_t length);

/** Results of 1, 2 and 4 threads: up to n numbers, the rest stays 0; all must be the same bits. */
void compare_threads(void (*body)(l2osr_context *ctx, double *results, size_t n));

#endif
