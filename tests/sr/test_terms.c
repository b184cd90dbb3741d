/* SPDX-License-Identifier: MIT */
/* Formulas as sums of terms. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "bench.h"

static const char *const grammars[] = {
    NULL,
    "+ *",
    "+ - * / neg",
    "+ * tanh exp",
    "+ - * / neg square abs min max greater ^",
    "+ * / pow sqrtm logm sigmoid",
    "+ * / neg sinh tanh sign abs sqrtm cube",
};
enum { GRAMMARS = sizeof grammars / sizeof grammars[0], TREES = 600 };

/* The sum of terms at some inputs, and of their sizes. */
static double sum_of(const l2osr__terms *terms, const double *x, double *size) {
    double sum = terms->offset;
    *size = fabs(terms->offset);
    for (int32_t k = 0; k < terms->count; k++) {
        l2osr__tree term;
        l2osr__terms_get(terms, k, &term);
        check_whole(&term);
        if (terms->weight[k] == 0)
            continue;
        const double part = terms->weight[k] * bench_value(&term, x);
        sum += part;
        *size += fabs(part);
    }
    return sum;
}

/* How far the value of a tree moves when each of its constants moves by some units in the last
 * place of single precision, to which terms round them. */
static double rounding_of(const l2osr__tree *tree, const double *x) {
    const double value = bench_value(tree, x), shift = 4 * (double)FLT_EPSILON;
    double sum = 0;
    l2osr__tree moved = *tree;
    for (int32_t i = 0; i < tree->count; i++) {
        if (tree->nodes[i].op != L2OSR__OP_CONST)
            continue;
        moved.nodes[i].value = tree->nodes[i].value * (1 + shift);
        sum += fabs(bench_value(&moved, x) - value);
        moved.nodes[i].value = tree->nodes[i].value;
    }
    return sum;
}

static int compare_values(const l2osr__tree *tree, const l2osr__terms *terms,
                          const l2osr__tree *joined, l2osr__rng *rng) {
    int compared = 0;
    for (int i = 0; i < 5; i++) {
        const double x[] = {4 * l2osr__rng_uniform(rng) - 2, 4 * l2osr__rng_uniform(rng) - 2,
                            4 * l2osr__rng_uniform(rng) - 2};
        double size;
        const double before = bench_value(tree, x), sum = sum_of(terms, x, &size);
        const double rounding = rounding_of(tree, x) + 1e-6 * size + 1e-12;
        if (!isfinite(before) || !isfinite(size) || !(rounding < 1e-2 * (size + 1e-6)))
            continue; /* or where rounding is all there is */
        ck_assert_double_eq_tol(sum, before, rounding);
        ck_assert_double_eq_tol(bench_value(joined, x), before, 2 * rounding);
        compared++;
    }
    return compared;
}

START_TEST(splitting_and_joining_keep_values) {
    struct bench b;
    l2osr__rng rng;
    int compared = 0;
    bench_open(&b, grammars[_i]);
    l2osr__rng_init(&rng, 11, (uint64_t)_i);
    for (int i = 0; i < TREES; i++) {
        l2osr__tree tree, joined;
        l2osr__terms terms;
        bench_random(&b, &rng, 1 + i % 40, &tree);
        if (i % 2)
            l2osr__tree_simplify(&tree, &b.grammar);
        ck_assert(l2osr__terms_split(&terms, &tree, &b.grammar));
        if (!l2osr__terms_join(&terms, &joined))
            continue;
        check_whole(&joined);
        compared += compare_values(&tree, &terms, &joined, &rng);
    }
    ck_assert_int_gt(compared, 3 * TREES);
    bench_close(&b);
}
END_TEST

/* Drops what has weight 0, which a sum is written without. */
static void drop_zeros(l2osr__terms *terms) {
    for (int32_t k = terms->count; k-- > 0;)
        if (terms->weight[k] == 0)
            l2osr__terms_drop(terms, k);
}

START_TEST(splitting_twice_gives_the_same_terms) {
    struct bench b;
    l2osr__rng rng;
    int terms_seen = 0;
    bench_open(&b, grammars[_i]);
    l2osr__rng_init(&rng, 12, (uint64_t)_i);
    for (int i = 0; i < TREES; i++) {
        l2osr__tree tree, joined;
        l2osr__terms once, twice;
        bench_random(&b, &rng, 1 + i % 40, &tree);
        l2osr__tree_simplify(&tree, &b.grammar);
        ck_assert(l2osr__terms_split(&once, &tree, &b.grammar));
        drop_zeros(&once);
        if (!l2osr__terms_join(&once, &joined))
            continue;
        ck_assert(l2osr__terms_split(&twice, &joined, &b.grammar));
        ck_assert_int_eq(once.count, twice.count);
        for (int32_t k = 0; k < once.count; k++) {
            ck_assert_uint_eq(once.hash[k], twice.hash[k]);
            if (!isfinite(once.weight[k]))
                continue;
            ck_assert_double_eq_tol(once.weight[k], twice.weight[k], 1.1e-6 * fabs(once.weight[k]));
        }
        terms_seen += once.count;
    }
    ck_assert_int_gt(terms_seen, TREES);
    bench_close(&b);
}
END_TEST

