/* SPDX-License-Identifier: MIT */
/* The paper's own data, and trajectories of an RP_s as windows. */
#include <math.h>
#include <stdio.h>

#include "sr.h"

static const char *const tables[] = {"dm_g04_a", "dm_sr3"};

/* Best test R2 on record for PySR. In that of dm_g04_a rows are left out where the formulas are
 * infinite. */
static const double pysr_record[] = {0.652, 0.514};

/* ---- searches with the paper's operators ---- */

static const struct paper_case {
    const char *name;
    int table;
    unsigned nodes;
    double seconds, train, test, mse; /* goals; 0: none */
    double operon_train, operon_test; /* at most 54 nodes, 60 s, mean of two seeds; 0: none */
} cases[] = {
    {"dm_g04_a 18 nodes", SR_DM_G04_A, 18, 2, 0.77, 0.77, 0, 0, 0},
    {"dm_g04_a 50 nodes", SR_DM_G04_A, 50, 10, 0.83, 0.80, 0, 0.814, 0.785},
    {"dm_sr3 50 nodes", SR_DM_SR3, 50, 10, 0.46, 0.52, 0, 0.433, 0.506},
    {"dm_sr3 199 nodes", SR_DM_SR3, 199, 60, 0, 0.50, 7.466e-6, 0, 0},
};

static void report_goal(struct bench *bench, const char *name, const char *metric, double value,
                        double goal) {
    if (goal > 0)
        bench_at_least(bench, name, metric, value, "", goal);
    else
        bench_report(bench, name, metric, value, "");
}

static void report_case(struct bench *bench, const struct paper_case *c, const double *figures) {
    report_goal(bench, c->name, "train R2", figures[SR_TRAIN], c->train);
    report_goal(bench, c->name, "test R2", figures[SR_TEST], c->test);
    bench_report(bench, c->name, "nodes", figures[SR_NODES], "");
    if (c->mse > 0)
        bench_at_most(bench, c->name, "train MSE", figures[SR_MSE], "", c->mse);
    else
        bench_report(bench, c->name, "train MSE", figures[SR_MSE], "");
    bench_report(bench, c->name, "best test R2", figures[SR_BEST], "");
    bench_report(bench, c->name, "chosen nodes", figures[SR_CHOSEN_NODES], "");
    bench_report(bench, c->name, "chosen train", figures[SR_CHOSEN_TRAIN], "");
    bench_report(bench, c->name, "chosen test", figures[SR_CHOSEN_TEST], "");
    if (c->operon_train > 0) {
        bench_report(bench, c->name, "Operon train", c->operon_train, "");
        bench_report(bench, c->name, "Operon test", c->operon_test, "");
    }
    bench_report(bench, c->name, "PySR test", pysr_record[c->table], "");
}

/* Returns the largest train R2 - test R2 of all formulas of all fronts. */
static double run_case(struct bench *bench, l2osr_context *ctx, const struct paper_case *c,
                       const struct sr_data *data) {
    const size_t seeds = bench_quick(bench) ? 1 : 5;
    double all[SR_SEEDS][SR_FIGURES], middle[SR_FIGURES], gap = -INFINITY;
    for (size_t i = 0; i < seeds; i++) {
        const l2osr_sr_options o = {.struct_size = sizeof o,
                                    .max_complexity = c->nodes,
                                    .seconds = bench_quick(bench) ? c->seconds / 10 : c->seconds,
                                    .seed = i + 1};
        const struct sr_result result = sr_search(ctx, data->train, &o);
        sr_figures(ctx, result.front, data, all[i]);
        gap = fmax(gap, all[i][SR_GAP]);
        l2osr_front_free(result.front);
    }
    sr_medians(seeds, all, middle);
    report_case(bench, c, middle);
    return gap;
}

/* ---- PySR's fronts ---- */

