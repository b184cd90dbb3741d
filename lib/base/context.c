/* SPDX-License-Identifier: MIT */
#ifdef __linux__
#define _GNU_SOURCE /* sched_getaffinity */
#endif
#include <unistd.h>
#ifdef __linux__
#include <sched.h>
#endif

#include "base/context_private.h"

enum { MAX_THREADS = 256 };

void l2osr_context_options_init(l2osr_context_options *o, size_t size) {
    l2osr__options_init(o, size);
}

static l2osr_isa best_isa(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"))
        return L2OSR_ISA_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return L2OSR_ISA_AVX2;
#endif
    return L2OSR_ISA_BASELINE;
}

/* Those that this process may run on, which in a container or under taskset are not all. */
static long processors(void) {
#ifdef __linux__
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return CPU_COUNT(&set);
#endif
    return sysconf(_SC_NPROCESSORS_ONLN);
}

static unsigned thread_count(unsigned wanted) {
    if (wanted > 0)
        return wanted;
    long n = processors();
    return n < 1 ? 1 : n > MAX_THREADS ? MAX_THREADS : (unsigned)n;
}

static l2osr_status check_options(const l2osr_context_options *o) {
    if (o->threads > MAX_THREADS)
        return L2OSR_EINVAL;
    if ((int)o->isa < L2OSR_ISA_AUTO || o->isa > best_isa())
        return L2OSR_EUNSUPPORTED;
    return L2OSR_OK;
}

static bool prepare(l2osr_context *ctx) {
    unsigned threads = ctx->options.threads;
    if (pthread_mutex_init(&ctx->message_mutex, NULL) != 0)
        return false;
    ctx->pool = l2osr__alloc(ctx, 1, l2osr__pool_size(threads));
    if (ctx->pool && l2osr__pool_init(ctx->pool, threads))
        return true;
    l2osr__free(ctx, ctx->pool);
    pthread_mutex_destroy(&ctx->message_mutex);
    return false;
}

l2osr_status l2osr_context_create(l2osr_context **out, const l2osr_context_options *options) {
    struct l2osr_allocator allocator;
    struct l2osr_context_options o;
    if (!out)
        return L2OSR_EINVAL;
    *out = NULL;
    L2OSR__TRY(l2osr__options_copy_quietly(&o, sizeof o, options));
    L2OSR__TRY(check_options(&o));
    L2OSR__TRY(l2osr__allocator_choose(&allocator, o.allocator));
    l2osr_context *ctx = l2osr__allocate(&allocator, 1, sizeof *ctx);
    if (!ctx)
        return L2OSR_ENOMEM;
    ctx->allocator = allocator;
    ctx->options = o;
    ctx->options.allocator = NULL; /* the caller's structure may go */
    ctx->options.threads = thread_count(o.threads);
    ctx->isa = o.isa == L2OSR_ISA_AUTO ? best_isa() : o.isa;
    if (!prepare(ctx)) {
        l2osr__release(&allocator, ctx);
        return L2OSR_ENOMEM;
    }
    *out = ctx;
    return L2OSR_OK;
}

void l2osr_context_free(l2osr_context *ctx) {
    if (!ctx)
        return;
    struct l2osr_allocator allocator = ctx->allocator;
    l2osr__pool_stop(ctx->pool);
    l2osr__free(ctx, ctx->pool);
    pthread_mutex_destroy(&ctx->message_mutex);
    l2osr__release(&allocator, ctx);
}

unsigned l2osr_context_threads(const l2osr_context *ctx) {
    return ctx->options.threads;
}

uint64_t l2osr_context_seed(const l2osr_context *ctx) {
    return ctx->options.seed;
}

l2osr_isa l2osr__isa(const l2osr_context *ctx) {
    return ctx->isa;
}
