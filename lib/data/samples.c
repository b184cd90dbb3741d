/* SPDX-License-Identifier: MIT */
#include "data/data.h"

#include <math.h>
#include <string.h>

#include "base/number.h"

enum { ALIGNMENT = 64 / sizeof(float) };

bool l2osr__is_name(const char *text) {
    if (*text >= '0' && *text <= '9')
        return false;
    for (const char *c = text; *c; c++)
        if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
              *c == '_'))
            return false;
    return *text != '\0';
}

/* Checks names and copies them. */
static l2osr_status keep_names(l2osr_samples *s, const char *const *names) {
    L2OSR__TRY(l2osr__alloc_to(s->ctx, &s->names, s->features, sizeof *s->names));
    for (size_t i = 0; i < s->features; i++) {
        if (!names[i] || !l2osr__is_name(names[i]))
            return l2osr__fail(s->ctx, L2OSR_EINVAL,
                               "samples: '%s' cannot name feature %zu: use letters, digits and "
                               "'_', not starting with a digit",
                               names[i] ? names[i] : "(null)", i);
        for (size_t j = 0; j < i; j++)
            if (strcmp(names[i], s->names[j]) == 0)
                return l2osr__fail(s->ctx, L2OSR_EINVAL,
                                   "samples: features %zu and %zu are both named '%s'", j, i,
                                   names[i]);
        s->names[i] = l2osr__strdup(s->ctx, names[i]);
        if (!s->names[i])
            return l2osr__fail(s->ctx, L2OSR_ENOMEM, "samples: out of memory");
    }
    return L2OSR_OK;
}

static l2osr_status allocate_columns(l2osr_samples *s) {
    size_t pad = s->steps == 1 ? 0 : L2OSR__SAMPLES_PAD, column, columns = s->features + 1;
    if (__builtin_add_overflow(s->steps, pad, &s->stride) ||
        __builtin_mul_overflow(s->trajectories, s->stride, &column) ||
        __builtin_add_overflow(column, ALIGNMENT - 1, &column))
        return l2osr__fail(s->ctx, L2OSR_ERANGE,
                           "samples: %zu trajectories of %zu steps are too many", s->trajectories,
                           s->steps);
    column -= column % ALIGNMENT;
    size_t bytes;
    if (__builtin_mul_overflow(column, columns * sizeof(float), &bytes) || bytes > PTRDIFF_MAX)
        return l2osr__fail(s->ctx, L2OSR_ERANGE, "samples: %zu features are too many", s->features);
    L2OSR__TRY(l2osr__alloc_to(s->ctx, &s->storage, column, columns * sizeof(float)));
    L2OSR__TRY(l2osr__alloc_to(s->ctx, &s->columns, columns, sizeof *s->columns));
    for (size_t f = 0; f < columns; f++)
        s->columns[f] = s->storage + f * column + pad;
    return L2OSR_OK;
}

static l2osr_status check_counts(l2osr_context *ctx, size_t features, size_t trajectories,
                                 size_t steps) {
    if (features == 0 || trajectories == 0 || steps == 0)
        return l2osr__fail(ctx, L2OSR_EINVAL,
                           "samples: %zu features, %zu trajectories of %zu steps; each must be at "
                           "least 1",
                           features, trajectories, steps);
    if (features > PTRDIFF_MAX / 64)
        return l2osr__fail(ctx, L2OSR_ERANGE, "samples: %zu features are too many", features);
    return L2OSR_OK;
}

l2osr_status l2osr_samples_create(l2osr_samples **out, l2osr_context *ctx, size_t features,
                                  const char *const *names, size_t trajectories, size_t steps) {
    l2osr_samples *s;
    if (!out || !ctx)
        return L2OSR_EINVAL;
    *out = NULL;
    if (!names)
        return l2osr__fail(ctx, L2OSR_EINVAL, "samples: names is NULL");
    L2OSR__TRY(check_counts(ctx, features, trajectories, steps));
    L2OSR__TRY(l2osr__alloc_to(ctx, &s, 1, sizeof *s));
    *s = (l2osr_samples){
        .ctx = ctx, .features = features, .trajectories = trajectories, .steps = steps};
    l2osr_status status = keep_names(s, names);
    if (status == L2OSR_OK)
        status = allocate_columns(s);
    if (status != L2OSR_OK) {
        l2osr_samples_free(s);
        return status;
    }
    *out = s;
    return L2OSR_OK;
}

