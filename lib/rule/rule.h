/* SPDX-License-Identifier: MIT */
/** @file rule.h The inside of a rule, for the stepper, the tuner and the models' features. */
#ifndef L2OSR_RULE_RULE_H
#define L2OSR_RULE_RULE_H

#include <stdatomic.h>

#include "expr/program.h"
#include "l2osr/rule.h"

/** Inputs of a rule, by number. */
enum { L2OSR__INPUT_G, L2OSR__INPUT_X, L2OSR__INPUT_T, L2OSR__INPUT_LR, L2OSR__INPUT_COUNT };

/** Their names; t and lr are scalars. */
extern const l2osr__symbols l2osr__rule_symbols;

struct l2osr_rule {
    l2osr_context *ctx;
    atomic_int users;
    l2osr__expr expr;
    l2osr__rule_header header;
    l2osr__program program; /* of the update */
    char *text, *latex;
    int32_t *constants; /* nodes of tunable constants */
    int32_t constant_count;
};

/** Scalar inputs of one step, in the order of the inputs. */
void l2osr__rule_inputs(double inputs[L2OSR__INPUT_COUNT], uint64_t step, double lr);

/** A copy with other values of its tunable constants and another default step size (NaN: not
 * given). */
l2osr_status l2osr__rule_with(l2osr_rule **out, const l2osr_rule *rule, const double *values,
                              double default_lr);

#endif
