/* SPDX-License-Identifier: MIT */
/** @file front.h The structure behind l2osr_front. */
#ifndef L2OSR_SR_FRONT_H
#define L2OSR_SR_FRONT_H

#include "expr/expr.h"
#include "l2osr/sr.h"

struct l2osr_front {
    l2osr_context *ctx;
    size_t count, capacity;
    l2osr_formula *formulas;    /* their texts are owned */
    l2osr__function *functions; /* that the equations may call: a table of its own */
    size_t n_functions;
};

/** Makes an empty front whose equations may call functions. The table is copied, as a front may
 * outlive the search that made it; names and callbacks stay the caller's. */
l2osr_status l2osr__front_new(l2osr_front **out, l2osr_context *ctx,
                              const l2osr__function *functions, size_t n_functions);

/** Appends a formula and copies its texts; a NULL warning becomes "". The front is as it was after
 * a failure. */
l2osr_status l2osr__front_append(l2osr_front *front, const l2osr_formula *formula);

/** Takes the last formula out again. */
void l2osr__front_pop(l2osr_front *front);

/** l2osr__print_node(), or l2osr__print_calls(). */
typedef void (*l2osr__printer)(l2osr__text *text, const l2osr__expr *expr, int32_t root,
                               const l2osr__symbols *symbols);

/** Reads an equation over whatever names and the functions of a front, and writes it anew: *out is
 * to be freed with l2osr__free(), and NULL after a failure. *nodes receives its size. */
l2osr_status l2osr__front_rewrite(const l2osr_front *front, char **out, uint32_t *nodes,
                                  l2osr__source equation, l2osr__printer print);

/**
 * Appends a formula whose equation is read from a text, over whatever names: it is kept as the rule
 * language writes it. A complexity of 0 stands for the number of nodes.
 */
l2osr_status l2osr__front_read(l2osr_front *front, const l2osr_formula *formula,
                               l2osr__source equation);

#endif