/* The only term of a formula. */
static uint64_t only_hash(struct bench *b, const char *text, double *weight) {
    l2osr__tree tree;
    l2osr__terms terms;
    bench_parse(b, text, &tree);
    l2osr__tree_simplify(&tree, &b->grammar);
    ck_assert(l2osr__terms_split(&terms, &tree, &b->grammar));
    ck_assert_int_eq(terms.count, 1);
    *weight = terms.weight[0];
    return terms.hash[0];
}

START_TEST(factors_do_not_tell_terms_apart) {
    static const struct {
        const char *a, *b;
        double ratio; /* b / a */
    } pairs[] = {
        {"x0", "-3 * x0", -3},
        {"x0", "7 + x0 / 4", 0.25},
        {"x0", "1 - x0", -1},
        {"tanh(2 * x0)", "5 * tanh(2 * x0)", 5},
        {"x0 * x1", "(2 * x0) * (3 * x1)", 6},
        {"x1 * (1 + 2 * x0)", "x1 * (3 + 6 * x0)", 3},
        {"(1 + 2 * x0) / x1", "(-2 + -4 * x0) / x1", -2},
        {"exp(x0) * (2 * x1 - 3)", "4 * (exp(x0) * (3 * x1 - 4.5))", 6},
        {"(2 + x0) * x1 * 2", "-((2 + x0) * x1)", -0.5},
        {"x0 * x1", "(-x0) * x1", -1},
        {"1 / x0", "1 / (2 * x0)", 0.5},
        {"1 / x0", "-(3 / x0)", -3},
        {"x1 / (1 + 2 * x0)", "x1 / (3 + 6 * x0)", 1.0 / 3},
        {"x1 / (x0 * 2)", "-3 * x1 / (6 * -x0)", 1},
        {"(1 + 2 * x0) / x1", "(-2 - 4 * x0) / x1", -2},
        {"(1 + 2 * x0) / x1", "(-2 - 4 * x0) / (4 * x1)", -0.5},
        {"tanh(2 * x0)", "tanh(-2 * x0)", -1},
        {"tanh(2 * x0)", "tanh(-(2 * x0))", -1},
        {"x1 * tanh(2 * sinh(3 * x0))", "5 * (x1 * tanh(-2 * sinh(-3 * x0)))", 5},
        {"x1 * tanh(2 * sinh(3 * x0))", "x1 * tanh(2 * sinh(-3 * x0))", -1},
        {"tanh(1 + -2 * x0)", "tanh(-1 + 2 * x0)", -1},
        {"exp(x0) / tanh(2 * x1)", "exp(x0) / tanh(-2 * x1)", -1},
    };
    static const char *const different[] = {"x0",
                                            "x1",
                                            "tanh(x0)",
                                            "tanh(2 * x0)",
                                            "x0 * x1",
                                            "x0 * (1 + x1)",
                                            "x0 * (2 + x1)",
                                            "x0 / x1",
                                            "1 / x0",
                                            "tanh(1 + 2 * x0)",
                                            "tanh(1 - 2 * x0)",
                                            "exp(-2 * x0)",
                                            "exp(2 * x0)"};
    struct bench b;
    double first, second;
    bench_open(&b, NULL);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        ck_assert_msg(only_hash(&b, pairs[i].a, &first) == only_hash(&b, pairs[i].b, &second),
                      "%s and %s", pairs[i].a, pairs[i].b);
        ck_assert_double_eq_tol(second / first, pairs[i].ratio, 1e-12);
    }
    for (size_t i = 0; i < sizeof different / sizeof *different; i++)
        for (size_t k = 0; k < i; k++)
            ck_assert_msg(only_hash(&b, different[i], &first) !=
                              only_hash(&b, different[k], &second),
                          "%s and %s", different[i], different[k]);
    bench_close(&b);
}
END_TEST

