/* SPDX-License-Identifier: MIT */
/** @file tests.h The test cases of the rule room, and what they share. */
#ifndef TESTS_RULE_TESTS_H
#define TESTS_RULE_TESTS_H

#include "support.h"

TCase *classic_tests(void);
TCase *emit_tests(void);
TCase *emit_python_tests(void);
TCase *group_tests(void);
TCase *memory_tests(void);
TCase *reshape_tests(void);
TCase *rule_tests(void);
TCase *simplify_tests(void);
TCase *state_tests(void);
TCase *stepper_tests(void);
TCase *walk_tests(void);

/** A rule with every kind of memory: averages, lags of inputs and of averages, and numbers of the
 * step. */
extern const char busy_text[];

/** Reads a rule from text, or fails the test. */
l2osr_rule *read_rule(l2osr_context *ctx, const char *text);

/** A stepper of one segment of n parameters. */
l2osr_stepper *make_stepper(l2osr_context *ctx, l2osr_rule *rule, size_t n, l2osr_dtype precision);

/** Takes `steps` steps in f64 on gradients that are a pure function of step and coordinate. */
void take_steps(l2osr_context *ctx, l2osr_stepper *stepper, double *x, size_t steps);

/** The gradient of those steps. */
void fill_gradient(double *g, size_t n, uint64_t step);

#endif
