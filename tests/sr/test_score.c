/* SPDX-License-Identifier: MIT */
/* Scores: the best weights of terms, with rows that count more or less. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

enum { MOST = L2OSR__TERMS_LIMIT + 1 };

static double root_of(const struct bench *b, size_t row) {
    return b->table.root_weight ? b->table.root_weight[row] : 1;
}

/* Whether elimination would meet a pivot that is small beside its diagonal. */
static bool well_conditioned(int n, const long double *matrix) {
    long double a[MOST * MOST];
    memcpy(a, matrix, (size_t)(n * n) * sizeof *a);
    for (int i = 0; i < n; i++) {
        if (!(a[i * n + i] > 1e-3L * matrix[i * n + i]))
            return false;
        for (int k = i + 1; k < n; k++)
            for (int j = n; j-- > i;)
                a[k * n + j] -= a[k * n + i] / a[i * n + i] * a[i * n + j];
    }
    return true;
}

/* Least mean squared error that weights of a formula's terms can reach; NaN when that is not well
 * defined. The columns are those of l2osr__scorer_run(), times the roots of the weights. */
static double least_error(struct bench *b, const l2osr__tree *tree, bool with_offset) {
    static l2osr__terms terms;
    const size_t rows = b->table.rows;
    float *values = calloc(MOST * rows, sizeof *values);
    long double matrix[MOST * MOST] = {0}, kept[MOST * MOST], right[MOST] = {0}, x[MOST];
    long double error = 0, one = 0;
    ck_assert(l2osr__terms_split(&terms, tree, &b->grammar));
    const int n = terms.count + with_offset;
    for (int k = 0; k < terms.count; k++) {
        l2osr__tree term;
        l2osr__terms_get(&terms, k, &term);
        bench_values(b, &term, values + (size_t)k * rows);
    }
    for (size_t i = 0; i < rows; i++) {
        for (int k = 0; k < terms.count; k++)
            values[(size_t)k * rows + i] *= (float)root_of(b, i);
        if (with_offset)
            values[(size_t)terms.count * rows + i] = (float)root_of(b, i);
        for (int k = 0; k < n; k++) {
            right[k] += (long double)values[(size_t)k * rows + i] * b->table.target[i];
            for (int j = 0; j < n; j++)
                matrix[k * n + j] +=
                    (long double)values[(size_t)k * rows + i] * values[(size_t)j * rows + i];
        }
        one += (long double)root_of(b, i) * root_of(b, i);
    }
    memcpy(kept, matrix, sizeof kept);
    if (!well_conditioned(n, kept)) {
        free(values);
        return NAN;
    }
    plain_solve(n, matrix, right, x);
    for (size_t i = 0; i < rows; i++) {
        long double left = b->table.target[i];
        for (int k = 0; k < n; k++)
            left -= x[k] * values[(size_t)k * rows + i];
        error += left * left;
    }
    free(values);
    return (double)(error / one);
}

static l2osr_samples *noisy_table(l2osr_context *ctx) {
    l2osr_samples *samples = make_table(ctx, BENCH_ROWS);
    for (size_t i = 0; i < BENCH_ROWS; i++) {
        double noise;
        l2osr_random_normal(41, i, 0, 1, &noise, 1);
        *l2osr_samples_target(samples, i) += (float)noise;
    }
    return samples;
}

static void add_random_weights(struct bench *b, l2osr_samples *samples) {
    ck_ok(l2osr_samples_add_weights(samples), b->ctx);
    for (size_t i = 0; i < BENCH_ROWS; i++)
        *l2osr_samples_weights(samples, i) = (float)(i * 7 % 5) * 0.7f;
}

static void open_noisy(struct bench *b, const char *operators, bool weighted) {
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = noisy_table(ctx);
    b->ctx = ctx;
    if (weighted)
        add_random_weights(b, samples);
    bench_open_over(b, ctx, samples, operators, 0);
}

/* Either with or without an offset, the error is the least there is, and that of the tree. */
START_TEST(scores_are_least_squares) {
    struct bench b;
    l2osr__rng rng;
    int compared = 0;
    open_noisy(&b, "+ * tanh abs square sigmoid min", _i == 1);
    l2osr__rng_init(&rng, 42, 0);
    for (int i = 0; i < 400; i++) {
        l2osr__tree tree, scored;
        bench_random(&b, &rng, 30, &tree);
        l2osr__tree_simplify(&tree, &b.grammar);
        scored = tree;
        const double error = l2osr__score(&b.scorer, &scored, INFINITY);
        const double with = least_error(&b, &tree, true), without = least_error(&b, &tree, false);
        if (isnan(with) || isnan(without) || error == INFINITY)
            continue;
        check_whole(&scored);
        ck_assert_msg(fabs(error - with) <= 1e-5 * with || fabs(error - without) <= 1e-5 * without,
                      "%g instead of %g or %g", error, with, without);
        ck_assert_double_le(error, 1.3 * with); /* nodes are worth 1 percent */
        ck_assert_double_eq_tol(l2osr__score_plain(&b.scorer, &scored), error, 1e-4 * error);
        compared++;
    }
    ck_assert_int_gt(compared, 100);
    bench_close(&b);
}
END_TEST

