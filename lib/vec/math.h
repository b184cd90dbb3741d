/* SPDX-License-Identifier: MIT */
/**
 * @file math.h
 * Elementary functions without branches, tables, fused operations or libm: compilers turn loops
 * over them into vector code, and every instruction set gives the same bits. Polynomials are
 * minimax fits made for this library. Integer parts are moved between numbers and exponents by
 * adding a constant whose last bit has weight one.
 */
#ifndef L2OSR_VEC_MATH_H
#define L2OSR_VEC_MATH_H

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

/* ---- f64 ---- */

#define ROUND_F64  0x1.8p52
#define LN2_HI_F64 0x1.62e42feep-1
#define LN2_LO_F64 0x1.a39ef35793c76p-33

MATH_INLINE double abs_f64(double x) {
    return double_of(bits_f64(x) & 0x7fffffffffffffffu);
}

/* |x| with the sign of s */
MATH_INLINE double copysign_f64(double x, double s) {
    return double_of((bits_f64(x) & 0x7fffffffffffffffu) | (bits_f64(s) & 0x8000000000000000u));
}

/* 2^k for an integer k in [-1022, 1023] held in a double */
MATH_INLINE double pow2_f64(double k) {
    return double_of(bits_f64(k + (ROUND_F64 + 1023)) << 52);
}

/* x = k ln 2 + r; returns r + r^2 P(r) = e^r - 1 */
MATH_INLINE double expm1_reduced_f64(double x, double *k) {
    double n = (x * 0x1.71547652b82fep0 + ROUND_F64) - ROUND_F64;
    double r = (x - n * LN2_HI_F64) - n * LN2_LO_F64, p = 0x1.1f731ea5352cap-29;
    p = p * r + 0x1.af4e196027428p-26;
    p = p * r + 0x1.27e4db57442fbp-22;
    p = p * r + 0x1.71de021a90822p-19;
    p = p * r + 0x1.a01a01a6dcaffp-16;
    p = p * r + 0x1.a01a01abef415p-13;
    p = p * r + 0x1.6c16c16c162ccp-10;
    p = p * r + 0x1.11111111100cep-7;
    p = p * r + 0x1.5555555555556p-5;
    p = p * r + 0x1.5555555555557p-3;
    p = p * r + 0x1p-1;
    *k = n;
    return r + (r * r) * p;
}

/* e^x 2^shift; the power of two is applied in halves so that it may leave the range of normal
 * numbers */
MATH_INLINE double exp_shift_f64(double x, double shift) {
    double k, clipped = x < -800 ? -800 : x;
    clipped = clipped > 800 ? 800 : clipped;
    double p = 1 + expm1_reduced_f64(clipped, &k);
    k += shift;
    double half = (k * 0.5 + ROUND_F64) - ROUND_F64;
    return p * pow2_f64(half) * pow2_f64(k - half);
}

MATH_INLINE double exp_f64(double x) {
    return exp_shift_f64(x, 0);
}

/* for |x| <= 700 */
MATH_INLINE double expm1_f64(double x) {
    double k, q = expm1_reduced_f64(x, &k), scale = pow2_f64(k);
    return scale * q + (scale - 1);
}

/* log((1 + f) 2^k) for 1 + f in [sqrt(1/2), sqrt(2)) */
MATH_INLINE double log_reduced_f64(double f, double k) {
    double s = f / (2 + f), z = s * s, half = 0.5 * f * f, q = 0x1.0c06cf14c641bp-3;
    q = q * z + 0x1.0fbe478772696p-3;
    q = q * z + 0x1.3b1c38474d3eep-3;
    q = q * z + 0x1.745cf8f6c9119p-3;
    q = q * z + 0x1.c71c72017a15cp-3;
    q = q * z + 0x1.2492492476ba1p-2;
    q = q * z + 0x1.9999999999a38p-2;
    q = q * z + 0x1.5555555555555p-1;
    return k * LN2_HI_F64 - ((half - (s * (half + z * q) + k * LN2_LO_F64)) - f);
}

