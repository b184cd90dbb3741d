/* SPDX-License-Identifier: MIT */
/** @file permute.h Pseudo-random permutations without memory: any entry is found directly. */
#ifndef L2OSR_DATA_PERMUTE_H
#define L2OSR_DATA_PERMUTE_H

#include <stddef.h>
#include <stdint.h>

enum { L2OSR__PERMUTE_ROUNDS = 8 };

/** A permutation of 0 .. size-1. */
typedef struct l2osr__permutation {
    size_t size;
    uint32_t low_bits; /* of the two halves that an index is cut into */
    uint32_t low_mask, high_mask;
    uint32_t keys[L2OSR__PERMUTE_ROUNDS];
} l2osr__permutation;

/** Permutation number `pass` of the stream `seed`; size >= 1. */
void l2osr__permutation_init(l2osr__permutation *p, size_t size, uint64_t seed, uint64_t pass);

/** Entry `index` of the permutation; index < size. */
size_t l2osr__permutation_at(const l2osr__permutation *p, size_t index);

#endif
