/* SPDX-License-Identifier: MIT */
/** @file grammar.h What formulas may be made of: operators, their costs and constraints, columns.
 */
#ifndef L2OSR_SR_GRAMMAR_H
#define L2OSR_SR_GRAMMAR_H

#include <stdbool.h>

#include "base/context.h"
#include "base/rng.h"
#include "expr/expr.h"
#include "expr/function.h"

enum { L2OSR__SIZE_LIMIT = 250 /* largest complexity that can be asked for, and most nodes */ };

/** A terminal as the search sees it. */
typedef struct l2osr__terminal {
    double scale;                 /* root mean square, never 0 */
    double mean, deviation, tail; /* tail: largest size over scale */
    int32_t cost;                 /* nodes of its text */
    bool decays;                  /* its node has a parameter in [0, 1): the decay of a memory */
    bool counts;                  /* its node has a whole parameter: the steps of a window sum */
} l2osr__terminal;

typedef struct l2osr__grammar {
    bool has[L2OSR__OP_COUNT];
    bool memory[L2OSR__OP_COUNT]; /* ema and dsum: only over inputs, as terminals */
    bool window_sum;
    int32_t cost[L2OSR__OP_COUNT + 1]; /* complexity of a node; the last: of a window sum */
    int8_t nest[L2OSR__OP_COUNT]
               [L2OSR__OP_COUNT];     /* how many of the second may be inside the first; -1: any */
    bool nested;                      /* some are limited */
    double weight[L2OSR__OP_COUNT];   /* how often random trees use an operator */
    double arity_weight[3];           /* sums of weights by number of operands */
    const l2osr__function *functions; /* of the caller: operators too */
    size_t n_functions;
    const l2osr__terminal *terminals; /* plain columns first */
    uint32_t plain, columns;          /* of these, and of all */
    const double *decays;             /* where the search begins with parameters */
    size_t n_decays;
    int32_t max_size, max_depth, max_terms;
} l2osr__grammar;

/**
 * Reads operator names with blanks or commas between, each with its complexity if it is not 1:
 * "+ * exp:2"; NULL: the paper's. Functions of the caller are added before, and are refused here.
 * #L2OSR_ENOTFOUND, #L2OSR_EINVAL.
 */
l2osr_status l2osr__grammar_init(l2osr__grammar *grammar, l2osr_context *ctx,
                                 const char *operators);

/** Reads limits of nesting: "exp(exp):0 tanh(exp):1". */
l2osr_status l2osr__grammar_nest(l2osr__grammar *grammar, l2osr_context *ctx, const char *nesting);

/** Random operator with `arity` operands; false when there is none. */
bool l2osr__grammar_draw(const l2osr__grammar *grammar, l2osr__rng *rng, int arity,
                         l2osr__node *out);

/** Adds functions of the caller, which are kept by reference. #L2OSR_EINVAL. */
l2osr_status l2osr__grammar_add(l2osr__grammar *grammar, l2osr_context *ctx,
                                const l2osr__function *functions, size_t count);

/** Whether sums of weighted terms can be written. */
bool l2osr__grammar_sums(const l2osr__grammar *grammar);

#endif
