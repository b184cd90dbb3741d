/* SPDX-License-Identifier: MIT */
/* The operator table, LaTeX, and what happens when memory runs out. */
#include "tests.h"

#include <string.h>

START_TEST(names_are_found) {
    for (int op = L2OSR__OP_EMA; op < L2OSR__OP_CALL1; op++) {
        const l2osr__op *o = &l2osr__ops[op];
        ck_assert_msg(o->name && o->latex && (o->arity == 1 || o->arity == 2), "operator %d", op);
        if (op != L2OSR__OP_NEG) /* infix '-' comes first */
            ck_assert_int_eq(l2osr__op_find(o->name, strlen(o->name)), op);
        if (o->alias)
            ck_assert_int_eq(l2osr__op_find(o->alias, strlen(o->alias)), op);
    }
    ck_assert_int_eq(l2osr__op_find("tan", 3), L2OSR__OP_COUNT);
    ck_assert_int_eq(l2osr__op_find("", 0), L2OSR__OP_COUNT);
}
END_TEST

static const char *const latex[][2] = {
    {"g", "g"},
    {"g[3] + x", "g_{t-3} + x"},
    {"(g + x)[1]", "\\left(g + x\\right)_{t-1}"},
    {"lr * g / (x + 1)", "\\frac{\\mathrm{lr} \\, g}{x + 1}"},
    {"(g + x)^2", "\\left(g + x\\right)^{2}"},
    {"(g / x)^2", "\\left(\\frac{g}{x}\\right)^{2}"},
    {"-(g + x)", "-\\left(g + x\\right)"},
    {"g - (x - t)", "g - \\left(x - t\\right)"},
    {"1.5e-08 * sqrt(g^2)", "1.5 \\cdot 10^{-8} \\, \\sqrt{g^{2}}"},
    {"g + 1e-08", "g + 10^{-8}"},
    {"g * 1e-08", "g \\, 10^{-8}"},
    {"g * -1e-08", "g \\, \\left(-1 \\cdot 10^{-8}\\right)"},
    {"g * -x", "g \\, \\left(-x\\right)"},
    {"g * (x / t)", "g \\, \\frac{x}{t}"},
    {"g * (x * t)", "g \\, \\left(x \\, t\\right)"},
    {"1e-08^g", "\\left(10^{-8}\\right)^{g}"},
    {"square(g)^2", "\\left(\\left(g\\right)^{2}\\right)^{2}"},
    {"ema(g, 0.9)", "\\mathrm{ema}_{0.9}\\left(g\\right)"},
    {"logm(g)", "\\log\\left|g\\right|"},
    {"wsum(g, 2)", "g + g_{t-1}"},
    {"linear(~1, 10, -x)[1]",
     "\\left(\\mathrm{linear}\\left(1,\\, 10,\\, -x\\right)\\right)_{t-1}"},
    {"2 * wsum(-g, 3)[1]", "2 \\, \\left(\\mathrm{wsum}_{3}\\left(-g\\right)\\right)_{t-1}"},
};

START_TEST(latex_text) {
    l2osr_context *ctx = test_context();
    l2osr__text text = {.ctx = ctx};
    l2osr__expr expr;
    char *written;
    ck_ok(l2osr__parse_expression(&expr, ctx, (l2osr__source){"f", latex[_i][0]}, &symbols), ctx);
    l2osr__print_latex(&text, &expr, expr.root, &symbols);
    ck_ok(l2osr__text_take(&text, &written), ctx);
    ck_assert_str_eq(written, latex[_i][1]);
    l2osr__free(ctx, written);
    l2osr__expr_clear(&expr);
    l2osr_context_free(ctx);
}
END_TEST

/* Every random rule makes some LaTeX with balanced braces. */
START_TEST(latex_is_balanced) {
    l2osr_context *ctx = test_context();
    l2osr__rng rng;
    l2osr__rng_init(&rng, 50, 0);
    for (int k = 0; k < 500; k++) {
        l2osr__expr expr;
        l2osr__text text = {.ctx = ctx};
        char *written;
        int open = 0, left = 0;
        l2osr__expr_init(&expr, ctx);
        random_rule(&expr, &rng, 3, 20,
                    (mixture){.any_decay = true, .reductions = true, .schedules = true});
        l2osr__print_latex(&text, &expr, expr.root, &symbols);
        ck_ok(l2osr__text_take(&text, &written), ctx);
        for (const char *c = written; *c; c++) {
            open += (*c == '{') - (*c == '}');
            left += (strncmp(c, "\\left", 5) == 0 && c[5] != 'a') -
                    (strncmp(c, "\\right", 6) == 0 && c[6] != 'a');
            ck_assert_int_ge(open, 0);
        }
        ck_assert_msg(open == 0 && left == 0, "%s", written);
        l2osr__free(ctx, written);
        l2osr__expr_clear(&expr);
    }
    l2osr_context_free(ctx);
}
END_TEST

static l2osr_status read_and_print(l2osr_context *ctx) {
    static const char text[] =
        "l2osr-rule 1\nlet m = ema(g, 0.9)\nlet v = ema(g^2, 0.999)\n"
        "update = -lr * m / (sqrt(v) + 1e-08) * exp(g[1]) * tanh(x) * relu(t - 5)\n";
    l2osr__rule_header header;
    l2osr__expr expr, copy;
    l2osr__text printed = {.ctx = ctx};
    char *written = NULL;
    l2osr_status status =
        l2osr__parse_rule(&expr, &header, ctx, (l2osr__source){"f", text}, &symbols);
    l2osr__expr_init(&copy, ctx);
    if (status == L2OSR_OK)
        status = l2osr__expr_copy(&copy, &expr);
    if (status == L2OSR_OK) {
        l2osr__print_rule(&printed, &copy, &header, &symbols);
        l2osr__print_latex(&printed, &copy, copy.root, &symbols);
        status = l2osr__text_take(&printed, &written);
    }
    l2osr__free(ctx, written);
    l2osr__expr_clear(&copy);
    l2osr__expr_clear(&expr);
    return status;
}

START_TEST(out_of_memory) {
    struct failing_allocator allocator = {-1, 0, 0};
    const struct l2osr_allocator hooks = failing_allocator_hooks(&allocator);
    l2osr_context_options o = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_context *ctx;
    l2osr_status status = L2OSR_ENOMEM;
    o.allocator = &hooks;
    o.threads = 1;
    ck_assert_int_eq(l2osr_context_create(&ctx, &o), L2OSR_OK);
    const long before = allocator.live;
    for (long k = 0; status != L2OSR_OK; k++) {
        allocator.count = 0;
        allocator.fail_at = k;
        status = read_and_print(ctx);
        ck_assert_msg(status == L2OSR_OK || status == L2OSR_ENOMEM, "allocation %ld: %s", k,
                      l2osr_context_errmsg(ctx));
        ck_assert_int_eq(allocator.live, before);
    }
    ck_assert_int_gt(allocator.fail_at, 5);
    l2osr_context_free(ctx);
    ck_assert_int_eq(allocator.live, 0);
}
END_TEST

TCase *op_tests(void) {
    TCase *tests = tcase_create("operators");
    tcase_add_test(tests, names_are_found);
    tcase_add_loop_test(tests, latex_text, 0, sizeof latex / sizeof latex[0]);
    tcase_add_test(tests, latex_is_balanced);
    tcase_add_test(tests, out_of_memory);
    return tests;
}
