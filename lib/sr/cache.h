/* SPDX-License-Identifier: MIT */
/**
 * @file cache.h
 * Columns of numbers and products of columns, found by the hash of what they are the values of.
 * What is in a cache never shows in a result, only in the time it takes.
 */
#ifndef L2OSR_SR_CACHE_H
#define L2OSR_SR_CACHE_H

#include "base/context.h"

/** Columns of equal length. */
typedef struct l2osr__cache {
    l2osr_context *ctx;
    size_t sets, ways, stride; /* a column lies in one of the ways of its set */
    uint64_t *keys, *used, clock;
    float *values;
} l2osr__cache;

/** Room for sets * ways columns of `rows` numbers; clear it even after a failure. */
l2osr_status l2osr__cache_init(l2osr__cache *cache, l2osr_context *ctx, size_t sets, size_t ways,
                               size_t rows);
void l2osr__cache_clear(l2osr__cache *cache);

/**
 * The column of `key`, not 0. When *found is false the caller fills it: what was there longest
 * unused gave way. The last ways - 1 other columns that were asked for stay where they are.
 */
float *l2osr__cache_get(l2osr__cache *cache, uint64_t key, bool *found);

/** Takes a column out again that could not be filled. */
void l2osr__cache_forget(l2osr__cache *cache, uint64_t key);

/** One number a pair of keys. */
typedef struct l2osr__pairs {
    l2osr_context *ctx;
    uint64_t *keys;
    double *values;
} l2osr__pairs;

l2osr_status l2osr__pairs_init(l2osr__pairs *pairs, l2osr_context *ctx);
void l2osr__pairs_clear(l2osr__pairs *pairs);

/** The place of an unordered pair; to be filled when *found is false. */
double *l2osr__pairs_get(l2osr__pairs *pairs, uint64_t a, uint64_t b, bool *found);

#endif
