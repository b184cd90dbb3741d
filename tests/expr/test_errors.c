/* SPDX-License-Identifier: MIT */
/* Messages say where, what was expected, and what may have been meant. */
#include "tests.h"

#include <string.h>

static const char *const expression_errors[][2] = {
    {"", "f: line 1, column 1: expected a number, a name or '(', found the end"},
    {"g +", "f: line 1, column 4: expected a number, a name or '(', found the end"},
    {"g + * x", "f: line 1, column 5: expected a number, a name or '(', found '*'"},
    {"g x", "f: line 1, column 3: expected an operator or the end of the line, found 'x'"},
    {"(g", "f: line 1, column 3: expected ')', found the end"},
    {"(g\n+ x", "f: line 2, column 4: expected ')', found the end"},
    {"g)", "f: line 1, column 2: expected an operator or the end of the line, found ')'"},
    {"g\nx", "f: line 2, column 1: expected the end, found 'x'"},
    {"tahn(g)", "f: line 1, column 1: unknown function 'tahn', did you mean 'tanh'?"},
    {"squared(g)", "f: line 1, column 1: unknown function 'squared', did you mean 'square'?"},
    {"f(g)", "f: line 1, column 1: unknown function 'f'"},
    {"lx * g", "f: line 1, column 1: unknown name 'lx', did you mean 'x'?"},
    {"momentum", "f: line 1, column 1: unknown name 'momentum'"},
    {"q", "f: line 1, column 1: unknown name 'q'"},
    {"exp(g, x)", "f: line 1, column 6: 'exp' takes 1 argument"},
    {"ema(g)", "f: line 1, column 6: 'ema' takes 2 arguments"},
    {"ema(g, 1, 2)", "f: line 1, column 9: 'ema' takes 2 arguments"},
    {"exp()", "f: line 1, column 5: expected a number, a name or '(', found ')'"},
    {"g[x]", "f: line 1, column 3: a lag is a whole number from 0 to 4096"},
    {"g[-1]", "f: line 1, column 3: a lag is a whole number from 0 to 4096"},
    {"g[1.5]", "f: line 1, column 3: a lag is a whole number from 0 to 4096"},
    {"g[4097]", "f: line 1, column 3: a lag is a whole number from 0 to 4096"},
    {"g[1", "f: line 1, column 4: expected ']', found the end"},
    {"1e999", "f: line 1, column 1: number out of range"},
    {"~g", "f: line 1, column 2: expected a number, found 'g'"},
    {"g + \x01", "f: line 1, column 5: expected a number, a name or '(', found byte 0x01"},
    {"g + \xc3\xa9", "f: line 1, column 5: expected a number, a name or '(', found byte 0xc3"},
    {"0x", "f: line 1, column 2: expected an operator or the end of the line, found 'x'"},
    {"0x.p1", "f: line 1, column 2: expected an operator or the end of the line, found 'x'"},
    {"{}", "f: line 1, column 2: expected a number, found '}'"},
    {"{1, g}", "f: line 1, column 5: expected a number, found 'g'"},
    {"{1 2}", "f: line 1, column 4: expected '}', found '2'"},
    {"~{1", "f: line 1, column 4: expected '}', found the end"},
    {"clip(g)", "f: line 1, column 7: 'clip' takes 2 arguments or 3"},
    {"clip(g, 1, 2, 3)", "f: line 1, column 13: 'clip' takes 2 arguments or 3"},
    {"rms(g, 2)", "f: line 1, column 6: 'rms' takes 1 argument"},
    {"wsum(g)", "f: line 1, column 7: 'wsum' takes 2 arguments"},
    {"wsum(g, 2, 3)", "f: line 1, column 10: 'wsum' takes 2 arguments"},
    {"(1 +\n wsum(g, 0))",
     "f: line 2, column 10: the number of steps of wsum() is a whole number from 1 to 64"},
    {"wsum(g, 65)",
     "f: line 1, column 9: the number of steps of wsum() is a whole number from 1 to 64"},
    {"wsum(g, 1.5)",
     "f: line 1, column 9: the number of steps of wsum() is a whole number from 1 to 64"},
    {"wsum(g, x)",
     "f: line 1, column 9: the number of steps of wsum() is a whole number from 1 to 64"},
    {"wsum(g, 2", "f: line 1, column 10: expected ')', found the end"},
    {"wsun(g, 2)", "f: line 1, column 1: unknown function 'wsun', did you mean 'wsum'?"},
    {"linear()", "f: line 1, column 8: expected a number, a name or '(', found ')'"},
    {"linear(1)",
     "f: line 1, column 9: 'linear' takes 3 arguments or 5, 7 ...: values with times between"},
    {"cosine(1, 10)", "f: line 1, column 13: expected ',', found ')'"},
    {"cosine(1, 10,)",
     "f: line 1, column 14: 'cosine' takes 3 arguments or 5, 7 ...: values with times between"},
    {"linear(1, 0, 2)",
     "f: line 1, column 11: this time of linear() is a whole number from 1 to 1000000000"},
    {"linear(1, 2.5, 2)",
     "f: line 1, column 11: this time of linear() is a whole number from 1 to 1000000000"},
    {"linear(1, 10, 2,\n 10, 3)",
     "f: line 2, column 2: this time of linear() is a whole number from 11 to 1000000000"},
    {"linear(1, t, 2)",
     "f: line 1, column 11: this time of linear() is a whole number from 1 to 1000000000"},
    {"linear(1, 10 2)", "f: line 1, column 14: expected ',', found '2'"},
    {"linear(1, 10, 2", "f: line 1, column 16: expected ')', found the end"},
    {"lineer(1, 10, 2)", "f: line 1, column 1: unknown function 'lineer', did you mean 'linear'?"},
    {"cosin(1, 10, 2)", "f: line 1, column 1: unknown function 'cosin', did you mean 'cosine'?"},
    {"softsing(g)", "f: line 1, column 1: unknown function 'softsing', did you mean 'softsign'?"},
};

