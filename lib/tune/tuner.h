/* SPDX-License-Identifier: MIT */
/** @file tuner.h What a tuner is made of: for what tunes and for what only looks. */
#ifndef L2OSR_TUNE_TUNER_H
#define L2OSR_TUNE_TUNER_H

#include "l2osr/tune.h"
#include "meta/trainer.h"
#include "tune/learner_rule.h"

struct l2osr_tuner {
    l2osr_context *ctx;
    l2osr_tuner_options options;
    l2osr_task *task, *validation; /* either may be NULL */
    l2osr_meta_task *tasks;        /* copies of the caller's lists */
    size_t *horizons;
    char *checkpoint;       /* likewise */
    double *window_weights; /* [unroll + 1], or NULL: all 1 */
    l2osr__rule_learner learner;
    double *numbers; /* [learner.base.size]: receives what a run comes to */
    l2osr_rule *pruned;
    size_t bytes;  /* at the peak of a run */
    uint64_t runs; /* ended */
    double first_loss, best_loss;
    l2osr_meta_report report;
};

#endif
