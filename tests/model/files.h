/* SPDX-License-Identifier: MIT */
/** @file files.h Bytes of files, to be damaged. */
#ifndef TESTS_MODEL_FILES_H
#define TESTS_MODEL_FILES_H

#include <check.h>
#include <stdio.h>

#include "support.h"

static inline size_t read_file(const char *path, unsigned char *bytes, size_t room) {
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    size_t size = fread(bytes, 1, room, file);
    fclose(file);
    return size;
}

/* Anew: writing over a file that is there can take the time of a disk. */
static inline void write_file(const char *path, const unsigned char *bytes, size_t size) {
    remove(path);
    test_write_bytes(path, bytes, size);
}

#endif
