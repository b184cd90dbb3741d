/* SPDX-License-Identifier: MIT */
/**
 * @file rng.h
 * Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel Random
 * Numbers: As Easy as 1, 2, 3" (SC 2011). The numbers are a pure function of (key, counter), so
 * streams can be split freely.
 */
#ifndef L2OSR_BASE_RNG_H
#define L2OSR_BASE_RNG_H

#include <stdint.h>

/** One stream. Copying the structure copies the position. */
typedef struct l2osr__rng {
    uint32_t key[2];
    uint32_t counter[4];
    uint32_t block[4];
    unsigned used; /* words of `block` already given out */
} l2osr__rng;

/** The bijection itself: ten rounds. */
void l2osr__philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/** Starts stream `stream` of `seed`. Streams do not overlap within 2^66 numbers. */
void l2osr__rng_init(l2osr__rng *rng, uint64_t seed, uint64_t stream);

/** A new seed derived from `seed` and `id`, for everything below one piece of work. */
uint64_t l2osr__seed_split(uint64_t seed, uint64_t id);

uint32_t l2osr__rng_u32(l2osr__rng *rng);
uint64_t l2osr__rng_u64(l2osr__rng *rng);

/** Uniform in [0, 1) with 53 bits. */
double l2osr__rng_uniform(l2osr__rng *rng);

/** Uniform in 0 .. n-1 without bias; n >= 1. */
uint32_t l2osr__rng_below(l2osr__rng *rng, uint32_t n);

#endif
