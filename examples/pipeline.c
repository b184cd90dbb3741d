/* SPDX-License-Identifier: MIT */
/* The main job, from a task to a tuned update rule: meta-train a numerical optimizer, collect its
 * trajectories, distil them into a formula, tune the formula's constants, and compare everything on
 * data held out. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common.h"

enum { SHORT = 200, LONG = 600, OURS = 3, RULES = 4, MAX_LRS = 5, ROWS = OURS + RULES };

/* What --quick makes smaller. */
struct budget {
    size_t meta_steps, imitation, runs, evaluations, tune_steps, evolution_steps, horizon, seeds,
        steps;
};
static const struct budget full = {1000, 200, 8, 400000, 200, 80, 200, 5, LONG};
static const struct budget quick = {60, 40, 2, 15000, 20, 4, 60, 2, 120};

struct pipeline {
    l2osr_context *ctx;
    const char *out;
    struct budget budget;
    struct images images;
    l2osr_task *train, *held_out;
    l2osr_model *model;
    l2osr_samples *samples;
    l2osr_rule *distilled, *tuned;
};

/* One line of the table: which curve says what at which step, and what a step costs. */
struct row {
    const char *name;
    l2osr_rule *rule;
    l2osr_model *model;
    double lr_short, lr_long;
    l2osr_spread at_short, at_long, accuracy;
    double nanoseconds;
    size_t state_bytes;
};

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void stage(const char *title) {
    printf("\n== %s\n", title);
    fflush(stdout);
}

/* After Ctrl-C everything finished so far is on disk: say where, and leave as interrupted programs
 * do. */
static void leave_if(bool was_stopped, const struct pipeline *p) {
    if (!was_stopped)
        return;
    printf("stopped; what is done is in %s\n", p->out);
    exit(130);
}

static void meta_train(struct pipeline *p) {
    l2osr_meta_options o = L2OSR_META_OPTIONS_INIT;
    l2osr_meta_report report = L2OSR_META_REPORT_INIT;
    stage("meta-train: RP_s, 446 weights");
    o.meta_steps = p->budget.meta_steps;
    o.imitation = p->budget.imitation;
    o.horizon = p->budget.horizon;
    must(p->ctx, l2osr_model_create(&p->model, p->ctx, NULL));
    bool was_stopped =
        stopped(p->ctx, l2osr_meta_train(p->ctx, p->model, p->train, p->train, &o, &report));
    must(p->ctx, l2osr_model_save(p->model, path_in(p->out, "numerical.model")));
    printf("%zu meta-steps in %.1f s; validation loss %.4f, best %.4f after step %zu\n",
           report.meta_steps, report.seconds, report.first_loss, report.best_loss,
           report.best_step);
    leave_if(was_stopped, p);
}

static void collect(struct pipeline *p) {
    l2osr_collect_options o = L2OSR_COLLECT_OPTIONS_INIT;
    stage("collect trajectories");
    o.runs = p->budget.runs;
    o.steps = p->budget.horizon * 2;
    leave_if(stopped(p->ctx, l2osr_meta_collect(&p->samples, p->ctx, p->model, p->train, &o)), p);
    must(p->ctx, l2osr_samples_save(p->samples, path_in(p->out, "samples.npy")));
    printf("%zu trajectories of %zu steps\n", l2osr_samples_trajectories(p->samples),
           l2osr_samples_steps(p->samples));
}

static void print_front(const l2osr_front *front, size_t chosen) {
    puts("nodes        MSE  R2 train  R2 valid  equation");
    for (size_t i = 0; i < l2osr_front_size(front); i++) {
        const l2osr_formula *f = l2osr_front_get(front, i);
        printf("%5u  %9.3g    %.4f    %.4f %c%s\n", f->complexity, f->mse, f->r2_train,
               f->r2_validation, i == chosen ? '>' : ' ', f->equation);
    }
}

/* R2 on trajectories of a task that neither training nor search has seen. */
static double held_out_r2(struct pipeline *p, const char *equation) {
    l2osr_collect_options o = L2OSR_COLLECT_OPTIONS_INIT;
    l2osr_samples *samples;
    double r2;
    o.runs = 2;
    o.steps = p->budget.horizon * 2;
    o.seed = 1;
    leave_if(stopped(p->ctx, l2osr_meta_collect(&samples, p->ctx, p->model, p->held_out, &o)), p);
    must(p->ctx, l2osr_r2(p->ctx, samples, equation, &r2));
    l2osr_samples_free(samples);
    return r2;
}

