/* SPDX-License-Identifier: MIT */
#include "rule/reshape.h"

#include <string.h>

l2osr_status l2osr__reshape_op(l2osr__reshape *r, l2osr__opcode op, int32_t a, int32_t b,
                               int32_t *out) {
    return l2osr__expr_add(&r->expr, (l2osr__node){.op = (uint8_t)op, .a = a, .b = b}, out);
}

l2osr_status l2osr__reshape_constant(l2osr__reshape *r, const l2osr__node *old, double factor,
                                     double shift, int32_t *out) {
    l2osr__node node = *old;
    node.tunable = 1;
    node.value = factor * node.value + shift;
    if (node.b > 0)
        node.a = r->expr.value_count;
    for (int32_t i = 0; i < node.b; i++)
        L2OSR__TRY(
            l2osr__expr_add_value(&r->expr, factor * r->rule->expr.values[old->a + i] + shift));
    return l2osr__expr_add(&r->expr, node, out);
}

static l2osr_status copy_node(l2osr__reshape *r, int32_t old) {
    l2osr__node node = r->rule->expr.nodes[old];
    const int arity = l2osr__ops[node.op].arity;
    if (arity >= 1)
        node.a = r->map[node.a];
    if (arity == 2)
        node.b = r->map[node.b];
    node.tunable |= r->tuned[old]; /* once one is marked, those without a mark are fixed */
    return l2osr__expr_add(&r->expr, node, &r->map[old]);
}

/* A name of what nobody uses any more would only be in the way. */
static l2osr_status copy_lets(l2osr__reshape *r) {
    const l2osr__expr *old = &r->rule->expr;
    uint8_t before[L2OSR__MAX_NODES] = {0}, now[L2OSR__MAX_NODES] = {0};
    l2osr__expr_reach(old, before);
    l2osr__expr_reach(&r->expr, now);
    for (int32_t i = 0; i < old->let_count; i++) {
        const l2osr__let *let = &old->lets[i];
        if (now[r->map[let->node]] || !before[let->node])
            L2OSR__TRY(
                l2osr__expr_add_let(&r->expr, let->name, strlen(let->name), r->map[let->node]));
    }
    return L2OSR_OK;
}

static l2osr_status build(l2osr__reshape *r, l2osr__replace replace, void *arg) {
    const l2osr__expr *old = &r->rule->expr;
    for (int32_t i = 0; i < r->rule->constant_count; i++)
        r->tuned[r->rule->constants[i].written] = 1;
    for (int32_t i = 0; i < old->value_count; i++)
        L2OSR__TRY(l2osr__expr_add_value(&r->expr, old->values[i]));
    for (int32_t i = 0; i < old->count; i++) {
        L2OSR__TRY(copy_node(r, i));
        L2OSR__TRY(replace(arg, r, i));
    }
    r->expr.root = r->map[old->root];
    return copy_lets(r);
}

/* By its text, so that it is as any rule that was read. */
static l2osr_status finish(l2osr_rule **out, const l2osr__reshape *r) {
    l2osr__text text = {.ctx = r->rule->ctx};
    char *bytes;
    l2osr__print_rule(&text, &r->expr, &r->rule->header, &l2osr__rule_symbols);
    L2OSR__TRY(l2osr__text_take(&text, &bytes));
    l2osr_status status = l2osr_rule_parse(out, r->rule->ctx, bytes, "reshaped rule");
    l2osr__free(r->rule->ctx, bytes);
    return status;
}

l2osr_status l2osr__reshape_rule(l2osr_rule **out, const l2osr_rule *rule, l2osr__replace replace,
                                 void *arg) {
    l2osr__reshape r = {.rule = rule};
    l2osr__expr_init(&r.expr, rule->ctx);
    l2osr_status status = build(&r, replace, arg);
    if (status == L2OSR_OK)
        status = finish(out, &r);
    l2osr__expr_clear(&r.expr);
    return status;
}
