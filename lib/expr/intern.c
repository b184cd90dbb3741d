/* SPDX-License-Identifier: MIT */
/* Equal nodes become one: operands are compared by index, since they are interned already. */
#include <string.h>

#include "expr/rewriter.h"

static uint32_t mix(uint32_t hash, uint64_t bits) {
    hash = (hash ^ (uint32_t)bits) * 0x9e3779b1u;
    return (hash ^ (uint32_t)(bits >> 32) ^ (hash >> 15)) * 0x85ebca77u;
}

static uint32_t hash_of(const l2osr__node *n) {
    uint64_t value;
    memcpy(&value, &n->value, sizeof value);
    uint32_t hash = mix(n->op, n->lag);
    hash = mix(hash, (uint32_t)n->a | (uint64_t)(uint32_t)n->b << 32);
    return mix(hash, value);
}

static bool equal(const l2osr__node *m, const l2osr__node *n) {
    return m->op == n->op && m->lag == n->lag && m->a == n->a && m->b == n->b &&
           m->tunable == n->tunable && memcmp(&m->value, &n->value, sizeof m->value) == 0;
}

static int32_t append(l2osr__rewriter *r, l2osr__node node, bool kept) {
    int32_t index = 0;
    r->status = l2osr__expr_add(r->out, node, &index);
    if (r->status != L2OSR_OK)
        return 0;
    r->scalar[index] = l2osr__node_is_scalar(&node, r->symbols, r->scalar);
    r->kept[index] = kept;
    return index;
}

int32_t l2osr__intern(l2osr__rewriter *r, l2osr__node node, bool kept) {
    uint32_t at = hash_of(&node) % L2OSR__INTERN_SLOTS;
    if (r->status != L2OSR_OK)
        return 0;
    if (kept || (node.op == L2OSR__OP_CONST && node.b > 0))
        return append(r, node, kept);
    for (; r->table[at] >= 0; at = (at + 1) % L2OSR__INTERN_SLOTS)
        if (equal(&r->out->nodes[r->table[at]], &node))
            return r->table[at];
    int32_t index = append(r, node, kept);
    if (r->status == L2OSR_OK)
        r->table[at] = (int16_t)index;
    return index;
}

static int sign_of(double a, double b) {
    return (a > b) - (a < b);
}

/* Plain numbers, then those that are one for each group, then those that must stay as they are. */
static int compare_constants(const l2osr__rewriter *r, int32_t a, int32_t b) {
    const l2osr__node *m = &r->out->nodes[a], *n = &r->out->nodes[b];
    int order = r->kept[a] - r->kept[b];
    if (order == 0)
        order = m->tunable - n->tunable;
    if (order == 0)
        order = (int)(m->b - n->b);
    for (int32_t i = 0; i < l2osr__node_values(m) && order == 0; i++)
        order = sign_of(l2osr__node_value(m, r->out->values, (size_t)i),
                        l2osr__node_value(n, r->out->values, (size_t)i));
    return order != 0 ? order : a - b;
}

/* Products read best with numbers in front, sums with numbers behind: the caller decides which end
 * comes first; here numbers come before what differs between coordinates, and leaves before trees. */
int l2osr__rewriter_compare(const l2osr__rewriter *r, int32_t a, int32_t b) {
    const l2osr__node *m = &r->out->nodes[a], *n = &r->out->nodes[b];
    if (a == b)
        return 0;
    int order = r->scalar[b] - r->scalar[a];
    if (order == 0)
        order = (int)m->op - (int)n->op;
    if (order == 0 && m->op == L2OSR__OP_CONST)
        return compare_constants(r, a, b);
    if (order == 0 && m->op == L2OSR__OP_VAR)
        return m->a - n->a;
    if (order == 0)
        order = (int)m->lag - (int)n->lag;
    if (order == 0)
        order = l2osr__rewriter_compare(r, m->a, n->a);
    if (order == 0 && m->b >= 0)
        order = l2osr__rewriter_compare(r, m->b, n->b);
    return order;
}
