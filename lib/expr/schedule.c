/* SPDX-License-Identifier: MIT */
#include "expr/schedule.h"

const char *const l2osr__shape_names[L2OSR__SHAPES] = {
    [L2OSR__LINEAR] = "linear", [L2OSR__COSINE] = "cosine"};

/* What is being written out, and nodes that its ramps share. */
typedef struct builder {
    l2osr__expr *expr;
    l2osr_status status; /* the first failure; nothing is added after it */
    int32_t t, one, quarter;
} builder;

static int32_t add(builder *b, l2osr__node node) {
    int32_t index = 0;
    if (b->status == L2OSR_OK)
        b->status = l2osr__expr_add(b->expr, node, &index);
    return index;
}

static int32_t op(builder *b, l2osr__opcode op, int32_t x, int32_t y) {
    return add(b, (l2osr__node){.op = (uint8_t)op, .a = x, .b = y});
}

static int32_t whole(builder *b, int32_t value) {
    return add(b, (l2osr__node){.op = L2OSR__OP_CONST, .a = -1, .b = -1, .value = value});
}

/* From 0 to 1 between two times: min((t - from) / (to - from), 1), which relu() keeps at 0 before.
 * Half a cosine, (1 - cos(pi r)) / 2, is the square of sin(pi / 2 r). All constants are whole: none
 * is taken for one to tune. */
static int32_t ramp(builder *b, int shape, int32_t from, int32_t to) {
    int32_t r = b->t;
    if (from > 0)
        r = op(b, L2OSR__OP_RELU, op(b, L2OSR__OP_SUB, r, whole(b, from)), -1);
    r = op(b, L2OSR__OP_MIN, op(b, L2OSR__OP_DIV, r, whole(b, to - from)), b->one);
    if (shape == L2OSR__LINEAR)
        return r;
    r = op(b, L2OSR__OP_SIN, op(b, L2OSR__OP_MUL, b->quarter, r), -1);
    return op(b, L2OSR__OP_SQUARE, r, -1);
}

l2osr_status l2osr__schedule_build(l2osr__expr *expr, const l2osr__schedule *s, int32_t t,
                                   int32_t *root) {
    builder b = {.expr = expr, .status = L2OSR_OK, .t = t};
    b.one = whole(&b, 1);
    if (s->shape == L2OSR__COSINE) /* pi / 2 */
        b.quarter = op(&b, L2OSR__OP_MUL, whole(&b, 2), op(&b, L2OSR__OP_ATAN, b.one, -1));
    int32_t sum = -1, before = b.one;
    for (int32_t i = 0; i <= s->knots; i++) {
        int32_t weight = before;
        if (i < s->knots) {
            const int32_t next = ramp(&b, s->shape, s->times[i], s->times[i + 1]);
            weight = op(&b, L2OSR__OP_SUB, before, next);
            before = next;
        }
        const int32_t term = op(&b, L2OSR__OP_MUL, s->values[i], weight);
        sum = i == 0 ? term : op(&b, L2OSR__OP_ADD, sum, term);
    }
    L2OSR__TRY(b.status);
    expr->nodes[sum].lag = (uint16_t)s->knots;
    *root = sum;
    return L2OSR_OK;
}

int32_t l2osr__schedule_knots(const l2osr__expr *expr, int32_t node) {
    return expr->nodes[node].op == L2OSR__OP_ADD ? expr->nodes[node].lag : 0;
}

/* The product of value number `index` and its weight. */
static const l2osr__node *term_at(const l2osr__expr *expr, int32_t node, int32_t index) {
    for (int32_t last = l2osr__schedule_knots(expr, node); last > index; last--)
        node = expr->nodes[node].a;
    return &expr->nodes[index > 0 ? expr->nodes[node].b : node];
}

/* The ramp up to knot number `index`, which is at least 1. */
static const l2osr__node *ramp_at(const l2osr__expr *expr, int32_t node, int32_t index) {
    const l2osr__node *nodes = expr->nodes;
    const int32_t weight = term_at(expr, node, index)->b;
    return &nodes[index < l2osr__schedule_knots(expr, node) ? nodes[weight].a : weight];
}

int l2osr__schedule_shape(const l2osr__expr *expr, int32_t node) {
    return ramp_at(expr, node, 1)->op == L2OSR__OP_SQUARE ? L2OSR__COSINE : L2OSR__LINEAR;
}

int32_t l2osr__schedule_value(const l2osr__expr *expr, int32_t node, int32_t index) {
    return term_at(expr, node, index)->a;
}

int32_t l2osr__schedule_time(const l2osr__expr *expr, int32_t node, int32_t index) {
    const l2osr__node *nodes = expr->nodes;
    int32_t time = 0;
    for (int32_t i = 1; i <= index; i++) {
        const l2osr__node *r = ramp_at(expr, node, i);
        if (r->op == L2OSR__OP_SQUARE) /* of sin(quarter turn * ramp) */
            r = &nodes[nodes[nodes[r->a].a].b];
        time += (int32_t)nodes[nodes[r->a].b].value;
    }
    return time;
}
