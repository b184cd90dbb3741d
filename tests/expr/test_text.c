/* SPDX-License-Identifier: MIT */
/* What is printed reads back as the same nodes, to the last bit. */
#include "tests.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { EXPRESSIONS = 4000, RULES = 1000 };

typedef void (*printer)(l2osr__text *text, const l2osr__expr *expr, int32_t root,
                        const l2osr__symbols *symbols);

static void check_round_trips(printer print) {
    l2osr_context *ctx = test_context();
    l2osr__rng rng;
    l2osr__rng_init(&rng, 30, 0);
    for (int k = 0; k < EXPRESSIONS; k++) {
        l2osr__expr expr, read;
        l2osr__text text = {.ctx = ctx};
        char *written;
        l2osr__expr_init(&expr, ctx);
        expr.root = random_tree(&expr, &rng, 1 + k % 60, (mixture){true, true, true, true});
        print(&text, &expr, expr.root, &symbols);
        ck_ok(l2osr__text_take(&text, &written), ctx);
        ck_ok(l2osr__parse_expression(&read, ctx, (l2osr__source){"random", written}, &symbols),
              ctx);
        check_same(&expr, &read, written);
        l2osr__free(ctx, written);
        l2osr__expr_clear(&read);
        l2osr__expr_clear(&expr);
    }
    l2osr_context_free(ctx);
}

START_TEST(expressions_round_trip) {
    check_round_trips(l2osr__print_node);
    check_round_trips(l2osr__print_calls);
}
END_TEST

START_TEST(rules_round_trip) {
    l2osr_context *ctx = test_context();
    l2osr__rng rng;
    l2osr__rng_init(&rng, 31, 0);
    for (int k = 0; k < RULES; k++) {
        const l2osr__rule_header header = {k % 3 ? 0.1 * k : NAN, k % 4 ? NAN : 0.01 * k};
        l2osr__rule_header read_header;
        l2osr__expr expr, read;
        l2osr__text text = {.ctx = ctx};
        char *written;
        l2osr__expr_init(&expr, ctx);
        random_rule(&expr, &rng, k % 6, 1 + k % 20, (mixture){true, true, true, true});
        l2osr__print_rule(&text, &expr, &header, &symbols);
        ck_ok(l2osr__text_take(&text, &written), ctx);
        ck_ok(l2osr__parse_rule(&read, &read_header, ctx, (l2osr__source){"random", written},
                                &symbols),
              ctx);
        check_same(&expr, &read, written);
        ck_assert_mem_eq(&header, &read_header, sizeof header);
        l2osr__free(ctx, written);
        l2osr__expr_clear(&read);
        l2osr__expr_clear(&expr);
    }
    l2osr_context_free(ctx);
}
END_TEST

