/* SPDX-License-Identifier: MIT */
/* Rules as objects: text, files, constants, composition, sharing. */
#include "tests.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

START_TEST(text_is_canonical) {
    l2osr_context *ctx = test_context();
    l2osr_rule *rule = read_rule(ctx, busy_text), *again = read_rule(ctx, l2osr_rule_text(rule));
    ck_assert_str_eq(l2osr_rule_text(rule), busy_text);
    ck_assert_str_eq(l2osr_rule_text(again), busy_text);
    ck_assert_uint_eq(l2osr_rule_state(rule), 2 + 2 + 3);
    ck_assert(l2osr_rule_default_lr(rule) == 0.02);
    ck_assert_ptr_nonnull(strstr(l2osr_rule_latex(rule), "\\Delta x = \\frac{-\\mathrm{lr} \\,"));
    l2osr_rule_free(again);
    l2osr_rule_free(rule);
    rule = read_rule(ctx, "l2osr-rule 1\nupdate = -lr * g\n");
    ck_assert(l2osr_rule_default_lr(rule) == 0.01);
    ck_assert_uint_eq(l2osr_rule_state(rule), 0);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(wrong_texts) {
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"l2osr-rule 1\n", "rule: no line 'update = ...'"},
        {"l2osr-rule 1\nupdate = y\n", "rule: line 2, column 10: unknown name 'y'"},
        {"l2osr-rule 1\nupdate = ema(g, g)\n",
         "rule: line 2, column 10: the decay of ema() must not depend on coordinates: use constants, t, lr and reductions only"},
        {"l2osr-rule 1\nlet b = x / 2\nupdate = g -\n", "rule: line 3, column 13: expected a number, a name "
                                                  "or '(', found the end of the line"},
        {"l2osr-rule 1\nlet b = x / 2\nupdate = g - dsum(g, 1 - b)\n",
         "rule: line 3, column 14: the decay of dsum() must not depend on coordinates: use "
         "constants, t, lr and reductions only"},
        {"l2osr-rule 1\nupdate = dmax(g, update[1])\n",
         "rule: line 2, column 10: the decay of dmax() must not depend on coordinates: use "
         "constants, t, lr and reductions only"},
        {"", "rule: line 1, column 1: expected the first line 'l2osr-rule 1', found the end"},
    };
    l2osr_context *ctx = test_context();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        l2osr_rule *rule;
        ck_assert_int_eq(l2osr_rule_parse(&rule, ctx, cases[i].text, NULL), L2OSR_EPARSE);
        ck_assert_ptr_null(rule);
        ck_assert_str_eq(l2osr_context_errmsg(ctx), cases[i].message);
    }
    l2osr_rule *rule;
    ck_assert_int_eq(l2osr_rule_parse(&rule, ctx, NULL, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_rule_parse(NULL, ctx, "", NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_rule_parse(&rule, NULL, "", NULL), L2OSR_EINVAL);
    l2osr_rule_free(NULL);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(files) {
    char path[256], other[300];
    l2osr_context *ctx = test_context();
    l2osr_rule *rule = read_rule(ctx, busy_text), *loaded;
    test_tmp_path(path, sizeof path, "a.rule");
    ck_ok(l2osr_rule_save(rule, path), ctx);
    ck_ok(l2osr_rule_load(&loaded, ctx, path), ctx);
    ck_assert_str_eq(l2osr_rule_text(loaded), l2osr_rule_text(rule));
    l2osr_rule_free(loaded);
    snprintf(other, sizeof other, "%s/below", path);
    ck_assert_int_eq(l2osr_rule_save(rule, other), L2OSR_EIO);
    ck_assert_int_eq(l2osr_rule_save(rule, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_rule_load(&loaded, ctx, NULL), L2OSR_EINVAL);
    test_tmp_path(other, sizeof other, "missing.rule");
    ck_assert_int_eq(l2osr_rule_load(&loaded, ctx, other), L2OSR_ENOTFOUND);
    ck_assert_ptr_null(loaded);
    FILE *file = fopen(path, "wb");
    fwrite("l2osr-rule 1\nupdate = g\0\n", 1, 26, file);
    fclose(file);
    ck_assert_int_eq(l2osr_rule_load(&loaded, ctx, path), L2OSR_EFORMAT);
    file = fopen(path, "wb");
    fputs("l2osr-rule 1\nupdate = h\n", file);
    fclose(file);
    ck_assert_int_eq(l2osr_rule_load(&loaded, ctx, path), L2OSR_EPARSE);
    ck_assert_msg(strncmp(l2osr_context_errmsg(ctx), path, strlen(path)) == 0, "%s",
                  l2osr_context_errmsg(ctx));
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(constants) {
    static const double values[] = {0.25, -3, 1e-9};
    l2osr_context *ctx = test_context();
    l2osr_rule *copy, *rule = read_rule(ctx, "l2osr-rule 1\n"
                                             "let unused = 7 * g\n"
                                             "let beta = 0.9\n"
                                             "let m = ema(g, beta)\n"
                                             "default lr = 0.5\n"
                                             "update = -lr * m^2 / (sqrt(g^2) + 1e-08) + 2.5 * g\n");
    ck_assert_uint_eq(l2osr_rule_constant_count(rule), 3); /* 0.9, 1e-08, 2.5; no whole numbers */
    ck_assert(l2osr_rule_constant(rule, 0) == 0.9);
    ck_assert_str_eq(l2osr_rule_constant_name(rule, 0), "beta");
    ck_assert_str_eq(l2osr_rule_constant_name(rule, 1), "");
    ck_assert_str_eq(l2osr_rule_constant_name(rule, 3), "");
    ck_assert(l2osr_rule_constant(rule, 1) == 1e-8);
    ck_assert(l2osr_rule_constant(rule, 2) == 2.5);
    ck_assert(isnan(l2osr_rule_constant(rule, 3)));
    ck_ok(l2osr_rule_with_constants(&copy, rule, values), ctx);
    for (size_t i = 0; i < 3; i++)
        ck_assert(l2osr_rule_constant(copy, i) == values[i]);
    ck_assert(l2osr_rule_default_lr(copy) == 0.5);
    ck_assert_str_eq(l2osr_rule_text(copy), "l2osr-rule 1\n"
                                            "let unused = 7 * g\n"
                                            "let beta = 0.25\n"
                                            "let m = ema(g, beta)\n"
                                            "default lr = 0.5\n"
                                            "update = -lr * m^2 / (sqrt(g^2) + -3) + 1e-09 * g\n");
    l2osr_rule_free(copy);
    ck_assert_int_eq(l2osr_rule_with_constants(&copy, rule, (const double[]){1, NAN, 1}),
                     L2OSR_EINVAL);
    ck_assert_ptr_null(copy);
    ck_assert_int_eq(l2osr_rule_with_constants(&copy, rule, NULL), L2OSR_EINVAL);
    l2osr_rule_free(rule);
    rule = read_rule(ctx, busy_text); /* one is marked: only that one */
    ck_assert_uint_eq(l2osr_rule_constant_count(rule), 1);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(composed) {
    l2osr_context *ctx = test_context();
    l2osr_rule *rule;
    ck_ok(l2osr_rule_compose(&rule, ctx, "l2osr-rule 1\nlet m = ema(g, 0.9)", "-m + 0.1 * g[1]",
                             0.25),
          ctx);
    ck_assert_str_eq(l2osr_rule_text(rule), "l2osr-rule 1\n"
                                            "let m = ema(g, 0.9)\n"
                                            "default lr = 0.25\n"
                                            "update = lr * (-m + 0.1 * g[1])\n");
    l2osr_rule_free(rule);
    ck_ok(l2osr_rule_compose(&rule, ctx, NULL, "-g", 1), ctx);
    l2osr_rule_free(rule);
    ck_assert_int_eq(l2osr_rule_compose(&rule, ctx, NULL, "-g", 0), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_rule_compose(&rule, ctx, NULL, "-g", NAN), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_rule_compose(&rule, ctx, NULL, "-g", INFINITY), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_rule_compose(&rule, ctx, NULL, NULL, 1), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_rule_compose(&rule, ctx, NULL, "-m", 1), L2OSR_EPARSE);
    ck_assert_ptr_null(rule);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(shared) {
    l2osr_context *ctx = test_context();
    l2osr_rule *rule = read_rule(ctx, busy_text);
    ck_assert_ptr_eq(l2osr_rule_ref(rule), rule);
    l2osr_rule_free(rule);
    ck_assert_str_eq(l2osr_rule_text(rule), busy_text);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}
END_TEST

TCase *rule_tests(void) {
    TCase *tests = tcase_create("rules");
    tcase_add_test(tests, text_is_canonical);
    tcase_add_test(tests, wrong_texts);
    tcase_add_test(tests, files);
    tcase_add_test(tests, constants);
    tcase_add_test(tests, composed);
    tcase_add_test(tests, shared);
    return tests;
}
