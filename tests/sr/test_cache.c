/* SPDX-License-Identifier: MIT */
/* Columns and products that are kept, and what happens when they are not. */
#include <math.h>
#include <stdlib.h>

#include "bench.h"

START_TEST(columns_used_lately_stay) {
    enum { WAYS = 4, COLUMN = 20 };
    l2osr_context *ctx = test_context();
    l2osr__cache cache;
    float *place[WAYS];
    bool found;
    ck_ok(l2osr__cache_init(&cache, ctx, 1, WAYS, COLUMN), ctx);
    for (uint64_t key = 1; key <= WAYS; key++) {
        place[key - 1] = l2osr__cache_get(&cache, key, &found);
        ck_assert(!found);
        for (int i = 0; i < COLUMN; i++)
            place[key - 1][i] = (float)key;
    }
    ck_assert_ptr_eq(l2osr__cache_get(&cache, 1, &found), place[0]);
    ck_assert(found);
    ck_assert_ptr_eq(l2osr__cache_get(&cache, 5, &found), place[1]); /* 2 was the oldest */
    ck_assert(!found);
    for (uint64_t key = 3; key <= WAYS; key++) {
        const float *column = l2osr__cache_get(&cache, key, &found);
        ck_assert(found);
        for (int i = 0; i < COLUMN; i++)
            ck_assert_float_eq(column[i], (float)key);
    }
    l2osr__cache_get(&cache, 2, &found);
    ck_assert(!found); /* it took the place of 1 */
    l2osr__cache_forget(&cache, 2);
    l2osr__cache_get(&cache, 2, &found);
    ck_assert(!found);
    l2osr__cache_get(&cache, 5, &found);
    ck_assert(found);
    l2osr__cache_clear(&cache);
    l2osr__cache_clear(&cache);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(what_is_found_is_what_was_kept) {
    enum { KEYS = 500, COLUMN = 3 };
    l2osr_context *ctx = test_context();
    l2osr__cache cache;
    l2osr__rng rng;
    int hits = 0, misses = 0;
    ck_ok(l2osr__cache_init(&cache, ctx, 16, 8, COLUMN), ctx);
    l2osr__rng_init(&rng, 31, 0);
    for (int i = 0; i < 20000; i++) {
        const uint64_t key = 1 + l2osr__rng_below(&rng, KEYS);
        bool found;
        float *column = l2osr__cache_get(&cache, key, &found);
        if (!found)
            column[0] = column[1] = column[2] = (float)key;
        for (int k = 0; k < COLUMN; k++)
            ck_assert_float_eq(column[k], (float)key);
        found ? hits++ : misses++;
    }
    ck_assert_int_gt(hits, 1000);
    ck_assert_int_gt(misses, KEYS);
    l2osr__cache_clear(&cache);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(pairs_have_no_order) {
    l2osr_context *ctx = test_context();
    l2osr__pairs pairs;
    l2osr__rng rng;
    bool found;
    int hits = 0, misses = 0;
    ck_ok(l2osr__pairs_init(&pairs, ctx), ctx);
    *l2osr__pairs_get(&pairs, 7, 1000, &found) = 5;
    ck_assert(!found);
    ck_assert_double_eq(*l2osr__pairs_get(&pairs, 1000, 7, &found), 5);
    ck_assert(found);
    l2osr__rng_init(&rng, 32, 0);
    for (int i = 0; i < 200000; i++) {
        const uint64_t a = 2 + l2osr__rng_below(&rng, 300), b = 2 + l2osr__rng_below(&rng, 300);
        const double value = a < b ? (double)(a * 1000 + b) : (double)(b * 1000 + a);
        double *place = l2osr__pairs_get(&pairs, a, b, &found);
        if (found)
            ck_assert_double_eq(*place, value);
        *place = value;
        found ? hits++ : misses++;
    }
    ck_assert_int_gt(hits, 1000);
    ck_assert_int_gt(misses, 45150); /* the number of pairs: some were evicted */
    l2osr__pairs_clear(&pairs);
    l2osr_context_free(ctx);
}
END_TEST

/* What is scored first must not show in what comes later, nor what had to give way. */
static void score_again(struct bench *b, int keep, int between, int32_t size) {
    l2osr__tree *trees = calloc((size_t)keep, sizeof *trees);
    double *errors = calloc((size_t)keep, sizeof *errors);
    l2osr__scorer fresh;
    l2osr__rng rng;
    l2osr__rng_init(&rng, 33, 0);
    for (int i = 0; i < keep; i++) {
        l2osr__tree scored;
        bench_random(b, &rng, size, &trees[i]);
        scored = trees[i];
        errors[i] = l2osr__score(&b->scorer, &scored, INFINITY);
    }
    for (int i = 0; i < between; i++) {
        l2osr__tree other;
        bench_random(b, &rng, size, &other);
        l2osr__score(&b->scorer, &other, INFINITY);
    }
    for (int i = 0; i < keep; i++) {
        l2osr__tree again = trees[i], anew = trees[i];
        const double error = l2osr__score(&b->scorer, &again, INFINITY);
        ck_assert_mem_eq(&error, &errors[i], sizeof error);
        if (i % 10 > 0)
            continue;
        ck_ok(l2osr__scorer_init(&fresh, b->ctx, &b->table, &b->grammar), b->ctx);
        const double alone = l2osr__score(&fresh, &anew, INFINITY);
        ck_assert_mem_eq(&alone, &errors[i], sizeof alone);
        ck_assert_uint_eq(l2osr__tree_hash(&anew), l2osr__tree_hash(&again));
        l2osr__scorer_clear(&fresh);
    }
    free(trees);
    free(errors);
}

START_TEST(scores_do_not_depend_on_the_past) {
    struct bench b;
    bench_open(&b, NULL);
    score_again(&b, 200, 3000, 25);
    bench_close(&b);
}
END_TEST

/* Random decays, far more than there is room for. */
START_TEST(scores_with_memories_do_not_depend_on_the_past) {
    enum { DECAYS = 300 };
    static double many[DECAYS];
    l2osr_context *ctx = test_context();
    struct bench b;
    for (int i = 0; i < DECAYS; i++)
        many[i] = (i + 0.5) / DECAYS;
    bench_open_over(&b, ctx, make_series(ctx), "+ * tanh square ema dsum wsum", 3);
    b.grammar.decays = many;
    b.grammar.n_decays = DECAYS;
    score_again(&b, 150, 1000, 20);
    bench_close(&b);
}
END_TEST

TCase *cache_tests(void) {
    TCase *tests = tcase_create("caches");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, columns_used_lately_stay);
    tcase_add_test(tests, what_is_found_is_what_was_kept);
    tcase_add_test(tests, pairs_have_no_order);
    tcase_add_test(tests, scores_do_not_depend_on_the_past);
    tcase_add_test(tests, scores_with_memories_do_not_depend_on_the_past);
    return tests;
}
