/* SPDX-License-Identifier: MIT */
/* What the kernels make of zeros, infinities and NaN. */
#include "tests.h"

#include <math.h>

static const struct unary_case {
    int kernel;
    double in, out;
} unary_cases[] = {
    {L2OSR__UN_EXP, 0, 1},
    {L2OSR__UN_EXP, -0.0, 1},
    {L2OSR__UN_EXP, INFINITY, INFINITY},
    {L2OSR__UN_EXP, -INFINITY, 0},
    {L2OSR__UN_EXP, 1000, INFINITY},
    {L2OSR__UN_EXP, -1000, 0},
    {L2OSR__UN_TANH, 0, 0},
    {L2OSR__UN_TANH, -0.0, -0.0},
    {L2OSR__UN_TANH, INFINITY, 1},
    {L2OSR__UN_TANH, -INFINITY, -1},
    {L2OSR__UN_TANH, 1000, 1},
    {L2OSR__UN_SINH, 0, 0},
    {L2OSR__UN_SINH, -0.0, -0.0},
    {L2OSR__UN_SINH, INFINITY, INFINITY},
    {L2OSR__UN_SINH, -INFINITY, -INFINITY},
    {L2OSR__UN_ASINH, 0, 0},
    {L2OSR__UN_ASINH, -0.0, -0.0},
    {L2OSR__UN_ASINH, INFINITY, INFINITY},
    {L2OSR__UN_ASINH, -INFINITY, -INFINITY},
    {L2OSR__UN_ERFC, 0, 1},
    {L2OSR__UN_ERFC, INFINITY, 0},
    {L2OSR__UN_ERFC, -INFINITY, 2},
    {L2OSR__UN_LOG, 1, 0},
    {L2OSR__UN_LOG, 0, -INFINITY},
    {L2OSR__UN_LOG, -0.0, -INFINITY},
    {L2OSR__UN_LOG, -1, NAN},
    {L2OSR__UN_LOG, -INFINITY, NAN},
    {L2OSR__UN_LOG, INFINITY, INFINITY},
    {L2OSR__UN_LOGM, INFINITY, INFINITY},
    {L2OSR__UN_LOGM, -INFINITY, INFINITY},
    {L2OSR__UN_SQRT, -0.0, -0.0},
    {L2OSR__UN_SQRT, -1, NAN},
    {L2OSR__UN_SQRT, INFINITY, INFINITY},
    {L2OSR__UN_SQRTM, -4, 2},
    {L2OSR__UN_SQRTM, -INFINITY, INFINITY},
    {L2OSR__UN_RELU, -1, 0},
    {L2OSR__UN_RELU, -INFINITY, 0},
    {L2OSR__UN_RELU, INFINITY, INFINITY},
    {L2OSR__UN_SIGN, 0, 0},
    {L2OSR__UN_SIGN, -0.0, 0},
    {L2OSR__UN_SIGN, -INFINITY, -1},
    {L2OSR__UN_SIGN, 1e-40, 1},
    {L2OSR__UN_ABS, -0.0, 0},
    {L2OSR__UN_ABS, -INFINITY, INFINITY},
    {L2OSR__UN_NEG, 0, -0.0},
    {L2OSR__UN_SQUARE, -3, 9},
    {L2OSR__UN_CUBE, -3, -27},
    {L2OSR__UN_SIGMOID, 0, 0.5},
    {L2OSR__UN_SIGMOID, INFINITY, 1},
    {L2OSR__UN_SIGMOID, -INFINITY, 0},
    {L2OSR__UN_ELU, INFINITY, INFINITY},
    {L2OSR__UN_ELU, -INFINITY, -1},
    {L2OSR__UN_LOG1P, 0, 0},
    {L2OSR__UN_LOG1P, -0.0, -0.0},
    {L2OSR__UN_LOG1P, -1, -INFINITY},
    {L2OSR__UN_LOG1P, -2, NAN},
    {L2OSR__UN_LOG1P, -INFINITY, NAN},
    {L2OSR__UN_LOG1P, INFINITY, INFINITY},
    {L2OSR__UN_SOFTSIGN, 0, 0},
    {L2OSR__UN_SOFTSIGN, -0.0, -0.0},
    {L2OSR__UN_SOFTSIGN, 1, 0.5},
    {L2OSR__UN_SOFTSIGN, 3e38, 1},
    {L2OSR__UN_SOFTSIGN, INFINITY, 1},
    {L2OSR__UN_SOFTSIGN, -INFINITY, -1},
    {L2OSR__UN_ATAN, 0, 0},
    {L2OSR__UN_ATAN, -0.0, -0.0},
    {L2OSR__UN_SIN, 0, 0},
    {L2OSR__UN_SIN, -0.0, -0.0},
    {L2OSR__UN_SIN, INFINITY, NAN},
    {L2OSR__UN_SIN, -INFINITY, NAN},
    {L2OSR__UN_COS, 0, 1},
    {L2OSR__UN_COS, -0.0, 1},
    {L2OSR__UN_COS, INFINITY, NAN},
    {L2OSR__UN_COS, -INFINITY, NAN},
};

