/* SPDX-License-Identifier: MIT */
#include "sr/table.h"

#include <math.h>
#include <string.h>

#include "data/permute.h"

#define NO_ROW UINT32_MAX

enum { LINE = 64 / sizeof(float) };

static const float *series_of(const l2osr_samples *s, size_t feature, size_t trajectory) {
    return s->columns[feature] + trajectory * s->stride;
}

static void scatter(float *out, const float *series, size_t steps, const uint32_t *rows) {
    for (size_t t = 0; t < steps; t++)
        if (rows[t] != NO_ROW)
            out[rows[t]] = series[t];
}

/* Plain columns and the target; the pad in front of a series makes a lag a shift. */
static void write_plain(l2osr__table *table) {
    const l2osr_samples *s = table->samples;
    for (size_t i = 0; i < table->samples->trajectories; i++) {
        const uint32_t *rows = table->row_of + i * s->steps;
        for (size_t c = 0; c < table->columns->plain; c++) {
            const l2osr__column *column = &table->columns->items[c];
            scatter(table->column[c], series_of(s, column->series, i) - column->lag,
                    s->steps, rows);
        }
        scatter(table->target, series_of(s, s->features, i), s->steps, rows);
        if (table->root_weight)
            scatter(table->root_weight, s->weights + i * s->steps, s->steps, rows);
    }
    for (size_t r = 0; table->root_weight && r < table->rows + table->held; r++) {
        table->root_weight[r] = sqrtf(table->root_weight[r]);
        table->target[r] *= table->root_weight[r];
    }
}

/* Gives `count` rows of trajectories first .. first + n - 1 the places from `place` on, in random
 * order: the first ones are a fair sample by themselves. */
static void draw_rows(l2osr__table *table, size_t first, size_t n, size_t count, size_t place,
                      uint64_t seed) {
    const size_t steps = table->samples->steps;
    l2osr__permutation order;
    if (count == 0)
        return;
    l2osr__permutation_init(&order, n * steps, seed, first);
    for (size_t i = 0; i < count; i++)
        table->row_of[first * steps + l2osr__permutation_at(&order, i)] = (uint32_t)(place + i);
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static l2osr_status place_rows(l2osr__table *table, const l2osr__table_source *source) {
    const size_t all = source->samples->trajectories, steps = source->samples->steps;
    const size_t apart = all - source->train;
    table->rows = smaller(source->train * steps, source->max_rows);
    table->held = smaller(apart * steps, source->max_rows / 2);
    if (table->rows + table->held >= NO_ROW)
        return l2osr__fail(table->ctx, L2OSR_ERANGE, "distil: %zu rows are too many", table->rows);
    L2OSR__TRY(l2osr__alloc_to(table->ctx, &table->row_of, all, steps * sizeof *table->row_of));
    memset(table->row_of, 0xff, all * steps * sizeof *table->row_of); /* NO_ROW */
    draw_rows(table, 0, source->train, table->rows, 0, source->seed);
    draw_rows(table, source->train, apart, table->held, table->rows, source->seed);
    return L2OSR_OK;
}

l2osr_status l2osr__table_init(l2osr__table *table, l2osr_context *ctx,
                               const l2osr__table_source *source) {
    const size_t plain = source->columns->plain;
    *table = (l2osr__table){.ctx = ctx, .columns = source->columns, .samples = source->samples};
    L2OSR__TRY(place_rows(table, source));
    const size_t stride = (table->rows + table->held + LINE - 1) / LINE * LINE;
    L2OSR__TRY(l2osr__alloc_to(ctx, &table->column, plain, sizeof *table->column));
    L2OSR__TRY(l2osr__alloc_to(ctx, &table->storage, plain + 2, stride * sizeof(float)));
    for (size_t i = 0; i < plain; i++)
        table->column[i] = table->storage + i * stride;
    table->target = table->storage + plain * stride;
    if (source->samples->weights)
        table->root_weight = table->target + stride;
    write_plain(table);
    return L2OSR_OK;
}

void l2osr__table_clear(l2osr__table *table) {
    if (!table->ctx)
        return;
    l2osr__free(table->ctx, table->column);
    l2osr__free(table->ctx, table->row_of);
    l2osr__free(table->ctx, table->storage);
    *table = (l2osr__table){0};
}

/* ---- memories ---- */

static float apply(l2osr__opcode function, float x) {
    switch (function) {
    case L2OSR__OP_SQUARE:
        return x * x;
    case L2OSR__OP_ABS:
        return fabsf(x);
    case L2OSR__OP_SIGN:
        return (float)((x > 0) - (x < 0));
    default:
        return x;
    }
}

/* A memory on its way through a series; with the arithmetic of the kernels, so that a rule made from
 * the formula gives the same bits. */
typedef struct memory {
    l2osr__opcode kind, function;
    float beta, value, slope;
} memory;

static void advance(memory *m, float x) {
    const bool average = m->kind == L2OSR__OP_EMA;
    x = apply(m->function, x);
    m->slope = m->value + m->beta * m->slope - (average ? x : 0);
    m->value = m->beta * m->value + (average ? (1 - m->beta) * x : x);
}

/* Where a window sum of `length` ends, the value that many steps ago has left it. */
static void slide(memory *m, const float *x, size_t t, size_t length) {
    float sum = 0;
    for (size_t k = 0; k < length && k <= t; k++)
        sum += apply(m->function, x[t - k]);
    m->value = sum;
}

static void over_time(const l2osr__table *table, memory m, size_t feature, size_t length,
                      float *out, float *slope) {
    const size_t steps = table->samples->steps;
    for (size_t i = 0; i < table->samples->trajectories; i++) {
        const float *x = series_of(table->samples, feature, i);
        m.value = m.slope = 0;
        for (size_t t = 0; t < steps; t++) {
            const uint32_t row = table->row_of[i * steps + t];
            if (m.kind == L2OSR__OP_COUNT)
                slide(&m, x, t, length);
            else
                advance(&m, x[t]);
            if (row == NO_ROW)
                continue;
            out[row] = m.value;
            if (slope)
                slope[row] = m.slope;
        }
    }
}

/* The same over the lags of a window, row by row; a memory begins at the oldest with nothing. */
static void over_window(const l2osr__table *table, memory m, size_t window, size_t length,
                        float *out, float *slope) {
    const size_t lags = l2osr_samples_window_length(table->samples, window);
    const float *lag[L2OSR__SAMPLES_PAD];
    for (size_t k = 0; k < lags; k++)
        lag[k] = table->column[l2osr_samples_window_feature(table->samples, window, k)];
    for (size_t row = 0; row < table->rows + table->held; row++) {
        m.value = m.slope = 0;
        if (m.kind == L2OSR__OP_COUNT)
            for (size_t k = 0; k < length && k < lags; k++)
                m.value += apply(m.function, lag[k][row]);
        else
            for (size_t k = lags; k-- > 0;)
                advance(&m, lag[k][row]);
        out[row] = m.value;
        if (slope)
            slope[row] = m.slope;
    }
}

void l2osr__table_memory(const l2osr__table *table, uint32_t column, double parameter, float *out,
                         float *slope) {
    const l2osr__column *c = &table->columns->items[column];
    const size_t features = table->samples->features, length = (size_t)parameter;
    const memory m = {.kind = c->memory, .function = c->function, .beta = (float)parameter};
    if (c->series < features)
        over_time(table, m, c->series, length, out, slope);
    else
        over_window(table, m, c->series - features, length, out, slope);
}
