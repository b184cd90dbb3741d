/* SPDX-License-Identifier: MIT */
/** @file proof.h Whether a formula holds beside the rows that it was fitted on. */
#ifndef L2OSR_SR_PROOF_H
#define L2OSR_SR_PROOF_H

#include "sr/score.h"

/** Whether so little is left that the formula must be the right one: its poles are those of the
 * data. */
bool l2osr__proof_exact(const l2osr__scorer *scorer, double mse);

/**
 * The error to be expected on other data: the mean of that on the rows kept apart and that under
 * cross-validation, which tells of weights that hang on a few rows. INFINITY as soon as it is known
 * not to be below `limit`, and for what has poles or leaves all proportion near the data.
 * @param mse on the rows fitted
 */
double l2osr__proof(l2osr__scorer *scorer, const l2osr__tree *tree, double mse, double limit);

#endif
