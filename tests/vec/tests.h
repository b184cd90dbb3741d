/* SPDX-License-Identifier: MIT */
/** @file tests.h The test cases of the vec room, and what they share. */
#ifndef TESTS_VEC_TESTS_H
#define TESTS_VEC_TESTS_H

#include "support.h"
#include "vec/kernels.h"

TCase *accuracy_tests(void);
TCase *bf16_tests(void);
TCase *fused_tests(void);
TCase *level_tests(void);
TCase *panel_tests(void);
TCase *random_tests(void);
TCase *slope_tests(void);
TCase *special_tests(void);
TCase *sweep_tests(void);

/** Names of the kernels, for messages. */
extern const char *const unary_names[L2OSR__UNARY_COUNT];
extern const char *const binary_names[L2OSR__BINARY_COUNT];

/** A context for one instruction set, or NULL when this machine does not have it. */
l2osr_context *level_context(l2osr_isa isa);

/** Numbers of all sizes and kinds: zeros, units, tiny, huge, subnormal, infinite, NaN, and random
 * ones. */
enum { MIXED_COUNT = 4099 };
void fill_mixed_f32(float *out, uint64_t seed);
void fill_mixed_f64(double *out, uint64_t seed);

/* Bits of a NaN may differ; that it is one may not. */
#define SAME_BITS(T, n, a, b, what)                                                                \
    for (size_t same_i = 0; same_i < (n); same_i++)                                                \
    ck_assert_msg(memcmp(&(a)[same_i], &(b)[same_i], sizeof(T)) == 0 ||                            \
                      ((a)[same_i] != (a)[same_i] && (b)[same_i] != (b)[same_i]),                  \
                  "%s: entry %zu is %.17g and %.17g", what, same_i, (double)(a)[same_i],           \
                  (double)(b)[same_i])

#endif
