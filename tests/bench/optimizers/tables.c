/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>

#include "names.h"
#include "ranks.h"

/* What the tables are made from. */
struct results {
    const struct setup *setup;
    const struct choice *choice;
    struct ranks all, better;
    struct table_names names;
};

static void report_losses(struct bench *bench, const struct results *r, size_t p, size_t e) {
    const struct setup *s = r->setup;
    const char *name = r->names.cases[p][e];
    double accuracies[MAX_SEEDS];
    for (size_t k = 0; k < HORIZONS; k++) {
        const struct mean loss = mean_loss(s, r->choice, p, e, k);
        bench_report(bench, name, r->names.loss[k], loss.value, "");
        bench_report(bench, name, r->names.error[k], loss.error, "");
    }
    for (size_t seed = 1; seed <= s->seeds; seed++)
        accuracies[seed - 1] = figures_of(s, r->choice, p, e, HORIZONS - 1, seed).accuracy;
    const struct mean accuracy = mean_of(accuracies, s->seeds);
    bench_report(bench, name, "accuracy", accuracy.value, "");
    bench_report(bench, name, "+-, accuracy", accuracy.error, "");
}

/* Step sizes and ranks. Ranks' are NAN for the worse variant of a baseline. */
static void report_places(struct bench *bench, const struct results *r, size_t p, size_t e) {
    const char *name = r->names.cases[p][e];
    for (size_t k = 0; k < HORIZONS; k++)
        bench_report(bench, name, r->names.lr[k], r->choice->lr[p][e][k], "");
    for (size_t k = 0; k < HORIZONS; k++)
        bench_report(bench, name, r->names.rank[k], r->all.at[p][e][k], "");
    for (size_t k = 0; k < HORIZONS; k++)
        bench_report(bench, name, r->names.better[k], r->better.at[p][e][k], "");
}

/* Means over problems and horizons, and over the problems at each horizon; where an entrant has no
 * rank, the variant after it has. */
static void report_means(struct bench *bench, const struct results *r, const struct ranks *ranks,
                         size_t e, const char *metric, const char *error,
                         const char (*at)[METRIC_NAME]) {
    const size_t n = r->setup->n_problems;
    const char *name = r->setup->entrants[e].name;
    double places[HORIZONS * MAX_PROBLEMS];
    for (size_t i = 0; i < HORIZONS * n; i++) {
        const double place = ranks->at[i % n][e][i / n];
        places[i] = isnan(place) ? ranks->at[i % n][e + 1][i / n] : place;
    }
    const struct mean mean = mean_of(places, HORIZONS * n);
    bench_report(bench, name, metric, mean.value, "");
    bench_report(bench, name, error, mean.error, "");
    for (size_t k = 0; k < HORIZONS; k++)
        bench_report(bench, name, at[k], mean_of(places + k * n, n).value, "");
}

static void report_ranks(struct bench *bench, const struct results *r) {
    const struct setup *s = r->setup;
    bench_section(bench, "Mean ranks over tasks and horizons, among all");
    for (size_t e = 0; e < s->n_entrants; e++)
        report_means(bench, r, &r->all, e, "rank", "+-", r->names.rank);
    bench_section(bench, "Mean ranks', of each baseline the better with or without decay");
    for (size_t e = 0; e < s->n_entrants; e++)
        if (!s->entrants[e].decays)
            report_means(bench, r, &r->better, e, "rank'", "+-'", r->names.better);
}

void report_comparison(struct bench *bench, const struct setup *s, const struct choice *choice) {
    static struct results r; /* the tables keep pointers to the names */
    r.setup = s;
    r.choice = choice;
    make_names(s, &r.names);
    rank_entrants(s, choice, false, &r.all);
    rank_entrants(s, choice, true, &r.better);
    for (size_t p = 0; p < s->n_problems; p++) {
        bench_section(bench, s->problems[p].name);
        for (size_t e = 0; e < s->n_entrants; e++)
            report_losses(bench, &r, p, e);
    }
    for (size_t p = 0; p < s->n_problems; p++) {
        bench_section(bench, s->problems[p].name);
        for (size_t e = 0; e < s->n_entrants; e++)
            report_places(bench, &r, p, e);
    }
    report_ranks(bench, &r);
}

static void write_runs(FILE *file, const struct setup *s, const struct choice *choice, size_t p,
                       size_t e, size_t k) {
    for (size_t seed = 1; seed <= s->seeds; seed++) {
        const struct figures f = figures_of(s, choice, p, e, k, seed);
        fprintf(file, "%s,%s,%zu,%g,%zu,%.9g,", s->problems[p].name, s->entrants[e].name,
                s->marks[k], choice->lr[p][e][k], seed, f.loss);
        if (k + 1 == HORIZONS)
            fprintf(file, "%.6g", f.accuracy);
        fputs("\n", file);
    }
}

void write_raw(const struct setup *s, const struct choice *choice, const char *path) {
    FILE *file = begin_output(path);
    fputs("task,optimizer,horizon,lr,seed,loss,accuracy\n", file);
    for (size_t p = 0; p < s->n_problems; p++)
        for (size_t e = 0; e < s->n_entrants; e++)
            for (size_t k = 0; k < HORIZONS; k++)
                write_runs(file, s, choice, p, e, k);
    end_output(file, path);
}
