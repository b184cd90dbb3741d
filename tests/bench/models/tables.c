/* SPDX-License-Identifier: MIT */
#include "tables.h"

#include <math.h>

/* A model whose loss is not below this in the end, from ln 10 on, has not learned to optimize. */
static const double plateau = 1.5;

/* Names of metrics. */
struct metrics {
    char mean[COLUMNS][24], worst[COLUMNS][24], best[COLUMNS][24];
};

static void name_metrics(struct metrics *m, const struct comparison *c) {
    for (size_t k = 0; k < COLUMNS; k++) {
        snprintf(m->mean[k], sizeof m->mean[k], "loss at %zu", c->at[k]);
        snprintf(m->worst[k], sizeof m->worst[k], "worst at %zu", c->at[k]);
        snprintf(m->best[k], sizeof m->best[k], "best at %zu", c->at[k]);
    }
}

/* Goals are for whole runs: those of --quick have none. */
static void report(struct bench *bench, const char *name, const char *metric, double value,
                   const char *unit, const double *goal) {
    if (goal && !bench_quick(bench))
        bench_at_most(bench, name, metric, value, unit, *goal);
    else
        bench_report(bench, name, metric, value, unit);
}

/* Means over the lines: of one optimizer's meta-seeds, or of a classic alone. */
static void report_means(struct bench *bench, const struct metrics *m, const char *name,
                         const struct contestant *lines, size_t n, const double *goals) {
    for (size_t k = 0; k < COLUMNS; k++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += lines[i].loss[k].mean;
        report(bench, name, m->mean[k], sum / (double)n, "",
               goals && goals[k] > 0 ? &goals[k] : NULL);
    }
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += lines[i].metric.mean;
    bench_report(bench, name, "accuracy", sum / (double)n, "");
}

static void report_outcome(struct bench *bench, const struct metrics *m, const struct outcome *o,
                           size_t seeds) {
    static const double none = 0;
    size_t stuck = 0;
    for (size_t i = 0; i < seeds; i++)
        stuck += !(o->lines[i].loss[COLUMNS - 1].mean < plateau);
    report_means(bench, m, o->recipe->name, o->lines, seeds, o->recipe->goals);
    report(bench, o->recipe->name, "on the plateau", (double)stuck, "", &none);
}

static void report_extremes(struct bench *bench, const struct metrics *m, const struct outcome *o,
                            size_t seeds) {
    for (size_t k = 0; k < COLUMNS; k++) {
        double worst = -INFINITY, best = INFINITY;
        for (size_t i = 0; i < seeds; i++) {
            worst = fmax(worst, o->lines[i].loss[k].mean);
            best = fmin(best, o->lines[i].loss[k].mean);
        }
        bench_report(bench, o->recipe->name, m->worst[k], worst, "");
        bench_report(bench, o->recipe->name, m->best[k], best, "");
    }
}

void report_results(struct bench *bench, const struct results *r, const struct comparison *c,
                    size_t seeds) {
    static const double ten_minutes = 600;
    static struct metrics metrics; /* the tables keep pointers to the names */
    struct metrics *m = &metrics;
    name_metrics(m, c);
    bench_section(bench, "Held out; of several meta-seeds the mean");
    for (size_t i = 0; i < r->n; i++)
        report_outcome(bench, m, &r->outcomes[i], seeds);
    for (size_t i = 0; i < r->n_classics; i++)
        report_means(bench, m, r->classics[i].name, &r->classics[i], 1, NULL);
    if (seeds > 1)
        bench_section(bench, "The worst and the best meta-seed");
    for (size_t i = 0; seeds > 1 && i < r->n; i++)
        report_extremes(bench, m, &r->outcomes[i], seeds);
    bench_section(bench, "Training; of several meta-seeds the slowest");
    for (size_t i = 0; i < r->n; i++) {
        const struct outcome *o = &r->outcomes[i];
        bench_report(bench, o->recipe->name, "meta-steps", o->meta_steps, "");
        report(bench, o->recipe->name, "training", o->seconds, "s", &ten_minutes);
    }
}
