/* SPDX-License-Identifier: MIT */
/**
 * @file evolution.h
 * Antithetic evolution strategy: the derivative of a whole episode's loss, estimated from pairs of
 * runs with parameters theta + sigma e and theta - sigma e from the same start on the same
 * minibatches (Salimans et al., arXiv 1703.03864; Metz et al., ICML 2019). It sees what a truncated
 * first-order gradient does not: the effect of a step on later gradients, and everything beyond the
 * window.
 */
#ifndef L2OSR_TUNE_EVOLUTION_H
#define L2OSR_TUNE_EVOLUTION_H

#include "l2osr/task.h"
#include "tune/params.h"

typedef struct l2osr__evolution {
    l2osr_context *ctx;
    l2osr_task *task;
    const l2osr_rule *start;
    l2osr__params *params;
    size_t steps;   /* of an episode */
    double *noise;  /* [pairs][count] */
    double *losses; /* [2 pairs][steps] */
    double *scores; /* [2 pairs] */
    uint64_t seed;  /* of the current estimate */
} l2osr__evolution;

l2osr_status l2osr__evolution_init(l2osr__evolution *evolution, l2osr_context *ctx,
                                   l2osr_task *task, const l2osr_rule *start, l2osr__params *params,
                                   size_t steps);
void l2osr__evolution_clear(l2osr__evolution *evolution);

/** Fills params->gradient with an estimate at params->theta. A function of `seed`, for any number
 * of threads. */
l2osr_status l2osr__evolution_gradient(l2osr__evolution *evolution, uint64_t seed);

#endif
