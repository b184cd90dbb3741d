/* SPDX-License-Identifier: MIT */
#include "sr/table.h"

#include <string.h>

#include "base/number.h"
#include "base/text.h"

static l2osr_status add_column(l2osr__columns *columns, const char *input, l2osr__column column) {
    l2osr__text text = {.ctx = columns->ctx};
    char digits[L2OSR__NUMBER_SIZE];
    if (column.lag > 0) {
        l2osr__text_add(&text, "%s[%u]", input, column.lag);
    } else if (column.decay >= 0) {
        l2osr__format_double(digits, sizeof digits, column.decay);
        l2osr__text_add(&text, "ema(%s, %s)", input, digits);
    } else {
        l2osr__text_add(&text, "%s", input);
    }
    columns->items[columns->count] = column;
    L2OSR__TRY(l2osr__text_take(&text, &columns->names[columns->count]));
    columns->count++;
    return L2OSR_OK;
}

l2osr_status l2osr__columns_init(l2osr__columns *columns, l2osr_context *ctx,
                                 const l2osr_samples *samples, const l2osr_sr_options *options) {
    size_t features = l2osr_samples_features(samples), steps = l2osr_samples_steps(samples);
    /* lags past the start are zero, and the average of one step is the step: nothing new */
    unsigned lags = options->max_lag < steps ? options->max_lag : (unsigned)(steps - 1);
    size_t decays = steps > 1 ? options->n_decays : 0, each = 1 + lags + decays;
    *columns = (l2osr__columns){.ctx = ctx};
    L2OSR__TRY(l2osr__alloc_to(ctx, &columns->items, features, each * sizeof *columns->items));
    L2OSR__TRY(l2osr__alloc_to(ctx, &columns->names, features, each * sizeof *columns->names));
    for (size_t f = 0; f < features; f++) {
        const char *input = l2osr_samples_name(samples, f);
        for (unsigned lag = 0; lag <= lags; lag++)
            L2OSR__TRY(add_column(columns, input, (l2osr__column){f, lag, -1}));
        for (size_t d = 0; d < decays; d++)
            L2OSR__TRY(add_column(columns, input, (l2osr__column){f, 0, options->decays[d]}));
    }
    return L2OSR_OK;
}

void l2osr__columns_clear(l2osr__columns *columns) {
    for (size_t i = 0; i < columns->count; i++)
        l2osr__free(columns->ctx, columns->names[i]);
    l2osr__free(columns->ctx, columns->names);
    l2osr__free(columns->ctx, columns->items);
    *columns = (l2osr__columns){.ctx = columns->ctx};
}

l2osr_status l2osr__table_init(l2osr__table *table, l2osr_context *ctx,
                               const l2osr__columns *columns, size_t rows, size_t steps) {
    const size_t line = 64 / sizeof(float), stride = (rows + line - 1) / line * line;
    *table = (l2osr__table){.ctx = ctx, .rows = rows, .columns = columns->count};
    L2OSR__TRY(l2osr__alloc_to(ctx, &table->column, columns->count, sizeof *table->column));
    L2OSR__TRY(l2osr__alloc_to(ctx, &table->series, steps, sizeof *table->series));
    L2OSR__TRY(l2osr__alloc_to(ctx, &table->storage, columns->count + 1, stride * sizeof(float)));
    for (size_t i = 0; i < columns->count; i++)
        table->column[i] = table->storage + i * stride;
    table->target = table->storage + columns->count * stride;
    return L2OSR_OK;
}

void l2osr__table_clear(l2osr__table *table) {
    l2osr__free(table->ctx, table->column);
    l2osr__free(table->ctx, table->series);
    l2osr__free(table->ctx, table->storage);
    *table = (l2osr__table){.ctx = table->ctx};
}

/* The same arithmetic as the ema kernel's: a rule made from the formula gives the same bits. */
static void average(float *out, const float *x, size_t steps, float beta) {
    const float rest = 1 - beta;
    float s = 0;
    for (size_t t = 0; t < steps; t++)
        out[t] = s = beta * s + rest * x[t];
}

static void scatter(float *out, const float *series, size_t steps, const uint32_t *rows) {
    for (size_t t = 0; t < steps; t++)
        if (rows[t] != L2OSR__NO_ROW)
            out[rows[t]] = series[t];
}

void l2osr__table_write(l2osr__table *table, const l2osr__columns *columns, l2osr_samples *samples,
                        size_t trajectory, const uint32_t *rows) {
    const size_t steps = l2osr_samples_steps(samples);
    for (size_t i = 0; i < columns->count; i++) {
        const l2osr__column *c = &columns->items[i];
        const float *x = l2osr_samples_series(samples, c->feature, trajectory);
        if (c->decay >= 0) {
            average(table->series, x, steps, (float)c->decay);
        } else {
            memset(table->series, 0, c->lag * sizeof(float));
            memcpy(table->series + c->lag, x, (steps - c->lag) * sizeof(float));
        }
        scatter(table->column[i], table->series, steps, rows);
    }
    scatter(table->target, l2osr_samples_target(samples, trajectory), steps, rows);
}
