/* SPDX-License-Identifier: MIT */
#include "noise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

l2osr_samples *make_noise(l2osr_context *ctx, size_t trajectories, size_t steps) {
    static const char *const names[] = {"a", "b", "g"};
    static const double deviations[] = {1, 2, 0.5};
    l2osr_samples *samples;
    double *values = malloc(steps * sizeof *values);
    ck_ok(l2osr_samples_create(&samples, ctx, 3, names, trajectories, steps), ctx);
    for (size_t f = 0; f < 3; f++)
        for (size_t i = 0; i < trajectories; i++) {
            l2osr_random_normal(5, 3 * i + f, 0, deviations[f], values, steps);
            for (size_t t = 0; t < steps; t++)
                l2osr_samples_series(samples, f, i)[t] = (float)values[t];
        }
    free(values);
    return samples;
}

l2osr_mapping *map_equation(l2osr_context *ctx, const char *text) {
    l2osr_mapping *mapping;
    ck_ok(l2osr_mapping_of_equation(&mapping, ctx, text), ctx);
    return mapping;
}

l2osr_samples *make_windows(l2osr_context *ctx, l2osr_samples *series, const char *window,
                            size_t length) {
    char texts[64][24];
    const char *names[64];
    size_t features[64];
    const size_t rows = l2osr_samples_trajectories(series), steps = l2osr_samples_steps(series);
    l2osr_samples *table;
    ck_assert_uint_le(length, 64);
    for (size_t lag = 0; lag < length; lag++) {
        snprintf(texts[lag], sizeof texts[lag], "w%zu", lag);
        names[lag] = texts[lag];
        features[lag] = lag;
    }
    ck_ok(l2osr_samples_create(&table, ctx, length, names, rows, 1), ctx);
    for (size_t i = 0; i < rows; i++)
        for (size_t lag = 0; lag < length; lag++)
            *l2osr_samples_series(table, lag, i) =
                l2osr_samples_series(series, 2, i)[steps - 1 - lag];
    ck_ok(l2osr_samples_add_window(table, window, length, features), ctx);
    return table;
}

void compare_threads(void (*body)(l2osr_context *ctx, double *results, size_t n)) {
    static const unsigned threads[] = {1, 2, 4};
    double results[3][256];
    memset(results, 0, sizeof results);
    for (size_t k = 0; k < 3; k++) {
        l2osr_context *ctx = test_context_with(threads[k], NULL);
        body(ctx, results[k], 256);
        l2osr_context_free(ctx);
    }
    ck_assert_double_ne(results[0][0], 0);
    ck_assert_mem_eq(results[0], results[1], sizeof results[0]);
    ck_assert_mem_eq(results[0], results[2], sizeof results[0]);
}
