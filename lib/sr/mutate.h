/* SPDX-License-Identifier: MIT */
/** @file mutate.h Variation: random changes, crossover, and growth in the direction that lowers the
 * error. */
#ifndef L2OSR_SR_MUTATE_H
#define L2OSR_SR_MUTATE_H

#include "sr/score.h"

/** What a growth costs, in evaluations of a tree on all rows: dozens of small ones on the probe. */
enum { L2OSR__GROW_COST = 4 };

/** Changes a tree at random. The result may be too large: it is the caller who checks. */
void l2osr__mutate(l2osr__tree *tree, const l2osr__grammar *grammar, l2osr__rng *rng);

/** Replaces a random subtree of `tree` by one of `other`. */
void l2osr__cross(l2osr__tree *tree, const l2osr__tree *other, l2osr__rng *rng);

/**
 * Adds a weighted term behind node `node`. Of some dozens of small subtrees it takes the one that
 * to first order, by the derivative of the tree with respect to that node, explains most of what
 * the tree leaves unexplained.
 * @return false when no term fits or helps
 */
bool l2osr__grow(l2osr__scorer *scorer, l2osr__tree *tree, const l2osr__grammar *grammar,
                 l2osr__rng *rng, int32_t node);

#endif
