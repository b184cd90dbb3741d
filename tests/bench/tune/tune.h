/* SPDX-License-Identifier: MIT */
/** @file tune.h The parts of bench_tune. A failure ends the program with a line. */
#ifndef TESTS_BENCH_TUNE_H
#define TESTS_BENCH_TUNE_H

#include "../bench.h"
#include "tune/gradient.h"

/** Nanoseconds a coordinate and step, of derivatives and of steps. */
void bench_gradient(struct bench *bench);

/** Seconds and memory of a meta-step on large tasks, beside what it cannot do without. */
void bench_large_tuning(struct bench *bench);

/* ---- what they share ---- */

/** The distilled rule of the pipeline. */
extern const char distilled[];

/** A rule on a task, with what a window and its derivatives need. */
struct tuning {
    l2osr_rule *rule;
    l2osr__unroll *unroll;
    l2osr__rule_gradient gradient;
};

/** Opens it for windows of UNROLL steps (meta.h); an episode has begun. */
void tuning_open(struct tuning *t, l2osr_context *ctx, l2osr_task *task, const char *rule,
                 bool half);
void tuning_close(struct tuning *t);

/** A window's derivatives; a work for bench_time() too. */
void run_gradient(void *tuning);

#endif
