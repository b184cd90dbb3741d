/* SPDX-License-Identifier: MIT */
/* Trees, their evaluation and the derivatives of their constants. */
#include <math.h>
#include <string.h>

#include "sr/fit.h"
#include "sr/mutate.h"
#include "tests.h"

enum { ROWS = 700 };

static const double unit_scale[3] = {1, 1, 1};

/* A table of three columns, a grammar and a scorer over them. */
struct bench {
    l2osr_context *ctx;
    l2osr_samples *samples;
    l2osr__columns columns;
    l2osr__table table;
    l2osr__scorer scorer;
    l2osr__grammar grammar;
};

static void bench_open(struct bench *b, const char *operators) {
    const l2osr_sr_options options = L2OSR_SR_OPTIONS_INIT;
    memset(b, 0, sizeof *b);
    b->ctx = test_context();
    b->samples = make_table(b->ctx, ROWS);
    ck_ok(l2osr__columns_init(&b->columns, b->ctx, b->samples, &options), b->ctx);
    ck_ok(l2osr__table_init(&b->table, b->ctx, &b->columns, ROWS, 1), b->ctx);
    for (uint32_t i = 0; i < ROWS; i++)
        l2osr__table_write(&b->table, &b->columns, b->samples, i, &i);
    ck_ok(l2osr__scorer_init(&b->scorer, b->ctx, &b->table), b->ctx);
    ck_ok(l2osr__grammar_init(&b->grammar, b->ctx, operators), b->ctx);
    b->grammar.columns = 3;
    b->grammar.scale = unit_scale;
    b->grammar.max_nodes = 60;
}

static void bench_close(struct bench *b) {
    l2osr__scorer_clear(&b->scorer);
    l2osr__table_clear(&b->table);
    l2osr__columns_clear(&b->columns);
    l2osr_samples_free(b->samples);
    l2osr_context_free(b->ctx);
}

/* Appends a node and what it is made of; the parser may have shared nodes. */
static void append(l2osr__tree *tree, const l2osr__node *nodes, int32_t i) {
    const int arity = l2osr__ops[nodes[i].op].arity;
    if (arity >= 1)
        append(tree, nodes, nodes[i].a);
    if (arity == 2)
        append(tree, nodes, nodes[i].b);
    tree->nodes[tree->count++] = nodes[i];
}

static void parse(struct bench *b, const char *text, l2osr__tree *tree) {
    const char *const names[] = {"x0", "x1", "x2"};
    const l2osr__symbols symbols = {.names = names, .count = 3};
    l2osr__expr expr;
    ck_ok(l2osr__parse_expression(&expr, b->ctx, (l2osr__source){"test", text}, &symbols), b->ctx);
    tree->count = 0;
    append(tree, expr.nodes, expr.root);
    l2osr__expr_clear(&expr);
    l2osr__tree_link(tree);
}

static const char *print(struct bench *b, const l2osr__tree *tree, char *out, size_t size) {
    l2osr__text text = {.ctx = b->ctx};
    l2osr__tree copy = *tree;
    const l2osr__expr expr = {.ctx = b->ctx, .nodes = copy.nodes, .count = copy.count};
    const l2osr__symbols symbols = {.names = (const char *const *)b->columns.names, .count = 3};
    char *taken;
    l2osr__print_node(&text, &expr, copy.count - 1, &symbols);
    ck_ok(l2osr__text_take(&text, &taken), b->ctx);
    ck_assert_uint_lt(strlen(taken), size);
    strcpy(out, taken);
    l2osr__free(b->ctx, taken);
    return out;
}

START_TEST(simplifies) {
    static const char *const pairs[][2] = {
        {"2 * (3 * x0)", "6 * x0"},      {"(x0 - 1) + 3", "2 + x0"},
        {"x0 / 4 * 2", "0.5 * x0"},      {"tanh(0) + x1", "x1"},
        {"-(2 * x0)", "-2 * x0"},        {"-(-x0)", "x0"},
        {"2 * -x1", "-2 * x1"},          {"3 * (2 / x0)", "6 / x0"},
        {"1 + (2 - x0)", "3 - x0"},      {"0 * exp(x0) + 1", "1"},
        {"x0 * x1 + 0 * x2", "x0 * x1"}, {"(2 + 3 * 4) * x0", "14 * x0"},
    };
    struct bench b;
    bench_open(&b, "+ - * / neg tanh exp");
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        l2osr__tree tree;
        char text[128];
        parse(&b, pairs[i][0], &tree);
        l2osr__tree_simplify(&tree, &b.grammar);
        ck_assert_str_eq(print(&b, &tree, text, sizeof text), pairs[i][1]);
    }
    bench_close(&b);
}
END_TEST

