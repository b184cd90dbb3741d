/* SPDX-License-Identifier: MIT */
/* Parallel loops, on the host's threads or our own. */
#include "base/inside.h"

typedef struct loop {
    l2osr__loop_fn fn;
    void *arg;
    pthread_mutex_t mutex;
    atomic_bool failed;
    size_t failed_index;
    l2osr_status status;
} loop;

/* Items above a failure cannot change the result; those below may still fail first. */
static bool is_needless(loop *l, size_t index) {
    if (!atomic_load_explicit(&l->failed, memory_order_relaxed))
        return false;
    pthread_mutex_lock(&l->mutex);
    bool above = index > l->failed_index;
    pthread_mutex_unlock(&l->mutex);
    return above;
}

static void run_item(void *argument, size_t index) {
    loop *l = argument;
    l2osr_status status = is_needless(l, index) ? L2OSR_OK : l->fn(l->arg, index);
    if (status == L2OSR_OK)
        return;
    pthread_mutex_lock(&l->mutex);
    if (!atomic_load_explicit(&l->failed, memory_order_relaxed) || index < l->failed_index) {
        l->failed_index = index;
        l->status = status;
        atomic_store_explicit(&l->failed, true, memory_order_relaxed);
    }
    pthread_mutex_unlock(&l->mutex);
}

/* One loop at a time: a loop inside a loop, or beside it on another thread, runs where it is called. */
static l2osr_status run_here(size_t n, l2osr__loop_fn fn, void *arg) {
    for (size_t i = 0; i < n; i++)
        L2OSR__TRY(fn(arg, i));
    return L2OSR_OK;
}

l2osr_status l2osr__parallel_for(l2osr_context *ctx, size_t n, l2osr__loop_fn fn, void *arg) {
    const struct l2osr_context_options *o = &ctx->options;
    loop l = {.fn = fn, .arg = arg};
    if (n <= 1 || o->threads == 1 || atomic_exchange(&ctx->looping, true))
        return run_here(n, fn, arg);
    if (pthread_mutex_init(&l.mutex, NULL) != 0) {
        atomic_store(&ctx->looping, false);
        return l2osr__fail(ctx, L2OSR_ENOMEM, "cannot make a mutex");
    }
    if (o->parallel_for)
        o->parallel_for(o->parallel_user, n, run_item, &l);
    else
        l2osr__pool_run(ctx->pool, n, run_item, &l);
    pthread_mutex_destroy(&l.mutex);
    atomic_store(&ctx->looping, false);
    return l.status;
}