static void distil(struct pipeline *p) {
    static const double decays[] = {0.5, 0.8, 0.9, 0.95, 0.98};
    l2osr_sr_options o = L2OSR_SR_OPTIONS_INIT;
    l2osr_sr *sr;
    l2osr_front *front;
    stage("distil");
    o.evaluations = p->budget.evaluations;
    o.decays = decays;
    o.n_decays = sizeof decays / sizeof decays[0];
    o.max_lag = 2;
    must(p->ctx, l2osr_sr_create(&sr, p->ctx, p->samples, &o));
    bool was_stopped = stopped(p->ctx, l2osr_sr_run(sr));
    must(p->ctx, l2osr_sr_front(sr, &front));
    must(p->ctx, l2osr_front_save(front, path_in(p->out, "front.csv")));
    const size_t chosen = l2osr_front_recommend(front, 0.01);
    print_front(front, chosen);
    leave_if(was_stopped || l2osr_front_size(front) == 0, p);
    const char *equation = l2osr_front_get(front, chosen)->equation;
    must(p->ctx,
         l2osr_rule_compose(&p->distilled, p->ctx, l2osr_model_features(p->model), equation, 0.01));
    must(p->ctx, l2osr_rule_save(p->distilled, path_in(p->out, "distilled.rule")));
    printf("R2 on held-out trajectories: %.4f\n\n%s\nLaTeX: %s\n", held_out_r2(p, equation),
           l2osr_rule_text(p->distilled), l2osr_rule_latex(p->distilled));
    l2osr_front_free(front);
    l2osr_sr_free(sr);
}

/* The rule with better constants replaces p->tuned, on disk too. */
static void tune_by(struct pipeline *p, const char *how, const l2osr_tuner_options *o) {
    l2osr_tuner *tuner;
    l2osr_rule *start = p->tuned;
    must(p->ctx, l2osr_tuner_create(&tuner, p->ctx, start, p->train, p->train, o));
    bool was_stopped = stopped(p->ctx, l2osr_tuner_run(tuner));
    must(p->ctx, l2osr_tuner_rule(tuner, &p->tuned));
    must(p->ctx, l2osr_rule_save(p->tuned, path_in(p->out, "tuned.rule")));
    printf("%s: validation loss %.4f, best %.4f\n", how, l2osr_tuner_first_loss(tuner),
           l2osr_tuner_best_loss(tuner));
    l2osr_tuner_free(tuner);
    l2osr_rule_free(start);
    leave_if(was_stopped, p);
}

/* Cheap first-order gradients first; then whole episodes, which see what those are blind to. */
static void tune(struct pipeline *p) {
    l2osr_tuner_options first_order = L2OSR_TUNER_OPTIONS_INIT, evolution = first_order;
    stage("tune");
    p->tuned = l2osr_rule_ref(p->distilled);
    first_order.meta_steps = p->budget.tune_steps;
    first_order.horizon = p->budget.horizon;
    tune_by(p, "first-order gradients", &first_order);
    evolution.estimator = L2OSR_EVOLUTION;
    evolution.meta_steps = p->budget.evolution_steps;
    evolution.horizon = p->budget.steps; /* as long as the rule is to be used */
    evolution.validate_every = 8;
    evolution.validate_runs = 6;
    evolution.seed = 1;
    tune_by(p, "evolution over episodes", &evolution);
    printf("\n%s", l2osr_rule_text(p->tuned));
}

static size_t short_horizon(const struct pipeline *p) {
    return p->budget.steps < SHORT ? p->budget.steps : SHORT;
}

/* Nanoseconds per parameter of a step, over enough parameters to leave the caches. */
static double time_step(const struct pipeline *p, const struct row *row) {
    const size_t n = (size_t)1 << 20;
    const int repeats = row->model ? 2 : 8;
    l2osr_stepper *stepper;
    float *x = calloc(2 * n, sizeof *x), *g = x + n;
    if (!x)
        fail("out of memory");
    for (size_t i = 0; i < n; i++)
        g[i] = (float)(i % 97) - 48;
    must(p->ctx, row->model ? l2osr_stepper_create_model(&stepper, p->ctx, row->model, 1, &n, NULL)
                            : l2osr_stepper_create(&stepper, p->ctx, row->rule, 1, &n, NULL));
    must(p->ctx, l2osr_stepper_step_f32(stepper, x, g, NULL));
    const double start = seconds();
    for (int i = 0; i < repeats; i++)
        must(p->ctx, l2osr_stepper_step_f32(stepper, x, g, NULL));
    const double spent = seconds() - start;
    l2osr_stepper_free(stepper);
    free(x);
    return 1e9 * spent / repeats / (double)n;
}

