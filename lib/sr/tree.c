/* SPDX-License-Identifier: MIT */
#include "sr/tree.h"

#include <string.h>

#include "vec/random.h"

l2osr__node l2osr__tree_constant(double value) {
    return (l2osr__node){.op = L2OSR__OP_CONST, .a = -1, .b = -1, .value = value};
}

l2osr__node l2osr__tree_column(uint32_t column) {
    return (l2osr__node){.op = L2OSR__OP_VAR, .a = (int32_t)column, .b = -1};
}

l2osr__node l2osr__tree_op(l2osr__opcode op) {
    return (l2osr__node){.op = (uint8_t)op, .a = -1, .b = -1};
}

static int arity_of(const l2osr__node *node) {
    return l2osr__ops[node->op].arity;
}

void l2osr__tree_link(l2osr__tree *tree) {
    int32_t stack[L2OSR__TREE_ROOM], depth = 0;
    for (int32_t i = 0; i < tree->count; i++) {
        l2osr__node *node = &tree->nodes[i];
        if (arity_of(node) == 2)
            node->b = stack[--depth];
        if (arity_of(node) >= 1)
            node->a = stack[--depth];
        stack[depth++] = i;
    }
}

int32_t l2osr__tree_start(const l2osr__tree *tree, int32_t root) {
    int32_t missing = 1, i = root;
    for (;; i--) {
        missing += arity_of(&tree->nodes[i]) - 1;
        if (missing == 0)
            return i;
    }
}

bool l2osr__tree_splice(l2osr__tree *tree, int32_t first, int32_t end, const l2osr__node *nodes,
                        int32_t count) {
    int32_t total = tree->count - (end - first) + count;
    if (total > L2OSR__TREE_ROOM)
        return false;
    memmove(tree->nodes + first + count, tree->nodes + end,
            (size_t)(tree->count - end) * sizeof *nodes);
    if (count > 0)
        memcpy(tree->nodes + first, nodes, (size_t)count * sizeof *nodes);
    tree->count = total;
    l2osr__tree_link(tree);
    return true;
}

int32_t l2osr__tree_constants(const l2osr__tree *tree, int32_t *out) {
    int32_t count = 0;
    for (int32_t i = 0; i < tree->count; i++)
        if (tree->nodes[i].op == L2OSR__OP_CONST)
            out[count++] = i;
    return count;
}

static void push(l2osr__tree *tree, l2osr__node node) {
    tree->nodes[tree->count++] = node;
}

/* A column, with a weight that brings it to a size of about 1 when there is room for one. */
static void random_leaf(l2osr__tree *tree, const l2osr__grammar *grammar, l2osr__rng *rng,
                        int32_t size) {
    uint32_t column = l2osr__rng_below(rng, grammar->columns);
    bool weighted = size >= 3 && grammar->has[L2OSR__OP_MUL];
    if (size == 1 && l2osr__rng_below(rng, 8) == 0) {
        push(tree, l2osr__tree_constant(l2osr__rng_normal(rng)));
        return;
    }
    if (weighted)
        push(tree, l2osr__tree_constant(l2osr__rng_normal(rng) / grammar->scale[column]));
    push(tree, l2osr__tree_column(column));
    if (weighted)
        push(tree, l2osr__tree_op(L2OSR__OP_MUL));
}

void l2osr__tree_random(l2osr__tree *tree, const l2osr__grammar *grammar, l2osr__rng *rng,
                        int32_t size) {
    l2osr__opcode op = L2OSR__OP_COUNT;
    uint32_t kind = l2osr__rng_below(rng, 8);
    if (size >= 3 && kind < 4)
        op = l2osr__grammar_draw(grammar, rng, 2);
    else if (size >= 2 && kind < 7)
        op = l2osr__grammar_draw(grammar, rng, 1);
    if (op == L2OSR__OP_COUNT) {
        random_leaf(tree, grammar, rng, size);
        return;
    }
    if (arity_of(&(l2osr__node){.op = (uint8_t)op}) == 1) {
        l2osr__tree_random(tree, grammar, rng, size - 1);
    } else {
        int32_t left = 1 + (int32_t)l2osr__rng_below(rng, (uint32_t)size - 2);
        l2osr__tree_random(tree, grammar, rng, left);
        l2osr__tree_random(tree, grammar, rng, size - 1 - left);
    }
    push(tree, l2osr__tree_op(op));
}
