/* SPDX-License-Identifier: MIT */
/* Constructors that simplify. Each looks at its operands only, which are simple already. */
#include <float.h>
#include <math.h>

#include "expr/rewriter.h"

typedef l2osr__rewriter rewriter;

/* A copy: nodes move when one is added. */
static l2osr__node node_at(const rewriter *r, int32_t i) {
    return r->out->nodes[i];
}

static bool is_op(const rewriter *r, int32_t i, l2osr__opcode op) {
    return i >= 0 && node_at(r, i).op == op;
}

bool l2osr__is_known(const rewriter *r, int32_t i) {
    return is_op(r, i, L2OSR__OP_CONST) && !r->kept[i] && node_at(r, i).b <= 0;
}

bool l2osr__is_number(const rewriter *r, int32_t i, double value) {
    return l2osr__is_known(r, i) && node_at(r, i).value == value;
}

static double value_of(const rewriter *r, int32_t i) {
    return node_at(r, i).value;
}

int32_t l2osr__construct_constant(rewriter *r, double value) {
    return l2osr__intern(r, (l2osr__node){.op = L2OSR__OP_CONST, .a = -1, .b = -1, .value = value},
                         false);
}

int32_t l2osr__construct_plain(rewriter *r, l2osr__opcode op, int32_t a, int32_t b) {
    return l2osr__intern(r, (l2osr__node){.op = (uint8_t)op, .a = a, .b = b}, false);
}

bool l2osr__is_safe(double value) {
    return value == 0 || (fabs(value) >= DBL_MIN && fabs(value) <= DBL_MAX);
}

static bool fold(const rewriter *r, l2osr__opcode op, int32_t a, int32_t b, double *value) {
    if (l2osr__ops[op].kind != L2OSR__KIND_PLAIN || !l2osr__is_known(r, a) ||
        (b >= 0 && !l2osr__is_known(r, b)))
        return false;
    *value = l2osr__op_compute(op, value_of(r, a), b >= 0 ? value_of(r, b) : 0);
    return isfinite(*value);
}

int32_t l2osr__construct_lag(rewriter *r, int32_t a, unsigned lag) {
    const l2osr__node inner = node_at(r, a);
    if (inner.op == L2OSR__OP_LAG && inner.lag + lag <= L2OSR__MAX_LAG)
        return l2osr__construct_lag(r, inner.a, inner.lag + lag);
    return l2osr__intern(
        r, (l2osr__node){.op = L2OSR__OP_LAG, .lag = (uint16_t)lag, .a = a, .b = -1}, false);
}

/* ---- one operand ---- */

static int32_t negation(rewriter *r, int32_t a) {
    const l2osr__node n = node_at(r, a);
    if (n.op == L2OSR__OP_NEG)
        return n.a;
    if (n.op == L2OSR__OP_SUB)
        return l2osr__construct(r, L2OSR__OP_SUB, n.b, n.a);
    if (n.op == L2OSR__OP_MUL && l2osr__is_known(r, n.a))
        return l2osr__construct(r, L2OSR__OP_MUL, l2osr__construct_constant(r, -value_of(r, n.a)),
                                n.b);
    return l2osr__construct_plain(r, L2OSR__OP_NEG, a, -1);
}

/* exp(log a), sqrt(square a) and their like; true only where no NaN or infinity comes in. */
static int32_t inverse_pair(rewriter *r, l2osr__opcode op, int32_t a) {
    const l2osr__node n = node_at(r, a);
    if (!(r->flags & L2OSR__REWRITE_FINITE))
        return -1;
    if ((op == L2OSR__OP_EXP && n.op == L2OSR__OP_LOG) ||
        (op == L2OSR__OP_LOG && n.op == L2OSR__OP_EXP) ||
        (op == L2OSR__OP_SQUARE && n.op == L2OSR__OP_SQRT) ||
        (op == L2OSR__OP_SINH && n.op == L2OSR__OP_ASINH) ||
        (op == L2OSR__OP_ASINH && n.op == L2OSR__OP_SINH))
        return n.a;
    if (op == L2OSR__OP_SQRT && n.op == L2OSR__OP_SQUARE)
        return l2osr__construct(r, L2OSR__OP_ABS, n.a, -1);
    return -1;
}

static int32_t unary(rewriter *r, l2osr__opcode op, int32_t a) {
    const l2osr__node n = node_at(r, a);
    const uint8_t traits = l2osr__ops[op].traits;
    if (op == L2OSR__OP_NEG)
        return negation(r, a);
    if ((traits & L2OSR__TRAIT_EVEN) && (n.op == L2OSR__OP_NEG || n.op == L2OSR__OP_ABS))
        return n.op == L2OSR__OP_ABS && op == L2OSR__OP_ABS ? a : l2osr__construct(r, op, n.a, -1);
    if ((traits & L2OSR__TRAIT_IDEMPOTENT) && n.op == op)
        return a;
    if (op == L2OSR__OP_ABS && (n.op == L2OSR__OP_SQUARE || n.op == L2OSR__OP_SQRT))
        return a;
    int32_t pair = inverse_pair(r, op, a);
    return pair >= 0 ? pair : l2osr__construct_plain(r, op, a, -1);
}

