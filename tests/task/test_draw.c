/* SPDX-License-Identifier: MIT */
#include "tests.h"

#include <stdlib.h>
#include <string.h>

/* Draws one pass in order and checks that it covers every item once; `order` receives the items. */
static void draw_pass(uint64_t seed, uint64_t pass, size_t items, size_t batch, size_t *order) {
    size_t batches = (items - 1) / batch + 1, n = 0;
    char *seen = calloc(items, 1);
    for (size_t k = 0; k < batches; k++) {
        l2osr_draw draw = {seed, pass * batches + k};
        size_t count = l2osr_draw_items(&draw, items, batch, order + n);
        size_t wanted = k + 1 < batches ? batch : items - batch * (batches - 1);
        ck_assert_uint_eq(count, wanted);
        n += count;
    }
    ck_assert_uint_eq(n, items);
    for (size_t i = 0; i < items; i++) {
        ck_assert(order[i] < items && !seen[order[i]]);
        seen[order[i]] = 1;
    }
    free(seen);
}

START_TEST(every_item_comes_once_a_pass) {
    static const size_t sizes[][2] = {{1, 1},    {1, 8},    {2, 1},      {10, 3},
                                      {10, 5},   {10, 10},  {10, 100},   {255, 16},
                                      {256, 16}, {257, 16}, {30000, 128}};
    size_t order[30000];
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (uint64_t pass = 0; pass < 3; pass++)
            draw_pass(7, pass, sizes[i][0], sizes[i][1] < sizes[i][0] ? sizes[i][1] : sizes[i][0],
                      order);
}
END_TEST

START_TEST(passes_and_streams_differ) {
    size_t first[1000], second[1000], other[1000], fixed[2] = {0};
    draw_pass(7, 0, 1000, 64, first);
    draw_pass(7, 1, 1000, 64, second);
    draw_pass(8, 0, 1000, 64, other);
    for (size_t i = 0; i < 1000; i++) {
        fixed[0] += first[i] == second[i];
        fixed[1] += first[i] == other[i];
    }
    ck_assert_uint_lt(fixed[0], 10); /* one is expected of a random permutation */
    ck_assert_uint_lt(fixed[1], 10);
}
END_TEST

START_TEST(any_batch_can_be_asked_for_first) {
    size_t forward[10][3], again[3];
    for (uint64_t k = 0; k < 10; k++) {
        l2osr_draw draw = {9, k};
        l2osr_draw_items(&draw, 10, 3, forward[k]);
    }
    for (uint64_t k = 10; k-- > 0;) {
        l2osr_draw draw = {9, k};
        size_t n = l2osr_draw_items(&draw, 10, 3, again);
        ck_assert_mem_eq(again, forward[k], n * sizeof *again);
    }
}
END_TEST

START_TEST(odd_arguments_are_harmless) {
    l2osr_draw draw = {UINT64_MAX, UINT64_MAX};
    size_t item;
    ck_assert_uint_eq(l2osr_draw_items(&draw, 0, 5, &item), 0);
    ck_assert_uint_eq(l2osr_draw_items(&draw, 5, 0, &item), 0);
    ck_assert_uint_eq(l2osr_draw_items(&draw, SIZE_MAX, 1, &item), 1);
    ck_assert_uint_lt(item, SIZE_MAX);
}
END_TEST

TCase *draw_tests(void) {
    TCase *tcase = tcase_create("draw");
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, every_item_comes_once_a_pass);
    tcase_add_test(tcase, passes_and_streams_differ);
    tcase_add_test(tcase, any_batch_can_be_asked_for_first);
    tcase_add_test(tcase, odd_arguments_are_harmless);
    return tcase;
}
