/* SPDX-License-Identifier: MIT */
/**
 * @file es.h
 * The gradient of a window's meta-loss by a learner's numbers from losses alone: evolution
 * strategies with antithetic pairs, and persistent evolution strategies (PES; Vicol, Metz and
 * Sohl-Dickstein, "Unbiased Gradient Estimation in Unrolled Computation Graphs with Persistent
 * Evolution Strategies", ICML 2021). See doc/estimators.md.
 */
#ifndef L2OSR_META_ES_H
#define L2OSR_META_ES_H

#include "base/context.h"
#include "meta/learner.h"

/** How to estimate. */
typedef struct l2osr__es_options {
    size_t pairs;    /* of antithetic particles, at least 1 */
    double sigma;    /* standard deviation of the perturbation of a number; positive */
    bool persistent; /* PES: particles live through the episode */
    uint64_t seed;   /* of the perturbations, beside the numbers of episode, window and pair */
} l2osr__es_options;

/** A learner and its particles on their way through episodes. */
typedef struct l2osr__es l2osr__es;

/**
 * Keeps for each particle its parameters, a gradient and state, and a pupil. Begin with a restart.
 * @param learner borrowed
 * @param config of the runs; its `planes` and `window` are not looked at
 * @return #L2OSR_EINVAL for options out of range
 */
l2osr_status l2osr__es_create(l2osr__es **out, const l2osr__learner *learner,
                              const l2osr__unroll_config *config, const l2osr__es_options *options);
void l2osr__es_free(l2osr__es *es);

/** Begins episode `seed`, which is that of l2osr__unroll_restart(), for all particles. */
l2osr_status l2osr__es_restart(l2osr__es *es, uint64_t seed);

/** What a window's losses[steps + 1] come to. Called on several threads. */
typedef struct l2osr__es_loss {
    l2osr_status (*fn)(const void *arg, const double *losses, size_t steps, double *loss);
    const void *arg;
} l2osr__es_loss;

/**
 * Runs a window of `steps` steps and one further loss; writes an estimate of the gradient of the
 * window's meta-loss around numbers[size] to flat[size]. Without `persistent` what the window
 * starts from counts as constant, and a run with the numbers as they are moves on; with it the
 * estimates of an episode's windows add up to the gradient of the whole episode. A pair of which a
 * particle diverges is left out: of the window, with `persistent` until the next restart. Particles
 * run side by side when the task allows. Restart after a failure.
 * @param loss NULL: the sum
 * @return #L2OSR_ENONFINITE when the unperturbed run or all pairs diverged, #L2OSR_ECANCELED,
 * #L2OSR_ECALLBACK
 */
l2osr_status l2osr__es_window(l2osr__es *es, const double *numbers, size_t steps,
                              const l2osr__es_loss *loss, double *flat);

/** Mean of the losses of the latest window: of the unperturbed run, with `persistent` of the
 * particles. */
double l2osr__es_mean_loss(const l2osr__es *es);

/** Pairs that took part in the latest estimate. */
size_t l2osr__es_pairs(const l2osr__es *es);

#endif
