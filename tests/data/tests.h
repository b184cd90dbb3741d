/* SPDX-License-Identifier: MIT */
/** @file tests.h The test cases of the data room, and what they share. */
#ifndef TESTS_DATA_TESTS_H
#define TESTS_DATA_TESTS_H

#include <stdbool.h>
#include <stdio.h>

#include "support.h"

TCase *number_tests(void);
TCase *npy_tests(void);
TCase *idx_tests(void);
TCase *cifar_tests(void);
TCase *csv_tests(void);
TCase *dataset_tests(void);
TCase *digits_tests(void);
TCase *samples_tests(void);
TCase *samples_csv_tests(void);
TCase *tables_tests(void);
TCase *windows_tests(void);
TCase *subset_tests(void);
TCase *memory_tests(void);

/** Writes a temporary file; returns its path, in static storage until the next call. */
const char *put_file(const char *name, const void *bytes, size_t size);

/** Writes a file compressed by gzip. */
const char *put_gzip(const char *name, const void *bytes, size_t size);

/** Writes the bytes to a file and loads it as an array. */
l2osr_status load_bytes(l2osr_array **out, l2osr_context *ctx, const void *bytes, size_t size);

/** Loading must fail with L2OSR_EFORMAT and one line that names the file and has `part`. */
void expect_malformed(l2osr_context *ctx, const void *bytes, size_t size, const char *part);

/** Whatever the bytes are: either an array, or a failure with a message that names the file. */
void expect_no_crash(l2osr_context *ctx, const void *bytes, size_t size);

#endif
