/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ranks.h"

/* Tables keep pointers to names. */
static struct names {
    char loss[MARKS][32], error[MARKS][32], lr[HORIZONS][32], rank[HORIZONS][32],
        better[HORIZONS][32];
    char cases[MAX_PROBLEMS][MAX_ENTRANTS][64];
} names;

static void make_names(const struct setup *s) {
    for (size_t k = 0; k < MARKS; k++) {
        snprintf(names.loss[k], sizeof names.loss[k], "loss, %s", s->mark_names[k]);
        snprintf(names.error[k], sizeof names.error[k], "+-, %s", s->mark_names[k]);
    }
    for (size_t k = 0; k < HORIZONS; k++) {
        snprintf(names.lr[k], sizeof names.lr[k], "lr, %s", s->mark_names[k]);
        snprintf(names.rank[k], sizeof names.rank[k], "rank, %s", s->mark_names[k]);
        snprintf(names.better[k], sizeof names.better[k], "rank', %s", s->mark_names[k]);
    }
    for (size_t p = 0; p < s->n_problems; p++)
        for (size_t e = 0; e < s->n_entrants; e++)
            snprintf(names.cases[p][e], sizeof names.cases[p][e], "%s %s", s->problems[p].name,
                     s->entrants[e].name);
}

static void report_losses(struct bench *bench, const struct setup *s, const struct choice *choice,
                          size_t p) {
    bench_section(bench, s->problems[p].name);
    for (size_t e = 0; e < s->n_entrants; e++) {
        const char *name = names.cases[p][e];
        double accuracies[MAX_SEEDS];
        for (size_t k = 0; k < HORIZONS; k++) {
            const struct mean loss = mean_loss(s, choice, p, e, k);
            bench_report(bench, name, names.loss[k], loss.value, "");
            bench_report(bench, name, names.error[k], loss.error, "");
        }
        for (size_t seed = 1; seed <= s->seeds; seed++)
            accuracies[seed - 1] = figures_of(s, choice, p, e, HORIZONS - 1, seed).accuracy;
        const struct mean accuracy = mean_of(accuracies, s->seeds);
        bench_report(bench, name, "accuracy", accuracy.value, "");
        bench_report(bench, name, "+-, accuracy", accuracy.error, "");
    }
}

/* Ranks' are NAN for the worse variant of a baseline. */
static void report_places(struct bench *bench, const struct setup *s, const struct choice *choice,
                          const struct ranks *all, const struct ranks *better, size_t p) {
    bench_section(bench, s->problems[p].name);
    for (size_t e = 0; e < s->n_entrants; e++) {
        const char *name = names.cases[p][e];
        for (size_t k = 0; k < HORIZONS; k++)
            bench_report(bench, name, names.lr[k], choice->lr[p][e][k], "");
        for (size_t k = 0; k < HORIZONS; k++)
            bench_report(bench, name, names.rank[k], all->at[p][e][k], "");
        for (size_t k = 0; k < HORIZONS; k++)
            bench_report(bench, name, names.better[k], better->at[p][e][k], "");
    }
}

/* Mean over problems and horizons, and over the problems at each horizon. An entrant takes part
 * where it or, with `better`, the variant after it does. */
static void report_means(struct bench *bench, const struct setup *s, const struct ranks *ranks,
                         size_t e, const char *name, const char *metric, const char *error,
                         const char *const *at) {
    double places[HORIZONS][MAX_PROBLEMS], every[HORIZONS * MAX_PROBLEMS];
    size_t n = 0;
    for (size_t k = 0; k < HORIZONS; k++)
        for (size_t p = 0; p < s->n_problems; p++) {
            const double place = ranks->at[p][e][k];
            places[k][p] = isnan(place) ? ranks->at[p][e + 1][k] : place;
            every[n++] = places[k][p];
        }
    const struct mean mean = mean_of(every, n);
    bench_report(bench, name, metric, mean.value, "");
    bench_report(bench, name, error, mean.error, "");
    for (size_t k = 0; k < HORIZONS; k++)
        bench_report(bench, name, at[k], mean_of(places[k], s->n_problems).value, "");
}

static void report_ranks(struct bench *bench, const struct setup *s, const struct ranks *all,
                         const struct ranks *better) {
    static const char *at[HORIZONS], *better_at[HORIZONS];
    for (size_t k = 0; k < HORIZONS; k++) {
        at[k] = names.rank[k];
        better_at[k] = names.better[k];
    }
    bench_section(bench, "Mean ranks over tasks and horizons, among all");
    for (size_t e = 0; e < s->n_entrants; e++)
        report_means(bench, s, all, e, s->entrants[e].name, "rank", "+-", at);
    bench_section(bench, "Mean ranks', of each baseline the better with or without decay");
    for (size_t e = 0; e < s->n_entrants; e++)
        if (e == 0 || strcmp(s->entrants[e].family, s->entrants[e - 1].family) != 0)
            report_means(bench, s, better, e, s->entrants[e].family, "rank'", "+-'", better_at);
}

