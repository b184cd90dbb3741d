/* SPDX-License-Identifier: MIT */
#include "sr/mutate.h"

#include <math.h>
#include <string.h>

#include "vec/random.h"
#include "vec/scalar.h"

static int32_t pick(l2osr__rng *rng, int32_t n) {
    return (int32_t)l2osr__rng_below(rng, (uint32_t)n);
}

static int arity_at(const l2osr__tree *tree, int32_t i) {
    return l2osr__ops[tree->nodes[i].op].arity;
}

/* A random node for which arity is `arity`; -1 when there is none. */
static int32_t pick_arity(const l2osr__tree *tree, l2osr__rng *rng, int arity) {
    int32_t found = -1, seen = 0;
    for (int32_t i = 0; i < tree->count; i++)
        if (arity_at(tree, i) == arity && pick(rng, ++seen) == 0)
            found = i;
    return found;
}

static void mutate_constant(l2osr__tree *tree, l2osr__rng *rng) {
    int32_t constants[L2OSR__TREE_ROOM], n = l2osr__tree_constants(tree, constants);
    if (n == 0)
        return;
    double *value = &tree->nodes[constants[pick(rng, n)]].value;
    *value *= l2osr__exp_f64(l2osr__rng_normal(rng));
    if (pick(rng, 8) == 0)
        *value = -*value;
}

static void mutate_operator(l2osr__tree *tree, const l2osr__grammar *grammar, l2osr__rng *rng) {
    int arity = 1 + pick(rng, 2);
    int32_t i = pick_arity(tree, rng, arity);
    l2osr__opcode op = l2osr__grammar_draw(grammar, rng, arity);
    if (i >= 0 && op != L2OSR__OP_COUNT)
        tree->nodes[i].op = (uint8_t)op;
}

static void mutate_terminal(l2osr__tree *tree, const l2osr__grammar *grammar, l2osr__rng *rng) {
    int32_t i = pick_arity(tree, rng, 0);
    if (tree->nodes[i].op == L2OSR__OP_VAR || pick(rng, 4) == 0)
        tree->nodes[i] = l2osr__tree_column(l2osr__rng_below(rng, grammar->columns));
}

static void append(l2osr__tree *piece, const l2osr__node *nodes, int32_t count) {
    memcpy(piece->nodes + piece->count, nodes, (size_t)count * sizeof *nodes);
    piece->count += count;
}

/* Something for a binary operator to combine with; products often get a weight near 1. */
static void draw_operand(l2osr__tree *operand, const l2osr__grammar *grammar, l2osr__rng *rng,
                         l2osr__opcode op) {
    if (op == L2OSR__OP_MUL && pick(rng, 2) == 0)
        operand->nodes[operand->count++] = l2osr__tree_constant(1 + 0.1 * l2osr__rng_normal(rng));
    else
        l2osr__tree_random(operand, grammar, rng, 1 + pick(rng, 3));
}

/* Puts an operator on top of a random subtree. */
static void insert_operator(l2osr__tree *tree, const l2osr__grammar *grammar, l2osr__rng *rng) {
    l2osr__tree piece = {0}, operand = {0};
    int arity = 1 + pick(rng, 2);
    l2osr__opcode op = l2osr__grammar_draw(grammar, rng, arity);
    int32_t root = pick(rng, tree->count), first = l2osr__tree_start(tree, root);
    if (op == L2OSR__OP_COUNT)
        return;
    if (arity == 2)
        draw_operand(&operand, grammar, rng, op);
    if (operand.count + (root + 1 - first) + 1 > L2OSR__TREE_ROOM)
        return;
    bool left = pick(rng, 2) == 0;
    if (left)
        append(&piece, operand.nodes, operand.count);
    append(&piece, tree->nodes + first, root + 1 - first);
    if (!left)
        append(&piece, operand.nodes, operand.count);
    piece.nodes[piece.count++] = l2osr__tree_op(op);
    l2osr__tree_splice(tree, first, root + 1, piece.nodes, piece.count);
}

/* Replaces an operator by one of its operands. */
static void delete_operator(l2osr__tree *tree, l2osr__rng *rng) {
    l2osr__node kept[L2OSR__TREE_ROOM];
    int32_t i = pick_arity(tree, rng, pick(rng, 3) == 0 ? 1 : 2);
    if (i < 0)
        return;
    int32_t operand = arity_at(tree, i) == 2 && pick(rng, 2) ? tree->nodes[i].b : tree->nodes[i].a;
    int32_t first = l2osr__tree_start(tree, operand), count = operand + 1 - first;
    memcpy(kept, tree->nodes + first, (size_t)count * sizeof *kept);
    l2osr__tree_splice(tree, l2osr__tree_start(tree, i), i + 1, kept, count);
}

static void replace_subtree(l2osr__tree *tree, const l2osr__grammar *grammar, l2osr__rng *rng) {
    l2osr__tree piece = {0};
    int32_t root = pick(rng, tree->count), first = l2osr__tree_start(tree, root);
    l2osr__tree_random(&piece, grammar, rng, 1 + pick(rng, 6));
    l2osr__tree_splice(tree, first, root + 1, piece.nodes, piece.count);
}

static void hoist(l2osr__tree *tree, l2osr__rng *rng) {
    int32_t root = pick(rng, tree->count), first = l2osr__tree_start(tree, root);
    l2osr__tree_splice(tree, root + 1, tree->count, NULL, 0);
    l2osr__tree_splice(tree, 0, first, NULL, 0);
}

void l2osr__mutate(l2osr__tree *tree, const l2osr__grammar *grammar, l2osr__rng *rng) {
    int32_t kind = pick(rng, 100);
    if (kind < 20)
        mutate_constant(tree, rng);
    else if (kind < 32)
        mutate_operator(tree, grammar, rng);
    else if (kind < 48)
        mutate_terminal(tree, grammar, rng);
    else if (kind < 65)
        insert_operator(tree, grammar, rng);
    else if (kind < 82)
        delete_operator(tree, rng);
    else if (kind < 97)
        replace_subtree(tree, grammar, rng);
    else
        hoist(tree, rng);
}

void l2osr__cross(l2osr__tree *tree, const l2osr__tree *other, l2osr__rng *rng) {
    int32_t root = pick(rng, tree->count), first = l2osr__tree_start(tree, root);
    int32_t donor = pick(rng, other->count), start = l2osr__tree_start(other, donor);
    l2osr__tree_splice(tree, first, root + 1, other->nodes + start, donor + 1 - start);
}
