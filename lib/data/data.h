/* SPDX-License-Identifier: MIT */
/** @file data.h Arrays, data sets and samples from inside, and the parsers of files. */
#ifndef L2OSR_DATA_DATA_H
#define L2OSR_DATA_DATA_H

#include <stdio.h>

#include "base/context.h"
#include "l2osr/data.h"

struct l2osr_array {
    l2osr_context *ctx;
    l2osr_dtype dtype;
    size_t rank, shape[L2OSR_MAX_RANK];
    size_t size;  /* elements */
    void *data;   /* C order */
    char **names; /* of the columns, or NULL */
    size_t n_names;
};

struct l2osr_dataset {
    l2osr_context *ctx;
    size_t n, channels, rows, cols, classes;
    uint8_t *pixels; /* [n][channels][rows][cols] */
    uint8_t *labels; /* [n] */
};

/** Data set of black images with label 0, and no classes yet. All sizes are at least 1. */
l2osr_status l2osr__dataset_new(l2osr_dataset **out, l2osr_context *ctx, size_t n, size_t channels,
                                size_t rows, size_t cols);

/** Bytes of an image. */
size_t l2osr__dataset_pixels(const l2osr_dataset *set);

/** Zero floats in front of every series: a lag of up to this many steps is a pointer shift. */
enum { L2OSR__SAMPLES_PAD = 64 };

/** Columns of a table that are one thing and its past: features[k] is its value k steps ago. */
typedef struct l2osr__window {
    char *name;
    size_t length;
    size_t *features; /* [length] */
} l2osr__window;

/**
 * The series of feature f in trajectory i begins at columns[f] + i * stride; the target is the
 * column after the last feature. With steps > 1 the stride is L2OSR__SAMPLES_PAD + steps and the
 * pad in front of each series is zero. A table (steps = 1) has no pads and stride 1: a column is
 * one contiguous vector over the rows. Columns begin at multiples of 64 bytes from the start of the
 * storage.
 */
struct l2osr_samples {
    l2osr_context *ctx;
    size_t features, trajectories, steps, stride;
    char **names; /* [features] */
    float *storage;
    float **columns;        /* [features + 1] */
    float *weights;         /* [trajectories][steps], or NULL */
    l2osr__window *windows; /* room for half as many as features, as no two share one */
    size_t n_windows;
};

/** The window that a feature is in; NULL when it is in none. */
const l2osr__window *l2osr__samples_window_of(const l2osr_samples *samples, size_t feature);

/** Weight of a row, trajectory * steps + step; 1 where there are none. */
static inline double l2osr__samples_weight(const l2osr_samples *samples, size_t row) {
    return samples->weights ? (double)samples->weights[row] : 1;
}

/** Letters, digits and '_', not starting with a digit: what features and windows may be called. */
bool l2osr__is_name(const char *text);

/** Copies these trajectories, in this order, with names, weights and windows. */
l2osr_status l2osr__samples_pick(l2osr_samples **out, l2osr_context *ctx, const l2osr_samples *from,
                                 const size_t *trajectories, size_t count);

/** Copies the first steps, 1 to all, of every trajectory, with names, weights and windows. */
l2osr_status l2osr__samples_head(l2osr_samples **out, l2osr_context *ctx, const l2osr_samples *from,
                                 size_t steps);

/** Bytes of an element; 0 for a number that is no dtype. */
size_t l2osr__dtype_size(l2osr_dtype dtype);

/**
 * Array of zeros. The shape is checked: #L2OSR_ERANGE when its size overflows. `what` begins the
 * messages: a path, or "array".
 */
l2osr_status l2osr__array_new(l2osr_array **out, l2osr_context *ctx, const char *what,
                              l2osr_dtype dtype, size_t rank, const size_t *shape);

/** Bytes of a file, and where they came from for messages; a zero byte follows them. */
typedef struct l2osr__content {
    l2osr_context *ctx;
    const char *path;
    const char *bytes;
    size_t size;
} l2osr__content;

l2osr_status l2osr__npy_parse(l2osr_array **out, const l2osr__content *content);
l2osr_status l2osr__idx_parse(l2osr_array **out, const l2osr__content *content);
l2osr_status l2osr__csv_parse(l2osr_array **out, const l2osr__content *content);

/** #L2OSR_EFORMAT unless the bytes from `data` to the end are as many as the shape asks for. */
l2osr_status l2osr__check_data_size(const l2osr__content *content, const char *data,
                                    size_t element_size, size_t rank, const size_t *shape);

/** Room for the header of any array. */
enum { L2OSR__NPY_HEADER_SIZE = 128 + 24 * L2OSR_MAX_RANK };

/** Magic and header of a .npy file of version 1; returns their size. */
size_t l2osr__npy_header(char header[L2OSR__NPY_HEADER_SIZE], l2osr_dtype dtype, size_t rank,
                         const size_t *shape);

/** Writes them. */
void l2osr__npy_write_header(FILE *stream, l2osr_dtype dtype, size_t rank, const size_t *shape);

/** Reverses the bytes of each of `count` elements. */
void l2osr__swap_bytes(void *data, size_t count, size_t element_size);

#endif
