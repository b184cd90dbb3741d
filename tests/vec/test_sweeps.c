/* SPDX-License-Identifier: MIT */
/* f32 functions over the whole range against the C library in f64, in units of the last place of
 * the exact result; for subnormal results that is 2^-149. */
#include "tests.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { N = 4096 };

/* A prime, so that all exponents come with all kinds of mantissas: two million numbers. */
static const uint64_t STRIDE = 2003;

static double sigmoid(double x) {
    return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x));
}

static double elu(double x) {
    return x > 0 ? x : expm1(x);
}

static double softsign(double x) {
    return isinf(x) ? copysign(1, x) : x / (1 + fabs(x));
}

/* Of the sum in f32: near |x| = 1 its rounding is part of what the function is. */
static double logm(double x) {
    return log((double)(fabsf((float)x) + 1e-8f));
}

static double sqrtm(double x) {
    return sqrt(fabs(x));
}

static const struct sweep {
    int kernel;
    double (*exact)(double x);
    double ulp;
} sweeps[] = {
    {L2OSR__UN_EXP, exp, 1.25},          {L2OSR__UN_TANH, tanh, 2},   {L2OSR__UN_SINH, sinh, 2},
    {L2OSR__UN_ASINH, asinh, 1.75},      {L2OSR__UN_ERFC, erfc, 4},   {L2OSR__UN_LOG, log, 1},
    {L2OSR__UN_LOGM, logm, 1},           {L2OSR__UN_SQRT, sqrt, 0.5}, {L2OSR__UN_SQRTM, sqrtm, 0.5},
    {L2OSR__UN_SIGMOID, sigmoid, 2},     {L2OSR__UN_ELU, elu, 1.25},  {L2OSR__UN_LOG1P, log1p, 1.5},
    {L2OSR__UN_SOFTSIGN, softsign, 1.5}, {L2OSR__UN_ATAN, atan, 1.5}, {L2OSR__UN_SIN, sin, 1.75},
    {L2OSR__UN_COS, cos, 1.75},
};

/* Infinity counts as the number after the largest. */
static double ulps(double exact, float got) {
    if (isnan(exact) || isnan(got))
        return isnan(exact) && isnan(got) ? 0 : INFINITY;
    if (isinf(exact))
        return (double)got == exact ? 0 : INFINITY;
    const double value = isinf(got) ? copysign(0x1p128, (double)got) : (double)got;
    if (isinf(got) && fabs(exact) >= 0x1p128)
        return signbit(exact) == signbit(value) ? 0 : INFINITY;
    int exponent;
    frexp(exact, &exponent);
    const int last = exact == 0 || exponent < -125 ? -149 : exponent - FLT_MANT_DIG;
    return fabs(value - exact) / ldexp(1, last);
}

START_TEST(unary) {
    const struct sweep *sweep = &sweeps[_i];
    static float a[N], out[N];
    l2osr_context *ctx = level_context(L2OSR_ISA_AUTO);
    const l2osr__kernels_f32 *k = l2osr__kernels_f32_of(ctx);
    for (uint64_t pattern = 0; pattern <= UINT32_MAX;) {
        size_t n = 0;
        for (; n < N && pattern <= UINT32_MAX; pattern += STRIDE) {
            const uint32_t bits = (uint32_t)pattern;
            memcpy(&a[n++], &bits, sizeof bits);
        }
        k->unary[sweep->kernel](n, out, a);
        for (size_t i = 0; i < n; i++) {
            const double error = ulps(sweep->exact((double)a[i]), out[i]);
            if (!(error <= sweep->ulp))
                ck_abort_msg("%s(%.9g) = %.9g is wrong by %.3f ulp", unary_names[sweep->kernel],
                             (double)a[i], (double)out[i], error);
        }
    }
    l2osr_context_free(ctx);
}
END_TEST

/* Exponents for a base: small ones, and those that lead to the ends of the range. */
static size_t fill_exponents(float *b, double base) {
    static const double powers[] = {-151,  -149.5, -149, -126.5, -126, -90, -20,    -3,
                                    -0.01, 0.01,   3,    20,     90,   127, 127.99, 128.5};
    static const float fixed[] = {-3.0f, -1.0f, -0.5f, 0.0f, 1e-30f, 0.333333343f,
                                  0.5f,  1.0f,  2.0f,  3.0f, 10.5f};
    const double size = log2(base);
    size_t n = 0;
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        b[n++] = fixed[i];
    for (size_t i = 0; i < sizeof powers / sizeof powers[0] && size != 0; i++)
        b[n++] = (float)(powers[i] / size);
    return n;
}

START_TEST(powers) {
    float a[64], b[64], out[64], odd[64];
    l2osr_context *ctx = level_context(L2OSR_ISA_AUTO);
    const l2osr__kernels_f32 *k = l2osr__kernels_f32_of(ctx);
    for (uint32_t bits = 1; bits < 0x7f800000u; bits += 37831) {
        float base;
        memcpy(&base, &bits, sizeof base);
        const size_t n = fill_exponents(b, (double)base);
        for (size_t i = 0; i < n; i++)
            a[i] = base;
        k->binary[L2OSR__BI_POWER](n, out, a, b);
        for (size_t i = 0; i < n; i++) {
            const double error = ulps(pow((double)a[i], (double)b[i]), out[i]);
            if (!(error <= 1.5))
                ck_abort_msg("%.9g^%.9g = %.9g is wrong by %.3f ulp", (double)a[i], (double)b[i],
                             (double)out[i], error);
            a[i] = -a[i];
        }
        k->binary[L2OSR__BI_POWM](n, odd, a, b);
        for (size_t i = 0; i < n; i++)
            ck_assert(odd[i] == -out[i]);
    }
    l2osr_context_free(ctx);
}
END_TEST

/* Bases near 1 with large exponents: all of the error is that of the logarithm. */
START_TEST(powers_near_one) {
    static float a[N], b[N], out[N];
    static double any[N];
    l2osr_context *ctx = level_context(L2OSR_ISA_AUTO);
    for (uint64_t round = 0; round < 100; round++) {
        l2osr_random_uniform(7, round, -1, 1, any, N);
        for (size_t i = 0; i < N; i++) {
            a[i] = (float)(1 + any[i] / (1 << round % 24));
            const double size = log2((double)a[i]);
            b[i] = isfinite(size) && size != 0 ? (float)(any[(i + 1) % N] * 149 / size) : 1;
        }
        l2osr__kernels_f32_of(ctx)->binary[L2OSR__BI_POWER](N, out, a, b);
        for (size_t i = 0; i < N; i++) {
            const double error = ulps(pow((double)a[i], (double)b[i]), out[i]);
            ck_assert_msg(error <= 1.5, "%.9g^%.9g = %.9g is wrong by %.3f ulp", (double)a[i],
                          (double)b[i], (double)out[i], error);
        }
    }
    l2osr_context_free(ctx);
}
END_TEST

TCase *sweep_tests(void) {
    TCase *tests = tcase_create("sweeps");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, unary, 0, sizeof sweeps / sizeof sweeps[0]);
    tcase_add_test(tests, powers);
    tcase_add_test(tests, powers_near_one);
    return tests;
}
