/* SPDX-License-Identifier: MIT */
/** @file names.h What lines and columns are called: tables keep pointers to the names. */
#ifndef TESTS_BENCH_OPTIMIZERS_NAMES_H
#define TESTS_BENCH_OPTIMIZERS_NAMES_H

#include "optimizers.h"

enum { METRIC_NAME = 32, CASE_NAME = 64 };

struct table_names {
    char loss[MARKS][METRIC_NAME], error[MARKS][METRIC_NAME];
    char lr[HORIZONS][METRIC_NAME];
    char rank[HORIZONS][METRIC_NAME], better[HORIZONS][METRIC_NAME];
    char cases[MAX_PROBLEMS][MAX_ENTRANTS][CASE_NAME]; /* entrants on a problem */
};

/** Fills them in. */
void make_names(const struct setup *s, struct table_names *names);

#endif
