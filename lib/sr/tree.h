/* SPDX-License-Identifier: MIT */
/**
 * @file tree.h
 * Formulas under search: trees in postfix order, every operator right behind its operands. A leaf
 * is a constant or a terminal (L2OSR__OP_VAR, the number of a column). All operations keep a tree
 * whole or refuse.
 */
#ifndef L2OSR_SR_TREE_H
#define L2OSR_SR_TREE_H

#include "base/rng.h"
#include "expr/expr.h"

enum {
    L2OSR__TREE_LIMIT = 100, /* largest complexity that can be asked for */
    L2OSR__TREE_ROOM = L2OSR__TREE_LIMIT + 12
};

typedef struct l2osr__tree {
    int32_t count;
    l2osr__node nodes[L2OSR__TREE_ROOM];
} l2osr__tree;

/** What trees may be made of. */
typedef struct l2osr__grammar {
    bool has[L2OSR__OP_COUNT];
    double weight[L2OSR__OP_COUNT];     /* how often random trees use an operator */
    double unary_weight, binary_weight; /* sums of weights */
    uint32_t columns;
    const double *scale; /* of each column: root mean square, never 0 */
    int32_t max_nodes;
} l2osr__grammar;

/** Reads operator names with blanks between; NULL: the paper's. #L2OSR_ENOTFOUND, #L2OSR_EINVAL. */
l2osr_status l2osr__grammar_init(l2osr__grammar *grammar, l2osr_context *ctx,
                                 const char *operators);

/** Random operator with `arity` operands; L2OSR__OP_COUNT when there is none. */
l2osr__opcode l2osr__grammar_draw(const l2osr__grammar *grammar, l2osr__rng *rng, int arity);

/** Nodes. */
l2osr__node l2osr__tree_constant(double value);
l2osr__node l2osr__tree_column(uint32_t column);
l2osr__node l2osr__tree_op(l2osr__opcode op);

/** Sets the operands of all nodes from their order; to be called after changing nodes by hand. */
void l2osr__tree_link(l2osr__tree *tree);

/** First node of the subtree whose last node is `root`. */
int32_t l2osr__tree_start(const l2osr__tree *tree, int32_t root);

/** Appends a random subtree of at most `size` nodes (1 at least). Not linked. */
void l2osr__tree_random(l2osr__tree *tree, const l2osr__grammar *grammar, l2osr__rng *rng,
                        int32_t size);

/** Replaces nodes first .. end - 1 by `count` others; false and unchanged if that gives too many.
 */
bool l2osr__tree_splice(l2osr__tree *tree, int32_t first, int32_t end, const l2osr__node *nodes,
                        int32_t count);

/** Computes what is constant and merges constants: 2 * (3 * x) becomes 6 * x. Never grows. */
void l2osr__tree_simplify(l2osr__tree *tree, const l2osr__grammar *grammar);

/** Rewrites sums and products for reading: without needless parentheses and negative weights. */
void l2osr__tree_tidy(l2osr__tree *tree);

/** Makes the tree f into factor * f + offset, inside its constants where it can; false if too
 * large. */
bool l2osr__tree_scale(l2osr__tree *tree, double factor, double offset);

/** Constant that is added, with sign *sign, to the value of the subtree at `root`; -1 when there is
 * none. */
int32_t l2osr__tree_offset(const l2osr__tree *tree, int32_t root, double *sign);

/** Indices of the constants, into out[L2OSR__TREE_ROOM]; returns their number. */
int32_t l2osr__tree_constants(const l2osr__tree *tree, int32_t *out);

#endif
