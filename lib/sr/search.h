/* SPDX-License-Identifier: MIT */
/** @file search.h The structure behind l2osr_sr. */
#ifndef L2OSR_SR_SEARCH_H
#define L2OSR_SR_SEARCH_H

#include "sr/front.h"
#include "sr/island.h"

struct l2osr_sr {
    l2osr_context *ctx;
    l2osr_samples *samples; /* a copy: first the trajectories to fit on, then those kept apart */
    size_t n_train, n_held;
    l2osr__columns columns;
    l2osr__function *functions; /* of the caller */
    double *decays;
    l2osr__table table; /* rows drawn from the former */
    l2osr__world world;
    l2osr__island *islands;
    uint64_t evaluations, epoch; /* epochs and evaluations done in all */
    uint64_t spent;              /* evaluations of the budget of the last run */
    bool resumed;                /* the next run has spent these already */
    char *checkpoint;            /* path of the file to write, or NULL */
    l2osr_front *front;
};

/** Checks options and fills in defaults; what is off becomes 0. */
l2osr_status l2osr__sr_options_check(l2osr_sr_options *options, l2osr_context *ctx);

/** Value of the option that l2osr_sr_option() has at `index`. */
double l2osr__sr_option_value(const l2osr_sr_options *options, size_t index);

/** Copies samples, splits them into train and held, and draws the rows to fit on. */
l2osr_status l2osr__sr_take_samples(l2osr_sr *sr, const l2osr_samples *samples);

/** Makes an empty front whose equations may call the search's functions. */
l2osr_status l2osr__sr_new_front(const l2osr_sr *sr, l2osr_front **out);

/** Measures the front of the hall on all rows and writes it down as sr->front. */
l2osr_status l2osr__sr_write_front(l2osr_sr *sr);

/** Appends a tree to a front as text, with the figures of `formula`; complexity and text are the
 * tree's. */
l2osr_status l2osr__sr_append(const l2osr_sr *sr, l2osr_front *front, const l2osr__tree *tree,
                              l2osr_formula formula);

/** Rounds constants to so many decimal digits if the error is at most `most` then; whether it is.
 */
bool l2osr__sr_round(l2osr__tree *tree, l2osr__scorer *scorer, int digits, double most);

/** Shows the front of the hall to options.report. #L2OSR_ECANCELED when that wants to stop. */
l2osr_status l2osr__sr_report(l2osr_sr *sr, const l2osr_progress *progress);

/** What a checkpoint must fit, one thing a line; to be freed with l2osr__free(). */
l2osr_status l2osr__sr_describe(const l2osr_sr *sr, char **out);

#endif
