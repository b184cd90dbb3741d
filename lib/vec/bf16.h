/* SPDX-License-Identifier: MIT */
/**
 * @file bf16.h
 * bfloat16: the upper half of the bits of an f32, so its range with 8 bits of precision. To store
 * numbers that need no more; nothing is computed in it.
 */
#ifndef L2OSR_VEC_BF16_H
#define L2OSR_VEC_BF16_H

#include <stddef.h>
#include <stdint.h>

/**
 * Rounds finite numbers to nearest, ties to even: relative errors are at most 2^-8, but for
 * subnormal numbers. Numbers beyond 3.389e38 become infinite. `out` may begin where `in` does.
 */
void l2osr__bf16_from_f32(size_t n, uint16_t *out, const float *in);

/** Exact. The arrays are apart. */
void l2osr__bf16_to_f32(size_t n, float *out, const uint16_t *in);

#endif
