/* SPDX-License-Identifier: MIT */
/** @file random.h Normally distributed numbers; here and not in base because they need a logarithm.
 */
#ifndef L2OSR_VEC_RANDOM_H
#define L2OSR_VEC_RANDOM_H

#include "base/context.h"
#include "base/rng.h"

/** Standard normal, by the polar method of Marsaglia; the second number of a pair is dropped. */
double l2osr__rng_normal(l2osr__rng *rng);

/** How many numbers l2osr__rng_normals() can write. */
enum { L2OSR__NORMALS_MAX = 512 };

/**
 * Up to #L2OSR__NORMALS_MAX standard normals by the transform of Box and Muller, of 32 random bits
 * each (so none is beyond 6.8): by vector kernels, for noise that is drawn at every step. Which
 * ones depends on n.
 */
void l2osr__rng_normals(l2osr__rng *rng, const l2osr_context *ctx, size_t n, double *out);

#endif
