/* SPDX-License-Identifier: MIT */
/* Memories as columns, against plain loops in double precision. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

static const char operators[] = "+ * ema dsum wsum square abs sign";
static const double parameters[] = {0, 0.3, 0.83, 0.99};

static double apply(l2osr__opcode function, double x) {
    switch (function) {
    case L2OSR__OP_SQUARE:
        return x * x;
    case L2OSR__OP_ABS:
        return fabs(x);
    case L2OSR__OP_SIGN:
        return x > 0 ? 1 : x < 0 ? -1 : 0;
    default:
        ck_assert_int_eq(function, L2OSR__OP_VAR);
        return x;
    }
}

/* The memory's value after `steps` values, oldest first. */
static double remember(const l2osr__column *c, double parameter, const float *x, size_t steps) {
    double value = 0;
    for (size_t t = 0; t < steps; t++) {
        const double y = apply(c->function, (double)x[t]);
        if (c->memory == L2OSR__OP_EMA)
            value = parameter * value + (1 - parameter) * y;
        else if (c->memory == L2OSR__OP_DSUM)
            value = parameter * value + y;
        else if (t + (size_t)parameter >= steps)
            value += y;
    }
    return value;
}

static bool near(float found, double expected, double tolerance) {
    return fabs((double)found - expected) <= tolerance * (1 + fabs(expected));
}

static void check_entry(const l2osr__column *c, double parameter, const float *x, size_t steps,
                        float value, float slope) {
    const double expected = remember(c, parameter, x, steps), step = 1e-6;
    if (!near(value, expected, 2e-5))
        ck_abort_msg("%g instead of %g", (double)value, expected);
    if (c->memory == L2OSR__OP_COUNT)
        return;
    const double difference =
        (remember(c, parameter + step, x, steps) - remember(c, parameter - step, x, steps)) /
        (2 * step);
    if (!near(slope, difference, 1e-4))
        ck_abort_msg("slope %g instead of %g", (double)slope, difference);
}

/* Numbers of columns by kind. */
static void count_kinds(const struct bench *b, size_t series) {
    size_t counts = 0, decays = 0;
    for (size_t c = b->columns.plain; c < b->columns.count; c++) {
        const l2osr__terminal *t = &b->columns.terminals[c];
        ck_assert_int_eq(t->cost, b->columns.items[c].function == L2OSR__OP_VAR ? 3 : 4);
        counts += t->counts;
        decays += t->decays;
    }
    ck_assert_uint_eq(counts, 4 * series);
    ck_assert_uint_eq(decays, 8 * series);
}

START_TEST(memories_run_along_trajectories) {
    enum { HELD = 3 };
    l2osr_context *ctx = test_context();
    struct bench b;
    bench_open_over(&b, ctx, make_series(ctx), operators, HELD);
    const size_t runs = l2osr_samples_trajectories(b.samples);
    const size_t steps = l2osr_samples_steps(b.samples), all = b.table.rows + b.table.held;
    float *out = calloc(all, sizeof *out), *slope = calloc(all, sizeof *slope);
    ck_assert_uint_eq(b.table.rows, (runs - HELD) * steps);
    ck_assert_uint_eq(all, runs * steps);
    count_kinds(&b, 2);
    for (uint32_t c = (uint32_t)b.columns.plain; c < b.columns.count; c++)
        for (size_t p = 0; p < 4; p++) {
            const l2osr__column *column = &b.columns.items[c];
            const double parameter =
                b.columns.terminals[c].counts ? 1 + 9 * (double)p : parameters[p];
            l2osr__table_memory(&b.table, c, parameter, out, slope);
            for (size_t i = 0; i < runs; i++) {
                const float *x = l2osr_samples_series(b.samples, column->series, i);
                for (size_t t = 0; t < steps; t++) {
                    const uint32_t row = b.table.row_of[i * steps + t];
                    if (row >= all || (row < b.table.rows) != (i < runs - HELD))
                        ck_abort_msg("row %u of trajectory %zu", (unsigned)row, i);
                    check_entry(column, parameter, x, t + 1, out[row], slope[row]);
                }
            }
        }
    free(out);
    free(slope);
    bench_close(&b);
}
END_TEST

