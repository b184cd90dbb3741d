/* SPDX-License-Identifier: MIT */
#include "sr/table.h"

#include <math.h>
#include <string.h>

#include "data/permute.h"
#include "vec/kernels.h"

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
            scatter(table->column[c], series_of(s, column->series, i) - column->lag, s->steps,
                    rows);
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

static bool counts(const l2osr_samples *s, size_t row) {
    return !s->weights || s->weights[row] > 0;
}

/* How many rows of trajectories first .. first + n - 1 count. */
static size_t count_rows(const l2osr_samples *s, size_t first, size_t n) {
    size_t count = 0;
    for (size_t row = first * s->steps; row < (first + n) * s->steps; row++)
        count += counts(s, row);
    return count;
}

/* Gives `count` rows that count, of trajectories first .. first + n - 1, the places from `place`
 * on, in random order: the first ones are a fair sample by themselves. */
static void draw_rows(l2osr__table *table, size_t first, size_t n, size_t count, size_t place,
                      uint64_t seed) {
    const size_t steps = table->samples->steps;
    l2osr__permutation order;
    if (count == 0)
        return;
    l2osr__permutation_init(&order, n * steps, seed, first);
    for (size_t i = 0; count > 0; i++) {
        const size_t row = first * steps + l2osr__permutation_at(&order, i);
        if (!counts(table->samples, row))
            continue;
        table->row_of[row] = (uint32_t)place++;
        count--;
    }
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static l2osr_status place_rows(l2osr__table *table, const l2osr__table_source *source) {
    const size_t all = source->samples->trajectories, steps = source->samples->steps;
    const size_t apart = all - source->train;
    table->rows = smaller(count_rows(source->samples, 0, source->train), source->max_rows);
    table->held = smaller(count_rows(source->samples, source->train, apart), source->max_rows / 2);
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

double l2osr__table_sum(const l2osr__table *table, const float *x, size_t first, size_t n) {
    const l2osr__kernels_f32 *kernels = l2osr__kernels_f32_of(table->ctx);
    const float *root = table->root_weight ? table->root_weight + first : NULL;
    if (!x)
        return root ? kernels->sum_squares(n, root) : (double)n;
    return root ? kernels->dot(n, x, root) : kernels->sum(n, x);
}

/* ---- memories ---- */

enum {
    BLOCK = 1024, /* rows of a window at a time, and */
    LANES = 64,   /* trajectories: few enough for the first cache */
    PAST = L2OSR__MAX_WINDOW
};

/* With the kernels that formulas are computed with, so that both have the same bits. */
typedef struct memory {
    const l2osr__kernels_f32 *kernels;
    l2osr__opcode kind, function;
    float beta;    /* of a sum 1 */
    size_t length; /* steps of a sum */
} memory;

static memory memory_of(const l2osr__table *table, const l2osr__column *column, double parameter) {
    const bool sum = column->memory == L2OSR__OP_COUNT;
    return (memory){.kernels = l2osr__kernels_f32_of(table->ctx),
                    .kind = column->memory,
                    .function = column->function,
                    .beta = sum ? 1 : (float)parameter,
                    .length = sum ? (size_t)parameter : SIZE_MAX};
}

static void forget(const memory *m, size_t n, float *value, float *slope) {
    m->kernels->fill(n, value, 0);
    if (slope)
        m->kernels->fill(n, slope, 0);
}

/* What is to be taken up: x, or its function in `room`, which may be x. */
static const float *applied(const memory *m, size_t n, float *room, const float *x) {
    if (m->function == L2OSR__OP_VAR)
        return x;
    m->kernels->unary[l2osr__ops[m->function].kernel](n, room, x);
    return room;
}

/* Takes x up. The slope needs the value from before. */
static void advance(const memory *m, size_t n, float *value, float *slope, const float *x) {
    const l2osr__kernels_f32 *k = m->kernels;
    const bool average = m->kind == L2OSR__OP_EMA;
    if (slope)
        k->add_scaled(n, slope, value, m->beta, slope);
    if (slope && average)
        k->binary[L2OSR__BI_SUB](n, slope, slope, x);
    if (average)
        k->ema(n, value, value, x, m->beta);
    else
        k->add_scaled(n, value, x, m->beta, value);
}

/* Over the lags of a window, from the oldest, at which a memory has nothing. A sum has no slope,
 * and goes the other way, as it is written. */
static void over_window(const l2osr__table *table, const memory *m, const l2osr__window *window,
                        float *out, float *slope) {
    const size_t rows = table->rows + table->held, lags = smaller(window->length, m->length);
    const bool sum = m->kind == L2OSR__OP_COUNT;
    float room[BLOCK];
    for (size_t first = 0; first < rows; first += BLOCK) {
        const size_t n = smaller(BLOCK, rows - first);
        float *value = out + first, *rate = slope ? slope + first : NULL;
        forget(m, n, value, rate);
        for (size_t i = 0; i < lags; i++) {
            const size_t lag = sum ? i : lags - 1 - i;
            const float *x = table->column[window->features[lag]] + first;
            advance(m, n, value, sum ? NULL : rate, applied(m, n, room, x));
        }
    }
}

/* Some trajectories on their way, side by side. */
typedef struct lanes {
    size_t n;
    float past[PAST][LANES]; /* what was taken up lately; step t is at t % PAST */
    float value[LANES], slope[LANES];
} lanes;

/* Takes up step t of series that begin `stride` apart. A sum is made anew. */
static void step_lanes(const memory *m, lanes *l, const float *series, size_t stride, size_t t,
                       float *slope) {
    float *x = l->past[t % PAST];
    for (size_t i = 0; i < l->n; i++)
        x[i] = series[i * stride + t];
    applied(m, l->n, x, x);
    if (m->kind != L2OSR__OP_COUNT) {
        advance(m, l->n, l->value, slope, x);
        return;
    }
    forget(m, l->n, l->value, NULL);
    for (size_t k = 0; k < m->length && k <= t; k++)
        advance(m, l->n, l->value, NULL, l->past[(t - k) % PAST]);
}

/* Writes a step of some trajectories to where their rows are. */
static void scatter_lanes(float *out, const float *values, size_t n, const uint32_t *rows,
                          size_t steps) {
    for (size_t i = 0; i < n; i++)
        if (rows[i * steps] != NO_ROW)
            out[rows[i * steps]] = values[i];
}

static void over_time(const l2osr__table *table, const memory *m, size_t feature, float *out,
                      float *slope) {
    const l2osr_samples *s = table->samples;
    lanes l;
    for (size_t first = 0; first < s->trajectories; first += LANES) {
        l.n = smaller(LANES, s->trajectories - first);
        forget(m, l.n, l.value, l.slope);
        for (size_t t = 0; t < s->steps; t++) {
            const uint32_t *rows = table->row_of + first * s->steps + t;
            step_lanes(m, &l, series_of(s, feature, first), s->stride, t, slope ? l.slope : NULL);
            scatter_lanes(out, l.value, l.n, rows, s->steps);
            if (slope)
                scatter_lanes(slope, l.slope, l.n, rows, s->steps);
        }
    }
}

void l2osr__table_memory(const l2osr__table *table, uint32_t column, double parameter, float *out,
                         float *slope) {
    const l2osr__column *c = &table->columns->items[column];
    const size_t features = table->samples->features;
    const memory m = memory_of(table, c, parameter);
    if (c->series < features)
        over_time(table, &m, c->series, out, slope);
    else
        over_window(table, &m, &table->samples->windows[c->series - features], out, slope);
}
