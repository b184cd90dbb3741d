/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "data/permute.h"
#include "sr/search.h"

enum { MIN_ROWS = 8 };

/* What the search's seed is split into. */
enum { SEED_TRAJECTORIES, SEED_ROWS };

static const double default_decays[] = {0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99};

/* A copy in random order: the trajectories to fit on, then those kept apart. */
static l2osr_status split(l2osr_sr *sr, const l2osr_samples *samples) {
    const size_t n = samples->trajectories;
    l2osr__permutation order;
    size_t *indices;
    l2osr__permutation_init(&order, n, l2osr__seed_split(sr->world.seed, SEED_TRAJECTORIES), 0);
    sr->n_held = (size_t)floor(sr->world.options.validation * (double)n);
    if (sr->n_held == 0 && n > 1 && sr->world.options.validation > 0)
        sr->n_held = 1;
    sr->n_train = n - sr->n_held;
    L2OSR__TRY(l2osr__alloc_to(sr->ctx, &indices, n, sizeof *indices));
    for (size_t i = 0; i < n; i++)
        indices[i] = l2osr__permutation_at(&order, i);
    l2osr_status status = l2osr__samples_pick(&sr->samples, sr->ctx, samples, indices, n);
    l2osr__free(sr->ctx, indices);
    return status;
}

static l2osr_status make_table(l2osr_sr *sr) {
    const l2osr__table_source source = {.columns = &sr->columns,
                                        .samples = sr->samples,
                                        .train = sr->n_train,
                                        .max_rows = sr->world.options.max_rows,
                                        .seed = l2osr__seed_split(sr->world.seed, SEED_ROWS)};
    return l2osr__table_init(&sr->table, sr->ctx, &source);
}

static l2osr_status measure_target(l2osr_sr *sr) {
    const l2osr__table *t = &sr->table;
    const float *root = t->root_weight;
    const double one = l2osr__table_sum(t, NULL, 0, t->rows);
    const double sum = l2osr__table_sum(t, t->target, 0, t->rows);
    double square = 0;
    sr->world.mean = sum / one;
    for (size_t i = 0; i < t->rows; i++) {
        const double d = t->target[i] - sr->world.mean * (root ? root[i] : 1);
        square += d * d;
    }
    sr->world.variance = square / one;
    if (!(sr->world.variance > 0))
        return l2osr__fail(sr->ctx, L2OSR_EINVAL,
                           "distil: the target is %g on all rows to fit on: nothing to explain",
                           sr->world.mean);
    return L2OSR_OK;
}

static void measure_terminal(l2osr__terminal *t, const l2osr__kernels_f32 *kernels, size_t rows,
                             const float *x) {
    const double square = kernels->sum_squares(rows, x) / (double)rows;
    const double mean = kernels->sum(rows, x) / (double)rows;
    double most = 0;
    for (size_t i = 0; i < rows; i++)
        most = fabs((double)x[i]) > most ? fabs((double)x[i]) : most;
    t->scale = square > 0 && isfinite(square) ? sqrt(square) : 1;
    t->mean = mean;
    t->deviation = square > mean * mean ? sqrt(square - mean * mean) : 0;
    t->tail = most / t->scale;
}

/* Of a memory all this depends little on its decay: one is as good as any. */
static l2osr_status measure_columns(l2osr_sr *sr) {
    const l2osr__kernels_f32 *kernels = l2osr__kernels_f32_of(sr->ctx);
    const size_t rows = sr->table.rows;
    float *memory;
    L2OSR__TRY(l2osr__alloc_to(sr->ctx, &memory, rows + sr->table.held, sizeof *memory));
    for (size_t c = 0; c < sr->columns.count; c++) {
        const float *values = memory;
        if (c < sr->columns.plain)
            values = sr->table.column[c];
        else
            l2osr__table_memory(&sr->table, (uint32_t)c, sr->columns.terminals[c].counts ? 4 : 0.75,
                                memory, NULL);
        measure_terminal(&sr->columns.terminals[c], kernels, rows, values);
    }
    l2osr__free(sr->ctx, memory);
    return L2OSR_OK;
}

/* Decays alone allow averages. */
static l2osr_status take_decays(l2osr_sr *sr) {
    const l2osr_sr_options *o = &sr->world.options;
    l2osr__grammar *grammar = &sr->world.grammar;
    const bool given = o->n_decays > 0;
    const double *from = given ? o->decays : default_decays;
    const size_t count = given ? o->n_decays : sizeof default_decays / sizeof default_decays[0];
    L2OSR__TRY(l2osr__alloc_to(sr->ctx, &sr->decays, count, sizeof *sr->decays));
    memcpy(sr->decays, from, count * sizeof *from);
    grammar->decays = sr->decays;
    grammar->n_decays = count;
    if (given && !grammar->memory[L2OSR__OP_DSUM])
        grammar->memory[L2OSR__OP_EMA] = true;
    return L2OSR_OK;
}

l2osr_status l2osr__sr_take_samples(l2osr_sr *sr, const l2osr_samples *samples) {
    l2osr__grammar *grammar = &sr->world.grammar;
    const l2osr_sr_options *o = &sr->world.options;
    L2OSR__TRY(l2osr_samples_check(samples));
    L2OSR__TRY(split(sr, samples));
    L2OSR__TRY(take_decays(sr));
    L2OSR__TRY(l2osr__columns_init(&sr->columns, sr->ctx, sr->samples, o, grammar));
    L2OSR__TRY(make_table(sr));
    if (sr->table.rows == 0)
        return l2osr__fail(sr->ctx, L2OSR_EINVAL,
                           "distil: all rows to fit on have the weight 0: none of them counts");
    if (sr->table.rows < MIN_ROWS)
        return l2osr__fail(sr->ctx, L2OSR_EINVAL,
                           "distil: %zu rows to fit on are too few; at least %d are needed",
                           sr->table.rows, MIN_ROWS);
    L2OSR__TRY(measure_target(sr));
    L2OSR__TRY(measure_columns(sr));
    grammar->terminals = sr->columns.terminals;
    grammar->plain = (uint32_t)sr->columns.plain;
    grammar->columns = (uint32_t)sr->columns.count;
    return L2OSR_OK;
}
