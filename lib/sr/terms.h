/* SPDX-License-Identifier: MIT */
/**
 * @file terms.h
 * A formula as a weighted sum of terms and a constant: offset + w[0] T[0] + w[1] T[1] + ... The
 * terms are written such that factors are in the weights, so that terms which differ only by a
 * factor are the same, and the weights can be found by least squares.
 */
#ifndef L2OSR_SR_TERMS_H
#define L2OSR_SR_TERMS_H

#include "sr/tree.h"

enum { L2OSR__TERMS_LIMIT = 48 };

typedef struct l2osr__terms {
    int32_t count;
    double offset, weight[L2OSR__TERMS_LIMIT];
    uint64_t hash[L2OSR__TERMS_LIMIT]; /* of each term, all different */
    int32_t end[L2OSR__TERMS_LIMIT];   /* of the nodes of each term, one behind the other */
    l2osr__node nodes[L2OSR__TREE_ROOM];
} l2osr__terms;

/** Takes a tree apart; false when it has too many terms. */
bool l2osr__terms_split(l2osr__terms *terms, const l2osr__tree *tree,
                        const l2osr__grammar *grammar);

/** Term k as a tree. */
void l2osr__terms_get(const l2osr__terms *terms, int32_t k, l2osr__tree *out);

/** Appends a term with its weight; false when there is no room. */
bool l2osr__terms_add(l2osr__terms *terms, const l2osr__tree *term, double weight,
                      const l2osr__grammar *grammar);

/** Removes term k. */
void l2osr__terms_drop(l2osr__terms *terms, int32_t k);

/** Writes the sum as a tree, terms of weight 0 left out; false when it is too large. */
bool l2osr__terms_join(const l2osr__terms *terms, l2osr__tree *out);

#endif
