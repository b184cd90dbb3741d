/* SPDX-License-Identifier: MIT */
/**
 * @file schedule.h
 * Numbers that follow the step from knot to knot: linear(v0, t1, v1, ...) and cosine(...). They are
 * written out when they are read, as the sum of each value times a weight, which is the difference
 * of two ramps that rise from 0 to 1 between knots. So a value has one place, and legal values
 * meet in a legal one.
 */
#ifndef L2OSR_EXPR_SCHEDULE_H
#define L2OSR_EXPR_SCHEDULE_H

#include "expr/expr.h"

enum {
    L2OSR__MAX_KNOTS = 64,       /* behind the one at step 0 */
    L2OSR__MAX_TIME = 1000000000 /* of a knot */
};

/** Shapes, numbered as l2osr_shape. */
enum { L2OSR__LINEAR, L2OSR__COSINE, L2OSR__SHAPES };

/** Functions of the language, by number of their shape. */
extern const char *const l2osr__shape_names[L2OSR__SHAPES];

typedef struct l2osr__schedule {
    int shape;                            /* L2OSR__LINEAR or L2OSR__COSINE */
    int32_t knots;                        /* behind the one at step 0 */
    int32_t values[L2OSR__MAX_KNOTS + 1]; /* nodes */
    int32_t times[L2OSR__MAX_KNOTS + 1];  /* increasing; the first is 0 */
} l2osr__schedule;

/** Appends a schedule of nodes that are there, with at least one knot; `t` is the node of the step.
 * #L2OSR_ERANGE. */
l2osr_status l2osr__schedule_build(l2osr__expr *expr, const l2osr__schedule *schedule, int32_t t,
                                   int32_t *root);

/** Knots of the schedule that was written out as a node; 0: none was. */
int32_t l2osr__schedule_knots(const l2osr__expr *expr, int32_t node);

/** Its shape, and the value (a node) and time of a knot, from 0. */
int l2osr__schedule_shape(const l2osr__expr *expr, int32_t node);
int32_t l2osr__schedule_value(const l2osr__expr *expr, int32_t node, int32_t index);
int32_t l2osr__schedule_time(const l2osr__expr *expr, int32_t node, int32_t index);

#endif
