/* SPDX-License-Identifier: MIT */
/**
 * @file compose.h
 * Tasks made of tasks: the same problem in other units, another order, or with noise. For training
 * on a wider family of problems than one has (RNNprop's random scaling, the augmentations of
 * learned_optimization), and for tests of what an optimizer should not depend on.
 *
 * A wrapper borrows the inner task, which must outlive it and belong to the same context; using the
 * wrapper uses the inner task. It keeps groups, metric, #L2OSR_TASK_CONCURRENT, and whichever of
 * the Hessian-vector product and the two precisions the inner task has; its name is that of the
 * inner task with a word before it. Wrappers nest. What the inner task reports is reported as it
 * is. Every function writes the task to *out (NULL on failure; free with l2osr_task_free()) and
 * returns #L2OSR_OK, #L2OSR_EINVAL (the message names the argument) or #L2OSR_ENOMEM.
 */
#ifndef L2OSR_COMPOSE_H
#define L2OSR_COMPOSE_H

#include "l2osr/task.h"

L2OSR_BEGIN_DECLS

/** Loss and derivatives times `factor`, which is finite and above 0. */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_task_scaled(l2osr_task **out, l2osr_context *ctx,
                                                         l2osr_task *inner, double factor);

/** What has a scale of its own in l2osr_task_reparameterised(). */
typedef enum l2osr_granularity {
    L2OSR_PER_TASK = 0,     /**< one scale for everything */
    L2OSR_PER_GROUP = 1,    /**< one for each group of parameters */
    L2OSR_PER_PARAMETER = 2 /**< one for each parameter */
} l2osr_granularity;

/**
 * The inner task at s * x, started at its x0 / s, for scales s whose logarithm is uniform in
 * [-bound, bound).
 * @param bound from 0 to 50; 3 in Lv, Jiang and Li, "Learning Gradient Descent: Better
 * Generalization and Longer Horizons" (ICML 2017), which has a scale for each parameter
 * @param seed  decides the scales
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_task_reparameterised(l2osr_task **out,
                                                                  l2osr_context *ctx,
                                                                  l2osr_task *inner,
                                                                  l2osr_granularity granularity,
                                                                  double bound, uint64_t seed);

/** What the deviation of l2osr_task_noisy() is a multiple of. */
typedef enum l2osr_noise {
    L2OSR_NOISE_ABSOLUTE = 0, /**< 1 */
    L2OSR_NOISE_RELATIVE = 1  /**< the root of the mean square of the gradient's entries */
} l2osr_noise;

/**
 * Adds N(0, deviation^2) to every entry of the gradient, drawn anew for every draw. Loss and
 * Hessian-vector product stay those of the inner task.
 * @param deviation finite, not negative
 * @param seed      decides the noise, together with the draw
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_task_noisy(l2osr_task **out, l2osr_context *ctx,
                                                        l2osr_task *inner, l2osr_noise kind,
                                                        double deviation, uint64_t seed);

/**
 * The parameters of each group in another order, decided by `seed`. What depends on an entry's
 * place in its group changes, and nothing else does.
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_task_permuted(l2osr_task **out, l2osr_context *ctx,
                                                           l2osr_task *inner, uint64_t seed);

L2OSR_END_DECLS

#endif