/* Ours first, then every classic at every step size of its grid: entries of one row are neighbours.
 */
static void list_entries(struct pipeline *p, struct row *rows, l2osr_entry *entries) {
    static const char *const names[RULES] = {"Adam", "RMSProp", "momentum", "SGD"};
    static const char *const presets[RULES] = {"adam", "rmsprop", "momentum", "sgd"};
    static const double lrs[RULES][MAX_LRS] = {{1e-3, 3e-3, 1e-2, 3e-2, 1e-1},
                                               {3e-4, 1e-3, 3e-3, 1e-2, 3e-2},
                                               {1e-2, 3e-2, 1e-1, 2e-1, 3e-1},
                                               {1e-1, 2e-1, 3e-1, 5e-1, 1}};
    rows[0] = (struct row){.name = "numerical", .model = p->model};
    rows[1] = (struct row){.name = "distilled", .rule = p->distilled};
    rows[2] = (struct row){.name = "tuned", .rule = p->tuned};
    for (size_t i = 0; i < OURS; i++)
        *entries++ = (l2osr_entry){rows[i].name, rows[i].rule, rows[i].model, 0};
    for (size_t r = 0; r < RULES; r++) {
        struct row *row = &rows[OURS + r];
        row->name = names[r];
        must(p->ctx, l2osr_rule_preset(&row->rule, p->ctx, presets[r]));
        for (size_t k = 0; k < MAX_LRS; k++)
            *entries++ = (l2osr_entry){names[r], row->rule, NULL, lrs[r][k]};
    }
}

/* Each classic gets the step sizes that suit it best at each horizon, chosen on the very runs that
 * are reported: nobody can say that it was tuned badly. Returns the entry that is best in the end.
 */
static size_t fill_row(const struct pipeline *p, struct row *row, const l2osr_curves *curves,
                       const l2osr_entry *entries, size_t begin, size_t end) {
    size_t best = begin;
    row->at_short.mean = row->at_long.mean = INFINITY;
    for (size_t e = begin; e < end; e++) {
        const l2osr_spread a = l2osr_curves_at(curves, e, short_horizon(p));
        const l2osr_spread b = l2osr_curves_at(curves, e, p->budget.steps);
        if (a.mean < row->at_short.mean) {
            row->at_short = a;
            row->lr_short = entries[e].lr;
        }
        if (b.mean < row->at_long.mean) {
            row->at_long = b;
            row->lr_long = entries[e].lr;
            row->accuracy = l2osr_curves_metric(curves, e);
            best = e;
        }
    }
    row->nanoseconds = time_step(p, row);
    row->state_bytes =
        sizeof(float) * (row->model ? l2osr_model_state(row->model) : l2osr_rule_state(row->rule));
    return best;
}

static void compare(struct pipeline *p, struct row *rows, l2osr_entry *best) {
    l2osr_entry entries[OURS + RULES * MAX_LRS];
    l2osr_evaluate_options o = L2OSR_EVALUATE_OPTIONS_INIT;
    l2osr_curves *curves;
    stage("evaluate on the held-out half");
    list_entries(p, rows, entries);
    o.steps = p->budget.steps;
    o.seeds = p->budget.seeds;
    o.metric = 1;
    leave_if(stopped(p->ctx, l2osr_evaluate(&curves, p->ctx, p->held_out, OURS + RULES * MAX_LRS,
                                            entries, &o)),
             p);
    for (size_t i = 0; i < ROWS; i++) {
        const size_t begin = i < OURS ? i : OURS + (i - OURS) * MAX_LRS;
        const size_t end = i < OURS ? begin + 1 : begin + MAX_LRS;
        best[i] = entries[fill_row(p, &rows[i], curves, entries, begin, end)];
    }
    l2osr_curves_free(curves);
}

