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

struct arena open_arena(struct paper *p, const char *network, bool cifar) {
    const bool small = p->quick && strcmp(network, "resnet") == 0;
    struct arena a = {.network = small ? "resnet4" : network, .cifar = cifar};
    const struct task_choice choice = {.name = a.network,
                                       .data = cifar ? NULL : p->data,
                                       .cifar = cifar ? p->cifar : NULL,
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
    l2osr_rule *rule = open_rule(ctx, o->name);
    if (!o->decays)
        return rule;
    l2osr_rule *decaying = decay_rule(ctx, rule, o->file, steps);
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
                a->seeds > 1 ? loss.deviation : NAN, accuracy.mean,
                a->seeds > 1 ? accuracy.deviation : NAN, lr);
    }
    end_output(csv, path);
}

static void run(struct paper *p, const struct arena *a, size_t optimizer, l2osr_rule *rule,
                const char *path) {
    const size_t first = optimizers[optimizer].first;
    const l2osr_evaluate_options options = {.struct_size = sizeof options,
                                            .steps = a->steps,
                                            .seeds = a->seeds,
                                            .seed = REPORTED_SEED,
                                            .metric_every = a->every};
    const l2osr_entry entry = {.name = optimizer_names[optimizer],
                               .rule = rule,
                               .lr = first ? choose_lr(p, a, first, rule)
                                           : l2osr_rule_default_lr(rule)};
    l2osr_curves *curves;
    paper_must(p, l2osr_evaluate(&curves, p->ctx, a->tasks.held_out, 1, &entry, &options));
    write_outcome(a, curves, entry.lr, path);
    l2osr_curves_free(curves);
}

/* ---- outcomes ---- */

/* FNV-1a. */
static uint32_t checksum(const char *text) {
    uint32_t sum = 2166136261u;
    for (; *text; text++)
        sum = (sum ^ (unsigned char)*text) * 16777619u;
    return sum;
}

/* What another rule came to, before its file was changed, has another name. */
static void name_outcome(struct outcome *o, const struct paper *p, const struct arena *a,
                         const struct optimizer *optimizer, const l2osr_rule *rule) {
    const char *path = paper_path(p, "cache/%s%s_%s-%08x.csv", a->network, a->cifar ? "_cifar" : "",
                                  optimizer->file, (unsigned)checksum(l2osr_rule_text(rule)));
    if ((size_t)snprintf(o->csv, sizeof o->csv, "%s", path) >= sizeof o->csv)
        fail("--out %s: the name is too long", p->out);
}

static void read_outcome(struct outcome *o, l2osr_context *ctx) {
    enum { COLUMNS = 6 };
    l2osr_array *table;
    must(ctx, l2osr_array_load(&table, ctx, o->csv));
    o->n = l2osr_array_extent(table, 0);
    if (l2osr_array_extent(table, 1) != COLUMNS || o->n == 0 || o->n > MOST_POINTS)
        fail("%s: not what this program writes; remove it", o->csv);
    for (size_t i = 0; i < o->n; i++) {
        double row[COLUMNS];
        for (size_t k = 0; k < COLUMNS; k++)
            row[k] = l2osr_array_get(table, i * COLUMNS + k);
        o->points[i].epoch = row[0];
        o->points[i].loss = (l2osr_spread){row[1], row[2]};
        o->points[i].accuracy = (l2osr_spread){row[3], row[4]};
        o->lr = row[5];
    }
    l2osr_array_free(table);
}

struct outcome measure(struct paper *p, const struct arena *a, size_t optimizer) {
    l2osr_rule *rule = open_optimizer(p->ctx, &optimizers[optimizer], a->steps);
    struct outcome o = {.n = 0};
    char title[160];
    name_outcome(&o, p, a, &optimizers[optimizer], rule);
    snprintf(title, sizeof title, "%s: %s", a->title, optimizer_names[optimizer]);
    if (paper_begin(p, o.csv, title)) {
        run(p, a, optimizer, rule, o.csv);
        paper_end(p);
    }
    l2osr_rule_free(rule);
    read_outcome(&o, p->ctx);
    return o;
}

l2osr_spread final_loss(const struct outcome *o) {
    return o->points[o->n - 1].loss;
}

l2osr_spread final_accuracy(const struct outcome *o) {
    return o->points[o->n - 1].accuracy;
}

static void print_spread(l2osr_spread s) {
    char text[32];
    if (isnan(s.deviation))
        snprintf(text, sizeof text, "%.4f", s.mean);
    else
        snprintf(text, sizeof text, "%.4f +- %.2g", s.mean, s.deviation);
    printf("%-20s", text);
}

void print_outcomes(const struct arena *a, const struct outcome *outcomes) {
    printf("\n%s, %zu steps, seeds: %zu\n%-16s%-20s%-20sstep size\n", a->title, a->steps, a->seeds,
           "optimizer", "loss", "test accuracy");
    for (size_t i = 0; i < OPTIMIZERS; i++) {
        printf("%-16s", optimizer_names[i]);
        print_spread(final_loss(&outcomes[i]));
        print_spread(final_accuracy(&outcomes[i]));
        printf("%g\n", outcomes[i].lr);
    }
    puts("");
}