static const struct binary_case {
    int kernel;
    double a, b, out;
} binary_cases[] = {
    {L2OSR__BI_DIV, 1, 0, INFINITY},
    {L2OSR__BI_DIV, 0, 0, NAN},
    {L2OSR__BI_MIN, NAN, 1, NAN},
    {L2OSR__BI_MIN, 1, NAN, NAN},
    {L2OSR__BI_MAX, NAN, 1, NAN},
    {L2OSR__BI_MAX, 1, NAN, NAN},
    {L2OSR__BI_MIN, -INFINITY, 1, -INFINITY},
    {L2OSR__BI_MAX, 2, 1, 2},
    {L2OSR__BI_GREATER, 2, 1, 1},
    {L2OSR__BI_GREATER, 1, 1, 0},
    {L2OSR__BI_GREATER, NAN, 1, 0},
    {L2OSR__BI_GREATER, 1, NAN, 0},
    {L2OSR__BI_POWER, 0, 0, 1},
    {L2OSR__BI_POWER, NAN, 0, 1},
    {L2OSR__BI_POWER, 0, 2, 0},
    {L2OSR__BI_POWER, 0, -1, INFINITY},
    {L2OSR__BI_POWER, -2, 0.5, NAN},
    {L2OSR__BI_POWER, -2, 1e-30, NAN},
    {L2OSR__BI_POWER, 1, 100, 1},
    {L2OSR__BI_POWER, -1, 3, -1},
    {L2OSR__BI_POWER, -1, 4, 1},
    {L2OSR__BI_POWER, INFINITY, -1, 0},
    {L2OSR__BI_POWER, -INFINITY, 3, -INFINITY},
    {L2OSR__BI_POWER, 0.5, INFINITY, 0},
    {L2OSR__BI_POWER, 2, INFINITY, INFINITY},
    {L2OSR__BI_POWER, NAN, 1, NAN},
    {L2OSR__BI_POWER, 2, NAN, NAN},
    {L2OSR__BI_POWM, 0, 0, 0},
    {L2OSR__BI_POWM, 0, 2, 0},
    {L2OSR__BI_POWM, -1, 0.5, -1},
    {L2OSR__BI_POWM, -1, 2, -1},
    {L2OSR__BI_POWM, -INFINITY, 2, -INFINITY},
    {L2OSR__BI_POWM, NAN, 1, NAN},
    {L2OSR__BI_CLIP, 3, 2, 2},
    {L2OSR__BI_CLIP, -3, 2, -2},
    {L2OSR__BI_CLIP, 1, 2, 1},
    {L2OSR__BI_CLIP, 3, -2, 2},
    {L2OSR__BI_CLIP, -3, -2, -2},
    {L2OSR__BI_CLIP, INFINITY, 2, 2},
    {L2OSR__BI_CLIP, -INFINITY, 2, -2},
    {L2OSR__BI_CLIP, 5, INFINITY, 5},
    {L2OSR__BI_CLIP, 5, 0, 0},
    {L2OSR__BI_CLIP, NAN, 1, NAN},
    {L2OSR__BI_CLIP, 1, NAN, NAN},
};

static bool same(double a, double b) {
    return (isnan(a) && isnan(b)) || (a == b && signbit(a) == signbit(b));
}

