/* SPDX-License-Identifier: MIT */
/* Rounding to bfloat16. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "tests.h"
#include "vec/bf16.h"

static float rounded(float x) {
    uint16_t half;
    float out;
    l2osr__bf16_from_f32(1, &half, &x);
    l2osr__bf16_to_f32(1, &out, &half);
    return out;
}

START_TEST(nearest_and_ties_to_even) {
    static const float pairs[][2] = {
        {0, 0},
        {1, 1},
        {1 + 0x1p-7F, 1 + 0x1p-7F}, /* the next number */
        {1 + 0x1p-8F, 1},           /* ties */
        {1 + 3 * 0x1p-8F, 1 + 0x1p-6F},
        {-1 - 0x1p-8F, -1},
        {1 + 0x1p-8F + 0x1p-23F, 1 + 0x1p-7F}, /* a little beside them */
        {1 + 3 * 0x1p-8F - 0x1p-23F, 1 + 0x1p-7F},
        {2 - 0x1p-23F, 2},          /* up to a power of two */
        {0x1.fep127F, 0x1.fep127F}, /* the largest */
        {0x1p-149F, 0},             /* subnormal */
        {0x1p-133F, 0x1p-133F},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        ck_assert_float_eq(rounded(pairs[i][0]), pairs[i][1]);
    ck_assert(signbit(rounded(-0.0F)));
    ck_assert(isinf(rounded(FLT_MAX)));
}
END_TEST

START_TEST(relative_errors_are_small) {
    static float x[MIXED_COUNT];
    fill_mixed_f32(x, 3);
    for (size_t i = 0; i < MIXED_COUNT; i++)
        if (fabsf(x[i]) >= FLT_MIN && fabsf(x[i]) < 3e38F)
            ck_assert_float_le(fabsf(rounded(x[i]) - x[i]), 0x1p-8F * fabsf(x[i]));
}
END_TEST

START_TEST(in_place) {
    enum { N = 1000 };
    static float x[N], out[N];
    static uint16_t apart[N];
    for (size_t i = 0; i < N; i++)
        x[i] = (float)i * 1.37F - 500;
    l2osr__bf16_from_f32(N, apart, x);
    l2osr__bf16_from_f32(N, (uint16_t *)(void *)x, x);
    ck_assert_mem_eq(x, apart, sizeof apart);
    l2osr__bf16_to_f32(N, out, apart);
    for (size_t i = 0; i < N; i++)
        ck_assert_float_eq(out[i], rounded((float)i * 1.37F - 500));
}
END_TEST

TCase *bf16_tests(void) {
    TCase *tests = tcase_create("bfloat16");
    tcase_add_test(tests, nearest_and_ties_to_even);
    tcase_add_test(tests, relative_errors_are_small);
    tcase_add_test(tests, in_place);
    return tests;
}
