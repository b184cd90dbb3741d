/* SPDX-License-Identifier: MIT */
/* Functions of the caller in formulas under search. */
#include <math.h>
#include <string.h>

#include "bench.h"

/* How often the forms were called; tests of scorers have one thread. */
struct calls {
    long value, block, slope;
};

static double cube_root(void *user, double a, double b) {
    (void)b;
    ((struct calls *)user)->value++;
    return cbrt(a);
}

static void cube_roots(void *user, size_t n, float *out, const float *a, const float *b) {
    ck_assert_ptr_null(b);
    ((struct calls *)user)->block++;
    for (size_t i = 0; i < n; i++)
        out[i] = (float)cbrt((double)a[i]);
}

static double cube_root_slope(void *user, double a, double b, unsigned operand) {
    (void)b;
    ck_assert_uint_eq(operand, 0);
    ((struct calls *)user)->slope++;
    return a == 0 ? 0 : 1 / (3 * cbrt(a) * cbrt(a));
}

static double between(void *user, double a, double b) {
    ((struct calls *)user)->value++;
    return sqrt(a * a + b * b + 1);
}

static void open_with(struct bench *b, const l2osr__function *functions, size_t count) {
    bench_open(b, "+ * -");
    ck_ok(l2osr__grammar_add(&b->grammar, b->ctx, functions, count), b->ctx);
}

START_TEST(both_forms_give_the_same_score) {
    struct calls calls = {0};
    const l2osr__function by_value = {
        .name = "croot", .arity = 1, .value = cube_root, .user = &calls};
    l2osr__function by_block = by_value;
    struct bench b;
    l2osr__tree tree;
    double error[2];
    by_block.block = cube_roots;
    for (int k = 0; k < 2; k++) {
        open_with(&b, k == 0 ? &by_value : &by_block, 1);
        bench_parse(&b, "croot(x0 * x1 - 2) + x2", &tree);
        calls = (struct calls){0};
        error[k] = l2osr__score(&b.scorer, &tree, INFINITY);
        ck_assert_int_eq(calls.block, k == 0 ? 0 : 2); /* 700 rows are two blocks */
        ck_assert_int_eq(calls.value, k == 0 ? BENCH_ROWS : 0);
        bench_close(&b);
    }
    ck_assert_double_eq(error[0], error[1]);
}
END_TEST

/* Numbers are operands too. */
START_TEST(functions_are_computed) {
    struct calls calls = {0};
    const l2osr__function functions[] = {
        {.name = "croot", .arity = 1, .value = cube_root, .block = cube_roots, .user = &calls},
        {.name = "between", .arity = 2, .value = between, .user = &calls}};
    struct bench b;
    l2osr__tree tree;
    float values[BENCH_ROWS];
    char text[256];
    open_with(&b, functions, 2);
    bench_parse(&b, "between(croot(x0), 2) + croot(5)", &tree);
    ck_assert_str_eq(bench_print(&b, &tree, text), "between(croot(x0), 2) + croot(5)");
    bench_values(&b, &tree, values);
    for (size_t i = 0; i < BENCH_ROWS; i++) {
        const double a = cbrt((double)b.table.column[0][i]);
        ck_assert_double_eq_tol((double)values[i], sqrt(a * a + 5) + cbrt(5), 1e-5);
    }
    l2osr__tree_simplify(&tree, &b.grammar);
    ck_assert_int_eq(l2osr__tree_complexity(&tree, &b.grammar), 7);
    bench_close(&b);
}
END_TEST

START_TEST(constants_inside_functions_are_fitted) {
    struct calls calls = {0};
    l2osr__function function = {.name = "croot", .arity = 1, .value = cube_root, .user = &calls};
    for (int k = 0; k < 2; k++) {
        l2osr_context *ctx = test_context();
        l2osr_samples *samples = make_table(ctx, BENCH_ROWS);
        struct bench b;
        l2osr__tree tree;
        if (k == 1)
            function.slope = cube_root_slope;
        for (size_t i = 0; i < BENCH_ROWS; i++) {
            const double x = (double)*l2osr_samples_series(samples, 0, i);
            *l2osr_samples_target(samples, i) = (float)(1.5 * cbrt(exp(0.5 * x) + 0.7));
        }
        bench_open_over(&b, ctx, samples, "+ * exp", 0);
        ck_ok(l2osr__grammar_add(&b.grammar, ctx, &function, 1), ctx);
        bench_parse(&b, "1 * croot(exp(0.4 * x0) + 1)", &tree);
        ck_assert_uint_gt(l2osr__fit(&b.scorer, &tree, BENCH_ROWS, 40), 0);
        ck_assert_double_lt(l2osr__score_plain(&b.scorer, &tree), 1e-9);
        ck_assert(k == 0 ? calls.slope == 0 : calls.slope > 0);
        bench_close(&b);
    }
}
END_TEST

