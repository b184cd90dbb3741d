/* SPDX-License-Identifier: MIT */
#include "base/context.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/pool.h"

enum { MAX_THREADS = 256, MESSAGE_SIZE = 512, ALIGNMENT = 64 };

struct l2osr_context {
    struct l2osr_allocator allocator;
    struct l2osr_context_options options;
    l2osr_isa isa;
    l2osr__pool *pool;
    pthread_mutex_t message_mutex;
    char message[MESSAGE_SIZE];
    int callback_value;
    atomic_int canceled;
};

/* In front of every block: keeps the size for the host's free(), and the alignment. */
typedef struct block_header {
    size_t size;
} block_header;

static void *default_alloc(size_t size, size_t align, void *user) {
    void *memory = NULL;
    (void)user;
    return posix_memalign(&memory, align, size) == 0 ? memory : NULL;
}

static void default_free(void *memory, size_t size, void *user) {
    (void)size;
    (void)user;
    free(memory);
}

static void *allocate(const struct l2osr_allocator *allocator, size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2)
        return NULL;
    bytes += ALIGNMENT;
    unsigned char *memory = allocator->alloc(bytes, ALIGNMENT, allocator->user);
    if (!memory)
        return NULL;
    memset(memory, 0, bytes);
    ((block_header *)(void *)memory)->size = bytes;
    return memory + ALIGNMENT;
}

static void release(const struct l2osr_allocator *allocator, void *memory) {
    if (!memory)
        return;
    unsigned char *start = (unsigned char *)memory - ALIGNMENT;
    allocator->free(start, ((block_header *)(void *)start)->size, allocator->user);
}

void *l2osr__alloc(l2osr_context *ctx, size_t count, size_t size) {
    return allocate(&ctx->allocator, count, size);
}

l2osr_status l2osr__alloc_to(l2osr_context *ctx, void *out, size_t count, size_t size) {
    void *memory = allocate(&ctx->allocator, count, size);
    memcpy(out, &memory, sizeof memory);
    if (memory)
        return L2OSR_OK;
    return l2osr__fail(ctx, L2OSR_ENOMEM, "out of memory for %zu items of %zu bytes", count, size);
}

void l2osr__free(l2osr_context *ctx, void *memory) {
    release(&ctx->allocator, memory);
}

char *l2osr__strdup(l2osr_context *ctx, const char *text) {
    size_t size = text ? strlen(text) + 1 : 0;
    char *copy = text ? l2osr__alloc(ctx, size, 1) : NULL;
    if (copy)
        memcpy(copy, text, size);
    return copy;
}

void l2osr__options_init(void *options, size_t size) {
    memset(options, 0, size);
    memcpy(options, &size, sizeof size);
}

void l2osr_context_options_init(l2osr_context_options *o, size_t size) {
    l2osr__options_init(o, size);
}

/* What options_copy needs before a context exists to carry the message. */
static l2osr_status copy_sized(void *out, size_t size, const void *options) {
    size_t given = 0;
    l2osr__options_init(out, size);
    if (!options)
        return L2OSR_OK;
    memcpy(&given, options, sizeof given);
    if (given < sizeof given)
        return L2OSR_EINVAL;
    for (size_t i = size; i < given; i++)
        if (((const unsigned char *)options)[i] != 0)
            return L2OSR_E2BIG;
    memcpy(out, options, given < size ? given : size);
    memcpy(out, &size, sizeof size);
    return L2OSR_OK;
}

