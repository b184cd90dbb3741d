/* SPDX-License-Identifier: MIT */
/**
 * @file inputs.h
 * Samples for whoever runs along their trajectories, many of them a step at a time. Inputs are the
 * features, by number, and after them the windows of a table. A window is history: it adds steps in
 * front of those that the samples have.
 */
#ifndef L2OSR_DATA_INPUTS_H
#define L2OSR_DATA_INPUTS_H

#include "data/data.h"

size_t l2osr__input_count(const l2osr_samples *samples);
const char *l2osr__input_name(const l2osr_samples *samples, size_t input);

/** The input of that name; l2osr__input_count() when there is none. */
size_t l2osr__input_find(const l2osr_samples *samples, const char *name);

/** The window that an input is; NULL when it is none. */
const l2osr__window *l2osr__input_window(const l2osr_samples *samples, size_t input);

/** Steps that an input has in front of those of the samples. */
size_t l2osr__input_before(const l2osr_samples *samples, size_t input);

/**
 * The n values of an input for trajectories first .. first + n - 1, where they lie or gathered in
 * row[n]. `step` counts from `before` steps in front of the samples; features keep their first
 * value there. Before the oldest lag of a window the row is returned as it is: have it zero.
 */
const float *l2osr__input_row(const l2osr_samples *samples, size_t input, size_t before,
                              size_t step, size_t first, size_t n, float *row);

/**
 * The other way round: puts what came of such a step of n trajectories to out [n][steps]; of steps
 * in front of the samples nothing is kept.
 */
void l2osr__output_row(const l2osr_samples *samples, size_t before, size_t step, size_t n,
                       const float *row, float *out);

#endif
