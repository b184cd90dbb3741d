/* SPDX-License-Identifier: MIT */
/** @file support.h What the unit tests of all rooms share. */
#ifndef TESTS_SUPPORT_H
#define TESTS_SUPPORT_H

#include <check.h>
#include <stddef.h>

#include "l2osr.h"

/** Fails the test with the context's message unless `expression` is L2OSR_OK. */
#define ck_ok(expression, ctx)                                                                     \
    do {                                                                                           \
        l2osr_status ck_ok_status = (expression);                                                  \
        ck_assert_msg(ck_ok_status == L2OSR_OK, "%s: %s: %s", #expression,                         \
                      l2osr_status_name(ck_ok_status), l2osr_context_errmsg(ctx));                 \
    } while (0)

/** A context with 2 threads and seed 1. */
l2osr_context *test_context(void);

/** The same with so many threads, and memory from `allocator` unless NULL. */
l2osr_context *test_context_with(unsigned threads, const struct l2osr_allocator *allocator);

/** Path of a file called `name` in a folder of this process; the folder goes when the tests end. */
void test_tmp_path(char *path, size_t size, const char *name);

/** Folder of the data beside the project (or $L2OSR_SHARED); NULL when it is not there. */
const char *test_shared(void);

/** Reads golden/<name>.npy of that folder, which is there, into values[n]. */
void test_golden(l2osr_context *ctx, const char *name, double *values, size_t n);

/** The first Python that has a module; NULL when none has. */
const char *test_python_with(const char *module);

/** Runs a Python program in the folder of test_tmp_path(); it must succeed. */
void test_run_python(const char *python, const char *program);

/** Counts blocks and fails allocation number `fail_at` (from 0) and all later ones; -1: none. */
struct failing_allocator {
    long fail_at, count, live;
};

/** The interface to a failing allocator, for l2osr_context_options. */
struct l2osr_allocator failing_allocator_hooks(struct failing_allocator *allocator);

/**
 * Runs `body`, which makes things and frees them, with the first, second, third ... allocation
 * failing, until it succeeds. Each failure must give L2OSR_ENOMEM and a message, and leave nothing
 * behind.
 */
void sweep_failures(l2osr_status (*body)(l2osr_context *ctx));

/** Loops of a context that is canceled in the middle of loop number `cut`; negative: only counts. */
struct cutter {
    l2osr_context *ctx; /* to be set once it is there */
    long cut, loops;
};

/** For l2osr_context_options: parallel_for, whose parallel_user is a cutter. */
void cut_loop(void *user, size_t n, void (*body)(void *arg, size_t i), void *arg);

/** Writes a file of these bytes. */
void test_write_bytes(const char *path, const void *at, size_t size);

/** Makes the last four bytes of a file's content the checksum of those before them. */
void test_seal(unsigned char *at, size_t size);

/** Runs a room's suites; the return value of main(). */
int test_main(Suite *const *suites, size_t n);

#endif
