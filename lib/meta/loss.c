/* SPDX-License-Identifier: MIT */
#include "meta/loss.h"

#include <math.h>

#include "vec/scalar.h"

static l2osr_status check_positive(const l2osr__meta_loss *l, l2osr_context *ctx, double loss) {
    if (loss > 0)
        return L2OSR_OK;
    return l2osr__fail(ctx, L2OSR_EINVAL,
                       "%s: a loss of an episode is %g; the log-ratio needs them above 0; "
                       "L2OSR_LOSS_SUM takes any",
                       l->stage, loss);
}

static double factor(const l2osr__meta_loss *l, size_t r) {
    if (l->kind == L2OSR_LOSS_LAST && r < l->steps)
        return 0;
    return l->factors ? l->factors[r] : 1;
}

static double weighted_sum(const l2osr__meta_loss *l, const double *losses) {
    double sum = 0;
    for (size_t r = 0; r <= l->steps; r++)
        sum += factor(l, r) * losses[r];
    return sum;
}

static l2osr_status positive_sum(const l2osr__meta_loss *l, l2osr_context *ctx,
                                 const double *losses, double *sum) {
    *sum = weighted_sum(l, losses);
    if (*sum > 0)
        return L2OSR_OK;
    return l2osr__fail(ctx, L2OSR_EINVAL,
                       "%s: the losses of a window sum to %g; their logarithm needs it above 0; "
                       "L2OSR_LOSS_SUM takes any",
                       l->stage, *sum);
}

l2osr_status l2osr__meta_loss_weights(const l2osr__meta_loss *l, l2osr_context *ctx,
                                      const double *losses, double *weights) {
    double sum = 1;
    if (l->kind == L2OSR_LOSS_LOG_SUM)
        L2OSR__TRY(positive_sum(l, ctx, losses, &sum));
    for (size_t r = 0; r <= l->steps; r++) {
        if (l->kind == L2OSR_LOSS_LOG_RATIO)
            L2OSR__TRY(check_positive(l, ctx, losses[r]));
        weights[r] = factor(l, r) / (l->kind == L2OSR_LOSS_LOG_RATIO ? losses[r] : sum);
    }
    return L2OSR_OK;
}

static l2osr_status sum_of_logs(const l2osr__meta_loss *l, l2osr_context *ctx, double start,
                                const double *losses, double *value) {
    *value = 0;
    L2OSR__TRY(check_positive(l, ctx, start));
    for (size_t r = 0; r <= l->steps; r++) {
        L2OSR__TRY(check_positive(l, ctx, losses[r]));
        *value += factor(l, r) * l2osr__log_f64(losses[r] / start);
    }
    return L2OSR_OK;
}

static bool diverged(const l2osr__meta_loss *l, const double *losses) {
    for (size_t r = 0; r <= l->steps; r++)
        if (isinf(losses[r]))
            return true;
    return false;
}

l2osr_status l2osr__meta_loss_value(const l2osr__meta_loss *l, l2osr_context *ctx, double start,
                                    const double *losses, double *value) {
    double sum;
    *value = INFINITY;
    if (diverged(l, losses))
        return L2OSR_OK;
    switch (l->kind) {
    case L2OSR_LOSS_LOG_RATIO:
        return sum_of_logs(l, ctx, start, losses, value);
    case L2OSR_LOSS_LOG_SUM:
        L2OSR__TRY(positive_sum(l, ctx, losses, &sum));
        *value = l2osr__log_f64(sum);
        return L2OSR_OK;
    case L2OSR_LOSS_SUM:
    case L2OSR_LOSS_LAST:
    default:
        *value = weighted_sum(l, losses);
        return L2OSR_OK;
    }
}
