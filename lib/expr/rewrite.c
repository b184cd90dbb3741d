/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "expr/rewriter.h"

/* A constant with its values, which move to the end of the new list. */
static int32_t copy_constant(l2osr__rewriter *r, const l2osr__expr *expr, l2osr__node node,
                             bool kept) {
    const int32_t first = r->out->value_count;
    for (int32_t i = 0; i < node.b && r->status == L2OSR_OK; i++)
        r->status = l2osr__expr_add_value(r->out, expr->values[node.a + i]);
    if (node.b > 0)
        node.a = first;
    if (r->flags & L2OSR__REWRITE_RUN)
        node.tunable = 0; /* a mark for people and the tuner; only the latter runs its constants */
    return l2osr__intern(r, node, kept || node.tunable);
}

/* No law is known of what it computes. */
static int32_t copy_call(l2osr__rewriter *r, l2osr__node node, const int32_t *map) {
    node.a = map[node.a];
    node.b = node.op == L2OSR__OP_CALL2 ? map[node.b] : -1;
    node.line = node.column = 0;
    return l2osr__intern(r, node, false);
}

static void rebuild(l2osr__rewriter *r, const l2osr__expr *expr, const uint8_t *keep,
                    const uint8_t *reached, int32_t *map) {
    for (int32_t i = 0; i < expr->count && r->status == L2OSR_OK; i++) {
        const l2osr__node *n = &expr->nodes[i];
        map[i] = -1;
        if (!reached[i])
            continue;
        if (n->op == L2OSR__OP_CONST)
            map[i] = copy_constant(r, expr, *n, keep && keep[i]);
        else if (n->op == L2OSR__OP_VAR)
            map[i] = l2osr__intern(r, *n, false);
        else if (n->op == L2OSR__OP_LAG)
            map[i] = l2osr__construct_lag(r, map[n->a], n->lag);
        else if (l2osr__op_is_call(n->op))
            map[i] = copy_call(r, *n, map);
        else
            map[i] = l2osr__construct(r, (l2osr__opcode)n->op, map[n->a],
                                      l2osr__ops[n->op].arity == 2 ? map[n->b] : -1);
    }
    if (r->status == L2OSR_OK)
        r->out->root = map[expr->root];
}

/* Appends what `node` needs, then the node, to what has a place. */
static void place(const l2osr__node *nodes, int32_t node, int32_t *moved, int32_t *order,
                  int32_t *count) {
    const int arity = l2osr__ops[nodes[node].op].arity;
    if (moved[node] >= 0)
        return;
    if (arity >= 1)
        place(nodes, nodes[node].a, moved, order, count);
    if (arity == 2)
        place(nodes, nodes[node].b, moved, order, count);
    order[*count] = node;
    moved[node] = (*count)++;
}

/* Leaves the nodes that are used, in the order in which they are read from the root: the order in
 * which they were written is forgotten. */
static l2osr_status compact(l2osr__expr *expr, int32_t *map, int32_t n_map) {
    int32_t moved[L2OSR__MAX_NODES], order[L2OSR__MAX_NODES], count = 0;
    l2osr__node *nodes;
    memset(moved, 0xff, sizeof moved);
    place(expr->nodes, expr->root, moved, order, &count);
    L2OSR__TRY(l2osr__alloc_to(expr->ctx, &nodes, (size_t)count, sizeof *nodes));
    for (int32_t i = 0; i < count; i++) {
        l2osr__node n = expr->nodes[order[i]];
        if (l2osr__ops[n.op].arity >= 1)
            n.a = moved[n.a];
        if (l2osr__ops[n.op].arity == 2)
            n.b = moved[n.b];
        nodes[i] = n;
    }
    memcpy(expr->nodes, nodes, (size_t)count * sizeof *nodes);
    l2osr__free(expr->ctx, nodes);
    expr->count = count;
    expr->root = moved[expr->root];
    for (int32_t i = 0; i < n_map; i++)
        map[i] = map[i] < 0 ? -1 : moved[map[i]];
    return L2OSR_OK;
}

