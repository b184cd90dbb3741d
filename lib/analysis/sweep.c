/* SPDX-License-Identifier: MIT */
/* The update as a function of one input at one step. */
#include <math.h>
#include <stdlib.h>

#include "analysis/mapping.h"
#include "data/inputs.h"

typedef struct sweep {
    const l2osr_mapping *mapping;
    const l2osr_samples *samples;
    l2osr_sweep_options options;
    size_t column, at; /* what varies: a column of the samples, and the step there */
    size_t *chosen;    /* [count] trajectories that count */
    size_t count;
    size_t n;
    const double *values;
    double *low, *median, *high; /* `low` and `high` may be NULL */
} sweep;

void l2osr_sweep_options_init(l2osr_sweep_options *o, size_t size) {
    l2osr__options_init(o, size);
}

/* ---- quantiles ---- */

/* -0 before 0, so that it does not matter how the system's qsort() treats what is equal. */
static int ascending(const void *a, const void *b) {
    const float x = *(const float *)a, y = *(const float *)b;
    return x == y ? (signbit(x) == 0) - (signbit(y) == 0) : (x > y) - (x < y);
}

/* Of sorted numbers, between neighbours in proportion. */
static double quantile(const float *sorted, size_t n, double part) {
    const double place = part * (double)(n - 1);
    const size_t below = (size_t)place, above = below + 1 < n ? below + 1 : below;
    const double weight = place - (double)below;
    return (1 - weight) * (double)sorted[below] + weight * (double)sorted[above];
}

/* Sorts those that are finite to the front; returns how many there are. */
static size_t sort_finite(float *list, size_t n) {
    size_t count = 0;
    for (size_t k = 0; k < n; k++)
        if (isfinite(list[k]))
            list[count++] = list[k];
    qsort(list, count, sizeof *list, ascending);
    return count;
}

static void write_result(const sweep *w, size_t index, double low, double median, double high) {
    w->median[index] = median;
    if (w->low)
        w->low[index] = low;
    if (w->high)
        w->high[index] = high;
}

/* ---- one history ---- */

/* What a column has at a step in those trajectories that count there, too. */
static size_t list_column(const sweep *w, size_t column, size_t step, float *list) {
    const l2osr_samples *s = w->samples;
    size_t count = 0;
    for (size_t k = 0; k < w->count; k++)
        if (l2osr__samples_weight(s, w->chosen[k] * s->steps + step) > 0)
            list[count++] = s->columns[column][w->chosen[k] * s->stride + step];
    return count;
}

/* Medians of all columns at a step, for every trajectory of `to`. `list` has room for [count]. */
static void write_medians(const sweep *w, size_t step, l2osr_samples *to, float *list) {
    for (size_t f = 0; f < w->samples->features; f++) {
        const size_t count = sort_finite(list, list_column(w, f, step, list));
        const float median = count > 0 ? (float)quantile(list, count, 0.5) : NAN;
        for (size_t i = 0; i < to->trajectories; i++)
            to->columns[f][i * to->stride + step] = median;
    }
}

static l2osr_status copy_windows(l2osr_samples *to, const l2osr_samples *from) {
    for (size_t k = 0; k < from->n_windows; k++)
        L2OSR__TRY(l2osr_samples_add_window(to, from->windows[k].name, from->windows[k].length,
                                            from->windows[k].features));
    return L2OSR_OK;
}

/* Trajectories of the one history, each with a value of its own. */
static l2osr_status run_histories(const sweep *w, l2osr_samples *histories, float *list, float *u) {
    const size_t steps = w->options.step;
    L2OSR__TRY(copy_windows(histories, w->samples));
    for (size_t step = 0; step < steps; step++)
        write_medians(w, step, histories, list);
    for (size_t i = 0; i < w->n; i++)
        histories->columns[w->column][i * histories->stride + w->at] = (float)w->values[i];
    L2OSR__TRY(l2osr_mapping_predict(w->mapping, histories, u));
    for (size_t i = 0; i < w->n; i++) {
        const float value = u[(i + 1) * steps - 1];
        const double result = isfinite(value) ? (double)value : (double)NAN;
        write_result(w, i, result, result, result);
    }
    return L2OSR_OK;
}