START_TEST(weights_and_offset_are_written_into_the_tree) {
    struct bench b;
    l2osr__tree tree;
    bench_open(&b, NULL);
    bench_parse(&b, "x0 - square(x1)", &tree);
    ck_assert_double_lt(l2osr__score(&b.scorer, &tree, INFINITY), 1e-9);
    ck_assert_double_lt(l2osr__score_plain(&b.scorer, &tree), 1e-9);
    ck_assert_int_eq(l2osr__tree_complexity(&tree, &b.grammar), 10);
    bench_parse(&b, "5", &tree); /* the best constant is the mean */
    ck_assert_double_eq_tol(l2osr__score(&b.scorer, &tree, INFINITY),
                            l2osr__score_plain(&b.scorer, &tree), 1e-6);
    ck_assert_int_eq(tree.count, 1);
    ck_assert_double_eq_tol(tree.nodes[0].value, b.scorer.target / b.scorer.one, 1e-12);
    bench_close(&b);
}
END_TEST

START_TEST(an_offset_must_be_worth_its_nodes) {
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_table(ctx, BENCH_ROWS);
    struct bench b;
    l2osr__tree tree;
    char text[256];
    for (size_t i = 0; i < BENCH_ROWS; i++) {
        double noise;
        l2osr_random_normal(43, i, 0, 1, &noise, 1);
        *l2osr_samples_target(samples, i) =
            2 * *l2osr_samples_series(samples, 0, i) + (float)(0.1 * noise);
    }
    bench_open_over(&b, ctx, samples, NULL, 0);
    bench_parse(&b, "x0 + 100", &tree);
    ck_assert(l2osr__score(&b.scorer, &tree, INFINITY) < 0.012);
    ck_assert_int_eq(tree.count, 3);
    ck_assert_double_eq_tol(tree.nodes[0].value, 2, 0.02);
    ck_assert_str_eq(bench_print(&b, &(l2osr__tree){1, {tree.nodes[1]}}, text), "x0");
    bench_close(&b);
}
END_TEST

START_TEST(what_is_not_finite_has_no_score) {
    static const char *const texts[] = {"log(x0)", "x1 + exp(exp(exp(5 + abs(x0))))",
                                        "1 / (x0 - x0)", "x2 / (0 * x1)"};
    struct bench b;
    l2osr__tree tree;
    bench_open(&b, "+ - * / log exp abs");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        bench_parse(&b, texts[i], &tree);
        ck_assert_msg(l2osr__score(&b.scorer, &tree, INFINITY) == INFINITY, "%s", texts[i]);
        bench_parse(&b, texts[i], &tree);
        ck_assert_msg(l2osr__score_plain(&b.scorer, &tree) == INFINITY, "%s", texts[i]);
    }
    bench_close(&b);
}
END_TEST

/* Rows enough for a probe, which says hopeless only of what is. */
START_TEST(the_probe_refuses_only_what_is_hopeless) {
    enum { ROWS = 4000 };
    l2osr_context *ctx = test_context();
    struct bench b;
    l2osr__tree tree;
    bench_open_over(&b, ctx, make_table(ctx, ROWS), NULL, 0);
    bench_parse(&b, "x2", &tree);
    const double poor = l2osr__score(&b.scorer, &tree, INFINITY);
    ck_assert_double_gt(poor, 5);
    bench_parse(&b, "x2", &tree);
    ck_assert(l2osr__score(&b.scorer, &tree, 1) == INFINITY);
    bench_parse(&b, "x0", &tree);
    const double fair = l2osr__score(&b.scorer, &tree, INFINITY);
    bench_parse(&b, "x0", &tree);
    ck_assert_double_eq(l2osr__score(&b.scorer, &tree, 1.5 * fair), fair);
    bench_close(&b);
}
END_TEST

/* Rows, each as often as its weight says: row r stands for r % 4 rows. */
static l2osr_samples *repeated(l2osr_context *ctx, const l2osr_samples *from) {
    static const char *const names[] = {"x0", "x1", "x2"};
    l2osr_samples *out;
    size_t count = 0, row = 0;
    for (size_t i = 0; i < BENCH_ROWS; i++)
        count += i % 4;
    ck_ok(l2osr_samples_create(&out, ctx, 3, names, count, 1), ctx);
    for (size_t i = 0; i < BENCH_ROWS; i++)
        for (size_t k = 0; k < i % 4; k++, row++) {
            for (size_t f = 0; f < 3; f++)
                *l2osr_samples_series(out, f, row) =
                    *l2osr_samples_series((l2osr_samples *)(uintptr_t)from, f, i);
            *l2osr_samples_target(out, row) =
                *l2osr_samples_target((l2osr_samples *)(uintptr_t)from, i);
        }
    return out;
}

