/* SPDX-License-Identifier: MIT */
#include "sr/mutate.h"

#include <math.h>
#include <string.h>

#include "vec/random.h"
#include "vec/scalar.h"

/* The paper's alpha: how far apart the exponents of twins are to begin with. */
static const double TWIN_SHIFT = 0.05;

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

static void push(l2osr__tree *piece, l2osr__node node) {
    piece->nodes[piece->count++] = node;
}

static void append(l2osr__tree *piece, const l2osr__node *nodes, int32_t count) {
    memcpy(piece->nodes + piece->count, nodes, (size_t)count * sizeof *nodes);
    piece->count += count;
}

static double stretched(double value, l2osr__rng *rng) {
    return value * l2osr__exp_f64(l2osr__rng_normal(rng));
}

/* Decays move by their distance from 1: that is what their time scale depends on. */
static void mutate_constant(l2osr__tree *tree, const l2osr__grammar *grammar, l2osr__rng *rng) {
    int32_t parameters[L2OSR__TREE_ROOM];
    const int32_t n = l2osr__tree_parameters(tree, grammar, parameters);
    if (n == 0)
        return;
    l2osr__node *node = &tree->nodes[parameters[pick(rng, n)]];
    if (node->op == L2OSR__OP_VAR) {
        const double rest = stretched(1 - node->value, rng);
        node->value = rest < 1e-4 ? 0.9999 : rest > 0.95 ? 0.05 : 1 - rest;
        return;
    }
    node->value = stretched(node->value, rng);
    if (pick(rng, 8) == 0)
        node->value = -node->value;
}

static void mutate_operator(l2osr__tree *tree, const l2osr__grammar *grammar, l2osr__rng *rng) {
    const int arity = 1 + pick(rng, 2);
    const int32_t i = pick_arity(tree, rng, arity);
    l2osr__node op;
    if (i < 0 || !l2osr__grammar_draw(grammar, rng, arity, &op))
        return;
    op.a = tree->nodes[i].a;
    op.b = tree->nodes[i].b;
    tree->nodes[i] = op;
}

/* Lags of an input are columns side by side, and so often are the inputs of a window. */
static l2osr__node neighbour(const l2osr__node *leaf, const l2osr__grammar *grammar,
                             l2osr__rng *rng) {
    const uint32_t column = (uint32_t)leaf->a, plain = grammar->plain;
    if (column >= plain)
        return l2osr__tree_column(plain + l2osr__rng_below(rng, grammar->columns - plain),
                                  leaf->value);
    const uint32_t moved = pick(rng, 2) ? column + 1 : column + plain - 1;
    return l2osr__tree_column(moved % plain, 0);
}

static void mutate_terminal(l2osr__tree *tree, const l2osr__grammar *grammar, l2osr__rng *rng) {
    l2osr__node *leaf = &tree->nodes[pick_arity(tree, rng, 0)];
    const bool is_column = leaf->op == L2OSR__OP_VAR;
    if (is_column && pick(rng, 3) == 0) {
        const l2osr__node moved = neighbour(leaf, grammar, rng);
        if (grammar->terminals[moved.a].counts == grammar->terminals[leaf->a].counts) {
            *leaf = moved;
            return;
        }
    }
    if (is_column || pick(rng, 4) == 0)
        *leaf = l2osr__tree_random_column(grammar, rng);
}

/* Something for a binary operator to combine with; products often get a weight near 1. */
static void draw_operand(l2osr__tree *operand, const l2osr__grammar *grammar, l2osr__rng *rng,
                         int op) {
    if (op == L2OSR__OP_MUL && pick(rng, 2) == 0)
        push(operand, l2osr__tree_constant(1 + 0.1 * l2osr__rng_normal(rng)));
    else
        l2osr__tree_random(operand, grammar, rng, 1 + pick(rng, 3));
}

static void insert_operator(l2osr__tree *tree, const l2osr__grammar *grammar, l2osr__rng *rng) {
    l2osr__tree piece, operand;
    l2osr__node op;
    piece.count = operand.count = 0;
    const int arity = 1 + pick(rng, 2);
    const int32_t root = pick(rng, tree->count), first = l2osr__tree_start(tree, root);
    if (!l2osr__grammar_draw(grammar, rng, arity, &op))
        return;
    if (arity == 2)
        draw_operand(&operand, grammar, rng, op.op);
    if (operand.count + (root + 1 - first) + 1 > L2OSR__TREE_ROOM)
        return;
    const bool left = pick(rng, 2) == 0;
    if (left)
        append(&piece, operand.nodes, operand.count);
    append(&piece, tree->nodes + first, root + 1 - first);
    if (!left)
        append(&piece, operand.nodes, operand.count);
    push(&piece, op);
    l2osr__tree_splice(tree, first, root + 1, piece.nodes, piece.count);
}

