/* SPDX-License-Identifier: MIT */
/* Formulas as they are read. */
#include <string.h>

#include "sr/tree.h"

/* a + (b + c) becomes (a + b) + c: in postfix order the outer operator moves in front of c.
 * Returns the node to look at next. */
static int32_t rotate(l2osr__tree *tree, int32_t i) {
    const l2osr__node outer = tree->nodes[i], *inner = &tree->nodes[i - 1];
    bool sum =
        outer.op == L2OSR__OP_ADD && (inner->op == L2OSR__OP_ADD || inner->op == L2OSR__OP_SUB);
    if (!sum && !(outer.op == L2OSR__OP_MUL && inner->op == L2OSR__OP_MUL))
        return i + 1;
    int32_t first = inner->a + 1;
    memmove(tree->nodes + first + 1, tree->nodes + first, (size_t)(i - first) * sizeof outer);
    tree->nodes[first] = outer;
    l2osr__tree_link(tree);
    return first;
}

/* Makes of 1 * x, the 1 at `one`, x. */
static void drop_one(l2osr__tree *tree, int32_t one) {
    int32_t product = one + 1;
    while (l2osr__ops[tree->nodes[product].op].arity != 2 || tree->nodes[product].a != one)
        product++;
    l2osr__tree_splice(tree, product, product + 1, NULL, 0);
    l2osr__tree_splice(tree, one, one + 1, NULL, 0);
}

/* a + -2 * b becomes a - 2 * b, and a + -1 * b becomes a - b. Returns where the sum is then. */
static int32_t subtract(l2osr__tree *tree, int32_t sum) {
    const int32_t right = tree->nodes[sum].b;
    int32_t first = right;
    while (tree->nodes[first].op == L2OSR__OP_MUL)
        first = tree->nodes[first].a;
    const l2osr__node *constant = &tree->nodes[first];
    if (constant->op != L2OSR__OP_CONST || constant->value >= 0)
        return sum;
    tree->nodes[first].value = -constant->value;
    tree->nodes[sum].op = L2OSR__OP_SUB;
    if (first == right || constant->value != 1)
        return sum;
    drop_one(tree, first);
    return sum - 2;
}

void l2osr__tree_tidy(l2osr__tree *tree) {
    for (int32_t i = 1; i < tree->count;)
        i = rotate(tree, i);
    for (int32_t i = 0; i < tree->count; i++)
        if (tree->nodes[i].op == L2OSR__OP_ADD)
            i = subtract(tree, i);
}
