/* SPDX-License-Identifier: MIT */
/** @file rewriter.h The inside of rewriting: interning of nodes, and the constructors above it. */
#ifndef L2OSR_EXPR_REWRITER_H
#define L2OSR_EXPR_REWRITER_H

#include "expr/rewrite.h"

enum { L2OSR__INTERN_SLOTS = 4096 }; /* four times the nodes that fit: short probes */

typedef struct l2osr__rewriter {
    l2osr__expr *out;
    const l2osr__symbols *symbols;
    unsigned flags;
    l2osr_status status; /* the first failure; later constructors return node 0 */
    uint8_t *scalar;     /* of each node: the same for all coordinates */
    uint8_t *kept;       /* of each node: a constant that must not be folded or merged */
    int16_t *table;      /* hash table of nodes, -1 where empty */
} l2osr__rewriter;

/** The node equal to `node`, appended unless there is one. Constants that are kept are never
 * shared. */
int32_t l2osr__intern(l2osr__rewriter *r, l2osr__node node, bool kept);

/** A canonical order of nodes that depends on what they compute, not on where they stand. */
int l2osr__rewriter_compare(const l2osr__rewriter *r, int32_t a, int32_t b);

/** op(a, b), simplified; b is -1 for operators of one operand. */
int32_t l2osr__construct(l2osr__rewriter *r, l2osr__opcode op, int32_t a, int32_t b);

/** op(a, b) as it is; and a * b with its operands in order. */
int32_t l2osr__construct_plain(l2osr__rewriter *r, l2osr__opcode op, int32_t a, int32_t b);
int32_t l2osr__ordered_product(l2osr__rewriter *r, int32_t a, int32_t b);

/** Whether a node is a constant that may be computed with; and whether it is that one. */
bool l2osr__is_known(const l2osr__rewriter *r, int32_t i);
bool l2osr__is_number(const l2osr__rewriter *r, int32_t i, double value);

/** Whether a merged constant is a normal number: to leave their range would not be rounding. */
bool l2osr__is_safe(double value);

int32_t l2osr__construct_constant(l2osr__rewriter *r, double value);
int32_t l2osr__construct_lag(l2osr__rewriter *r, int32_t a, unsigned lag);

/** Products and quotients with the numbers of the step gathered in one factor. */
int32_t l2osr__construct_product(l2osr__rewriter *r, int32_t a, int32_t b);
int32_t l2osr__construct_quotient(l2osr__rewriter *r, int32_t a, int32_t b);

#endif
