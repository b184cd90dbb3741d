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
    l2osr__table table; /* rows drawn from the former */
    l2osr__world world;
    l2osr__island *islands;
    uint64_t evaluations, epoch; /* epochs and evaluations done in all */
    l2osr_front *front;
};

/** Checks options and fills in defaults; what is off becomes 0. */
l2osr_status l2osr__sr_options_check(l2osr_sr_options *options, l2osr_context *ctx);

/** Copies samples, splits them into train and held, and draws the rows to fit on. */
l2osr_status l2osr__sr_take_samples(l2osr_sr *sr, const l2osr_samples *samples);

/** Makes an empty front whose equations may call the search's functions. */
l2osr_status l2osr__sr_new_front(const l2osr_sr *sr, l2osr_front **out);

/** Measures the front of the hall on all rows and writes it down as sr->front. */
l2osr_status l2osr__sr_write_front(l2osr_sr *sr);

#endif