static const char *const rule_errors[][2] = {
    {"", "f: line 1, column 1: expected the first line 'l2osr-rule 1', found the end"},
    {"update = g\n", "f: line 1, column 1: expected the first line 'l2osr-rule 1', found 'update'"},
    {"l2osr-rulebook 1\n",
     "f: line 1, column 1: expected the first line 'l2osr-rule 1', found 'l2osr'"},
    {"l2osr-rule 2\n",
     "f: line 1, column 12: expected version 1 (the only one this library reads), found '2'"},
    {"l2osr-rule 1\nlet = g\n", "f: line 2, column 5: expected a name after 'let', found '='"},
    {"l2osr-rule 1\nlet m g\n", "f: line 2, column 7: expected '=', found 'g'"},
    {"l2osr-rule 1\nlet g = 1\n", "f: line 2, column 5: 'g' is defined already"},
    {"l2osr-rule 1\nlet m = g\nlet m = x\n", "f: line 3, column 5: 'm' is defined already"},
    {"l2osr-rule 1\nlet m = m\n", "f: line 2, column 9: unknown name 'm'"},
    {"l2osr-rule 1\nlet mean = g\nupdate = maen\n",
     "f: line 3, column 10: unknown name 'maen', did you mean 'mean'?"},
    {"l2osr-rule 1\nupdate = g\nupdate = g\n", "f: line 3, column 1: a second 'update'"},
    {"l2osr-rule 1\ndefault lr = 1\ndefault lr = 1\n",
     "f: line 3, column 1: a second 'default lr'"},
    {"l2osr-rule 1\ndefault rate = 1\n",
     "f: line 2, column 9: expected 'lr' or 'wd' after 'default', found 'rate'"},
    {"l2osr-rule 1\ndefault lr = 0\n", "f: line 2, column 14: a step size is a positive number"},
    {"l2osr-rule 1\ndefault lr = 1e999\n",
     "f: line 2, column 14: a step size is a positive number"},
    {"l2osr-rule 1\nupdat = g\n",
     "f: line 2, column 1: unknown statement 'updat', did you mean 'update'?"},
    {"l2osr-rule 1\nstep = g\n",
     "f: line 2, column 1: expected 'let', 'default' or 'update', found 'step'"},
    {"l2osr-rule 1\ndefault wd = 1\ndefault wd = 1\n",
     "f: line 3, column 1: a second 'default wd'"},
    {"l2osr-rule 1\nlet abcdefghijklmnopqrstuvwxyzabcdef = g\n",
     "f: line 2, column 5: name is longer than 31 characters"},
};

START_TEST(expression_messages) {
    l2osr_context *ctx = test_context();
    const l2osr__source source = {"f", expression_errors[_i][0]};
    l2osr__expr expr;
    ck_assert_int_eq(l2osr__parse_expression(&expr, ctx, source, &symbols), L2OSR_EPARSE);
    ck_assert_str_eq(l2osr_context_errmsg(ctx), expression_errors[_i][1]);
    l2osr__expr_clear(&expr);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(rule_messages) {
    l2osr_context *ctx = test_context();
    const l2osr__source source = {"f", rule_errors[_i][0]};
    l2osr__rule_header header;
    l2osr__expr expr;
    ck_assert_int_eq(l2osr__parse_rule(&expr, &header, ctx, source, &symbols), L2OSR_EPARSE);
    ck_assert_str_eq(l2osr_context_errmsg(ctx), rule_errors[_i][1]);
    l2osr__expr_clear(&expr);
    l2osr_context_free(ctx);
}
END_TEST

TCase *error_tests(void) {
    TCase *tests = tcase_create("errors");
    tcase_add_loop_test(tests, expression_messages, 0,
                        sizeof expression_errors / sizeof expression_errors[0]);
    tcase_add_loop_test(tests, rule_messages, 0, sizeof rule_errors / sizeof rule_errors[0]);
    return tests;
}
