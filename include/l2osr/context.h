/* SPDX-License-Identifier: MIT */
/**
 * @file context.h
 * A context holds what all work shares: memory, messages, progress, threads and the seed. The
 * library has no global state; two contexts never influence one another.
 *
 * Thread-safety: a context and what is made from it belong to one thread at a time.
 * l2osr_context_cancel() alone may be called from any thread and from a signal handler.
 */
#ifndef L2OSR_CONTEXT_H
#define L2OSR_CONTEXT_H

#include <stddef.h>
#include <stdint.h>

#include "l2osr/export.h"
#include "l2osr/status.h"

L2OSR_BEGIN_DECLS

/** Opaque context. Free it last: every object made from it keeps a pointer to it. */
typedef struct l2osr_context l2osr_context;

/** Importance of a log message. */
typedef enum l2osr_log_level {
    L2OSR_LOG_DEBUG = 0,
    L2OSR_LOG_INFO = 1,
    L2OSR_LOG_WARNING = 2
} l2osr_log_level;

/** Receives one finished UTF-8 line without newline. May be called from worker threads. */
typedef void (*l2osr_log_fn)(void *user, l2osr_log_level level, const char *line);

/** State of a long piece of work, at a safe point. Valid during the callback only. */
struct l2osr_progress {
    size_t struct_size; /**< bytes that the library filled */
    const char *stage;  /**< "meta-train", "distil", "tune", "evaluate" ... */
    uint64_t done;      /**< units finished */
    uint64_t total;     /**< units in all; 0 when not known */
    double seconds;     /**< since the stage began */
    double rate;        /**< units per second */
    double eta;         /**< seconds left; negative when not known */
    double best;        /**< best figure so far; NaN when there is none */
    const char *detail; /**< short text for a person; never NULL */
};
typedef struct l2osr_progress l2osr_progress;

/** Progress callback, on the calling thread, some times a second. Non-zero cancels, as
    l2osr_context_cancel() does. */
typedef int (*l2osr_progress_fn)(void *user, const l2osr_progress *progress);

/** Memory functions of the host. They must be thread-safe when the context has several threads. */
struct l2osr_allocator {
    size_t struct_size; /**< sizeof(struct l2osr_allocator) */
    /** Returns `size` bytes aligned to `align` (a power of two, at most 64), or NULL. */
    void *(*alloc)(size_t size, size_t align, void *user);
    /** Gives back what alloc returned; `size` is the size asked for then. Never NULL. */
    void (*free)(void *ptr, size_t size, void *user);
    void *user; /**< passed to both */
};

/** Instruction set of the vector kernels. All give the same bits; the choice is for tests. */
typedef enum l2osr_isa {
    L2OSR_ISA_AUTO = 0,     /**< the best this processor has */
    L2OSR_ISA_BASELINE = 1, /**< what the compiler assumes everywhere */
    L2OSR_ISA_AVX2 = 2,     /**< 256 bits */
    L2OSR_ISA_AVX512 = 3    /**< 512 bits */
} l2osr_isa;

/** Runs body(arg, i) for every i below n, on any threads, and returns when all are done. */
typedef void (*l2osr_parallel_for_fn)(void *user, size_t n, void (*body)(void *arg, size_t i),
                                      void *arg);

/** Options of l2osr_context_create(); zero in a member means its default. */
struct l2osr_context_options {
    size_t struct_size;                      /**< sizeof(struct l2osr_context_options) */
    const struct l2osr_allocator *allocator; /**< NULL: the C library's; copied */
    l2osr_log_fn log;                        /**< NULL: messages are dropped */
    void *log_user;                          /**< first argument of `log` */
    l2osr_progress_fn progress;              /**< NULL: no progress reports */
    void *progress_user;                     /**< first argument of `progress` */
    l2osr_parallel_for_fn parallel_for;      /**< NULL: the library's own threads */
    void *parallel_user;                     /**< first argument of `parallel_for` */
    unsigned threads;                        /**< 0: one per processor; at most 256 */
    l2osr_isa isa;                           /**< an unsupported choice is an error */
    uint64_t seed;                           /**< from which all randomness derives */
};
typedef struct l2osr_context_options l2osr_context_options;

/** Static initialiser of #l2osr_context_options. */
#define L2OSR_CONTEXT_OPTIONS_INIT                                                                 \
    { sizeof(struct l2osr_context_options), 0, 0, 0, 0, 0, 0, 0, 0, L2OSR_ISA_AUTO, 0 }

/** Fills `o` with defaults. `size` is sizeof *o as the caller was compiled. */
L2OSR_API void l2osr_context_options_init(l2osr_context_options *o, size_t size);

/**
 * Makes a context. Results do not depend on the number of threads.
 * @param out     receives the context, NULL on failure; free with l2osr_context_free()
 * @param options NULL for all defaults
 * @return #L2OSR_OK, #L2OSR_EINVAL, #L2OSR_ENOMEM, #L2OSR_E2BIG, #L2OSR_EUNSUPPORTED (isa)
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_context_create(l2osr_context **out,
                                                            const l2osr_context_options *options);

/** Frees a context and joins its threads. NULL is allowed. */
L2OSR_API void l2osr_context_free(l2osr_context *ctx);

/** One line that explains the latest failure ("" when none); valid until the next failure. */
L2OSR_API const char *l2osr_context_errmsg(const l2osr_context *ctx);

/** The non-zero value with which a user's callback caused the latest #L2OSR_ECALLBACK. */
L2OSR_API int l2osr_context_callback_value(const l2osr_context *ctx);

/** Asks running work to stop at its next safe point. Any thread; signal handlers. Sticky. */
L2OSR_API void l2osr_context_cancel(l2osr_context *ctx);

/** Non-zero once cancellation was asked for: lets a loop of the host's stop together with the
 * library. */
L2OSR_API int l2osr_context_canceled(const l2osr_context *ctx);

/** Takes a cancellation back, so that new work can start. */
L2OSR_API void l2osr_context_uncancel(l2osr_context *ctx);

/** Number of threads in use, at least 1. */
L2OSR_API unsigned l2osr_context_threads(const l2osr_context *ctx);

/** Seed of the context. */
L2OSR_API uint64_t l2osr_context_seed(const l2osr_context *ctx);

/**
 * Fills `out[0..n)` with numbers uniform in [lo, hi), a pure function of (seed, stream). For the
 * init callbacks of tasks. Any thread.
 */
L2OSR_API void l2osr_random_uniform(uint64_t seed, uint64_t stream, double lo, double hi,
                                    double *out, size_t n);

/** The same with normally distributed numbers of the given mean and standard deviation. */
L2OSR_API void l2osr_random_normal(uint64_t seed, uint64_t stream, double mean, double deviation,
                                   double *out, size_t n);

L2OSR_END_DECLS

#endif
