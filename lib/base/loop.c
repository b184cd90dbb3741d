/* SPDX-License-Identifier: MIT */
#include <stdint.h>

#include "base/context_private.h"

typedef struct loop {
    l2osr_context *ctx;
    l2osr__loop_fn fn;
    void *arg;
    pthread_mutex_t mutex;
    atomic_size_t failed_index; /* the lowest so far; SIZE_MAX: none */
    l2osr_status status;
    l2osr__message message;
} loop;

static void record_failure(loop *l, size_t index, l2osr_status status,
                           const l2osr__message *message) {
    pthread_mutex_lock(&l->mutex);
    if (index < l->failed_index) {
        l->failed_index = index;
        l->status = status;
        l->message = *message;
    }
    pthread_mutex_unlock(&l->mutex);
}

static void loop_body(void *argument, size_t index) {
    loop *l = argument;
    /* Items above a failure cannot change the result; those below may still fail first. */
    if (index > atomic_load_explicit(&l->failed_index, memory_order_relaxed))
        return;
    l2osr__message_scope scope;
    l2osr__message_scope_enter(&scope, l->ctx);
    l2osr_status status = l->fn(l->arg, index);
    l2osr__message_scope_leave(&scope);
    if (status != L2OSR_OK)
        record_failure(l, index, status, &scope.message);
}

static void run(l2osr_context *ctx, size_t n, loop *l) {
    const l2osr_context_options *o = &ctx->options;
    if (n <= 1 || o->threads == 1 || atomic_exchange(&ctx->looping, true)) {
        for (size_t i = 0; i < n; i++)
            loop_body(l, i);
        return;
    }
    if (o->parallel_for)
        o->parallel_for(o->parallel_user, n, loop_body, l);
    else
        l2osr__pool_run(ctx->pool, n, loop_body, l);
    atomic_store(&ctx->looping, false);
}

l2osr_status l2osr__parallel_for(l2osr_context *ctx, size_t n, l2osr__loop_fn fn, void *arg) {
    loop l = {.ctx = ctx, .fn = fn, .arg = arg};
    if (pthread_mutex_init(&l.mutex, NULL) != 0)
        return l2osr__fail(ctx, L2OSR_ENOMEM, "cannot make a mutex");
    atomic_init(&l.failed_index, SIZE_MAX);
    run(ctx, n, &l);
    pthread_mutex_destroy(&l.mutex);
    if (l.status != L2OSR_OK)
        l2osr__message_set(ctx, &l.message);
    return l.status;
}
