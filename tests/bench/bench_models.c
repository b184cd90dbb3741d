/* SPDX-License-Identifier: MIT */
/* How good models become when they are meta-trained for minutes: on images held out, beside the
 * classics at their best step sizes. */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "common.h"
#include "models/recipes.h"

enum { MAX_SEEDS = MAX_OPTIMIZERS };

/* A loss that says that nothing was learned; it begins at ln 10. */
static const double plateau = 1.5;

struct setup {
    l2osr_context *ctx;
    struct images images;
    l2osr_task *train, *held_out;
    struct comparison comparison;
    bool quick;
    size_t seeds, seconds; /* 0 seconds: as in the recipes */
    const char *curves;    /* folder, or NULL */
};

/* The models of one recipe, and those of their figures that a comparison does not have. */
struct outcome {
    const struct recipe *recipe;
    struct contestant lines[MAX_SEEDS];
    char names[MAX_SEEDS][24];
    double meta_steps, seconds; /* of the slowest */
};

/* ---- training ---- */

static l2osr_context *timed;
static volatile sig_atomic_t out_of_time;

static void on_alarm(int signal_number) {
    (void)signal_number;
    out_of_time = 1;
    l2osr_context_cancel(timed);
}

/* l2osr_meta_train(), for which it is not an error that time runs out, nor that the model diverges:
 * it is then as good as it is. */
static l2osr_status train_for(const struct setup *s, size_t seconds, l2osr_model *model,
                              const l2osr_meta_options *o, l2osr_meta_report *report) {
    const struct sigaction action = {.sa_handler = on_alarm};
    timed = s->ctx;
    out_of_time = 0;
    sigaction(SIGALRM, &action, NULL);
    alarm((unsigned)seconds);
    const l2osr_status status = l2osr_meta_train(s->ctx, model, s->train, s->train, o, report);
    alarm(0);
    if (out_of_time)
        l2osr_context_uncancel(s->ctx);
    if (status == L2OSR_ENONFINITE)
        printf("%s\n", l2osr_context_errmsg(s->ctx));
    return out_of_time || status == L2OSR_ENONFINITE ? L2OSR_OK : status;
}

/* Enough to see that it works. */
static void shrink(l2osr_meta_options *o) {
    static const size_t stages[] = {20, 40};
    o->meta_steps = 10;
    o->imitation = 4;
    o->horizon = 40;
    if (o->with_curriculum) {
        o->curriculum = stages;
        o->n_curriculum = sizeof stages / sizeof stages[0];
    }
}

/* Trains the model of meta-seed `seed`, counted from 1. Returns whether it was interrupted. */
static bool train_model(const struct setup *s, struct outcome *outcome, size_t seed) {
    const struct recipe *recipe = outcome->recipe;
    struct contestant *line = &outcome->lines[seed - 1];
    const l2osr_model_options m = {.struct_size = sizeof m, .preset = recipe->preset, .seed = seed};
    l2osr_meta_options o = recipe->options;
    l2osr_meta_report report = L2OSR_META_REPORT_INIT;
    const size_t seconds =
        s->seconds && s->seconds < recipe->seconds ? s->seconds : recipe->seconds;
    o.struct_size = sizeof o;
    o.seed = seed;
    o.teacher = recipe->teacher ? open_rule(s->ctx, recipe->teacher) : NULL;
    if (s->quick)
        shrink(&o);
    snprintf(outcome->names[seed - 1], sizeof outcome->names[0], "%s seed %zu", recipe->name, seed);
    line->name = outcome->names[seed - 1];
    must(s->ctx, l2osr_model_create(&line->model, s->ctx, &m));
    const bool interrupted = stopped(s->ctx, train_for(s, seconds, line->model, &o, &report));
    l2osr_rule_free(o.teacher);
    printf("%s: %zu meta-steps in %.1f s, validation loss %.4f, best %.4f after meta-step %zu\n",
           line->name, report.meta_steps, report.seconds, report.first_loss, report.best_loss,
           report.best_step);
    fflush(stdout);
    if (report.seconds > outcome->seconds) {
        outcome->seconds = report.seconds;
        outcome->meta_steps = (double)report.meta_steps;
    }
    return interrupted;
}

/* ---- evaluation ---- */

/* Fills in the lines and shows them. Returns whether it was interrupted. */
static bool evaluate(const struct setup *s, const char *name, struct contestant *lines, size_t n) {
    l2osr_curves *curves;
    if (compare_optimizers(s->ctx, s->held_out, &s->comparison, lines, n, &curves))
        return true;
    print_table(s->held_out, &s->comparison, lines, n);
    if (s->curves) {
        const char *folder = path_in(s->curves, name);
        make_folder(folder);
        write_curves(s->ctx, curves, lines, s->images.name, folder);
    }
    puts("");
    fflush(stdout);
    l2osr_curves_free(curves);
    return false;
}

static bool measure(const struct setup *s, struct outcome *outcome) {
    bool interrupted = false;
    for (size_t seed = 1; seed <= s->seeds && !interrupted; seed++)
        interrupted = train_model(s, outcome, seed);
    interrupted = interrupted || evaluate(s, outcome->recipe->name, outcome->lines, s->seeds);
    for (size_t i = 0; i < s->seeds; i++)
        l2osr_model_free(outcome->lines[i].model);
    return interrupted;
}

