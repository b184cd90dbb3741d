/* SPDX-License-Identifier: MIT */
/* Samples from some of the trajectories of others. */
#include "data/data.h"

#include <math.h>
#include <string.h>

#include "data/permute.h"

/* Samples like `from` with room for `count` trajectories of so many steps. */
static l2osr_status create_like(l2osr_samples **out, l2osr_context *ctx, const l2osr_samples *from,
                                size_t count, size_t steps) {
    L2OSR__TRY(l2osr_samples_create(out, ctx, from->features, (const char *const *)from->names,
                                    count, steps));
    l2osr_status status = L2OSR_OK;
    if (from->weights)
        status = l2osr_samples_add_weights(*out);
    for (size_t w = 0; status == L2OSR_OK && w < from->n_windows; w++)
        status = l2osr_samples_add_window(*out, from->windows[w].name, from->windows[w].length,
                                          from->windows[w].features);
    if (status != L2OSR_OK) {
        l2osr_samples_free(*out);
        *out = NULL;
    }
    return status;
}

/* As many of its steps as there is room for. */
static void copy_trajectory(l2osr_samples *to, size_t i, const l2osr_samples *from, size_t j) {
    const size_t bytes = to->steps * sizeof(float);
    for (size_t f = 0; f <= from->features; f++)
        memcpy(to->columns[f] + i * to->stride, from->columns[f] + j * from->stride, bytes);
    if (from->weights)
        memcpy(to->weights + i * to->steps, from->weights + j * from->steps, bytes);
}

/* Copies the `count` trajectories that are marked in kept[trajectories], and frees the marks. */
static l2osr_status take_kept(l2osr_samples **out, const l2osr_samples *from, bool *kept,
                              size_t count) {
    l2osr_status status = create_like(out, from->ctx, from, count, from->steps);
    for (size_t i = 0, j = 0; status == L2OSR_OK && i < count; j++)
        if (kept[j])
            copy_trajectory(*out, i++, from, j);
    l2osr__free(from->ctx, kept);
    return status;
}

l2osr_status l2osr__samples_pick(l2osr_samples **out, l2osr_context *ctx, const l2osr_samples *from,
                                 const size_t *trajectories, size_t count) {
    L2OSR__TRY(create_like(out, ctx, from, count, from->steps));
    for (size_t i = 0; i < count; i++)
        copy_trajectory(*out, i, from, trajectories[i]);
    return L2OSR_OK;
}

l2osr_status l2osr__samples_head(l2osr_samples **out, l2osr_context *ctx, const l2osr_samples *from,
                                 size_t steps) {
    L2OSR__TRY(create_like(out, ctx, from, from->trajectories, steps));
    for (size_t i = 0; i < from->trajectories; i++)
        copy_trajectory(*out, i, from, i);
    return L2OSR_OK;
}

static l2osr_status begin(l2osr_samples **out, const l2osr_samples *samples) {
    if (!out)
        return L2OSR_EINVAL;
    *out = NULL;
    return samples ? L2OSR_OK : L2OSR_EINVAL;
}

static l2osr_status allocate_marks(bool **kept, const l2osr_samples *samples) {
    return l2osr__alloc_to(samples->ctx, kept, samples->trajectories, sizeof **kept);
}

l2osr_status l2osr_samples_part(l2osr_samples **out, const l2osr_samples *samples, size_t first,
                                size_t count) {
    bool *kept;
    L2OSR__TRY(begin(out, samples));
    const size_t there = samples->trajectories;
    if (count == 0 || first > there || count > there - first)
        return l2osr__fail(
            samples->ctx, L2OSR_ERANGE,
            "samples: a part of %zu trajectories from trajectory %zu on does not lie "
            "in samples of %zu",
            count, first, there);
    L2OSR__TRY(allocate_marks(&kept, samples));
    memset(kept + first, true, count);
    return take_kept(out, samples, kept, count);
}

l2osr_status l2osr_samples_subsample(l2osr_samples **out, const l2osr_samples *samples, size_t n,
                                     uint64_t seed) {
    l2osr__permutation order;
    bool *kept;
    L2OSR__TRY(begin(out, samples));
    if (n == 0 || n > samples->trajectories)
        return l2osr__fail(samples->ctx, L2OSR_ERANGE,
                           "samples: cannot draw %zu of %zu trajectories; 1 to all of them can be",
                           n, samples->trajectories);
    L2OSR__TRY(allocate_marks(&kept, samples));
    l2osr__permutation_init(&order, samples->trajectories, seed, 0);
    for (size_t i = 0; i < n; i++)
        kept[l2osr__permutation_at(&order, i)] = true;
    return take_kept(out, samples, kept, n);
}

static bool all_finite(const float *series, size_t n) {
    for (size_t t = 0; t < n; t++)
        if (!isfinite(series[t]))
            return false;
    return true;
}

static bool is_finite(const l2osr_samples *s, size_t trajectory) {
    for (size_t f = 0; f <= s->features; f++)
        if (!all_finite(s->columns[f] + trajectory * s->stride, s->steps))
            return false;
    return !s->weights || all_finite(s->weights + trajectory * s->steps, s->steps);
}

l2osr_status l2osr_samples_drop_nonfinite(l2osr_samples **out, const l2osr_samples *samples,
                                          size_t *dropped) {
    bool *kept;
    size_t count = 0;
    if (dropped)
        *dropped = 0;
    L2OSR__TRY(begin(out, samples));
    L2OSR__TRY(allocate_marks(&kept, samples));
    for (size_t i = 0; i < samples->trajectories; i++)
        count += kept[i] = is_finite(samples, i);
    if (count == 0) {
        l2osr__free(samples->ctx, kept);
        return l2osr__fail(samples->ctx, L2OSR_ENONFINITE,
                           "samples: none would be left, as each of the %zu trajectories has an "
                           "entry that is not finite",
                           samples->trajectories);
    }
    L2OSR__TRY(take_kept(out, samples, kept, count));
    if (dropped)
        *dropped = samples->trajectories - count;
    return L2OSR_OK;
}