enum { WINDOW = 5, TABLE_ROWS = 300 };

/* w is x5, x1, x4, x0, x3, from now to the past. */
static const size_t lags[WINDOW] = {5, 1, 4, 0, 3};

static l2osr_samples *window_table(l2osr_context *ctx) {
    static const char *const names[] = {"x0", "x1", "x2", "x3", "x4", "x5"};
    l2osr_samples *samples;
    ck_ok(l2osr_samples_create(&samples, ctx, 6, names, TABLE_ROWS, 1), ctx);
    for (size_t i = 0; i < TABLE_ROWS; i++) {
        double x[6];
        l2osr_random_normal(51, i, 0, 1, x, 6);
        for (size_t f = 0; f < 6; f++)
            *l2osr_samples_series(samples, f, i) = (float)x[f];
    }
    ck_ok(l2osr_samples_add_window(samples, "w", WINDOW, lags), ctx);
    return samples;
}

START_TEST(memories_run_over_windows) {
    enum { HELD = 50 };
    l2osr_context *ctx = test_context();
    struct bench b;
    float out[TABLE_ROWS], slope[TABLE_ROWS];
    bench_open_over(&b, ctx, window_table(ctx), operators, HELD);
    count_kinds(&b, 1);
    ck_assert_uint_eq(b.columns.plain, 6);
    for (uint32_t c = (uint32_t)b.columns.plain; c < b.columns.count; c++)
        for (size_t p = 0; p < 4; p++) {
            const double parameter =
                b.columns.terminals[c].counts ? 1 + 2 * (double)p : parameters[p];
            l2osr__table_memory(&b.table, c, parameter, out, slope);
            for (size_t i = 0; i < TABLE_ROWS; i++) {
                float x[WINDOW]; /* the oldest first */
                for (size_t k = 0; k < WINDOW; k++)
                    x[k] = *l2osr_samples_series(b.samples, lags[WINDOW - 1 - k], i);
                const uint32_t row = b.table.row_of[i];
                check_entry(&b.columns.items[c], parameter, x, WINDOW, out[row], slope[row]);
            }
        }
    bench_close(&b);
}
END_TEST

START_TEST(memories_have_texts) {
    static const char *const texts[] = {
        "ema(a, 0.5)",  "ema(square(a), 0.5)",  "ema(abs(a), 0.5)",  "ema(sign(a), 0.5)",
        "dsum(a, 0.5)", "dsum(square(a), 0.5)", "dsum(abs(a), 0.5)", "dsum(sign(a), 0.5)",
        "wsum(a, 7)",   "wsum(square(a), 7)",   "wsum(abs(a), 7)",   "wsum(sign(a), 7)"};
    l2osr_context *ctx = test_context();
    struct bench b;
    char *name;
    bench_open_over(&b, ctx, make_series(ctx), operators, 0);
    for (uint32_t i = 0; i < 12; i++) {
        const uint32_t column = (uint32_t)b.columns.plain + i;
        const l2osr__node leaf =
            l2osr__tree_column(column, b.columns.terminals[column].counts ? 7 : 0.5);
        ck_ok(l2osr__columns_name(&b.columns, &leaf, &name), ctx);
        ck_assert_str_eq(name, texts[i]);
        l2osr__free(ctx, name);
    }
    bench_close(&b);
    ctx = test_context();
    bench_open_over(&b, ctx, make_series(ctx), "+ ema square", 0);
    ck_assert_uint_eq(b.columns.count, 2 + 2 * 2); /* abs and sign are not named */
    bench_close(&b);
    ctx = test_context();
    bench_open_over(&b, ctx, make_table(ctx, 50), operators, 0);
    ck_assert_uint_eq(b.columns.count, 3); /* rows of a table have no past */
    bench_close(&b);
}
END_TEST

TCase *memory_column_tests(void) {
    TCase *tests = tcase_create("memories");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, memories_run_along_trajectories);
    tcase_add_test(tests, memories_run_over_windows);
    tcase_add_test(tests, memories_have_texts);
    return tests;
}