/* ---- tables ---- */

/* Names of metrics, which must live as long as the tables. */
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

/* Of the outcomes that there are, and of the classics where they were run. */
static void report_all(struct bench *bench, const struct metrics *m, const struct outcome *outcomes,
                       size_t n, size_t seeds, const struct contestant *classics,
                       size_t n_classics) {
    static const double ten_minutes = 600;
    bench_section(bench, "Held out; of several meta-seeds the mean");
    for (size_t i = 0; i < n; i++)
        report_outcome(bench, m, &outcomes[i], seeds);
    for (size_t i = 0; i < n_classics; i++)
        report_means(bench, m, classics[i].name, &classics[i], 1, NULL);
    if (seeds > 1)
        bench_section(bench, "The worst and the best meta-seed");
    for (size_t i = 0; seeds > 1 && i < n; i++)
        report_extremes(bench, m, &outcomes[i], seeds);
    bench_section(bench, "Training; of several meta-seeds the slowest");
    for (size_t i = 0; i < n; i++) {
        const char *name = outcomes[i].recipe->name;
        bench_report(bench, name, "meta-steps", outcomes[i].meta_steps, "");
        report(bench, name, "training", outcomes[i].seconds, "s", &ten_minutes);
    }
}

/* ---- all of it ---- */

static void open_setup(struct setup *s, size_t threads) {
    static const struct comparison full = {COLUMNS, {200, 600}, 5}, quick = {COLUMNS, {20, 40}, 2};
    s->comparison = s->quick ? quick : full;
    s->ctx = open_session(threads, 1);
    s->images = load_images(s->ctx, NULL);
    s->train = mlp_task(s->ctx, s->images.train, NULL);
    s->held_out = mlp_task(s->ctx, s->images.held_out, s->images.test);
    printf("%s, %zu parameters, %u threads\n\n", s->images.name, l2osr_task_dim(s->train),
           l2osr_context_threads(s->ctx));
}

static void close_setup(struct setup *s) {
    l2osr_task_free(s->train);
    l2osr_task_free(s->held_out);
    free_images(&s->images);
    l2osr_context_free(s->ctx);
}

/* Recipes [*first, *end): all of them, or the one of that name. */
static void choose(const char *only, size_t *first, size_t *end) {
    *first = 0;
    *end = recipe_count;
    if (!only)
        return;
    while (*first < recipe_count && strcmp(recipes[*first].name, only) != 0)
        ++*first;
    if (*first == recipe_count) {
        fprintf(stderr, "no model '%s'; there are", only);
        for (size_t i = 0; i < recipe_count; i++)
            fprintf(stderr, " %s", recipes[i].name);
        fail(".");
    }
    *end = *first + 1;
}

/* Runs the recipes and reports what was finished. Returns whether it was interrupted. */
static bool run(struct bench *bench, const struct metrics *m, const struct setup *s,
                const char *only) {
    struct contestant classics[CLASSICS];
    size_t first, end, done = 0, n_classics = 0;
    bool interrupted = false;
    choose(only, &first, &end);
    struct outcome *outcomes = calloc(recipe_count, sizeof *outcomes);
    if (!outcomes)
        fail("out of memory");
    if (!only) {
        open_classics(s->ctx, classics);
        interrupted = evaluate(s, "classics", classics, CLASSICS);
        n_classics = interrupted ? 0 : CLASSICS;
        close_classics(classics);
    }
    for (; !interrupted && first < end; first++) {
        outcomes[done].recipe = &recipes[first];
        interrupted = measure(s, &outcomes[done]);
        done += !interrupted;
    }
    report_all(bench, m, outcomes, done, s->seeds, classics, n_classics);
    free(outcomes);
    return interrupted;
}

int main(int argc, char **argv) {
    struct setup s = {.seeds = 1};
    struct metrics metrics;
    const char *only = NULL;
    size_t threads = 0;
    int status;
    const struct bench_flag flags[] = {
        {"only NAME", "one model, and none of the classics", &only},
        {"seeds N", "models of each recipe; 1", &s.seeds},
        {"seconds N", "of training at most, where a recipe has more", &s.seconds},
        {"threads N", "0: one per processor", &threads},
        {"curves DIR", "loss curves of each recipe in a folder of its own", &s.curves},
        {0},
    };
    struct bench *bench = bench_start(argc, argv,
                                      "Meta-trains models on half of the images and compares them "
                                      "with tuned classics on the other half.",
                                      flags, &status);
    if (!bench)
        return status;
    if (s.seeds < 1 || s.seeds > MAX_SEEDS)
        fail("--seeds: from 1 to %d", MAX_SEEDS);
    s.quick = bench_quick(bench);
    open_setup(&s, threads);
    name_metrics(&metrics, &s.comparison);
    const bool interrupted = run(bench, &metrics, &s, only);
    close_setup(&s);
    status = bench_finish(bench);
    return interrupted ? 130 : status;
}
