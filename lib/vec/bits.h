/* SPDX-License-Identifier: MIT */
/**
 * @file bits.h
 * What the elementary functions in math_f32.h, math_f64.h and trig.h share. They use no branches,
 * tables or libm, and fused operations only in the gates of models: compilers turn loops over them
 * into vector code, and every instruction set gives the same bits. Polynomials are minimax fits
 * made for this library. Integer parts are moved between numbers and exponents by adding a constant
 * whose last bit has weight one.
 */
#ifndef L2OSR_VEC_BITS_H
#define L2OSR_VEC_BITS_H

#include <stdint.h>
#include <string.h>

#define MATH_INLINE static inline __attribute__((always_inline))

MATH_INLINE uint32_t bits_f32(float x) {
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

MATH_INLINE float float_of(uint32_t u) {
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

MATH_INLINE uint64_t bits_f64(double x) {
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

MATH_INLINE double double_of(uint64_t u) {
    double x;
    memcpy(&x, &u, sizeof x);
    return x;
}

#endif
