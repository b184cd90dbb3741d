/* SPDX-License-Identifier: MIT */
#include "expr/expr.h"

#include <string.h>

void l2osr__expr_init(l2osr__expr *expr, l2osr_context *ctx) {
    *expr = (l2osr__expr){.ctx = ctx, .root = -1};
}

void l2osr__expr_clear(l2osr__expr *expr) {
    l2osr__free(expr->ctx, expr->nodes);
    l2osr__free(expr->ctx, expr->lets);
    l2osr__free(expr->ctx, expr->values);
    l2osr__expr_init(expr, expr->ctx);
}

/* Makes room for one more item of `size` bytes in *items. */
static l2osr_status grow(l2osr_context *ctx, void **items, int32_t count, int32_t *capacity,
                         size_t size) {
    void *larger;
    if (count < *capacity)
        return L2OSR_OK;
    int32_t wanted = *capacity ? 2 * *capacity : 16;
    L2OSR__TRY(l2osr__alloc_to(ctx, &larger, (size_t)wanted, size));
    if (count > 0)
        memcpy(larger, *items, (size_t)count * size);
    l2osr__free(ctx, *items);
    *items = larger;
    *capacity = wanted;
    return L2OSR_OK;
}

l2osr_status l2osr__expr_add(l2osr__expr *expr, l2osr__node node, int32_t *index) {
    void *nodes = expr->nodes;
    if (expr->count >= L2OSR__MAX_NODES)
        return l2osr__fail(expr->ctx, L2OSR_ERANGE, "expression has more than %d nodes",
                           L2OSR__MAX_NODES);
    l2osr_status status =
        grow(expr->ctx, &nodes, expr->count, &expr->capacity, sizeof *expr->nodes);
    expr->nodes = nodes;
    if (status != L2OSR_OK)
        return status;
    *index = expr->count;
    expr->nodes[expr->count++] = node;
    return L2OSR_OK;
}

l2osr_status l2osr__expr_add_value(l2osr__expr *expr, double value) {
    void *values = expr->values;
    if (expr->value_count >= L2OSR__MAX_VALUES)
        return l2osr__fail(expr->ctx, L2OSR_ERANGE, "more than %d values of per-group constants",
                           L2OSR__MAX_VALUES);
    l2osr_status status = grow(expr->ctx, &values, expr->value_count, &expr->value_capacity,
                               sizeof *expr->values);
    expr->values = values;
    if (status != L2OSR_OK)
        return status;
    expr->values[expr->value_count++] = value;
    return L2OSR_OK;
}

int32_t l2osr__node_values(const l2osr__node *node) {
    return node->b > 0 ? node->b : 1;
}

double l2osr__node_value(const l2osr__node *node, const double *values, size_t index) {
    const size_t last = (size_t)l2osr__node_values(node) - 1;
    return node->b > 0 ? values[(size_t)node->a + (index < last ? index : last)] : node->value;
}

l2osr_status l2osr__expr_add_let(l2osr__expr *expr, const char *name, size_t length, int32_t node) {
    void *lets = expr->lets;
    if (length >= L2OSR__NAME_SIZE)
        return l2osr__fail(expr->ctx, L2OSR_EPARSE, "name '%.*s' is longer than %d characters",
                           (int)length, name, L2OSR__NAME_SIZE - 1);
    l2osr_status status =
        grow(expr->ctx, &lets, expr->let_count, &expr->let_capacity, sizeof *expr->lets);
    expr->lets = lets;
    if (status != L2OSR_OK)
        return status;
    l2osr__let *let = &expr->lets[expr->let_count++];
    memcpy(let->name, name, length);
    let->name[length] = '\0';
    let->node = node;
    return L2OSR_OK;
}

int32_t l2osr__expr_find_let(const l2osr__expr *expr, const char *name, size_t length) {
    for (int32_t i = 0; i < expr->let_count; i++)
        if (strlen(expr->lets[i].name) == length && memcmp(expr->lets[i].name, name, length) == 0)
            return expr->lets[i].node;
    return -1;
}