/* Multiplies terms of random trees, inside and outside. */
START_TEST(factors_of_random_terms_go_into_weights) {
    struct bench b;
    l2osr__rng rng;
    int compared = 0;
    bench_open(&b, grammars[_i]);
    l2osr__rng_init(&rng, 13, (uint64_t)_i);
    for (int i = 0; i < TREES; i++) {
        l2osr__tree tree, scaled;
        l2osr__terms terms, again;
        bench_random(&b, &rng, 1 + i % 25, &tree);
        l2osr__tree_simplify(&tree, &b.grammar);
        ck_assert(l2osr__terms_split(&terms, &tree, &b.grammar));
        for (int32_t k = 0; k < terms.count; k++) {
            const double factor = 0.1 + 5 * l2osr__rng_uniform(&rng);
            l2osr__terms_get(&terms, k, &scaled);
            if (l2osr__tree_factor(&scaled) >= 0) {
                l2osr__tree_multiply(&scaled, factor);
            } else {
                scaled.nodes[scaled.count++] = l2osr__tree_constant(factor);
                scaled.nodes[scaled.count++] = l2osr__tree_op(L2OSR__OP_MUL);
                l2osr__tree_link(&scaled);
            }
            l2osr__tree_simplify(&scaled, &b.grammar);
            ck_assert(l2osr__terms_split(&again, &scaled, &b.grammar));
            ck_assert_int_eq(again.count, 1);
            ck_assert_uint_eq(again.hash[0], terms.hash[k]);
            ck_assert_double_eq_tol(again.weight[0], factor, 1e-12 * factor);
            compared++;
        }
    }
    ck_assert_int_gt(compared, TREES);
    bench_close(&b);
}
END_TEST

START_TEST(equal_terms_become_one) {
    struct bench b;
    l2osr__tree tree;
    l2osr__terms terms;
    char text[256];
    bench_open(&b, NULL);
    bench_parse(&b, "2 + 3 * x0 - (x1 - 2 * x0 - (5 - tanh(x2))) + x0 * -4", &tree);
    l2osr__tree_simplify(&tree, &b.grammar);
    ck_assert(l2osr__terms_split(&terms, &tree, &b.grammar));
    ck_assert_int_eq(terms.count, 3);
    ck_assert_double_eq(terms.offset, 7);
    ck_assert_double_eq(terms.weight[0], 1);
    ck_assert_double_eq(terms.weight[1], -1);
    ck_assert_double_eq(terms.weight[2], -1);
    terms.weight[1] = 0;
    terms.weight[2] = 0.5;
    ck_assert(l2osr__terms_join(&terms, &tree));
    ck_assert_str_eq(bench_print(&b, &tree, text), "7 + x0 + 0.5 * tanh(x2)");
    terms.offset = terms.weight[0] = terms.weight[2] = 0;
    ck_assert(l2osr__terms_join(&terms, &tree));
    ck_assert_str_eq(bench_print(&b, &tree, text), "0");
    bench_close(&b);
}
END_TEST

START_TEST(terms_are_dropped_and_added) {
    static const char *const parts[] = {"x0", "tanh(x1)", "x1 * x2", "x2"};
    struct bench b;
    l2osr__tree tree;
    l2osr__terms terms;
    char text[256];
    bench_open(&b, NULL);
    terms.count = 0;
    terms.offset = 0;
    for (int i = 0; i < 4; i++) {
        bench_parse(&b, parts[i], &tree);
        ck_assert(l2osr__terms_add(&terms, &tree, i + 2, &b.grammar));
    }
    l2osr__terms_drop(&terms, 1);
    ck_assert(l2osr__terms_join(&terms, &tree));
    ck_assert_str_eq(bench_print(&b, &tree, text), "2 * x0 + 4 * (x1 * x2) + 5 * x2");
    l2osr__terms_drop(&terms, 2);
    l2osr__terms_drop(&terms, 0);
    ck_assert_int_eq(terms.count, 1);
    ck_assert(l2osr__terms_join(&terms, &tree));
    ck_assert_str_eq(bench_print(&b, &tree, text), "4 * (x1 * x2)");
    l2osr__terms_drop(&terms, 0);
    ck_assert_int_eq(terms.count, 0);
    b.grammar.max_terms = 2;
    bench_parse(&b, "x0 + 2 * x1 + 3 * x0", &tree);
    ck_assert(l2osr__terms_split(&terms, &tree, &b.grammar));
    bench_parse(&b, "x0 + 2 * x1 + 3 * x2", &tree);
    ck_assert(!l2osr__terms_split(&terms, &tree, &b.grammar));
    bench_close(&b);
}
END_TEST

TCase *terms_tests(void) {
    TCase *tests = tcase_create("terms");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, splitting_and_joining_keep_values, 0, GRAMMARS);
    tcase_add_loop_test(tests, splitting_twice_gives_the_same_terms, 0, GRAMMARS);
    tcase_add_test(tests, factors_do_not_tell_terms_apart);
    tcase_add_loop_test(tests, factors_of_random_terms_go_into_weights, 0, GRAMMARS);
    tcase_add_test(tests, equal_terms_become_one);
    tcase_add_test(tests, terms_are_dropped_and_added);
    return tests;
}
