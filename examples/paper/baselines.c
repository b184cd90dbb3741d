/* SPDX-License-Identifier: MIT */
#include "baselines.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BATCH = 128, EPOCHS = 3, PARTS = 3 /* of an epoch or of a quick run */, SEEDS = 2 };
enum { QUICK_STEPS = 12, QUICK_SEEDS = 1 };
enum { CHOICE_SEED = 1001, REPORTED_SEED = 1 };

/* Step sizes to choose from. */
static const double ladder[] = {1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1, 3, 10};
enum { RUNGS = sizeof ladder / sizeof ladder[0] };

const char *const optimizer_names[OPTIMIZERS] = {
    "fine-tuned rule", "tuned rule",   "SGD",  "SGD+cos",  "momentum",
    "momentum+cos",    "Nesterov+cos", "Adam", "Adam+cos", "RMSProp"};

static const struct optimizer {
    const char *name, *file; /* of a built-in rule, or of a file, which has its step size */
    bool decays;
    size_t first; /* on the ladder, where the search for its step size begins; 0: there is none */
} optimizers[OPTIMIZERS] = {
    {RULES "/finetuned.rule", "finetuned", false, 0},
    {RULES "/tuned.rule", "tuned", false, 0},
    {"sgd", "sgd", false, 6},
    {"sgd", "sgd_cos", true, 6},
    {"momentum", "momentum", false, 5},
    {"momentum", "momentum_cos", true, 5},
    {"nesterov", "nesterov_cos", true, 5},
    {"adam", "adam", false, 3},
    {"adam", "adam_cos", true, 3},
    {"rmsprop", "rmsprop", false, 2},
};

/* ---- arenas ---- */

struct arena open_arena(struct paper *p, const char *network) {
    const bool resnet = strcmp(network, "resnet") == 0;
    const bool coloured = p->cifar && (resnet || strcmp(network, "cnn") == 0);
    struct arena a = {.network = resnet && p->quick ? "resnet4" : network};
    const struct task_choice choice = {.name = a.network,
                                       .data = coloured ? NULL : p->data,
                                       .cifar = coloured ? p->cifar : NULL,
                                       .batch = BATCH};
    a.tasks = open_tasks(p->ctx, &choice);
    snprintf(a.title, sizeof a.title, "%s on %.60s", a.network, a.tasks.images.name);
    a.epoch = l2osr_dataset_size(a.tasks.images.held_out) / BATCH;
    if (a.epoch < PARTS)
        fail("%s: %zu images are too few", a.title, l2osr_dataset_size(a.tasks.images.held_out));
    a.steps = p->quick ? QUICK_STEPS : EPOCHS * a.epoch;
    a.seeds = p->quick ? QUICK_SEEDS : SEEDS;
    a.every = (p->quick ? QUICK_STEPS : a.epoch) / PARTS;
    return a;
}

void close_arena(struct arena *a) {
    close_tasks(&a->tasks);
}

/* ---- runs ---- */

static l2osr_rule *open_optimizer(l2osr_context *ctx, const struct optimizer *o, size_t steps) {
    l2osr_rule *rule = open_rule(ctx, o->name), *decaying;
    if (!o->decays)
        return rule;
    decaying = decay_rule(ctx, rule, o->file, steps);
    l2osr_rule_free(rule);
    return decaying;
}

/* Losses at the end of a run with steps of ladder[first] and the n - 1 behind it. */
static void climb(struct paper *p, const struct arena *a, l2osr_rule *rule, size_t first, size_t n,
                  double losses[RUNGS]) {
    const l2osr_evaluate_options options = {
        .struct_size = sizeof options, .steps = a->steps, .seeds = 1, .seed = CHOICE_SEED};
    l2osr_entry entries[RUNGS] = {{.name = NULL}};
    l2osr_curves *curves;
    for (size_t i = 0; i < n; i++)
        entries[i] = (l2osr_entry){.name = "choice", .rule = rule, .lr = ladder[first + i]};
    paper_must(p, l2osr_evaluate(&curves, p->ctx, a->tasks.held_out, n, entries, &options));
    for (size_t i = 0; i < n; i++)
        losses[first + i] = l2osr_curves_at(curves, i, a->steps).mean;
    l2osr_curves_free(curves);
}

static size_t lowest_of(const double *losses, size_t low, size_t high) {
    size_t best = low;
    for (size_t i = low; i <= high; i++)
        if (losses[i] < losses[best])
            best = i;
    return best;
}

/* Goes on beyond the best step size until there is a worse one on either side. Two at a time, for
 * two threads; a quick run is content with the first two. */