START_TEST(weights_are_numbers_of_rows) {
    static const char *const texts[] = {"x0", "x0 + x1 + tanh(x2)", "tanh(x0 * x1) + square(x1)",
                                        "exp(x0 - abs(x1))", "4"};
    struct bench weighted, plain;
    l2osr_context *ctx = test_context(), *other = test_context();
    l2osr_samples *samples = noisy_table(ctx);
    bench_open_over(&plain, other, repeated(other, samples), NULL, 0);
    ck_ok(l2osr_samples_add_weights(samples), ctx);
    for (size_t i = 0; i < BENCH_ROWS; i++)
        *l2osr_samples_weights(samples, i) = (float)(i % 4);
    bench_open_over(&weighted, ctx, samples, NULL, 0);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        l2osr__tree a, b;
        l2osr__normal first, second;
        bench_parse(&weighted, texts[i], &a);
        bench_parse(&plain, texts[i], &b);
        ck_assert_double_eq_tol(l2osr__score_plain(&weighted.scorer, &a),
                                l2osr__score_plain(&plain.scorer, &b), 1e-4);
        const double error = l2osr__score(&plain.scorer, &b, INFINITY);
        ck_assert_double_eq_tol(l2osr__score(&weighted.scorer, &a, INFINITY), error, 1e-5 * error);
        ck_assert_int_eq(a.count, b.count);
        for (int32_t k = 0; k < a.count; k++)
            ck_assert_double_eq_tol(a.nodes[k].value, b.nodes[k].value, 1e-4);
        ck_assert(l2osr__fit_derive(&weighted.scorer, &a, weighted.table.rows, &first));
        ck_assert(l2osr__fit_derive(&plain.scorer, &b, plain.table.rows, &second));
        for (int32_t k = 0; k < first.n; k++)
            ck_assert_double_eq_tol(first.matrix[k * first.n + k], second.matrix[k * first.n + k],
                                    1e-3 * second.matrix[k * first.n + k]);
    }
    bench_close(&weighted);
    bench_close(&plain);
}
END_TEST

/* What is kept apart has an error of its own. */
START_TEST(rows_kept_apart_are_measured_apart) {
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_table(ctx, BENCH_ROWS);
    struct bench b;
    l2osr__tree tree;
    for (size_t i = BENCH_ROWS - 100; i < BENCH_ROWS; i++)
        *l2osr_samples_target(samples, i) += 3;
    bench_open_over(&b, ctx, samples, NULL, 100);
    ck_assert_uint_eq(b.table.rows, BENCH_ROWS - 100);
    ck_assert_uint_eq(b.table.held, 100);
    bench_parse(&b, "2 * x0 - square(x1) + 0.5", &tree);
    ck_assert_double_lt(l2osr__score_plain(&b.scorer, &tree), 1e-9);
    ck_assert_double_eq_tol(l2osr__score_held(&b.scorer, &tree), 9, 1e-5);
    bench_close(&b);
}
END_TEST

/* Without + and * there are no weights to find. */
START_TEST(small_grammars_are_scored_as_they_are) {
    struct bench b;
    l2osr__tree tree;
    bench_open(&b, "+ tanh");
    bench_parse(&b, "x0 + tanh(x1)", &tree);
    const double plain = l2osr__score_plain(&b.scorer, &tree);
    ck_assert_double_eq_tol(l2osr__score(&b.scorer, &tree, INFINITY), plain, 1e-5 * plain);
    ck_assert_int_eq(tree.count, 4);
    bench_close(&b);
    bench_open(&b, "* tanh");
    bench_parse(&b, "x0", &tree);
    const double before = l2osr__score_plain(&b.scorer, &tree);
    const double error = l2osr__score(&b.scorer, &tree, INFINITY);
    ck_assert_double_lt(error, before);
    ck_assert_double_eq_tol(l2osr__score_plain(&b.scorer, &tree), error, 1e-5 * error);
    ck_assert_int_eq(tree.count, 3);
    bench_close(&b);
}
END_TEST

TCase *score_tests(void) {
    TCase *tests = tcase_create("scores");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, scores_are_least_squares, 0, 2);
    tcase_add_test(tests, weights_and_offset_are_written_into_the_tree);
    tcase_add_test(tests, an_offset_must_be_worth_its_nodes);
    tcase_add_test(tests, what_is_not_finite_has_no_score);
    tcase_add_test(tests, the_probe_refuses_only_what_is_hopeless);
    tcase_add_test(tests, weights_are_numbers_of_rows);
    tcase_add_test(tests, rows_kept_apart_are_measured_apart);
    tcase_add_test(tests, small_grammars_are_scored_as_they_are);
    return tests;
}