/* Puts the subtree at `kept` in place of the one at `root`, of which it is a part. */
static void pull_up(l2osr__tree *tree, int32_t root, int32_t kept) {
    l2osr__tree piece;
    l2osr__tree_take(&piece, tree, kept);
    l2osr__tree_splice(tree, l2osr__tree_start(tree, root), root + 1, piece.nodes, piece.count);
}

bool l2osr__shrink(l2osr__tree *tree, int32_t i, bool left) {
    const l2osr__node *node = &tree->nodes[i];
    if (arity_at(tree, i) < (left ? 1 : 2))
        return false;
    pull_up(tree, i, left ? node->a : node->b);
    return true;
}

static void delete_operator(l2osr__tree *tree, l2osr__rng *rng) {
    const int32_t i = pick_arity(tree, rng, pick(rng, 3) == 0 ? 1 : 2);
    if (i < 0)
        return;
    const l2osr__node *node = &tree->nodes[i];
    pull_up(tree, i, arity_at(tree, i) == 2 && pick(rng, 2) ? node->b : node->a);
}

static void replace_subtree(l2osr__tree *tree, const l2osr__grammar *grammar, l2osr__rng *rng) {
    l2osr__tree piece;
    piece.count = 0;
    const int32_t root = pick(rng, tree->count), first = l2osr__tree_start(tree, root);
    l2osr__tree_random(&piece, grammar, rng, 1 + pick(rng, 6));
    l2osr__tree_splice(tree, first, root + 1, piece.nodes, piece.count);
}

/* a f (b g c) becomes (a f b) g c: in postfix order f moves in front of c. */
static void rotate(l2osr__tree *tree, l2osr__rng *rng) {
    const int32_t i = pick_arity(tree, rng, 2);
    if (i < 0 || arity_at(tree, tree->nodes[i].b) != 2)
        return;
    const l2osr__node outer = tree->nodes[i];
    const int32_t last = l2osr__tree_start(tree, tree->nodes[outer.b].b);
    memmove(tree->nodes + last + 1, tree->nodes + last, (size_t)(i - last) * sizeof outer);
    tree->nodes[last] = outer;
    l2osr__tree_link(tree);
}

static bool is_power(const l2osr__tree *tree, int32_t i) {
    const l2osr__node *node = &tree->nodes[i];
    return (node->op == L2OSR__OP_POWM || node->op == L2OSR__OP_POWER) &&
           tree->nodes[node->b].op == L2OSR__OP_CONST;
}

static int32_t pick_power(const l2osr__tree *tree, l2osr__rng *rng) {
    int32_t found = -1, seen = 0;
    for (int32_t i = 0; i < tree->count; i++)
        if (is_power(tree, i) && pick(rng, ++seen) == 0)
            found = i;
    return found;
}

/* x^a with another exponent and a weight, at the end of a piece. */
static void push_power(l2osr__tree *piece, const l2osr__tree *power, double exponent,
                       double weight) {
    push(piece, l2osr__tree_constant(weight));
    append(piece, power->nodes, power->count);
    piece->nodes[piece->count - 2].value = exponent;
    push(piece, l2osr__tree_op(L2OSR__OP_MUL));
}

static void split_power(l2osr__tree *tree, int32_t i) {
    l2osr__tree power, piece;
    piece.count = 0;
    l2osr__tree_take(&power, tree, i);
    const double exponent = power.nodes[power.count - 2].value;
    if (2 * power.count + 5 > L2OSR__TREE_ROOM)
        return;
    push_power(&piece, &power, exponent + TWIN_SHIFT, 0.5);
    push_power(&piece, &power, exponent - TWIN_SHIFT, 0.5);
    push(&piece, l2osr__tree_op(L2OSR__OP_ADD));
    l2osr__tree_splice(tree, l2osr__tree_start(tree, i), i + 1, piece.nodes, piece.count);
}

/* A new monomial k x^a behind the root, with a small k. */
static void add_monomial(l2osr__tree *tree, const l2osr__grammar *grammar, l2osr__rng *rng) {
    const l2osr__opcode power = grammar->has[L2OSR__OP_POWM] ? L2OSR__OP_POWM : L2OSR__OP_POWER;
    const l2osr__node leaf = l2osr__tree_random_column(grammar, rng);
    const l2osr__node nodes[] = {l2osr__tree_constant(1e-3 / grammar->terminals[leaf.a].scale),
                                 leaf,
                                 l2osr__tree_constant(1 + pick(rng, 3) + TWIN_SHIFT),
                                 l2osr__tree_op(power),
                                 l2osr__tree_op(L2OSR__OP_MUL),
                                 l2osr__tree_op(L2OSR__OP_ADD)};
    l2osr__tree_splice(tree, tree->count, tree->count, nodes, 6);
}

/* The core mutation of the paper (its Fig. 7): a new monomial, or a monomial splits in two or gives
 * way to what it is a power of. */