static l2osr_status sweep_typical(void *argument, size_t index) {
    const sweep *w = argument;
    l2osr_context *ctx = w->mapping->ctx;
    const l2osr_samples *s = w->samples;
    l2osr_samples *histories;
    float *list = NULL, *u = NULL;
    (void)index; /* there is one history */
    L2OSR__TRY(l2osr_samples_create(&histories, ctx, s->features, (const char *const *)s->names,
                                    w->n, w->options.step));
    l2osr_status status = l2osr__alloc_to(ctx, &list, w->count, sizeof *list);
    if (status == L2OSR_OK)
        status = l2osr__alloc_to(ctx, &u, w->n, w->options.step * sizeof *u);
    if (status == L2OSR_OK)
        status = run_histories(w, histories, list, u);
    l2osr__free(ctx, u);
    l2osr__free(ctx, list);
    l2osr_samples_free(histories);
    return status;
}

/* ---- histories as observed ---- */

/* u has room for [trajectories][steps]; what counts of it moves to the front. */
static l2osr_status run_value(const sweep *w, size_t index, l2osr_samples *samples, float *u) {
    const size_t steps = w->options.step;
    for (size_t i = 0; i < samples->trajectories; i++)
        samples->columns[w->column][i * samples->stride + w->at] = (float)w->values[index];
    L2OSR__TRY(l2osr_mapping_predict(w->mapping, samples, u));
    for (size_t k = 0; k < w->count; k++)
        u[k] = u[(w->chosen[k] + 1) * steps - 1];
    if (sort_finite(u, w->count) < w->count)
        write_result(w, index, NAN, NAN, NAN);
    else
        write_result(w, index, quantile(u, w->count, 0.25), quantile(u, w->count, 0.5),
                     quantile(u, w->count, 0.75));
    return L2OSR_OK;
}

static l2osr_status observe(void *argument, size_t index) {
    const sweep *w = argument;
    l2osr_context *ctx = w->mapping->ctx;
    l2osr_samples *samples;
    float *u = NULL;
    if (l2osr__canceled(ctx))
        return l2osr__fail(ctx, L2OSR_ECANCELED, "sweep: canceled");
    L2OSR__TRY(l2osr__samples_head(&samples, ctx, w->samples, w->options.step));
    l2osr_status status =
        l2osr__alloc_to(ctx, &u, samples->trajectories, samples->steps * sizeof *u);
    if (status == L2OSR_OK)
        status = run_value(w, index, samples, u);
    l2osr__free(ctx, u);
    l2osr_samples_free(samples);
    return status;
}

/* ---- what is asked for ---- */

static l2osr_status find_input(size_t *input, l2osr_context *ctx, const l2osr_samples *s,
                               const char *name) {
    *input = l2osr__input_find(s, name);
    if (*input < l2osr__input_count(s))
        return L2OSR_OK;
    return l2osr__fail(ctx, L2OSR_ENOTFOUND, "sweep: the samples have no input '%s'", name);
}

static l2osr_status find_place(sweep *w, const char *name) {
    l2osr_context *ctx = w->mapping->ctx;
    const size_t steps = w->samples->steps, lag = w->options.lag;
    L2OSR__TRY(find_input(&w->column, ctx, w->samples, name));
    if (w->options.step > steps)
        return l2osr__fail(ctx, L2OSR_ERANGE, "sweep: step %zu, but trajectories of %zu steps",
                           w->options.step, steps);
    w->options.step = w->options.step ? w->options.step : steps;
    const l2osr__window *window = l2osr__input_window(w->samples, w->column);
    const size_t lags = window ? window->length : w->options.step;
    if (lag >= lags)
        return l2osr__fail(ctx, L2OSR_ERANGE, "sweep: '%s' has no value %zu steps before, only %zu",
                           name, lag, lags - 1);
    w->column = window ? window->features[lag] : w->column;
    w->at = window ? 0 : w->options.step - 1 - lag;
    return L2OSR_OK;
}