MATH_INLINE double log_f64(double x) {
    double denormal = x < 0x1p-1022 ? 54 : 0, scaled = x < 0x1p-1022 ? x * 0x1p54 : x;
    /* subtracting the bits of sqrt(1/2) makes the exponent field round at sqrt(2) */
    uint64_t u = bits_f64(scaled) - 0x3fe6a09e667f3bcdu;
    uint64_t mantissa = (u & 0x000fffffffffffffu) + 0x3fe6a09e667f3bcdu;
    /* (u >> 52) is the biased integer part k mod 4096; offset it to stay positive */
    double k =
        double_of(((u + 0x4000000000000000u) >> 52) | 0x4338000000000000u) - (ROUND_F64 + 0x400);
    double y = log_reduced_f64(double_of(mantissa) - 1, k - denormal);
    y = x == 0 ? -__builtin_inf() : y;
    y = x < 0 ? __builtin_nan("") : y;
    y = x > 0x1.fffffffffffffp1023 ? x : y;
    return x != x ? x : y;
}

/* log(1 + y), y >= 0 */
MATH_INLINE double log1p_pos_f64(double y) {
    double u = 1 + y;
    return log_f64(u) + (y - (u - 1)) / u;
}

MATH_INLINE double tanh_f64(double x) {
    double a = abs_f64(x), e = expm1_f64(2 * (a > 20 ? 20 : a));
    return copysign_f64(e / (e + 2), x);
}

MATH_INLINE double sinh_f64(double x) {
    double a = abs_f64(x), e = expm1_f64(a > 22 ? 22 : a);
    double near = 0.5 * (e + e / (e + 1)), far = exp_shift_f64(a, -1);
    return copysign_f64(a > 22 ? far : near, x);
}

MATH_INLINE double asinh_f64(double x) {
    double a = abs_f64(x), b = a > 0x1p28 ? 1 : a;
    double near = log1p_pos_f64(b + b * b / (1 + __builtin_sqrt(1 + b * b)));
    double far = log_f64(a) + 0x1.62e42fefa39efp-1;
    return copysign_f64(a > 0x1p28 ? far : near, x);
}

/* t exp(-x^2 + h(t)), t = 2 / (2 + |x|); x^2 is split so that its rounding does not show in the
 * exponent */
MATH_INLINE double erfc_f64(double x) {
    double a = abs_f64(x), b = a > 28 ? 28 : a, t = 2 / (2 + b);
    double y = (t - 0x1.1111111111111p-4) * 0x1.1249249249249p1 - 1, h = 0x1.ac2c8f60e3ff2p-31;
    h = h * y - 0x1.4a8f33ef388a1p-29;
    h = h * y - 0x1.c2dad388af049p-29;
    h = h * y + 0x1.92212f6708420p-26;
    h = h * y - 0x1.56c321d14889fp-26;
    h = h * y - 0x1.7e05656e19d1ap-24;
    h = h * y + 0x1.04b9a83b7ea39p-22;
    h = h * y + 0x1.8a3b2a5ed08b1p-26;
    h = h * y - 0x1.2dbc6951331eap-20;
    h = h * y + 0x1.a279cae904bccp-20;
    h = h * y + 0x1.5b5b991349798p-19;
    h = h * y - 0x1.4ddb5380d9e50p-17;
    h = h * y + 0x1.0c468481688c1p-19;
    h = h * y + 0x1.3eeb290ab1f25p-15;
    h = h * y - 0x1.ad942612a18f8p-15;
    h = h * y - 0x1.a1a7c9242e2dep-14;
    h = h * y + 0x1.4341001ac1626p-12;
    h = h * y + 0x1.177b95e2b0c65p-13;
    h = h * y - 0x1.774942c7e8b60p-10;
    h = h * y + 0x1.cb10e8944ae4ep-12;
    h = h * y + 0x1.b01291b3bd155p-8;
    h = h * y - 0x1.54120723acfcdp-8;
    h = h * y - 0x1.473520231b630p-5;
    h = h * y + 0x1.0d3a9b0417f42p-5;
    h = h * y + 0x1.442574caf43f8p-1;
    h = h * y - 0x1.40e60388403bdp-1;
    double head = double_of(bits_f64(b) & 0xfffffffff8000000u);
    double value = t * exp_f64(-head * head) * exp_f64((head - b) * (head + b) + h);
    value = x < 0 ? 2 - value : value;
    return x != x ? x : value;
}

/* |x|^y for the two powers below; 0^0 = 1 */
MATH_INLINE double abs_pow_f64(double x, double y) {
    double value = exp_f64(y * log_f64(abs_f64(x)));
    return y == 0 ? 1 : value;
}

