/* SPDX-License-Identifier: MIT */
#include "tests.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/context.h"

enum { MOST_THREADS = 4, ITEMS = 1000 };

static l2osr_context *context_of(unsigned threads, l2osr_parallel_for_fn host, void *user) {
    l2osr_context_options o = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_context *ctx;
    o.threads = threads;
    o.parallel_for = host;
    o.parallel_user = user;
    ck_ok(l2osr_context_create(&ctx, &o), NULL);
    return ctx;
}

static void spend_time(size_t rounds) {
    for (atomic_size_t i = 0; i < rounds;)
        atomic_fetch_add_explicit(&i, 1, memory_order_relaxed);
}

static l2osr_status count_item(void *arg, size_t index) {
    atomic_int *counts = arg;
    atomic_fetch_add(&counts[index], 1);
    return L2OSR_OK;
}

START_TEST(every_index_runs_once) {
    l2osr_context *ctx = context_of((unsigned)_i, NULL, NULL);
    for (size_t n = 0; n <= ITEMS; n = n * 2 + 1) {
        atomic_int counts[ITEMS + 1] = {0};
        ck_ok(l2osr__parallel_for(ctx, n, count_item, counts), ctx);
        for (size_t i = 0; i <= ITEMS; i++)
            ck_assert_int_eq(counts[i], i < n);
    }
    l2osr_context_free(ctx);
}
END_TEST

/* Short loops in a row, where a worker that is late for one may meet the next. */
START_TEST(loops_in_a_row_do_not_mix) {
    l2osr_context *ctx = context_of((unsigned)_i, NULL, NULL);
    for (int loop = 0; loop < 3000; loop++) {
        atomic_int counts[8] = {0};
        size_t n = 2 + (size_t)loop % 7;
        ck_ok(l2osr__parallel_for(ctx, n, count_item, counts), ctx);
        for (size_t i = 0; i < 8; i++)
            ck_assert_int_eq(counts[i], i < n);
        if (loop % 5 == 0)
            spend_time((size_t)loop);
    }
    l2osr_context_free(ctx);
}
END_TEST

typedef struct nest {
    l2osr_context *ctx;
    atomic_int counts[ITEMS];
    atomic_int strays; /* inner items that ran on another thread than their loop */
} nest;

typedef struct inner_nest {
    nest *nest;
    size_t outer;
    pthread_t thread;
} inner_nest;

static l2osr_status run_inner(void *arg, size_t index) {
    inner_nest *inner = arg;
    atomic_fetch_add(&inner->nest->counts[inner->outer * 10 + index], 1);
    if (!pthread_equal(inner->thread, pthread_self()))
        atomic_fetch_add(&inner->nest->strays, 1);
    return L2OSR_OK;
}

static l2osr_status run_outer(void *arg, size_t index) {
    nest *outer = arg;
    inner_nest inner = {outer, index, pthread_self()};
    return l2osr__parallel_for(outer->ctx, 10, run_inner, &inner);
}

static void expect_nesting(l2osr_context *ctx) {
    nest outer = {.ctx = ctx};
    ck_ok(l2osr__parallel_for(ctx, ITEMS / 10, run_outer, &outer), ctx);
    for (int i = 0; i < ITEMS; i++)
        ck_assert_int_eq(outer.counts[i], 1);
    ck_assert_int_eq(outer.strays, 0);
}

START_TEST(inner_loops_stay_on_their_thread) {
    l2osr_context *ctx = context_of((unsigned)_i, NULL, NULL);
    expect_nesting(ctx);
    l2osr_context_free(ctx);
}
END_TEST

typedef struct failing_loop {
    l2osr_context *ctx;
    size_t first; /* it and every seventh item after it fail */
    bool nested;
} failing_loop;

static l2osr_status fail_item(void *arg, size_t index) {
    failing_loop *loop = arg;
    if (index < loop->first || (index - loop->first) % 7 != 0)
        return L2OSR_OK;
    if (index == loop->first)
        spend_time(20000); /* so that others fail before */
    if (index % 2 == 0)
        return l2osr__fail_callback(loop->ctx, (int)index, "item %zu", index);
    return l2osr__fail(loop->ctx, L2OSR_ERANGE, "item %zu", index);
}

static l2osr_status fail_outer(void *arg, size_t index) {
    failing_loop *loop = arg;
    return index < 2 ? L2OSR_OK : l2osr__parallel_for(loop->ctx, ITEMS, fail_item, loop);
}