/* What people write, and how it is written back: with no more brackets than needed. */
static const char *const canonical[][2] = {
    {"g", "g"},
    {"((g))", "g"},
    {"g+x*t", "g + x * t"},
    {"(g+x)*t", "(g + x) * t"},
    {"g-(x-t)", "g - (x - t)"},
    {"(g-x)-t", "g - x - t"},
    {"g/(x*t)", "g / (x * t)"},
    {"g^x^t", "g^x^t"},
    {"(g^x)^t", "(g^x)^t"},
    {"-g^2", "-g^2"},
    {"(-g)^2", "(-g)^2"},
    {"g^-2", "g^-2"},
    {"2^-g", "2^-g"},
    {"--g", "--g"},
    {"-(2)", "-(2)"},
    {"-2", "-2"},
    {"g - -2", "g - -2"},
    {"-2^2", "-2^2"},
    {"(-2)^2", "(-2)^2"},
    {"~0.5*g", "~0.5 * g"},
    {"~-0.5*g", "~-0.5 * g"},
    {"g[3]", "g[3]"},
    {"g[0]", "g"},
    {"(g+x)[2]", "(g + x)[2]"},
    {"g[1][2]", "g[1][2]"},
    {"(-1)[1]", "(-1)[1]"},
    {"ema( g , 0.9 )", "ema(g, 0.9)"},
    {"plus(g,x)", "g + x"},
    {"sub(g,mult(x,t))", "g - x * t"},
    {"neg(div(g,x))", "-(g / x)"},
    {"neg(g) / x", "-g / x"},
    {"pow(g, 2)", "pow(g, 2)"},
    {"1e-08", "1e-08"},
    {"0.1e1", "1"},
    {".5", "0.5"},
    {"5.", "5"},
    {"(g # a comment\n + x)", "g + x"},
    {"\n  g\r\n", "g"},
    {"wsum(g, 1)", "g"},
    {"2 * wsum(g, 3)", "2 * (g + g[1] + g[2])"},
    {"2 * wsum( g*x , 3 )", "2 * wsum(g * x, 3)"},
    {"wsum(wsum(g, 2), 2)", "wsum(g + g[1], 2)"},
    {"wsum(g[1], 2)[3]", "wsum(g[1], 2)[3]"},
    {"wsum(-2, 2)", "wsum(-2, 2)"},
    {"g * x + (g * x)[1]", "g * x + (g * x)[1]"}, /* two products */
    {"linear( 1,10 ,0.1)", "linear(1, 10, 0.1)"},
    {"-g*linear(~1, 5, ~{0.5,2}, 1e2, -3)^2", "-g * linear(~1, 5, ~{0.5, 2}, 100, -3)^2"},
    {"cosine(g + x, 1, 2, 1000000000, linear(0, 3, 1))[2]",
     "cosine(g + x, 1, 2, 1000000000, linear(0, 3, 1))[2]"},
    {"2 * 1 + 0.5 * t", "2 * 1 + 0.5 * t"}, /* no schedule */
};

START_TEST(canonical_text) {
    l2osr_context *ctx = test_context();
    l2osr__text text = {.ctx = ctx};
    l2osr__expr expr;
    char *written;
    ck_ok(l2osr__parse_expression(&expr, ctx, (l2osr__source){"text", canonical[_i][0]}, &symbols),
          ctx);
    l2osr__print_node(&text, &expr, expr.root, &symbols);
    ck_ok(l2osr__text_take(&text, &written), ctx);
    ck_assert_str_eq(written, canonical[_i][1]);
    l2osr__free(ctx, written);
    l2osr__expr_clear(&expr);
    l2osr_context_free(ctx);
}
END_TEST

/* Of names that nobody declared: as calls, and how long they are. */
static const struct {
    const char *text, *calls;
    uint32_t size;
} calls[] = {
    {"alpha", "alpha", 1},
    {"-2.5", "-2.5", 1},
    {"a + b * a - c / 2", "sub(plus(a, mult(b, a)), div(c, 2))", 9},
    {"-x", "neg(x)", 2},
    {"-(2)", "neg(2)", 2},
    {"exp(exp) ^ 2", "exp(exp)^2", 4},
    {"(a + b) ^ -c", "plus(a, b)^neg(c)", 6},
    {"x[3] + ema(x, 0.9)", "plus(x[3], ema(x, 0.9))", 5},
    {"(a - b)[2]", "sub(a, b)[2]", 4},
    {"greater(pow(a, 2), relu(b))", "greater(pow(a, 2), relu(b))", 6},
};

START_TEST(calls_of_open_expressions) {
    l2osr_context *ctx = test_context();
    l2osr__text text = {.ctx = ctx};
    l2osr__expr expr;
    const char **names;
    char *written;
    ck_ok(l2osr__parse_open(&expr, &names, ctx, (l2osr__source){"text", calls[_i].text},
                            &(l2osr__symbols){0}),
          ctx);
    ck_assert_uint_eq(l2osr__expr_size(&expr, expr.root), calls[_i].size);
    l2osr__print_calls(&text, &expr, expr.root, &(l2osr__symbols){.names = names});
    ck_ok(l2osr__text_take(&text, &written), ctx);
    ck_assert_str_eq(written, calls[_i].calls);
    l2osr__free(ctx, written);
    l2osr__free(ctx, names);
    l2osr__expr_clear(&expr);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(open_expressions_have_limits) {
    static char many[L2OSR__MAX_NODES * 16];
    l2osr_context *ctx = test_context();
    l2osr__expr expr;
    const char **names;
    int length = sprintf(many, "x0");
    for (int i = 1; i < 2 * L2OSR__MAX_NODES; i++)
        length += sprintf(many + length, "+x%d", i);
    ck_assert_int_eq(
        l2osr__parse_open(&expr, &names, ctx, (l2osr__source){"many", many}, &(l2osr__symbols){0}),
        L2OSR_EPARSE);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "more than 1024 nodes"));
    l2osr__free(ctx, names);
    l2osr__expr_clear(&expr);
    l2osr_context_free(ctx);
}
END_TEST

