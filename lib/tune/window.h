/* SPDX-License-Identifier: MIT */
/**
 * @file window.h
 * What derivatives of a rule over a window begin with: the numbers of its steps, group by group,
 * and the coordinates in chunks for parallel loops. Groups count only where the rule's numbers
 * differ between them; else all coordinates are one.
 */
#ifndef L2OSR_TUNE_WINDOW_H
#define L2OSR_TUNE_WINDOW_H

#include "rule/rule.h"

typedef struct l2osr__rule_window {
    l2osr_context *ctx;
    const l2osr_rule *rule; /* borrowed, for tuning; its constants may change between windows */
    size_t groups, most_steps;
    size_t chunk;             /* coordinates of a chunk, whatever the threads */
    size_t *offsets, *chunks; /* [groups + 1]: first coordinate and first chunk of each group */
    uint64_t before;          /* steps of the episode before the window */
    double *numbers;          /* [groups][most_steps][nodes] */
    double *previous;         /* [groups][nodes]: those of the step before the window */
    double *cells;            /* of numbers that the rule remembers */
} l2osr__rule_window;

/** For windows of at most `steps` steps over groups of those sizes, in chunks of whole blocks of
 * coordinates. Clear it also after a failure. */
l2osr_status l2osr__rule_window_init(l2osr__rule_window *window, l2osr_context *ctx,
                                     const l2osr_rule *rule, size_t groups, const size_t *sizes,
                                     size_t steps, size_t block);
void l2osr__rule_window_clear(l2osr__rule_window *window);

/** Chunks of all groups. */
size_t l2osr__rule_window_chunks(const l2osr__rule_window *window);

/** Coordinates first .. end - 1 of a group. */
typedef struct l2osr__rule_share {
    size_t group, first, end;
} l2osr__rule_share;

/** What chunk `index` is. */
l2osr__rule_share l2osr__rule_window_share(const l2osr__rule_window *window, size_t index);

/** Adds up the rows[chunks][row] of a group in order, into its first one, which is returned; NULL
 * for a group without coordinates. */
double *l2osr__rule_window_add_up(const l2osr__rule_window *window, size_t group, double *rows,
                                  size_t row);

/** Computes the numbers of steps before + 1 .. before + steps. */
void l2osr__rule_window_enter(l2osr__rule_window *window, uint64_t before, size_t steps);

/** Those of step k of the window, from 0: [nodes]. */
double *l2osr__rule_window_numbers(const l2osr__rule_window *window, size_t group, size_t k);

/** Those of the step before it; NULL when there is none. */
const double *l2osr__rule_window_previous(const l2osr__rule_window *window, size_t group, size_t k);

#endif
