/* SPDX-License-Identifier: MIT */
/**
 * @file problems.h
 * Tasks with a formula. They compute in f64, have a Hessian-vector product, and are concurrent;
 * what is random in them follows from `seed`. Each returns #L2OSR_OK, #L2OSR_EINVAL or
 * #L2OSR_ERANGE (the message names the argument) or #L2OSR_ENOMEM, and writes the task to *out,
 * NULL on failure.
 */
#ifndef L2OSR_PROBLEMS_H
#define L2OSR_PROBLEMS_H

#include "l2osr/task.h"

L2OSR_BEGIN_DECLS

/**
 * Quadratic 0.5 x'Ax - b'x of dimension `dim` with a random rotation, eigenvalues spread evenly in
 * log scale over [1/condition, 1] and a minimum of 0 at a random point; starts at N(0,1). One group
 * "x".
 * @param noise standard deviation of gradient noise per entry, drawn per minibatch; 0 for none
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_task_quadratic(l2osr_task **out, l2osr_context *ctx,
                                                            size_t dim, double condition,
                                                            double noise, uint64_t seed);

/** Rosenbrock sum of 100 (x[i+1] - x[i]^2)^2 + (1 - x[i])^2, dim >= 2, start near (-1.2, 1, ...).
 * One group "x". */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_task_rosenbrock(l2osr_task **out, l2osr_context *ctx,
                                                             size_t dim);

/**
 * @name Means over instances
 * Many small problems of one kind, solved at once: `instances` of them, of `dim` unknowns each,
 * both at least 1. One group "x" [instances][dim]; the loss is the mean over the instances, the
 * same for every draw. From problems.py of Open-L2O (Chen et al., "Learning to Optimize: A Primer
 * and A Benchmark", JMLR 2022), which draws the matrices anew for every run where here they belong
 * to the task.
 * @{
 */

/**
 * |Wx - y|^2 with W and y uniform in [0, 1); starts at N(0, 0.01^2). 128 instances of dim 10 in the
 * source, which calls it "quadratic", as do Andrychowicz et al. (NIPS 2016).
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_task_least_squares(l2osr_task **out,
                                                                l2osr_context *ctx,
                                                                size_t instances, size_t dim,
                                                                uint64_t seed);

/**
 * 0.5 |Wx - y|^2 + penalty |x|_1 with W and y uniform in [0, 1); starts at N(0, 0.01^2). 128
 * instances of dim 2 with penalty 0.005 in the source. At 0 the slope of |x| counts as 0.
 * @param penalty finite, not negative
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_task_lasso(l2osr_task **out, l2osr_context *ctx,
                                                        size_t instances, size_t dim,
                                                        double penalty, uint64_t seed);

/**
 * Rastrigin's waves on a random bowl: 0.5 |Ax - b|^2 - 10 c'cos(2 pi x) + 10 dim, everything and
 * the start N(0, 1). 128 instances of dim 2 in the source.
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_task_rastrigin(l2osr_task **out, l2osr_context *ctx,
                                                            size_t instances, size_t dim,
                                                            uint64_t seed);

/**
 * |Wx - y|^2 - 10 c'cos(2 pi x) + 10 dim with W and y uniform in [0, 1) and each entry of c the sum
 * of `dim` such numbers (in the source, a column of a second matrix); starts at N(0, 0.01^2). 128
 * instances of dim 2 in the source.
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_task_square_cos(l2osr_task **out, l2osr_context *ctx,
                                                             size_t instances, size_t dim,
                                                             uint64_t seed);

/** @} */

L2OSR_END_DECLS

#endif
