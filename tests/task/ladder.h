/* SPDX-License-Identifier: MIT */
/** @file ladder.h A task to put wrappers around, and the wrappers. */
#ifndef TESTS_TASK_LADDER_H
#define TESTS_TASK_LADDER_H

#include <stdbool.h>

#include "tests.h"

/** Of the task: two groups of the same size. */
enum { HALF = 40, DIM = 2 * HALF };

/** What the callbacks return, and how often they were called. */
typedef struct ladder {
    int result, calls_f32, calls_f64;
} ladder;

/** A bowl whose curvature differs from place to place; starts at seed, seed + 1, ... It has the
 * callbacks of the precisions asked for; with f64 the Hessian-vector product and a metric too. */
l2osr_task *make_ladder(l2osr_context *ctx, ladder *l, bool f32, bool f64);

/** The kinds of wrappers. */
enum { SCALED, REPARAMETERISED, NOISY, PERMUTED, KINDS };

/** A task in a wrapper of that kind. */
l2osr_task *wrap(l2osr_context *ctx, int kind, l2osr_task *inner);

#endif