MATH_INLINE double sign_f64(double x) {
    double s = x > 0 ? 1 : 0;
    s = x < 0 ? -1 : s;
    return x != x ? x : s;
}

MATH_INLINE double powm_f64(double x, double y) {
    return sign_f64(x) * abs_pow_f64(x, y);
}

MATH_INLINE double power_f64(double x, double y) {
    double value = abs_pow_f64(x, y), whole = abs_f64(y), half = 0.5 * whole;
    /* doubles from 2^52 on are whole, from 2^53 on even */
    double nearest = whole < 0x1p52 ? (whole + 0x1p52) - 0x1p52 : whole;
    double even = half < 0x1p52 ? (half + 0x1p52) - 0x1p52 : half;
    double negative = even == half ? value : -value;
    negative = nearest == whole ? negative : __builtin_nan("");
    return x < 0 ? negative : value;
}

/* ---- f32 ---- */

#define ROUND_F32 0x1.8p23f

MATH_INLINE float abs_f32(float x) {
    return float_of(bits_f32(x) & 0x7fffffffu);
}

MATH_INLINE float copysign_f32(float x, float s) {
    return float_of((bits_f32(x) & 0x7fffffffu) | (bits_f32(s) & 0x80000000u));
}

MATH_INLINE float pow2_f32(float k) {
    return float_of(bits_f32(k + (ROUND_F32 + 127)) << 23);
}

MATH_INLINE float expm1_reduced_f32(float x, float *k) {
    float n = (x * 0x1.715476p0f + ROUND_F32) - ROUND_F32;
    float r = (x - n * 0x1.62ep-1f) - n * 0x1.0bfbe8p-15f, p = 0.00139262135f;
    p = p * r + 0.00836320297f;
    p = p * r + 0.0416665544f;
    p = p * r + 0.166665768f;
    p = p * r + 0.5f;
    *k = n;
    return r + (r * r) * p;
}

MATH_INLINE float exp_f32(float x) {
    float k, clipped = x < -104.0f ? -104.0f : x;
    clipped = clipped > 89.0f ? 89.0f : clipped;
    float p = 1 + expm1_reduced_f32(clipped, &k), half = (k * 0.5f + ROUND_F32) - ROUND_F32;
    return p * pow2_f32(half) * pow2_f32(k - half);
}

MATH_INLINE float expm1_f32(float x) {
    float k, q = expm1_reduced_f32(x, &k), scale = pow2_f32(k);
    return scale * q + (scale - 1);
}

MATH_INLINE float tanh_f32(float x) {
    float a = abs_f32(x), e = expm1_f32(2 * (a > 10 ? 10 : a));
    return copysign_f32(e / (e + 2), x);
}

MATH_INLINE float log_f32(float x) {
    float denormal = x < 0x1p-126f ? 25.0f : 0.0f, scaled = x < 0x1p-126f ? x * 0x1p25f : x;
    uint32_t u = bits_f32(scaled) - 0x3f3504f3u;
    float f = float_of((u & 0x007fffffu) + 0x3f3504f3u) - 1;
    float k = (float)((int32_t)u >> 23) - denormal;
    float s = f / (2 + f), z = s * s, half = 0.5f * f * f;
    float q = ((0.295803983f * z + 0.399887707f) * z + 0.666666851f) * z;
    float y = k * 0x1.62ep-1f - ((half - (s * (half + q) + k * 0x1.0bfbe8p-15f)) - f);
    y = x == 0 ? -__builtin_inff() : y;
    y = x < 0 ? __builtin_nanf("") : y;
    y = x > 0x1.fffffep127f ? x : y;
    return x != x ? x : y;
}

MATH_INLINE float sign_f32(float x) {
    float s = x > 0 ? 1.0f : 0.0f;
    s = x < 0 ? -1.0f : s;
    return x != x ? x : s;
}

/* Rarer functions take the f64 way: exact to the last bit or nearly so, at half the lanes. */
MATH_INLINE float sinh_f32(float x) {
    return (float)sinh_f64(x);
}
MATH_INLINE float asinh_f32(float x) {
    return (float)asinh_f64(x);
}
MATH_INLINE float erfc_f32(float x) {
    return (float)erfc_f64(x);
}
MATH_INLINE float powm_f32(float x, float y) {
    return (float)powm_f64(x, y);
}
MATH_INLINE float power_f32(float x, float y) {
    return (float)power_f64(x, y);
}

#endif
