/* SPDX-License-Identifier: MIT */
#include "tune/roles.h"

#include <limits.h>

static bool is_sum(const l2osr__node *node) {
    return node->op == L2OSR__OP_ADD || node->op == L2OSR__OP_SUB;
}

bool l2osr__role_is_decay(const l2osr_rule *rule, int32_t constant) {
    const l2osr__node *nodes = rule->expr.nodes;
    uint8_t reached[L2OSR__MAX_NODES] = {0};
    reached[constant] = 1;
    for (int32_t i = constant + 1; i < rule->expr.count; i++) {
        const l2osr__node *node = &nodes[i];
        if (l2osr__ops[node->op].kind == L2OSR__KIND_MEMORY && reached[node->b])
            return true;
        if (is_sum(node) || node->op == L2OSR__OP_MUL)
            reached[i] = reached[node->a] | reached[node->b];
    }
    return false;
}

/* Marks the products of which the constant is a factor, itself first. */
static void mark_products(const l2osr_rule *rule, int32_t constant, uint8_t *product) {
    product[constant] = 1;
    for (int32_t i = constant + 1; i < rule->expr.count; i++) {
        const l2osr__node *node = &rule->expr.nodes[i];
        if (node->op == L2OSR__OP_MUL)
            product[i] = product[node->a] | product[node->b];
        else if (node->op == L2OSR__OP_NEG || node->op == L2OSR__OP_DIV)
            product[i] = product[node->a];
    }
}

/* No number of the step is newer or older than another. */
enum { NEVER = INT_MAX };

static unsigned lag_of(const l2osr__node *node, const unsigned *lags) {
    const int arity = l2osr__ops[node->op].arity;
    unsigned newest = arity == 0 ? 0 : lags[node->a];
    if (arity == 2 && lags[node->b] < newest)
        newest = lags[node->b];
    return newest != NEVER && node->op == L2OSR__OP_LAG ? newest + node->lag : newest;
}

unsigned l2osr__role_lag(const l2osr_rule *rule, int32_t constant) {
    const l2osr__expr *expr = &rule->expr;
    uint8_t product[L2OSR__MAX_NODES] = {0}, scalar[L2OSR__MAX_NODES];
    unsigned lags[L2OSR__MAX_NODES], oldest = 0;
    mark_products(rule, constant, product);
    for (int32_t i = 0; i < expr->count; i++) {
        scalar[i] = l2osr__node_is_scalar(&expr->nodes[i], &l2osr__rule_symbols, scalar);
        lags[i] = scalar[i] ? NEVER : lag_of(&expr->nodes[i], lags);
        if (product[i] && lags[i] != NEVER && lags[i] > oldest)
            oldest = lags[i];
    }
    return oldest;
}

bool l2osr__role_is_factor(const l2osr_rule *rule, int32_t constant) {
    uint8_t product[L2OSR__MAX_NODES] = {0}, scalar[L2OSR__MAX_NODES];
    mark_products(rule, constant, product);
    for (int32_t i = 0; i < rule->expr.count; i++) {
        const l2osr__node *node = &rule->expr.nodes[i];
        scalar[i] = l2osr__node_is_scalar(node, &l2osr__rule_symbols, scalar);
        if (is_sum(node) &&
            ((product[node->a] && !scalar[node->a]) || (product[node->b] && !scalar[node->b])))
            return true;
    }
    return false;
}