static void twin(l2osr__tree *tree, const l2osr__grammar *grammar, l2osr__rng *rng) {
    if (!l2osr__grammar_sums(grammar) ||
        (!grammar->has[L2OSR__OP_POWM] && !grammar->has[L2OSR__OP_POWER]))
        return;
    const int32_t i = pick_power(tree, rng);
    if (i < 0 || pick(rng, 10) < 3)
        add_monomial(tree, grammar, rng);
    else if (pick(rng, 3) == 0)
        pull_up(tree, i, tree->nodes[i].a);
    else
        split_power(tree, i);
}

/* A random term of a sum: a node whose users are all sums. */
static int32_t pick_term(const l2osr__tree *tree, l2osr__rng *rng) {
    int32_t i = tree->count - 1;
    while ((tree->nodes[i].op == L2OSR__OP_ADD || tree->nodes[i].op == L2OSR__OP_SUB) &&
           (i == tree->count - 1 || pick(rng, 3) > 0))
        i = pick(rng, 2) ? tree->nodes[i].a : tree->nodes[i].b;
    return i;
}

static void drop_term(l2osr__tree *tree, l2osr__rng *rng) {
    const int32_t dropped = pick_term(tree, rng);
    for (int32_t i = dropped + 1; i < tree->count; i++) {
        const l2osr__node *sum = &tree->nodes[i];
        if (arity_at(tree, i) != 2 || (sum->a != dropped && sum->b != dropped))
            continue;
        pull_up(tree, i, sum->a == dropped ? sum->b : sum->a);
        return;
    }
}

static void randomize(l2osr__tree *tree, const l2osr__grammar *grammar, l2osr__rng *rng) {
    const int32_t size = tree->count < 20 ? tree->count : 20;
    tree->count = 0;
    l2osr__tree_random(tree, grammar, rng, size);
    l2osr__tree_link(tree);
}

void l2osr__mutate_by(int kind, l2osr__tree *tree, const l2osr__grammar *grammar, l2osr__rng *rng) {
    switch (kind) {
    case L2OSR__MUTATE_CONSTANT:
        mutate_constant(tree, grammar, rng);
        break;
    case L2OSR__MUTATE_OPERATOR:
        mutate_operator(tree, grammar, rng);
        break;
    case L2OSR__MUTATE_TERMINAL:
        mutate_terminal(tree, grammar, rng);
        break;
    case L2OSR__MUTATE_INSERT:
        insert_operator(tree, grammar, rng);
        break;
    case L2OSR__MUTATE_DELETE:
        delete_operator(tree, rng);
        break;
    case L2OSR__MUTATE_SUBTREE:
        replace_subtree(tree, grammar, rng);
        break;
    case L2OSR__MUTATE_HOIST:
        pull_up(tree, tree->count - 1, pick(rng, tree->count));
        break;
    case L2OSR__MUTATE_ROTATE:
        rotate(tree, rng);
        break;
    case L2OSR__MUTATE_TWIN:
        twin(tree, grammar, rng);
        break;
    case L2OSR__MUTATE_DROP:
        drop_term(tree, rng);
        break;
    default:
        randomize(tree, grammar, rng);
        break;
    }
}

void l2osr__mutate(l2osr__tree *tree, const l2osr__grammar *grammar, l2osr__rng *rng,
                   const double weights[L2OSR__MUTATIONS]) {
    double sum = 0;
    int kind = 0;
    for (int i = 0; i < L2OSR__MUTATIONS; i++)
        sum += weights[i];
    double left = l2osr__rng_uniform(rng) * sum;
    while (kind < L2OSR__MUTATIONS - 1 && (left -= weights[kind]) >= 0)
        kind++;
    l2osr__mutate_by(kind, tree, grammar, rng);
}

/* Adds a term of the other formula; its weight is found when the sum is scored. */
static bool cross_terms(l2osr__tree *tree, const l2osr__tree *other, l2osr__rng *rng) {
    l2osr__tree piece;
    l2osr__tree_take(&piece, other, pick_term(other, rng));
    if (piece.count + 1 > L2OSR__TREE_ROOM)
        return false;
    push(&piece, l2osr__tree_op(L2OSR__OP_ADD));
    return l2osr__tree_splice(tree, tree->count, tree->count, piece.nodes, piece.count);
}

void l2osr__cross(l2osr__tree *tree, const l2osr__tree *other, const l2osr__grammar *grammar,
                  l2osr__rng *rng) {
    if (l2osr__grammar_sums(grammar) && pick(rng, 2) == 0 && cross_terms(tree, other, rng))
        return;
    const int32_t root = pick(rng, tree->count), first = l2osr__tree_start(tree, root);
    const int32_t donor = pick(rng, other->count), start = l2osr__tree_start(other, donor);
    l2osr__tree_splice(tree, first, root + 1, other->nodes + start, donor + 1 - start);
}
