/* SPDX-License-Identifier: MIT */
#include "meta/loss.h"

#include <math.h>

#include "vec/scalar.h"

static l2osr_status check_positive(l2osr_context *ctx, double loss) {
    if (loss > 0)
        return L2OSR_OK;
    return l2osr__fail(ctx, L2OSR_EINVAL,
                       "meta-train: a loss of an episode is %g; the log-ratio needs them above 0",
                       loss);
}

static double factor(const l2osr__meta_loss *l, size_t r) {
    if (l->kind == L2OSR_LOSS_LAST && r < l->steps)
        return 0;
    return l->factors ? l->factors[r] : 1;
}

l2osr_status l2osr__meta_loss_weights(const l2osr__meta_loss *l, l2osr_context *ctx,
                                      const double *losses, double *weights) {
    const bool ratio = l->kind == L2OSR_LOSS_LOG_RATIO;
    for (size_t r = 0; r <= l->steps; r++) {
        if (ratio)
            L2OSR__TRY(check_positive(ctx, losses[r]));
        weights[r] = ratio ? factor(l, r) / losses[r] : factor(l, r);
    }
    return L2OSR_OK;
}

l2osr_status l2osr__meta_loss_value(const l2osr__meta_loss *l, l2osr_context *ctx, double start,
                                    const double *losses, double *value) {
    const bool ratio = l->kind == L2OSR_LOSS_LOG_RATIO;
    *value = 0;
    if (ratio)
        L2OSR__TRY(check_positive(ctx, start));
    for (size_t r = 0; r <= l->steps; r++) {
        if (isinf(losses[r])) { /* an episode that diverged */
            *value = INFINITY;
            return L2OSR_OK;
        }
        if (ratio)
            L2OSR__TRY(check_positive(ctx, losses[r]));
        *value += factor(l, r) * (ratio ? l2osr__log_f64(losses[r] / start) : losses[r]);
    }
    return L2OSR_OK;
}
