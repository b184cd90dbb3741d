/* SPDX-License-Identifier: MIT */
/** @file curves.h Loss curves of a comparison. */
#ifndef L2OSR_META_CURVES_H
#define L2OSR_META_CURVES_H

#include "base/context.h"
#include "l2osr/meta.h"

struct l2osr_curves {
    l2osr_context *ctx;
    size_t entries, seeds, steps;
    char **names;    /* [entries] */
    double *losses;  /* [entries][seeds][steps] */
    double *metrics; /* [entries][seeds], NaN until computed */
};

l2osr_status l2osr__curves_create(l2osr_curves **out, l2osr_context *ctx, size_t n,
                                  const l2osr_entry *entries, size_t seeds, size_t steps);

#endif
