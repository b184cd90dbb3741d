/* SPDX-License-Identifier: MIT */
/**
 * @file table.h
 * The terminals of the search as columns of numbers. Inputs and their lags are plain columns,
 * computed once. Memories of inputs (averages, decayed sums, window sums) have a parameter that the
 * search may move, and are computed when they are asked for.
 */
#ifndef L2OSR_SR_TABLE_H
#define L2OSR_SR_TABLE_H

#include "base/context.h"
#include "data/data.h"
#include "l2osr/sr.h"
#include "sr/grammar.h"

/** What a memory does with its series, before the decay. */
typedef struct l2osr__column {
    size_t series; /* a feature, or (past the features) a window */
    unsigned lag;
    l2osr__opcode memory;   /* of a plain column L2OSR__OP_VAR; L2OSR__OP_COUNT: a window sum */
    l2osr__opcode function; /* applied to the series first; L2OSR__OP_VAR: none */
} l2osr__column;

/** All terminals: plain ones, then memories. */
typedef struct l2osr__columns {
    l2osr_context *ctx;
    size_t plain, count;
    l2osr__column *items;
    l2osr__terminal *terminals; /* the same for the grammar */
    char **names;               /* of the plain ones: mt, mt[3]; then of features and windows */
    size_t n_names;
} l2osr__columns;

/** Lists the terminals that samples, options and grammar allow; clear `columns` even after a
 * failure. */
l2osr_status l2osr__columns_init(l2osr__columns *columns, l2osr_context *ctx,
                                 const l2osr_samples *samples, const l2osr_sr_options *options,
                                 const l2osr__grammar *grammar);
void l2osr__columns_clear(l2osr__columns *columns);

/** Text of a terminal: mt[3], ema(square(mt), 0.9); to be freed with l2osr__free(). */
l2osr_status l2osr__columns_name(const l2osr__columns *columns, const l2osr__node *leaf,
                                 char **out);

/** Turns an average into the decayed sum of the same and back; false when there is none. */
bool l2osr__columns_exchange(const l2osr__columns *columns, l2osr__node *leaf);

/** Rows of samples: those to fit on in random order, then those kept apart. */
typedef struct l2osr__table {
    l2osr_context *ctx;
    const l2osr__columns *columns;
    const l2osr_samples *samples;
    size_t rows, held;  /* to fit on, and behind them */
    uint32_t *row_of;   /* of step t of trajectory i: row_of[i * steps + t] */
    float **column;     /* [plain], each of rows + held numbers */
    float *root_weight; /* square roots of the weights; NULL when there are none */
    float *target;      /* times these */
    float *storage;
} l2osr__table;

/** What table rows are made of. */
typedef struct l2osr__table_source {
    const l2osr__columns *columns;
    const l2osr_samples *samples; /* both are borrowed */
    size_t train;                 /* trajectories to fit on; the ones behind are kept apart */
    size_t max_rows;
    uint64_t seed; /* of the draw, when there are more rows */
} l2osr__table_source;

/** Draws rows and computes their plain columns; clear `table` even after a failure. */
l2osr_status l2osr__table_init(l2osr__table *table, l2osr_context *ctx,
                               const l2osr__table_source *source);
void l2osr__table_clear(l2osr__table *table);

/** Sum over rows first .. first + n - 1 of numbers that are multiplied by the roots of the weights
 * as the target is; of the weights themselves when x is NULL. */
double l2osr__table_sum(const l2osr__table *table, const float *x, size_t first, size_t n);

/**
 * Computes a memory with some parameter, and its derivative by that.
 * @param out   [rows + held]
 * @param slope [rows + held], or NULL
 */
void l2osr__table_memory(const l2osr__table *table, uint32_t column, double parameter, float *out,
                         float *slope);

#endif
