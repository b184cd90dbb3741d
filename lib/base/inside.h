/* SPDX-License-Identifier: MIT */
/** @file inside.h The inside of a context, for the files of this room only. */
#ifndef L2OSR_BASE_INSIDE_H
#define L2OSR_BASE_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/context.h"
#include "base/pool.h"

enum { L2OSR__MESSAGE_SIZE = 512 };

struct l2osr_context {
    struct l2osr_allocator allocator;
    struct l2osr_context_options options; /* `threads` is what is in use, never 0 */
    l2osr_isa isa;
    l2osr__pool *pool;
    atomic_bool looping; /* a parallel loop is in progress */
    atomic_int canceled;
    pthread_mutex_t message_mutex; /* for what follows: any thread may fail */
    char message[L2OSR__MESSAGE_SIZE];
    int callback_value;
};

/** The C library's memory. */
extern const struct l2osr_allocator l2osr__default_allocator;

/** l2osr__alloc() and l2osr__free() for when there is no context yet, or no longer. */
void *l2osr__allocate(const struct l2osr_allocator *allocator, size_t count, size_t size);
void l2osr__release(const struct l2osr_allocator *allocator, void *memory);

/** l2osr__options_copy() without a message, for when there is no context to keep it. */
l2osr_status l2osr__copy_sized(void *out, size_t size, const void *options);

#endif
