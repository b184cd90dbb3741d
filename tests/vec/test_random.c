/* SPDX-License-Identifier: MIT */
#include "tests.h"

#include <math.h>
#include <string.h>

#include "vec/random.h"

enum { N = 200000 };
static double a[N], b[N];

START_TEST(normal_moments) {
    double sum[5] = {0};
    l2osr_random_normal(7, 3, 2, 0.5, a, N);
    for (size_t i = 0; i < N; i++)
        for (int k = 1; k <= 4; k++)
            sum[k] += pow((a[i] - 2) / 0.5, k) / N;
    ck_assert_double_le(fabs(sum[1]), 0.01);
    ck_assert_double_le(fabs(sum[2] - 1), 0.02);
    ck_assert_double_le(fabs(sum[3]), 0.04);
    ck_assert_double_le(fabs(sum[4] - 3), 0.1);
}
END_TEST

/* Blocks of normals: moments, tails, and no relation between the halves that share a radius. */
START_TEST(blocks_of_normals_are_normal) {
    enum { BLOCK = L2OSR__NORMALS_MAX, HALF = BLOCK / 2, BLOCKS = 400, COUNT = BLOCK * BLOCKS };
    l2osr_context *ctx = test_context();
    l2osr__rng rng;
    double sum[5] = {0}, pairs = 0, squares = 0;
    size_t beyond = 0;
    l2osr__rng_init(&rng, 7, 3);
    for (size_t k = 0; k < BLOCKS; k++) {
        l2osr__rng_normals(&rng, ctx, BLOCK, a);
        for (size_t i = 0; i < BLOCK; i++) {
            for (int m = 1; m <= 4; m++)
                sum[m] += pow(a[i], m) / COUNT;
            beyond += fabs(a[i]) > 2;
        }
        for (size_t i = 0; i < HALF; i++) {
            pairs += a[i] * a[HALF + i] / (HALF * BLOCKS);
            squares += a[i] * a[i] * a[HALF + i] * a[HALF + i] / (HALF * BLOCKS);
        }
    }
    ck_assert_double_le(fabs(sum[1]), 0.01);
    ck_assert_double_le(fabs(sum[2] - 1), 0.02);
    ck_assert_double_le(fabs(sum[3]), 0.04);
    ck_assert_double_le(fabs(sum[4] - 3), 0.1);
    ck_assert_double_le(fabs(pairs), 0.015);
    ck_assert_double_le(fabs(squares - 1), 0.05);
    ck_assert_double_le(fabs((double)beyond / COUNT - 0.0455), 0.003);
    l2osr_context_free(ctx);
}
END_TEST

/* Of any length, with the same bits on all instruction sets, and nothing written behind the end. */
START_TEST(blocks_of_normals_have_any_length) {
    static const size_t lengths[] = {1, 2, 3, 7, 255, L2OSR__NORMALS_MAX - 1, L2OSR__NORMALS_MAX};
    l2osr_context *baseline = level_context(L2OSR_ISA_BASELINE);
    l2osr__rng rng;
    for (int isa = L2OSR_ISA_BASELINE; isa <= L2OSR_ISA_AVX512; isa++) {
        l2osr_context *ctx = level_context((l2osr_isa)isa);
        for (size_t k = 0; ctx && k < sizeof lengths / sizeof *lengths; k++) {
            const size_t n = lengths[k];
            a[n] = b[n] = 99;
            l2osr__rng_init(&rng, 7, k);
            l2osr__rng_normals(&rng, baseline, n, a);
            l2osr__rng_init(&rng, 7, k);
            l2osr__rng_normals(&rng, ctx, n, b);
            ck_assert_mem_eq(a, b, (n + 1) * sizeof *a);
            ck_assert_double_eq(a[n], 99);
            ck_assert(a[n - 1] != 0 && fabs(a[n - 1]) < 6.8);
        }
        l2osr_context_free(ctx);
    }
    l2osr_context_free(baseline);
}
END_TEST

START_TEST(uniform_moments) {
    double mean = 0, square = 0;
    l2osr_random_uniform(7, 3, -1, 3, a, N);
    for (size_t i = 0; i < N; i++) {
        ck_assert(a[i] >= -1 && a[i] < 3);
        mean += a[i] / N;
        square += (a[i] - 1) * (a[i] - 1) / N;
    }
    ck_assert_double_le(fabs(mean - 1), 0.02);
    ck_assert_double_le(fabs(square - 16.0 / 12), 0.02);
}
END_TEST

START_TEST(pure_functions) {
    l2osr_random_normal(7, 3, 0, 1, a, 1000);
    l2osr_random_normal(7, 3, 0, 1, b, 500);
    ck_assert_mem_eq(a, b, 500 * sizeof *a);
    l2osr_random_normal(7, 4, 0, 1, b, 1000);
    ck_assert_mem_ne(a, b, sizeof *a);
    l2osr_random_normal(8, 3, 0, 1, b, 1000);
    ck_assert_mem_ne(a, b, sizeof *a);
}
END_TEST

/* Files and papers hold results of these numbers: they stay as they are. */
START_TEST(numbers_stay) {
    l2osr_random_uniform(1, 2, 0, 1, a, 2);
    l2osr_random_normal(1, 2, 0, 1, b, 2);
    ck_assert_msg(a[0] == 0x1.19db8ba7ce68p-1 && a[1] == 0x1.415fbba7e0e2p-5, "%a %a", a[0], a[1]);
    ck_assert_msg(b[0] == 0x1.eb44fbe8f564p-5 && b[1] == -0x1.1b71fcf3cc19cp+1, "%a %a", b[0],
                  b[1]);
}
END_TEST

TCase *random_tests(void) {
    TCase *tests = tcase_create("random");
    tcase_add_test(tests, normal_moments);
    tcase_add_test(tests, blocks_of_normals_are_normal);
    tcase_add_test(tests, blocks_of_normals_have_any_length);
    tcase_add_test(tests, uniform_moments);
    tcase_add_test(tests, pure_functions);
    tcase_add_test(tests, numbers_stay);
    return tests;
}
