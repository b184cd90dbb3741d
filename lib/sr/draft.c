/* SPDX-License-Identifier: MIT */
#include "sr/draft.h"

#include <string.h>

#include "vec/random.h"
#include "vec/scalar.h"

enum { TERM_SIZE = 9 };

void l2osr__draft_tree(const l2osr__draft *draft, l2osr__tree *out) {
    out->count = draft->count;
    memcpy(out->nodes, draft->nodes, (size_t)draft->count * sizeof *draft->nodes);
    l2osr__tree_link(out);
}

static bool keep(l2osr__draft *c, const l2osr__tree *tree) {
    if (tree->count > L2OSR__DRAFT_NODES)
        return false;
    c->count = tree->count;
    memcpy(c->nodes, tree->nodes, (size_t)tree->count * sizeof *tree->nodes);
    return true;
}

static void put(l2osr__draft *c, l2osr__node node) {
    c->nodes[c->count++] = node;
}

/* A function of a column that a weight brings to where the function bends, and often an offset. */
static bool draw_bend(l2osr__draft *c, const l2osr__grammar *grammar, l2osr__rng *rng) {
    l2osr__node op;
    const l2osr__node leaf = l2osr__tree_random_column(grammar, rng);
    const double size = l2osr__exp_f64(1.5 * l2osr__rng_normal(rng));
    if (!l2osr__grammar_draw(grammar, rng, 1, &op))
        return false;
    put(c, l2osr__tree_constant(size / grammar->terminals[leaf.a].scale));
    put(c, leaf);
    put(c, l2osr__tree_op(L2OSR__OP_MUL));
    if (l2osr__rng_below(rng, 2) == 0) {
        put(c, l2osr__tree_constant(l2osr__rng_normal(rng)));
        put(c, l2osr__tree_op(L2OSR__OP_ADD));
    }
    put(c, op);
    return true;
}

/* A column over the root of another: of an average and that of squares, the step of Adam. */
static bool draw_ratio(l2osr__draft *c, const l2osr__grammar *grammar, l2osr__rng *rng) {
    const l2osr__opcode root = grammar->has[L2OSR__OP_SQRT] ? L2OSR__OP_SQRT : L2OSR__OP_SQRTM;
    if (grammar->columns == grammar->plain || !grammar->has[L2OSR__OP_DIV] || !grammar->has[root])
        return false;
    put(c, l2osr__tree_random_column(grammar, rng));
    put(c, l2osr__tree_random_column(grammar, rng));
    put(c, l2osr__tree_op(root));
    put(c, l2osr__tree_op(L2OSR__OP_DIV));
    return true;
}

/* A power, a function, or a function of a difference of columns, as a factor. */
static void put_factor(l2osr__draft *c, const l2osr__grammar *grammar, l2osr__rng *rng) {
    const uint32_t kind = l2osr__rng_below(rng, 6);
    l2osr__node op;
    put(c, l2osr__tree_random_column(grammar, rng));
    if (kind >= 3 && grammar->has[L2OSR__OP_SQUARE]) {
        put(c, l2osr__tree_op(L2OSR__OP_SQUARE));
        return;
    }
    if (kind == 0 && grammar->has[L2OSR__OP_SUB]) {
        put(c, l2osr__tree_random_column(grammar, rng));
        put(c, l2osr__tree_op(L2OSR__OP_SUB));
    }
    if (kind <= 1 && l2osr__grammar_draw(grammar, rng, 1, &op))
        put(c, op);
}

/* A product or quotient of up to three factors. */
static void draw_product(l2osr__draft *c, const l2osr__grammar *grammar, l2osr__rng *rng) {
    put_factor(c, grammar, rng);
    for (uint32_t more = 1 + l2osr__rng_below(rng, 2); more > 0; more--) {
        put_factor(c, grammar, rng);
        put(c, l2osr__tree_op(l2osr__rng_below(rng, 3) == 0 && grammar->has[L2OSR__OP_DIV]
                                  ? L2OSR__OP_DIV
                                  : L2OSR__OP_MUL));
    }
}

static void draw_random(l2osr__draft *c, const l2osr__grammar *grammar, l2osr__rng *rng) {
    l2osr__tree tree;
    tree.count = 0;
    l2osr__tree_random(&tree, grammar, rng, 2 + (int32_t)l2osr__rng_below(rng, TERM_SIZE - 1));
    keep(c, &tree);
}

/* One of several kinds. */
static void draw_new(l2osr__draft *c, const l2osr__grammar *grammar, l2osr__rng *rng,
                     size_t index) {
    c->count = 0;
    const uint32_t kind = l2osr__rng_below(rng, 8);
    if (index < grammar->plain)
        put(c, l2osr__tree_column((uint32_t)index, 0));
    else if (kind == 0)
        put(c, l2osr__tree_random_column(grammar, rng));
    else if (kind <= 2)
        draw_product(c, grammar, rng);
    else if (!(kind <= 4 && draw_bend(c, grammar, rng)) &&
             !(kind == 5 && draw_ratio(c, grammar, rng)))
        draw_random(c, grammar, rng);
}

/* A changed term of a formula. */
static bool draw_changed(l2osr__draft *c, const l2osr__terms *base, const l2osr__grammar *grammar,
                         l2osr__island *island) {
    l2osr__tree term;
    c->count = 0;
    l2osr__terms_get(base, (int32_t)l2osr__rng_below(&island->rng, (uint32_t)base->count), &term);
    l2osr__mutate(&term, grammar, &island->rng, island->world->mutations);
    l2osr__tree_simplify(&term, grammar);
    return keep(c, &term);
}

void l2osr__draft_draw(l2osr__draft *draft, l2osr__island *island, const l2osr__terms *base,
                       size_t index) {
    const l2osr__grammar *grammar = &island->world->grammar;
    l2osr__tree tree;
    if (!(base->count > 0 && l2osr__rng_below(&island->rng, 2) == 0 &&
          draw_changed(draft, base, grammar, island)))
        draw_new(draft, grammar, &island->rng, index);
    l2osr__draft_tree(draft, &tree);
    l2osr__tree_simplify(&tree, grammar);
    keep(draft, &tree);
}
