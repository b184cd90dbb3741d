/* SPDX-License-Identifier: MIT */
/* Functions of 20 lags, found again. */
#include <math.h>
#include <stdio.h>

#include "sr.h"

/* Most for a search; five of them have 20 s together. */
static const double SECONDS = 10;

static const struct sanity_case {
    const char *name;
    size_t target;
    const char *operators;
    unsigned nodes;
    bool counts;   /* among the five whose seconds are added up */
    double operon; /* R2 held out after 60 s */
} cases[] = {
    {"scaled", 0, NULL, 80, true, 1},
    {"ramp", 1, NULL, 80, true, 0.997},
    {"mixed", 2, NULL, 80, true, 0.99998},
    {"momentum", 3, NULL, 80, true, 0.99996},
    {"momentum over time", 3, "+ - * / sqrt square ema dsum", 12, false, NAN},
    {"adam over time", 4, "+ - * / sqrt square ema dsum", 12, true, 0.940},
};

/* One search: R2 held out of the formula that is recommended, and its size. */
static double recover(l2osr_context *ctx, const struct sanity_case *c, uint64_t seed, double *r2,
                      double *nodes) {
    const l2osr_sr_options o = {.struct_size = sizeof o,
                                .operators = c->operators,
                                .max_complexity = c->nodes,
                                .seconds = SECONDS,
                                .target_error = 1e-9,
                                .seed = seed};
    struct sr_data data = sr_sanity(ctx, c->target, seed);
    const struct sr_result result = sr_search(ctx, data.train, &o);
    const size_t chosen = l2osr_front_recommend(result.front, 1e-5);
    const l2osr_formula *f = l2osr_front_get(result.front, chosen);
    *r2 = NAN;
    *nodes = INFINITY;
    if (f) {
        *r2 = sr_r2(ctx, result.front, chosen, data.test, NULL);
        *nodes = f->complexity;
        printf("  %s, seed %d: %s\n", c->name, (int)seed, f->equation);
    }
    l2osr_front_free(result.front);
    sr_data_free(&data);
    return result.seconds;
}

static double run_case(struct bench *bench, l2osr_context *ctx, const struct sanity_case *c,
                       uint64_t seeds) {
    double worst = INFINITY, most = 0, sum = 0;
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        double r2, nodes;
        sum += recover(ctx, c, seed, &r2, &nodes);
        most = fmax(most, nodes);
        worst = r2 < worst || isnan(r2) ? r2 : worst;
    }
    bench_at_least(bench, c->name, "worst R2", worst, "", 0.9999);
    if (c->operators)
        bench_at_most(bench, c->name, "most nodes", most, "", 12);
    else
        bench_report(bench, c->name, "most nodes", most, "");
    bench_report(bench, c->name, "seconds", sum / (double)seeds, "s");
    bench_report(bench, c->name, "PySR (paper)", sanity_targets[c->target].paper_r2, "");
    if (!isnan(c->operon))
        bench_report(bench, c->name, "Operon 60 s", c->operon, "");
    return sum / (double)seeds;
}

void bench_sanity(struct bench *bench) {
    const uint64_t seeds = bench_quick(bench) ? 1 : SR_SEEDS;
    l2osr_context *ctx = sr_context(SR_THREADS);
    double five = 0;
    bench_section(bench, "sanity: 5,000 rows of 20 lags, R2 on 5,000 others (worst of the seeds)");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const double seconds = run_case(bench, ctx, &cases[i], seeds);
        five += cases[i].counts ? seconds : 0;
    }
    bench_at_most(bench, "five together", "seconds", five, "s", 20);
    l2osr_context_free(ctx);
}
