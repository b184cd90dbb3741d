/* SPDX-License-Identifier: MIT */
/** @file tests.h The suites of the sr room, and samples they share. */
#ifndef TESTS_SR_TESTS_H
#define TESTS_SR_TESTS_H

#include "support.h"

#include <stdbool.h>

Suite *suite_search(void);
Suite *suite_limits(void);
Suite *suite_pysr(void);
Suite *suite_front(void);
Suite *suite_resume(void);
Suite *suite_windows(void);
TCase *measure_tests(void);
TCase *tree_tests(void);
TCase *terms_tests(void);
TCase *linear_tests(void);
TCase *cache_tests(void);
TCase *score_tests(void);
TCase *memory_column_tests(void);
TCase *fit_tests(void);
TCase *grammar_tests(void);
TCase *options_tests(void);
TCase *degenerate_tests(void);
TCase *function_tests(void);
TCase *rows_tests(void);

/** A table of normally distributed x0, x1, x2 and the target 2 x0 - x1^2 + 0.5. */
l2osr_samples *make_table(l2osr_context *ctx, size_t rows);

/** 12 trajectories of 60 steps of a and b; the target is -0.7 a[2] + 0.3 ema(b, 0.8). */
l2osr_samples *make_series(l2osr_context *ctx);

/** Runs a search with these options and returns its front. */
l2osr_front *search_front(l2osr_context *ctx, const l2osr_samples *samples,
                          const l2osr_sr_options *options);

/** A context with so many threads and seed 1. */
l2osr_context *context_with_threads(unsigned threads);

/** A front of these texts. */
l2osr_front *front_of_texts(l2osr_context *ctx, const char *const *texts, size_t n);

/** Fails the test unless two fronts have the same formulas, and, with `figures`, the same bits. */
void check_same_front(const l2osr_front *one, const l2osr_front *other, bool figures);

/** Runs something with an allocator that fails the first time, the second time, ... until it goes
 * through; returns how often it failed. */
long fail_every_allocation(l2osr_status (*run)(l2osr_context *ctx, void *user), void *user);

#endif
