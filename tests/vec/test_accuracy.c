/* SPDX-License-Identifier: MIT */
/* Errors of f64 functions against the C library in long double, in units of the last place of the
 * exact result. test_sweeps.c has those of f32. */
#include "tests.h"

#include <float.h>
#include <math.h>

#include "base/rng.h"
#include "vec/scalar.h"

enum { N = 20000 };

static double ulps_f64(long double exact, double got) {
    int exponent;
    frexpl(exact, &exponent);
    int last = exponent - DBL_MANT_DIG;
    return (double)(fabsl((long double)got - exact) / ldexpl(1, last < -1074 ? -1074 : last));
}

static long double elul(long double x) {
    return x > 0 ? x : expm1l(x);
}

static long double softsignl(long double x) {
    return x / (1 + fabsl(x));
}

static long double sqrtml(long double x) {
    return sqrtl(fabsl(x));
}

/* Where a kernel promises so many ulp: between lo and hi, or, if `wide`, at all sizes up to hi. */
static const struct promise {
    int kernel;
    long double (*exact)(long double x);
    double lo, hi, ulp;
    bool wide;
} promises[] = {
    {L2OSR__UN_EXP, expl, -745, 709.7, 2, false},
    {L2OSR__UN_EXP, expl, -1, 1, 2, false},
    {L2OSR__UN_TANH, tanhl, -22, 22, 5, false},
    {L2OSR__UN_TANH, tanhl, -1, 1, 5, true},
    {L2OSR__UN_LOG, logl, 0, 1e308, 2, true},
    {L2OSR__UN_LOG, logl, 0.5, 2, 2, false},
    {L2OSR__UN_SINH, sinhl, -710, 710, 3, false},
    {L2OSR__UN_SINH, sinhl, -1, 1, 3, true},
    {L2OSR__UN_ASINH, asinhl, -1e308, 1e308, 3, true},
    {L2OSR__UN_ASINH, asinhl, -10, 10, 3, false},
    {L2OSR__UN_ERFC, erfcl, -6, 26.5, 8, false},
    {L2OSR__UN_ELU, elul, -30, 30, 4, false},
    {L2OSR__UN_SQRT, sqrtl, 0, 1e308, 0.5, true},
    {L2OSR__UN_SQRTM, sqrtml, -1e308, 1e308, 0.5, true},
    {L2OSR__UN_LOG1P, log1pl, 0, 1e308, 3, true},
    {L2OSR__UN_LOG1P, log1pl, -1, 10, 3, false},
    {L2OSR__UN_LOG1P, log1pl, -0.5, 0.5, 3, true},
    {L2OSR__UN_SOFTSIGN, softsignl, -1e308, 1e308, 2, true},
    {L2OSR__UN_ATAN, atanl, -1e308, 1e308, 2, true},
    {L2OSR__UN_ATAN, atanl, -4, 4, 2, false},
    {L2OSR__UN_SIN, sinl, -10, 10, 1, false},
    {L2OSR__UN_COS, cosl, -10, 10, 1, false},
    {L2OSR__UN_SIN, sinl, -131072, 131072, 1, false},
    {L2OSR__UN_COS, cosl, -131072, 131072, 1, false},
    {L2OSR__UN_SIN, sinl, -1e18, 1e18, 1, true},
    {L2OSR__UN_COS, cosl, -1e18, 1e18, 1, true},
};

/* Uniform in [lo, hi), or with a uniform exponent and, if lo < 0, a random sign. */
static double pick(l2osr__rng *rng, double lo, double hi, bool wide, double smallest) {
    double u = l2osr__rng_uniform(rng);
    if (!wide)
        return lo + (hi - lo) * u;
    double size = exp(log(smallest) + (log(hi) - log(smallest)) * u);
    return lo < 0 && l2osr__rng_u32(rng) % 2 ? -size : size;
}

START_TEST(unary) {
    const struct promise *p = &promises[_i];
    static double a[N], out[N];
    l2osr_context *ctx = level_context(L2OSR_ISA_AUTO);
    l2osr__rng rng;
    l2osr__rng_init(&rng, 1, (uint64_t)_i);
    for (size_t i = 0; i < N; i++)
        a[i] = pick(&rng, p->lo, p->hi, p->wide, 1e-310);
    l2osr__kernels_f64_of(ctx)->unary[p->kernel](N, out, a);
    for (size_t i = 0; i < N; i++) {
        double error = ulps_f64(p->exact((long double)a[i]), out[i]);
        ck_assert_msg(error <= p->ulp + 0.001, "%s(%.17g) = %.17g is wrong by %.2f ulp",
                      unary_names[p->kernel], a[i], out[i], error);
    }
    l2osr_context_free(ctx);
}
END_TEST

/* These two promise an absolute error: sigma is a gate, and log|x| changes sign where a sum rounds.
 */
START_TEST(absolute) {
    static double a[N], out[N];
    l2osr_context *ctx = level_context(L2OSR_ISA_AUTO);
    const l2osr__kernels_f64 *k = l2osr__kernels_f64_of(ctx);
    l2osr_random_uniform(3, 0, -40, 40, a, N);
    k->unary[L2OSR__UN_SIGMOID](N, out, a);
    for (size_t i = 0; i < N; i++)
        ck_assert_double_le(fabs(out[i] - (double)(1 / (1 + expl(-(long double)a[i])))), 4e-16);
    k->unary[L2OSR__UN_LOGM](N, out, a);
    for (size_t i = 0; i < N; i++)
        ck_assert_double_le(fabs(out[i] - (double)logl(fabsl((long double)a[i]) + 1e-8L)), 1e-15);
    l2osr_context_free(ctx);
}
END_TEST

