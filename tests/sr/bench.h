/* SPDX-License-Identifier: MIT */
/** @file bench.h The parts of a search, set up over samples for tests. */
#ifndef TESTS_SR_BENCH_H
#define TESTS_SR_BENCH_H

#include "sr/fit.h"
#include "sr/mutate.h"
#include "tests.h"

enum { BENCH_ROWS = 700 };

/** All rows of some samples as a table, a grammar and a scorer over them. */
struct bench {
    l2osr_context *ctx;
    l2osr_samples *samples;
    l2osr__grammar grammar;
    l2osr__columns columns;
    l2osr__table table;
    l2osr__scorer scorer;
};

/** A bench over make_table(). */
void bench_open(struct bench *b, const char *operators);

/** A bench over samples that it takes; the last `held` trajectories are kept apart. */
void bench_open_over(struct bench *b, l2osr_context *ctx, l2osr_samples *samples,
                     const char *operators, size_t held);

void bench_close(struct bench *b);

/** Reads a formula over plain columns. */
void bench_parse(struct bench *b, const char *text, l2osr__tree *tree);

/** Writes a formula over plain columns into out[256]. */
const char *bench_print(struct bench *b, const l2osr__tree *tree, char *out);

/** A random tree of at most `size` nodes. */
void bench_random(struct bench *b, l2osr__rng *rng, int32_t size, l2osr__tree *tree);

/** Values on the rows to fit on, into out[table.rows]. */
void bench_values(struct bench *b, const l2osr__tree *tree, float *out);

/** Value of a tree in double precision, where the plain columns are x. */
double bench_value(const l2osr__tree *tree, const double *x);

/** Fails the test unless every operand is the root of the subtree that postfix order gives. */
void check_whole(const l2osr__tree *tree);

/** Solves matrix x = right [n][n] by Gaussian elimination with pivots; both are overwritten. */
void plain_solve(int n, long double *matrix, long double *right, long double *x);

#endif
