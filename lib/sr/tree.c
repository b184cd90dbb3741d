/* SPDX-License-Identifier: MIT */
#include "sr/tree.h"

#include <string.h>

#include "vec/random.h"

enum { MAX_SUM = 18 /* window sums have 2 steps at least and so many at most, and 1 */ };

l2osr__node l2osr__tree_constant(double value) {
    return (l2osr__node){.op = L2OSR__OP_CONST, .a = -1, .b = -1, .value = value};
}

l2osr__node l2osr__tree_column(uint32_t column, double parameter) {
    return (l2osr__node){.op = L2OSR__OP_VAR, .a = (int32_t)column, .b = -1, .value = parameter};
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

void l2osr__tree_copy(l2osr__tree *out, const l2osr__tree *tree) {
    out->count = tree->count;
    memcpy(out->nodes, tree->nodes, (size_t)tree->count * sizeof *out->nodes);
}

void l2osr__tree_take(l2osr__tree *out, const l2osr__tree *tree, int32_t root) {
    const int32_t first = l2osr__tree_start(tree, root);
    out->count = root + 1 - first;
    memcpy(out->nodes, tree->nodes + first, (size_t)out->count * sizeof *out->nodes);
    l2osr__tree_link(out);
}

static bool is_parameter(const l2osr__node *node, const l2osr__grammar *grammar) {
    return node->op == L2OSR__OP_CONST ||
           (node->op == L2OSR__OP_VAR && grammar->terminals[node->a].decays);
}

int32_t l2osr__tree_parameters(const l2osr__tree *tree, const l2osr__grammar *grammar,
                               int32_t *out) {
    int32_t count = 0;
    for (int32_t i = 0; i < tree->count; i++)
        if (is_parameter(&tree->nodes[i], grammar))
            out[count++] = i;
    return count;
}

int32_t l2osr__tree_complexity(const l2osr__tree *tree, const l2osr__grammar *grammar) {
    int32_t sum = 0;
    for (int32_t i = 0; i < tree->count; i++) {
        const l2osr__node *node = &tree->nodes[i];
        sum +=
            node->op == L2OSR__OP_VAR ? grammar->terminals[node->a].cost : grammar->cost[node->op];
    }
    return sum;
}

static int32_t larger(int32_t a, int32_t b) {
    return a > b ? a : b;
}

static bool is_shallow(const l2osr__tree *tree, int32_t max_depth) {
    int32_t depth[L2OSR__TREE_ROOM];
    for (int32_t i = 0; i < tree->count; i++) {
        const l2osr__node *node = &tree->nodes[i];
        depth[i] = 1;
        if (arity_of(node) >= 1)
            depth[i] += depth[node->a];
        if (arity_of(node) == 2)
            depth[i] = larger(depth[i], depth[node->b] + 1);
    }
    return depth[tree->count - 1] <= max_depth;
}

/* Whether no path down from a node `outer` has more than `limit` nodes `inner`. */
static bool is_nested_at_most(const l2osr__tree *tree, int outer, int inner, int32_t limit) {
    int32_t below[L2OSR__TREE_ROOM];
    for (int32_t i = 0; i < tree->count; i++) {
        const l2osr__node *node = &tree->nodes[i];
        int32_t most = 0;
        if (arity_of(node) >= 1)
            most = below[node->a];
        if (arity_of(node) == 2)
            most = larger(most, below[node->b]);
        if (node->op == outer && most > limit)
            return false;
        below[i] = most + (node->op == inner);
    }
    return true;
}

static bool is_nested_well(const l2osr__tree *tree, const l2osr__grammar *grammar) {
    for (int outer = L2OSR__OP_ADD; outer < L2OSR__OP_CALL1; outer++)
        for (int inner = L2OSR__OP_ADD; inner < L2OSR__OP_CALL1; inner++)
            if (grammar->nest[outer][inner] >= 0 &&
                !is_nested_at_most(tree, outer, inner, grammar->nest[outer][inner]))
                return false;
    return true;
}

bool l2osr__tree_allowed(const l2osr__tree *tree, const l2osr__grammar *grammar) {
    return l2osr__tree_complexity(tree, grammar) <= grammar->max_size &&
           is_shallow(tree, grammar->max_depth) &&
           (!grammar->nested || is_nested_well(tree, grammar));
}

/* Steps of a multiplicative hash; the constants are odd and without pattern. */
static uint64_t mix(uint64_t hash, uint64_t word) {
    hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
    return hash ^ (hash >> 29);
}

uint64_t l2osr__tree_hash(const l2osr__tree *tree) {
    uint64_t hash = 0xD1B54A32D192ED03u;
    for (int32_t i = 0; i < tree->count; i++) {
        const l2osr__node *node = &tree->nodes[i];
        const float value = (float)node->value;
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        hash = mix(hash, (uint64_t)node->op << 40 | (uint64_t)node->lag << 48);
        if (node->op == L2OSR__OP_VAR)
            hash = mix(hash, (uint64_t)(uint32_t)node->a << 32 | bits);
        else if (node->op == L2OSR__OP_CONST)
            hash = mix(hash, bits);
    }
    return hash ? hash : 1;
}

static void push(l2osr__tree *tree, l2osr__node node) {
    tree->nodes[tree->count++] = node;
}

l2osr__node l2osr__tree_random_column(const l2osr__grammar *grammar, l2osr__rng *rng) {
    const uint32_t memories = grammar->columns - grammar->plain;
    if (memories == 0 || l2osr__rng_below(rng, 2) == 0)
        return l2osr__tree_column(l2osr__rng_below(rng, grammar->plain), 0);
    const uint32_t column = grammar->plain + l2osr__rng_below(rng, memories);
    if (grammar->terminals[column].counts)
        return l2osr__tree_column(column, 2 + l2osr__rng_below(rng, MAX_SUM));
    return l2osr__tree_column(column,
                              grammar->decays[l2osr__rng_below(rng, (uint32_t)grammar->n_decays)]);
}

/* A column, with a weight that brings it to a size of about 1 when there is room for one. */
static void random_leaf(l2osr__tree *tree, const l2osr__grammar *grammar, l2osr__rng *rng,
                        int32_t size) {
    const bool weighted = size >= 3 && grammar->has[L2OSR__OP_MUL];
    if (size == 1 && l2osr__rng_below(rng, 8) == 0) {
        push(tree, l2osr__tree_constant(l2osr__rng_normal(rng)));
        return;
    }
    const l2osr__node leaf = l2osr__tree_random_column(grammar, rng);
    if (weighted)
        push(tree, l2osr__tree_constant(l2osr__rng_normal(rng) / grammar->terminals[leaf.a].scale));
    push(tree, leaf);
    if (weighted)
        push(tree, l2osr__tree_op(L2OSR__OP_MUL));
}

void l2osr__tree_random(l2osr__tree *tree, const l2osr__grammar *grammar, l2osr__rng *rng,
                        int32_t size) {
    const uint32_t kind = l2osr__rng_below(rng, 8);
    l2osr__node op = {.op = L2OSR__OP_CONST};
    bool found = false;
    if (size >= 3 && kind < 4)
        found = l2osr__grammar_draw(grammar, rng, 2, &op);
    else if (size >= 2 && kind < 7)
        found = l2osr__grammar_draw(grammar, rng, 1, &op);
    if (!found) {
        random_leaf(tree, grammar, rng, size);
        return;
    }
    if (arity_of(&op) == 1) {
        l2osr__tree_random(tree, grammar, rng, size - 1);
    } else {
        const int32_t left = 1 + (int32_t)l2osr__rng_below(rng, (uint32_t)size - 2);
        l2osr__tree_random(tree, grammar, rng, left);
        l2osr__tree_random(tree, grammar, rng, size - 1 - left);
    }
    push(tree, op);
}
