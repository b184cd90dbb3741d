/* SPDX-License-Identifier: MIT */
/* Every instruction set gives the same bits, in every kernel, wherever an array is cut and where
 * the output lies. */
#include "tests.h"

#include <string.h>

/* Bits of a NaN may differ; that it is one may not. */
#define SAME_BITS(T, n, a, b, what)                                                                \
    for (size_t same_i = 0; same_i < (n); same_i++)                                                \
    ck_assert_msg(memcmp(&(a)[same_i], &(b)[same_i], sizeof(T)) == 0 ||                            \
                      ((a)[same_i] != (a)[same_i] && (b)[same_i] != (b)[same_i]),                  \
                  "%s: entry %zu is %.17g and %.17g", what, same_i, (double)(a)[same_i],           \
                  (double)(b)[same_i])

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

TCase *level_tests(void) {
    TCase *tests = tcase_create("levels");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, levels_agree);
    tcase_add_test(tests, cuts_do_not_matter);
    return tests;
}