l2osr_status l2osr__options_copy(l2osr_context *ctx, void *out, size_t size, const void *options,
                                 const char *name) {
    l2osr_status status = copy_sized(out, size, options);
    if (status == L2OSR_EINVAL)
        return l2osr__fail(ctx, status, "%s: struct_size is not set; use the _INIT macro", name);
    if (status == L2OSR_E2BIG)
        return l2osr__fail(ctx, status, "%s: a member is set that this library does not know", name);
    return status;
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

static l2osr_status check_options(const l2osr_context_options *o) {
    if (o->threads > MAX_THREADS)
        return L2OSR_ERANGE;
    if (o->allocator && (!o->allocator->alloc || !o->allocator->free))
        return L2OSR_EINVAL;
    if ((int)o->isa < L2OSR_ISA_AUTO || o->isa > best_isa())
        return L2OSR_EUNSUPPORTED;
    return L2OSR_OK;
}

l2osr_status l2osr_context_create(l2osr_context **out, const l2osr_context_options *options) {
    struct l2osr_allocator allocator = {sizeof allocator, default_alloc, default_free, NULL};
    struct l2osr_context_options o;
    if (!out)
        return L2OSR_EINVAL;
    *out = NULL;
    L2OSR__TRY(copy_sized(&o, sizeof o, options));
    L2OSR__TRY(check_options(&o));
    if (o.allocator)
        allocator = *o.allocator;
    unsigned threads = thread_count(o.threads);
    l2osr_context *ctx = allocate(&allocator, 1, sizeof *ctx);
    l2osr__pool *pool = allocate(&allocator, 1, l2osr__pool_size(threads));
    if (!ctx || !pool || !l2osr__pool_init(pool, threads)) {
        release(&allocator, pool);
        release(&allocator, ctx);
        return L2OSR_ENOMEM;
    }
    if (pthread_mutex_init(&ctx->message_mutex, NULL) != 0) {
        l2osr__pool_stop(pool);
        release(&allocator, pool);
        release(&allocator, ctx);
        return L2OSR_ENOMEM;
    }
    ctx->allocator = allocator;
    ctx->options = o;
    ctx->options.threads = threads;
    ctx->isa = o.isa == L2OSR_ISA_AUTO ? best_isa() : o.isa;
    ctx->pool = pool;
    *out = ctx;
    return L2OSR_OK;
}

void l2osr_context_free(l2osr_context *ctx) {
    if (!ctx)
        return;
    struct l2osr_allocator allocator = ctx->allocator;
    l2osr__pool_stop(ctx->pool);
    release(&allocator, ctx->pool);
    pthread_mutex_destroy(&ctx->message_mutex);
    release(&allocator, ctx);
}

static void record(l2osr_context *ctx, int callback_value, const char *format, va_list arguments) {
    pthread_mutex_lock(&ctx->message_mutex);
    vsnprintf(ctx->message, sizeof ctx->message, format, arguments);
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
    char line[MESSAGE_SIZE];
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

void l2osr_context_cancel(l2osr_context *ctx) {
    atomic_store_explicit(&ctx->canceled, 1, memory_order_relaxed);
}

void l2osr_context_uncancel(l2osr_context *ctx) {
    atomic_store_explicit(&ctx->canceled, 0, memory_order_relaxed);
}

bool l2osr__canceled(const l2osr_context *ctx) {
    return atomic_load_explicit(&ctx->canceled, memory_order_relaxed) != 0;
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

typedef struct loop {
    l2osr_context *ctx;
    l2osr__loop_fn fn;
    void *arg;
    pthread_mutex_t mutex;
    atomic_int failed;
    size_t failed_index;
    l2osr_status status;
} loop;

static void loop_body(void *argument, size_t index) {
    loop *l = argument;
    /* Items above a failure cannot change the result; those below may still fail first. */
    if (atomic_load_explicit(&l->failed, memory_order_relaxed)) {
        pthread_mutex_lock(&l->mutex);
        bool skip = index > l->failed_index;
        pthread_mutex_unlock(&l->mutex);
        if (skip)
            return;
    }
    l2osr_status status = l->fn(l->arg, index);
    if (status == L2OSR_OK)
        return;
    pthread_mutex_lock(&l->mutex);
    if (!atomic_load_explicit(&l->failed, memory_order_relaxed) || index < l->failed_index) {
        l->failed_index = index;
        l->status = status;
        atomic_store_explicit(&l->failed, 1, memory_order_relaxed);
    }
    pthread_mutex_unlock(&l->mutex);
}

l2osr_status l2osr__parallel_for(l2osr_context *ctx, size_t n, l2osr__loop_fn fn, void *arg) {
    loop l = {.ctx = ctx, .fn = fn, .arg = arg};
    if (pthread_mutex_init(&l.mutex, NULL) != 0)
        return l2osr__fail(ctx, L2OSR_ENOMEM, "cannot make a mutex");
    if (ctx->options.parallel_for && ctx->options.threads > 1)
        ctx->options.parallel_for(ctx->options.parallel_user, n, loop_body, &l);
    else
        l2osr__pool_run(ctx->pool, n, loop_body, &l);
    pthread_mutex_destroy(&l.mutex);
    return l.status;
}

double l2osr__now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

void l2osr__stage_begin(l2osr__stage *stage, l2osr_context *ctx, const char *name, uint64_t total) {
    *stage = (l2osr__stage){.ctx = ctx, .name = name, .total = total, .start = l2osr__now()};
}

l2osr_status l2osr__stage_tick(l2osr__stage *stage, uint64_t done, double best,
                               const char *detail) {
    const double interval = 0.1; /* seconds between reports: fast for a person, cheap for us */
    l2osr_context *ctx = stage->ctx;
    double now = l2osr__now(), seconds = now - stage->start;
    bool last = stage->total > 0 && done >= stage->total;
    if (ctx->options.progress && (last || now - stage->last >= interval)) {
        double rate = seconds > 0 ? (double)done / seconds : 0;
        l2osr_progress p = {sizeof p, stage->name, done, stage->total, seconds, rate, -1, best,
                            detail ? detail : ""};
        if (stage->total >= done && rate > 0 && stage->total > 0)
            p.eta = (double)(stage->total - done) / rate;
        stage->last = now;
        if (ctx->options.progress(ctx->options.progress_user, &p) != 0)
            l2osr_context_cancel(ctx);
    }
    if (l2osr__canceled(ctx))
        return l2osr__fail(ctx, L2OSR_ECANCELED, "%s: canceled at %llu", stage->name,
                           (unsigned long long)done);
    return L2OSR_OK;
}