static void write_table(const struct pipeline *p, const struct row *rows) {
    const size_t last = p->budget.steps, first = short_horizon(p);
    const char *path = path_in(p->out, "table.csv");
    FILE *csv = begin_output(path);
    fputs("optimizer,loss_short,loss_short_deviation,loss_long,loss_long_deviation,accuracy,"
          "ns_per_parameter,state_bytes,lr_short,lr_long\n",
          csv);
    printf("%-10s  loss at %-3zu      loss at %-3zu      accuracy  ns/par  bytes  step sizes\n",
           "optimizer", first, last);
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *r = &rows[i];
        printf("%-10s  %.3f +- %.3f   %.3f +- %.3f   %.3f     %6.2f  %5zu", r->name,
               r->at_short.mean, r->at_short.deviation, r->at_long.mean, r->at_long.deviation,
               r->accuracy.mean, r->nanoseconds, r->state_bytes);
        if (r->lr_short > 0)
            printf("  %g, %g", r->lr_short, r->lr_long);
        puts("");
        fprintf(csv, "%s,%.6g,%.6g,%.6g,%.6g,%.6g,%.4g,%zu,%g,%g\n", r->name, r->at_short.mean,
                r->at_short.deviation, r->at_long.mean, r->at_long.deviation, r->accuracy.mean,
                r->nanoseconds, r->state_bytes, r->lr_short, r->lr_long);
    }
    end_output(csv, path);
}

static void draw_curves(struct pipeline *p, const l2osr_entry *best) {
    const char *names[ROWS], *csv = path_in(p->out, "curves.csv");
    char title[200];
    l2osr_evaluate_options o = L2OSR_EVALUATE_OPTIONS_INIT;
    l2osr_curves *curves;
    o.steps = p->budget.steps;
    o.seeds = p->budget.seeds;
    leave_if(stopped(p->ctx, l2osr_evaluate(&curves, p->ctx, p->held_out, ROWS, best, &o)), p);
    for (size_t i = 0; i < ROWS; i++)
        names[i] = best[i].name;
    must(p->ctx, l2osr_curves_save(curves, csv));
    snprintf(title, sizeof title,
             "%s, MLP of %zu parameters, held-out half, mean and deviation of %zu seeds",
             p->images.name, l2osr_task_dim(p->held_out), o.seeds);
    plot_curves(csv, path_in(p->out, "curves.svg"), title, names, ROWS);
    l2osr_curves_free(curves);
}

int main(int argc, char **argv) {
    const char *data = NULL;
    size_t seed = 1, threads = 0;
    bool small = false;
    struct pipeline p = {.out = "out"};
    const struct flag flags[] = {
        {"data", FLAG_TEXT, &data, "folder with MNIST-like IDX files"},
        {"out", FLAG_TEXT, &p.out, "folder for results"},
        {"seed", FLAG_COUNT, &seed, "of everything random"},
        {"threads", FLAG_COUNT, &threads, "0: one per processor"},
        {"quick", FLAG_BOOL, &small, "a small run, to see that everything works"},
    };
    const double start = seconds();
    read_flags(
        argc, argv,
        "Meta-trains a learned optimizer on an image classifier, distils it into a formula, tunes\n"
        "the formula, and compares all three with tuned classics on data held out.",
        flags, sizeof flags / sizeof flags[0], NULL, NULL, 0);
    p.ctx = open_session(threads, seed);
    p.budget = small ? quick : full;
    p.images = load_images(p.ctx, data);
    make_folder(p.out);
    p.train = mlp_task(p.ctx, p.images.train, NULL);
    p.held_out = mlp_task(p.ctx, p.images.held_out, p.images.test);
    printf("%s, MLP with %zu parameters, %u threads\n", p.images.name, l2osr_task_dim(p.train),
           l2osr_context_threads(p.ctx));
    meta_train(&p);
    collect(&p);
    distil(&p);
    tune(&p);
    struct row rows[ROWS] = {0};
    l2osr_entry best[ROWS];
    compare(&p, rows, best);
    write_table(&p, rows);
    draw_curves(&p, best);
    printf("\n%.0f s in all; results are in %s\n", seconds() - start, p.out);
    for (size_t i = OURS; i < ROWS; i++)
        l2osr_rule_free(rows[i].rule);
    l2osr_rule_free(p.distilled);
    l2osr_rule_free(p.tuned);
    l2osr_samples_free(p.samples);
    l2osr_model_free(p.model);
    l2osr_task_free(p.train);
    l2osr_task_free(p.held_out);
    free_images(&p.images);
    l2osr_context_free(p.ctx);
    return 0;
}