/* exp(b log a) magnifies the rounding of the logarithm by the size of the exponent. */
START_TEST(powers) {
    static double a[N], b[N], out[N], odd[N];
    l2osr_context *ctx = level_context(L2OSR_ISA_AUTO);
    const l2osr__kernels_f64 *k = l2osr__kernels_f64_of(ctx);
    l2osr_random_uniform(4, 0, 0.001, 50, a, N);
    l2osr_random_uniform(4, 1, -8, 8, b, N);
    k->binary[L2OSR__BI_POWER](N, out, a, b);
    for (size_t i = 0; i < N; i++) {
        double bound = 3 + 1.5 * fabs(b[i] * log(a[i]));
        double error = ulps_f64(powl((long double)a[i], (long double)b[i]), out[i]);
        ck_assert_msg(error <= bound, "%.17g^%.17g is wrong by %.2f ulp", a[i], b[i], error);
        a[i] = -a[i];
    }
    k->binary[L2OSR__BI_POWM](N, odd, a, b);
    for (size_t i = 0; i < N; i++)
        ck_assert(odd[i] == -out[i]);
    l2osr_context_free(ctx);
}
END_TEST

/* Computed with 400 digits. The fourth comes nearest to a multiple of pi/2 of all doubles. */
START_TEST(huge_angles) {
    static const double cases[][3] = {
        {0x1.0000000000000p+17, -0x1.ff8bd7b10d6b0p-1, 0x1.58ced65ec8b50p-5},
        {0x1.921fb54442d18p+16, -0x1.1a62633145c07p-38, 0x1.0000000000000p+0},
        {0x1.0f0cf064dd592p+73, -0x1.b453ab76bf397p-1, 0x1.0be2cef01c8f4p-1},
        {0x1.6ac5b262ca1ffp+849, 0x1.0000000000000p+0, -0x1.14ae72e6ba22fp-61},
        {0x1.fffffffffffffp+1023, 0x1.452fc98b34e97p-8, -0x1.fffe62ecfab75p-1},
        {0x1.0000000000000p+1023, 0x1.205248cbdb760p-1, -0x1.a719f26c232bfp-1},
        {0x1.7e43c8800759cp+996, -0x1.a2c16b010e385p-1, -0x1.2699022adc4c1p-1},
        {-0x1.13ea7b211b124p+666, -0x1.b68cad383be47p-1, 0x1.083b47dec3a11p-1},
        {0x1.d6f3454800000p+26, 0x1.ffefcc2ee7d37p-1, 0x1.019b317c2d95ep-6},
        {0x1.0000000000000p+120, 0x1.82e34655e6fcbp-2, -0x1.da0cd0b66d8cep-1},
        {0x1.fffffe0000000p+127, -0x1.0b33665089575p-1, 0x1.b4bf2c79bdfcep-1},
        {-0x1.3f80000000000p+33, -0x1.0011f9d5f13fcp-1, 0x1.bb5d4d2a227f8p-1},
        {0x1.0000000000002p+52, -0x1.9c50116c55934p-1, -0x1.2f8c9f86fc08ap-1}};
    l2osr_context *ctx = level_context(L2OSR_ISA_AUTO);
    const l2osr__kernels_f64 *k = l2osr__kernels_f64_of(ctx);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int f = 0; f < 2; f++) {
            double out;
            k->unary[f ? L2OSR__UN_COS : L2OSR__UN_SIN](1, &out, &cases[i][0]);
            const double error = ulps_f64((long double)cases[i][1 + f], out);
            ck_assert_msg(error <= 1.5, "%s(%a) = %a is wrong by %.2f ulp", f ? "cos" : "sin",
                          cases[i][0], out, error);
        }
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(scalars_are_kernels) {
    static double a[MIXED_COUNT], b[MIXED_COUNT], out[4][MIXED_COUNT];
    l2osr_context *ctx = level_context(L2OSR_ISA_AUTO);
    const l2osr__kernels_f64 *k = l2osr__kernels_f64_of(ctx);
    fill_mixed_f64(a, 5);
    fill_mixed_f64(b, 6);
    k->unary[L2OSR__UN_EXP](MIXED_COUNT, out[0], a);
    k->unary[L2OSR__UN_LOG](MIXED_COUNT, out[1], a);
    k->unary[L2OSR__UN_TANH](MIXED_COUNT, out[2], a);
    k->binary[L2OSR__BI_POWER](MIXED_COUNT, out[3], a, b);
    for (size_t i = 0; i < MIXED_COUNT; i++) {
        const double one[4] = {l2osr__exp_f64(a[i]), l2osr__log_f64(a[i]), l2osr__tanh_f64(a[i]),
                               l2osr__power_f64(a[i], b[i])};
        for (int f = 0; f < 4; f++)
            ck_assert_msg(one[f] == out[f][i] || (isnan(one[f]) && isnan(out[f][i])),
                          "function %d of %.17g", f, a[i]);
    }
    l2osr_context_free(ctx);
}
END_TEST

TCase *accuracy_tests(void) {
    TCase *tests = tcase_create("accuracy");
    const int count = sizeof promises / sizeof promises[0];
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, unary, 0, count);
    tcase_add_test(tests, absolute);
    tcase_add_test(tests, powers);
    tcase_add_test(tests, huge_angles);
    tcase_add_test(tests, scalars_are_kernels);
    return tests;
}
