/* SPDX-License-Identifier: MIT */
/* The constants of formulas, and growth by terms. */
#include <math.h>
#include <string.h>

#include "bench.h"

/* Gradient of the squared error by every parameter against central differences. */
static void check_gradient(struct bench *b, l2osr__tree *tree, double step) {
    const size_t rows = b->table.rows;
    l2osr__normal normal, low, high;
    int32_t parameters[L2OSR__TREE_ROOM];
    const int32_t n = l2osr__tree_parameters(tree, &b->grammar, parameters);
    ck_assert_int_gt(n, 0);
    ck_assert(l2osr__fit_derive(&b->scorer, tree, rows, &normal));
    ck_assert_int_eq(normal.n, n);
    const double plain = l2osr__score_plain(&b->scorer, tree);
    ck_assert_double_eq_tol(normal.square / b->scorer.one, plain, 1e-5 * plain);
    for (int32_t i = 0; i < n; i++) {
        double *value = &tree->nodes[parameters[i]].value;
        const double kept = *value;
        *value = kept - step;
        ck_assert(l2osr__fit_derive(&b->scorer, tree, rows, &low));
        *value = kept + step;
        ck_assert(l2osr__fit_derive(&b->scorer, tree, rows, &high));
        *value = kept;
        /* of r'r the derivative is -2 J'r */
        const double slope = (high.square - low.square) / (2 * step);
        ck_assert_double_eq_tol(-2 * normal.gradient[i], slope,
                                2e-3 * (fabs(slope) + (double)rows * 0.1));
    }
}

START_TEST(derivatives_are_exact) {
    static const char *const texts[] = {
        "1.5 * tanh(0.7 * x0 + 0.2) - 0.3 * exp(-0.4 * abs(x1))",
        "erfc(0.5 * x0) / (1.2 + square(0.3 * x1)) + sinh(0.2 * x2) + 0.1",
        "0.8 * pow(abs(x0) + 0.5, 1.3) + logm(2 + x1 * x1) * asinh(0.5 * x2)",
    };
    for (int weighted = 0; weighted < 2; weighted++) {
        l2osr_context *ctx = test_context();
        l2osr_samples *samples = make_table(ctx, BENCH_ROWS);
        struct bench b;
        if (weighted)
            ck_ok(l2osr_samples_add_weights(samples), ctx);
        for (size_t i = 0; weighted && i < BENCH_ROWS; i++)
            *l2osr_samples_weights(samples, i) = (float)(i % 3);
        bench_open_over(&b, ctx, samples, NULL, 0);
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
            l2osr__tree tree;
            bench_parse(&b, texts[k], &tree);
            check_gradient(&b, &tree, 1e-2);
        }
        bench_close(&b);
    }
}
END_TEST

/* Appends weight * memory + to a sum. */
static void add_memory(l2osr__tree *tree, uint32_t column, double decay, double weight) {
    const bool first = tree->count == 0;
    tree->nodes[tree->count++] = l2osr__tree_constant(weight);
    tree->nodes[tree->count++] = l2osr__tree_column(column, decay);
    tree->nodes[tree->count++] = l2osr__tree_op(L2OSR__OP_MUL);
    if (!first)
        tree->nodes[tree->count++] = l2osr__tree_op(L2OSR__OP_ADD);
    l2osr__tree_link(tree);
}

START_TEST(derivatives_by_decays_are_exact) {
    l2osr_context *ctx = test_context();
    struct bench b;
    l2osr__tree tree = {.count = 0};
    bench_open_over(&b, ctx, make_series(ctx), "+ * tanh square abs ema dsum", 2);
    const uint32_t plain = b.grammar.plain;
    for (uint32_t i = 0; i < b.grammar.columns - plain; i++)
        add_memory(&tree, plain + i, 0.2 + 0.05 * i, 0.3 - 0.1 * i);
    tree.nodes[tree.count++] = l2osr__tree_op(L2OSR__OP_TANH);
    l2osr__tree_link(&tree);
    check_gradient(&b, &tree, 1e-3);
    bench_close(&b);
}
END_TEST

/* As many memories as the largest formula has room for, each with another decay: all of them and
 * their slopes are needed at the same time. */
START_TEST(derivatives_of_the_most_memories_are_exact) {
    enum { MEMORIES = (L2OSR__SIZE_LIMIT + 1) / 4 };
    l2osr_context *ctx = test_context();
    struct bench b;
    l2osr__tree tree = {.count = 0};
    bench_open_over(&b, ctx, make_series(ctx), "+ * ema", 2);
    b.grammar.max_size = b.grammar.max_depth = L2OSR__SIZE_LIMIT;
    for (int i = 0; i < MEMORIES; i++) {
        tree.nodes[tree.count++] =
            l2osr__tree_column(b.grammar.plain + (uint32_t)i % 2, 0.05 + 0.9 * i / MEMORIES);
        if (i > 0)
            tree.nodes[tree.count++] = l2osr__tree_op(L2OSR__OP_ADD);
    }
    l2osr__tree_link(&tree);
    ck_assert(l2osr__tree_allowed(&tree, &b.grammar));
    check_gradient(&b, &tree, 1e-3);
    bench_close(&b);
}
END_TEST