/* The past of the update is kept for every parameter, so it counts as a vector. */
static bool leaf_is_scalar(const l2osr__node *node, const l2osr__symbols *symbols) {
    if (node->op == L2OSR__OP_CONST)
        return true;
    return symbols->scalar && symbols->scalar[node->a] &&
           !(symbols->feedback > 0 && node->a == symbols->feedback);
}

bool l2osr__node_is_scalar(const l2osr__node *node, const l2osr__symbols *symbols,
                           const uint8_t *scalar) {
    if (l2osr__ops[node->op].kind == L2OSR__KIND_LEAF)
        return leaf_is_scalar(node, symbols);
    if (l2osr__ops[node->op].kind == L2OSR__KIND_REDUCE)
        return true;
    return scalar[node->a] && (node->b < 0 || scalar[node->b]);
}

/* Whether node `i` is something plus the value that `e` had `lag` steps ago. */
static bool adds_lag(const l2osr__expr *expr, int32_t i, int32_t e, int lag) {
    const l2osr__node *sum = &expr->nodes[i];
    return sum->op == L2OSR__OP_ADD && expr->nodes[sum->b].op == L2OSR__OP_LAG &&
           expr->nodes[sum->b].a == e && expr->nodes[sum->b].lag == lag;
}

int l2osr__expr_window(const l2osr__expr *expr, int32_t node, int32_t *of) {
    if (expr->nodes[node].op != L2OSR__OP_ADD)
        return 0;
    const l2osr__node *oldest = &expr->nodes[expr->nodes[node].b];
    if (oldest->op != L2OSR__OP_LAG || oldest->lag >= L2OSR__MAX_WINDOW ||
        expr->nodes[oldest->a].op == L2OSR__OP_VAR)
        return 0;
    *of = oldest->a;
    for (int lag = oldest->lag; lag > 0; lag--) {
        if (!adds_lag(expr, node, *of, lag))
            return 0;
        node = expr->nodes[node].a;
    }
    return node == *of ? oldest->lag + 1 : 0;
}

void l2osr__expr_reach(const l2osr__expr *expr, uint8_t *reached) {
    reached[expr->root] = 1;
    for (int32_t i = expr->root; i >= 0; i--) {
        const l2osr__node *n = &expr->nodes[i];
        if (!reached[i] || l2osr__ops[n->op].arity == 0)
            continue;
        reached[n->a] = 1;
        if (l2osr__ops[n->op].arity == 2)
            reached[n->b] = 1;
    }
}

/* Shared nodes may make the text longer than any number. */
static uint32_t add_sizes(uint32_t a, uint32_t b) {
    return a < UINT32_MAX - b ? a + b : UINT32_MAX;
}

uint32_t l2osr__expr_size(const l2osr__expr *expr, int32_t root) {
    uint32_t size[L2OSR__MAX_NODES];
    for (int32_t i = 0; i <= root; i++) {
        const l2osr__node *n = &expr->nodes[i];
        const int arity = l2osr__ops[n->op].arity;
        size[i] = 1;
        if (n->op == L2OSR__OP_LAG && expr->nodes[n->a].op == L2OSR__OP_VAR)
            continue;
        if (arity >= 1)
            size[i] = add_sizes(size[i], size[n->a]);
        if (arity == 2)
            size[i] = add_sizes(size[i], size[n->b]);
    }
    return size[root];
}

l2osr_status l2osr__expr_copy(l2osr__expr *out, const l2osr__expr *expr) {
    int32_t ignored;
    l2osr__expr_init(out, expr->ctx);
    for (int32_t i = 0; i < expr->count; i++)
        L2OSR__TRY(l2osr__expr_add(out, expr->nodes[i], &ignored));
    for (int32_t i = 0; i < expr->value_count; i++)
        L2OSR__TRY(l2osr__expr_add_value(out, expr->values[i]));
    for (int32_t i = 0; i < expr->let_count; i++)
        L2OSR__TRY(l2osr__expr_add_let(out, expr->lets[i].name, strlen(expr->lets[i].name),
                                       expr->lets[i].node));
    out->root = expr->root;
    return L2OSR_OK;
}
