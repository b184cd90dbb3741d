/* SPDX-License-Identifier: MIT */
/* Factors and offsets that are in the constants of a formula. */
#include <math.h>

#include "sr/tree.h"

/* First constant that a factor of the subtree goes into without a new node; -1 when there is none.
 */
static int32_t find_factor(const l2osr__tree *tree, int32_t i) {
    const l2osr__node *node = &tree->nodes[i];
    int32_t found;
    switch (node->op) {
    case L2OSR__OP_CONST:
        return i;
    case L2OSR__OP_MUL:
    case L2OSR__OP_DIV:
        found = find_factor(tree, node->a);
        return found >= 0 ? found : find_factor(tree, node->b);
    case L2OSR__OP_NEG:
        return find_factor(tree, node->a);
    case L2OSR__OP_ADD:
    case L2OSR__OP_SUB:
        found = find_factor(tree, node->a);
        return find_factor(tree, node->b) >= 0 ? found : -1;
    default:
        return -1;
    }
}

int32_t l2osr__tree_factor(const l2osr__tree *tree) {
    return find_factor(tree, tree->count - 1);
}

static void give_factor(l2osr__tree *tree, int32_t i, double factor) {
    l2osr__node *node = &tree->nodes[i];
    if (node->op == L2OSR__OP_CONST) {
        node->value *= factor;
        return;
    }
    const bool sum = node->op == L2OSR__OP_ADD || node->op == L2OSR__OP_SUB;
    const bool left = find_factor(tree, node->a) >= 0;
    if (left)
        give_factor(tree, node->a, factor);
    if (sum || !left)
        give_factor(tree, node->b, node->op == L2OSR__OP_DIV ? 1 / factor : factor);
}

void l2osr__tree_multiply(l2osr__tree *tree, double factor) {
    give_factor(tree, tree->count - 1, factor);
}

static bool is_odd(const l2osr__node *node) {
    return l2osr__ops[node->op].arity == 1 && (l2osr__ops[node->op].traits & L2OSR__TRAIT_ODD);
}

bool l2osr__tree_negate(l2osr__tree *tree, int32_t root) {
    const l2osr__node *node = &tree->nodes[root];
    if (find_factor(tree, root) >= 0) {
        give_factor(tree, root, -1);
        return true;
    }
    if (node->op == L2OSR__OP_MUL || node->op == L2OSR__OP_DIV)
        return l2osr__tree_negate(tree, node->a) || l2osr__tree_negate(tree, node->b);
    return is_odd(node) && l2osr__tree_negate(tree, node->a);
}

/* Makes constants positive whose signs can go outside, past products and odd functions; the sign
 * that came out. */
static double take_sign(l2osr__tree *tree, int32_t i) {
    l2osr__node *node = &tree->nodes[i];
    double sign;
    switch (node->op) {
    case L2OSR__OP_CONST:
        sign = node->value < 0 ? -1 : 1;
        node->value *= sign;
        return sign;
    case L2OSR__OP_MUL:
    case L2OSR__OP_DIV:
        sign = take_sign(tree, node->a);
        return sign * take_sign(tree, node->b);
    case L2OSR__OP_ADD:
    case L2OSR__OP_SUB: {
        const int32_t first = find_factor(tree, i);
        if (first < 0 || !(tree->nodes[first].value < 0))
            return 1;
        give_factor(tree, i, -1);
        return -1;
    }
    default:
        return is_odd(node) ? take_sign(tree, node->a) : 1;
    }
}

static double take_factors(l2osr__tree *tree, int32_t i);

/* A factor must come out without a trace: nothing becomes infinite or zero. */
static bool can_leave(double factor) {
    return isnormal(factor) && isnormal(1 / factor);
}

/* What comes out of the left operand of a sum comes out of the right one too. NaN when it cannot.
 */
static double take_from_sum(l2osr__tree *tree, int32_t i) {
    const l2osr__node sum = tree->nodes[i];
    if (find_factor(tree, i) < 0)
        return 1;
    const double left = take_factors(tree, sum.a), right = take_factors(tree, sum.b);
    give_factor(tree, sum.b, right / left);
    return can_leave(left) && can_leave(right / left) ? left : (double)NAN;
}

static double take_factors(l2osr__tree *tree, int32_t i) {
    l2osr__node *node = &tree->nodes[i];
    const double value = node->value;
    switch (node->op) {
    case L2OSR__OP_CONST:
        if (!can_leave(value))
            return 1;
        node->value = 1;
        return value;
    case L2OSR__OP_MUL: {
        const double left = take_factors(tree, node->a);
        return left * take_factors(tree, node->b);
    }
    case L2OSR__OP_DIV: {
        const double above = take_factors(tree, node->a);
        return above / take_factors(tree, node->b);
    }
    case L2OSR__OP_NEG:
        return take_factors(tree, node->a);
    case L2OSR__OP_ADD:
    case L2OSR__OP_SUB:
        return take_from_sum(tree, i);
    default:
        return is_odd(node) ? take_sign(tree, node->a) : 1;
    }
}

double l2osr__tree_take_factors(l2osr__tree *tree) {
    return take_factors(tree, tree->count - 1);
}

static int32_t find_offset(const l2osr__tree *tree, int32_t i, double *sign) {
    const l2osr__node *node = &tree->nodes[i];
    if (node->op == L2OSR__OP_CONST)
        return i;
    if (node->op != L2OSR__OP_ADD && node->op != L2OSR__OP_SUB)
        return -1;
    int32_t found = find_offset(tree, node->a, sign);
    if (found >= 0)
        return found;
    if (node->op == L2OSR__OP_SUB)
        *sign = -*sign;
    found = find_offset(tree, node->b, sign);
    if (found < 0 && node->op == L2OSR__OP_SUB)
        *sign = -*sign;
    return found;
}

int32_t l2osr__tree_offset(const l2osr__tree *tree, int32_t root, double *sign) {
    *sign = 1;
    return find_offset(tree, root, sign);
}
