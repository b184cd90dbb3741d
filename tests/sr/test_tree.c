/* SPDX-License-Identifier: MIT */
/* Trees: rewriting them, and the limits that they must keep. */
#include <math.h>
#include <string.h>

#include "bench.h"
#include "vec/random.h"

/* What rewriting makes of formulas, and what it should be. */
static void check_rewriting(const char *operators, const char *const (*pairs)[2], size_t n,
                            void (*rewrite)(l2osr__tree *, const l2osr__grammar *)) {
    struct bench b;
    l2osr__tree tree;
    char text[256];
    bench_open(&b, operators);
    for (size_t i = 0; i < n; i++) {
        bench_parse(&b, pairs[i][0], &tree);
        rewrite(&tree, &b.grammar);
        check_whole(&tree);
        ck_assert_msg(strcmp(bench_print(&b, &tree, text), pairs[i][1]) == 0, "%s is %s, not %s",
                      pairs[i][0], text, pairs[i][1]);
    }
    bench_close(&b);
}

START_TEST(simplifies_functions) {
    static const char *const pairs[][2] = {
        {"1 * square(x0)", "square(x0)"},
        {"2 * (0.5 * square(x0))", "square(x0)"},
        {"-1 * -square(x0)", "square(x0)"},
        {"-(-1 * square(x0))", "square(x0)"},
        {"1 + (-1 + x0)", "x0"},
        {"abs(exp(x0))", "exp(x0)"},
        {"abs(square(x0))", "square(x0)"},
        {"abs(abs(x0))", "abs(x0)"},
        {"relu(exp(x0))", "exp(x0)"},
        {"relu(relu(x0))", "relu(x0)"},
        {"relu(abs(x0 - x1))", "abs(x0 - x1)"},
        {"abs(relu(x0))", "relu(x0)"},
        {"sign(sign(x0))", "sign(x0)"},
        {"abs(sqrtm(-x0))", "sqrtm(x0)"},
        {"square(abs(x0))", "square(x0)"},
        {"square(sqrtm(x0))", "abs(x0)"},
        {"square(-sqrtm(x0))", "abs(x0)"},
        {"sqrtm(square(x0))", "abs(x0)"},
        {"sqrtm(square(x0) + 0)", "abs(x0)"},
        {"logm(abs(x0))", "logm(x0)"},
        {"square(-2 * x0)", "square(2 * x0)"},
        {"abs(-1 * x0)", "abs(x0)"},
        {"sqrtm(-3 / x0)", "sqrtm(3 / x0)"},
        {"tanh(-x0)", "-tanh(x0)"},
        {"2 * tanh(-x0)", "-2 * tanh(x0)"},
        {"sinh(tanh(-x0)) * -x1", "sinh(tanh(x0)) * x1"},
        {"-x0 * x1", "-(x0 * x1)"},
        {"-x0 / -x1", "x0 / x1"},
        {"-(2 / x0)", "-2 / x0"},
        {"x0 - -x1", "x0 + x1"},
        {"x0 + -x1", "x0 - x1"},
        {"2 + -x1", "2 - x1"},
        {"x0 - 2 * x1", "x0 + -2 * x1"},
        {"x0 - -1 * x1", "x0 + x1"},
        {"0 - 2 * x1", "-2 * x1"},
        {"1 / (2 * x0)", "0.5 / x0"},
        {"exp(abs(-x0) * 1)", "exp(abs(x0))"},
        {"relu(tanh(x0))", "relu(tanh(x0))"},
        {"square(x0 - x1)", "square(x0 - x1)"},
        {"abs(cube(x0))", "abs(cube(x0))"},
    };
    check_rewriting("+ - * / neg exp abs square sqrtm relu sign logm tanh sinh cube", pairs,
                    sizeof pairs / sizeof *pairs, l2osr__tree_simplify);
}
END_TEST

