/* SPDX-License-Identifier: MIT */
/** @file steps.h What the benchmarks of steps share. A failure ends the program with a line. */
#ifndef TESTS_BENCH_STEPS_H
#define TESTS_BENCH_STEPS_H

#include <stddef.h>

#include "l2osr.h"

void must(l2osr_status status);

/** A context with so many threads. */
l2osr_context *context_of(unsigned threads);

/** Small multiples of a value; free(). */
float *numbers(size_t n, float value);

/** Parameters, gradients, and what steps. */
struct engine {
    float *x, *g;
    l2osr_stepper *stepper;
};

/** A step of the `struct engine` that is `user`, for bench_time(). */
void run_engine(void *user);

#endif
