/* SPDX-License-Identifier: MIT */
/* Kernels that take numbers, and those of several operations, have the bits of what they stand for,
 * at every instruction set. */
#include "tests.h"

#include <math.h>
#include <string.h>

static const char *const fused_names[] = {"ema",        "ema_square", "decayed_max",
                                          "muladd",     "affine",     "add_scaled",
                                          "quotient",   "add_quotient", "root"};
enum { FUSED = sizeof fused_names / sizeof fused_names[0] };

#define T       float
#define F(name) name##_f32
#define SQRT    sqrtf
#include "fused.inc"
#undef T
#undef F
#undef SQRT

#define T       double
#define F(name) name##_f64
#define SQRT    sqrt
#include "fused.inc"

START_TEST(numbers) {
    l2osr_context *ctx = level_context((l2osr_isa)_i);
    if (!ctx)
        return;
    check_numbers_f32(l2osr__kernels_f32_of(ctx));
    check_numbers_f64(l2osr__kernels_f64_of(ctx));
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(fused) {
    l2osr_context *ctx = level_context((l2osr_isa)_i);
    if (!ctx)
        return;
    check_fused_f32(l2osr__kernels_f32_of(ctx));
    check_fused_f64(l2osr__kernels_f64_of(ctx));
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(sums) {
    l2osr_context *ctx = level_context((l2osr_isa)_i), *base = level_context(L2OSR_ISA_BASELINE);
    if (ctx) {
        check_sums_f32(l2osr__kernels_f32_of(ctx), l2osr__kernels_f32_of(base));
        check_sums_f64(l2osr__kernels_f64_of(ctx), l2osr__kernels_f64_of(base));
    }
    l2osr_context_free(ctx);
    l2osr_context_free(base);
}
END_TEST

TCase *fused_tests(void) {
    TCase *tests = tcase_create("fused");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, numbers, L2OSR_ISA_BASELINE, L2OSR_ISA_AVX512 + 1);
    tcase_add_loop_test(tests, fused, L2OSR_ISA_BASELINE, L2OSR_ISA_AVX512 + 1);
    tcase_add_loop_test(tests, sums, L2OSR_ISA_BASELINE, L2OSR_ISA_AVX512 + 1);
    return tests;
}