/* Nothing comes in that was not allowed. */
START_TEST(simplifies_with_what_there_is) {
    static const char *const pairs[][2] = {
        {"square(sqrtm(x0))", "square(sqrtm(x0))"},
        {"sqrtm(square(x0))", "sqrtm(square(x0))"},
        {"x0 - 2 * x1", "x0 - 2 * x1"},
        {"square(-1 * x0)", "square(x0)"},
        {"2 / (4 * x0)", "0.5 / x0"},
    };
    check_rewriting("- * / square sqrtm", pairs, sizeof pairs / sizeof *pairs,
                    l2osr__tree_simplify);
}
END_TEST

START_TEST(simplifies) {
    static const char *const pairs[][2] = {
        {"2 * (3 * x0)", "6 * x0"},      {"(x0 - 1) + 3", "2 + x0"},
        {"x0 / 4 * 2", "0.5 * x0"},      {"tanh(0) + x1", "x1"},
        {"-(2 * x0)", "-2 * x0"},        {"-(-x0)", "x0"},
        {"2 * -x1", "-2 * x1"},          {"3 * (2 / x0)", "6 / x0"},
        {"1 + (2 - x0)", "3 - x0"},      {"0 * exp(x0) + 1", "1"},
        {"x0 * x1 + 0 * x2", "x0 * x1"}, {"(2 + 3 * 4) * x0", "14 * x0"},
    };
    check_rewriting("+ - * / neg tanh exp", pairs, sizeof pairs / sizeof *pairs,
                    l2osr__tree_simplify);
}
END_TEST

static void tidy(l2osr__tree *tree, const l2osr__grammar *grammar) {
    (void)grammar;
    l2osr__tree_tidy(tree);
}

START_TEST(tidies) {
    static const char *const pairs[][2] = {
        {"x0 + (x1 + (x2 + (x0 * x1)))", "x0 + x1 + x2 + x0 * x1"},
        {"1 + ((x0 + (x1 - x2)) + (x2 + x1))", "1 + x0 + x1 - x2 + x2 + x1"},
        {"x0 + -2 * x1 * x2", "x0 - 2 * x1 * x2"},
        {"x0 * (x1 * (2 + (x2 + x0)))", "x0 * x1 * (2 + x2 + x0)"},
        {"x0 - (x1 + x2)", "x0 - (x1 + x2)"},
        {"x0 + -1 * x1", "x0 - x1"},
        {"x0 + -1 * x1 * tanh(x2) + -1", "x0 - x1 * tanh(x2) - 1"},
        {"tanh(x0 + -1 * square(x1) + x2)", "tanh(x0 - square(x1) + x2)"},
    };
    check_rewriting(NULL, pairs, sizeof pairs / sizeof *pairs, tidy);
}
END_TEST

START_TEST(factors_go_into_constants) {
    static const char *const cases[][2] = {
        {"2 * x0 + 1", "6 * x0 + 3"},
        {"3 / x0 - 1", "9 / x0 - 3"},
        {"2 * x0 - (3 - 4 * x1)", "6 * x0 - (9 - 12 * x1)"},
        {"(x0 + 2) * (3 * x1)", "(x0 + 2) * (9 * x1)"},
        {"-(x1 * 2)", "-(x1 * 6)"},
        {"x0 / 6", "x0 / 2"},
        {"x1 / (3 + 6 * x0)", "x1 / (1 + 2 * x0)"},
    };
    static const char *const none[] = {"x0", "x0 + 2", "tanh(2 * x0)", "x0 / x1", "x0 * (1 + x1)"};
    struct bench b;
    l2osr__tree tree;
    char text[256];
    bench_open(&b, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bench_parse(&b, cases[i][0], &tree);
        ck_assert_int_ge(l2osr__tree_factor(&tree), 0);
        l2osr__tree_multiply(&tree, 3);
        ck_assert_str_eq(bench_print(&b, &tree, text), cases[i][1]);
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        bench_parse(&b, none[i], &tree);
        ck_assert_msg(l2osr__tree_factor(&tree) == -1, "%s", none[i]);
    }
    bench_close(&b);
}
END_TEST