static int32_t reduction(rewriter *r, l2osr__opcode op, int32_t a) {
    if (r->scalar[a] && op == L2OSR__OP_MEAN)
        return a;
    if (r->scalar[a] && op == L2OSR__OP_RMS)
        return l2osr__construct(r, L2OSR__OP_ABS, a, -1);
    return l2osr__construct_plain(r, op, a, -1);
}

/* ---- sums ---- */

/* Whether b is better read in front of a: numbers stand behind, constants behind all. */
static bool out_of_order(const rewriter *r, int32_t a, int32_t b) {
    const int order = l2osr__rewriter_compare(r, a, b);
    return r->scalar[a] || r->scalar[b] ? order < 0 : order > 0;
}

/* A negative constant is subtracted. */
static int32_t ordered_sum(rewriter *r, int32_t a, int32_t b) {
    if (out_of_order(r, a, b)) {
        const int32_t swap = a;
        a = b;
        b = swap;
    }
    if (l2osr__is_known(r, b) && value_of(r, b) < 0)
        return l2osr__construct_plain(r, L2OSR__OP_SUB, a,
                                      l2osr__construct_constant(r, -value_of(r, b)));
    return l2osr__construct_plain(r, L2OSR__OP_ADD, a, b);
}

/* rest + value, however it is written. */
static bool split_sum(const rewriter *r, int32_t i, int32_t *rest, double *value) {
    const l2osr__node n = node_at(r, i);
    if ((n.op != L2OSR__OP_ADD && n.op != L2OSR__OP_SUB) || !l2osr__is_known(r, n.b))
        return false;
    *rest = n.a;
    *value = n.op == L2OSR__OP_ADD ? value_of(r, n.b) : -value_of(r, n.b);
    return true;
}

static int32_t sum(rewriter *r, int32_t a, int32_t b) {
    int32_t rest;
    double value;
    if (l2osr__is_known(r, a)) {
        const int32_t swap = a;
        a = b;
        b = swap;
    }
    if (l2osr__is_number(r, b, 0))
        return a;
    const bool first = is_op(r, a, L2OSR__OP_NEG), second = is_op(r, b, L2OSR__OP_NEG);
    if (second && !(first && l2osr__rewriter_compare(r, a, b) < 0))
        return l2osr__construct(r, L2OSR__OP_SUB, a, node_at(r, b).a);
    if (first)
        return l2osr__construct(r, L2OSR__OP_SUB, b, node_at(r, a).a);
    if (l2osr__is_known(r, b) && split_sum(r, a, &rest, &value) &&
        l2osr__is_safe(value + value_of(r, b)))
        return l2osr__construct(r, L2OSR__OP_ADD, rest,
                                l2osr__construct_constant(r, value + value_of(r, b)));
    return ordered_sum(r, a, b);
}

static int32_t difference(rewriter *r, int32_t a, int32_t b) {
    if (l2osr__is_known(r, b))
        return sum(r, a, l2osr__construct_constant(r, -value_of(r, b)));
    if (l2osr__is_number(r, a, 0))
        return l2osr__construct(r, L2OSR__OP_NEG, b, -1);
    if (is_op(r, b, L2OSR__OP_NEG))
        return sum(r, a, node_at(r, b).a);
    if (a == b && (r->flags & L2OSR__REWRITE_FINITE))
        return l2osr__construct_constant(r, 0);
    return l2osr__construct_plain(r, L2OSR__OP_SUB, a, b);
}

/* ---- products ---- */

int32_t l2osr__ordered_product(rewriter *r, int32_t a, int32_t b) {
    return l2osr__rewriter_compare(r, a, b) <= 0 ? l2osr__construct_plain(r, L2OSR__OP_MUL, a, b)
                                                 : l2osr__construct_plain(r, L2OSR__OP_MUL, b, a);
}

/* value * rest, however it is written. */
static bool split_product(const rewriter *r, int32_t i, int32_t *rest, double *value) {
    const l2osr__node n = node_at(r, i);
    if (n.op == L2OSR__OP_MUL && l2osr__is_known(r, n.a)) {
        *rest = n.b;
        *value = value_of(r, n.a);
        return true;
    }
    if (n.op == L2OSR__OP_DIV && l2osr__is_known(r, n.b)) {
        *rest = n.a;
        *value = 1 / value_of(r, n.b);
        return l2osr__is_safe(*value) && *value != 0;
    }
    return false;
}

