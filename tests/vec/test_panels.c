/* SPDX-License-Identifier: MIT */
/* The small matrix products of the models against plain loops, at every instruction set. */
#include "tests.h"

#include <math.h>
#include <string.h>

enum { MOST = 9, STRIDE = MOST + 2, STEPS = 3, PANEL = MOST * L2OSR__LANES };

#define kernels_of_f32 l2osr__kernels_f32_of
#define kernels_of_f64 l2osr__kernels_f64_of

#define T       float
#define F(name) name##_f32
#include "panels.inc"
#undef T
#undef F

#define T       double
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

TCase *panel_tests(void) {
    TCase *tests = tcase_create("panels");
    tcase_add_loop_test(tests, products, L2OSR_ISA_BASELINE, L2OSR_ISA_AVX512 + 1);
    return tests;
}
