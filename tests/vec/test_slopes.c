/* SPDX-License-Identifier: MIT */
/* Derivatives against central differences in f64, and those of f32 against those of f64. */
#include "tests.h"

#include <math.h>

enum { N = 500 };
static const double STEP = 1e-6;

/* Points where the function is smooth: right of zero, or on both sides of it but not near. */
static void fill_points(double *a, double lo, double hi, uint64_t stream) {
    l2osr_random_uniform(10, stream, lo, hi, a, N);
    for (size_t i = 0; i < N; i++)
        if (fabs(a[i]) < 0.05)
            a[i] = 0.05;
}

static void check_slope(const char *name, double a, double got, double more, double less) {
    double wanted = (more - less) / (2 * STEP), size = fabs(more) + fabs(wanted);
    ck_assert_msg(fabs(got - wanted) <= 2e-8 * (1 + size), "slope of %s at %g: %.12g, not %.12g",
                  name, a, got, wanted);
}

/* Where the kernel's argument begins. */
static double lowest(int kernel) {
    return kernel == L2OSR__UN_LOG || kernel == L2OSR__UN_SQRT ? 0.05
           : kernel == L2OSR__UN_LOG1P                         ? -0.9
                                                               : -3;
}

START_TEST(unary_slopes) {
    double a[N], v[N], d[N], da[N], shifted[N], more[N], less[N];
    l2osr_context *ctx = level_context(L2OSR_ISA_AUTO);
    const l2osr__kernels_f64 *k = l2osr__kernels_f64_of(ctx);
    fill_points(a, lowest(_i), 3, (uint64_t)_i);
    for (size_t i = 0; i < N; i++) {
        d[i] = 2;
        da[i] = 0.5;
    }
    k->unary[_i](N, v, a);
    k->unary_adjoint[_i](N, da, a, v, d);
    for (size_t i = 0; i < N; i++)
        shifted[i] = a[i] + STEP;
    k->unary[_i](N, more, shifted);
    for (size_t i = 0; i < N; i++)
        shifted[i] = a[i] - STEP;
    k->unary[_i](N, less, shifted);
    for (size_t i = 0; i < N; i++)
        check_slope(unary_names[_i], a[i], (da[i] - 0.5) / 2, more[i], less[i]);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(binary_slopes) {
    const bool power = _i == L2OSR__BI_POWM || _i == L2OSR__BI_POWER;
    double a[N], b[N], v[N], d[N], slope[2][N], shifted[N], more[N], less[N];
    l2osr_context *ctx = level_context(L2OSR_ISA_AUTO);
    const l2osr__kernels_f64 *k = l2osr__kernels_f64_of(ctx);
    fill_points(a, _i == L2OSR__BI_POWER ? 0.05 : -3, 3, 100);
    fill_points(b, power ? -2 : 0.3, 3.3, 101);
    for (size_t i = 0; i < N; i++) {
        if (fabs(a[i] - b[i]) < 0.01) /* a kink of min, max, greater and clip */
            a[i] = b[i] + 0.01;
        if (fabs(a[i] + b[i]) < 0.01) /* the other one of clip */
            a[i] = 0.01 - b[i];
        d[i] = 1;
        slope[0][i] = slope[1][i] = 0;
    }
    k->binary[_i](N, v, a, b);
    k->binary_adjoint[_i](N, slope[0], slope[1], a, b, v, d);
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < N; i++)
            shifted[i] = (side ? b : a)[i] + STEP;
        k->binary[_i](N, more, side ? a : shifted, side ? shifted : b);
        for (size_t i = 0; i < N; i++)
            shifted[i] = (side ? b : a)[i] - STEP;
        k->binary[_i](N, less, side ? a : shifted, side ? shifted : b);
        for (size_t i = 0; i < N; i++)
            check_slope(binary_names[_i], a[i], slope[side][i] * (fabs(v[i]) < 1e3),
                        more[i] * (fabs(v[i]) < 1e3), less[i] * (fabs(v[i]) < 1e3));
    }
    l2osr_context_free(ctx);
}
END_TEST

