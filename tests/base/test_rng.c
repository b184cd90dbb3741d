/* SPDX-License-Identifier: MIT */
#include "tests.h"

#include <math.h>

#include "base/rng.h"

/* From kat_vectors of Random123, the authors' own implementation. */
static const struct {
    uint32_t counter[4], key[2], expected[4];
} known[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

START_TEST(philox_gives_the_published_numbers) {
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint32_t out[4];
        l2osr__philox4x32(known[i].counter, known[i].key, out);
        ck_assert_mem_eq(out, known[i].expected, sizeof out);
    }
}
END_TEST

START_TEST(streams_are_pinned_and_differ) {
    l2osr__rng first, again, other_stream, other_seed;
    int same_stream = 0, same_seed = 0;
    l2osr__rng_init(&first, 0, 0);
    for (int i = 0; i < 4; i++)
        ck_assert_uint_eq(l2osr__rng_u32(&first), known[0].expected[i]);
    l2osr__rng_init(&first, 1, 2);
    l2osr__rng_init(&again, 1, 2);
    l2osr__rng_init(&other_stream, 1, 3);
    l2osr__rng_init(&other_seed, 2, 2);
    for (int i = 0; i < 1000; i++) {
        uint32_t value = l2osr__rng_u32(&first);
        ck_assert_uint_eq(value, l2osr__rng_u32(&again));
        same_stream += value == l2osr__rng_u32(&other_stream);
        same_seed += value == l2osr__rng_u32(&other_seed);
    }
    ck_assert_int_eq(same_stream + same_seed, 0);
}
END_TEST

START_TEST(a_copy_goes_on_from_the_same_place) {
    l2osr__rng rng, copy;
    l2osr__rng_init(&rng, 5, 6);
    for (int i = 0; i < 7; i++)
        l2osr__rng_u32(&rng);
    copy = rng;
    for (int i = 0; i < 20; i++)
        ck_assert_uint_eq(l2osr__rng_u64(&rng), l2osr__rng_u64(&copy));
}
END_TEST

START_TEST(the_counter_carries) {
    l2osr__rng rng;
    const uint32_t carried[4] = {0, 1, 0, 0}, key[2] = {0, 0};
    uint32_t expected[4];
    l2osr__rng_init(&rng, 0, 0);
    rng.counter[0] = UINT32_MAX;
    for (int i = 0; i < 4; i++)
        l2osr__rng_u32(&rng);
    l2osr__philox4x32(carried, key, expected);
    ck_assert_uint_eq(l2osr__rng_u32(&rng), expected[0]);
}
END_TEST

START_TEST(uniform_numbers_have_the_right_moments) {
    enum { N = 200000 };
    double sum = 0, squares = 0;
    l2osr__rng rng;
    l2osr__rng_init(&rng, 7, 0);
    for (int i = 0; i < N; i++) {
        double u = l2osr__rng_uniform(&rng);
        ck_assert(u >= 0 && u < 1);
        sum += u;
        squares += u * u;
    }
    /* Five standard errors. */
    ck_assert_double_eq_tol(sum / N, 0.5, 5 * sqrt(1.0 / 12 / N));
    ck_assert_double_eq_tol(squares / N, 1.0 / 3, 5 * sqrt(4.0 / 45 / N));
}
END_TEST

/* Pearson's statistic of 100,000 draws; the bound is that of one false alarm in a million. */
static void expect_even(uint32_t n, double bound) {
    enum { DRAWS = 100000, MOST = 10 };
    double expected = (double)DRAWS / n, statistic = 0;
    int count[MOST] = {0};
    l2osr__rng rng;
    l2osr__rng_init(&rng, 8, n);
    for (int i = 0; i < DRAWS; i++) {
        uint32_t value = l2osr__rng_below(&rng, n);
        ck_assert_uint_lt(value, n);
        count[value]++;
    }
    for (uint32_t i = 0; i < n; i++)
        statistic += (count[i] - expected) * (count[i] - expected) / expected;
    ck_assert_double_lt(statistic, bound);
}

START_TEST(below_is_even) {
    expect_even(2, 24);
    expect_even(3, 28);
    expect_even(7, 39);
    expect_even(10, 46);
}
END_TEST

/* With n = 3 * 2^30 a plain product would draw a third of the results twice as often. */
START_TEST(below_is_even_for_large_numbers) {
    enum { DRAWS = 60000 };
    const uint32_t n = 3u << 30;
    int third[3] = {0};
    l2osr__rng rng;
    l2osr__rng_init(&rng, 9, 0);
    for (int i = 0; i < DRAWS; i++)
        third[l2osr__rng_below(&rng, n) % 3]++;
    for (int i = 0; i < 3; i++)
        ck_assert_int_lt(third[i] > DRAWS / 3 ? third[i] - DRAWS / 3 : DRAWS / 3 - third[i], 600);
    ck_assert_uint_eq(l2osr__rng_below(&rng, 1), 0);
}
END_TEST

START_TEST(split_seeds_differ) {
    uint64_t seeds[2000];
    int same = 0;
    for (uint64_t id = 0; id < 1000; id++) {
        seeds[2 * id] = l2osr__seed_split(1, id);
        seeds[2 * id + 1] = l2osr__seed_split(2, id);
        ck_assert_uint_eq(seeds[2 * id], l2osr__seed_split(1, id));
    }
    for (int i = 0; i < 2000; i++)
        for (int k = 0; k < i; k++)
            same += seeds[i] == seeds[k];
    ck_assert_int_eq(same, 0);
}
END_TEST

START_TEST(public_numbers_are_pure_functions) {
    double first[100], again[100];
    l2osr_random_uniform(3, 4, -2, 5, first, 100);
    l2osr_random_uniform(3, 4, -2, 5, again, 50);
    ck_assert_mem_eq(first, again, 50 * sizeof *first);
    for (int i = 0; i < 100; i++)
        ck_assert(first[i] >= -2 && first[i] < 5);
    l2osr_random_normal(3, 4, 10, 0, first, 100);
    for (int i = 0; i < 100; i++)
        ck_assert(first[i] == 10);
}
END_TEST

TCase *rng_tests(void) {
    TCase *tcase = tcase_create("rng");
    tcase_add_test(tcase, philox_gives_the_published_numbers);
    tcase_add_test(tcase, streams_are_pinned_and_differ);
    tcase_add_test(tcase, a_copy_goes_on_from_the_same_place);
    tcase_add_test(tcase, the_counter_carries);
    tcase_add_test(tcase, uniform_numbers_have_the_right_moments);
    tcase_add_test(tcase, below_is_even);
    tcase_add_test(tcase, below_is_even_for_large_numbers);
    tcase_add_test(tcase, split_seeds_differ);
    tcase_add_test(tcase, public_numbers_are_pure_functions);
    return tcase;
}