START_TEST(offsets_are_found_with_their_sign) {
    static const struct {
        const char *text;
        double value, sign;
    } cases[] = {{"x0 + 2", 2, 1},
                 {"x0 - 2", 2, -1},
                 {"x0 - (x1 - 5)", 5, 1},
                 {"(x0 - 3) + x1", 3, -1},
                 {"4 - x0", 4, 1}};
    static const char *const none[] = {"x0", "2 * x0", "tanh(x0 + 1)", "x0 - 2 * x1"};
    struct bench b;
    l2osr__tree tree;
    double sign;
    bench_open(&b, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bench_parse(&b, cases[i].text, &tree);
        const int32_t at = l2osr__tree_offset(&tree, tree.count - 1, &sign);
        ck_assert_int_ge(at, 0);
        ck_assert_double_eq(tree.nodes[at].value, cases[i].value);
        ck_assert_double_eq(sign, cases[i].sign);
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        bench_parse(&b, none[i], &tree);
        ck_assert_msg(l2osr__tree_offset(&tree, tree.count - 1, &sign) == -1, "%s", none[i]);
    }
    bench_close(&b);
}
END_TEST

/* Where the values agree before rounding, sums of squares over all rows do so nearly. */
START_TEST(simplifying_keeps_values) {
    struct bench b;
    l2osr__rng rng;
    int compared = 0;
    bench_open(&b, "+ - * / neg tanh abs square");
    l2osr__rng_init(&rng, 4, 0);
    for (int i = 0; i < 2000; i++) {
        l2osr__tree tree;
        bench_random(&b, &rng, 20, &tree);
        const double before = l2osr__score_plain(&b.scorer, &tree);
        l2osr__tree_simplify(&tree, &b.grammar);
        check_whole(&tree);
        const double after = l2osr__score_plain(&b.scorer, &tree);
        /* rounding differs, and quotients make much of it; 0 * inf may become 0 */
        if (!isfinite(before) || before >= 1e4)
            continue;
        ck_assert_double_eq_tol(after, before, 2e-2 * before + 1e-9);
        compared++;
    }
    ck_assert_int_gt(compared, 1000);
    bench_close(&b);
}
END_TEST

static const char *const laws[] = {
    "+ - * / neg tanh sinh asinh exp abs square cube sqrtm logm relu",
    "+ * / sigmoid erfc abs sqrtm square relu tanh",
    "- / neg abs square sqrt sqrtm atan cos sin",
    "* neg square cube abs min max softsign elu exp",
};
enum { LAWS = sizeof laws / sizeof laws[0] };

/* Simpler trees are no larger and have the same values, in double precision and at any point where
 * there is one. */
START_TEST(simplifying_keeps_values_everywhere) {
    struct bench b;
    l2osr__rng rng;
    int compared = 0, shorter = 0;
    bench_open(&b, laws[_i]);
    l2osr__rng_init(&rng, 5, (uint64_t)_i);
    for (int i = 0; i < 20000; i++) {
        l2osr__tree tree, simple;
        char text[256];
        bench_random(&b, &rng, 2 + i % 12, &tree);
        simple = tree;
        l2osr__tree_simplify(&simple, &b.grammar);
        check_whole(&simple);
        ck_assert_int_le(simple.count, tree.count);
        shorter += simple.count < tree.count;
        for (int k = 0; k < 3; k++) {
            const double x[] = {l2osr__rng_normal(&rng), l2osr__rng_normal(&rng),
                                l2osr__rng_normal(&rng)};
            const double before = bench_value(&tree, x), after = bench_value(&simple, x);
            if (!isfinite(before) || fabs(before) > 1e6)
                continue;
            if (!(fabs(after - before) <= 1e-6 * (1 + fabs(before))))
                ck_abort_msg("%s: %.9g becomes %.9g", bench_print(&b, &tree, text), before, after);
            compared++;
        }
    }
    ck_assert_int_gt(compared, 20000);
    ck_assert_int_gt(shorter, 1000);
    bench_close(&b);
}
END_TEST