static l2osr_status choose(sweep *w) {
    const l2osr_samples *s = w->samples;
    for (size_t i = 0; i < s->trajectories; i++)
        if (l2osr__samples_weight(s, i * s->steps + w->options.step - 1) > 0)
            w->chosen[w->count++] = i;
    if (w->count > 0)
        return L2OSR_OK;
    return l2osr__fail(w->mapping->ctx, L2OSR_EINVAL, "sweep: no trajectory counts at step %zu",
                       w->options.step);
}

static l2osr_status run_all(sweep *w) {
    l2osr_context *ctx = w->mapping->ctx;
    L2OSR__TRY(choose(w));
    if (w->options.held == L2OSR_HELD_OBSERVED)
        return l2osr__loop(ctx, "sweep", "values", w->n, observe, w);
    return l2osr__loop(ctx, "sweep", "histories", 1, sweep_typical, w);
}

l2osr_status l2osr_mapping_sweep(const l2osr_mapping *mapping, const l2osr_samples *samples,
                                 const l2osr_sweep_options *options, const char *input, size_t n,
                                 const double *values, double *low, double *median, double *high) {
    sweep w = {.mapping = mapping,
               .samples = samples,
               .n = n,
               .values = values,
               .low = low,
               .median = median,
               .high = high};
    if (!mapping)
        return L2OSR_EINVAL;
    l2osr_context *ctx = mapping->ctx;
    if (!samples || !input || !values || !median || n == 0)
        return l2osr__fail(ctx, L2OSR_EINVAL, "sweep: an argument is NULL, or n is 0");
    L2OSR__TRY(l2osr__options_copy(ctx, &w.options, sizeof w.options, options, "sweep options"));
    if (w.options.held != L2OSR_HELD_TYPICAL && w.options.held != L2OSR_HELD_OBSERVED)
        return l2osr__fail(ctx, L2OSR_EINVAL, "sweep: held is %d", (int)w.options.held);
    L2OSR__TRY(find_place(&w, input));
    L2OSR__TRY(l2osr__alloc_to(ctx, &w.chosen, samples->trajectories, sizeof *w.chosen));
    const l2osr_status status = run_all(&w);
    l2osr__free(ctx, w.chosen);
    return status;
}

/* ---- values to propose ---- */

static void spread_values(const float *list, size_t count, size_t n, double *values) {
    const double below = fabs(quantile(list, count, 0.01));
    const double above = fabs(quantile(list, count, 0.99));
    const double reach = below > above ? below : above;
    const double first = list[0] < 0 ? -reach : 0;
    for (size_t i = 0; i < n; i++)
        values[i] = first + (reach - first) * (double)i / (double)(n - 1);
}

l2osr_status l2osr_sweep_values(l2osr_context *ctx, const l2osr_samples *samples, const char *input,
                                size_t n, double *values) {
    size_t column, count = 0;
    float *list;
    if (!ctx)
        return L2OSR_EINVAL;
    if (!samples || !input || !values || n < 2)
        return l2osr__fail(ctx, L2OSR_EINVAL, "sweep: an argument is NULL, or n is below 2");
    L2OSR__TRY(find_input(&column, ctx, samples, input));
    const l2osr__window *window = l2osr__input_window(samples, column);
    column = window ? window->features[0] : column;
    L2OSR__TRY(l2osr__alloc_to(ctx, &list, samples->trajectories, samples->steps * sizeof *list));
    for (size_t i = 0; i < samples->trajectories; i++)
        for (size_t step = 0; step < samples->steps; step++)
            if (l2osr__samples_weight(samples, i * samples->steps + step) > 0)
                list[count++] = samples->columns[column][i * samples->stride + step];
    count = sort_finite(list, count);
    if (count > 0)
        spread_values(list, count, n, values);
    l2osr__free(ctx, list);
    if (count > 0)
        return L2OSR_OK;
    return l2osr__fail(ctx, L2OSR_ENONFINITE, "sweep: no value of '%s' that counts is finite",
                       input);
}
