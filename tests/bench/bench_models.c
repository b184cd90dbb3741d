/* SPDX-License-Identifier: MIT */
/* How good models become when they are meta-trained for minutes: on images held out, beside the
 * classics at their best step sizes. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/tables.h"

struct setup {
    l2osr_context *ctx;
    struct tasks tasks;
    struct comparison comparison;
    bool quick;
    size_t seeds, seconds; /* 0 seconds: as in the recipes */
    const char *curves;    /* folder, or NULL */
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
    const l2osr_status status =
        l2osr_meta_train(s->ctx, model, s->tasks.train, s->tasks.train, o, report);
    alarm(0);
    if (out_of_time)
        l2osr_context_uncancel(s->ctx);
    if (status == L2OSR_ENONFINITE)
        printf("%s\n", l2osr_context_errmsg(s->ctx));
    const bool late = status == L2OSR_ECANCELED && out_of_time;
    return late || status == L2OSR_ENONFINITE ? L2OSR_OK : status;
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
    const l2osr_model_options m = recipe_model(recipe, seed);
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
    printf("%s: %zu meta-steps in %.1f s, validation loss %.4f, best %.4f after meta-step %zu",
           line->name, report.meta_steps, report.seconds, report.first_loss, report.best_loss,
           report.best_step);
    if (o.with_curriculum)
        printf(", stage %zu", report.stage + 1);
    if (report.diverged)
        printf(", %zu of %zu episodes diverged", report.diverged, report.episodes);
    puts("");
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
    if (compare_optimizers(s->ctx, s->tasks.held_out, &s->comparison, lines, n, &curves))
        return true;
    print_table(s->tasks.held_out, &s->comparison, lines, n);
    if (s->curves) {
        const char *folder = path_in(s->curves, name);
        make_folder(folder);
        write_curves(s->ctx, curves, lines, s->tasks.images.name, folder);
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

/* ---- all of it ---- */

static void open_setup(struct setup *s, size_t threads) {
    const struct task_choice choice = {.name = "mlp"};
    static const struct comparison full = {COLUMNS, {200, 600}, 5}, quick = {COLUMNS, {20, 40}, 2};
    s->comparison = s->quick ? quick : full;
    s->ctx = open_session(threads, 1);
    s->tasks = open_tasks(s->ctx, &choice);
    printf("%s, %u threads\n\n", s->tasks.title, l2osr_context_threads(s->ctx));
}

static void close_setup(struct setup *s) {
    close_tasks(&s->tasks);
    l2osr_context_free(s->ctx);
}

/* Recipes [*first, *end): all of them, or the one of that name. */
static void choose(const char *only, size_t *first, size_t *end) {
    char names[200] = "";
    *first = 0;
    *end = recipe_count;
    for (size_t i = 0; only && i < recipe_count; i++) {
        if (strcmp(recipes[i].name, only) == 0) {
            *first = i;
            *end = i + 1;
            return;
        }
        snprintf(names + strlen(names), sizeof names - strlen(names), " %s", recipes[i].name);
    }
    if (only)
        fail("no model '%s'; there are%s", only, names);
}

/* Runs the recipes and reports what was finished. Returns whether it was interrupted. */
static bool run(struct bench *bench, const struct setup *s, size_t first, size_t end) {
    struct results r = {.outcomes = calloc(end - first, sizeof *r.outcomes)};
    bool interrupted = false;
    if (!r.outcomes)
        fail("out of memory");
    if (end - first > 1) { /* a model alone is tried out */
        open_classics(s->ctx, r.classics);
        interrupted = evaluate(s, "classics", r.classics, CLASSICS);
        r.n_classics = interrupted ? 0 : CLASSICS;
        close_classics(r.classics);
    }
    for (; !interrupted && first < end; first++) {
        struct outcome *outcome = &r.outcomes[r.n];
        outcome->recipe = &recipes[first];
        interrupted = measure(s, outcome);
        r.n += !interrupted;
    }
    report_results(bench, &r, &s->comparison, s->seeds);
    free(r.outcomes);
    return interrupted;
}

int main(int argc, char **argv) {
    struct setup s = {.seeds = 1};
    const char *only = NULL;
    size_t threads = 0, first, end;
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
    choose(only, &first, &end);
    if (s.curves)
        make_folder(s.curves);
    s.quick = bench_quick(bench);
    open_setup(&s, threads);
    const bool interrupted = run(bench, &s, first, end);
    close_setup(&s);
    status = bench_finish(bench);
    return interrupted ? 130 : status;
}
