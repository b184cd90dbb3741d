/* SPDX-License-Identifier: MIT */
/**
 * @file table.h
 * The terminals of the search as columns of numbers: each input, its lags and its averages. What a
 * terminal is over time is computed once a trajectory; to the search it is an input like any other.
 */
#ifndef L2OSR_SR_TABLE_H
#define L2OSR_SR_TABLE_H

#include "base/context.h"
#include "l2osr/sr.h"

/** One terminal. */
typedef struct l2osr__column {
    size_t feature;
    unsigned lag; /* 0: none */
    double decay; /* of ema(); negative: none */
} l2osr__column;

/** All terminals, and their texts: mt, mt[3], ema(mt, 0.9). */
typedef struct l2osr__columns {
    l2osr_context *ctx;
    size_t count;
    l2osr__column *items;
    char **names;
} l2osr__columns;

/** Lists the terminals; clear `columns` even after a failure. */
l2osr_status l2osr__columns_init(l2osr__columns *columns, l2osr_context *ctx,
                                 const l2osr_samples *samples, const l2osr_sr_options *options);
void l2osr__columns_clear(l2osr__columns *columns);

/** Values of all terminals and of the target for some rows. */
typedef struct l2osr__table {
    l2osr_context *ctx;
    size_t rows, columns;
    float **column; /* [columns], each of `rows` numbers */
    float *target;
    float *storage, *series;
} l2osr__table;

/** Room for up to `rows` rows; clear `table` even after a failure. */
l2osr_status l2osr__table_init(l2osr__table *table, l2osr_context *ctx,
                               const l2osr__columns *columns, size_t rows, size_t steps);
void l2osr__table_clear(l2osr__table *table);

/** Row of the table that a step of a trajectory goes to, or L2OSR__NO_ROW. */
#define L2OSR__NO_ROW UINT32_MAX

/**
 * Writes rows of trajectory `trajectory`: step t becomes row rows[t].
 * @param rows [steps]
 */
void l2osr__table_write(l2osr__table *table, const l2osr__columns *columns, l2osr_samples *samples,
                        size_t trajectory, const uint32_t *rows);

#endif
