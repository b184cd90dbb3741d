/* SPDX-License-Identifier: MIT */
#include "base/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

struct l2osr__pool {
    pthread_mutex_t mutex;
    pthread_cond_t wake, finished;
    unsigned threads, started;
    unsigned busy;       /* workers inside the current loop */
    unsigned generation; /* counts loops, so that a worker joins each at most once */
    bool stopping;
    atomic_bool running; /* a loop is in progress: nested loops run inline */
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
        while (!pool->stopping && pool->generation == seen)
            pthread_cond_wait(&pool->wake, &pool->mutex);
        if (pool->stopping)
            break;
        seen = pool->generation;
        if (!pool->body)
            continue; /* the loop ended before this worker woke up */
        pool->busy++;
        pthread_mutex_unlock(&pool->mutex);
        take_items(pool);
        pthread_mutex_lock(&pool->mutex);
        if (--pool->busy == 0)
            pthread_cond_signal(&pool->finished);
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

void l2osr__pool_run(l2osr__pool *pool, size_t n, void (*body)(void *arg, size_t i), void *arg) {
    if (n <= 1 || pool->threads == 1 || atomic_exchange(&pool->running, true)) {
        for (size_t i = 0; i < n; i++)
            body(arg, i);
        return;
    }
    pthread_mutex_lock(&pool->mutex);
    if (pool->started == 0)
        start_workers(pool);
    pool->n = n;
    pool->body = body;
    pool->arg = arg;
    atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
    pool->generation++;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
    take_items(pool);
    pthread_mutex_lock(&pool->mutex);
    pool->body = NULL;
    while (pool->busy > 0)
        pthread_cond_wait(&pool->finished, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
    atomic_store(&pool->running, false);
}

void l2osr__pool_stop(l2osr__pool *pool) {
    pthread_mutex_lock(&pool->mutex);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
    for (unsigned i = 0; i < pool->started; i++)
        pthread_join(pool->thread[i], NULL);
    pthread_cond_destroy(&pool->finished);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->mutex);
}
