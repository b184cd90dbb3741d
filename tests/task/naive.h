/* SPDX-License-Identifier: MIT */
/** @file naive.h Layers of networks written down as their definitions say, in f64. */
#ifndef TESTS_TASK_NAIVE_H
#define TESTS_TASK_NAIVE_H

#include <stdbool.h>

#include "l2osr.h"

/** What a layer makes of a minibatch: data[image][channel][row][col]. */
typedef struct naive_map {
    size_t n, channels, rows, cols;
    double *data;
} naive_map;

/** The pixels of a minibatch, from -1 to 1. */
naive_map naive_images(const l2osr_dataset *set, size_t n, const size_t *items);

/** Makes a layer's map, frees that of its input, and moves *x past the parameters it used. */
naive_map naive_conv(naive_map in, size_t channels, size_t kernel, size_t stride, size_t pad,
                     bool bias, const double **x);
naive_map naive_norm(naive_map in, const double **x);
naive_map naive_relu(naive_map in);
naive_map naive_pool(naive_map in);
naive_map naive_average(naive_map in);

/** Adds every stride-th pixel of `shortcut`, which stays, to the channels that both have. */
naive_map naive_add(naive_map in, naive_map shortcut, size_t stride);

naive_map naive_copy(naive_map map);
void naive_free(naive_map map);

/** Mean cross entropy of a fully connected layer behind `in`, which it frees; adds to *right how
 * many labels have the largest output. */
double naive_loss(naive_map in, const l2osr_dataset *set, const size_t *items, size_t classes,
                  const double *x, size_t *right);

#endif
