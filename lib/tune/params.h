/* SPDX-License-Identifier: MIT */
/**
 * @file params.h
 * What the tuner moves in place of constants: numbers without bounds, all 0 where the tuning
 * starts, such that every value of theirs is a legal constant of the same kind.
 */
#ifndef L2OSR_TUNE_PARAMS_H
#define L2OSR_TUNE_PARAMS_H

#include "rule/rule.h"

typedef enum l2osr__param_kind {
    L2OSR__PARAM_SCALE, /* start exp(theta): keeps its sign */
    L2OSR__PARAM_DECAY, /* the odds of the start times exp(theta): stays in (0, 1) */
    L2OSR__PARAM_SHIFT  /* theta: for constants that start at zero */
} l2osr__param_kind;

typedef struct l2osr__param {
    l2osr__param_kind kind;
    double start;
} l2osr__param;

typedef struct l2osr__params {
    size_t count; /* the rule's tunable constants in order, then the step size if it is tuned */
    bool lr;
    l2osr__param *params;
    double *theta, *best; /* [count]: now, and where validation was best */
    double *gradient;     /* [count] by theta */
} l2osr__params;

/** #L2OSR_EINVAL when nothing can be tuned. Clear it also after a failure. */
l2osr_status l2osr__params_init(l2osr__params *params, l2osr_context *ctx, const l2osr_rule *rule,
                                bool fixed_lr);
void l2osr__params_clear(l2osr__params *params, l2osr_context *ctx);

/** Value that number `theta` of parameter `index` stands for. */
double l2osr__params_value(const l2osr__params *params, size_t index, double theta);

/** The rule whose constants are those of `theta`, otherwise like `start`. */
l2osr_status l2osr__params_rule(const l2osr__params *params, const l2osr_rule *start,
                                const double *theta, l2osr_rule **out);

/** Keeps theta where values stay distinct from the ends of their range. */
void l2osr__params_clamp(l2osr__params *params);

/** Fills params->gradient from derivatives by the nodes of the rule's form, [groups][nodes]. */
void l2osr__params_chain(l2osr__params *params, const l2osr_rule *rule, size_t groups,
                         const double *derivatives);

#endif
