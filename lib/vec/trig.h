/* SPDX-License-Identifier: MIT */
/** @file trig.h Sine, cosine and arc tangent; see bits.h for how they are made. */
#ifndef L2OSR_VEC_TRIG_H
#define L2OSR_VEC_TRIG_H

#include "vec/math_f32.h"

/** Below this the functions reduce their argument by themselves. */
#define TRIG_LIMIT 0x1p17

/**
 * The multiple of pi/2 nearest to x, modulo 4, and in r the difference from it as a sum of two
 * numbers, for any x of at least TRIG_LIMIT in size. Both are NaN if x is not finite.
 */
uint32_t l2osr__trig_reduce(double x, double r[2]);

/* ---- f64 ---- */

/* sin(r + low + turn pi/2) for |r| <= pi/4 */
MATH_INLINE double sin_reduced_f64(double r, double low, uint64_t turn) {
    double z = r * r, half = 0.5 * z, rest = 1 - half, s = 0x1.5d8b55f2c5a8ep-33;
    s = s * z - 0x1.ae5e4b84e435dp-26;
    s = s * z + 0x1.71de35552c33dp-19;
    s = s * z - 0x1.a01a019be921fp-13;
    s = s * z + 0x1.111111110f730p-7;
    s = s * z - 0x1.5555555555548p-3;
    double c = -0x1.8fa5538abcb67p-37;
    c = c * z + 0x1.1ee9d9c685873p-29;
    c = c * z - 0x1.27e4f7ef0d4efp-22;
    c = c * z + 0x1.a01a019c8c7d5p-16;
    c = c * z - 0x1.6c16c16c15005p-10;
    c = c * z + 0x1.555555555554bp-5;
    double sine = r + (r * z * s + low * rest);
    double cosine = rest + (((1 - rest) - half) + (z * z * c - r * low));
    double value = turn & 1 ? cosine : sine;
    return double_of(bits_f64(value) ^ (turn & 2) << 62);
}

/* pi/2 in three parts, of which two have so few bits that their products are exact; the error of
 * subtracting the second is kept */
MATH_INLINE double sin_turned_f64(double x, uint64_t turn) {
    double shifted = x * 0x1.45f306dc9c883p-1 + ROUND_F64, n = shifted - ROUND_F64;
    double first = x - n * 0x1.921fb54440000p+0, product = n * 0x1.68c234c480000p-39;
    double second = first - product, back = second - first;
    double error = (first - (second - back)) - (product + back);
    double tail = error - n * 0x1.198a2e0370734p-73, r = second + tail;
    return sin_reduced_f64(r, (second - r) + tail, bits_f64(shifted) + turn);
}

/* for |x| < TRIG_LIMIT */
MATH_INLINE double sin_f64(double x) {
    double y = sin_turned_f64(x, 0);
    return abs_f64(x) < 0x1p-27 ? x : y;
}

MATH_INLINE double cos_f64(double x) {
    return sin_turned_f64(x, 1);
}

/* the same beyond it; turn is 0 or 1 */
MATH_INLINE double sin_far_f64(double x, uint64_t turn) {
    double r[2];
    uint32_t quadrant = l2osr__trig_reduce(x, r);
    return sin_reduced_f64(r[0], r[1], quadrant + turn);
}

/* atan(|x|) = base + atan(w), |w| <= tan(pi/8) */
MATH_INLINE double atan_f64(double x) {
    double a = abs_f64(x);
    double above = a > 0x1.3504f333f9de6p+1 ? -1 : a - 1,
           below = a > 0x1.3504f333f9de6p+1 ? a : a + 1;
    double base = a > 0x1.3504f333f9de6p+1 ? 0x1.921fb54442d18p+0 : 0x1.921fb54442d18p-1;
    double low = a > 0x1.3504f333f9de6p+1 ? 0x1.1a62633145c07p-54 : 0x1.1a62633145c07p-55;
    above = a < 0x1.a827999fcef32p-2 ? a : above;
    below = a < 0x1.a827999fcef32p-2 ? 1 : below;
    base = a < 0x1.a827999fcef32p-2 ? 0 : base;
    low = a < 0x1.a827999fcef32p-2 ? 0 : low;
    double w = above / below, z = w * w, p = -0x1.24b8a8eb37b01p-6;
    p = p * z + 0x1.378672047e2dbp-5;
    p = p * z - 0x1.9cb43a875dc71p-5;
    p = p * z + 0x1.df08a4c1dd9e5p-5;
    p = p * z - 0x1.10eb44e62fa17p-4;
    p = p * z + 0x1.3b110f0e0631bp-4;
    p = p * z - 0x1.745cf84c675b3p-4;
    p = p * z + 0x1.c71c70e10d778p-4;
    p = p * z - 0x1.24924922a073cp-3;
    p = p * z + 0x1.999999999564fp-3;
    p = p * z - 0x1.555555555553cp-2;
    return copysign_f64(base + (w + (w * z * p + low)), x);
}

/* ---- f32 ---- */

/* sin(r + turn pi/2) for |r| a little more than pi/4. Sums lose the sign of -0, so the sine gets it
 * back. */
MATH_INLINE float sin_reduced_f32(float r, uint32_t turn) {
    float z = r * r, z2 = z * z;
    float s = (-0.166666523f + 0.00833201408f * z) + z2 * -0.000194956636f;
    float c = (0.0416666418f - 0.00138871302f * z) + z2 * 2.44120856e-05f;
    float sine = r + (r * z) * s, cosine = 1 - (0.5f * z - z2 * c);
    sine = float_of(bits_f32(sine) | (bits_f32(r) & 0x80000000u));
    float value = turn & 1 ? cosine : sine;
    return float_of(bits_f32(value) ^ (turn & 2) << 30);
}

/* The multiple of pi/2 is chosen in f32, where it may be off by a hundredth, and subtracted in
 * f64. */
MATH_INLINE float sin_turned_f32(float x, uint32_t turn) {
    float shifted = x * 0.636619747f + ROUND_F32;
    double n = (double)(shifted - ROUND_F32);
    double r = ((double)x - n * 0x1.921fb54440000p+0) - n * 0x1.68c234c4c6629p-39;
    return sin_reduced_f32((float)r, bits_f32(shifted) + turn);
}

/* for |x| < TRIG_LIMIT */
MATH_INLINE float sin_f32(float x) {
    return sin_turned_f32(x, 0);
}

MATH_INLINE float cos_f32(float x) {
    return sin_turned_f32(x, 1);
}

/* the same beyond it; turn is 0 or 1 */
MATH_INLINE float sin_far_f32(float x, uint32_t turn) {
    double r[2];
    uint32_t quadrant = l2osr__trig_reduce((double)x, r);
    return sin_reduced_f32((float)r[0], quadrant + turn);
}

MATH_INLINE float atan_f32(float x) {
    float a = abs_f32(x), w = a > 1 ? -1 / a : a, z = w * w, z2 = z * z, z4 = z2 * z2;
    float base = a > 1 ? 1.57079637f : 0, low = a > 1 ? -4.371139e-08f : 0;
    float p =
        ((-0.333332986f + 0.199985296f * z) + z2 * (-0.142640427f + 0.109515414f * z)) +
        z4 * (((-0.0840353295f + 0.0579984821f * z) + z2 * (-0.0312585607f + 0.0109783001f * z)) +
              z4 * -0.00181202788f);
    return copysign_f32(base + (w + ((w * z) * p + low)), x);
}

#endif
