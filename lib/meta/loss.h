/* SPDX-License-Identifier: MIT */
/** @file loss.h What the losses of a window come to: the meta-loss, and its derivatives. */
#ifndef L2OSR_META_LOSS_H
#define L2OSR_META_LOSS_H

#include "base/context.h"
#include "l2osr/meta.h"

/** A kind of meta-loss over windows of `steps` + 1 losses. */
typedef struct l2osr__meta_loss {
    l2osr_meta_loss kind;
    const char *stage; /* of messages */
    size_t steps;
    const double *factors; /* [steps + 1], or NULL: all 1 */
} l2osr__meta_loss;

/** Writes weights[steps + 1]: the derivative by each of `losses`. #L2OSR_EINVAL when a loss should
 * be positive and is not. */
l2osr_status l2osr__meta_loss_weights(const l2osr__meta_loss *loss, l2osr_context *ctx,
                                      const double *losses, double *weights);

/** Its value; `start` is the first loss of the episode. Infinite losses give infinity. */
l2osr_status l2osr__meta_loss_value(const l2osr__meta_loss *loss, l2osr_context *ctx, double start,
                                    const double *losses, double *value);

#endif
