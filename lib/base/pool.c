/* SPDX-License-Identifier: MIT */
#include "base/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "base/context.h"

/*
 * Waking a sleeping thread takes some ten microseconds, as long as a short loop itself; so a thread
 * first looks out for this long before it sleeps. Loops that follow one another closely then find
 * the workers awake.
 */
static const double WATCH_SECONDS = 20e-6;

struct l2osr__pool {
    pthread_mutex_t mutex;
    pthread_cond_t wake, finished;
    unsigned threads, started;
    unsigned sleeping;      /* workers that need to be woken */
    unsigned busy;          /* workers inside the current loop */
    bool open;              /* the current loop takes more workers */
    bool stopping;          /* the workers are to leave for good */
    atomic_uint generation; /* counts loops, so that a worker joins each at most once */
    atomic_uint left;       /* counts the times that the last worker left a closed loop */
    atomic_size_t next;
    size_t n;
    void (*body)(void *arg, size_t i);
    void *arg;
    pthread_t thread[];
};

size_t l2osr__pool_size(unsigned threads) {
    return sizeof(l2osr__pool) + (threads - 1) * sizeof(pthread_t);
}

bool l2osr__pool_init(l2osr__pool *pool, unsigned threads) {
    pool->threads = threads;
    if (pthread_mutex_init(&pool->mutex, NULL) != 0)
        return false;
    if (pthread_cond_init(&pool->wake, NULL) != 0) {
        pthread_mutex_destroy(&pool->mutex);
        return false;
    }
    if (pthread_cond_init(&pool->finished, NULL) != 0) {
        pthread_cond_destroy(&pool->wake);
        pthread_mutex_destroy(&pool->mutex);
        return false;
    }
    return true;
}

static void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Looks at `value` for a short while, until it is no longer `before`. */
static void watch(const atomic_uint *value, unsigned before) {
    double end = l2osr__now() + WATCH_SECONDS;
    do
        for (int i = 0; i < 8; i++) {
            if (atomic_load_explicit(value, memory_order_acquire) != before)
                return;
            relax();
        }
    while (l2osr__now() < end);
}

static void take_items(l2osr__pool *pool) {
    for (;;) {
        size_t i = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
        if (i >= pool->n)
            return;
        pool->body(pool->arg, i);
    }
}

static void *worker(void *argument) {
    l2osr__pool *pool = argument;
    unsigned seen = 0;
    pthread_mutex_lock(&pool->mutex);
    for (;;) {
        pthread_mutex_unlock(&pool->mutex);
        watch(&pool->generation, seen);
        pthread_mutex_lock(&pool->mutex);
        pool->sleeping++;
        while (pool->generation == seen)
            pthread_cond_wait(&pool->wake, &pool->mutex);
        pool->sleeping--;
        if (pool->stopping)
            break;
        seen = pool->generation;
        if (!pool->open)
            continue; /* the loop ended before this worker woke up */
        pool->busy++;
        pthread_mutex_unlock(&pool->mutex);
        take_items(pool);
        pthread_mutex_lock(&pool->mutex);
        if (--pool->busy == 0 && !pool->open) {
            pool->left++;
            pthread_cond_signal(&pool->finished);
        }
    }
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

/* Signals are the host's: workers block them all. A thread that cannot start is done without. */
static void start_workers(l2osr__pool *pool) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (pool->started + 1 < pool->threads &&
           pthread_create(&pool->thread[pool->started], NULL, worker, pool) == 0)
        pool->started++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Opens a loop to the workers and wakes as many as it can use. */
static void open_loop(l2osr__pool *pool, size_t n, void (*body)(void *arg, size_t i), void *arg) {
    pthread_mutex_lock(&pool->mutex);
    if (pool->started == 0)
        start_workers(pool);
    pool->n = n;
    pool->body = body;
    pool->arg = arg;
    atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
    pool->open = true;
    pool->generation++;
    size_t asleep = pool->sleeping;
    pthread_mutex_unlock(&pool->mutex);
    if (asleep < n)
        pthread_cond_broadcast(&pool->wake);
    else
        for (size_t i = 1; i < n; i++)
            pthread_cond_signal(&pool->wake);
}

/* Waits for the workers that are still at it, but not for those that did not join in time. */
static void close_loop(l2osr__pool *pool) {
    pthread_mutex_lock(&pool->mutex);
    pool->open = false;
    unsigned left = pool->left;
    bool waiting = pool->busy > 0;
    pthread_mutex_unlock(&pool->mutex);
    if (!waiting)
        return;
    watch(&pool->left, left);
    pthread_mutex_lock(&pool->mutex);
    while (pool->busy > 0)
        pthread_cond_wait(&pool->finished, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
}

void l2osr__pool_run(l2osr__pool *pool, size_t n, void (*body)(void *arg, size_t i), void *arg) {
    if (n <= 1 || pool->threads == 1) {
        for (size_t i = 0; i < n; i++)
            body(arg, i);
        return;
    }
    open_loop(pool, n, body, arg);
    take_items(pool);
    close_loop(pool);
}

void l2osr__pool_stop(l2osr__pool *pool) {
    pthread_mutex_lock(&pool->mutex);
    pool->stopping = true;
    pool->generation++;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
    for (unsigned i = 0; i < pool->started; i++)
        pthread_join(pool->thread[i], NULL);
    pthread_cond_destroy(&pool->finished);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->mutex);
}
