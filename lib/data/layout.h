/* SPDX-License-Identifier: MIT */
/** @file layout.h Arrays whose columns are features, a target and the like, and samples of them. */
#ifndef L2OSR_DATA_LAYOUT_H
#define L2OSR_DATA_LAYOUT_H

#include "data/data.h"

/** Stands for a column that a table does not have. */
#define L2OSR__NO_COLUMN SIZE_MAX

/** An array [...][columns] and what its columns are: those not named here are features. */
typedef struct l2osr__layout {
    const l2osr_array *array;
    size_t trajectory, target, weight;
} l2osr__layout;

/**
 * Looks a column up by its name; L2OSR__NO_COLUMN when there is none. #L2OSR_EFORMAT when several
 * have that name; `what` begins the message.
 */
l2osr_status l2osr__layout_find(size_t *column, const l2osr_array *array, const char *what,
                               const char *name);

/** Number of columns that are features. */
size_t l2osr__layout_features(const l2osr__layout *table);

/**
 * Samples of zeros for the features of a table, with weights if it has them. `names` are those of
 * the features; NULL: the columns', else x0, x1 ...
 */
l2osr_status l2osr__layout_samples(l2osr_samples **out, l2osr_context *ctx,
                                  const l2osr__layout *table, const char *const *names,
                                  size_t trajectories, size_t steps);

/** Copies row `row` of a table into one step of samples made for it. */
void l2osr__layout_copy_row(const l2osr__layout *table, size_t row, l2osr_samples *samples,
                           size_t trajectory, size_t step);

#endif
