/* SPDX-License-Identifier: MIT */
/* Numerical models as mappings: trajectories are the lanes of panels. */
#include <string.h>

#include "analysis/along.h"
#include "model/model.h"

/* Two records take turns as the step and the one before it. Lanes without a trajectory have inputs
 * of 0. */
static l2osr_status run_panel(const l2osr__along *a, size_t first, size_t n) {
    const l2osr_model *model = a->mapping->self;
    const l2osr__network *net = &model->net;
    const l2osr__kernels_f32 *kernels = l2osr__kernels_f32_of(a->mapping->ctx);
    _Alignas(64) float records[2][L2OSR__MAX_RECORD_ROWS * L2OSR__LANES];
    for (size_t i = 0; i < 2; i++)
        memset(records[i], 0, net->rows * L2OSR__LANES * sizeof(float));
    for (size_t step = 0; step < a->steps; step++) {
        float *record = records[step % 2], *before = records[(step + 1) % 2];
        for (size_t f = 0; f < net->shape.features; f++)
            l2osr__along_read(a, f, step, first, n, record + (net->input + f) * L2OSR__LANES);
        l2osr__network_forward_f32(net, kernels, model->packed_f32, before, record);
        l2osr__along_write(a, step, first, n, record + net->out * L2OSR__LANES);
    }
    return L2OSR_OK;
}

static l2osr_status predict(const l2osr_mapping *mapping, const l2osr_samples *samples,
                            float *out) {
    static const l2osr__along_class panels = {L2OSR__LANES, run_panel};
    return l2osr__along_run(mapping, &panels, samples, out);
}

static void release(void *self) {
    l2osr_model_free(self);
}

l2osr_status l2osr_mapping_of_model(l2osr_mapping **out, l2osr_context *ctx, l2osr_model *model) {
    static const l2osr__mapping_class class = {predict, release};
    if (!ctx || !out)
        return L2OSR_EINVAL;
    *out = NULL;
    if (!model)
        return l2osr__fail(ctx, L2OSR_EINVAL, "mapping: model is NULL");
    const size_t count = l2osr_model_feature_count(model);
    L2OSR__TRY(l2osr__mapping_new(out, ctx, &class, l2osr_model_ref(model), count));
    for (size_t i = 0; i < count; i++)
        (*out)->names[i] = l2osr_model_feature_name(model, i);
    return L2OSR_OK;
}
