/* SPDX-License-Identifier: MIT */
/**
 * @file snapshot.h
 * Files from which long work goes on: a description, what whoever goes on must have in common with
 * who wrote it, and a state. Specified in doc/formats.md.
 */
#ifndef L2OSR_BASE_SNAPSHOT_H
#define L2OSR_BASE_SNAPSHOT_H

#include "base/context.h"

/** What is specific to one kind of work. */
typedef struct l2osr__snapshot_kind {
    uint32_t kind, version;
    const char *work;   /* such as "search" */
    const char *common; /* what must be the same, for people */
} l2osr__snapshot_kind;

/** A file and its parts. */
typedef struct l2osr__snapshot {
    l2osr_context *ctx;
    const char *path;
    char *content;
    size_t size;
    const char *description;
    const unsigned char *state;
    size_t description_size, state_size;
} l2osr__snapshot;

/** Writes a file, atomically. `description` is lines of text. */
l2osr_status l2osr__snapshot_write(l2osr_context *ctx, const char *path,
                                   const l2osr__snapshot_kind *kind, const char *description,
                                   const unsigned char *state, size_t state_size);

/**
 * Reads a file and finds its parts; `path` is kept. Close it with l2osr__snapshot_close(), also
 * after a failure.
 * @return #L2OSR_EFORMAT when it is not whole, altered, or of another kind or version
 */
l2osr_status l2osr__snapshot_read(l2osr__snapshot *out, l2osr_context *ctx, const char *path,
                                  const l2osr__snapshot_kind *kind);

/** Compares descriptions; #L2OSR_EINVAL names the first line that differs. */
l2osr_status l2osr__snapshot_compare(const l2osr__snapshot *snapshot,
                                     const l2osr__snapshot_kind *kind, const char *ours);

/** #L2OSR_EFORMAT: the state makes no sense, says `why`, before its byte `at`. */
l2osr_status l2osr__snapshot_damaged(const l2osr__snapshot *snapshot, size_t at, const char *why);

/** Frees what a snapshot holds. */
void l2osr__snapshot_close(l2osr__snapshot *snapshot);

#endif
