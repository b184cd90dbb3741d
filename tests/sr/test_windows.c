/* SPDX-License-Identifier: MIT */
/* Formulas over the windows of a table against the same recursions written out in C. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "meter.h"
#include "sr/table.h"
#include "tests.h"

/* ROWS: some chunks and a rest. */
enum { ROWS = 600, LONG = 20, SHORT = 3, FEATURES = 2 + LONG + SHORT };

/* The columns x, g19 ... g0, h0, h1, h2 and y: two of their own, and two windows. */
static l2osr_samples *make_windows(l2osr_context *ctx, size_t rows) {
    char texts[FEATURES][24] = {"x"};
    const char *names[FEATURES];
    size_t g[LONG], h[SHORT];
    l2osr_samples *samples;
    for (size_t lag = 0; lag < LONG; lag++) {
        g[lag] = LONG - lag;
        snprintf(texts[g[lag]], sizeof texts[0], "g%zu", lag);
    }
    for (size_t lag = 0; lag < SHORT; lag++) {
        h[lag] = LONG + 1 + lag;
        snprintf(texts[h[lag]], sizeof texts[0], "h%zu", lag);
    }
    strcpy(texts[FEATURES - 1], "y");
    for (size_t f = 0; f < FEATURES; f++)
        names[f] = texts[f];
    ck_ok(l2osr_samples_create(&samples, ctx, FEATURES, names, rows, 1), ctx);
    ck_ok(l2osr_samples_add_window(samples, "h", SHORT, h), ctx);
    ck_ok(l2osr_samples_add_window(samples, "g", LONG, g), ctx);
    for (size_t f = 0; f <= FEATURES; f++)
        for (size_t i = 0; i < rows; i++) {
            double value;
            l2osr_random_uniform(5, f * rows + i, -1, 1, &value, 1);
            *l2osr_samples_series(samples, f, i) = (float)value;
        }
    return samples;
}

/* One row: plain columns, and windows by lag, longer than they are. */
typedef struct row {
    float x, y, g[LONG + 1], h[LONG + 1];
} row;

static row row_of(l2osr_samples *s, size_t i) {
    row r = {.x = *l2osr_samples_series(s, 0, i), .y = *l2osr_samples_series(s, FEATURES - 1, i)};
    for (size_t lag = 0; lag < LONG; lag++)
        r.g[lag] = *l2osr_samples_series(s, l2osr_samples_window_feature(s, 1, lag), i);
    for (size_t lag = 0; lag < SHORT; lag++)
        r.h[lag] = *l2osr_samples_series(s, l2osr_samples_window_feature(s, 0, lag), i);
    return r;
}

static float same(float x) {
    return x;
}

static float square(float x) {
    return x * x;
}

static float ema(const float *lag, float (*f)(float), float beta) {
    float value = 0;
    for (size_t k = LONG; k-- > 0;)
        value = beta * value + (1 - beta) * f(lag[k]);
    return value;
}

static float dsum(const float *lag, float (*f)(float), float beta) {
    float value = 0;
    for (size_t k = LONG; k-- > 0;)
        value = beta * value + f(lag[k]);
    return value;
}

static float sum(const float *lag, float (*f)(float), size_t count) {
    float value = f(lag[0]);
    for (size_t k = 1; k < count; k++)
        value += k < LONG ? f(lag[k]) : 0;
    return value;
}

/* x counts in each of the steps. */
static float mixed(const row *r) {
    float value = 0;
    for (size_t k = LONG; k-- > 0;)
        value = 0.5f * value + (1 - 0.5f) * (r->x * r->g[k]);
    return value + r->y;
}

static float expected(size_t index, const row *r) {
    switch (index) {
    case 0:
        return r->g[0];
    case 1:
        return r->g[3];
    case 2:
        return ema(r->g, same, 0.9f);
    case 3:
        return dsum(r->g, square, 0.9f);
    case 4:
        return sum(r->g, same, 5);
    case 5:
        return sum(r->g, square, LONG + 10);
    case 6:
        return 2 * ema(r->g, square, 0.99f) - r->x * r->g[19];
    case 7:
        return ema(r->h, same, 0.7f) * r->g[0];
    case 8:
        return mixed(r);
    case 9:
        return r->h[1] + r->y + r->h[2];
    case 10:
        return r->g[5] - r->g[5];
    case 11:
        return LONG * r->g[0];
    case 12:
        return SHORT + r->h[0];
    default:
        return r->x + r->y;
    }
}

