/* SPDX-License-Identifier: MIT */
/** @file context_private.h The inside of a context, for the files of this room only. */
#ifndef L2OSR_BASE_CONTEXT_PRIVATE_H
#define L2OSR_BASE_CONTEXT_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/context.h"
#include "base/pool.h"

/** Longest error message, with its terminating zero. */
enum { L2OSR__MESSAGE_SIZE = 512 };

/** What a failure leaves behind. */
typedef struct l2osr__message {
    char text[L2OSR__MESSAGE_SIZE];
    int callback_value; /* 0 unless a callback failed */
} l2osr__message;

struct l2osr_context {
    struct l2osr_allocator allocator;
    struct l2osr_context_options options;
    l2osr_isa isa;
    l2osr__pool *pool;
    pthread_mutex_t message_mutex;
    l2osr__message message;
    atomic_int canceled;
    atomic_bool looping; /* a parallel loop is in progress: loops inside it run inline */
};

/** Fills in the allocator to use. #L2OSR_EINVAL when the host's lacks a function. */
l2osr_status l2osr__allocator_choose(struct l2osr_allocator *out,
                                     const struct l2osr_allocator *host);

/** l2osr__alloc() and l2osr__free() while there is no context. */
void *l2osr__allocate(const struct l2osr_allocator *allocator, size_t count, size_t size);
void l2osr__release(const struct l2osr_allocator *allocator, void *memory);

/** l2osr__options_copy() while there is no context: says no more than the status. */
l2osr_status l2osr__options_copy_quietly(void *out, size_t size, const void *options);

/** Keeps the messages of one context on one thread apart, while it is in force. */
typedef struct l2osr__message_scope {
    const l2osr_context *ctx;
    struct l2osr__message_scope *outer;
    l2osr__message message;
} l2osr__message_scope;

/** From here on messages of `ctx` on this thread go to `scope`. */
void l2osr__message_scope_enter(l2osr__message_scope *scope, const l2osr_context *ctx);

/** Ends the innermost scope; its message stays in it. */
void l2osr__message_scope_leave(const l2osr__message_scope *scope);

/** Makes `message` the last error of the context (or of the innermost scope). */
void l2osr__message_set(l2osr_context *ctx, const l2osr__message *message);

#endif
