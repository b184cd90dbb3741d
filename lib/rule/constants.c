/* SPDX-License-Identifier: MIT */
/* The constants of a rule: their values, and copies in which they differ. */
#include <math.h>
#include <string.h>

#include "rule/form.h"
#include "rule/rule.h"

size_t l2osr_rule_constant_count(const l2osr_rule *rule) {
    return (size_t)rule->constant_count;
}

double l2osr_rule_constant(const l2osr_rule *rule, size_t index) {
    if (index >= (size_t)rule->constant_count)
        return NAN;
    const l2osr__constant *c = &rule->constants[index];
    return l2osr__node_value(&rule->expr.nodes[c->written], rule->expr.values, (size_t)c->index);
}

const char *l2osr_rule_constant_name(const l2osr_rule *rule, size_t index) {
    for (int32_t i = 0; i < rule->expr.let_count && index < (size_t)rule->constant_count; i++)
        if (rule->expr.lets[i].node == rule->constants[index].written)
            return rule->expr.lets[i].name;
    return "";
}

/* A per-group constant has its first value in its node too. */
static void set_value(l2osr__expr *expr, int32_t constant, int32_t index, double value) {
    l2osr__node *node = &expr->nodes[constant];
    if (node->b > 0)
        expr->values[node->a + index] = value;
    if (index == 0)
        node->value = value;
}

void l2osr__rule_set(l2osr_rule *rule, size_t index, double value) {
    const l2osr__constant *c = &rule->constants[index];
    set_value(&rule->expr, c->written, c->index, value);
    if (c->node >= 0)
        set_value(&rule->form, c->node, c->index, value);
    if (c->input == L2OSR__INPUT_LR)
        rule->header.default_lr = value;
    if (c->input == L2OSR__INPUT_WD)
        rule->header.default_wd = value;
}

/* ---- copies ---- */

/* Puts a list of values, one for each group, behind all others. */
static l2osr_status spread_node(l2osr__expr *expr, l2osr__node *node,
                                const l2osr__rule_change *change) {
    const l2osr__node old = *node;
    node->a = expr->value_count;
    node->b = (int32_t)change->groups;
    for (size_t i = 0; i < change->groups; i++)
        L2OSR__TRY(l2osr__expr_add_value(
            expr, l2osr__node_value(&old, expr->values, change->kinds ? change->kinds[i] : i)));
    node->value = expr->values[node->a];
    return L2OSR_OK;
}

static l2osr_status spread(l2osr__expr *expr, const uint8_t *wanted,
                           const l2osr__rule_change *change) {
    for (int32_t i = 0; change->groups > 0 && i < expr->count; i++) {
        l2osr__node *node = &expr->nodes[i];
        if (node->op == L2OSR__OP_CONST && (node->b > 0 || wanted[i]))
            L2OSR__TRY(spread_node(expr, node, change));
    }
    return L2OSR_OK;
}

static void redirect(l2osr__node *node, int32_t from, int32_t to) {
    const int arity = l2osr__ops[node->op].arity;
    if (arity >= 1 && node->a == from)
        node->a = to;
    if (arity == 2 && node->b == from)
        node->b = to;
}

/* Makes a number of the step one constant, however often it is written. */
static void fix_input(l2osr__expr *expr, int32_t input, double value, uint8_t mark, uint8_t *keep) {
    int32_t first = -1;
    for (int32_t i = 0; i < expr->count; i++) {
        const l2osr__node *node = &expr->nodes[i];
        if (node->op != L2OSR__OP_VAR || node->a != input)
            continue;
        first = first < 0 ? i : first;
        for (int32_t k = i + 1; i != first && k < expr->count; k++)
            redirect(&expr->nodes[k], i, first);
        if (expr->root == i)
            expr->root = first;
    }
    if (first < 0)
        return;
    expr->nodes[first] = (l2osr__node){.op = L2OSR__OP_CONST, .a = -1, .b = -1, .value = value};
    keep[first] = mark;
}

/* A constant stays tunable when its new value happens to be a whole number. */
static void change_constants(l2osr_rule *copy, const l2osr_rule *rule,
                             const l2osr__rule_change *change, uint8_t *keep, uint8_t *wanted) {
    for (int32_t i = 0; i < rule->constant_count; i++) {
        const l2osr__constant *constant = &rule->constants[i];
        l2osr__node *node = &copy->expr.nodes[constant->written];
        keep[constant->written] = L2OSR__KEEP_CONSTANT;
        wanted[constant->written] |= change->spread && change->spread[i];
        if (change->values)
            set_value(&copy->expr, constant->written, constant->index, change->values[i]);
        if (change->removed && change->removed[i]) {
            *node = (l2osr__node){.op = L2OSR__OP_CONST, .a = -1, .b = -1};
            keep[constant->written] = 0;
        }
    }
}

static l2osr_status fill_copy(l2osr_rule *copy, const l2osr_rule *rule,
                              const l2osr__rule_change *change) {
    uint8_t keep[L2OSR__MAX_NODES] = {0}, wanted[L2OSR__MAX_NODES] = {0};
    copy->header = change->header ? *change->header : rule->header;
    L2OSR__TRY(l2osr__expr_copy(&copy->expr, &rule->expr));
    change_constants(copy, rule, change, keep, wanted);
    L2OSR__TRY(spread(&copy->expr, wanted, change));
    if (change->tunable) {
        fix_input(&copy->expr, L2OSR__INPUT_LR, l2osr_rule_default_lr(copy), L2OSR__KEEP_LR, keep);
        fix_input(&copy->expr, L2OSR__INPUT_WD, l2osr_rule_default_wd(copy), L2OSR__KEEP_WD, keep);
    }
    return l2osr__rule_finish(copy, keep, change->tunable);
}

l2osr_status l2osr__rule_copy(l2osr_rule **out, const l2osr_rule *rule,
                              const l2osr__rule_change *change) {
    l2osr_rule *copy;
    L2OSR__TRY(l2osr__rule_new(&copy, rule->ctx));
    l2osr_status status = fill_copy(copy, rule, change);
    if (status == L2OSR_OK)
        *out = copy;
    else
        l2osr_rule_free(copy);
    return status;
}

l2osr_status l2osr__rule_tunable(l2osr_rule **out, const l2osr_rule *rule) {
    return l2osr__rule_copy(out, rule, &(l2osr__rule_change){.tunable = true});
}

l2osr_status l2osr_rule_with_constants(l2osr_rule **out, const l2osr_rule *rule,
                                       const double *values) {
    if (!out || !rule)
        return L2OSR_EINVAL;
    *out = NULL;
    for (int32_t i = 0; i < rule->constant_count; i++)
        if (!values || !isfinite(values[i]))
            return l2osr__fail(rule->ctx, L2OSR_EINVAL, "rule: constant %d is not a finite number",
                               (int)i);
    return l2osr__rule_copy(out, rule, &(l2osr__rule_change){.values = values});
}

l2osr_status l2osr_rule_spread(l2osr_rule **out, const l2osr_rule *rule, size_t n,
                               const size_t *kinds) {
    if (!out || !rule)
        return L2OSR_EINVAL;
    *out = NULL;
    if (n == 0 || n > L2OSR__MAX_VALUES)
        return l2osr__fail(rule->ctx, L2OSR_EINVAL, "rule: %zu groups; there may be 1 to %d", n,
                           L2OSR__MAX_VALUES);
    return l2osr__rule_copy(out, rule, &(l2osr__rule_change){.groups = n, .kinds = kinds});
}