START_TEST(fit_recovers_constants) {
    struct bench b;
    l2osr__tree tree;
    bench_open(&b, NULL);
    bench_parse(&b, "0.7 * x0 + 0.1 - 0.3 * square(x1 + 0.2)", &tree);
    ck_assert_uint_gt(l2osr__fit(&b.scorer, &tree, BENCH_ROWS, 30), 0);
    ck_assert_double_lt(l2osr__score_plain(&b.scorer, &tree), 1e-9);
    bench_parse(&b, "x0 - square(x1)", &tree);
    ck_assert_uint_eq(l2osr__fit(&b.scorer, &tree, BENCH_ROWS, 30), 0);
    bench_close(&b);
}
END_TEST

/* A target 0.3 m, where m is the memory with decay 0.83 of b. */
static void recover_decay(l2osr__opcode memory, double begin) {
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_series(ctx);
    struct bench b;
    l2osr__tree tree = {.count = 0};
    for (size_t i = 0; i < l2osr_samples_trajectories(samples); i++) {
        double value = 0;
        for (size_t t = 0; t < l2osr_samples_steps(samples); t++) {
            const double x = (double)l2osr_samples_series(samples, 1, i)[t];
            value = 0.83 * value + (memory == L2OSR__OP_EMA ? 0.17 : 1) * x;
            l2osr_samples_target(samples, i)[t] = (float)(0.3 * value);
        }
    }
    bench_open_over(&b, ctx, samples, memory == L2OSR__OP_EMA ? "+ * ema" : "+ * dsum", 2);
    add_memory(&tree, b.grammar.plain + 1, begin, 1);
    ck_assert_uint_gt(l2osr__fit(&b.scorer, &tree, b.table.rows, 40), 0);
    ck_assert_double_eq_tol(tree.nodes[1].value, 0.83, 1e-4);
    ck_assert_double_eq_tol(tree.nodes[0].value, 0.3, 1e-4);
    bench_close(&b);
}

START_TEST(fit_moves_decays) {
    recover_decay(L2OSR__OP_EMA, 0.6);
    recover_decay(L2OSR__OP_EMA, 0.95);
    recover_decay(L2OSR__OP_DSUM, 0.6);
    recover_decay(L2OSR__OP_DSUM, 0.3);
}
END_TEST

/* A fit never makes the error larger, and decays stay what they may be. */
START_TEST(fit_never_harms) {
    l2osr_context *ctx = test_context();
    struct bench b;
    l2osr__rng rng;
    int improved = 0;
    bench_open_over(&b, ctx, make_series(ctx), "+ * - / tanh exp square ema dsum wsum", 2);
    l2osr__rng_init(&rng, 61, 0);
    for (int i = 0; i < 500; i++) {
        l2osr__tree tree;
        bench_random(&b, &rng, 20, &tree);
        const double before = l2osr__score_plain(&b.scorer, &tree);
        l2osr__fit(&b.scorer, &tree, b.table.rows, 4);
        const double after = l2osr__score_plain(&b.scorer, &tree);
        check_whole(&tree);
        for (int32_t k = 0; k < tree.count; k++)
            if (tree.nodes[k].op == L2OSR__OP_VAR && b.grammar.terminals[tree.nodes[k].a].decays)
                ck_assert(tree.nodes[k].value >= 0 && tree.nodes[k].value < 1);
        if (before < INFINITY)
            ck_assert_double_le(after, before * (1 + 1e-5));
        improved += after < 0.99 * before;
    }
    ck_assert_int_gt(improved, 100);
    bench_close(&b);
}
END_TEST

START_TEST(growth_finds_the_missing_term) {
    struct bench b;
    l2osr__rng rng;
    l2osr__tree tree;
    bench_open(&b, NULL);
    l2osr__rng_init(&rng, 5, 0);
    bench_parse(&b, "0.5 - 1 * square(x1)", &tree);
    ck_assert(l2osr__grow(&b.scorer, &tree, &b.grammar, &rng, tree.count - 1));
    check_whole(&tree);
    ck_assert_double_lt(l2osr__score_plain(&b.scorer, &tree), 1e-3);
    bench_close(&b);
}
END_TEST

START_TEST(growth_keeps_trees_whole) {
    l2osr_context *ctx = test_context();
    struct bench b;
    l2osr__rng rng;
    int grown = 0;
    bench_open_over(&b, ctx, make_series(ctx), NULL, 2);
    l2osr__rng_init(&rng, 62, 0);
    for (int i = 0; i < 300; i++) {
        l2osr__tree tree;
        bench_random(&b, &rng, 1 + i % 55, &tree);
        const l2osr__tree before = tree;
        if (l2osr__grow(&b.scorer, &tree, &b.grammar, &rng,
                        (int32_t)l2osr__rng_below(&rng, (uint32_t)tree.count)))
            grown++;
        else
            ck_assert_uint_eq(l2osr__tree_hash(&tree), l2osr__tree_hash(&before));
        check_whole(&tree);
    }
    ck_assert_int_gt(grown, 100);
    bench_close(&b);
}
END_TEST

TCase *fit_tests(void) {
    TCase *tests = tcase_create("fits");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, derivatives_are_exact);
    tcase_add_test(tests, derivatives_by_decays_are_exact);
    tcase_add_test(tests, derivatives_of_the_most_memories_are_exact);
    tcase_add_test(tests, fit_recovers_constants);
    tcase_add_test(tests, fit_moves_decays);
    tcase_add_test(tests, fit_never_harms);
    tcase_add_test(tests, growth_finds_the_missing_term);
    tcase_add_test(tests, growth_keeps_trees_whole);
    return tests;
}
