/* SPDX-License-Identifier: MIT */
/** @file pool.h Worker threads; used through l2osr__parallel_for(). */
#ifndef L2OSR_BASE_POOL_H
#define L2OSR_BASE_POOL_H

#include <stdbool.h>
#include <stddef.h>

typedef struct l2osr__pool l2osr__pool;

/** Bytes of a pool with `threads` threads, the caller's among them. */
size_t l2osr__pool_size(unsigned threads);

/** Prepares a pool in zeroed memory; threads start with the first loop. False: out of resources. */
bool l2osr__pool_init(l2osr__pool *pool, unsigned threads);

/** Joins the threads. */
void l2osr__pool_stop(l2osr__pool *pool);

/** Runs body(arg, i) for all i < n and returns when done. One loop at a time. */
void l2osr__pool_run(l2osr__pool *pool, size_t n, void (*body)(void *arg, size_t i), void *arg);

#endif
