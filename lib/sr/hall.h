/* SPDX-License-Identifier: MIT */
/** @file hall.h The best tree of each complexity. */
#ifndef L2OSR_SR_HALL_H
#define L2OSR_SR_HALL_H

#include "sr/tree.h"

typedef struct l2osr__member {
    double mse;
    double cost; /* what a hall goes by: mse, or the mean of that and the same on rows kept apart */
    int32_t complexity;
    bool fitted; /* its constants have been fitted on all rows */
    l2osr__tree tree;
} l2osr__member;

/** A place is empty when its cost is INFINITY. */
typedef struct l2osr__hall {
    l2osr__member best[L2OSR__SIZE_LIMIT + 1]; /* by complexity */
} l2osr__hall;

void l2osr__hall_reset(l2osr__hall *hall);

/** Keeps a tree if it is better than the one of its complexity. */
void l2osr__hall_offer(l2osr__hall *hall, const l2osr__member *member);

/** Keeps what is better in `other`. */
void l2osr__hall_merge(l2osr__hall *hall, const l2osr__hall *other);

/** Complexities whose tree is better than all simpler ones, into out[L2OSR__SIZE_LIMIT + 1]; their
 * number. */
int32_t l2osr__hall_front(const l2osr__hall *hall, int32_t *out);

/** Smallest cost; INFINITY when the hall is empty. *complexity is that of its tree. */
double l2osr__hall_best(const l2osr__hall *hall, int32_t *complexity);

#endif