/* Each let doubles the text of the one before. */
START_TEST(sizes_do_not_overflow) {
    l2osr_context *ctx = test_context();
    l2osr__expr expr;
    l2osr__expr_init(&expr, ctx);
    ck_ok(l2osr__expr_add(&expr, (l2osr__node){.op = L2OSR__OP_VAR, .b = -1}, &expr.root), ctx);
    for (int i = 0; i < 100; i++)
        ck_ok(l2osr__expr_add(&expr,
                              (l2osr__node){.op = L2OSR__OP_ADD, .a = expr.root, .b = expr.root},
                              &expr.root),
              ctx);
    ck_assert_uint_eq(l2osr__expr_size(&expr, 3), 15);
    ck_assert_uint_eq(l2osr__expr_size(&expr, expr.root), UINT32_MAX);
    l2osr__expr_clear(&expr);
    l2osr_context_free(ctx);
}
END_TEST

/* Nested sums share what they add up, in texts too: written out, this would be 10^14 terms. */
START_TEST(sums_of_the_last_steps_stay_short) {
    l2osr_context *ctx = test_context();
    const char *const text = "wsum(wsum(wsum(wsum(wsum(wsum(wsum(wsum(-g, 60), 60), 60), 60), 60), "
                             "60), 60), 60)";
    l2osr__text printed = {.ctx = ctx}, latex = {.ctx = ctx};
    l2osr__expr expr, read;
    char *written;
    ck_ok(l2osr__parse_expression(&expr, ctx, (l2osr__source){"f", text}, &symbols), ctx);
    ck_assert_int_eq(expr.count, 2 + 8 * 2 * 59);
    l2osr__print_node(&printed, &expr, expr.root, &symbols);
    ck_ok(l2osr__text_take(&printed, &written), ctx);
    ck_assert_str_eq(written, text);
    ck_ok(l2osr__parse_expression(&read, ctx, (l2osr__source){"f", written}, &symbols), ctx);
    check_same(&expr, &read, written);
    l2osr__print_latex(&latex, &expr, expr.root, &symbols);
    ck_assert_uint_lt(latex.length, 400);
    l2osr__text_drop(&latex);
    l2osr__free(ctx, written);
    l2osr__expr_clear(&read);
    l2osr__expr_clear(&expr);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(copies) {
    l2osr_context *ctx = test_context();
    l2osr__expr expr, copy;
    l2osr__rng rng;
    l2osr__rng_init(&rng, 32, 0);
    l2osr__expr_init(&expr, ctx);
    random_rule(&expr, &rng, 5, 30, (mixture){true, true, true, true});
    ck_ok(l2osr__expr_copy(&copy, &expr), ctx);
    check_same(&expr, &copy, "a copy");
    l2osr__expr_clear(&copy);
    l2osr__expr_clear(&expr);
    l2osr_context_free(ctx);
}
END_TEST

TCase *text_tests(void) {
    TCase *tests = tcase_create("text");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, expressions_round_trip);
    tcase_add_test(tests, rules_round_trip);
    tcase_add_loop_test(tests, canonical_text, 0, sizeof canonical / sizeof canonical[0]);
    tcase_add_loop_test(tests, calls_of_open_expressions, 0, sizeof calls / sizeof calls[0]);
    tcase_add_test(tests, open_expressions_have_limits);
    tcase_add_test(tests, sizes_do_not_overflow);

    tcase_add_test(tests, sums_of_the_last_steps_stay_short);
    tcase_add_test(tests, copies);
    return tests;
}
