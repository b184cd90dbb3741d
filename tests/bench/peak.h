/* SPDX-License-Identifier: MIT */
/** @file peak.h What the benchmarks of numerical models share: how fast they could be. */
#ifndef TESTS_BENCH_PEAK_H
#define TESTS_BENCH_PEAK_H

#include "bench.h"
#include "l2osr.h"

/** Where BLAS has threads of its own, it uses them no more: ratios are those of one core. */
void single_threaded_blas(void);

/**
 * Operations a second of a matrix product on one thread. To be measured again for each subject, as
 * the clock may vary.
 */
double speed_of_sgemm(const struct bench *bench);

/** Multiplications and additions with the weights, per parameter and step; activations come on
 * top. */
double operations(const l2osr_model *model);

#endif
