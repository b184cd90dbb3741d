/* SPDX-License-Identifier: MIT */
/* Rules as mappings: trajectories are the coordinates of a stepper, whose parameters stay 0. */
#include "analysis/along.h"

static l2osr_status step_all(const l2osr__along *a, l2osr_stepper *stepper, size_t first,
                             size_t n) {
    const float lr = (float)l2osr_rule_default_lr(a->mapping->self);
    const float x[L2OSR__ALONG_LANES] = {0};
    float g[L2OSR__ALONG_LANES] = {0}, u[L2OSR__ALONG_LANES];
    for (size_t step = 0; step < a->steps; step++) {
        l2osr__along_read(a, 0, step, first, n, g);
        L2OSR__TRY(l2osr_stepper_begin(stepper, NULL));
        L2OSR__TRY(l2osr_stepper_delta_f32(stepper, 0, n, x, g, u));
        L2OSR__TRY(l2osr_stepper_end(stepper));
        for (size_t k = 0; k < n; k++)
            u[k] /= lr;
        l2osr__along_write(a, step, first, n, u);
    }
    return L2OSR_OK;
}

static l2osr_status run_coordinates(const l2osr__along *a, size_t first, size_t n) {
    const l2osr_stepper_options o = {.struct_size = sizeof o,
                                     .nonfinite = L2OSR_NONFINITE_PROPAGATE};
    l2osr_stepper *stepper;
    L2OSR__TRY(l2osr_stepper_create(&stepper, a->mapping->ctx, a->mapping->self, 1, &n, &o));
    const l2osr_status status = step_all(a, stepper, first, n);
    l2osr_stepper_free(stepper);
    return status;
}

static l2osr_status predict(const l2osr_mapping *mapping, const l2osr_samples *samples,
                            float *out) {
    static const l2osr__along_class coordinates = {L2OSR__ALONG_LANES, run_coordinates};
    return l2osr__along_run(mapping, &coordinates, samples, out);
}

static void release(void *self) {
    l2osr_rule_free(self);
}

static l2osr_status check_rule(l2osr_context *ctx, const l2osr_rule *rule) {
    if (!rule)
        return l2osr__fail(ctx, L2OSR_EINVAL, "mapping: rule is NULL");
    if (l2osr_rule_passes(rule) > 0)
        return l2osr__fail(ctx, L2OSR_EUNSUPPORTED,
                           "mapping: the rule reduces over parameters, so that its update is not a "
                           "function of one gradient's history");
    return L2OSR_OK;
}

l2osr_status l2osr_mapping_of_rule(l2osr_mapping **out, l2osr_context *ctx, l2osr_rule *rule) {
    static const l2osr__mapping_class class = {predict, release};
    if (!ctx || !out)
        return L2OSR_EINVAL;
    *out = NULL;
    L2OSR__TRY(check_rule(ctx, rule));
    L2OSR__TRY(l2osr__mapping_new(out, ctx, &class, l2osr_rule_ref(rule), 1));
    (*out)->names[0] = "g";
    return L2OSR_OK;
}
