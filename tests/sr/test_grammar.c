/* SPDX-License-Identifier: MIT */
/* What formulas may be made of: operators, complexities, limits of nesting and depth. */
#include <math.h>
#include <string.h>

#include "bench.h"

static l2osr__grammar read_grammar(l2osr_context *ctx, const char *operators, const char *nesting) {
    l2osr__grammar grammar;
    memset(&grammar, 0, sizeof grammar);
    ck_ok(l2osr__grammar_init(&grammar, ctx, operators), ctx);
    ck_ok(l2osr__grammar_nest(&grammar, ctx, nesting), ctx);
    return grammar;
}

START_TEST(operators_are_read) {
    l2osr_context *ctx = test_context();
    l2osr__grammar g = read_grammar(ctx, " plus,mult\t exp:2\n tanh:17 ema wsum", NULL);
    ck_assert(g.has[L2OSR__OP_ADD] && g.has[L2OSR__OP_MUL] && g.has[L2OSR__OP_EXP]);
    ck_assert(g.has[L2OSR__OP_TANH] && !g.has[L2OSR__OP_SUB] && !g.has[L2OSR__OP_EMA]);
    ck_assert(g.memory[L2OSR__OP_EMA] && !g.memory[L2OSR__OP_DSUM] && g.window_sum);
    ck_assert_int_eq(g.cost[L2OSR__OP_EXP], 2);
    ck_assert_int_eq(g.cost[L2OSR__OP_TANH], 17);
    ck_assert_int_eq(g.cost[L2OSR__OP_ADD], 1);
    ck_assert_int_eq(g.cost[L2OSR__OP_CONST], 1);
    ck_assert(!g.nested);
    g = read_grammar(ctx, NULL, NULL);
    ck_assert(g.has[L2OSR__OP_SQRTM] && !g.window_sum && !g.memory[L2OSR__OP_EMA]);
    g = read_grammar(ctx, "+ tanh exp", "exp(exp):0, tanh(plus):3 +(exp):1");
    ck_assert(g.nested);
    ck_assert_int_eq(g.nest[L2OSR__OP_EXP][L2OSR__OP_EXP], 0);
    ck_assert_int_eq(g.nest[L2OSR__OP_TANH][L2OSR__OP_ADD], 3);
    ck_assert_int_eq(g.nest[L2OSR__OP_ADD][L2OSR__OP_EXP], 1);
    ck_assert_int_eq(g.nest[L2OSR__OP_EXP][L2OSR__OP_TANH], -1);
    l2osr_context_free(ctx);
}
END_TEST

static double soft(void *user, double a, double b) {
    (void)user;
    (void)b;
    return a / (1 + fabs(a));
}

