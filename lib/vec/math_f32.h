/* SPDX-License-Identifier: MIT */
/**
 * @file math_f32.h
 * Elementary functions in f32; see bits.h for how they are made. Polynomials are evaluated in pairs
 * of terms rather than by Horner's scheme: the length of the chain of operations decides their
 * speed. doc/kernels.md has the errors.
 */
#ifndef L2OSR_VEC_MATH_F32_H
#define L2OSR_VEC_MATH_F32_H

#include <float.h>

#include "vec/math_f64.h"

MATH_INLINE float abs_f32(float x) {
    return float_of(bits_f32(x) & 0x7fffffffu);
}

/* |x| with the sign of s */
MATH_INLINE float copysign_f32(float x, float s) {
    return float_of((bits_f32(x) & 0x7fffffffu) | (bits_f32(s) & 0x80000000u));
}

/* x >= 0 with the sign of s */
MATH_INLINE float signed_f32(float x, float s) {
    return float_of(bits_f32(x) | (bits_f32(s) & 0x80000000u));
}

MATH_INLINE float sign_f32(float x) {
    float s = x > 0 ? 1.0f : 0.0f;
    s = x < 0 ? -1.0f : s;
    return x != x ? x : s;
}

/* ---- Exponentials ---- */

/* Adding one of these rounds a number to an integer k, whose bits are then the last ones of the
 * sum: those of k, of k + 127, which are an exponent with its bias, or of k + 254, of which each
 * half is one. */
#define ROUND_F32        0x1.8p23f
#define ROUND_BIASED_F32 (0x1.8p23f + 127)
#define ROUND_DOUBLE_F32 (0x1.8p23f + 254)

/* x = k ln 2 + r; returns r and, in k, its sum with `round` */
MATH_INLINE float reduce_f32(float x, float round, float *k) {
    float sum = x * 0x1.715476p0f + round, n = sum - round;
    *k = sum;
    return (x - n * 0x1.62ep-1f) - n * 0x1.0bfbe8p-15f;
}

/* e^r - 1 for |r| <= ln(2) / 2 */
MATH_INLINE float expm1_reduced_f32(float r) {
    float r2 = r * r;
    float p = (0.5f + 0.16666548f * r) +
              r2 * ((0.0416668542f + 0.00836616941f * r) + r2 * 0.00138985459f);
    return r + r2 * p;
}

/* p 2^k for k with ROUND_DOUBLE_F32, in halves so that it may leave the range of normal numbers */
MATH_INLINE float scale_f32(float p, float k) {
    uint32_t both = bits_f32(k), half = both >> 1;
    return p * float_of(half << 23) * float_of((both - half) << 23);
}

/* The functions made of an exponential come in stages, for loops with short chains of operations:
 * see STAGED in kernels.inc. */
MATH_INLINE float exp_reduce_f32(float x, float *k) {
    float clipped = x < -104.0f ? -104.0f : x;
    return reduce_f32(clipped > 90.0f ? 90.0f : clipped, ROUND_DOUBLE_F32, k);
}

MATH_INLINE float exp_power_f32(float r, float k) {
    return scale_f32(1 + expm1_reduced_f32(r), k);
}

MATH_INLINE float exp_f32(float x) {
    float k, r = exp_reduce_f32(x, &k);
    return exp_power_f32(r, k);
}

MATH_INLINE float elu_start_f32(float x, float *k) {
    float below = x > 0 ? 0 : x;
    return reduce_f32(below < -80.0f ? -80.0f : below, ROUND_BIASED_F32, k);
}

MATH_INLINE float elu_middle_f32(float r, float k) {
    float scale = float_of(bits_f32(k) << 23);
    return scale * expm1_reduced_f32(r) + (scale - 1);
}

MATH_INLINE float elu_finish_f32(float x, float e) {
    return x > 0 ? x : e;
}

