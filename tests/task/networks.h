/* SPDX-License-Identifier: MIT */
/** @file networks.h What is asked of every network, most of it of convolutional ones. */
#ifndef TESTS_TASK_NETWORKS_H
#define TESTS_TASK_NETWORKS_H

#include "tests.h"

/** A set of random pixels; the label of image i is i % classes. */
l2osr_dataset *noise_images(l2osr_context *ctx, size_t n, size_t channels, size_t rows, size_t cols,
                            size_t classes);

/** Of numbers whose mean is 0. */
double deviation(const double *x, size_t n);

/** Starting point 1, for the caller to free. */
double *starting_point(l2osr_context *ctx, l2osr_task *task);

/**
 * The same, with biases, gammas and betas moved away from 0 and 1: there it matters where they are,
 * and ReLU has a kink at 0.
 */
double *general_point(l2osr_context *ctx, l2osr_task *task);

/**
 * Compares the gradient at the starting point with the slope of the loss along it: for networks so
 * large that single coordinates come upon kinks, which hardly matter along the gradient.
 */
void check_slope(l2osr_context *ctx, l2osr_task *task);

/** Images of the set, and of a minibatch, for check_definition(). */
enum { DEFINITION_IMAGES = 50, DEFINITION_BATCH = 40 };

/**
 * Compares loss and accuracy, which is measured on the same set, with those of `evaluate`, which
 * adds the number of images classified right: on whole batches and on the rest.
 */
void check_definition(l2osr_context *ctx, l2osr_task *task, const l2osr_dataset *set,
                      double (*evaluate)(const l2osr_dataset *set, size_t n, const size_t *items,
                                         const double *x, size_t *right),
                      double tolerance);

/** Makes the task under test on a set. */
typedef l2osr_status (*network_maker)(l2osr_task **out, l2osr_context *ctx,
                                      const l2osr_dataset *set);

/**
 * On images of such a size, gradients have the same bits on every instruction set, and when threads
 * compute them at once; after the first evaluation there are no more allocations.
 */
void check_bits_and_memory(network_maker make, size_t rows, size_t cols);

/** No task was made, and the message has the name of the task in it, and `message`. */
void check_refusal(l2osr_context *ctx, const l2osr_task *task, const char *name,
                   const char *message);

/** Adam reaches a loss below `loss` and an accuracy above `accuracy` in so many steps. */
void check_learning(l2osr_context *ctx, l2osr_task *task, uint64_t steps, double loss,
                    double accuracy);

#endif