static void report_speed(struct bench *bench, const struct setup *s) {
    bench_section(bench, "The runs that were not in the cache, on one thread each");
    for (size_t p = 0; p < s->n_problems; p++) {
        const struct problem *problem = &s->problems[p];
        bench_report(bench, problem->name, "parameters", (double)l2osr_task_dim(problem->task), "");
        bench_report(bench, problem->name, "steps", (double)problem->steps, "");
        if (problem->steps > 0)
            bench_report(bench, problem->name, "step",
                         1e3 * problem->seconds / (double)problem->steps, "ms");
    }
}

void report_comparison(struct bench *bench, const struct setup *s, const struct choice *choice) {
    static struct ranks all, better;
    make_names(s);
    rank_entrants(s, choice, false, &all);
    rank_entrants(s, choice, true, &better);
    for (size_t p = 0; p < s->n_problems; p++)
        report_losses(bench, s, choice, p);
    for (size_t p = 0; p < s->n_problems; p++)
        report_places(bench, s, choice, &all, &better, p);
    report_ranks(bench, s, &all, &better);
    report_speed(bench, s);
}

void write_raw(const struct setup *s, const struct choice *choice, const char *path) {
    FILE *file = begin_output(path);
    fputs("task,optimizer,horizon,lr,seed,loss,accuracy\n", file);
    for (size_t p = 0; p < s->n_problems; p++)
        for (size_t e = 0; e < s->n_entrants; e++)
            for (size_t k = 0; k < HORIZONS; k++)
                for (size_t seed = 1; seed <= s->seeds; seed++) {
                    const struct figures f = figures_of(s, choice, p, e, k, seed);
                    fprintf(file, "%s,%s,%zu,%g,%zu,%.9g,", s->problems[p].name,
                            s->entrants[e].name, s->marks[k], choice->lr[p][e][k], seed, f.loss);
                    if (k + 1 == HORIZONS)
                        fprintf(file, "%.6g", f.accuracy);
                    fputs("\n", file);
                }
    end_output(file, path);
}

/* Names what went wrong behind the horizons. */
static void judge(const struct setup *s, const char *name, const struct mean *losses) {
    for (size_t k = 0; k < MARKS; k++)
        if (!isfinite(losses[k].value)) {
            printf("%s: not finite at %s steps\n", name, s->mark_names[k]);
            return;
        }
    if (losses[MARKS - 1].value > losses[HORIZONS - 1].value)
        printf("%s: rises from %.4g +- %.2g to %.4g +- %.2g\n", name, losses[HORIZONS - 1].value,
               losses[HORIZONS - 1].error, losses[MARKS - 1].value, losses[MARKS - 1].error);
}

static struct run long_run(const struct setup *s, size_t p, size_t e, size_t seed) {
    return (struct run){.problem = p,
                        .rule = s->entrants[e].rules[0],
                        .lr = s->entrants[e].lrs[0],
                        .seed = seed,
                        .last = MARKS - 1};
}

bool run_long(struct bench *bench, struct setup *s) {
    struct plan plan = {0};
    make_names(s);
    for (size_t p = 0; p < s->n_problems; p++)
        for (size_t e = 0; e < s->n_entrants; e++)
            for (size_t seed = 1; seed <= s->seeds; seed++)
                plan_run(s, &plan, long_run(s, p, e, seed));
    if (do_runs(s, &plan, "long runs"))
        return true;
    bench_section(bench, "Long runs");
    for (size_t p = 0; p < s->n_problems; p++)
        for (size_t e = 0; e < s->n_entrants; e++) {
            struct mean losses[MARKS];
            for (size_t k = 0; k < MARKS; k++) {
                double seeds[MAX_SEEDS];
                for (size_t seed = 1; seed <= s->seeds; seed++) {
                    const struct run run = long_run(s, p, e, seed);
                    struct figures f = {.loss = NAN};
                    find_figures(s, &run, k, &f);
                    seeds[seed - 1] = f.loss;
                }
                losses[k] = mean_of(seeds, s->seeds);
                bench_report(bench, names.cases[p][e], names.loss[k], losses[k].value, "");
                bench_report(bench, names.cases[p][e], names.error[k], losses[k].error, "");
            }
            judge(s, names.cases[p][e], losses);
        }
    return false;
}