START_TEST(bad_texts_are_refused) {
    static const l2osr_sr_function function = {
        .struct_size = sizeof function, .name = "soft", .arity = 1, .value = soft};
    static const l2osr_sr_function *const functions[] = {&function};
    static const struct {
        const char *operators, *nesting;
        l2osr_status status;
        const char *message;
    } cases[] = {
        {"+ tahn", NULL, L2OSR_ENOTFOUND, "'tahn'"},
        {"+ tahn:2", NULL, L2OSR_ENOTFOUND, "'tahn'"},
        {"+ 3", NULL, L2OSR_ENOTFOUND, "'3'"},
        {"+ dmax", NULL, L2OSR_EINVAL, "dmax"},
        {"+ mean", NULL, L2OSR_EINVAL, "mean"},
        {"exp:0", NULL, L2OSR_EINVAL, "'exp:0'"},
        {"exp:1.5", NULL, L2OSR_EINVAL, "'exp:1.5'"},
        {"exp:-1", NULL, L2OSR_EINVAL, "whole number"},
        {"exp:101", NULL, L2OSR_EINVAL, "100"},
        {"exp:", NULL, L2OSR_EINVAL, "'exp:'"},
        {"exp:2x", NULL, L2OSR_EINVAL, "'exp:2x'"},
        {"exp:nan", NULL, L2OSR_EINVAL, "'exp:nan'"},
        {"exp:2:3", NULL, L2OSR_EINVAL, "'exp:2:3'"},
        {":2", NULL, L2OSR_ENOTFOUND, "''"},
        {NULL, "exp", L2OSR_EINVAL, "exp(exp):0"},
        {NULL, "exp(exp)", L2OSR_EINVAL, "'exp(exp)'"},
        {NULL, "exp)exp(:0", L2OSR_EINVAL, "'exp)exp(:0'"},
        {NULL, "exp(tahn):1", L2OSR_ENOTFOUND, "'tahn'"},
        {NULL, "(exp):1", L2OSR_ENOTFOUND, "'' in nesting"},
        {NULL, "exp():1", L2OSR_ENOTFOUND, "'' in nesting"},
        {NULL, "tanh(ema):0", L2OSR_EINVAL, "'ema' has no limits"},
        {NULL, "exp(wsum):0", L2OSR_EINVAL, "'wsum' has no limits"},
        {NULL, "dsum(exp):0", L2OSR_EINVAL, "'dsum' has no limits"},
        {NULL, "mean(exp):0", L2OSR_EINVAL, "'mean' has no limits"},
        {NULL, "soft(exp):0", L2OSR_EINVAL, "'soft' has no limits"},
        {NULL, "exp(soft):0", L2OSR_EINVAL, "functions of yours"},
        {"+ soft:3", NULL, L2OSR_EINVAL, "'soft' is a function of yours"},
        {"ema:0", NULL, L2OSR_EINVAL, "'ema:0'"},
        {NULL, "exp(exp):", L2OSR_EINVAL, "'exp(exp):'"},
        {NULL, "exp(exp):-1", L2OSR_EINVAL, "0 to 100"},
        {NULL, "exp(exp):101", L2OSR_EINVAL, "0 to 100"},
        {NULL, "exp(exp):0.5", L2OSR_EINVAL, "'exp(exp):0.5'"},
        {NULL, "exp(exp):1x", L2OSR_EINVAL, "'exp(exp):1x'"},
        {NULL, "exp(exp):0 tanh", L2OSR_EINVAL, "'tanh'"},
    };
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_table(ctx, 50);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        l2osr_sr_options o = L2OSR_SR_OPTIONS_INIT;
        l2osr_sr *sr;
        o.operators = cases[i].operators;
        o.nesting = cases[i].nesting;
        o.functions = functions;
        o.n_functions = 1;
        ck_assert_msg(l2osr_sr_create(&sr, ctx, samples, &o) == cases[i].status, "case %zu", i);
        ck_assert_ptr_null(sr);
        ck_assert_msg(strstr(l2osr_context_errmsg(ctx), cases[i].message), "'%s' in '%s'",
                      cases[i].message, l2osr_context_errmsg(ctx));
    }
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(operators_are_drawn_as_they_are_allowed) {
    l2osr_context *ctx = test_context();
    l2osr__grammar g = read_grammar(ctx, "+ / tanh", NULL);
    int seen[L2OSR__OP_COUNT] = {0};
    l2osr__rng rng;
    l2osr__node op;
    l2osr__rng_init(&rng, 71, 0);
    for (int i = 0; i < 3000; i++) {
        ck_assert(l2osr__grammar_draw(&g, &rng, 1 + i % 2, &op));
        ck_assert_int_eq(l2osr__ops[op.op].arity, 1 + i % 2);
        seen[op.op]++;
    }
    ck_assert_int_eq(seen[L2OSR__OP_TANH], 1500);
    ck_assert_int_eq(seen[L2OSR__OP_ADD] + seen[L2OSR__OP_DIV], 1500);
    ck_assert_int_gt(seen[L2OSR__OP_DIV], 300);
    ck_assert(!l2osr__grammar_sums(&g));
    g = read_grammar(ctx, "tanh", NULL);
    ck_assert(!l2osr__grammar_draw(&g, &rng, 2, &op));
    l2osr_context_free(ctx);
}
END_TEST

/* A target that asks for nested functions. */
static l2osr_samples *nested_table(l2osr_context *ctx) {
    l2osr_samples *samples = make_table(ctx, 400);
    for (size_t i = 0; i < 400; i++) {
        const double a = (double)*l2osr_samples_series(samples, 0, i);
        const double b = (double)*l2osr_samples_series(samples, 1, i);
        *l2osr_samples_target(samples, i) =
            (float)(tanh(a + 2 * tanh(b - tanh(a * b))) * exp(-a * a));
    }
    return samples;
}

