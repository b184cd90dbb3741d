/* SPDX-License-Identifier: MIT */
/**
 * @file island.h
 * A population that evolves by itself for an epoch. What it does depends on its number, the epoch
 * and the hall it was shown, on nothing else: islands may run on any thread in any order.
 */
#ifndef L2OSR_SR_ISLAND_H
#define L2OSR_SR_ISLAND_H

#include "sr/hall.h"
#include "sr/mutate.h"
#include "sr/score.h"

/** What all islands of a search share. */
typedef struct l2osr__world {
    l2osr_context *ctx;
    l2osr_sr_options options; /* with defaults filled in, and 0 for what is off */
    double mutations[L2OSR__MUTATIONS];
    l2osr__grammar grammar;
    int32_t largest; /* complexity allowed by now */
    size_t pool;     /* terms to choose from: options.pool, unless the budget is small */
    const l2osr__table *table;
    double mean, variance; /* of the target, on the rows of the table */
    uint64_t seed;
    uint64_t epoch_evaluations; /* of one island */
    double deadline;            /* by l2osr__now(); 0: none */
    l2osr__hall hall;           /* what the epochs so far have found; read-only during an epoch */
    l2osr__hall proven;         /* what of that holds on rows kept apart */
} l2osr__world;

typedef struct l2osr__island {
    const l2osr__world *world;
    uint32_t number;
    l2osr__rng rng;
    l2osr__scorer scorer;
    l2osr__member *members; /* a ring: the next to be replaced is the oldest */
    uint32_t count, oldest;
    uint32_t frequency[L2OSR__SIZE_LIMIT + 1], frequency_sum; /* of complexities lately */
    uint64_t evaluations, limit;                              /* of this epoch */
    l2osr__hall *found, *proven;                              /* of this epoch */
} l2osr__island;

/** Clear `island` even after a failure. */
l2osr_status l2osr__island_init(l2osr__island *island, const l2osr__world *world, uint32_t number);
void l2osr__island_clear(l2osr__island *island);

/** Runs epoch `epoch`; the first one seeds the population. Ends early when the work is canceled or
 * late. */
l2osr_status l2osr__island_epoch(l2osr__island *island, uint64_t epoch);

/** Whether the search is canceled, or out of time. */
bool l2osr__island_late(const l2osr__island *island);

/** Whether the epoch should end now. */
bool l2osr__island_over(const l2osr__island *island);

/** An epoch that only fits this island's share of the common front on all rows. */
void l2osr__island_polish(l2osr__island *island);

/**
 * Simplifies, fits by up to `fit` steps, scores and keeps a tree in population and hall; it is
 * changed accordingly.
 * @return false when it is too large or hopeless
 */
bool l2osr__island_add(l2osr__island *island, l2osr__tree *tree, unsigned fit);

/** Fills the population: sums chosen from a pool of terms, sums grown term by term, random trees.
 */
l2osr_status l2osr__island_seed(l2osr__island *island);

/** The same once more: from a new pool, on top of a formula of the front or inside a function. */
l2osr_status l2osr__island_refresh(l2osr__island *island);

/**
 * Chooses sums from a pool of random terms by greedy least squares: each time the term that
 * explains most, for its complexity; every sum on the way becomes a member.
 * @param base NULL, or a formula whose terms are there to begin with
 * @param link function that the sum is put into, L2OSR__OP_VAR for none
 */
l2osr_status l2osr__island_choose(l2osr__island *island, const l2osr__tree *base,
                                  l2osr__opcode link);

#endif
