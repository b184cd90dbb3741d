/* SPDX-License-Identifier: MIT */
/** @file episode.h One run of an optimizer on a task from a fresh start: the unit of evaluation and
 * validation. */
#ifndef L2OSR_META_EPISODE_H
#define L2OSR_META_EPISODE_H

#include <stdbool.h>

#include "l2osr/model.h"
#include "l2osr/task.h"

/** Why something diverged: the message, cut off if it is long; empty when nothing did. */
typedef struct l2osr__reason {
    char text[200];
} l2osr__reason;

/** Keeps the context's message, which is the reason. */
void l2osr__reason_keep(l2osr__reason *reason, const l2osr_context *ctx);

/** What to run; several may run at the same time if the task is concurrent. */
typedef struct l2osr__episode {
    l2osr_task *task;
    l2osr_rule *rule;   /* or NULL, when it is a */
    l2osr_model *model; /* that steps */
    double lr;          /* 0: the default */
    uint64_t seed;      /* of the starting point and of the minibatches */
    size_t steps;
    double *metrics; /* receives the task's metric on the way and at the end; NULL: not wanted */
    size_t metric_every; /* steps from one to the next; 0: at the end alone */
    l2osr__reason *why;  /* receives why it diverged, of several runs the first; NULL: likewise */
} l2osr__episode;

/** Metrics of a run: one after every metric_every steps, and one at the end if none was then. */
size_t l2osr__episode_metrics(size_t steps, size_t metric_every);

/**
 * Runs it. losses[steps] receives the minibatch loss before each step. When the task returns
 * something that is not finite, the rest of the losses is infinite, the rest of the metrics NaN,
 * and the run counts as done. Metrics of a task that has none are NaN, and so are those of
 * parameters that are not finite.
 */
l2osr_status l2osr__episode_run(l2osr_context *ctx, const l2osr__episode *episode, double *losses);

/** What optimizers are chosen by: the mean loss over the last three quarters of an episode. */
double l2osr__episode_score(const double *losses, size_t steps);

/** Makes a stepper for a task around a rule or a model (the other is NULL). */
l2osr_status l2osr__stepper_for(l2osr_stepper **out, l2osr_context *ctx, const l2osr_task *task,
                                l2osr_rule *rule, l2osr_model *model, l2osr_dtype precision);

/** What a run is judged by, from its losses[steps]. */
typedef struct l2osr__score {
    l2osr_status (*fn)(const void *arg, const double *losses, size_t steps, double *score);
    const void *arg;
} l2osr__score;

/**
 * Mean score of `runs` episodes with seeds derived from episode->seed; infinite when one diverges.
 * Runs side by side when the task allows.
 * @param score NULL: l2osr__episode_score()
 */
l2osr_status l2osr__validate(l2osr_context *ctx, const l2osr__episode *episode, size_t runs,
                             const l2osr__score *score, double *loss);

/** Whether runs on a task go side by side in l2osr__task_loop(). */
bool l2osr__task_runs_abreast(const l2osr_task *task);

/** A parallel loop, or a plain one where the task's callbacks must not overlap or it is large. */
l2osr_status l2osr__task_loop(l2osr_context *ctx, const l2osr_task *task, size_t n,
                              l2osr_status (*fn)(void *arg, size_t index), void *arg);

#endif
