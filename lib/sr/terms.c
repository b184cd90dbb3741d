/* SPDX-License-Identifier: MIT */
#include "sr/terms.h"

#include <math.h>
#include <string.h>

/* A weight this near to 1 is 1: two nodes less, and far below what single precision tells. */
static const double UNIT_TOLERANCE = 1e-6;

static int32_t start_of(const l2osr__terms *terms, int32_t k) {
    return k > 0 ? terms->end[k - 1] : 0;
}

void l2osr__terms_get(const l2osr__terms *terms, int32_t k, l2osr__tree *out) {
    const int32_t first = start_of(terms, k);
    out->count = terms->end[k] - first;
    memcpy(out->nodes, terms->nodes + first, (size_t)out->count * sizeof *out->nodes);
    l2osr__tree_link(out);
}

static bool has_negation(const l2osr__tree *tree) {
    for (int32_t i = 0; i < tree->count; i++)
        if (tree->nodes[i].op == L2OSR__OP_NEG)
            return true;
    return false;
}

/* Where a sign can go outside, simplifying brings it there. */
static void take_negations(l2osr__tree *term, double *weight, const l2osr__grammar *grammar) {
    if (!has_negation(term))
        return;
    l2osr__tree_simplify(term, grammar);
    while (term->nodes[term->count - 1].op == L2OSR__OP_NEG) {
        term->count--;
        *weight = -*weight;
    }
}

/* Moves the factors of the term into its weight, unless they overflow together. */
static void normalize(l2osr__tree *term, double *weight, const l2osr__grammar *grammar) {
    l2osr__tree copy;
    take_negations(term, weight, grammar);
    l2osr__tree_copy(&copy, term);
    const double factor = l2osr__tree_take_factors(&copy);
    if (!isnormal(factor) || !isfinite(*weight * factor))
        return;
    *weight *= factor;
    l2osr__tree_simplify(&copy, grammar);
    l2osr__tree_copy(term, &copy);
}

/* Constants as they are used: what has the same hash must have the same values, whatever is made of
 * its constants in double precision on the way. */
static void round_constants(l2osr__tree *term) {
    for (int32_t i = 0; i < term->count; i++)
        term->nodes[i].value = (float)term->nodes[i].value;
}

bool l2osr__terms_add(l2osr__terms *terms, const l2osr__tree *term, double weight,
                      const l2osr__grammar *grammar) {
    l2osr__tree copy;
    l2osr__tree_copy(&copy, term);
    normalize(&copy, &weight, grammar);
    if (copy.count == 1 && copy.nodes[0].op == L2OSR__OP_CONST) {
        terms->offset += weight * copy.nodes[0].value;
        return true;
    }
    round_constants(&copy);
    const uint64_t hash = l2osr__tree_hash(&copy);
    for (int32_t k = 0; k < terms->count; k++)
        if (terms->hash[k] == hash) {
            terms->weight[k] += weight;
            return true;
        }
    const int32_t first = start_of(terms, terms->count), end = first + copy.count;
    if (terms->count == grammar->max_terms || end > L2OSR__TREE_ROOM)
        return false;
    memcpy(terms->nodes + first, copy.nodes, (size_t)copy.count * sizeof *copy.nodes);
    terms->weight[terms->count] = weight;
    terms->hash[terms->count] = hash;
    terms->end[terms->count++] = end;
    return true;
}

/* Goes down through sums and factors. */
static bool collect(l2osr__terms *terms, const l2osr__tree *tree, int32_t i, double weight,
                    const l2osr__grammar *grammar) {
    const l2osr__node *node = &tree->nodes[i];
    l2osr__tree term;
    switch (node->op) {
    case L2OSR__OP_CONST:
        terms->offset += weight * node->value;
        return true;
    case L2OSR__OP_NEG:
        return collect(terms, tree, node->a, -weight, grammar);
    case L2OSR__OP_ADD:
    case L2OSR__OP_SUB:
        return collect(terms, tree, node->a, weight, grammar) &&
               collect(terms, tree, node->b, node->op == L2OSR__OP_SUB ? -weight : weight, grammar);
    case L2OSR__OP_MUL:
        if (tree->nodes[node->a].op == L2OSR__OP_CONST)
            return collect(terms, tree, node->b, weight * tree->nodes[node->a].value, grammar);
        break;
    default:
        break;
    }
    l2osr__tree_take(&term, tree, i);
    return l2osr__terms_add(terms, &term, weight, grammar);
}

bool l2osr__terms_split(l2osr__terms *terms, const l2osr__tree *tree,
                        const l2osr__grammar *grammar) {
    terms->count = 0;
    terms->offset = 0;
    return collect(terms, tree, tree->count - 1, 1, grammar);
}

void l2osr__terms_drop(l2osr__terms *terms, int32_t k) {
    const int32_t first = start_of(terms, k), size = terms->end[k] - first;
    const int32_t rest = terms->end[terms->count - 1] - terms->end[k];
    memmove(terms->nodes + first, terms->nodes + first + size, (size_t)rest * sizeof *terms->nodes);
    for (int32_t j = k + 1; j < terms->count; j++) {
        terms->weight[j - 1] = terms->weight[j];
        terms->hash[j - 1] = terms->hash[j];
        terms->end[j - 1] = terms->end[j] - size;
    }
    terms->count--;
}

/* Appends one weighted term; the first of all stands without an operator in front of it. */
static void write_term(const l2osr__terms *terms, int32_t k, l2osr__tree *out) {
    double weight = terms->weight[k];
    const bool first = out->count == 0;
    const int32_t start = out->count;
    l2osr__tree term;
    l2osr__terms_get(terms, k, &term);
    if (l2osr__tree_factor(&term) >= 0) {
        l2osr__tree_multiply(&term, weight);
        weight = 1;
    } else if (fabs(weight + 1) <= UNIT_TOLERANCE && l2osr__tree_negate(&term, term.count - 1)) {
        weight = 1;
    }
    const bool unit = fabs(weight - 1) <= UNIT_TOLERANCE;
    if (!unit)
        out->nodes[out->count++] = l2osr__tree_constant(weight);
    memcpy(out->nodes + out->count, term.nodes, (size_t)term.count * sizeof *term.nodes);
    out->count = start + (unit ? 0 : 1) + term.count;
    if (!unit)
        out->nodes[out->count++] = l2osr__tree_op(L2OSR__OP_MUL);
    if (!first)
        out->nodes[out->count++] = l2osr__tree_op(L2OSR__OP_ADD);
}

bool l2osr__terms_join(const l2osr__terms *terms, l2osr__tree *out) {
    enum { EXTRA = 3 }; /* nodes beside a term: its weight, * and + */
    out->count = 0;
    if (terms->offset != 0)
        out->nodes[out->count++] = l2osr__tree_constant(terms->offset);
    for (int32_t k = 0; k < terms->count; k++) {
        const int32_t size = terms->end[k] - start_of(terms, k);
        if (terms->weight[k] == 0)
            continue;
        if (out->count + size + EXTRA > L2OSR__TREE_ROOM)
            return false;
        write_term(terms, k, out);
    }
    if (out->count == 0)
        out->nodes[out->count++] = l2osr__tree_constant(0);
    l2osr__tree_link(out);
    return true;
}