START_TEST(hashes_tell_what_single_precision_tells) {
    static const char *const texts[] = {
        "x0",       "x1",         "x0 + x1",        "x1 + x0",        "x0 - x1",
        "tanh(x0)", "exp(x0)",    "2 * x0",         "2.000001 * x0",  "-2 * x0",
        "x0 * 2",   "square(x0)", "(x0 + x1) + x2", "x0 + (x1 + x2)", "2",
        "0"};
    enum { TEXTS = sizeof texts / sizeof texts[0] };
    struct bench b;
    l2osr__tree tree;
    uint64_t hash[TEXTS];
    bench_open(&b, NULL);
    for (size_t i = 0; i < TEXTS; i++) {
        bench_parse(&b, texts[i], &tree);
        hash[i] = l2osr__tree_hash(&tree);
        ck_assert_uint_ne(hash[i], 0);
        for (size_t k = 0; k < i; k++)
            ck_assert_msg(hash[i] != hash[k], "%s and %s", texts[i], texts[k]);
    }
    bench_parse(&b, "2.00000001 * x0", &tree); /* 2 in single precision */
    ck_assert_uint_eq(l2osr__tree_hash(&tree), hash[7]);
    l2osr__tree memory = {.count = 1, .nodes = {l2osr__tree_column(3, 0.5)}};
    l2osr__tree other = {.count = 1, .nodes = {l2osr__tree_column(3, 0.6)}};
    ck_assert_uint_ne(l2osr__tree_hash(&memory), l2osr__tree_hash(&other));
    bench_close(&b);
}
END_TEST

/* Whether the grammar has such a node. */
static bool may_be(const struct bench *b, const l2osr__node *node) {
    if (node->op == L2OSR__OP_CONST)
        return true;
    if (node->op != L2OSR__OP_VAR)
        return b->grammar.has[node->op];
    if (node->a < 0 || node->a >= (int32_t)b->grammar.columns)
        return false;
    if (b->grammar.terminals[node->a].decays)
        return node->value >= 0 && node->value < 1;
    if (b->grammar.terminals[node->a].counts)
        return node->value >= 1 && node->value <= L2OSR__MAX_WINDOW &&
               node->value == floor(node->value);
    return node->value == 0;
}

/* Changes of one kind to what such changes made, beginning with a constant and with random trees.
 */
static void change_often(struct bench *b, int kind) {
    l2osr__rng rng;
    l2osr__tree tree;
    int changed = 0;
    l2osr__rng_init(&rng, 3, (uint64_t)kind);
    bench_parse(b, "1.5", &tree);
    for (int i = 0; i < 1500; i++) {
        l2osr__tree child = tree;
        l2osr__mutate_by(kind, &child, &b->grammar, &rng);
        check_whole(&child);
        for (int32_t k = 0; k < child.count; k++)
            if (!may_be(b, &child.nodes[k]))
                ck_abort_msg("node %d", (int)k);
        changed += l2osr__tree_hash(&child) != l2osr__tree_hash(&tree);
        const int32_t before = child.count;
        l2osr__tree_simplify(&child, &b->grammar);
        ck_assert_int_le(child.count, before);
        check_whole(&child);
        tree = child;
        if (i % 10 == 9 || tree.count > 40)
            bench_random(b, &rng, 25, &tree);
    }
    ck_assert_msg(changed > 20, "kind %d: %d changes", kind, changed);
}

START_TEST(every_mutation_keeps_trees_whole) {
    static const char *const operators[] = {NULL, "+ * - / ^ tanh ema dsum wsum square abs"};
    for (size_t k = 0; k < 2; k++) {
        l2osr_context *ctx = test_context();
        struct bench b;
        bench_open_over(&b, ctx, k == 0 ? make_table(ctx, 50) : make_series(ctx), operators[k], 0);
        change_often(&b, _i);
        bench_close(&b);
    }
}
END_TEST

START_TEST(crossing_keeps_trees_whole) {
    struct bench b;
    l2osr__rng rng;
    l2osr__tree tree, other;
    bench_open(&b, NULL);
    l2osr__rng_init(&rng, 3, 0);
    for (int i = 0; i < 5000; i++) {
        bench_random(&b, &rng, 1 + i % 90, &tree);
        bench_random(&b, &rng, 1 + i % 70, &other);
        l2osr__cross(&tree, &other, &b.grammar, &rng);
        check_whole(&tree);
    }
    bench_close(&b);
}
END_TEST

