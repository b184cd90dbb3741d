/* SPDX-License-Identifier: MIT */
/** @file file.h Whole-file reading (plain or gzip) and atomic writing. */
#ifndef L2OSR_BASE_FILE_H
#define L2OSR_BASE_FILE_H

#include <stdio.h>

#include "base/context.h"

/**
 * Reads a file, decompressing it if it is gzip. A zero byte follows the content. Free with
 * l2osr__free(). Errors name the path: #L2OSR_ENOTFOUND, #L2OSR_EIO, #L2OSR_EFORMAT (truncated or
 * damaged gzip), #L2OSR_ENOMEM.
 */
l2osr_status l2osr__file_read(l2osr_context *ctx, const char *path, char **content, size_t *size);

/** A file being written under a temporary name beside its final one. */
typedef struct l2osr__writer {
    l2osr_context *ctx;
    FILE *stream;
    char *path, *temporary;
} l2osr__writer;

/** Opens a temporary file beside `path`; write to writer->stream, then commit or abandon. */
l2osr_status l2osr__writer_open(l2osr__writer *writer, l2osr_context *ctx, const char *path);

/** Flushes, syncs and renames onto the final name; removes the temporary file on failure. */
l2osr_status l2osr__writer_commit(l2osr__writer *writer);

/** Closes and removes the temporary file. */
void l2osr__writer_abandon(l2osr__writer *writer);

#endif