void l2osr_samples_free(l2osr_samples *samples) {
    if (!samples)
        return;
    for (size_t i = 0; samples->names && i < samples->features; i++)
        l2osr__free(samples->ctx, samples->names[i]);
    for (size_t i = 0; i < samples->n_windows; i++) {
        l2osr__free(samples->ctx, samples->windows[i].name);
        l2osr__free(samples->ctx, samples->windows[i].features);
    }
    l2osr__free(samples->ctx, samples->names);
    l2osr__free(samples->ctx, samples->windows);
    l2osr__free(samples->ctx, samples->weights);
    l2osr__free(samples->ctx, samples->columns);
    l2osr__free(samples->ctx, samples->storage);
    l2osr__free(samples->ctx, samples);
}

static l2osr_status check_series(const l2osr_samples *s, const char *what, const float *series,
                                 size_t trajectory) {
    for (size_t t = 0; t < s->steps; t++)
        if (!isfinite(series[t]))
            return l2osr__fail(s->ctx, L2OSR_ENONFINITE,
                               "samples: %s in trajectory %zu, step %zu is %s", what, trajectory, t,
                               isnan(series[t]) ? "NaN" : "infinite");
    return L2OSR_OK;
}

static l2osr_status check_weights(const l2osr_samples *s, size_t trajectory) {
    const float *weights = s->weights + trajectory * s->steps;
    L2OSR__TRY(check_series(s, "the weight", weights, trajectory));
    for (size_t t = 0; t < s->steps; t++) {
        char number[L2OSR__NUMBER_SIZE]; /* with a point, whatever the locale */
        if (!(weights[t] < 0))
            continue;
        l2osr__format_double(number, sizeof number, (double)weights[t]);
        return l2osr__fail(s->ctx, L2OSR_ERANGE,
                           "samples: the weight in trajectory %zu, step %zu is %s; weights must "
                           "not be negative",
                           trajectory, t, number);
    }
    return L2OSR_OK;
}

l2osr_status l2osr_samples_check(const l2osr_samples *samples) {
    if (!samples)
        return L2OSR_EINVAL;
    for (size_t f = 0; f <= samples->features; f++)
        for (size_t i = 0; i < samples->trajectories; i++)
            L2OSR__TRY(check_series(samples,
                                    f == samples->features ? "the target" : samples->names[f],
                                    samples->columns[f] + i * samples->stride, i));
    for (size_t i = 0; samples->weights && i < samples->trajectories; i++)
        L2OSR__TRY(check_weights(samples, i));
    return L2OSR_OK;
}

l2osr_status l2osr_samples_add_weights(l2osr_samples *samples) {
    if (!samples)
        return L2OSR_EINVAL;
    if (samples->weights)
        return L2OSR_OK;
    /* The columns hold no less, so the product fits. */
    const size_t n = samples->trajectories * samples->steps;
    L2OSR__TRY(l2osr__alloc_to(samples->ctx, &samples->weights, n, sizeof(float)));
    for (size_t i = 0; i < n; i++)
        samples->weights[i] = 1;
    return L2OSR_OK;
}

size_t l2osr_samples_features(const l2osr_samples *samples) {
    return samples->features;
}

size_t l2osr_samples_trajectories(const l2osr_samples *samples) {
    return samples->trajectories;
}

size_t l2osr_samples_steps(const l2osr_samples *samples) {
    return samples->steps;
}

const char *l2osr_samples_name(const l2osr_samples *samples, size_t feature) {
    return feature < samples->features ? samples->names[feature] : NULL;
}

float *l2osr_samples_series(l2osr_samples *samples, size_t feature, size_t trajectory) {
    return samples->columns[feature] + trajectory * samples->stride;
}

float *l2osr_samples_target(l2osr_samples *samples, size_t trajectory) {
    return l2osr_samples_series(samples, samples->features, trajectory);
}

float *l2osr_samples_weights(l2osr_samples *samples, size_t trajectory) {
    return samples->weights ? samples->weights + trajectory * samples->steps : NULL;
}