/* number * b */
static int32_t multiple(rewriter *r, double factor, int32_t b) {
    int32_t rest;
    double value;
    if (factor == 1)
        return b;
    if (factor == -1)
        return l2osr__construct(r, L2OSR__OP_NEG, b, -1);
    if (factor == 0 && (r->flags & L2OSR__REWRITE_FINITE))
        return l2osr__construct_constant(r, 0);
    if (is_op(r, b, L2OSR__OP_NEG))
        return multiple(r, -factor, node_at(r, b).a);
    if (split_product(r, b, &rest, &value) && l2osr__is_safe(factor * value) && factor * value != 0)
        return multiple(r, factor * value, rest);
    return l2osr__ordered_product(r, l2osr__construct_constant(r, factor), b);
}

static int32_t product(rewriter *r, int32_t a, int32_t b) {
    if (l2osr__is_known(r, a))
        return multiple(r, value_of(r, a), b);
    if (l2osr__is_known(r, b))
        return multiple(r, value_of(r, b), a);
    if (is_op(r, a, L2OSR__OP_NEG) && is_op(r, b, L2OSR__OP_NEG))
        return product(r, node_at(r, a).a, node_at(r, b).a);
    if ((r->flags & L2OSR__REWRITE_RUN) && !(r->scalar[a] && r->scalar[b]))
        return l2osr__construct_product(r, a, b);
    return l2osr__ordered_product(r, a, b);
}

static int32_t quotient(rewriter *r, int32_t a, int32_t b) {
    int32_t rest;
    double value;
    if (l2osr__is_number(r, b, 1))
        return a;
    if (l2osr__is_number(r, b, -1))
        return l2osr__construct(r, L2OSR__OP_NEG, a, -1);
    if (is_op(r, a, L2OSR__OP_NEG) && is_op(r, b, L2OSR__OP_NEG))
        return quotient(r, node_at(r, a).a, node_at(r, b).a);
    if (a == b && (r->flags & L2OSR__REWRITE_FINITE))
        return l2osr__construct_constant(r, 1);
    if (l2osr__is_known(r, b) && split_product(r, a, &rest, &value) &&
        l2osr__is_safe(value / value_of(r, b)) && value != 0 && value / value_of(r, b) != 0)
        return multiple(r, value / value_of(r, b), rest);
    if ((r->flags & L2OSR__REWRITE_RUN) && !(r->scalar[a] && r->scalar[b]))
        return l2osr__construct_quotient(r, a, b);
    return l2osr__construct_plain(r, L2OSR__OP_DIV, a, b);
}

/* ---- the rest ---- */

/* pow keeps the sign: with exponent 1 it is its first operand, like the power. */
static int32_t power(rewriter *r, l2osr__opcode op, int32_t a, int32_t b) {
    const bool run = op == L2OSR__OP_POWER && (r->flags & L2OSR__REWRITE_RUN);
    if (l2osr__is_number(r, b, 1))
        return a;
    if (op == L2OSR__OP_POWER && l2osr__is_number(r, b, 0))
        return l2osr__construct_constant(r, 1);
    if (run && l2osr__is_number(r, b, 2))
        return l2osr__construct(r, L2OSR__OP_SQUARE, a, -1);
    if (run && l2osr__is_number(r, b, 3))
        return l2osr__construct(r, L2OSR__OP_CUBE, a, -1);
    return l2osr__construct_plain(r, op, a, b);
}

static int32_t extremum(rewriter *r, l2osr__opcode op, int32_t a, int32_t b) {
    if (a == b)
        return a;
    return out_of_order(r, a, b) ? l2osr__construct_plain(r, op, b, a)
                                 : l2osr__construct_plain(r, op, a, b);
}

int32_t l2osr__construct(rewriter *r, l2osr__opcode op, int32_t a, int32_t b) {
    double value;
    if (r->status != L2OSR_OK)
        return 0;
    if (fold(r, op, a, b, &value))
        return l2osr__construct_constant(r, value);
    switch (op) {
    case L2OSR__OP_ADD:
        return sum(r, a, b);
    case L2OSR__OP_SUB:
        return difference(r, a, b);
    case L2OSR__OP_MUL:
        return product(r, a, b);
    case L2OSR__OP_DIV:
        return quotient(r, a, b);
    case L2OSR__OP_POWER:
    case L2OSR__OP_POWM:
        return power(r, op, a, b);
    case L2OSR__OP_MIN:
    case L2OSR__OP_MAX:
        return extremum(r, op, a, b);
    case L2OSR__OP_GREATER: /* nothing is greater than itself, NaN included */
        return a == b ? l2osr__construct_constant(r, 0) : l2osr__construct_plain(r, op, a, b);
    default:
        break;
    }
    if (l2osr__ops[op].kind == L2OSR__KIND_REDUCE)
        return reduction(r, op, a);
    return b < 0 ? unary(r, op, a) : l2osr__construct_plain(r, op, a, b);
}