/* e^-|x| cannot overflow, and both halves of the curve keep their relative accuracy. */
MATH_INLINE float sigmoid_start_f32(float x, float *k) {
    return exp_reduce_f32(-abs_f32(x), k);
}

MATH_INLINE float sigmoid_middle_f32(float r, float k) {
    return exp_power_f32(r, k);
}

MATH_INLINE float sigmoid_finish_f32(float x, float e) {
    float near = x < 0 ? e : 1.0f;
    return near - (near * e) / (1 + e);
}

/* 2 |x| = (k + r) ln 2. That k and r are from a rounded product does not show beside the 1 in
 * 1 - 2 / (e^(2 |x|) + 1). Comparing as integers loses a NaN, which the other branch keeps. */
MATH_INLINE float tanh_start_f32(float x, float *k) {
    uint32_t a = bits_f32(x) & 0x7fffffffu;
    a = a < 0x41140000u ? a : 0x41140000u;
    float y = float_of(a) * 2.88539008f, sum = y + ROUND_F32;
    *k = sum;
    return y - (sum - ROUND_F32);
}

/* e^(2 |x|), with errors where they show least */
MATH_INLINE float tanh_middle_f32(float r, float k) {
    float r2 = r * r;
    float p = (0.240223199f + 0.0555116273f * r) + r2 * (0.00966758654f + 0.00131218077f * r);
    p = 1 + (0.693146765f * r + r2 * p);
    return float_of(bits_f32(p) + (bits_f32(k) << 23));
}

/* x + x^3 P(x^2) near 0; P is multiplied out of a linear and a quadratic factor, the shortest way
 */
MATH_INLINE float tanh_finish_f32(float x, float e) {
    float z = x * x, far = 1 - 2 / (e + 1);
    float quadratic = z * (z - 0.350118071f) + 7.10469866f;
    float near = x + (((0.01643713f * x) * z) * (z - 2.854316f)) * quadratic;
    return signed_f32(z >= 0.3025f ? far : near, x);
}

/* e^(factor x) for factor -1 or -2, within [2^-36, 2^36]: what saturates beside a 1, but products
 * of three stay finite. Bounding the exponent rather than x shortens the chain of operations. */
MATH_INLINE float gate_power_f32(float x, float factor) {
    const int32_t zero = 0x4b400000 + 127; /* bits of ROUND_BIASED_F32 */
    float y = x * (factor * 1.44269504f), sum = y + ROUND_BIASED_F32;
    float r = y - (sum - ROUND_BIASED_F32), r2 = r * r;
    int32_t k = (int32_t)bits_f32(sum);
    k = k < zero - 36 ? zero - 36 : k;
    k = k > zero + 36 ? zero + 36 : k;
    float high = __builtin_fmaf(0.00131218077f, r, 0.00966758654f);
    float middle = __builtin_fmaf(0.0555116273f, r, 0.240223199f);
    float low = __builtin_fmaf(0.693146765f, r, 1);
    float p = __builtin_fmaf(__builtin_fmaf(high, r2, middle), r2, low);
    return p * float_of((uint32_t)k << 23);
}

MATH_INLINE float sinh_start_f32(float x, float *k) {
    return exp_reduce_f32(abs_f32(x), k);
}

/* half of e^|x| */
MATH_INLINE float sinh_middle_f32(float r, float k) {
    return exp_power_f32(r, k - 1);
}

MATH_INLINE float sinh_finish_f32(float x, float e) {
    float a = abs_f32(x), z = a * a, far = e - 0.25f / e;
    float p =
        (0.166666672f + 0.00833331048f * z) + (z * z) * (0.000198428956f + 2.78221319e-06f * z);
    float near = a + (a * z) * p;
    return signed_f32(a < 1 ? near : far, x);
}

/* e^-x^2; the square is split into an exact head and a remainder, so that its rounding does not
 * show in the exponent */