START_TEST(functions_are_drawn_and_kept_whole) {
    struct calls calls = {0};
    const l2osr__function functions[] = {
        {.name = "croot", .arity = 1, .value = cube_root, .user = &calls},
        {.name = "between", .arity = 2, .value = between, .user = &calls}};
    static const double weights[L2OSR__MUTATIONS] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    struct bench b;
    l2osr__rng rng;
    l2osr__tree tree;
    long used[2] = {0};
    open_with(&b, functions, 2);
    l2osr__rng_init(&rng, 91, 0);
    for (int i = 0; i < 2000; i++) {
        if (i % 10 == 0)
            bench_random(&b, &rng, 20, &tree);
        l2osr__mutate(&tree, &b.grammar, &rng, weights);
        check_whole(&tree);
        for (int32_t k = 0; k < tree.count; k++)
            if (l2osr__op_is_call(tree.nodes[k].op)) {
                const unsigned number = tree.nodes[k].lag;
                ck_assert_uint_lt(number, 2);
                ck_assert_int_eq(functions[number].arity, l2osr__ops[tree.nodes[k].op].arity);
                used[number]++;
            }
        l2osr__tree_simplify(&tree, &b.grammar);
        check_whole(&tree);
    }
    ck_assert_int_gt(used[0], 100);
    ck_assert_int_gt(used[1], 100);
    bench_close(&b);
}
END_TEST

START_TEST(bad_functions_are_refused) {
    struct calls calls = {0};
    const l2osr_sr_function good = {sizeof good, "croot", 1, cube_root, NULL, NULL, &calls};
    struct {
        l2osr_sr_function f;
        const char *message;
    } cases[] = {{good, "name"},  {good, "tanh"},  {good, "3x"},
                 {good, "arity"}, {good, "value"}, {good, "wsum"}};
    const l2osr_sr_function *twice[] = {&good, &good};
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_table(ctx, 50);
    l2osr_sr_options o = L2OSR_SR_OPTIONS_INIT;
    l2osr_sr *sr;
    cases[0].f.name = NULL;
    cases[1].f.name = "tanh";
    cases[2].f.name = "3x";
    cases[3].f.arity = 3;
    cases[4].f.value = NULL;
    cases[5].f.name = "wsum";
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const l2osr_sr_function *one = &cases[i].f;
        o.functions = &one;
        o.n_functions = 1;
        ck_assert_int_eq(l2osr_sr_create(&sr, ctx, samples, &o), L2OSR_EINVAL);
        ck_assert_msg(strstr(l2osr_context_errmsg(ctx), cases[i].message), "%s",
                      l2osr_context_errmsg(ctx));
    }
    o.functions = twice;
    o.n_functions = 2;
    ck_assert_int_eq(l2osr_sr_create(&sr, ctx, samples, &o), L2OSR_EINVAL);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "twice"));
    o.functions = NULL;
    ck_assert_int_eq(l2osr_sr_create(&sr, ctx, samples, &o), L2OSR_EINVAL);
    o.functions = twice;
    o.n_functions = 257;
    ck_assert_int_eq(l2osr_sr_create(&sr, ctx, samples, &o), L2OSR_ERANGE);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

static double plain_root(void *user, double a, double b) {
    (void)user;
    (void)b;
    return cbrt(a);
}

static void plain_roots(void *user, size_t n, float *out, const float *a, const float *b) {
    (void)user;
    (void)b;
    for (size_t i = 0; i < n; i++)
        out[i] = (float)cbrt((double)a[i]);
}

START_TEST(searches_find_functions) {
    l2osr_sr_function function = L2OSR_SR_FUNCTION_INIT;
    const l2osr_sr_function *functions[] = {&function};
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_table(ctx, 300);
    l2osr_sr_options o = L2OSR_SR_OPTIONS_INIT;
    char first[256];
    function.name = "croot";
    function.arity = 1;
    function.value = plain_root;
    for (size_t i = 0; i < 300; i++)
        *l2osr_samples_target(samples, i) =
            (float)(2 * cbrt((double)*l2osr_samples_series(samples, 1, i)) + 1);
    o.operators = "+ * tanh";
    o.functions = functions;
    o.n_functions = 1;
    o.evaluations = 3000;
    o.islands = 2;
    for (int k = 0; k < 2; k++) {
        double mse, r2;
        function.block = k == 0 ? NULL : plain_roots;
        l2osr_front *front = search_front(ctx, samples, &o);
        const size_t best = l2osr_front_recommend(front, 0.01);
        const l2osr_formula *f = l2osr_front_get(front, best);
        ck_assert_double_gt(f->r2_train, 0.999999);
        ck_assert_ptr_nonnull(strstr(f->equation, "croot(x1)"));
        ck_ok(l2osr_front_measure(front, best, samples, &mse, &r2), ctx);
        ck_assert_double_eq(r2, f->r2_train);
        if (k == 0)
            strcpy(first, f->equation);
        else
            ck_assert_str_eq(f->equation, first);
        l2osr_front_free(front);
    }
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

TCase *function_tests(void) {
    TCase *tests = tcase_create("functions");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, both_forms_give_the_same_score);
    tcase_add_test(tests, functions_are_computed);
    tcase_add_test(tests, constants_inside_functions_are_fitted);
    tcase_add_test(tests, functions_are_drawn_and_kept_whole);
    tcase_add_test(tests, bad_functions_are_refused);
    tcase_add_test(tests, searches_find_functions);
    return tests;
}