START_TEST(tidies) {
    static const char *const pairs[][2] = {
        {"x0 + (x1 + (x2 + (x0 * x1)))", "x0 + x1 + x2 + x0 * x1"},
        {"1 + ((x0 + (x1 - x2)) + (x2 + x1))", "1 + x0 + x1 - x2 + x2 + x1"},
        {"x0 + -2 * x1 * x2", "x0 - 2 * x1 * x2"},
        {"x0 * (x1 * (2 + (x2 + x0)))", "x0 * x1 * (2 + x2 + x0)"},
        {"x0 - (x1 + x2)", "x0 - (x1 + x2)"},
    };
    struct bench b;
    bench_open(&b, NULL);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        l2osr__tree tree;
        char text[128];
        parse(&b, pairs[i][0], &tree);
        l2osr__tree_tidy(&tree);
        ck_assert_str_eq(print(&b, &tree, text, sizeof text), pairs[i][1]);
    }
    bench_close(&b);
}
END_TEST

START_TEST(scales_inside_constants) {
    static const char *const cases[][2] = {
        {"2 * x0 + 1", "4 * x0 + 5"},
        {"x0", "3 + 2 * x0"},
        {"3 / x0 - 1", "6 / x0 - -1"},
        {"tanh(x0) * (1 + x1)", "3 + 2 * (tanh(x0) * (1 + x1))"},
        {"2 * x0 - (3 - 4 * x1)", "4 * x0 - (3 - 8 * x1)"},
    };
    struct bench b;
    bench_open(&b, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        l2osr__tree tree;
        char text[128];
        parse(&b, cases[i][0], &tree);
        ck_assert(l2osr__tree_scale(&tree, 2, 3));
        ck_assert_str_eq(print(&b, &tree, text, sizeof text), cases[i][1]);
    }
    bench_close(&b);
}
END_TEST

/* Every operand index must point to the root of the subtree that postfix order gives. */
static void check_whole(const l2osr__tree *tree) {
    l2osr__tree again = *tree;
    ck_assert_int_ge(tree->count, 1);
    ck_assert_int_eq(l2osr__tree_start(tree, tree->count - 1), 0);
    l2osr__tree_link(&again);
    for (int32_t i = 0; i < tree->count; i++) {
        ck_assert_int_eq(again.nodes[i].a, tree->nodes[i].a);
        ck_assert_int_eq(again.nodes[i].b, tree->nodes[i].b);
    }
}

START_TEST(variation_keeps_trees_whole) {
    struct bench b;
    l2osr__rng rng;
    l2osr__tree tree = {0}, other = {0};
    bench_open(&b, NULL);
    l2osr__rng_init(&rng, 3, 0);
    l2osr__tree_random(&other, &b.grammar, &rng, 30);
    l2osr__tree_link(&other);
    l2osr__tree_random(&tree, &b.grammar, &rng, 12);
    l2osr__tree_link(&tree);
    for (int i = 0; i < 20000; i++) {
        l2osr__tree child = tree;
        if (i % 5 == 0)
            l2osr__cross(&child, &other, &rng);
        else
            l2osr__mutate(&child, &b.grammar, &rng);
        check_whole(&child);
        int32_t before = child.count;
        l2osr__tree_simplify(&child, &b.grammar);
        ck_assert_int_le(child.count, before);
        check_whole(&child);
        if (child.count <= b.grammar.max_nodes)
            tree = child;
    }
    bench_close(&b);
}
END_TEST

