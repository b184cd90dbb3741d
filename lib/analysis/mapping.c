/* SPDX-License-Identifier: MIT */
/* What all mappings have in common. */
#include "analysis/mapping.h"

#include <math.h>

l2osr_status l2osr__mapping_new(l2osr_mapping **out, l2osr_context *ctx,
                                const l2osr__mapping_class *class, void *self, size_t n_names) {
    l2osr_mapping *m;
    l2osr_status status = l2osr__alloc_to(ctx, &m, 1, sizeof *m);
    if (status != L2OSR_OK) {
        class->free(self);
        return status;
    }
    *m = (l2osr_mapping){.ctx = ctx, .class = class, .self = self, .n_names = n_names};
    status = l2osr__alloc_to(ctx, &m->names, n_names + 1, sizeof *m->names);
    if (status == L2OSR_OK)
        *out = m;
    else
        l2osr_mapping_free(m);
    return status;
}

void l2osr_mapping_free(l2osr_mapping *mapping) {
    if (!mapping)
        return;
    mapping->class->free(mapping->self);
    l2osr__free(mapping->ctx, mapping->names);
    l2osr__free(mapping->ctx, mapping);
}

l2osr_status l2osr_mapping_predict(const l2osr_mapping *mapping, const l2osr_samples *samples,
                                   float *out) {
    if (!mapping)
        return L2OSR_EINVAL;
    if (!samples || !out)
        return l2osr__fail(mapping->ctx, L2OSR_EINVAL, "predict: an argument is NULL");
    return mapping->class->predict(mapping, samples, out);
}

/* ---- work in batches ---- */

typedef struct batch {
    l2osr__loop_fn fn;
    void *arg;
    size_t first;
} batch;

static l2osr_status run_item(void *argument, size_t index) {
    const batch *b = argument;
    return b->fn(b->arg, b->first + index);
}

l2osr_status l2osr__loop(l2osr_context *ctx, const char *name, const char *units, size_t n,
                         l2osr__loop_fn fn, void *arg) {
    const size_t most = 4 * (size_t)l2osr_context_threads(ctx);
    batch b = {fn, arg, 0};
    l2osr__stage stage;
    if (!name)
        return l2osr__parallel_for(ctx, n, fn, arg);
    l2osr__stage_begin(&stage, ctx, name, n);
    L2OSR__TRY(l2osr__stage_tick(&stage, 0, NAN, units));
    while (b.first < n) {
        const size_t count = n - b.first < most ? n - b.first : most;
        L2OSR__TRY(l2osr__parallel_for(ctx, count, run_item, &b));
        b.first += count;
        L2OSR__TRY(l2osr__stage_tick(&stage, b.first, NAN, units));
    }
    return L2OSR_OK;
}

/* ---- R2 ---- */

/* Whether numbers [trajectories][stride] are finite where they count; `what` they are. */
static l2osr_status check_finite(l2osr_context *ctx, const l2osr_samples *s, const float *numbers,
                                 size_t stride, const char *what) {
    for (size_t k = 0; k < s->trajectories * s->steps; k++) {
        const size_t trajectory = k / s->steps, step = k % s->steps;
        const float number = numbers[trajectory * stride + step];
        if (!isfinite(number) && l2osr__samples_weight(s, k) != 0)
            return l2osr__fail(ctx, L2OSR_ENONFINITE,
                               "r2: the %s of trajectory %zu, step %zu is %s", what, trajectory,
                               step + 1, isnan(number) ? "NaN" : "infinite");
    }
    return L2OSR_OK;
}

l2osr_status l2osr__target_check(l2osr_context *ctx, const l2osr_samples *s) {
    return check_finite(ctx, s, s->columns[s->features], s->stride, "target");
}

l2osr_status l2osr__r2(l2osr_context *ctx, const l2osr_samples *s, const float *predictions,
                       double *r2) {
    const l2osr__deviation deviation = l2osr__compare(s, predictions);
    L2OSR__TRY(l2osr__target_check(ctx, s));
    L2OSR__TRY(check_finite(ctx, s, predictions, s->steps, "prediction"));
    if (deviation.variance == 0)
        return l2osr__fail(ctx, L2OSR_EINVAL, "r2: the target is the same everywhere");
    *r2 = 1 - deviation.mse / deviation.variance;
    return L2OSR_OK;
}

l2osr_status l2osr_mapping_r2(const l2osr_mapping *mapping, const l2osr_samples *samples,
                              double *r2) {
    float *predictions;
    if (!mapping)
        return L2OSR_EINVAL;
    if (!samples || !r2)
        return l2osr__fail(mapping->ctx, L2OSR_EINVAL, "r2: an argument is NULL");
    L2OSR__TRY(l2osr__alloc_to(mapping->ctx, &predictions, samples->trajectories,
                               samples->steps * sizeof *predictions));
    l2osr_status status = l2osr_mapping_predict(mapping, samples, predictions);
    if (status == L2OSR_OK)
        status = l2osr__r2(mapping->ctx, samples, predictions, r2);
    l2osr__free(mapping->ctx, predictions);
    return status;
}
