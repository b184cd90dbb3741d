/* SPDX-License-Identifier: MIT */
/**
 * @file tree.h
 * Formulas under search: trees in postfix order, every operator right behind its operands. A leaf
 * is a constant or a terminal (L2OSR__OP_VAR; a: number of a column). All operations keep a tree
 * whole or refuse.
 */
#ifndef L2OSR_SR_TREE_H
#define L2OSR_SR_TREE_H

#include "base/rng.h"
#include "expr/expr.h"
#include "sr/grammar.h"

enum { L2OSR__TREE_ROOM = L2OSR__SIZE_LIMIT + 14 };

typedef struct l2osr__tree {
    int32_t count;
    l2osr__node nodes[L2OSR__TREE_ROOM];
} l2osr__tree;

/** Nodes. */
l2osr__node l2osr__tree_constant(double value);
l2osr__node l2osr__tree_column(uint32_t column, double parameter);
l2osr__node l2osr__tree_op(l2osr__opcode op);

/** Sets the operands of all nodes from their order; to be called after changing nodes by hand. */
void l2osr__tree_link(l2osr__tree *tree);

/** First node of the subtree whose last node is `root`. */
int32_t l2osr__tree_start(const l2osr__tree *tree, int32_t root);

/** Copies what is there of a tree: most have far fewer nodes than there is room for. */
void l2osr__tree_copy(l2osr__tree *out, const l2osr__tree *tree);

/** The subtree at `root` as a tree of its own. */
void l2osr__tree_take(l2osr__tree *out, const l2osr__tree *tree, int32_t root);

/** What a tree counts: that of its operators, columns and constants. */
int32_t l2osr__tree_complexity(const l2osr__tree *tree, const l2osr__grammar *grammar);

/** Whether depth and nesting are as the grammar wants them, and the tree is not too complex. */
bool l2osr__tree_allowed(const l2osr__tree *tree, const l2osr__grammar *grammar);

/** Appends a random subtree of at most `size` nodes (1 at least). Not linked. */
void l2osr__tree_random(l2osr__tree *tree, const l2osr__grammar *grammar, l2osr__rng *rng,
                        int32_t size);

/** A random terminal. */
l2osr__node l2osr__tree_random_column(const l2osr__grammar *grammar, l2osr__rng *rng);

/** Replaces nodes first .. end - 1 by `count` others; false and unchanged if that gives too many.
 */
bool l2osr__tree_splice(l2osr__tree *tree, int32_t first, int32_t end, const l2osr__node *nodes,
                        int32_t count);

/** Computes what is constant and merges constants: 2 * (3 * x) becomes 6 * x. Never grows. */
void l2osr__tree_simplify(l2osr__tree *tree, const l2osr__grammar *grammar);

/** Rewrites sums and products for reading: without needless parentheses and negative weights. */
void l2osr__tree_tidy(l2osr__tree *tree);

/** Whether a factor can go into the constants of the tree without a new node, and which constant
 * is first to take it; -1 when none can. */
int32_t l2osr__tree_factor(const l2osr__tree *tree);

/** Multiplies the tree by a factor inside of its constants; only where l2osr__tree_factor() finds
 * one. */
void l2osr__tree_multiply(l2osr__tree *tree, double factor);

/** Changes the sign of the subtree at `root` inside of its constants, if need be inside of odd
 * functions; false and unchanged when that cannot be done. */
bool l2osr__tree_negate(l2osr__tree *tree, int32_t root);

/** Takes all factors out of the constants of a product or quotient, those of sums too, the first
 * constant of which becomes 1, and signs out of odd functions; returns their product, NaN when that
 * cannot be done. */
double l2osr__tree_take_factors(l2osr__tree *tree);

/** Constant that is added, with sign *sign, to the value of the subtree at `root`; -1 when there is
 * none. */
int32_t l2osr__tree_offset(const l2osr__tree *tree, int32_t root, double *sign);

/** Indices of what a fit may move, constants and parameters of columns, into
 * out[L2OSR__TREE_ROOM]; returns their number. */
int32_t l2osr__tree_parameters(const l2osr__tree *tree, const l2osr__grammar *grammar,
                               int32_t *out);

/** Equal for trees that are the same to the last bit of single precision, and not zero. */
uint64_t l2osr__tree_hash(const l2osr__tree *tree);

#endif
