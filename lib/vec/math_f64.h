/* SPDX-License-Identifier: MIT */
/** @file math_f64.h Elementary functions in f64; see bits.h for how they are made. */
#ifndef L2OSR_VEC_MATH_F64_H
#define L2OSR_VEC_MATH_F64_H

#include <float.h>

#include "vec/bits.h"

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

/* x = k ln 2 + r; returns r */
MATH_INLINE double reduce_f64(double x, double *k) {
    double n = (x * 0x1.71547652b82fep0 + ROUND_F64) - ROUND_F64;
    *k = n;
    return (x - n * LN2_HI_F64) - n * LN2_LO_F64;
}

/* r + r^2 P(r) = e^r - 1 for |r| <= ln(2) / 2 */
MATH_INLINE double expm1_reduced_f64(double r) {
    double p = 0x1.1f731ea5352cap-29;
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
    return r + (r * r) * p;
}

/* The functions made of an exponential come in stages, for loops with short chains of operations:
 * see STAGED in kernels.inc. */
MATH_INLINE double exp_reduce_f64(double x, double *k) {
    double clipped = x < -800 ? -800 : x;
    return reduce_f64(clipped > 800 ? 800 : clipped, k);
}

/* e^r 2^k; the power of two is applied in halves so that it may leave the range of normal numbers
 */
MATH_INLINE double exp_power_f64(double r, double k) {
    double p = 1 + expm1_reduced_f64(r), half = (k * 0.5 + ROUND_F64) - ROUND_F64;
    return p * pow2_f64(half) * pow2_f64(k - half);
}

MATH_INLINE double exp_f64(double x) {
    double k, r = exp_reduce_f64(x, &k);
    return exp_power_f64(r, k);
}

/* e^r 2^k - 1 for |k| <= 1022 */
MATH_INLINE double expm1_power_f64(double r, double k) {
    double q = expm1_reduced_f64(r), scale = pow2_f64(k);
    return scale * q + (scale - 1);
}

