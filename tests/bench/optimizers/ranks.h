/* SPDX-License-Identifier: MIT */
/** @file ranks.h Means over seeds, and places by them. */
#ifndef TESTS_BENCH_OPTIMIZERS_RANKS_H
#define TESTS_BENCH_OPTIMIZERS_RANKS_H

#include "optimizers.h"

/** Places from 1 on; NAN for those that do not take part. */
struct ranks {
    double at[MAX_PROBLEMS][MAX_ENTRANTS][HORIZONS];
};

/** Mean loss over the seeds of the tables. */
struct mean mean_loss(const struct setup *s, const struct choice *choice, size_t problem,
                      size_t entrant, size_t horizon);

/**
 * Ranks the entrants by their mean losses.
 * @param better of each baseline only the variant that is better there takes part
 */
void rank_entrants(const struct setup *s, const struct choice *choice, bool better,
                   struct ranks *ranks);

#endif
