/* SPDX-License-Identifier: MIT */
/* Measures of a formula that is given as text. */
#include <math.h>

#include "l2osr/analysis.h"
#include "sr/predict.h"

l2osr_status l2osr_predict(l2osr_context *ctx, const l2osr_samples *samples, const char *equation,
                           float *out) {
    if (!ctx)
        return L2OSR_EINVAL;
    if (!samples || !equation || !out)
        return l2osr__fail(ctx, L2OSR_EINVAL, "predict: an argument is NULL");
    return l2osr__predict(ctx, samples, &(l2osr__equation){.source = {"equation", equation}}, 0,
                          samples->trajectories, out);
}

static l2osr_status check_finite(l2osr_context *ctx, const l2osr_samples *s,
                                 const float *predictions) {
    for (size_t k = 0; k < s->trajectories * s->steps; k++)
        if (!isfinite(predictions[k]) && !(s->weights && s->weights[k] == 0))
            return l2osr__fail(
                ctx, L2OSR_ENONFINITE, "r2: the prediction for trajectory %zu, step %zu is %s",
                k / s->steps, k % s->steps, isnan(predictions[k]) ? "NaN" : "infinite");
    return L2OSR_OK;
}

static l2osr_status score(l2osr_context *ctx, const l2osr_samples *s, const float *predictions,
                          double *r2) {
    const l2osr__deviation deviation = l2osr__compare(s, predictions);
    L2OSR__TRY(check_finite(ctx, s, predictions));
    if (deviation.variance == 0)
        return l2osr__fail(ctx, L2OSR_EINVAL, "r2: the target is the same everywhere");
    *r2 = 1 - deviation.mse / deviation.variance;
    return L2OSR_OK;
}

l2osr_status l2osr_r2(l2osr_context *ctx, const l2osr_samples *samples, const char *equation,
                      double *r2) {
    float *predictions;
    if (!ctx)
        return L2OSR_EINVAL;
    if (!samples || !equation || !r2)
        return l2osr__fail(ctx, L2OSR_EINVAL, "r2: an argument is NULL");
    L2OSR__TRY(l2osr__alloc_to(ctx, &predictions, samples->trajectories,
                               samples->steps * sizeof *predictions));
    l2osr_status status = l2osr_predict(ctx, samples, equation, predictions);
    if (status == L2OSR_OK)
        status = score(ctx, samples, predictions, r2);
    l2osr__free(ctx, predictions);
    return status;
}
