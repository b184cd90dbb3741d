/* SPDX-License-Identifier: MIT */
/** @file emit_cases.h Rules whose texts are run, and how they are stepped. */
#ifndef TESTS_RULE_EMIT_CASES_H
#define TESTS_RULE_EMIT_CASES_H

#include "tests.h"

/* Two groups of parameters. */
enum { STEPS = 25, FIRST = 101, SECOND = 40, N = FIRST + SECOND };
extern const size_t group_lengths[2];

/** How many rules there are: the built-in ones, and some that are odd. */
size_t emit_cases(void);

/** Rule `index` of them. */
l2osr_rule *read_case(l2osr_context *ctx, size_t index);

/** Step size and weight decay of a step: they begin with the rule's, and change. */
l2osr_step_args args_of(int step);

/** Parameters to begin with. */
void fill_start(double *x, size_t n);

/** A stepper of the two groups. */
l2osr_stepper *make_groups(l2osr_context *ctx, l2osr_rule *rule, l2osr_dtype precision);

#endif