START_TEST(unary_values) {
    const struct unary_case *c = &unary_cases[_i];
    l2osr_context *ctx = level_context(L2OSR_ISA_AUTO);
    float in = (float)c->in, out;
    double wide;
    l2osr__kernels_f64_of(ctx)->unary[c->kernel](1, &wide, &c->in);
    l2osr__kernels_f32_of(ctx)->unary[c->kernel](1, &out, &in);
    ck_assert_msg(same(wide, c->out), "%s(%g) = %g in f64", unary_names[c->kernel], c->in, wide);
    ck_assert_msg(same((double)out, c->out), "%s(%g) = %g in f32", unary_names[c->kernel], c->in,
                  (double)out);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(binary_values) {
    const struct binary_case *c = &binary_cases[_i];
    l2osr_context *ctx = level_context(L2OSR_ISA_AUTO);
    float a = (float)c->a, b = (float)c->b, out;
    double wide;
    l2osr__kernels_f64_of(ctx)->binary[c->kernel](1, &wide, &c->a, &c->b);
    l2osr__kernels_f32_of(ctx)->binary[c->kernel](1, &out, &a, &b);
    ck_assert_msg(same(wide, c->out), "%s(%g, %g) = %g in f64", binary_names[c->kernel], c->a, c->b,
                  wide);
    ck_assert_msg(same((double)out, c->out), "%s(%g, %g) = %g in f32", binary_names[c->kernel],
                  c->a, c->b, (double)out);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(nan_goes_through) {
    l2osr_context *ctx = level_context(L2OSR_ISA_AUTO);
    const float nan = NAN;
    const double nan_wide = NAN;
    for (int f = 0; f < L2OSR__UNARY_COUNT; f++) {
        float out;
        double wide;
        l2osr__kernels_f32_of(ctx)->unary[f](1, &out, &nan);
        l2osr__kernels_f64_of(ctx)->unary[f](1, &wide, &nan_wide);
        ck_assert_msg(isnan(out) && isnan(wide), "%s(NaN)", unary_names[f]);
    }
    l2osr_context_free(ctx);
}
END_TEST

/* f32 has functions of its own; what they make of special values is the same. logm(1) differs by
 * what 1 + 1e-8 loses. */
START_TEST(precisions_agree) {
    static const double values[] = {0,   -0.0, 1,     -1,     0.5,      -0.5,      2,
                                    -2,  3,    -3,    2.5,    INFINITY, -INFINITY, NAN,
                                    1e9, -1e9, 1e-30, -1e-30, 1e30,     16777217,  -1e30};
    const size_t count = sizeof values / sizeof values[0];
    l2osr_context *ctx = level_context(L2OSR_ISA_AUTO);
    for (size_t i = 0; i < count * count; i++)
        for (int f = 0; f < L2OSR__UNARY_COUNT + L2OSR__BINARY_COUNT; f++) {
            const bool unary = f < L2OSR__UNARY_COUNT, logm = f == L2OSR__UN_LOGM;
            const float a = (float)values[i / count], b = (float)values[i % count];
            const double wide_a = (double)a, wide_b = (double)b;
            float out;
            double wide;
            if (unary) {
                l2osr__kernels_f32_of(ctx)->unary[f](1, &out, &a);
                l2osr__kernels_f64_of(ctx)->unary[f](1, &wide, &wide_a);
            } else {
                l2osr__kernels_f32_of(ctx)->binary[f - L2OSR__UNARY_COUNT](1, &out, &a, &b);
                l2osr__kernels_f64_of(ctx)->binary[f - L2OSR__UNARY_COUNT](1, &wide, &wide_a,
                                                                           &wide_b);
            }
            ck_assert_msg(same((double)out, (double)(float)wide) ||
                              fabs((double)out - wide) <= 4e-7 * fabs(wide) + 2e-8 * logm,
                          "%s(%g, %g) is %.9g in f32 and %.17g in f64",
                          unary ? unary_names[f] : binary_names[f - L2OSR__UNARY_COUNT], wide_a,
                          wide_b, (double)out, wide);
        }
    l2osr_context_free(ctx);
}
END_TEST

/* Wherever it stands, and not mistaken for the largest finite numbers. */
START_TEST(one_nonfinite_is_found) {
    static const double values[] = {INFINITY, -INFINITY, NAN, -NAN};
    l2osr_context *ctx = level_context(L2OSR_ISA_AUTO);
    double wide[100];
    float narrow[100];
    for (int i = 0; i < 100; i++) {
        wide[i] = (i % 2 ? 1 : -1) * 0x1.fffffffffffffp1023;
        narrow[i] = (i % 2 ? 1 : -1) * 0x1.fffffep127f;
    }
    ck_assert(l2osr__kernels_f64_of(ctx)->finite(100, wide));
    ck_assert(l2osr__kernels_f32_of(ctx)->finite(100, narrow));
    for (int i = 0; i < 100; i++) {
        const double before = wide[i];
        wide[i] = values[i % 4];
        ck_assert(!l2osr__kernels_f64_of(ctx)->finite(100, wide));
        wide[i] = before;
        narrow[i] = (float)values[i % 4];
        ck_assert(!l2osr__kernels_f32_of(ctx)->finite(100, narrow));
        narrow[i] = 0;
    }
    l2osr_context_free(ctx);
}
END_TEST

TCase *special_tests(void) {
    TCase *tests = tcase_create("special");
    tcase_add_loop_test(tests, unary_values, 0, sizeof unary_cases / sizeof unary_cases[0]);
    tcase_add_loop_test(tests, binary_values, 0, sizeof binary_cases / sizeof binary_cases[0]);
    tcase_add_test(tests, nan_goes_through);
    tcase_add_test(tests, one_nonfinite_is_found);
    tcase_add_test(tests, precisions_agree);
    return tests;
}
