/* SPDX-License-Identifier: MIT */
/** @file rule.h The inside of a rule, for the stepper, exports, the tuner and the models' features.
 */
#ifndef L2OSR_RULE_RULE_H
#define L2OSR_RULE_RULE_H

#include <stdatomic.h>

#include "expr/code.h"
#include "l2osr/rule.h"

/** Inputs of a rule, by number. The last one is the rule's own past. */
enum {
    L2OSR__INPUT_G,
    L2OSR__INPUT_X,
    L2OSR__INPUT_T,
    L2OSR__INPUT_LR,
    L2OSR__INPUT_WD,
    L2OSR__INPUT_UPDATE,
    L2OSR__INPUT_COUNT
};

/** Their names; t, lr and wd are numbers of the step. */
extern const l2osr__symbols l2osr__rule_symbols;

/** Most reductions that wait for one another: rms(g / norm(x)) are two passes. */
enum { L2OSR__MAX_PASSES = 6 };

/** A constant that may be tuned. */
typedef struct l2osr__constant {
    int32_t written; /* its node in the rule as written */
    int32_t node;    /* and in the form that runs, of a rule for tuning; -1: it is not there */
    int32_t index;   /* number of its value, when it has one for each group; else 0 */
    int32_t input;   /* of a rule for tuning: lr or wd, which it stands for; else -1 */
} l2osr__constant;

struct l2osr_rule {
    l2osr_context *ctx;
    atomic_int users;
    l2osr__expr expr; /* as written */
    l2osr__rule_header header;
    l2osr__expr form;        /* rewritten for running; its root is the update */
    int32_t next;            /* in `form`, behind all else: x plus the update */
    l2osr__program program;  /* of the update */
    l2osr__program stepping; /* of x plus the update; with the same state */
    /* Code of each reduction pass, then of the last pass: the update alone, or the next parameter.
     */
    l2osr__code code[L2OSR__MAX_PASSES + 2];
    char *text, *latex;
    l2osr__constant *constants;
    int32_t constant_count;
};

/** Scalar inputs of one step, in the order of the inputs. */
void l2osr__rule_inputs(double inputs[L2OSR__INPUT_COUNT], uint64_t step, double lr, double wd);

/**
 * A copy for tuning: constants keep places of their own in its form, so that they have derivatives
 * and can be changed in place; lr and wd, where the rule reads them, are constants too, with the
 * defaults as values and listed behind the others. So steppers' own lr and wd have no effect. It
 * runs a little slower, since nothing is folded into constants.
 */
l2osr_status l2osr__rule_tunable(l2osr_rule **out, const l2osr_rule *rule);

/** Changes a constant of a rule for tuning in place, and the default that it is. Nobody else may
 * use the rule; its texts stay. */
void l2osr__rule_set(l2osr_rule *rule, size_t index, double value);

/** What a copy of a rule is to differ in; 0 and NULL: in nothing. */
typedef struct l2osr__rule_change {
    const double *values;             /* of the tunable constants */
    const l2osr__rule_header *header; /* the defaults */
    const uint8_t *removed, *spread;  /* by tunable constant: becomes a plain 0; becomes a list */
    size_t groups;       /* for which every list, tunable or not, has a value; 0: lists stay */
    const size_t *kinds; /* [groups]: the value that each takes; NULL: that of its number */
    bool tunable;        /* a copy for tuning */
} l2osr__rule_change;

l2osr_status l2osr__rule_copy(l2osr_rule **out, const l2osr_rule *rule,
                              const l2osr__rule_change *change);

#endif
