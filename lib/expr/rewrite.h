/* SPDX-License-Identifier: MIT */
/**
 * @file rewrite.h
 * Rebuilds an expression from its leaves through constructors that know the laws of arithmetic:
 * constants are folded and merged, operands take a canonical order, equal nodes become one. No
 * value changes by more than rounding, as long as nothing in between overflows or underflows.
 */
#ifndef L2OSR_EXPR_REWRITE_H
#define L2OSR_EXPR_REWRITE_H

#include "expr/expr.h"

enum {
    /** Also laws that do not hold for NaN and infinities: 0 * x is 0, x - x is 0. */
    L2OSR__REWRITE_FINITE = 1,
    /** For running rather than reading: numbers of the step gather in one factor of each product,
     * division by them becomes multiplication. */
    L2OSR__REWRITE_RUN = 2
};

/**
 * @param out  made anew; clear it even after a failure
 * @param keep non-zero for nodes of `expr` (constants) that must survive as they are; or NULL. Those
 *             marked tunable do, unless the expression is rewritten for running
 * @param map  receives the new index of every node of `expr`, -1 for those no longer used
 */
l2osr_status l2osr__rewrite(l2osr__expr *out, const l2osr__expr *expr,
                            const l2osr__symbols *symbols, const uint8_t *keep, unsigned flags,
                            int32_t *map);

/** Names what is used twice and has no name, so that the text computes it once too. */
l2osr_status l2osr__rewrite_name_shared(l2osr__expr *expr);

#endif
