/* SPDX-License-Identifier: MIT */
/** @file classifier.h What the classifiers of images share. */
#ifndef L2OSR_TASK_CLASSIFIER_H
#define L2OSR_TASK_CLASSIFIER_H

#include "base/context.h"
#include "data/data.h"
#include "l2osr/networks.h"

enum { L2OSR__DEFAULT_BATCH = 128 };

/** Training and test set must be there and fit; messages begin with the name of the task. */
l2osr_status l2osr__check_sets(l2osr_context *ctx, const char *name, const l2osr_dataset *train,
                               const l2osr_dataset *test);

/** #L2OSR_EINVAL unless `start` is one. */
l2osr_status l2osr__check_start(l2osr_context *ctx, const char *name, l2osr_start start);

/** The batch that was asked for (0: the default), or all images if there are fewer. */
size_t l2osr__batch_size(const l2osr_dataset *train, size_t batch);

/** Draws the weights of layer `layer` and the biases behind them. */
void l2osr__start_layer(l2osr_start start, uint64_t seed, size_t layer, size_t fan_in, double *x,
                        size_t weights, size_t biases);

/** How many of test images first .. first+n-1 have the label whose entry in z[n][classes] is
 * largest. */
size_t l2osr__count_right(const l2osr_dataset *test, size_t first, size_t n, size_t classes,
                          const double *z);

/** What each byte of an image is to a network. */
void l2osr__pixel_levels_f32(l2osr_pixels pixels, float level[256]);
void l2osr__pixel_levels_f64(l2osr_pixels pixels, double level[256]);

/** Sums over the rows of a[n][columns]. */
void l2osr__sum_rows_f32(size_t n, size_t columns, const float *a, float *out);
void l2osr__sum_rows_f64(size_t n, size_t columns, const double *a, double *out);

/**
 * Mean cross entropy of the softmax of z[n][classes] for the labels of `items`, in f64; replaces z
 * by the gradient with respect to it. `work` has room for n (classes + 1) numbers.
 */
double l2osr__cross_entropy_f32(const l2osr_dataset *set, size_t n, const size_t *items,
                                size_t classes, float *z, double *work);
double l2osr__cross_entropy_f64(const l2osr_dataset *set, size_t n, const size_t *items,
                                size_t classes, double *z, double *work);

/**
 * The derivative of the gradient that l2osr__cross_entropy_f64() made, as the z it was made from
 * moves along tangent[n][classes]; replaces the tangent.
 */
void l2osr__cross_entropy_tangent(const l2osr_dataset *set, size_t n, const size_t *items,
                                  size_t classes, const double *gradient, double *tangent);

#endif
