/* SPDX-License-Identifier: MIT */
/* The main job, from a task to a tuned update rule: meta-train a numerical optimizer, collect its
 * trajectories, distil them into a formula, tune the formula's constants, and compare everything on
 * data held out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

enum { SHORT = 200, LONG = 600, OURS = 3, LINES = OURS + CLASSICS };

/* What --quick makes smaller. */
struct budget {
    size_t meta_steps, imitation, runs, evaluations, tune_steps, evolution_steps, horizon, seeds,
        steps;
};
static const struct budget full = {1000, 900, 8, 400000, 200, 80, 200, 5, LONG};
static const struct budget quick = {60, 40, 2, 15000, 20, 4, 60, 2, 120};

struct pipeline {
    l2osr_context *ctx;
    const char *out;
    struct budget budget;
    struct task_choice choice;
    struct tasks tasks;
    l2osr_model *model;
    l2osr_samples *samples;
    l2osr_rule *distilled, *tuned;
};

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
    o.horizon = p->budget.steps; /* late steps should be short: it must see them */
    must(p->ctx, l2osr_model_create(&p->model, p->ctx, NULL));
    bool was_stopped = stopped(
        p->ctx, l2osr_meta_train(p->ctx, p->model, p->tasks.train, p->tasks.train, &o, &report));
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
    leave_if(stopped(p->ctx, l2osr_meta_collect(&p->samples, p->ctx, p->model, p->tasks.train, &o)),
             p);
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
    leave_if(stopped(p->ctx, l2osr_meta_collect(&samples, p->ctx, p->model, p->tasks.held_out, &o)),
             p);
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
    must(p->ctx, l2osr_tuner_create(&tuner, p->ctx, start, p->tasks.train, NULL, o));
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
    evolution.estimator = L2OSR_META_ES;
    evolution.meta_steps = p->budget.evolution_steps;
    evolution.horizon = p->budget.steps; /* as long as the rule is to be used */
    evolution.validate_every = 8;
    evolution.validate_runs = 6;
    evolution.seed = 1;
    tune_by(p, "evolution over episodes", &evolution);
    printf("\n%s", l2osr_rule_text(p->tuned));
}

/* Ours as they are, and the classics. */
static void list_lines(struct pipeline *p, struct contestant *lines) {
    lines[0] = (struct contestant){.name = "numerical", .model = p->model};
    lines[1] = (struct contestant){.name = "distilled", .rule = p->distilled};
    lines[2] = (struct contestant){.name = "tuned", .rule = p->tuned};
    open_classics(p->ctx, lines + OURS);
}

static void evaluate(struct pipeline *p) {
    struct comparison c = {2, {SHORT, p->budget.steps}, p->budget.seeds};
    struct contestant lines[LINES];
    l2osr_curves *curves;
    stage("evaluate on the held-out half");
    if (p->budget.steps <= SHORT)
        c = (struct comparison){1, {p->budget.steps}, p->budget.seeds};
    list_lines(p, lines);
    leave_if(compare_optimizers(p->ctx, p->tasks.held_out, &c, lines, LINES, &curves), p);
    print_table(p->tasks.held_out, &c, lines, LINES);
    write_table(p->tasks.held_out, &c, lines, LINES, path_in(p->out, "table.csv"));
    write_curves(p->ctx, curves, lines, p->tasks.title, path_in(p->out, "curves.csv"));
    l2osr_curves_free(curves);
    close_classics(lines + OURS);
}

int main(int argc, char **argv) {
    size_t seed = 1, threads = 0;
    bool small = false;
    struct pipeline p = {.out = "out", .choice = {.name = "mlp"}};
    const struct flag flags[] = {
        TASK_FLAGS(&p.choice),
        {"out", FLAG_TEXT, &p.out, "folder for results"},
        {"seed", FLAG_COUNT, &seed, "of everything random"},
        {"threads", FLAG_COUNT, &threads, "0: one per processor"},
        {"quick", FLAG_BOOL, &small, "a small run, to see that everything works"},
    };
    const double start = time_now();
    read_flags(
        argc, argv,
        "Meta-trains a learned optimizer on an image classifier, distils it into a formula, tunes\n"
        "the formula, and compares all three with tuned classics on data held out.",
        flags, sizeof flags / sizeof flags[0], NULL, NULL, 0);
    p.ctx = open_session(threads, seed);
    p.budget = small ? quick : full;
    p.tasks = open_tasks(p.ctx, &p.choice);
    make_folder(p.out);
    printf("%s, %u threads\n", p.tasks.title, l2osr_context_threads(p.ctx));
    meta_train(&p);
    collect(&p);
    distil(&p);
    tune(&p);
    evaluate(&p);
    printf("\n%.0f s in all; results are in %s\n", time_now() - start, p.out);
    l2osr_rule_free(p.distilled);
    l2osr_rule_free(p.tuned);
    l2osr_samples_free(p.samples);
    l2osr_model_free(p.model);
    close_tasks(&p.tasks);
    l2osr_context_free(p.ctx);
    return 0;
}
