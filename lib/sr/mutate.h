/* SPDX-License-Identifier: MIT */
/** @file mutate.h Variation: random changes, crossover, and growth in the direction that lowers the
 * error. */
#ifndef L2OSR_SR_MUTATE_H
#define L2OSR_SR_MUTATE_H

#include "sr/score.h"

/** Random changes, X(NAME, name): each has an option weight_<name>. */
#define L2OSR__MUTATION_LIST(X)                                                                    \
    X(CONSTANT, constant)   /* multiplies one, or moves a decay */                                 \
    X(OPERATOR, operator)   /* another one of the same arity */                                    \
    X(TERMINAL, terminal)   /* another column, often a lag near by */                              \
    X(INSERT, insert)       /* an operator on top of a subtree */                                  \
    X(DELETE, delete)       /* an operator gives way to an operand */                              \
    X(SUBTREE, subtree)     /* a random one instead */                                             \
    X(HOIST, hoist)         /* a subtree becomes the whole */                                      \
    X(ROTATE, rotate)       /* a + (b * c) becomes (a + b) * c */                                  \
    X(TWIN, twin)           /* the paper's: k x^a becomes k1 x^(a + d) + k2 x^(a - d) */           \
    X(DROP, drop)           /* leaves a term out */                                                \
    X(RANDOMIZE, randomize) /* a new tree */

enum {
#define X(NAME, name) L2OSR__MUTATE_##NAME,
    L2OSR__MUTATION_LIST(X)
#undef X
        L2OSR__MUTATIONS
};

/** What a growth costs, in evaluations of a tree on all rows: dozens of small ones on the probe. */
enum { L2OSR__GROW_COST = 4 };

/** Changes a tree at random. The result may be too large: it is the caller who checks. */
void l2osr__mutate(l2osr__tree *tree, const l2osr__grammar *grammar, l2osr__rng *rng,
                   const double weights[L2OSR__MUTATIONS]);

/** One kind of change. */
void l2osr__mutate_by(int kind, l2osr__tree *tree, const l2osr__grammar *grammar, l2osr__rng *rng);

/** Puts the left or the right operand of node i in its place; false when there is none. */
bool l2osr__shrink(l2osr__tree *tree, int32_t i, bool left);

/** Replaces a random subtree of `tree` by one of `other`; or adds one of its terms. */
void l2osr__cross(l2osr__tree *tree, const l2osr__tree *other, const l2osr__grammar *grammar,
                  l2osr__rng *rng);

/**
 * Adds a weighted term behind node `node`. Of some dozens of small subtrees it takes the one that
 * to first order, by the derivative of the tree with respect to that node, explains most of what
 * the tree leaves unexplained.
 * @return false when no term fits or helps
 */
bool l2osr__grow(l2osr__scorer *scorer, l2osr__tree *tree, const l2osr__grammar *grammar,
                 l2osr__rng *rng, int32_t node);

#endif
