/* SPDX-License-Identifier: MIT */
#include "tests.h"

#include "expr/schedule.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = {"g", "x", "t", "lr"};
static const uint8_t scalar[] = {0, 0, 1, 1};
const l2osr__symbols symbols = {.names = names, .scalar = scalar, .count = 4};

static int32_t add(l2osr__expr *expr, l2osr__node node) {
    int32_t index = -1;
    ck_ok(l2osr__expr_add(expr, node, &index), expr->ctx);
    return index;
}

static double random_constant(l2osr__rng *rng, mixture mix) {
    static const double usual[] = {0, -0.0, 1, 2, 3, 0.5, 0.9, -1, -2, 1e-8, 0.999, 100};
    double value = 0;
    if (!mix.any_constant || l2osr__rng_below(rng, 2))
        return usual[l2osr__rng_below(rng, sizeof usual / sizeof usual[0])];
    do {
        uint64_t bits = l2osr__rng_u64(rng);
        memcpy(&value, &bits, sizeof value);
    } while (!isfinite(value));
    return value;
}

static int32_t constant(l2osr__expr *expr, l2osr__rng *rng, double value) {
    return add(expr, (l2osr__node){.op = L2OSR__OP_CONST,
                                   .tunable = l2osr__rng_below(rng, 5) == 0,
                                   .a = -1,
                                   .b = -1,
                                   .value = value});
}

static int32_t leaf(l2osr__expr *expr, l2osr__rng *rng, mixture mix) {
    if (expr->let_count > 0 && l2osr__rng_below(rng, 3) == 0)
        return expr->lets[l2osr__rng_below(rng, (uint32_t)expr->let_count)].node;
    if (l2osr__rng_below(rng, 3) == 0)
        return constant(expr, rng, random_constant(rng, mix));
    const int32_t input = (int32_t)l2osr__rng_below(rng, 4);
    for (int32_t i = 0; i < expr->count; i++)
        if (expr->nodes[i].op == L2OSR__OP_VAR && expr->nodes[i].a == input)
            return i;
    return add(expr, (l2osr__node){.op = L2OSR__OP_VAR, .a = input, .b = -1});
}

static int32_t decay(l2osr__expr *expr, l2osr__rng *rng, int budget, mixture mix) {
    return mix.any_decay ? random_tree(expr, rng, budget, mix)
                         : constant(expr, rng, l2osr__rng_uniform(rng));
}

static int32_t schedule(l2osr__expr *expr, l2osr__rng *rng, int budget, mixture mix) {
    l2osr__schedule s = {.shape = (int)l2osr__rng_below(rng, L2OSR__SHAPES),
                         .knots = 1 + (int32_t)l2osr__rng_below(rng, 3)};
    int32_t t = -1, root = -1;
    for (int32_t i = 0; i <= s.knots; i++) {
        s.values[i] = random_tree(expr, rng, budget / 5, mix);
        if (i > 0)
            s.times[i] = s.times[i - 1] + 1 + (int32_t)l2osr__rng_below(rng, 200);
    }
    for (int32_t i = 0; i < expr->count; i++)
        if (expr->nodes[i].op == L2OSR__OP_VAR && expr->nodes[i].a == 2)
            t = i;
    if (t < 0)
        t = add(expr, (l2osr__node){.op = L2OSR__OP_VAR, .a = 2, .b = -1});
    ck_ok(l2osr__schedule_build(expr, &s, t, &root), expr->ctx);
    return root;
}

int32_t random_tree(l2osr__expr *expr, l2osr__rng *rng, int budget, mixture mix) {
    if (budget < 2 || l2osr__rng_below(rng, 12) == 0)
        return leaf(expr, rng, mix);
    if (mix.schedules && l2osr__rng_below(rng, 12) == 0)
        return schedule(expr, rng, budget, mix);
    l2osr__node node = {
        .op = (uint8_t)(L2OSR__OP_LAG + l2osr__rng_below(rng, L2OSR__OP_CALL1 - L2OSR__OP_LAG)),
        .b = -1};
    if (l2osr__ops[node.op].kind == L2OSR__KIND_REDUCE && !mix.reductions)
        node.op = L2OSR__OP_TANH;
    int half = l2osr__ops[node.op].arity == 2 ? (budget - 1) / 2 : budget - 1;
    if (node.op == L2OSR__OP_LAG)
        node.lag = (uint16_t)(1 + l2osr__rng_below(rng, 5));
    node.a = random_tree(expr, rng, half, mix);
    if (l2osr__ops[node.op].kind == L2OSR__KIND_MEMORY)
        node.b = decay(expr, rng, half, mix);
    else if (l2osr__ops[node.op].arity == 2)
        node.b = random_tree(expr, rng, half, mix);
    return add(expr, node);
}

void random_rule(l2osr__expr *expr, l2osr__rng *rng, int lets, int budget, mixture mix) {
    char name[16];
    for (int i = 0; i < lets; i++) {
        int length = snprintf(name, sizeof name, "v_%d", i);
        int32_t node = random_tree(expr, rng, budget, mix);
        ck_ok(l2osr__expr_add_let(expr, name, (size_t)length, node), expr->ctx);
    }
    expr->root = random_tree(expr, rng, budget, mix);
}

void check_same(const l2osr__expr *a, const l2osr__expr *b, const char *text) {
    ck_assert_msg(a->count == b->count && a->root == b->root && a->let_count == b->let_count,
                  "%d and %d nodes: %s", a->count, b->count, text);
    for (int32_t i = 0; i < a->count; i++) {
        const l2osr__node *m = &a->nodes[i], *n = &b->nodes[i];
        ck_assert_msg(
            m->op == n->op && m->a == n->a && m->b == n->b && m->lag == n->lag &&
                m->tunable == n->tunable && memcmp(&m->value, &n->value, sizeof m->value) == 0,
            "node %d (%s and %s): %s", i, l2osr__ops[m->op].name, l2osr__ops[n->op].name, text);
    }
    for (int32_t i = 0; i < a->let_count; i++)
        ck_assert(strcmp(a->lets[i].name, b->lets[i].name) == 0 &&
                  a->lets[i].node == b->lets[i].node);
}
