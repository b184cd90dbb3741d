/* SPDX-License-Identifier: MIT */
#include "tests.h"

#include <stdlib.h>

const char busy_text[] =
    "l2osr-rule 1\n"
    "let b = ~0.9\n"
    "let m = ema(g, b) / (1 - b^t)\n"
    "let v = ema(g^2, 0.99) / (1 - 0.99^t)\n"
    "default lr = 0.02\n"
    "update = -lr * (m + 0.5 * m[2]) / (sqrt(v) + 1e-08) - 0.001 * lr * x + 0.01 * tanh(g[3])\n";

l2osr_rule *read_rule(l2osr_context *ctx, const char *text) {
    l2osr_rule *rule;
    ck_ok(l2osr_rule_parse(&rule, ctx, text, NULL), ctx);
    return rule;
}

l2osr_stepper *make_stepper(l2osr_context *ctx, l2osr_rule *rule, size_t n, l2osr_dtype precision) {
    l2osr_stepper_options o = L2OSR_STEPPER_OPTIONS_INIT;
    l2osr_stepper *stepper;
    o.precision = precision;
    ck_ok(l2osr_stepper_create(&stepper, ctx, rule, 1, &n, &o), ctx);
    return stepper;
}

void fill_gradient(double *g, size_t n, uint64_t step) {
    l2osr_random_normal(70, step, 0, 1, g, n);
}

void take_steps(l2osr_context *ctx, l2osr_stepper *stepper, double *x, size_t steps) {
    const size_t n = l2osr_stepper_size(stepper);
    double *g = malloc((n + 1) * sizeof *g);
    for (size_t i = 0; i < steps; i++) {
        fill_gradient(g, n, l2osr_stepper_count(stepper));
        ck_ok(l2osr_stepper_step_f64(stepper, x, g, NULL), ctx);
    }
    free(g);
}

int main(void) {
    Suite *suite = suite_create("rule");
    suite_add_tcase(suite, classic_tests());
    suite_add_tcase(suite, emit_tests());
    suite_add_tcase(suite, emit_python_tests());
    suite_add_tcase(suite, group_tests());
    suite_add_tcase(suite, memory_tests());
    suite_add_tcase(suite, reshape_tests());
    suite_add_tcase(suite, rule_tests());
    suite_add_tcase(suite, simplify_tests());
    suite_add_tcase(suite, state_tests());
    suite_add_tcase(suite, stepper_tests());
    suite_add_tcase(suite, walk_tests());
    return test_main(&suite, 1);
}
