/* SPDX-License-Identifier: MIT */
/* Every instruction set gives the same bits, in every kernel, wherever an array is cut and where
 * the output lies. */
#include "tests.h"

#include <string.h>

#define T       float
#define F(name) name##_f32
#include "levels.inc"
#undef T
#undef F

#define T       double
#define F(name) name##_f64
#include "levels.inc"

START_TEST(levels_agree) {
    l2osr_context *baseline = level_context(L2OSR_ISA_BASELINE);
    for (int isa = L2OSR_ISA_AVX2; isa <= L2OSR_ISA_AVX512; isa++) {
        l2osr_context *ctx = level_context((l2osr_isa)isa);
        if (!ctx)
            continue;
        compare_f32(l2osr__kernels_f32_of(baseline), l2osr__kernels_f32_of(ctx));
        compare_f64(l2osr__kernels_f64_of(baseline), l2osr__kernels_f64_of(ctx));
        l2osr_context_free(ctx);
    }
    l2osr_context_free(baseline);
}
END_TEST

START_TEST(cuts_do_not_matter) {
    l2osr_context *ctx = level_context(L2OSR_ISA_AUTO);
    cut_f32(l2osr__kernels_f32_of(ctx));
    cut_f64(l2osr__kernels_f64_of(ctx));
    l2osr_context_free(ctx);
}
END_TEST

/* A block with a large argument goes another way, to the same bits. */
START_TEST(angles_have_no_neighbours) {
    static double a[MIXED_COUNT], u[MIXED_COUNT], v[MIXED_COUNT];
    static float b[MIXED_COUNT], x[MIXED_COUNT], y[MIXED_COUNT];
    l2osr_random_uniform(11, 0, -100000, 100000, a, MIXED_COUNT);
    for (size_t i = 0; i < MIXED_COUNT; i++)
        b[i] = (float)a[i];
    for (int isa = L2OSR_ISA_BASELINE; isa <= L2OSR_ISA_AVX512; isa++)
        for (int f = L2OSR__UN_SIN; f <= L2OSR__UN_COS; f++) {
            l2osr_context *ctx = level_context((l2osr_isa)isa);
            if (!ctx)
                continue;
            l2osr__kernels_f64_of(ctx)->unary[f](MIXED_COUNT, u, a);
            l2osr__kernels_f32_of(ctx)->unary[f](MIXED_COUNT, x, b);
            for (size_t i = 0; i < MIXED_COUNT; i += 100) {
                v[0] = a[i];
                y[0] = b[i];
                v[1] = 1e20;
                y[1] = 1e20f;
                l2osr__kernels_f64_of(ctx)->unary[f](2, v, v);
                l2osr__kernels_f32_of(ctx)->unary[f](2, y, y);
                ck_assert(v[0] == u[i] && y[0] == x[i]);
            }
            l2osr_context_free(ctx);
        }
}
END_TEST

TCase *level_tests(void) {
    TCase *tests = tcase_create("levels");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, levels_agree);
    tcase_add_test(tests, cuts_do_not_matter);
    tcase_add_test(tests, angles_have_no_neighbours);
    return tests;
}
