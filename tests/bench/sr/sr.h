/* SPDX-License-Identifier: MIT */
/** @file sr.h What the sections of bench_sr share: data, searches, what a front is worth. */
#ifndef TESTS_BENCH_SR_H
#define TESTS_BENCH_SR_H

#include "bench.h"
#include "l2osr.h"
#include "sanity.h"

enum { SR_THREADS = 2, SR_SEEDS = 10 /* most of a case */ };

/* ---- sections ---- */

void bench_sanity(struct bench *bench);
void bench_paper(struct bench *bench);
void bench_windows(struct bench *bench);
void bench_feynman(struct bench *bench);
void bench_speed(struct bench *bench);
void bench_ablation(struct bench *bench);

/* ---- contexts ---- */

/** Ends the program with the context's message unless `status` is L2OSR_OK. */
void sr_must(l2osr_context *ctx, l2osr_status status);

l2osr_context *sr_context(unsigned threads);

/* ---- data ---- */

/** Rows to search on and rows held out. */
struct sr_data {
    l2osr_samples *train, *test;
};

/** Reads a file of the data beside the project, the first `rows` (or this part of them) to search
 * on; false, with a line, when it is not there. */
bool sr_load(struct sr_data *out, l2osr_context *ctx, const char *file, const char *const *names,
             double rows);
void sr_data_free(struct sr_data *data);

/** Path of something beside the project; NULL when that is not there. */
const char *sr_shared(const char *file);

/** The two tables of the paper; both in one place as two sections use them. */
enum { SR_DM_G04_A, SR_DM_SR3 };
bool sr_load_paper(struct sr_data *out, l2osr_context *ctx, int which);

/** One of the sanity targets. */
struct sr_data sr_sanity(l2osr_context *ctx, size_t target, uint64_t seed);

/** A formula of the Feynman lectures, 1,000 rows each. */
enum { SR_FEYNMAN = 8 };
const char *sr_feynman_name(size_t index);
size_t sr_feynman_find(const char *name);
struct sr_data sr_feynman(l2osr_context *ctx, size_t index, uint64_t seed);

/* ---- searches ---- */

/** What became of a search; free the front. It is empty when the search fails, which gives a line:
 * hours of other searches are not to be lost. */
struct sr_result {
    l2osr_front *front;
    double seconds, evaluations;
};
struct sr_result sr_search(l2osr_context *ctx, const l2osr_samples *train,
                           const l2osr_sr_options *options);

/** R2 of a formula; NaN, with a line that says why, when it has none. */
double sr_r2(l2osr_context *ctx, const l2osr_front *front, size_t index,
             const l2osr_samples *samples, double *mse);

/** Figures of a front; NaN when it is empty. */
enum sr_figure {
    SR_NODES, /* the last formula */
    SR_TRAIN,
    SR_TEST,
    SR_MSE,
    SR_BEST, /* largest test R2 of all formulas */
    SR_CHOSEN_NODES,
    SR_CHOSEN_TRAIN,
    SR_CHOSEN_TEST, /* the formula that is recommended */
    SR_GAP,         /* largest train R2 - test R2 of all formulas */
    SR_FIGURES
};
void sr_figures(l2osr_context *ctx, const l2osr_front *front, const struct sr_data *data,
                double *figures);

/** The middle of some numbers, which it sorts. */
double sr_median(double *x, size_t n);

/** Medians of `n` sets of figures, figure by figure. */
void sr_medians(size_t n, double figures[][SR_FIGURES], double *out);

#endif
