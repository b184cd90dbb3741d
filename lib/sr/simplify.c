/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "sr/tree.h"

/* A tree being rebuilt node by node; `start` holds the first node of each finished operand. */
typedef struct builder {
    l2osr__node *nodes;
    int32_t count, depth;
    int32_t start[L2OSR__TREE_ROOM];
} builder;

static bool is_constant(const builder *b, int32_t first, int32_t end) {
    return end - first == 1 && b->nodes[first].op == L2OSR__OP_CONST;
}

static void drop(builder *b, int32_t index) {
    b->count--;
    memmove(b->nodes + index, b->nodes + index + 1, (size_t)(b->count - index) * sizeof *b->nodes);
}

/* Whether the subtree from `first` to the end is (constant op something). */
static bool begins_with_constant(const builder *b, int32_t first, l2osr__opcode op) {
    int32_t missing = 1, i = b->count - 2;
    if (b->nodes[b->count - 1].op != op || b->nodes[first].op != L2OSR__OP_CONST)
        return false;
    for (; missing > 0; i--)
        missing += l2osr__ops[b->nodes[i].op].arity - 1;
    return i == first;
}

static void add_unary(builder *b, l2osr__node node) {
    int32_t first = b->start[b->depth - 1];
    l2osr__node *last = &b->nodes[b->count - 1];
    if (is_constant(b, first, b->count) && !l2osr__op_is_call(node.op))
        last->value = l2osr__op_compute((l2osr__opcode)node.op, last->value, 0);
    else if (node.op == L2OSR__OP_NEG && last->op == L2OSR__OP_NEG)
        b->count--;
    else if (node.op == L2OSR__OP_NEG && begins_with_constant(b, first, L2OSR__OP_MUL))
        b->nodes[first].value = -b->nodes[first].value;
    else
        b->nodes[b->count++] = node;
}

/* constant + x or constant * x, the constant at `first`. */
static void add_weighted(builder *b, int32_t first, l2osr__node node) {
    const bool product = node.op == L2OSR__OP_MUL;
    const double value = b->nodes[first].value;
    l2osr__node *inner = &b->nodes[first + 1];
    if (value == (product ? 1 : 0)) {
        drop(b, first);
    } else if (product && value == 0) {
        b->count = first + 1;
    } else if (begins_with_constant(b, first + 1, product ? L2OSR__OP_MUL : L2OSR__OP_ADD) ||
               begins_with_constant(b, first + 1, product ? L2OSR__OP_DIV : L2OSR__OP_SUB)) {
        inner->value = product ? inner->value * value : inner->value + value;
        drop(b, first);
    } else if (product && b->nodes[b->count - 1].op == L2OSR__OP_NEG) {
        b->nodes[first].value = -value;
        b->nodes[b->count - 1] = node;
    } else {
        b->nodes[b->count++] = node;
    }
}

/* Turns x - c into x + -c and x / c into x * (1 / c), so that constants of sums and products meet.
 */
static void normalize(const l2osr__grammar *grammar, l2osr__node *node, l2osr__node *constant) {
    if (node->op == L2OSR__OP_SUB && grammar->has[L2OSR__OP_ADD]) {
        node->op = L2OSR__OP_ADD;
        constant->value = -constant->value;
    } else if (node->op == L2OSR__OP_DIV && grammar->has[L2OSR__OP_MUL]) {
        node->op = L2OSR__OP_MUL;
        constant->value = 1 / constant->value;
    }
}

static void add_binary(builder *b, const l2osr__grammar *grammar, l2osr__node node) {
    int32_t right = b->start[--b->depth], left = b->start[b->depth - 1];
    bool left_constant = is_constant(b, left, right);
    l2osr__node *last = &b->nodes[b->count - 1];
    if (is_constant(b, right, b->count)) {
        if (left_constant && !l2osr__op_is_call(node.op)) {
            b->nodes[left].value =
                l2osr__op_compute((l2osr__opcode)node.op, b->nodes[left].value, last->value);
            b->count--;
            return;
        }
        normalize(grammar, &node, last);
        if (node.op == L2OSR__OP_ADD || node.op == L2OSR__OP_MUL) {
            const l2osr__node constant = *last;
            memmove(b->nodes + left + 1, b->nodes + left, (size_t)(right - left) * sizeof *last);
            b->nodes[left] = constant;
            left_constant = true;
        }
    }
    if (left_constant && (node.op == L2OSR__OP_ADD || node.op == L2OSR__OP_MUL))
        add_weighted(b, left, node);
    else
        b->nodes[b->count++] = node;
}

void l2osr__tree_simplify(l2osr__tree *tree, const l2osr__grammar *grammar) {
    builder b = {.nodes = tree->nodes};
    /* what is written never passes what is still to be read */
    for (int32_t i = 0; i < tree->count; i++) {
        const l2osr__node node = tree->nodes[i];
        const int arity = l2osr__ops[node.op].arity;
        if (arity == 0) {
            b.start[b.depth++] = b.count;
            b.nodes[b.count++] = node;
        } else if (arity == 1) {
            add_unary(&b, node);
        } else {
            add_binary(&b, grammar, node);
        }
    }
    tree->count = b.count;
    l2osr__tree_link(tree);
}

/* First constant that a factor of the subtree goes into without a new node; -1 when there is none.
 */
static int32_t find_factor(const l2osr__tree *tree, int32_t i) {
    const l2osr__node *node = &tree->nodes[i];
    int32_t found;
    switch (node->op) {
    case L2OSR__OP_CONST:
        return i;
    case L2OSR__OP_MUL:
        found = find_factor(tree, node->a);
        return found >= 0 ? found : find_factor(tree, node->b);
    case L2OSR__OP_DIV:
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
        give_factor(tree, node->b, factor);
}

void l2osr__tree_multiply(l2osr__tree *tree, double factor) {
    give_factor(tree, tree->count - 1, factor);
}

static double take_factors(l2osr__tree *tree, int32_t i);

/* A factor must come out without a trace: nothing becomes infinite or zero. */
static bool can_leave(double factor) {
    return isnormal(factor) && isnormal(1 / factor);
}

/* What comes out of the left operand of a sum comes out of the right one too. NaN when it cannot. */
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
    case L2OSR__OP_DIV:
    case L2OSR__OP_NEG:
        return take_factors(tree, node->a);
    case L2OSR__OP_ADD:
    case L2OSR__OP_SUB:
        return take_from_sum(tree, i);
    default:
        return 1;
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

/* a + -2 * b becomes a - 2 * b. */
static void subtract(l2osr__tree *tree, l2osr__node *sum) {
    const l2osr__node *right = &tree->nodes[sum->b];
    while (right->op == L2OSR__OP_MUL)
        right = &tree->nodes[right->a];
    if (right->op != L2OSR__OP_CONST || right->value >= 0)
        return;
    tree->nodes[right - tree->nodes].value = -right->value;
    sum->op = L2OSR__OP_SUB;
}

void l2osr__tree_tidy(l2osr__tree *tree) {
    for (int32_t i = 1; i < tree->count;)
        i = rotate(tree, i);
    for (int32_t i = 0; i < tree->count; i++)
        if (tree->nodes[i].op == L2OSR__OP_ADD)
            subtract(tree, &tree->nodes[i]);
}