static void measure_pysr(struct bench *bench, l2osr_context *ctx, int table,
                         const struct sr_data *data) {
    char file[64];
    l2osr_front *front;
    double deviation = 0, best = -INFINITY;
    unsigned nodes = 0;
    snprintf(file, sizeof file, "%s.pysr.csv", tables[table]);
    const char *path = sr_shared(file);
    if (!path)
        return;
    sr_must(ctx, l2osr_front_load(&front, ctx, path));
    for (size_t i = 0; i < l2osr_front_size(front); i++) {
        const l2osr_formula *f = l2osr_front_get(front, i);
        double mse = NAN;
        sr_r2(ctx, front, i, data->train, &mse);
        deviation = fmax(deviation, fabs(mse / f->mse - 1));
        const double test = sr_r2(ctx, front, i, data->test, NULL);
        nodes = test > best ? f->complexity : nodes;
        best = fmax(best, test);
    }
    bench_at_most(bench, tables[table], "MSE deviation", deviation, "", 2e-5);
    bench_report(bench, tables[table], "best test R2", best, "");
    bench_report(bench, tables[table], "nodes", nodes, "");
    bench_report(bench, tables[table], "on record", pysr_record[table], "");
    bench_report(bench, tables[table], "formulas", (double)l2osr_front_size(front), "");
    l2osr_front_free(front);
}

void bench_paper(struct bench *bench) {
    l2osr_context *ctx = sr_context(SR_THREADS);
    struct sr_data data[2];
    bool there[2];
    double gap = -INFINITY;
    bench_section(bench,
                  "the paper's data (medians; the last formula of the front, and the chosen)");
    for (int t = 0; t < 2; t++)
        there[t] = sr_load_paper(&data[t], ctx, t);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (there[cases[i].table])
            gap = fmax(gap, run_case(bench, ctx, &cases[i], &data[cases[i].table]));
    if (gap > -INFINITY)
        bench_at_most(bench, "all formulas", "train - test", gap, "", 0.15);
    bench_section(bench, "PySR's fronts on the same data");
    for (int t = 0; t < 2; t++)
        if (there[t]) {
            measure_pysr(bench, ctx, t, &data[t]);
            sr_data_free(&data[t]);
        }
    l2osr_context_free(ctx);
}

/* ---- windows ---- */

enum { LAGS = 20 };

static bool load_windows(struct sr_data *data, l2osr_context *ctx) {
    static char text[2 * LAGS][8];
    static const char *names[2 * LAGS];
    for (int i = 0; i < 2 * LAGS; i++) {
        snprintf(text[i], sizeof text[i], "%s_%d", i % 2 ? "gt" : "mt", i / 2);
        names[i] = text[i];
    }
    return sr_load(data, ctx, "rp_s_windows.npy", names, 0.85);
}

void bench_windows(struct bench *bench) {
    static const struct {
        const char *name, *operators;
        unsigned nodes;
        double goal;
    } runs[] = {
        {"30 nodes", NULL, 30, 0.90},
        {"80 nodes", NULL, 80, 0.95},
        {"30 nodes over time",
         "+ * pow greater / relu exp tanh sinh asinh erfc square cube abs sign logm sqrtm ema dsum",
         30, 0.90},
        {"80 nodes over time",
         "+ * pow greater / relu exp tanh sinh asinh erfc square cube abs sign logm sqrtm ema dsum",
         80, 0.95},
    };
    l2osr_context *ctx = sr_context(SR_THREADS);
    struct sr_data data;
    bench_section(bench, "an RP_s, 20 lags of mt and gt, R2 on the last 15 % of the rows");
    const bool there = load_windows(&data, ctx);
    for (size_t i = 0; there && i < sizeof runs / sizeof runs[0]; i++) {
        const l2osr_sr_options o = {.struct_size = sizeof o,
                                    .operators = runs[i].operators,
                                    .max_complexity = runs[i].nodes,
                                    .seconds = bench_quick(bench) ? 3 : 30,
                                    .seed = 1};
        const struct sr_result result = sr_search(ctx, data.train, &o);
        double figures[SR_FIGURES];
        sr_figures(ctx, result.front, &data, figures);
        bench_at_least(bench, runs[i].name, "test R2", figures[SR_TEST], "", runs[i].goal);
        bench_report(bench, runs[i].name, "train R2", figures[SR_TRAIN], "");
        bench_report(bench, runs[i].name, "best test R2", figures[SR_BEST], "");
        bench_report(bench, runs[i].name, "nodes", figures[SR_NODES], "");
        l2osr_front_free(result.front);
    }
    if (there)
        sr_data_free(&data);
    l2osr_context_free(ctx);
}
