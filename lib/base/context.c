/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/inside.h"

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
    if (__builtin_cpu_supports("avx2"))
        return L2OSR_ISA_AVX2;
#endif
    return L2OSR_ISA_BASELINE;
}

static unsigned thread_count(unsigned wanted) {
    if (wanted > 0)
        return wanted;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors < 1 ? 1 : processors > MAX_THREADS ? MAX_THREADS : (unsigned)processors;
}

/* Takes over the caller's options and allocator, whatever their versions. */
static l2osr_status read_options(struct l2osr_context_options *o, struct l2osr_allocator *allocator,
                                 const l2osr_context_options *options) {
    L2OSR__TRY(l2osr__copy_sized(o, sizeof *o, options));
    *allocator = l2osr__default_allocator;
    if (o->allocator)
        L2OSR__TRY(l2osr__copy_sized(allocator, sizeof *allocator, o->allocator));
    o->allocator = NULL; /* the caller's structure may go */
    if (!allocator->alloc || !allocator->free || o->threads > MAX_THREADS)
        return L2OSR_EINVAL;
    if ((int)o->isa < L2OSR_ISA_AUTO || o->isa > best_isa())
        return L2OSR_EUNSUPPORTED;
    return L2OSR_OK;
}

l2osr_status l2osr_context_create(l2osr_context **out, const l2osr_context_options *options) {
    struct l2osr_context_options o;
    struct l2osr_allocator allocator;
    if (!out)
        return L2OSR_EINVAL;
    *out = NULL;
    L2OSR__TRY(read_options(&o, &allocator, options));
    l2osr_context *ctx = l2osr__allocate(&allocator, 1, sizeof *ctx);
    if (!ctx)
        return L2OSR_ENOMEM;
    ctx->allocator = allocator;
    ctx->options = o;
    ctx->options.threads = thread_count(o.threads);
    ctx->isa = o.isa == L2OSR_ISA_AUTO ? best_isa() : o.isa;
    ctx->pool = l2osr__alloc(ctx, 1, l2osr__pool_size(ctx->options.threads));
    if (ctx->pool && pthread_mutex_init(&ctx->message_mutex, NULL) == 0) {
        if (l2osr__pool_init(ctx->pool, ctx->options.threads)) {
            *out = ctx;
            return L2OSR_OK;
        }
        pthread_mutex_destroy(&ctx->message_mutex);
    }
    l2osr__free(ctx, ctx->pool);
    l2osr__release(&allocator, ctx);
    return L2OSR_ENOMEM;
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

/* By way of a buffer: a message may quote the one before it. */
static void record(l2osr_context *ctx, int callback_value, const char *format, va_list arguments) {
    char message[L2OSR__MESSAGE_SIZE];
    pthread_mutex_lock(&ctx->message_mutex);
    vsnprintf(message, sizeof message, format, arguments);
    memcpy(ctx->message, message, sizeof message);
    ctx->callback_value = callback_value;
    pthread_mutex_unlock(&ctx->message_mutex);
}

l2osr_status l2osr__fail(l2osr_context *ctx, l2osr_status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    record(ctx, 0, format, arguments);
    va_end(arguments);
    return status;
}

l2osr_status l2osr__fail_callback(l2osr_context *ctx, int value, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    record(ctx, value, format, arguments);
    va_end(arguments);
    return L2OSR_ECALLBACK;
}

void l2osr__log(l2osr_context *ctx, l2osr_log_level level, const char *format, ...) {
    char line[L2OSR__MESSAGE_SIZE];
    va_list arguments;
    if (!ctx->options.log)
        return;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    ctx->options.log(ctx->options.log_user, level, line);
}

const char *l2osr_context_errmsg(const l2osr_context *ctx) {
    return ctx ? ctx->message : "";
}

int l2osr_context_callback_value(const l2osr_context *ctx) {
    return ctx->callback_value;
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
