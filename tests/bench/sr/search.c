/* SPDX-License-Identifier: MIT */
/* Searches, and what their fronts are worth. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "sr.h"
#include "sr/search.h"

void sr_must(l2osr_context *ctx, l2osr_status status) {
    if (status == L2OSR_OK)
        return;
    const char *message = ctx ? l2osr_context_errmsg(ctx) : "";
    fprintf(stderr, "bench_sr: %s\n", *message ? message : l2osr_strerror(status));
    exit(1);
}

l2osr_context *sr_context(unsigned threads) {
    l2osr_context_options o = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_context *ctx;
    o.threads = threads;
    sr_must(NULL, l2osr_context_create(&ctx, &o));
    return ctx;
}

struct sr_result sr_search(l2osr_context *ctx, const l2osr_samples *train,
                           const l2osr_sr_options *options) {
    const double start = bench_now();
    struct sr_result result;
    l2osr_sr *sr;
    sr_must(ctx, l2osr_sr_create(&sr, ctx, train, options));
    if (l2osr_sr_run(sr) != L2OSR_OK)
        printf("search failed: %s\n", l2osr_context_errmsg(ctx));
    sr_must(ctx, l2osr_sr_front(sr, &result.front));
    result.seconds = bench_now() - start;
    result.evaluations = (double)sr->evaluations;
    l2osr_sr_free(sr);
    return result;
}

double sr_r2(l2osr_context *ctx, const l2osr_front *front, size_t index,
             const l2osr_samples *samples, double *mse) {
    double unused, r2;
    if (l2osr_front_measure(front, index, samples, mse ? mse : &unused, &r2) == L2OSR_OK)
        return r2;
    printf("not measured: %s\n", l2osr_context_errmsg(ctx));
    return NAN;
}

void sr_figures(l2osr_context *ctx, const l2osr_front *front, const struct sr_data *data,
                double *figures) {
    const size_t n = l2osr_front_size(front), chosen = l2osr_front_recommend(front, 0.01);
    for (int k = 0; k < SR_FIGURES; k++)
        figures[k] = NAN;
    for (size_t i = 0; i < n; i++) {
        const l2osr_formula *f = l2osr_front_get(front, i);
        figures[SR_NODES] = f->complexity;
        figures[SR_TRAIN] = sr_r2(ctx, front, i, data->train, &figures[SR_MSE]);
        figures[SR_TEST] = sr_r2(ctx, front, i, data->test, NULL);
        figures[SR_BEST] = fmax(figures[SR_BEST], figures[SR_TEST]);
        figures[SR_GAP] = fmax(figures[SR_GAP], figures[SR_TRAIN] - figures[SR_TEST]);
        if (i != chosen)
            continue;
        figures[SR_CHOSEN_NODES] = f->complexity;
        figures[SR_CHOSEN_TRAIN] = figures[SR_TRAIN];
        figures[SR_CHOSEN_TEST] = figures[SR_TEST];
    }
}

/* What has no value is less than anything. */
static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return isnan(x) ? -!isnan(y) : isnan(y) ? 1 : (x > y) - (x < y);
}

double sr_median(double *x, size_t n) {
    qsort(x, n, sizeof *x, compare);
    return n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

void sr_medians(size_t n, double figures[][SR_FIGURES], double *out) {
    for (int k = 0; k < SR_FIGURES; k++) {
        double column[SR_SEEDS];
        for (size_t i = 0; i < n; i++)
            column[i] = figures[i][k];
        out[k] = sr_median(column, n);
    }
}
