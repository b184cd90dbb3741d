/* SPDX-License-Identifier: MIT */
#include "rule/rule.h"

l2osr_status l2osr_rule_walk(const l2osr_rule *rule, l2osr_node_visitor visit, void *user) {
    if (!rule)
        return L2OSR_EINVAL;
    if (!visit)
        return l2osr__fail(rule->ctx, L2OSR_EINVAL, "walk: the visitor is NULL");
    return l2osr__walk_node(&rule->expr, rule->expr.root, &l2osr__rule_symbols, visit, user);
}

l2osr_status l2osr_equation_walk(l2osr_context *ctx, const char *equation, l2osr_node_visitor visit,
                                 void *user) {
    const char **names = NULL;
    l2osr__expr expr;
    if (!ctx)
        return L2OSR_EINVAL;
    if (!equation || !visit)
        return l2osr__fail(ctx, L2OSR_EINVAL, "walk: the %s is NULL",
                           equation ? "visitor" : "equation");
    l2osr_status status = l2osr__parse_open(
        &expr, &names, ctx, (l2osr__source){"equation", equation}, &(l2osr__symbols){0});
    if (status == L2OSR_OK)
        status = l2osr__walk_node(&expr, expr.root, &(l2osr__symbols){.names = names}, visit, user);
    l2osr__expr_clear(&expr);
    l2osr__free(ctx, names);
    return status;
}
