/* SPDX-License-Identifier: MIT */
/** @file tests.h The test cases of the expr room, and what they share. */
#ifndef TESTS_EXPR_TESTS_H
#define TESTS_EXPR_TESTS_H

#include "base/rng.h"
#include "expr/expr.h"
#include "support.h"

TCase *error_tests(void);
TCase *function_tests(void);
TCase *malformed_tests(void);
TCase *op_tests(void);
TCase *program_tests(void);
TCase *reverse_tests(void);
TCase *text_tests(void);
TCase *walk_tests(void);

/** Derivatives over time. */
Suite *tape_suite(void);

/** The inputs g and x of coordinates, and the numbers t and lr. */
extern const l2osr__symbols symbols;

/** The same with bell(a), which has a block but no slope, and mix(a, b), of which it is the other
 * way round. */
extern const l2osr__symbols calling;

/** Value of a node of plain operators and calls at one coordinate; inputs by number. */
double walk_plain(const l2osr__expr *expr, int32_t node, const double *inputs);

/** What a random expression may hold. */
typedef struct mixture {
    bool any_constant; /* all finite doubles, not only such as people write */
    bool any_decay;    /* a decay may be any expression, which can be read but not run */
    bool reductions;   /* over the parameters of a group */
    bool schedules;    /* written out, as the parser does */
} mixture;

/** Appends a random tree of at most `budget` nodes in the order in which the parser makes them. */
int32_t random_tree(l2osr__expr *expr, l2osr__rng *rng, int budget, mixture mix);

/** A rule with some random lets, which use one another, and an update. */
void random_rule(l2osr__expr *expr, l2osr__rng *rng, int lets, int budget, mixture mix);

/** Fails unless both hold the same nodes, bit for bit, the same lets and the same root. */
void check_same(const l2osr__expr *a, const l2osr__expr *b, const char *text);

#endif