/* A number for an operand is like a row of it; its adjoints are added up. */
START_TEST(slopes_by_numbers) {
    double a[N], row[N], v[N], d[N], by_vector[N], by_row[N], found[N], expected = 0, size = 0;
    l2osr_context *ctx = level_context(L2OSR_ISA_AUTO);
    const l2osr__kernels_f64 *k = l2osr__kernels_f64_of(ctx);
    const int kernel = _i / 2;
    const bool first = _i % 2;
    fill_points(a, kernel == L2OSR__BI_POWER ? 0.05 : -3, 3, 100);
    fill_points(d, -1, 1, 102);
    for (size_t i = 0; i < N; i++) {
        row[i] = 1.3;
        by_vector[i] = found[i] = 0.5;
        by_row[i] = 0;
    }
    k->binary[kernel](N, v, first ? row : a, first ? a : row);
    k->binary_adjoint[kernel](N, first ? by_row : by_vector, first ? by_vector : by_row,
                              first ? row : a, first ? a : row, v, d);
    const double sum = first ? k->binary_adjoint_sv[kernel](N, found, 1.3, a, v, d)
                             : k->binary_adjoint_vs[kernel](N, found, a, 1.3, v, d);
    const double alone = first ? k->binary_adjoint_sv[kernel](N, NULL, 1.3, a, v, d)
                               : k->binary_adjoint_vs[kernel](N, NULL, a, 1.3, v, d);
    for (size_t i = 0; i < N; i++) {
        ck_assert_double_eq_tol(found[i], by_vector[i], 1e-12 * (1 + fabs(by_vector[i])));
        expected += by_row[i];
        size += fabs(by_row[i]);
    }
    ck_assert_double_eq_tol(sum, expected, 1e-13 * size + 1e-300);
    ck_assert_double_eq(alone, sum);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(f32_slopes) {
    float a[N], v[N], d[N], da[N];
    double wide[N], wide_v[N], wide_d[N], wide_da[N];
    l2osr_context *ctx = level_context(L2OSR_ISA_AUTO);
    fill_points(wide, lowest(_i), 3, (uint64_t)_i);
    for (size_t i = 0; i < N; i++) {
        a[i] = (float)wide[i];
        wide[i] = (double)a[i];
        d[i] = 1;
        wide_d[i] = 1;
        da[i] = 0;
        wide_da[i] = 0;
    }
    l2osr__kernels_f32_of(ctx)->unary[_i](N, v, a);
    l2osr__kernels_f32_of(ctx)->unary_adjoint[_i](N, da, a, v, d);
    l2osr__kernels_f64_of(ctx)->unary[_i](N, wide_v, wide);
    l2osr__kernels_f64_of(ctx)->unary_adjoint[_i](N, wide_da, wide, wide_v, wide_d);
    for (size_t i = 0; i < N; i++)
        ck_assert_msg(fabs((double)da[i] - wide_da[i]) <= 2e-6 * (1 + fabs(wide_da[i])), "%s at %g",
                      unary_names[_i], wide[i]);
    l2osr_context_free(ctx);
}
END_TEST

/* At a kink or a pole with a finite value the slope counts as 0, so that a sum over coordinates
 * survives. */
START_TEST(corners) {
    static const int kinds[] = {L2OSR__UN_SQRT, L2OSR__UN_SQRTM, L2OSR__UN_ABS,
                                L2OSR__UN_SIGN, L2OSR__UN_RELU,  L2OSR__UN_LOGM};
    const double zero = 0, one = 1, huge = 1e200, below = -1, low = -INFINITY;
    l2osr_context *ctx = level_context(L2OSR_ISA_AUTO);
    const l2osr__kernels_f64 *k = l2osr__kernels_f64_of(ctx);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        double v, da = 0;
        k->unary[kinds[i]](1, &v, &zero);
        k->unary_adjoint[kinds[i]](1, &da, &zero, &v, &one);
        ck_assert_msg(da == 0, "%s", unary_names[kinds[i]]);
    }
    double da = 0, db = 0, v = 0;
    k->binary_adjoint[L2OSR__BI_POWM](1, &da, &db, &zero, &one, &v, &one);
    k->binary_adjoint[L2OSR__BI_POWER](1, &da, &db, &zero, &one, &v, &one);
    k->binary_adjoint[L2OSR__BI_CLIP](1, &da, &db, &zero, &zero, &v, &one);
    ck_assert(da == 0 && db == 0);
    k->unary_adjoint[L2OSR__UN_LOG1P](1, &da, &below, &low, &one);
    k->unary_adjoint[L2OSR__UN_SOFTSIGN](1, &da, &huge, &one, &one);
    k->unary_adjoint[L2OSR__UN_ATAN](1, &da, &huge, &one, &one);
    ck_assert(da == 0);
    k->binary_adjoint[L2OSR__BI_CLIP](1, &da, &db, &huge, &below, &one, &one);
    ck_assert(da == 0 && db == -1); /* the bound is |b| */
    k->unary_adjoint[L2OSR__UN_SINH](1, &da, &one, &huge, &one);
    ck_assert(da == huge);
    l2osr_context_free(ctx);
}
END_TEST

TCase *slope_tests(void) {
    TCase *tests = tcase_create("slopes");
    tcase_add_loop_test(tests, unary_slopes, 0, L2OSR__UNARY_COUNT);
    tcase_add_loop_test(tests, binary_slopes, 0, L2OSR__BINARY_COUNT);
    tcase_add_loop_test(tests, slopes_by_numbers, 0, 2 * L2OSR__BINARY_COUNT);
    tcase_add_loop_test(tests, f32_slopes, 0, L2OSR__UNARY_COUNT);
    tcase_add_test(tests, corners);
    return tests;
}
