/* SPDX-License-Identifier: MIT */
/** @file npz.h Files of several named arrays: zip archives of .npy files, as numpy.savez() writes.
 */
#ifndef L2OSR_DATA_NPZ_H
#define L2OSR_DATA_NPZ_H

#include "data/data.h"

enum { L2OSR__NPZ_NAME_SIZE = 64 };

/** An array in the file; where it is, not what it holds. */
typedef struct l2osr__npz_entry {
    char name[L2OSR__NPZ_NAME_SIZE]; /* without ".npy" */
    size_t header;                   /* offset of its local header */
    size_t packed, size;             /* bytes in the file, and unpacked */
    uint32_t crc;
    unsigned method;
} l2osr__npz_entry;

/** A file in memory. */
typedef struct l2osr__npz {
    l2osr_context *ctx;
    const char *path; /* borrowed */
    char *bytes;
    size_t length;
    l2osr__npz_entry *entries;
    size_t count;
    size_t directory; /* its offset: data of entries ends before it */
} l2osr__npz;

/**
 * Reads a file and its list of entries. Arrays are unpacked one by one, when asked for: a small
 * file cannot fill the memory. Clear it also after a failure.
 * @return #L2OSR_EFORMAT (not a zip file, damaged, zip64, encrypted, a name twice), #L2OSR_EIO,
 * #L2OSR_ENOTFOUND, #L2OSR_ENOMEM
 */
l2osr_status l2osr__npz_open(l2osr__npz *out, l2osr_context *ctx, const char *path);
void l2osr__npz_clear(l2osr__npz *npz);

/** The entry of that name, or NULL. */
const l2osr__npz_entry *l2osr__npz_find(const l2osr__npz *npz, const char *name);

/** Unpacks an array, stored or deflated; its checksum is checked. #L2OSR_EFORMAT. */
l2osr_status l2osr__npz_array(l2osr_array **out, const l2osr__npz *npz,
                              const l2osr__npz_entry *entry);

/** An array to be written, f8. */
typedef struct l2osr__npz_item {
    const char *name;
    size_t rank, shape[2];
    const double *data;
} l2osr__npz_item;

/** Writes a file of stored arrays, atomically; the same bytes for the same arrays. #L2OSR_EIO,
 * #L2OSR_ERANGE. */
l2osr_status l2osr__npz_write(l2osr_context *ctx, const char *path, const l2osr__npz_item *items,
                              size_t count);

#endif
