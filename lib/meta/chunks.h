/* SPDX-License-Identifier: MIT */
/**
 * @file chunks.h
 * How parallel loops over coordinates share them: in chunks of whole panels. Their number is fixed,
 * so that no sum depends on the number of threads.
 */
#ifndef L2OSR_META_CHUNKS_H
#define L2OSR_META_CHUNKS_H

#include <stddef.h>

typedef struct l2osr__chunks {
    size_t dim, count, size; /* coordinates in all; chunks; coordinates of each but the last */
} l2osr__chunks;

/** Of at least one coordinate. */
l2osr__chunks l2osr__chunks_of(size_t dim);

/** Coordinates of the panel that begins with `first`: all lanes, or what is left. */
size_t l2osr__chunks_panel(const l2osr__chunks *chunks, size_t first);

/** The first coordinate of chunk `index`, and the one behind its last. */
size_t l2osr__chunks_begin(const l2osr__chunks *chunks, size_t index);
size_t l2osr__chunks_end(const l2osr__chunks *chunks, size_t index);

/** Adds up rows[count][row] in order, into the first. */
void l2osr__chunks_add_up(const l2osr__chunks *chunks, double *rows, size_t row);

#endif
