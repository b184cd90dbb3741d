/* SPDX-License-Identifier: MIT */
/** @file tables.h What bench_models found out, and the tables of it. */
#ifndef TESTS_BENCH_MODELS_TABLES_H
#define TESTS_BENCH_MODELS_TABLES_H

#include "bench.h"
#include "common.h"
#include "recipes.h"

enum { COLUMNS = GOALS /* steps at which losses are measured: 200 and 600 */ };
enum { MAX_SEEDS = MAX_OPTIMIZERS };

/** The models of one recipe by meta-seed, and the figures that a comparison does not have. */
struct outcome {
    const struct recipe *recipe;
    struct contestant lines[MAX_SEEDS];
    char names[MAX_SEEDS][24];
    double meta_steps, seconds; /* of the slowest */
};

/** What was finished. */
struct results {
    size_t n, n_classics; /* 0 classics: they were left out */
    struct outcome *outcomes;
    struct contestant classics[CLASSICS];
};

/**
 * Adds the tables: losses and accuracy, means over the meta-seeds; the worst and the best of
 * several; how long training took.
 * @param seeds meta-seeds of each recipe
 */
void report_results(struct bench *bench, const struct results *results, const struct comparison *c,
                    size_t seeds);

#endif
