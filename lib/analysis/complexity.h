/* SPDX-License-Identifier: MIT */
/** @file complexity.h The inside of a complexity study. */
#ifndef L2OSR_ANALYSIS_COMPLEXITY_H
#define L2OSR_ANALYSIS_COMPLEXITY_H

#include "base/context.h"
#include "l2osr/analysis.h"

/** What became of a front. */
typedef struct l2osr__complexity_run l2osr__complexity_run;
struct l2osr__complexity_run {
    l2osr__complexity_run *next;
    size_t count, rejected;
    l2osr_complexity_point *points; /* [count]; equations and fields are owned */
    l2osr_perception *fields;       /* [front's formulas][inputs] */
};

struct l2osr_complexity {
    l2osr_context *ctx;
    const l2osr_samples *samples;
    l2osr_field_options options; /* complete */
    size_t inputs;
    l2osr__complexity_run *first; /* in the order in which they came */
};

#endif
