/* SPDX-License-Identifier: MIT */
/** @file tuning.h What the tests of the tuner share: short tunings on small tasks. */
#ifndef TESTS_TUNE_TUNING_H
#define TESTS_TUNE_TUNING_H

#include "meter.h"
#include "support.h"

/** A way to find derivatives; loop tests run once for each of ESTIMATORS. */
enum { ESTIMATORS = 4 };
l2osr_meta_estimator estimator_of(int index);

/** Some 60 meta-steps of it, on episodes of 40 steps. */
l2osr_tuner_options small_options(int estimator);

/** A noisy quadratic in 40 dimensions. */
l2osr_task *small_quadratic(l2osr_context *ctx);

/** A network of one hidden layer on some synthetic digits: groups are a matrix, a vector, a matrix,
 * a vector. The caller frees *digits after the task. */
l2osr_task *small_network(l2osr_context *ctx, l2osr_dataset **digits);

/** What a tuning came to. */
struct tuning {
    l2osr_rule *rule;
    double first, best;
    l2osr_meta_report report;
};

/** Tunes a rule given as text; the caller frees the rule that comes out. */
struct tuning tune(l2osr_context *ctx, const char *text, l2osr_task *task,
                   const l2osr_tuner_options *o);

/** A task with *n parameters that takes no memory. `n` must stay. */
l2osr_task *plain_task(l2osr_context *ctx, size_t *n);

/** Adam with all that can be tuned marked. */
extern const char adam_text[];

#endif
