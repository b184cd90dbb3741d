/* SPDX-License-Identifier: MIT */
/** @file draft.h Small random terms, of the kinds that sums are often made of. */
#ifndef L2OSR_SR_DRAFT_H
#define L2OSR_SR_DRAFT_H

#include "sr/island.h"

enum { L2OSR__DRAFT_NODES = 16 };

/** A term in postfix order. A pool has thousands: they must be small. */
typedef struct l2osr__draft {
    int32_t count;
    l2osr__node nodes[L2OSR__DRAFT_NODES];
} l2osr__draft;

/** Draws term number `index` of a pool, simplified: the plain columns come first. Half of them are
 * changed terms of `base`, if that has any. */
void l2osr__draft_draw(l2osr__draft *draft, l2osr__island *island, const l2osr__terms *base,
                       size_t index);

void l2osr__draft_tree(const l2osr__draft *draft, l2osr__tree *out);

#endif