/* An equation of a front as nodes. */
static void parse_equation(l2osr_context *ctx, const char *text, l2osr__expr *expr) {
    const char **names;
    ck_ok(l2osr__parse_open(expr, &names, ctx, (l2osr__source){"equation", text},
                            &(l2osr__symbols){0}),
          ctx);
    l2osr__free(ctx, names);
}

static int depth_of(const l2osr__expr *expr, int32_t i) {
    const l2osr__node *node = &expr->nodes[i];
    const int arity = l2osr__ops[node->op].arity;
    const int a = arity >= 1 ? depth_of(expr, node->a) : 0;
    const int b = arity == 2 ? depth_of(expr, node->b) : 0;
    return 1 + (a > b ? a : b);
}

/* Most nodes `inner` on a path down from, and without, node i. */
static int nested_in(const l2osr__expr *expr, int32_t i, int inner) {
    const l2osr__node *node = &expr->nodes[i];
    const int arity = l2osr__ops[node->op].arity;
    int most = 0;
    for (int k = 0; k < arity; k++) {
        const int32_t operand = k == 0 ? node->a : node->b;
        const int n = nested_in(expr, operand, inner) + (expr->nodes[operand].op == inner);
        most = n > most ? n : most;
    }
    return most;
}

static unsigned cost_of(const l2osr__expr *expr, int32_t i) {
    const l2osr__node *node = &expr->nodes[i];
    const int arity = l2osr__ops[node->op].arity;
    unsigned cost = node->op == L2OSR__OP_EXP ? 2 : node->op == L2OSR__OP_TANH ? 5 : 1;
    cost += arity >= 1 ? cost_of(expr, node->a) : 0;
    return cost + (arity == 2 ? cost_of(expr, node->b) : 0);
}

static l2osr_front *search_nested(l2osr_context *ctx, l2osr_sr_options *o) {
    l2osr_samples *samples = nested_table(ctx);
    o->evaluations = 4000;
    o->islands = 2;
    l2osr_front *front = search_front(ctx, samples, o);
    l2osr_samples_free(samples);
    ck_assert_uint_gt(l2osr_front_size(front), 1);
    return front;
}

START_TEST(complexities_are_those_of_the_text) {
    l2osr_context *ctx = test_context();
    l2osr_sr_options o = L2OSR_SR_OPTIONS_INIT;
    o.operators = "+ * - exp:2 tanh:5 /";
    o.max_complexity = 40;
    l2osr_front *front = search_nested(ctx, &o);
    int dear = 0;
    for (size_t i = 0; i < l2osr_front_size(front); i++) {
        const l2osr_formula *f = l2osr_front_get(front, i);
        l2osr__expr expr;
        parse_equation(ctx, f->equation, &expr);
        ck_assert_uint_eq(cost_of(&expr, expr.root), f->complexity);
        ck_assert_uint_le(f->complexity, 40);
        dear += f->complexity != l2osr__expr_size(&expr, expr.root);
        l2osr__expr_clear(&expr);
    }
    ck_assert_int_gt(dear, 0);
    l2osr_front_free(front);
    l2osr_context_free(ctx);
}
END_TEST

/* A memory counts what its text is made of. */
START_TEST(memories_have_complexities) {
    static const struct {
        const char *operators, *text;
        int32_t cost;
    } cases[] = {
        {"+ * ema", "ema(b, 0.5)", 3},
        {"+ * ema:5", "ema(b, 0.5)", 7},
        {"+ wsum:4 exp", "wsum(a, 7)", 6},
        {"+ * dsum:2 abs:3", "dsum(abs(a), 0.5)", 7},
        {"+ * dsum abs", "dsum(abs(a), 0.5)", 4},
        {"+ wsum square:9", "wsum(square(b), 7)", 12},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        l2osr_context *ctx = test_context();
        struct bench b;
        bool found = false;
        bench_open_over(&b, ctx, make_series(ctx), cases[i].operators, 0);
        for (uint32_t c = b.grammar.plain; c < b.grammar.columns; c++) {
            const l2osr__node leaf = l2osr__tree_column(c, b.grammar.terminals[c].counts ? 7 : 0.5);
            char *text;
            ck_ok(l2osr__columns_name(&b.columns, &leaf, &text), ctx);
            if (strcmp(text, cases[i].text) == 0) {
                ck_assert_int_eq(b.grammar.terminals[c].cost, cases[i].cost);
                found = true;
            }
            l2osr__free(ctx, text);
        }
        ck_assert_msg(found, "%s", cases[i].text);
        bench_close(&b);
    }
}
END_TEST