START_TEST(the_lowest_failure_is_the_one_reported) {
    l2osr_context *ctx = context_of((unsigned)_i, NULL, NULL);
    const size_t first[] = {0, 1, 500, ITEMS - 2};
    for (size_t i = 0; i < 8; i++) {
        failing_loop loop = {.ctx = ctx, .first = first[i / 2], .nested = i % 2};
        char message[32];
        snprintf(message, sizeof message, "item %zu", loop.first);
        l2osr__fail(ctx, L2OSR_EIO, "before");
        l2osr_status status = loop.nested ? l2osr__parallel_for(ctx, 9, fail_outer, &loop)
                                          : l2osr__parallel_for(ctx, ITEMS, fail_item, &loop);
        ck_assert_int_eq(status, loop.first % 2 ? L2OSR_ERANGE : L2OSR_ECALLBACK);
        ck_assert_str_eq(l2osr_context_errmsg(ctx), message);
        if (status == L2OSR_ECALLBACK)
            ck_assert_int_eq(l2osr_context_callback_value(ctx), (int)loop.first);
    }
    l2osr_context_free(ctx);
}
END_TEST

static l2osr_status recover(void *arg, size_t index) {
    l2osr__fail(arg, L2OSR_EIO, "item %zu, which is no matter", index);
    return L2OSR_OK;
}

static l2osr_status quote(void *arg, size_t index) {
    l2osr__fail(arg, L2OSR_EIO, "inner %zu", index);
    return l2osr__fail(arg, L2OSR_EIO, "outer: %s", l2osr_context_errmsg(arg));
}

START_TEST(messages_of_items_stay_with_them) {
    l2osr_context *ctx = context_of((unsigned)_i, NULL, NULL);
    l2osr__fail(ctx, L2OSR_EIO, "before");
    ck_ok(l2osr__parallel_for(ctx, ITEMS, recover, ctx), ctx);
    ck_assert_str_eq(l2osr_context_errmsg(ctx), "before");
    ck_assert_int_eq(l2osr__parallel_for(ctx, ITEMS, quote, ctx), L2OSR_EIO);
    ck_assert_str_eq(l2osr_context_errmsg(ctx), "outer: inner 0");
    l2osr_context_free(ctx);
}
END_TEST

/* A host whose threads take the items from the last one down, one thread for each half. */
typedef struct half {
    size_t first, end;
    void (*body)(void *arg, size_t i);
    void *arg;
} half;

static void *run_half(void *argument) {
    half *h = argument;
    for (size_t i = h->end; i-- > h->first;)
        h->body(h->arg, i);
    return NULL;
}

static void host_parallel_for(void *user, size_t n, void (*body)(void *arg, size_t i), void *arg) {
    half low = {0, n / 2, body, arg}, high = {n / 2, n, body, arg};
    pthread_t thread;
    ++*(int *)user;
    ck_assert_int_eq(pthread_create(&thread, NULL, run_half, &high), 0);
    run_half(&low);
    pthread_join(thread, NULL);
}

START_TEST(the_host_may_run_the_loops) {
    int calls = 0;
    l2osr_context *ctx = context_of(2, host_parallel_for, &calls);
    atomic_int counts[ITEMS] = {0};
    ck_ok(l2osr__parallel_for(ctx, ITEMS, count_item, counts), ctx);
    for (int i = 0; i < ITEMS; i++)
        ck_assert_int_eq(counts[i], 1);
    expect_nesting(ctx);
    ck_assert_int_eq(calls, 2); /* not for the inner loops */
    failing_loop loop = {.ctx = ctx, .first = 3};
    ck_assert_int_eq(l2osr__parallel_for(ctx, ITEMS, fail_item, &loop), L2OSR_ERANGE);
    ck_assert_str_eq(l2osr_context_errmsg(ctx), "item 3");
    l2osr_context_free(ctx);
}
END_TEST

static l2osr_status sum_piece(void *arg, size_t index) {
    double *sums = arg, sum = 0;
    for (int i = 1; i < 500; i++)
        sum += 1.0 / (double)(index * 500 + (size_t)i);
    sums[index] = sum;
    return L2OSR_OK;
}

START_TEST(results_do_not_depend_on_the_threads) {
    double first[ITEMS], sums[ITEMS];
    for (unsigned threads = 1; threads <= MOST_THREADS; threads++) {
        l2osr_context *ctx = context_of(threads, NULL, NULL);
        ck_ok(l2osr__parallel_for(ctx, ITEMS, sum_piece, threads == 1 ? first : sums), ctx);
        if (threads > 1)
            ck_assert_mem_eq(first, sums, sizeof sums);
        l2osr_context_free(ctx);
    }
}
END_TEST

TCase *loop_tests(void) {
    TCase *tcase = tcase_create("loop");
    tcase_set_timeout(tcase, 30);
    tcase_add_loop_test(tcase, every_index_runs_once, 1, MOST_THREADS + 1);
    tcase_add_loop_test(tcase, loops_in_a_row_do_not_mix, 1, MOST_THREADS + 1);
    tcase_add_loop_test(tcase, inner_loops_stay_on_their_thread, 1, MOST_THREADS + 1);
    tcase_add_loop_test(tcase, the_lowest_failure_is_the_one_reported, 1, MOST_THREADS + 1);
    tcase_add_loop_test(tcase, messages_of_items_stay_with_them, 1, MOST_THREADS + 1);
    tcase_add_test(tcase, the_host_may_run_the_loops);
    tcase_add_test(tcase, results_do_not_depend_on_the_threads);
    return tcase;
}
