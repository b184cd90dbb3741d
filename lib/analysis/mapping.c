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

/* Whether numbers [trajectories][stride] are finite where they count; `what` they are. */
static l2osr_status check_finite(l2osr_context *ctx, const l2osr_samples *s, const float *numbers,
                                 size_t stride, const char *what) {
    for (size_t k = 0; k < s->trajectories * s->steps; k++) {
        const size_t trajectory = k / s->steps, step = k % s->steps;
        const float number = numbers[trajectory * stride + step];
        if (!isfinite(number) && l2osr__samples_weight(s, k) != 0)
            return l2osr__fail(ctx, L2OSR_ENONFINITE, "r2: the %s of trajectory %zu, step %zu is %s",
                               what, trajectory, step + 1, isnan(number) ? "NaN" : "infinite");
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
