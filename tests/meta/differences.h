/* SPDX-License-Identifier: MIT */
/** @file differences.h The exact meta-gradient against differences of the meta-loss. */
#ifndef TESTS_META_DIFFERENCES_H
#define TESTS_META_DIFFERENCES_H

#include "meta/exact.h"
#include "support.h"

/** Steps of the windows that are compared. */
enum { DIFFERENCES_UNROLL = 8 };

/**
 * Checks the gradients of two windows in sequence and of both together, of an uneven sum of their
 * losses, by a sample of the pupil's numbers[size] against central differences of that sum. For the
 * second order, the task is run again with every number that is moved; for the first, with the
 * gradients of the unmoved run fed, and the losses linear in the parameters.
 * @param tolerance of the largest derivative
 */
void check_differences(l2osr__pupil *pupil, l2osr_task *task, const double *numbers,
                       l2osr__order order, double tolerance);

#endif
