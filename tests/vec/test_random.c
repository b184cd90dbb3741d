/* SPDX-License-Identifier: MIT */
#include "tests.h"

#include <math.h>
#include <string.h>

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
    tcase_add_test(tests, uniform_moments);
    tcase_add_test(tests, pure_functions);
    tcase_add_test(tests, numbers_stay);
    return tests;
}
