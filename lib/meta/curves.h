/* SPDX-License-Identifier: MIT */
/** @file curves.h Loss curves of a comparison. */
#ifndef L2OSR_META_CURVES_H
#define L2OSR_META_CURVES_H

#include <stdbool.h>

#include "base/context.h"
#include "l2osr/meta.h"

struct l2osr_curves {
    l2osr_context *ctx;
    size_t entries, seeds, steps;
    size_t metric_every; /* steps from one metric to the next; 0: none was wanted */
    size_t marks;        /* metrics of a run, the last of them at its end; 0 likewise */
    char **names;        /* [entries] */
    double *losses;      /* [entries][seeds][steps] */
    double *metrics;     /* [entries][seeds][marks] */
};

/** Figure `index` of several. */
typedef double (*l2osr__figure_fn)(const void *arg, size_t index);

/** Mean and deviation of n figures. Those that are NaN make both NaN, or else do not count: NaN
 * when there are no others. */
l2osr_spread l2osr__spread(size_t n, l2osr__figure_fn figure, const void *arg, bool nan_counts);

/** Curves of the same seeds, steps and metric_every as `shape`, for n entries. */
l2osr_status l2osr__curves_create(l2osr_curves **out, l2osr_context *ctx, size_t n,
                                  const l2osr_entry *entries, const l2osr_curves *shape);

#endif
