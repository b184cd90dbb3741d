/* SPDX-License-Identifier: MIT */
/* Products for running: a vector node is (number of the step) * (rest), so that all such numbers of
 * a product meet and cost one multiplication a step instead of one a parameter. */
#include "expr/rewriter.h"

typedef l2osr__rewriter rewriter;

/* A node as factor * rest; -1 for either means that there is none. */
typedef struct factored {
    int32_t factor, rest;
} factored;

static factored split(rewriter *r, int32_t i) {
    const l2osr__node n = r->out->nodes[i];
    if (r->scalar[i])
        return (factored){i, -1};
    if (n.op == L2OSR__OP_NEG)
        return (factored){l2osr__construct_constant(r, -1), n.a};
    if (n.op == L2OSR__OP_MUL && r->scalar[n.a])
        return (factored){n.a, n.b};
    return (factored){-1, i};
}

/* Two constants whose product or quotient leaves the range of normal numbers must stay apart. */
static bool may_meet(const rewriter *r, l2osr__opcode op, int32_t a, int32_t b) {
    if (b < 0 || !l2osr__is_known(r, b) || (a >= 0 && !l2osr__is_known(r, a)))
        return true;
    const double x = a < 0 ? 1 : r->out->nodes[a].value, y = r->out->nodes[b].value;
    const double value = op == L2OSR__OP_MUL ? x * y : x / y;
    return l2osr__is_safe(value) && (value != 0 || x == 0 || (op == L2OSR__OP_MUL && y == 0));
}

static int32_t multiply(rewriter *r, int32_t a, int32_t b) {
    return a < 0 ? b : b < 0 ? a : l2osr__construct(r, L2OSR__OP_MUL, a, b);
}

static int32_t divide(rewriter *r, int32_t a, int32_t b) {
    if (b < 0)
        return a;
    return l2osr__construct(r, L2OSR__OP_DIV, a < 0 ? l2osr__construct_constant(r, 1) : a, b);
}

/* factor * rest, where rest has no factor of its own. */
static int32_t scaled(rewriter *r, int32_t factor, int32_t rest) {
    const l2osr__node n = r->out->nodes[rest];
    if (factor < 0 || l2osr__is_number(r, factor, 1))
        return rest;
    if (l2osr__is_number(r, factor, -1))
        return l2osr__construct_plain(r, L2OSR__OP_NEG, rest, -1);
    if (n.op == L2OSR__OP_DIV && r->scalar[n.a] && may_meet(r, L2OSR__OP_MUL, factor, n.a))
        return l2osr__construct_plain(r, L2OSR__OP_DIV, multiply(r, factor, n.a), n.b);
    return l2osr__construct_plain(r, L2OSR__OP_MUL, factor, rest);
}

static int32_t rest_product(rewriter *r, int32_t a, int32_t b) {
    if (a < 0 || b < 0)
        return a < 0 ? b : a;
    return l2osr__ordered_product(r, a, b);
}

int32_t l2osr__construct_product(rewriter *r, int32_t a, int32_t b) {
    const factored x = split(r, a), y = split(r, b);
    if (!may_meet(r, L2OSR__OP_MUL, x.factor, y.factor))
        return l2osr__construct_plain(r, L2OSR__OP_MUL, a, b);
    return scaled(r, multiply(r, x.factor, y.factor), rest_product(r, x.rest, y.rest));
}

int32_t l2osr__construct_quotient(rewriter *r, int32_t a, int32_t b) {
    const factored x = split(r, a), y = split(r, b);
    if (!may_meet(r, L2OSR__OP_DIV, x.factor, y.factor))
        return l2osr__construct_plain(r, L2OSR__OP_DIV, a, b);
    const int32_t factor = divide(r, x.factor, y.factor);
    if (y.rest < 0)
        return scaled(r, factor, x.rest);
    if (x.rest < 0)
        return l2osr__construct_plain(r, L2OSR__OP_DIV, factor, y.rest);
    return scaled(r, factor, l2osr__construct_plain(r, L2OSR__OP_DIV, x.rest, y.rest));
}