MATH_INLINE float erfc_start_f32(float x, float *k) {
    float a = abs_f32(x), b = a > 10.25f ? 10.25f : a, head = float_of(bits_f32(b) & 0xfffff000u);
    float r = exp_reduce_f32(-head * head, k);
    return r + (head - b) * (head + b);
}

/* erfc(|x|) e^x^2 = P(y) / (c + |x|) with y = (|x| - c) / (c + |x|); c is such that P(0) is nearly
 * an f32 */
MATH_INLINE float erfc_rest_f32(float x) {
    float a = abs_f32(x), b = a > 10.25f ? 10.25f : a, d = 1.8359375f + b;
    float y = (b - 1.8359375f) / d, y2 = y * y, y4 = y2 * y2;
    float high =
        ((-0.0242354963f + 0.000383044448f * y) + y2 * (0.00392216165f + 0.000380108657f * y)) +
        y4 * -0.000722440192f;
    float low = y2 * (0.214480087f + 9.32025068e-06f * y) - 0.63654536f * y;
    return (1.00651455f + (low + y4 * high)) / d;
}

/* Near 0 the errors of the factor would show beside 1, and erf(x) is short. */
MATH_INLINE float erfc_finish_f32(float x, float factor, float r, float k) {
    float above = scale_f32(factor + factor * expm1_reduced_f32(r), k), z = x * x;
    float q = (1.12837911f - 0.376122594f * z) +
              (z * z) * ((0.112781763f - 0.0265362896f * z) + (z * z) * 0.00437007193f);
    float value = x < 0 ? 2 - above : above;
    return z < 0.390625f ? 1 - x * q : value;
}

/* ---- Logarithms ---- */

/* m in [sqrt(1/2), sqrt(2)) of a normal x = m 2^k; k is the signed integer power >> 23 */
MATH_INLINE float split_f32(float x, uint32_t *power) {
    uint32_t u = bits_f32(x) - 0x3f3504f3u;
    *power = u;
    return float_of((u & 0x007fffffu) + 0x3f3504f3u);
}

/* log((1 + f) 2^k) for 1 + f in [sqrt(1/2), sqrt(2)) */
MATH_INLINE float log_reduced_f32(float f, float k) {
    float s = f / (2 + f), z = s * s, half = 0.5f * f * f;
    float q = ((0.295803983f * z + 0.399887707f) * z + 0.666666851f) * z;
    return k * 0x1.62ep-1f - ((half - (s * (half + q) + k * 0x1.0bfbe8p-15f)) - f);
}

MATH_INLINE float log_f32(float x) {
    uint32_t power;
    float denormal = x < 0x1p-126f ? 25.0f : 0.0f;
    float m = split_f32(x < 0x1p-126f ? x * 0x1p25f : x, &power);
    float y = log_reduced_f32(m - 1, (float)((int32_t)power >> 23) - denormal);
    float edge = x < 0 ? __builtin_nanf("") : x;
    edge = x == 0 ? -__builtin_inff() : edge;
    return ((x > 0) & (x <= FLT_MAX)) ? y : edge;
}

/* log((u + low) 2^shift): what u lost by rounding goes into the reduced argument */
MATH_INLINE float log_sum_f32(float u, float low, float shift) {
    uint32_t power;
    float m = split_f32(u, &power);
    int32_t part = (int32_t)power < 0x20000000 ? (int32_t)power : 0x20000000;
    float f = (m - 1) + low * float_of(0x3f800000u - ((uint32_t)part & 0xff800000u));
    return log_reduced_f32(f, (float)((int32_t)power >> 23) + shift);
}

MATH_INLINE float log1p_f32(float x) {
    float u = 1 + x, y = copysign_f32(log_sum_f32(u, x - (u - 1), 0), x);
    float edge = x < -1 ? __builtin_nanf("") : x;
    edge = x == -1 ? -__builtin_inff() : edge;
    return ((x > -1) & (x <= FLT_MAX)) ? y : edge;
}