START_TEST(simplifying_keeps_values) {
    struct bench b;
    l2osr__rng rng;
    bench_open(&b, "+ - * / neg tanh abs square");
    l2osr__rng_init(&rng, 4, 0);
    for (int i = 0; i < 2000; i++) {
        l2osr__tree tree = {0};
        l2osr__tree_random(&tree, &b.grammar, &rng, 20);
        l2osr__tree_link(&tree);
        double before = l2osr__score_plain(&b.scorer, &tree);
        l2osr__tree_simplify(&tree, &b.grammar);
        double after = l2osr__score_plain(&b.scorer, &tree);
        /* rounding differs, and quotients make much of it; 0 * inf may become 0 */
        if (isfinite(before) && before < 1e4)
            ck_assert_double_eq_tol(after, before, 2e-2 * before + 1e-9);
    }
    bench_close(&b);
}
END_TEST

/* Gradient of the squared error by every constant against central differences. */
START_TEST(derivatives_are_exact) {
    static const char *const texts[] = {
        "1.5 * tanh(0.7 * x0 + 0.2) - 0.3 * exp(-0.4 * abs(x1))",
        "erfc(0.5 * x0) / (1.2 + square(0.3 * x1)) + sinh(0.2 * x2) + 0.1",
        "0.8 * pow(abs(x0) + 0.5, 1.3) + logm(2 + x1 * x1) * asinh(0.5 * x2)",
    };
    struct bench b;
    bench_open(&b, NULL);
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
        l2osr__tree tree;
        l2osr__normal normal, low, high;
        int32_t constants[L2OSR__TREE_ROOM];
        parse(&b, texts[k], &tree);
        int32_t n = l2osr__tree_constants(&tree, constants);
        ck_assert(l2osr__fit_derive(&b.scorer, &tree, ROWS, &normal));
        for (int32_t i = 0; i < n; i++) {
            double *value = &tree.nodes[constants[i]].value, kept = *value, step = 1e-2;
            *value = kept - step;
            ck_assert(l2osr__fit_derive(&b.scorer, &tree, ROWS, &low));
            *value = kept + step;
            ck_assert(l2osr__fit_derive(&b.scorer, &tree, ROWS, &high));
            *value = kept;
            /* of r'r the derivative is -2 J'r */
            double slope = (high.square - low.square) / (2 * step);
            ck_assert_double_eq_tol(-2 * normal.gradient[i], slope,
                                    2e-3 * (fabs(slope) + ROWS * 0.1));
        }
    }
    bench_close(&b);
}
END_TEST

START_TEST(fit_recovers_constants) {
    struct bench b;
    l2osr__tree tree;
    bench_open(&b, NULL);
    parse(&b, "0.7 * x0 + 0.1 - 0.3 * square(x1 + 0.2)", &tree);
    ck_assert_uint_gt(l2osr__fit(&b.scorer, &tree, ROWS, 30), 0);
    ck_assert_double_lt(l2osr__score_plain(&b.scorer, &tree), 1e-9);
    parse(&b, "x0 - square(x1)", &tree);
    ck_assert_uint_eq(l2osr__fit(&b.scorer, &tree, ROWS, 30), 0);
    bench_close(&b);
}
END_TEST

START_TEST(growth_finds_the_missing_term) {
    struct bench b;
    l2osr__rng rng;
    l2osr__tree tree;
    bench_open(&b, NULL);
    l2osr__rng_init(&rng, 5, 0);
    parse(&b, "0.5 - 1 * square(x1)", &tree);
    ck_assert(l2osr__grow(&b.scorer, &tree, &b.grammar, &rng, tree.count - 1));
    ck_assert_double_lt(l2osr__score_plain(&b.scorer, &tree), 1e-3);
    bench_close(&b);
}
END_TEST

Suite *suite_parts(void) {
    Suite *suite = suite_create("parts");
    TCase *tests = tcase_create("parts");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, simplifies);
    tcase_add_test(tests, tidies);
    tcase_add_test(tests, scales_inside_constants);
    tcase_add_test(tests, variation_keeps_trees_whole);
    tcase_add_test(tests, simplifying_keeps_values);
    tcase_add_test(tests, derivatives_are_exact);
    tcase_add_test(tests, fit_recovers_constants);
    tcase_add_test(tests, growth_finds_the_missing_term);
    suite_add_tcase(suite, tests);
    return suite;
}
