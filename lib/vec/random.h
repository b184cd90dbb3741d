/* SPDX-License-Identifier: MIT */
/** @file random.h Normally distributed numbers; here and not in base because they need a logarithm.
 */
#ifndef L2OSR_VEC_RANDOM_H
#define L2OSR_VEC_RANDOM_H

#include "base/rng.h"

/** Standard normal, by the polar method of Marsaglia; the second number of a pair is dropped. */
double l2osr__rng_normal(l2osr__rng *rng);

#endif