static bool has_name(const l2osr__expr *expr, int32_t node) {
    for (int32_t i = 0; i < expr->let_count; i++)
        if (expr->lets[i].node == node)
            return true;
    return false;
}

/* Inputs and bare numbers read best without a name. */
static bool deserves_name(const l2osr__node *n) {
    return n->op != L2OSR__OP_VAR && (n->op != L2OSR__OP_CONST || n->tunable || n->b > 0);
}

/* A name may only be used below its definition. */
static void sort_lets(l2osr__expr *expr) {
    for (int32_t i = 1; i < expr->let_count; i++) {
        const l2osr__let let = expr->lets[i];
        int32_t k = i;
        for (; k > 0 && expr->lets[k - 1].node > let.node; k--)
            expr->lets[k] = expr->lets[k - 1];
        expr->lets[k] = let;
    }
}

static l2osr_status keep_names(l2osr__expr *out, const l2osr__expr *expr, const int32_t *map) {
    for (int32_t i = 0; i < expr->let_count; i++) {
        const l2osr__let *let = &expr->lets[i];
        const int32_t node = map[let->node];
        if (node >= 0 && deserves_name(&out->nodes[node]) && !has_name(out, node))
            L2OSR__TRY(l2osr__expr_add_let(out, let->name, strlen(let->name), node));
    }
    sort_lets(out);
    return L2OSR_OK;
}

static l2osr_status run(l2osr__rewriter *r, const l2osr__expr *expr, const uint8_t *keep,
                        int32_t *map) {
    uint8_t reached[L2OSR__MAX_NODES] = {0};
    l2osr__expr_reach(expr, reached);
    rebuild(r, expr, keep, reached, map);
    L2OSR__TRY(r->status);
    L2OSR__TRY(compact(r->out, map, expr->count));
    return keep_names(r->out, expr, map);
}

l2osr_status l2osr__rewrite(l2osr__expr *out, const l2osr__expr *expr,
                            const l2osr__symbols *symbols, const uint8_t *keep, unsigned flags,
                            int32_t *map) {
    uint8_t scalar[L2OSR__MAX_NODES], kept[L2OSR__MAX_NODES];
    int16_t table[L2OSR__INTERN_SLOTS];
    l2osr__rewriter r = {.out = out,
                         .symbols = symbols,
                         .flags = flags,
                         .status = L2OSR_OK,
                         .scalar = scalar,
                         .kept = kept,
                         .table = table};
    memset(table, 0xff, sizeof table);
    l2osr__expr_init(out, expr->ctx);
    return run(&r, expr, keep, map);
}

static l2osr_status name_node(l2osr__expr *expr, int32_t node) {
    char name[L2OSR__NAME_SIZE];
    for (int number = 1;; number++) {
        int length = snprintf(name, sizeof name, "v%d", number);
        if (l2osr__expr_find_let(expr, name, (size_t)length) < 0)
            return l2osr__expr_add_let(expr, name, (size_t)length, node);
    }
}

l2osr_status l2osr__rewrite_name_shared(l2osr__expr *expr) {
    int32_t uses[L2OSR__MAX_NODES] = {0};
    for (int32_t i = 0; i < expr->count; i++) {
        if (l2osr__ops[expr->nodes[i].op].arity >= 1)
            uses[expr->nodes[i].a]++;
        if (l2osr__ops[expr->nodes[i].op].arity == 2)
            uses[expr->nodes[i].b]++;
    }
    for (int32_t i = 0; i < expr->count; i++)
        if (uses[i] > 1 && deserves_name(&expr->nodes[i]) && !has_name(expr, i))
            L2OSR__TRY(name_node(expr, i));
    sort_lets(expr);
    return L2OSR_OK;
}