static double choose_lr(struct paper *p, const struct arena *a, size_t first, l2osr_rule *rule) {
    const size_t pair = 2;
    double losses[RUNGS];
    size_t low = first, high = first + (p->quick ? 1 : 3);
    climb(p, a, rule, low, high - low + 1, losses);
    size_t best = lowest_of(losses, low, high);
    while (!p->quick && ((best == low && low > 0) || (best == high && high + 1 < RUNGS))) {
        const bool up = best == high;
        const size_t room = up ? RUNGS - 1 - high : low, n = room < pair ? room : pair;
        climb(p, a, rule, up ? high + 1 : low - n, n, losses);
        high += up ? n : 0;
        low -= up ? 0 : n;
        best = lowest_of(losses, low, high);
    }
    return ladder[best];
}

static void write_outcome(const struct arena *a, const l2osr_curves *curves, double lr,
                          const char *path) {
    FILE *csv = begin_output(path);
    fputs("epoch,loss_mean,loss_deviation,accuracy_mean,accuracy_deviation,lr\n", csv);
    for (size_t step = 0; step < a->steps;) {
        step = step + a->every < a->steps ? step + a->every : a->steps;
        const l2osr_spread loss = l2osr_curves_at(curves, 0, step);
        const l2osr_spread accuracy = l2osr_curves_metric_at(curves, 0, step);
        fprintf(csv, "%.9g,%.9g,%.9g,%.9g,%.9g,%.9g\n", (double)step / (double)a->epoch, loss.mean,
                loss.deviation, accuracy.mean, accuracy.deviation, lr);
    }
    end_output(csv, path);
}

static void run(struct paper *p, const struct arena *a, size_t optimizer, const char *path) {
    const struct optimizer *o = &optimizers[optimizer];
    const l2osr_evaluate_options options = {.struct_size = sizeof options,
                                            .steps = a->steps,
                                            .seeds = a->seeds,
                                            .seed = REPORTED_SEED,
                                            .metric_every = a->every};
    l2osr_entry entry = {.name = optimizer_names[optimizer]};
    l2osr_curves *curves;
    entry.rule = open_optimizer(p->ctx, o, a->steps);
    entry.lr = o->first ? choose_lr(p, a, o->first, entry.rule) : l2osr_rule_default_lr(entry.rule);
    paper_must(p, l2osr_evaluate(&curves, p->ctx, a->tasks.held_out, 1, &entry, &options));
    write_outcome(a, curves, entry.lr, path);
    l2osr_curves_free(curves);
    l2osr_rule_free(entry.rule);
}

/* ---- outcomes ---- */

static struct outcome read_outcome(l2osr_context *ctx, const char *path) {
    enum { COLUMNS = 6 };
    struct outcome o = {0};
    l2osr_array *table;
    must(ctx, l2osr_array_load(&table, ctx, path));
    o.n = l2osr_array_extent(table, 0);
    if (l2osr_array_extent(table, 1) != COLUMNS || o.n == 0 || o.n > MOST_POINTS)
        fail("%s: not what this program writes; remove it", path);
    for (size_t i = 0; i < o.n; i++) {
        double row[COLUMNS];
        for (size_t k = 0; k < COLUMNS; k++)
            row[k] = l2osr_array_get(table, i * COLUMNS + k);
        o.points[i].epoch = row[0];
        o.points[i].loss = (l2osr_spread){row[1], row[2]};
        o.points[i].accuracy = (l2osr_spread){row[3], row[4]};
        o.lr = row[5];
    }
    l2osr_array_free(table);
    return o;
}

const char *outcome_file(const struct paper *p, const struct arena *a, size_t optimizer) {
    return paper_path(p, "cache/%s_%s.csv", a->network, optimizers[optimizer].file);
}

struct outcome measure(struct paper *p, const struct arena *a, size_t optimizer) {
    const char *path = outcome_file(p, a, optimizer);
    char title[160];
    snprintf(title, sizeof title, "%s: %s", a->title, optimizer_names[optimizer]);
    if (paper_begin(p, path, title)) {
        run(p, a, optimizer, path);
        paper_end(p);
    }
    return read_outcome(p->ctx, path);
}

l2osr_spread final_loss(const struct outcome *o) {
    return o->points[o->n - 1].loss;
}

l2osr_spread final_accuracy(const struct outcome *o) {
    return o->points[o->n - 1].accuracy;
}

void print_outcomes(const struct arena *a, const struct outcome *outcomes) {
    printf("\n%s, %zu steps, seeds: %zu\n%-14s  %-18s  %-18s  step size\n", a->title, a->steps,
           a->seeds, "optimizer", "loss", "test accuracy");
    for (size_t i = 0; i < OPTIMIZERS; i++) {
        const l2osr_spread loss = final_loss(&outcomes[i]), accuracy = final_accuracy(&outcomes[i]);
        printf("%-14s  %.4f +- %-8.2g  %.4f +- %-8.2g  %g\n", optimizer_names[i], loss.mean,
               loss.deviation, accuracy.mean, accuracy.deviation, outcomes[i].lr);
    }
    puts("");
}
