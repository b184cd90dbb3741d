/* SPDX-License-Identifier: MIT */
/** @file levels.h The kernel tables of all instruction sets. */
#ifndef L2OSR_VEC_LEVELS_H
#define L2OSR_VEC_LEVELS_H

#include "vec/kernels.h"

extern const l2osr__kernels_f32 l2osr__kernels_f32_baseline, l2osr__kernels_f32_avx2,
    l2osr__kernels_f32_avx512;
extern const l2osr__kernels_f64 l2osr__kernels_f64_baseline, l2osr__kernels_f64_avx2,
    l2osr__kernels_f64_avx512;

#endif