static const char *const texts[] = {"g",
                                    "g[3]",
                                    "ema(g, 0.9)",
                                    "dsum(square(g), 0.9)",
                                    "wsum(g, 5)",
                                    "wsum(g^2, 30)",
                                    "2 * ema(g * g, 0.99) - x * g[19]",
                                    "ema(h, 0.7) * g",
                                    "ema(x * g, 0.5) + y",
                                    "h[1] + y + h2",
                                    "g[5] - g5 + g[20]",
                                    "t * g",
                                    "t + h",
                                    "x + y"};
enum { TEXTS = sizeof texts / sizeof texts[0] };

START_TEST(windows_are_series) {
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_windows(ctx, ROWS);
    l2osr_front *front;
    double mse, r2, expected_mse = 0;
    float one;
    ck_ok(l2osr_front_create(&front, ctx), ctx);
    ck_ok(l2osr_front_add(front, texts[_i]), ctx);
    for (size_t i = 0; i < ROWS; i++) {
        const row r = row_of(samples, i);
        const float value = expected((size_t)_i, &r);
        const double error = (double)*l2osr_samples_target(samples, i) - (double)value;
        ck_ok(l2osr_front_predict(front, 0, samples, i, &one), ctx);
        ck_assert_float_eq(one, value);
        expected_mse += error * error / ROWS;
    }
    ck_ok(l2osr_front_measure(front, 0, samples, &mse, &r2), ctx);
    ck_assert_double_eq_tol(mse, expected_mse, 1e-12 * mse);
    l2osr_front_free(front);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

static l2osr_status measure(l2osr_context *ctx, void *samples) {
    l2osr_front *front;
    double mse, r2;
    l2osr_status status = l2osr_front_create(&front, ctx);
    if (status == L2OSR_OK)
        status = l2osr_front_add(front, "ema(x * g, 0.5) - h[2] + t");
    if (status == L2OSR_OK)
        status = l2osr_front_measure(front, 0, samples, &mse, &r2);
    l2osr_front_free(front);
    return status;
}

START_TEST(every_failed_allocation) {
    l2osr_context *safe = test_context();
    l2osr_samples *samples = make_windows(safe, ROWS);
    ck_assert_int_gt(fail_every_allocation(measure, samples), 10);
    l2osr_samples_free(samples);
    l2osr_context_free(safe);
}
END_TEST

/* ---- memory ---- */

START_TEST(measuring_takes_one_number_a_row) {
    enum { MANY = 100000, BESIDE = 300000 };
    struct meter meter = {0};
    const struct l2osr_allocator hooks = meter_hooks(&meter);
    l2osr_context *ctx = test_context_with(1, &hooks), *safe = test_context();
    l2osr_samples *samples = make_windows(safe, MANY);
    ck_ok(measure(ctx, samples), ctx);
    ck_assert_uint_ge(meter.peak, MANY * sizeof(float));
    ck_assert_uint_lt(meter.peak, MANY * sizeof(float) + BESIDE);
    l2osr_context_free(ctx);
    l2osr_samples_free(samples);
    l2osr_context_free(safe);
}
END_TEST

START_TEST(a_window_called_t_is_itself) {
    static const char *const names[] = {"now", "before"};
    l2osr_context *ctx = test_context();
    l2osr_samples *samples;
    l2osr_front *front;
    float out;
    ck_ok(l2osr_samples_create(&samples, ctx, 2, names, 1, 1), ctx);
    ck_ok(l2osr_samples_add_window(samples, "t", 2, (size_t[]){0, 1}), ctx);
    *l2osr_samples_series(samples, 0, 0) = 40;
    *l2osr_samples_series(samples, 1, 0) = 7;
    ck_ok(l2osr_front_create(&front, ctx), ctx);
    ck_ok(l2osr_front_add(front, "t - t[1]"), ctx);
    ck_ok(l2osr_front_predict(front, 0, samples, 0, &out), ctx);
    ck_assert_float_eq(out, 33);
    l2osr_front_free(front);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

/* ---- what the search computes, and its equation ---- */

struct search {
    l2osr_context *ctx;
    l2osr__grammar grammar;
    l2osr__columns columns;
    l2osr__table table;
};

static void search_open(struct search *s, l2osr_context *ctx, const l2osr_samples *samples) {
    const l2osr_sr_options options = L2OSR_SR_OPTIONS_INIT;
    const l2osr__table_source source = {.columns = &s->columns,
                                        .samples = samples,
                                        .train = l2osr_samples_trajectories(samples),
                                        .max_rows = 1000000,
                                        .seed = 3};
    *s = (struct search){.ctx = ctx};
    ck_ok(l2osr__grammar_init(&s->grammar, ctx, "+ square abs sign ema dsum wsum"), ctx);
    ck_ok(l2osr__columns_init(&s->columns, ctx, samples, &options, &s->grammar), ctx);
    ck_ok(l2osr__table_init(&s->table, ctx, &source), ctx);
}

static void search_close(struct search *s) {
    l2osr__table_clear(&s->table);
    l2osr__columns_clear(&s->columns);
}

/* The equation of column c, as the only one of a front. */
static l2osr_front *front_of(const struct search *s, size_t c, double parameter) {
    const l2osr__node leaf = {.op = L2OSR__OP_VAR, .a = (int32_t)c, .b = -1, .value = parameter};
    l2osr_front *front;
    char *text;
    ck_ok(l2osr__columns_name(&s->columns, &leaf, &text), s->ctx);
    ck_ok(l2osr_front_create(&front, s->ctx), s->ctx);
    ck_ok(l2osr_front_add(front, text), s->ctx);
    l2osr__free(s->ctx, text);
    return front;
}

/* Every memory gives the same bits in the search as its equation does when it is measured. */
static void check_memories(l2osr_context *ctx, const l2osr_samples *samples) {
    static float values[ROWS * 70], slopes[ROWS * 70], above[ROWS * 70], below[ROWS * 70];
    const size_t steps = l2osr_samples_steps(samples);
    struct search s;
    search_open(&s, ctx, samples);
    for (size_t c = s.columns.plain; c < s.columns.count; c++) {
        const bool counts = s.columns.terminals[c].counts;
        const double parameter = counts ? 7 : 0.9;
        l2osr_front *front = front_of(&s, c, parameter);
        l2osr__table_memory(&s.table, (uint32_t)c, parameter, values, NULL);
        for (size_t i = 0; i < l2osr_samples_trajectories(samples); i++) {
            float out[70];
            ck_ok(l2osr_front_predict(front, 0, samples, i, out), ctx);
            for (size_t t = 0; t < steps; t++)
                ck_assert_float_eq(values[s.table.row_of[i * steps + t]], out[t]);
        }
        l2osr__table_memory(&s.table, (uint32_t)c, parameter, below, slopes);
        ck_assert_int_eq(memcmp(values, below, s.table.rows * sizeof *values), 0);
        const double move = counts ? 0 : 1e-2;
        l2osr__table_memory(&s.table, (uint32_t)c, parameter + move, above, NULL);
        l2osr__table_memory(&s.table, (uint32_t)c, parameter - move, below, NULL);
        for (size_t r = 0; r < s.table.rows; r++) {
            const double difference = (double)above[r] - (double)below[r];
            ck_assert_double_eq_tol(2 * move * (double)slopes[r], difference,
                                    0.02 * fabs(difference) + 0.01);
        }
        l2osr_front_free(front);
    }
    search_close(&s);
}

START_TEST(memories_of_windows_are_their_equations) {
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_windows(ctx, ROWS);
    check_memories(ctx, samples);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(memories_of_trajectories_are_their_equations) {
    static const char *const names[] = {"a", "b"};
    enum { STEPS = 70 };
    l2osr_context *ctx = test_context();
    l2osr_samples *samples;
    double noise[STEPS];
    ck_ok(l2osr_samples_create(&samples, ctx, 2, names, ROWS, STEPS), ctx);
    for (size_t i = 0; i < ROWS; i++)
        for (size_t f = 0; f < 3; f++) {
            l2osr_random_uniform(6, 3 * i + f, -1, 1, noise, STEPS);
            for (size_t t = 0; t < STEPS; t++)
                l2osr_samples_series(samples, f, i)[t] = (float)noise[t];
        }
    check_memories(ctx, samples);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

Suite *suite_windows(void) {
    Suite *suite = suite_create("windows");
    TCase *tests = tcase_create("windows");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, windows_are_series, 0, TEXTS);
    tcase_add_test(tests, a_window_called_t_is_itself);
    tcase_add_test(tests, every_failed_allocation);
    tcase_add_test(tests, measuring_takes_one_number_a_row);
    tcase_add_test(tests, memories_of_windows_are_their_equations);
    tcase_add_test(tests, memories_of_trajectories_are_their_equations);
    suite_add_tcase(suite, tests);
    return suite;
}
