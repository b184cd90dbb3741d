/* SPDX-License-Identifier: MIT */
/** @file context.h What every room gets from a context: memory, errors, progress and loops. */
#ifndef L2OSR_BASE_CONTEXT_H
#define L2OSR_BASE_CONTEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "l2osr/context.h"

#if defined(__GNUC__) || defined(__clang__)
#define L2OSR__PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define L2OSR__PRINTF(fmt, args)
#endif

/** Returns from the calling function when `expression` is not L2OSR_OK. */
#define L2OSR__TRY(expression)                                                                     \
    do {                                                                                           \
        l2osr_status l2osr__try_status = (expression);                                             \
        if (l2osr__try_status != L2OSR_OK)                                                         \
            return l2osr__try_status;                                                              \
    } while (0)

/** Records a formatted message as the context's last error and returns `status`. Any thread. */
l2osr_status l2osr__fail(l2osr_context *ctx, l2osr_status status, const char *format, ...)
    L2OSR__PRINTF(3, 4);

/** l2osr__fail() for #L2OSR_ECALLBACK; the callback's value is kept until another one fails. */
l2osr_status l2osr__fail_callback(l2osr_context *ctx, int value, const char *format, ...)
    L2OSR__PRINTF(3, 4);

/** Sends a formatted line to the context's log callback. */
void l2osr__log(l2osr_context *ctx, l2osr_log_level level, const char *format, ...)
    L2OSR__PRINTF(3, 4);

/** Zeroed memory for count items of `size` bytes, aligned to 64; NULL when there is not so much. */
void *l2osr__alloc(l2osr_context *ctx, size_t count, size_t size);

/** l2osr__alloc() that records an error: writes the memory to *out (a pointer to a pointer). */
l2osr_status l2osr__alloc_to(l2osr_context *ctx, void *out, size_t count, size_t size);

/** Gives memory of l2osr__alloc() back. NULL is allowed. */
void l2osr__free(l2osr_context *ctx, void *memory);

/** Copy of a string, or NULL when out of memory or `text` is NULL. */
char *l2osr__strdup(l2osr_context *ctx, const char *text);

/** The ISA chosen for vector kernels: never L2OSR_ISA_AUTO. */
l2osr_isa l2osr__isa(const l2osr_context *ctx);

/** Body of a parallel loop; `index` identifies the work. */
typedef l2osr_status (*l2osr__loop_fn)(void *arg, size_t index);

/**
 * Runs fn(arg, i) for every i < n on the context's threads. What work belongs to an index must not
 * depend on the number of threads. A loop inside a loop runs on the calling thread. Returns the
 * status of the lowest index that fails, and its message is the one left; items above it may be
 * skipped.
 */
l2osr_status l2osr__parallel_for(l2osr_context *ctx, size_t n, l2osr__loop_fn fn, void *arg);

/** Pieces of `piece` items, the last one possibly smaller, that `size` items are. */
static inline size_t l2osr__pieces(size_t size, size_t piece) {
    return size / piece + (size % piece != 0);
}

/** Progress of one stage; lives on the stack of the function that does the work. */
typedef struct l2osr__stage {
    l2osr_context *ctx;
    const char *name;
    uint64_t total;
    uint64_t first; /* done before it began; set after the beginning when work goes on */
    double start, last;
} l2osr__stage;

/** Begins a stage of `total` units (0: unknown). */
void l2osr__stage_begin(l2osr__stage *stage, l2osr_context *ctx, const char *name, uint64_t total);

/**
 * A safe point, on the thread that began the stage. Reports progress some times a second (always
 * when done == total); returns L2OSR_ECANCELED if the user wants to stop. `best` may be NaN.
 */
l2osr_status l2osr__stage_tick(l2osr__stage *stage, uint64_t done, double best, const char *detail);

/** What a stage has to report at this moment; `best` may be NaN, `detail` NULL. */
l2osr_progress l2osr__stage_progress(const l2osr__stage *stage, uint64_t done, double best,
                                     const char *detail);

/** True once cancellation was asked for; for loops on worker threads. */
bool l2osr__canceled(const l2osr_context *ctx);

/** Seconds of a monotonic clock; for progress and time budgets only. */
double l2osr__now(void);

/**
 * Copies an options structure of a caller that may be older or newer than the library. Both begin
 * with their size. A shorter one leaves the rest of `out` at zero; a longer one must be zero past
 * `size`, else #L2OSR_E2BIG. NULL `options` gives all zeros. On success out->struct_size is `size`.
 */
l2osr_status l2osr__options_copy(l2osr_context *ctx, void *out, size_t size, const void *options,
                                 const char *name);

/** Body of all l2osr_*_options_init(): zeroes `size` bytes and writes the size in front. */
void l2osr__options_init(void *options, size_t size);

#endif
