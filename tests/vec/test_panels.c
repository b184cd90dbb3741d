/* SPDX-License-Identifier: MIT */
/* The small matrix products of the models against plain loops, at every instruction set. */
#include "tests.h"

#include <math.h>
#include <string.h>

enum { MOST = 14, STRIDE = MOST + 2, STEPS = 3, PANEL = MOST * L2OSR__LANES };

#define kernels_of_f32 l2osr__kernels_f32_of
#define kernels_of_f64 l2osr__kernels_f64_of

#define T       float
#define FMA     fmaf
#define F(name) name##_f32
#include "panels.inc"
#undef T
#undef F
#undef FMA

#define T       double
#define FMA     fma
#define F(name) name##_f64
#include "panels.inc"

START_TEST(products) {
    l2osr_context *ctx = level_context((l2osr_isa)_i);
    for (size_t rows = 1; ctx && rows <= MOST; rows++)
        for (size_t depth = 1; depth <= MOST; depth++) {
            check_f32(l2osr__kernels_f32_of(ctx), rows, depth, 1e-5);
            check_f64(l2osr__kernels_f64_of(ctx), rows, depth, 1e-13);
        }
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(cells) {
    static const double scales[] = {0.01, 1, 30, 1e6};
    l2osr_context *ctx = level_context((l2osr_isa)_i);
    for (size_t s = 0; ctx && s < sizeof scales / sizeof scales[0]; s++) {
        check_cell_f32(l2osr__kernels_f32_of(ctx), scales[s], 4e-7);
        check_cell_f64(l2osr__kernels_f64_of(ctx), scales[s], 1e-15);
    }
    if (ctx) {
        check_nan_f32(l2osr__kernels_f32_of(ctx));
        check_nan_f64(l2osr__kernels_f64_of(ctx));
    }
    l2osr_context_free(ctx);
}
END_TEST

TCase *panel_tests(void) {
    TCase *tests = tcase_create("panels");
    tcase_add_loop_test(tests, products, L2OSR_ISA_BASELINE, L2OSR_ISA_AVX512 + 1);
    tcase_add_loop_test(tests, cells, L2OSR_ISA_BASELINE, L2OSR_ISA_AVX512 + 1);
    return tests;
}