/* A search whose memories are dear: those of the front count so. */
START_TEST(dear_memories_are_found) {
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_series(ctx);
    l2osr_sr_options o = L2OSR_SR_OPTIONS_INIT;
    o.operators = "+ * ema:5";
    o.evaluations = 4000;
    o.islands = 2;
    o.max_lag = 3;
    l2osr_front *front = search_front(ctx, samples, &o);
    const l2osr_formula *last = l2osr_front_get(front, l2osr_front_size(front) - 1);
    ck_assert_ptr_nonnull(strstr(last->equation, "ema(b, "));
    ck_assert_uint_ge(last->complexity, 1 + 1 + 1 + 1 + 1 + 1 + 7); /* c a[2] + c ema */
    ck_assert_double_gt(last->r2_validation, 0.999);
    l2osr_front_free(front);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(limits_of_nesting_hold) {
    l2osr_context *ctx = test_context();
    l2osr_sr_options o = L2OSR_SR_OPTIONS_INIT;
    int used = 0;
    o.operators = "+ * tanh exp square";
    o.nesting = "exp(exp):0 tanh(tanh):1 exp(tanh):0 square(*):1 tanh(square):0";
    l2osr_front *front = search_nested(ctx, &o);
    for (size_t i = 0; i < l2osr_front_size(front); i++) {
        l2osr__expr expr;
        parse_equation(ctx, l2osr_front_get(front, i)->equation, &expr);
        for (int32_t k = 0; k < expr.count; k++) {
            const int op = expr.nodes[k].op;
            used += op == L2OSR__OP_EXP || op == L2OSR__OP_TANH;
            if (op == L2OSR__OP_EXP) {
                ck_assert_int_eq(nested_in(&expr, k, L2OSR__OP_EXP), 0);
                ck_assert_int_eq(nested_in(&expr, k, L2OSR__OP_TANH), 0);
            } else if (op == L2OSR__OP_TANH) {
                ck_assert_int_le(nested_in(&expr, k, L2OSR__OP_TANH), 1);
                ck_assert_int_eq(nested_in(&expr, k, L2OSR__OP_SQUARE), 0);
            } else if (op == L2OSR__OP_SQUARE) {
                ck_assert_int_le(nested_in(&expr, k, L2OSR__OP_MUL), 1);
            }
        }
        l2osr__expr_clear(&expr);
    }
    ck_assert_int_gt(used, 0);
    l2osr_front_free(front);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(the_largest_depth_holds) {
    l2osr_context *ctx = test_context();
    for (unsigned depth = 1; depth <= 7; depth += 2) {
        l2osr_sr_options o = L2OSR_SR_OPTIONS_INIT;
        o.operators = "+ * tanh exp square";
        o.max_depth = depth;
        l2osr_samples *samples = nested_table(ctx);
        o.evaluations = 3000;
        o.islands = 2;
        l2osr_front *front = search_front(ctx, samples, &o);
        l2osr_samples_free(samples);
        ck_assert_uint_gt(l2osr_front_size(front), 0);
        for (size_t i = 0; i < l2osr_front_size(front); i++) {
            const char *equation = l2osr_front_get(front, i)->equation;
            l2osr__expr expr;
            parse_equation(ctx, equation, &expr);
            ck_assert_msg(depth_of(&expr, expr.root) <= (int)depth, "%u: %s", depth, equation);
            l2osr__expr_clear(&expr);
        }
        l2osr_front_free(front);
    }
    l2osr_context_free(ctx);
}
END_TEST

TCase *grammar_tests(void) {
    TCase *tests = tcase_create("grammars");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, operators_are_read);
    tcase_add_test(tests, bad_texts_are_refused);
    tcase_add_test(tests, operators_are_drawn_as_they_are_allowed);
    tcase_add_test(tests, complexities_are_those_of_the_text);
    tcase_add_test(tests, memories_have_complexities);
    tcase_add_test(tests, dear_memories_are_found);
    tcase_add_test(tests, limits_of_nesting_hold);
    tcase_add_test(tests, the_largest_depth_holds);
    return tests;
}
