/* SPDX-License-Identifier: MIT */
/**
 * @file sanity.h
 * The paper's sanity checks of symbolic regression: functions of 20 normally distributed lags
 * g0 .. g19, which a search has to find again.
 */
#ifndef EXAMPLES_PAPER_SANITY_H
#define EXAMPLES_PAPER_SANITY_H

#include "l2osr.h"

enum { SANITY_LAGS = 20, SANITY_ROWS = 10000, SANITY_TARGETS = 5 };

struct sanity_target {
    const char *name, *formula;
    double (*value)(const double *g);
    const char *operators; /**< NULL: the paper's will do */
    unsigned nodes;        /**< enough for the formula with these operators */
    double paper_r2, paper_seconds;
    const char *paper_recovered;
};

extern const struct sanity_target sanity_targets[SANITY_TARGETS];

/** What SANITY_ROWS rows of a target were drawn into: half to search on, half held out. */
struct sanity_data {
    l2osr_samples *train, *test;
};

/** Draws the rows; the lags are declared to be the window g. Free both parts. */
l2osr_status sanity_draw(struct sanity_data *out, l2osr_context *ctx,
                         const struct sanity_target *target, uint64_t seed);

#endif
