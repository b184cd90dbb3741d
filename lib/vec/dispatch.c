/* SPDX-License-Identifier: MIT */
#include "vec/levels.h"

const l2osr__kernels_f32 *l2osr__kernels_f32_of(const l2osr_context *ctx) {
    switch (l2osr__isa(ctx)) {
#if defined(__x86_64__)
    case L2OSR_ISA_AVX512:
        return &l2osr__kernels_f32_avx512;
    case L2OSR_ISA_AVX2:
        return &l2osr__kernels_f32_avx2;
#endif
    default:
        return &l2osr__kernels_f32_baseline;
    }
}

const l2osr__kernels_f64 *l2osr__kernels_f64_of(const l2osr_context *ctx) {
    switch (l2osr__isa(ctx)) {
#if defined(__x86_64__)
    case L2OSR_ISA_AVX512:
        return &l2osr__kernels_f64_avx512;
    case L2OSR_ISA_AVX2:
        return &l2osr__kernels_f64_avx2;
#endif
    default:
        return &l2osr__kernels_f64_baseline;
    }
}
