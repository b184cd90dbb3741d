/* SPDX-License-Identifier: MIT */
/**
 * @file scratch.h
 * Equal blocks of work memory for callbacks that may run on several threads at once. Blocks are
 * made when more are needed at the same time than before, and kept, so that a loop allocates only
 * in its first turns.
 */
#ifndef L2OSR_TASK_SCRATCH_H
#define L2OSR_TASK_SCRATCH_H

#include <pthread.h>

#include "base/context.h"

typedef struct l2osr__scratch {
    l2osr_context *ctx; /* NULL: not initialised */
    pthread_mutex_t mutex;
    size_t size;
    struct l2osr__scratch_block *free;
} l2osr__scratch;

/** Prepares for blocks of `size` bytes; allocates nothing yet. */
l2osr_status l2osr__scratch_init(l2osr__scratch *scratch, l2osr_context *ctx, size_t size);

/** Writes an aligned block of undefined content to *out (a pointer to a pointer). Any thread. */
l2osr_status l2osr__scratch_take(l2osr__scratch *scratch, void *out);

/** Gives a block back. Any thread. */
void l2osr__scratch_give(l2osr__scratch *scratch, void *block);

/** Frees all blocks, which must have been given back. A zeroed structure is allowed. */
void l2osr__scratch_destroy(l2osr__scratch *scratch);

#endif