/* log(a + sqrt(1 + a^2)); half of that sum, as it would overflow */
MATH_INLINE float asinh_start_f32(float x, float *low) {
    float a = abs_f32(x), half = 0.5f * a;
    float root = 0.5f * (a < 0x1p14f ? __builtin_sqrtf(1 + a * a) : a), u = half + root;
    *low = half - (u - root);
    return u;
}

MATH_INLINE float asinh_middle_f32(float u, float low) {
    return log_sum_f32(u, low, 1);
}

MATH_INLINE float asinh_finish_f32(float x, float far) {
    float a = abs_f32(x), z = a * a;
    float p = (-0.166666269f + 0.0749794096f * z) +
              (z * z) * ((-0.0442920886f + 0.027703099f * z) + (z * z) * -0.0124371722f);
    float near = a + (a * z) * p, finite = a <= FLT_MAX ? far : a;
    return signed_f32(a < 0.53f ? near : finite, x);
}

/* ---- Powers ---- */

/* |x| = m 2^whole; for 0, Inf and NaN, whole is log2|x| */
MATH_INLINE float pow_split_f32(float x, float *whole) {
    uint32_t power;
    float a = abs_f32(x), denormal = a < 0x1p-126f ? 25.0f : 0.0f;
    float m = split_f32(a < 0x1p-126f ? a * 0x1p25f : a, &power);
    float k = (float)((int32_t)power >> 23) - denormal;
    k = a == 0 ? -__builtin_inff() : k;
    *whole = a <= FLT_MAX ? k : a;
    return m;
}

/* log2|x| in f64, as an error of y log2|x| is one of the power relative to 1 */
MATH_INLINE double pow_log_f32(float m, float whole) {
    double wide = (double)m, s = (wide - 1) / (wide + 1), z = s * s;
    double q = (0x1.71547652bede7p+1 + 0x1.ec709d12e0751p-1 * z) +
               (z * z) * ((0x1.27777fdaae97ap-1 + 0x1.a58d8fb65616dp-2 * z) +
                          (z * z) * 0x1.5ce7cd4a80178p-2);
    return (double)whole + s * q;
}

/* y log2|x| = k + r, where the product in f32 alone counts once the power leaves its range */
MATH_INLINE float pow_reduce_f32(float y, double log, float *k) {
    double t = (double)y * log;
    double head = double_of(bits_f64(t) & 0xffffffffe0000000u); /* is an f32 */
    float near = (float)head, low = (float)(t - head);
    float clipped = near < -200 ? -200 : near;
    clipped = clipped > 200 ? 200 : clipped;
    float sum = clipped + ROUND_DOUBLE_F32;
    *k = sum;
    return (clipped - (sum - ROUND_DOUBLE_F32)) + (clipped == near ? low : 0);
}

/* 2^(r + k) */
MATH_INLINE float pow_power_f32(float r, float k) {
    float r2 = r * r;
    float p = (0.693147182f + 0.240226477f * r) + r2 * ((0.0555035956f + 0.0096185049f * r) +
                                                        r2 * (0.0013391024f + 0.000153271772f * r));
    return scale_f32(1 + r * p, k);
}

MATH_INLINE float powm_finish_f32(float x, float y, float v) {
    return sign_f32(x) * (y == 0 ? 1.0f : v);
}

MATH_INLINE float power_finish_f32(float x, float y, float v) {
    float value = y == 0 ? 1.0f : v, whole = abs_f32(y);
    /* how far half of |y| is from an integer, 0 or 1/2 if y is one; from 2^24 on y is even */
    float half = 0.5f * (whole > 0x1p24f ? 0x1p24f : whole),
          off = half - ((half + 0x1p23f) - 0x1p23f);
    float odd = abs_f32(off) == 0.5f ? -value : __builtin_nanf(""),
          negative = off == 0 ? value : odd;
    return x < 0 ? negative : value;
}

#endif
