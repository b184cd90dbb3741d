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

/* Whether it is (constant * something) or (constant / something): a sign can go into the constant.
 */
static bool has_weight(const builder *b, int32_t first) {
    return begins_with_constant(b, first, L2OSR__OP_MUL) ||
           begins_with_constant(b, first, L2OSR__OP_DIV);
}

/* Drops a constant at `first` that does nothing: of 1 * x and 0 + x. */
static void drop_unit(builder *b, int32_t first) {
    const int op = b->nodes[b->count - 1].op;
    const double unit = op == L2OSR__OP_MUL ? 1 : 0;
    if ((op != L2OSR__OP_MUL && op != L2OSR__OP_ADD) || b->nodes[first].value != unit ||
        !begins_with_constant(b, first, (l2osr__opcode)op))
        return;
    b->count--;
    drop(b, first);
}

static void negate(builder *b, int32_t first) {
    b->nodes[first].value = -b->nodes[first].value;
    drop_unit(b, first);
}

/* Whether a function is nowhere negative. */
static bool is_positive(int op) {
    switch (op) {
    case L2OSR__OP_GREATER:
    case L2OSR__OP_RELU:
    case L2OSR__OP_EXP:
    case L2OSR__OP_ERFC:
    case L2OSR__OP_SQUARE:
    case L2OSR__OP_ABS:
    case L2OSR__OP_SQRT:
    case L2OSR__OP_SQRTM:
    case L2OSR__OP_SIGMOID:
        return true;
    default:
        return false;
    }
}

/* What a function does to the value of another: true when nothing is left to be done. */
static bool add_to_function(builder *b, const l2osr__grammar *grammar, int outer) {
    l2osr__node *last = &b->nodes[b->count - 1];
    const bool root = outer == L2OSR__OP_SQRT || outer == L2OSR__OP_SQRTM;
    if ((l2osr__ops[outer].traits & L2OSR__TRAIT_IDEMPOTENT) && last->op == outer)
        return true;
    if ((outer == L2OSR__OP_ABS || outer == L2OSR__OP_RELU) && is_positive(last->op))
        return true;
    if (!grammar->has[L2OSR__OP_ABS] ||
        !((outer == L2OSR__OP_SQUARE && last->op == L2OSR__OP_SQRTM) ||
          (root && last->op == L2OSR__OP_SQUARE)))
        return false;
    last->op = L2OSR__OP_ABS;
    return true;
}

/* An even function knows no sign. */
static void drop_sign(builder *b, int32_t first) {
    const int op = b->nodes[b->count - 1].op;
    if (op == L2OSR__OP_NEG || op == L2OSR__OP_ABS)
        b->count--;
    else if (b->nodes[first].value < 0 && has_weight(b, first))
        negate(b, first);
}

static void add_negation(builder *b, int32_t first, l2osr__node node) {
    if (b->nodes[b->count - 1].op == L2OSR__OP_NEG)
        b->count--;
    else if (has_weight(b, first))
        negate(b, first);
    else
        b->nodes[b->count++] = node;
}

