/* SPDX-License-Identifier: MIT */
/** @file training.h What the tests of meta-training share: a small model on a small noisy
 * quadratic. */
#ifndef TESTS_META_TRAINING_H
#define TESTS_META_TRAINING_H

#include "l2osr.h"

enum { DIM = 150, WEIGHTS = 446 };

/** 24 meta-steps of 10 steps, 4 in an episode; 8 imitate. */
l2osr_meta_options small_options(void);

/** The same with a curriculum, imitation in between, two teachers that take two steps at a time,
 * random units and two tasks of different size. What it needs lives in `all`. */
struct everything {
    l2osr_rule *teachers[2];
    l2osr_task *tasks[2];
    l2osr_meta_task mixture[2];
    l2osr_meta_options options;
};
l2osr_status open_everything(struct everything *all, l2osr_context *ctx);
void close_everything(struct everything *all);

/** Trains a new model, which the caller frees, on the quadratic, or on those of the options. */
l2osr_status train(l2osr_context *ctx, l2osr_model **model, const l2osr_meta_options *o,
                   l2osr_meta_report *report);

/** 1 + x^2 in one dimension from x = 1, or what `kind` says. */
struct parabola {
    size_t starts; /* counted */
    enum { GOOD, NAN_AT_STEP_3, NEGATIVE } kind;
};
l2osr_task *parabola_task(l2osr_context *ctx, struct parabola *parabola);

#endif