/* for |x| <= 700 */
MATH_INLINE double expm1_f64(double x) {
    double k, r = reduce_f64(x, &k);
    return expm1_power_f64(r, k);
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

/* log(1 + y), y > -1 and finite */
MATH_INLINE double log1p_inside_f64(double y) {
    double u = 1 + y;
    return log_f64(u) + (y - (u - 1)) / u;
}

MATH_INLINE double log1p_f64(double x) {
    double y = copysign_f64(log1p_inside_f64(x), x);
    double edge = x < -1 ? __builtin_nan("") : x;
    edge = x == -1 ? -__builtin_inf() : edge;
    return ((x > -1) & (x <= DBL_MAX)) ? y : edge;
}

MATH_INLINE double tanh_start_f64(double x, double *k) {
    double a = abs_f64(x);
    return reduce_f64(2 * (a > 20 ? 20 : a), k);
}

MATH_INLINE double tanh_middle_f64(double r, double k) {
    return expm1_power_f64(r, k);
}

MATH_INLINE double tanh_finish_f64(double x, double e) {
    return copysign_f64(e / (e + 2), x);
}

MATH_INLINE double tanh_f64(double x) {
    double k, r = tanh_start_f64(x, &k);
    return tanh_finish_f64(x, tanh_middle_f64(r, k));
}

MATH_INLINE double sigmoid_start_f64(double x, double *k) {
    return tanh_start_f64(0.5 * x, k);
}

MATH_INLINE double sigmoid_middle_f64(double r, double k) {
    return expm1_power_f64(r, k);
}

MATH_INLINE double sigmoid_finish_f64(double x, double e) {
    return 0.5 + 0.5 * tanh_finish_f64(0.5 * x, e);
}

MATH_INLINE double elu_start_f64(double x, double *k) {
    return reduce_f64(x > 0 ? 0 : x < -80 ? -80 : x, k);
}

MATH_INLINE double elu_middle_f64(double r, double k) {
    return expm1_power_f64(r, k);
}

MATH_INLINE double elu_finish_f64(double x, double e) {
    return x > 0 ? x : e;
}

MATH_INLINE double sinh_start_f64(double x, double *k) {
    return exp_reduce_f64(abs_f64(x), k);
}

/* half of e^|x| */
MATH_INLINE double sinh_middle_f64(double r, double k) {
    return exp_power_f64(r, k - 1);
}

MATH_INLINE double sinh_finish_f64(double x, double far) {
    double a = abs_f64(x), e = expm1_f64(a > 22 ? 22 : a);
    double near = 0.5 * (e + e / (e + 1));
    return copysign_f64(a > 22 ? far : near, x);
}

MATH_INLINE double asinh_start_f64(double x, double *size) {
    double a = abs_f64(x), b = a > 0x1p28 ? 1 : a;
    *size = a;
    return b + b * b / (1 + __builtin_sqrt(1 + b * b));
}

MATH_INLINE double asinh_middle_f64(double sum, double a) {
    double near = log1p_inside_f64(sum), far = log_f64(a) + 0x1.62e42fefa39efp-1;
    return a > 0x1p28 ? far : near;
}

MATH_INLINE double asinh_finish_f64(double x, double value) {
    return copysign_f64(value, x);
}

/* t exp(-x^2 + h(t)), t = 2 / (2 + |x|); x^2 is split so that its rounding does not show in the
 * exponent: e^-head^2 comes first */
MATH_INLINE double erfc_head_f64(double x) {
    double a = abs_f64(x);
    return double_of(bits_f64(a > 28 ? 28 : a) & 0xfffffffff8000000u);
}

MATH_INLINE double erfc_start_f64(double x, double *k) {
    double head = erfc_head_f64(x);
    return exp_reduce_f64(-head * head, k);
}

/* the exponent of what there is beside e^-head^2 and t */
MATH_INLINE double erfc_rest_f64(double x) {
    double a = abs_f64(x), b = a > 28 ? 28 : a, t = 2 / (2 + b), head = erfc_head_f64(x);
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
    return (head - b) * (head + b) + h;
}

MATH_INLINE double erfc_finish_f64(double x, double rest, double r, double k) {
    double a = abs_f64(x), b = a > 28 ? 28 : a, t = 2 / (2 + b);
    double value = t * exp_power_f64(r, k) * exp_f64(rest);
    value = x < 0 ? 2 - value : value;
    return x != x ? x : value;
}

MATH_INLINE double sign_f64(double x) {
    double s = x > 0 ? 1 : 0;
    s = x < 0 ? -1 : s;
    return x != x ? x : s;
}

/* There is nothing to split off in f64. */
MATH_INLINE double pow_split_f64(double x, double *rest) {
    *rest = 0;
    return abs_f64(x);
}

MATH_INLINE double pow_log_f64(double a, double rest) {
    (void)rest;
    return log_f64(a);
}

/* |x|^y = e^r 2^k for the two powers below */
MATH_INLINE double pow_reduce_f64(double y, double log, double *k) {
    return exp_reduce_f64(y * log, k);
}

MATH_INLINE double pow_power_f64(double r, double k) {
    return exp_power_f64(r, k);
}

/* 0^0 = 1 */
MATH_INLINE double powm_finish_f64(double x, double y, double v) {
    return sign_f64(x) * (y == 0 ? 1 : v);
}

MATH_INLINE double power_finish_f64(double x, double y, double v) {
    double value = y == 0 ? 1 : v, whole = abs_f64(y);
    /* how far half of |y| is from an integer, 0 or 1/2 if y is one; from 2^53 on y is even */
    double half = 0.5 * (whole > 0x1p53 ? 0x1p53 : whole), off = half - ((half + 0x1p52) - 0x1p52);
    double odd = abs_f64(off) == 0.5 ? -value : __builtin_nan(""),
           negative = off == 0 ? value : odd;
    return x < 0 ? negative : value;
}

MATH_INLINE double power_f64(double x, double y) {
    double k, r = pow_reduce_f64(y, log_f64(abs_f64(x)), &k);
    return power_finish_f64(x, y, pow_power_f64(r, k));
}

#endif