/* The largest trees there can be, on which changes that add nodes must be refused. */
START_TEST(changes_of_full_trees_are_refused) {
    struct bench b;
    l2osr__rng rng;
    l2osr__tree full, power;
    bench_open(&b, NULL);
    l2osr__rng_init(&rng, 6, 0);
    full.count = 0;
    full.nodes[full.count++] = l2osr__tree_column(0, 0);
    while (full.count + 2 <= L2OSR__TREE_ROOM) {
        full.nodes[full.count] = l2osr__tree_column((uint32_t)full.count % 3, 0);
        full.nodes[full.count + 1] = l2osr__tree_op(L2OSR__OP_ADD);
        full.count += 2;
    }
    l2osr__tree_link(&full);
    power = full;
    power.nodes[1] = l2osr__tree_constant(2);
    power.nodes[2] = l2osr__tree_op(L2OSR__OP_POWM);
    l2osr__tree_link(&power);
    for (int i = 0; i < 1500; i++) {
        l2osr__tree child = i % 2 ? full : power;
        l2osr__mutate_by(i % L2OSR__MUTATIONS, &child, &b.grammar, &rng);
        check_whole(&child);
        child = i % 2 ? full : power;
        l2osr__cross(&child, &full, &b.grammar, &rng);
        check_whole(&child);
    }
    bench_close(&b);
}
END_TEST

START_TEST(what_is_allowed) {
    struct bench b;
    l2osr__tree tree;
    bench_open(&b, "+ * exp:3 tanh");
    ck_ok(l2osr__grammar_nest(&b.grammar, b.ctx, "exp(exp):0, tanh(tanh):1"), b.ctx);
    bench_parse(&b, "exp(tanh(x0))", &tree);
    ck_assert_int_eq(l2osr__tree_complexity(&tree, &b.grammar), 5);
    ck_assert(l2osr__tree_allowed(&tree, &b.grammar));
    b.grammar.max_size = 4;
    ck_assert(!l2osr__tree_allowed(&tree, &b.grammar));
    b.grammar.max_size = 60;
    b.grammar.max_depth = 2;
    ck_assert(!l2osr__tree_allowed(&tree, &b.grammar));
    b.grammar.max_depth = 3;
    ck_assert(l2osr__tree_allowed(&tree, &b.grammar));
    b.grammar.max_depth = 60;
    bench_parse(&b, "exp(x0 + 2 * exp(x1))", &tree);
    ck_assert(!l2osr__tree_allowed(&tree, &b.grammar));
    bench_parse(&b, "exp(x0) + 2 * exp(x1)", &tree);
    ck_assert(l2osr__tree_allowed(&tree, &b.grammar));
    bench_parse(&b, "tanh(x0 + tanh(x1) * tanh(x2))", &tree);
    ck_assert(l2osr__tree_allowed(&tree, &b.grammar));
    bench_parse(&b, "tanh(x0 + tanh(1 + tanh(x2)))", &tree);
    ck_assert(!l2osr__tree_allowed(&tree, &b.grammar));
    bench_close(&b);
}
END_TEST

TCase *tree_tests(void) {
    TCase *tests = tcase_create("trees");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, simplifies);
    tcase_add_test(tests, simplifies_functions);
    tcase_add_test(tests, simplifies_with_what_there_is);
    tcase_add_test(tests, tidies);
    tcase_add_test(tests, factors_go_into_constants);
    tcase_add_test(tests, offsets_are_found_with_their_sign);
    tcase_add_test(tests, simplifying_keeps_values);
    tcase_add_loop_test(tests, simplifying_keeps_values_everywhere, 0, LAWS);
    tcase_add_test(tests, hashes_tell_what_single_precision_tells);
    tcase_add_loop_test(tests, every_mutation_keeps_trees_whole, 0, L2OSR__MUTATIONS);
    tcase_add_test(tests, crossing_keeps_trees_whole);
    tcase_add_test(tests, changes_of_full_trees_are_refused);
    tcase_add_test(tests, what_is_allowed);
    return tests;
}
