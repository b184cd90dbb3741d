/* SPDX-License-Identifier: MIT */
/** @file optimizers.h What the parts of bench_optimizers share. A failure ends the program. */
#ifndef TESTS_BENCH_OPTIMIZERS_OPTIMIZERS_H
#define TESTS_BENCH_OPTIMIZERS_OPTIMIZERS_H

#include "bench.h"
#include "common.h"

enum {
    HORIZONS = 3,
    MARKS = HORIZONS + 1, /* steps at which losses are kept: the horizons and the long one */
    STEP_SIZES = 7,
    PRESETS = 7,
    BASELINES = 2 * PRESETS, /* with a constant step size and with one that decays */
    MAX_RULES = 8,
    MAX_ENTRANTS = BASELINES + MAX_RULES,
    MAX_PROBLEMS = 6,
    MAX_SEEDS = 100,
    CHOICE_SEEDS = 2 /* that step sizes are chosen on: none of those of the tables */
};

/* ---- problems ---- */

/** What is trained, on images that no rule was tuned on. */
struct problem {
    const char *name, *kind; /* here, and among the tasks of the examples */
    bool quick, by_default;  /* whether `--quick` has it, and a run that names no tasks */
    l2osr_task *task;
    double seconds; /* of processor time that runs took */
    size_t steps;   /* of those runs */
};

/**
 * Makes the problems, the slowest first: threads then end together.
 * @param names with commas between them; NULL: the default
 * @return their number
 */
size_t open_problems(l2osr_context *ctx, const struct images *images, const char *names, bool quick,
                     struct problem *problems);

/* ---- entrants ---- */

/** An optimizer with its step sizes to choose from. */
struct entrant {
    const char *name;
    bool decays; /* over a run: the entrant before it does the same at a constant step size */
    l2osr_rule *rules[HORIZONS]; /* all the same unless it decays */
    size_t n_lrs;                /* 1: nothing to choose */
    double lrs[STEP_SIZES];
};

/** Makes the baselines for runs of so many steps, as entrants[BASELINES]. */
void open_baselines(l2osr_context *ctx, const size_t *horizons, struct entrant *entrants);

/** Makes an entrant of a rule file; with a grid around its own step size if that is wanted. */
void open_entrant(l2osr_context *ctx, const char *path, bool grid, struct entrant *entrant);
void close_entrant(struct entrant *entrant);

/* ---- runs ---- */

struct cache;

/** All that is compared. */
struct setup {
    l2osr_context *ctx;
    struct images images;
    size_t marks[MARKS], n_problems, n_entrants, seeds;
    char mark_names[MARKS][16];
    struct problem problems[MAX_PROBLEMS];
    struct entrant entrants[MAX_ENTRANTS];
    struct cache *cache;
};

/** One run, up to the mark `last`, as the cache knows it. */
struct run {
    size_t problem;
    l2osr_rule *rule;
    double lr;
    size_t seed, last;
    bool metric; /* measure the accuracy in the end */
};

/** What is kept of a run at a mark. */
struct figures {
    double loss;     /* mean over the last 20 minibatches */
    double accuracy; /* NAN when it is not finite */
    bool measured;   /* whether there is an accuracy */
};

/** Opens the file of the cache in a folder, or one that is only in memory when it is NULL. */
struct cache *open_cache(const char *folder);
void close_cache(struct cache *cache);

/** Looks up what a run came to at a mark. Returns whether it is there. */
bool find_figures(const struct setup *s, const struct run *run, size_t mark, struct figures *found);

/** Keeps what a run came to at the marks up to its last, on disk too. Not for several threads. */
void keep_figures(const struct setup *s, const struct run *run, const struct figures *figures);

/** The same of a run that was done; else the program ends. */
struct figures figures_at(const struct setup *s, const struct run *run, size_t mark);

/** Runs to be done; {0} is none. */
struct plan {
    struct run *runs;
    size_t n, capacity;
};

/** Adds a run unless the cache has it. */
void plan_run(const struct setup *s, struct plan *plan, struct run run);

/** Does the runs, says how long it took and empties the plan. Returns whether it was stopped. */
bool do_runs(struct setup *s, struct plan *plan, const char *title);

/* ---- results ---- */

/** The step sizes chosen, of each entrant for each horizon. */
struct choice {
    double lr[MAX_PROBLEMS][MAX_ENTRANTS][HORIZONS];
};

/** Chooses them. Returns whether it was stopped. */
bool choose_step_sizes(struct setup *s, struct choice *choice);

/** Does the runs of the tables. Returns whether it was stopped. */
bool run_entrants(struct setup *s, const struct choice *choice);

/** What seed number `seed`, from 1, came to at a horizon. */
struct figures figures_of(const struct setup *s, const struct choice *choice, size_t problem,
                          size_t entrant, size_t horizon, size_t seed);

/** Mean over the seeds and its standard error. */
struct mean {
    double value, error;
};
struct mean mean_of(const double *values, size_t n);

/** Adds the tables. */
void report_comparison(struct bench *bench, const struct setup *s, const struct choice *choice);

/** Writes every seed's figures. */
void write_raw(const struct setup *s, const struct choice *choice, const char *path);

/** Runs the rules to the last mark and reports what becomes of them. Returns whether it was
 * stopped. */
bool run_long(struct bench *bench, struct setup *s);

#endif
