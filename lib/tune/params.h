/* SPDX-License-Identifier: MIT */
/**
 * @file params.h
 * What the tuner moves in place of constants: numbers theta without bounds, all 0 where the tuning
 * starts, such that every value of theirs is a legal constant of the same kind.
 */
#ifndef L2OSR_TUNE_PARAMS_H
#define L2OSR_TUNE_PARAMS_H

#include "l2osr/tune.h"
#include "rule/rule.h"

/** How theta becomes the value of a constant. */
typedef struct l2osr__param {
    l2osr_transform transform; /* not the default any more */
    double start;              /* the value at theta = 0 */
    double low, high; /* bounds of the value of a sigmoid, of a linear one; else infinite */
    double unit;      /* of a linear one: what a theta of 1 is worth */
    unsigned lag;     /* steps that what it multiplies is back */
    size_t number;    /* which free number it is; SIZE_MAX: it is fixed */
} l2osr__param;

typedef struct l2osr__params {
    l2osr_rule *start;    /* where it starts, every list with all its values */
    l2osr_rule *rule;     /* the same for tuning */
    size_t constants;     /* of that rule: lr and wd come last where they are read */
    l2osr__param *params; /* [constants] */
    size_t count;         /* of them that move */
    size_t *owners;       /* [count]: the constant of each number */
} l2osr__params;

/**
 * Decides how each constant of `rule`, lr and wd move.
 * @param values that lists get: one for each group, or kind of group
 * @return #L2OSR_EINVAL when nothing can be tuned, and for wishes that cannot be fulfilled. Clear
 * it also after a failure
 */
l2osr_status l2osr__params_init(l2osr__params *params, const l2osr_rule *rule, size_t values,
                                const l2osr_tuner_options *options);
void l2osr__params_clear(l2osr__params *params);

/** Value that `theta` stands for, and its derivative. */
double l2osr__param_value(const l2osr__param *param, double theta);
double l2osr__param_slope(const l2osr__param *param, double theta);

/** The theta nearest to `theta` whose value is legal and apart from the ends of an interval. */
double l2osr__param_clamp(const l2osr__param *param, double theta);

/** Moves the value of a linear one towards 0 by `shrink` units, as far as that. */
double l2osr__param_shrink(const l2osr__param *param, double theta, double shrink);

/** Value of a constant at theta[count]. */
double l2osr__params_value(const l2osr__params *params, size_t constant, const double *theta);

/**
 * The rule at theta[count], lr and wd as its defaults.
 * @param removed non-zero for constants that become a plain 0; NULL: none
 */
l2osr_status l2osr__params_rule(const l2osr__params *params, const double *theta,
                                const uint8_t *removed, l2osr_rule **out);

#endif
