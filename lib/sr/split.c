/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "data/permute.h"
#include "sr/search.h"

enum { MIN_ROWS = 8 };

/* Permutations of the search's seed. */
enum { PASS_TRAJECTORIES, PASS_ROWS };

static l2osr_status copy_samples(l2osr_sr *sr, const l2osr_samples *given) {
    l2osr_samples *from = (l2osr_samples *)(uintptr_t)given; /* only read below */
    const size_t features = l2osr_samples_features(from), steps = l2osr_samples_steps(from);
    const char **names;
    L2OSR__TRY(l2osr__alloc_to(sr->ctx, &names, features, sizeof *names));
    for (size_t f = 0; f < features; f++)
        names[f] = l2osr_samples_name(from, f);
    l2osr_status status = l2osr_samples_create(&sr->samples, sr->ctx, features, names,
                                               l2osr_samples_trajectories(from), steps);
    l2osr__free(sr->ctx, names);
    if (status != L2OSR_OK)
        return status;
    for (size_t i = 0; i < l2osr_samples_trajectories(from); i++) {
        for (size_t f = 0; f < features; f++)
            memcpy(l2osr_samples_series(sr->samples, f, i), l2osr_samples_series(from, f, i),
                   steps * sizeof(float));
        memcpy(l2osr_samples_target(sr->samples, i), l2osr_samples_target(from, i),
               steps * sizeof(float));
    }
    return L2OSR_OK;
}

static l2osr_status split(l2osr_sr *sr, double validation) {
    const size_t n = l2osr_samples_trajectories(sr->samples);
    l2osr__permutation order;
    l2osr__permutation_init(&order, n, sr->world.seed, PASS_TRAJECTORIES);
    sr->n_held = (size_t)floor(validation * (double)n);
    if (sr->n_held == 0 && n > 1)
        sr->n_held = 1;
    sr->n_train = n - sr->n_held;
    L2OSR__TRY(l2osr__alloc_to(sr->ctx, &sr->held, sr->n_held + 1, sizeof *sr->held));
    L2OSR__TRY(l2osr__alloc_to(sr->ctx, &sr->train, sr->n_train, sizeof *sr->train));
    for (size_t i = 0; i < n; i++) {
        size_t trajectory = l2osr__permutation_at(&order, i);
        if (i < sr->n_held)
            sr->held[i] = trajectory;
        else
            sr->train[i - sr->n_held] = trajectory;
    }
    return L2OSR_OK;
}

/* Rows in random order: the first ones are a fair sample by themselves. */
static l2osr_status draw_rows(l2osr_sr *sr, size_t max_rows) {
    const size_t steps = l2osr_samples_steps(sr->samples), total = sr->n_train * steps;
    const size_t rows = total < max_rows ? total : max_rows;
    l2osr__permutation order;
    uint32_t *row_of;
    if (total < MIN_ROWS)
        return l2osr__fail(sr->ctx, L2OSR_EINVAL,
                           "distil: %zu rows to fit on are too few; at least %d are needed", total,
                           MIN_ROWS);
    if (rows >= L2OSR__NO_ROW)
        return l2osr__fail(sr->ctx, L2OSR_ERANGE, "distil: max_rows %zu is too large", max_rows);
    L2OSR__TRY(l2osr__table_init(&sr->table, sr->ctx, &sr->columns, rows, steps));
    L2OSR__TRY(l2osr__alloc_to(sr->ctx, &row_of, total, sizeof *row_of));
    memset(row_of, 0xff, total * sizeof *row_of); /* L2OSR__NO_ROW */
    l2osr__permutation_init(&order, total, sr->world.seed, PASS_ROWS);
    for (size_t i = 0; i < rows; i++)
        row_of[l2osr__permutation_at(&order, i)] = (uint32_t)i;
    for (size_t i = 0; i < sr->n_train; i++)
        l2osr__table_write(&sr->table, &sr->columns, sr->samples, sr->train[i], row_of + i * steps);
    l2osr__free(sr->ctx, row_of);
    return L2OSR_OK;
}

static l2osr_status measure_target(l2osr_sr *sr) {
    const size_t n = sr->table.rows;
    double sum = 0, square = 0;
    for (size_t i = 0; i < n; i++)
        sum += sr->table.target[i];
    sr->world.mean = sum / (double)n;
    for (size_t i = 0; i < n; i++) {
        double d = sr->table.target[i] - sr->world.mean;
        square += d * d;
    }
    sr->world.variance = square / (double)n;
    if (!(sr->world.variance > 0))
        return l2osr__fail(sr->ctx, L2OSR_EINVAL,
                           "distil: the target is %g on all rows to fit on: nothing to explain",
                           sr->world.mean);
    return L2OSR_OK;
}

static l2osr_status measure_columns(l2osr_sr *sr) {
    L2OSR__TRY(l2osr__alloc_to(sr->ctx, &sr->scale, sr->columns.count, sizeof *sr->scale));
    for (size_t c = 0; c < sr->columns.count; c++) {
        double square = 0;
        for (size_t i = 0; i < sr->table.rows; i++)
            square += (double)sr->table.column[c][i] * sr->table.column[c][i];
        sr->scale[c] = square > 0 ? sqrt(square / (double)sr->table.rows) : 1;
    }
    return L2OSR_OK;
}

l2osr_status l2osr__sr_take_samples(l2osr_sr *sr, const l2osr_samples *samples,
                                    const l2osr_sr_options *options) {
    L2OSR__TRY(l2osr_samples_check(samples));
    L2OSR__TRY(copy_samples(sr, samples));
    L2OSR__TRY(l2osr__columns_init(&sr->columns, sr->ctx, samples, options));
    L2OSR__TRY(split(sr, options->validation));
    L2OSR__TRY(draw_rows(sr, options->max_rows));
    L2OSR__TRY(measure_target(sr));
    return measure_columns(sr);
}