static void add_unary(builder *b, const l2osr__grammar *grammar, l2osr__node node) {
    const int32_t first = b->start[b->depth - 1];
    const uint8_t traits = l2osr__ops[node.op].traits;
    l2osr__node *last = &b->nodes[b->count - 1];
    if (is_constant(b, first, b->count) && !l2osr__op_is_call(node.op)) {
        last->value = l2osr__op_compute((l2osr__opcode)node.op, last->value, 0);
        return;
    }
    if (node.op == L2OSR__OP_NEG) {
        add_negation(b, first, node);
        return;
    }
    if (traits & L2OSR__TRAIT_EVEN)
        drop_sign(b, first);
    if (add_to_function(b, grammar, node.op))
        return;
    if ((traits & L2OSR__TRAIT_ODD) && b->nodes[b->count - 1].op == L2OSR__OP_NEG) {
        const l2osr__node negation = b->nodes[b->count - 1];
        b->nodes[b->count - 1] = node;
        node = negation;
    }
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
        drop_unit(b, first);
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

/* Takes signs off the operands of a product or quotient; whether one of two is left. The operand on
 * the left ends at *right. */
static bool take_signs(builder *b, int32_t *right) {
    bool negative = false;
    if (b->nodes[b->count - 1].op == L2OSR__OP_NEG) {
        b->count--;
        negative = true;
    }
    if (b->nodes[*right - 1].op == L2OSR__OP_NEG) {
        drop(b, --*right);
        negative = !negative;
    }
    return negative;
}

/* x - -y becomes x + y, x - 2 * y becomes x + -2 * y, and x + -y becomes x - y. */
static void turn_sum(builder *b, const l2osr__grammar *grammar, l2osr__node *sum, int32_t right) {
    const bool negation = b->nodes[b->count - 1].op == L2OSR__OP_NEG;
    const bool add = sum->op == L2OSR__OP_SUB;
    if (!grammar->has[add ? L2OSR__OP_ADD : L2OSR__OP_SUB])
        return;
    if (negation)
        b->count--;
    else if (add && has_weight(b, right))
        negate(b, right);
    else
        return;
    sum->op = add ? L2OSR__OP_ADD : L2OSR__OP_SUB;
}

/* c / (d * x) becomes (c / d) / x; the quotient of the constants must be one in single precision.
 */
static void divide_constants(builder *b, int32_t left) {
    static const double LARGEST = 1e30;
    const int32_t right = left + 1;
    if (!begins_with_constant(b, right, L2OSR__OP_MUL))
        return;
    const double quotient = b->nodes[left].value / b->nodes[right].value;
    if (!(fabs(quotient) < LARGEST && fabs(quotient) > 1 / LARGEST))
        return;
    b->nodes[left].value = quotient;
    b->count--;
    drop(b, right);
}

/* Moves the constant on the right of a sum or product to its left. */
static void swap_constant(builder *b, int32_t left) {
    const l2osr__node constant = b->nodes[b->count - 1];
    memmove(b->nodes + left + 1, b->nodes + left, (size_t)(b->count - 1 - left) * sizeof constant);
    b->nodes[left] = constant;
}

static void add_to_constant(builder *b, const l2osr__grammar *grammar, int32_t left,
                            l2osr__node node) {
    const bool zero = b->nodes[left].value == 0;
    if (node.op == L2OSR__OP_SUB || (node.op == L2OSR__OP_ADD && !zero))
        turn_sum(b, grammar, &node, left + 1);
    if (node.op == L2OSR__OP_DIV)
        divide_constants(b, left);
    if (node.op == L2OSR__OP_ADD || node.op == L2OSR__OP_MUL)
        add_weighted(b, left, node);
    else
        b->nodes[b->count++] = node;
}

/* Moves the nodes from `middle` on to `first`, in front of what is there. */
static void bring_forward(builder *b, int32_t first, int32_t middle) {
    l2osr__node moved[L2OSR__TREE_ROOM];
    const size_t size = sizeof *moved, n = (size_t)(middle - first);
    memcpy(moved, b->nodes + first, n * size);
    memmove(b->nodes + first, b->nodes + middle, (size_t)(b->count - middle) * size);
    memcpy(b->nodes + b->count - n, moved, n * size);
}

/* x * (c / y) and (c / y) * x become c * x / y; true when that was it. */
static bool multiply_quotient(builder *b, int32_t left, int32_t right) {
    const l2osr__opcode quotient = L2OSR__OP_DIV;
    if (begins_with_constant(b, right, quotient)) {
        bring_forward(b, left, right); /* as if it had been on the left */
        right = left + b->count - right;
    } else {
        const builder part = {.nodes = b->nodes, .count = right};
        if (b->nodes[left].op != L2OSR__OP_CONST || b->nodes[right - 1].op != quotient ||
            !begins_with_constant(&part, left, quotient))
            return false;
    }
    const double factor = b->nodes[left].value;
    const int32_t divisor = left + 1, x = right - 1; /* without the constant and the operator */
    memmove(b->nodes + x, b->nodes + right, (size_t)(b->count - right) * sizeof *b->nodes);
    b->count--;
    bring_forward(b, divisor, x);
    if (factor == 1) {
        drop(b, left);
    } else { /* between x and y */
        const int32_t y = b->count - (x - divisor);
        memmove(b->nodes + y + 1, b->nodes + y, (size_t)(b->count - y) * sizeof *b->nodes);
        b->nodes[y] = l2osr__tree_op(L2OSR__OP_MUL);
        b->count++;
    }
    b->nodes[b->count++] = l2osr__tree_op(quotient);
    return true;
}

/* Two operands of which the left one, or none, is a constant. */
static void add_operation(builder *b, const l2osr__grammar *grammar, int32_t left, int32_t right,
                          l2osr__node node) {
    const bool product = node.op == L2OSR__OP_MUL || node.op == L2OSR__OP_DIV;
    bool negative = product && take_signs(b, &right);
    if (is_constant(b, left, right)) {
        if (negative)
            b->nodes[left].value = -b->nodes[left].value;
        add_to_constant(b, grammar, left, node);
        return;
    }
    if (node.op == L2OSR__OP_ADD || node.op == L2OSR__OP_SUB)
        turn_sum(b, grammar, &node, right);
    if (node.op != L2OSR__OP_MUL || !multiply_quotient(b, left, right))
        b->nodes[b->count++] = node;
    if (negative)
        b->nodes[b->count++] = l2osr__tree_op(L2OSR__OP_NEG);
}

static void add_binary(builder *b, const l2osr__grammar *grammar, l2osr__node node) {
    int32_t right = b->start[--b->depth], left = b->start[b->depth - 1];
    l2osr__node *last = &b->nodes[b->count - 1];
    if (is_constant(b, right, b->count)) {
        if (is_constant(b, left, right) && !l2osr__op_is_call(node.op)) {
            b->nodes[left].value =
                l2osr__op_compute((l2osr__opcode)node.op, b->nodes[left].value, last->value);
            b->count--;
            return;
        }
        normalize(grammar, &node, last);
        if (node.op == L2OSR__OP_ADD || node.op == L2OSR__OP_MUL) {
            swap_constant(b, left);
            right = left + 1;
        }
    }
    add_operation(b, grammar, left, right, node);
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
            add_unary(&b, grammar, node);
        } else {
            add_binary(&b, grammar, node);
        }
    }
    tree->count = b.count;
    l2osr__tree_link(tree);
}
