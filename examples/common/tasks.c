/* SPDX-License-Identifier: MIT */
/* The tasks that examples know by name. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

enum { MAX_SIZES = 4, HELD_OUT_SEED = 2, TRAIN_SEED = 1 };

struct kind;

/* What a task is made from. */
struct source {
    const struct kind *kind;
    const l2osr_dataset *set, *test; /* images and those for the metric; NULL without images */
    size_t batch;                    /* 0: the task's own */
    uint64_t seed;                   /* of problems that are drawn */
};

/* To add a task, add a row: everything else goes by the table. */
struct kind {
    const char *name, *help;
    bool images;
    l2osr_status (*make)(l2osr_task **out, l2osr_context *ctx, const struct source *from);
    size_t sizes[MAX_SIZES]; /* what `make` makes of them: hidden layers up to a 0, dimension ... */
    l2osr_activation activation; /* of MLPs */
    l2osr_start start;           /* of MLPs */
};

static l2osr_status make_mlp(l2osr_task **out, l2osr_context *ctx, const struct source *from) {
    l2osr_mlp_options o = L2OSR_MLP_OPTIONS_INIT;
    o.hidden = from->kind->sizes;
    while (o.n_hidden < MAX_SIZES && o.hidden[o.n_hidden])
        o.n_hidden++;
    o.activation = from->kind->activation;
    o.start = from->kind->start;
    o.batch = from->batch;
    o.test = from->test;
    return l2osr_task_mlp(out, ctx, from->set, &o);
}

static l2osr_status make_cnn(l2osr_task **out, l2osr_context *ctx, const struct source *from) {
    const l2osr_cnn_options o = {.struct_size = sizeof o, .batch = from->batch, .test = from->test};
    return l2osr_task_cnn(out, ctx, from->set, &o);
}

static l2osr_status make_resnet(l2osr_task **out, l2osr_context *ctx, const struct source *from) {
    const l2osr_resnet_options o = {.struct_size = sizeof o,
                                    .depth = from->kind->sizes[0],
                                    .width = from->kind->sizes[1],
                                    .batch = from->batch,
                                    .test = from->test};
    return l2osr_task_resnet(out, ctx, from->set, &o);
}

static l2osr_status make_quadratic(l2osr_task **out, l2osr_context *ctx,
                                   const struct source *from) {
    const double condition = 100, noise = 0;
    return l2osr_task_quadratic(out, ctx, from->kind->sizes[0], condition, noise, from->seed);
}

static l2osr_status make_rosenbrock(l2osr_task **out, l2osr_context *ctx,
                                    const struct source *from) {
    return l2osr_task_rosenbrock(out, ctx, from->kind->sizes[0]);
}

static l2osr_status make_least_squares(l2osr_task **out, l2osr_context *ctx,
                                       const struct source *from) {
    const size_t *sizes = from->kind->sizes;
    return l2osr_task_least_squares(out, ctx, sizes[0], sizes[1], from->seed);
}

static l2osr_status make_lasso(l2osr_task **out, l2osr_context *ctx, const struct source *from) {
    const size_t *sizes = from->kind->sizes;
    const double penalty = 0.005;
    return l2osr_task_lasso(out, ctx, sizes[0], sizes[1], penalty, from->seed);
}

static l2osr_status make_rastrigin(l2osr_task **out, l2osr_context *ctx,
                                   const struct source *from) {
    const size_t *sizes = from->kind->sizes;
    return l2osr_task_rastrigin(out, ctx, sizes[0], sizes[1], from->seed);
}

static l2osr_status make_square_cos(l2osr_task **out, l2osr_context *ctx,
                                    const struct source *from) {
    const size_t *sizes = from->kind->sizes;
    return l2osr_task_square_cos(out, ctx, sizes[0], sizes[1], from->seed);
}

static const struct kind kinds[] = {
    {"mlp", "pixels-30-20-classes, ReLU: P1 of the paper", true, make_mlp, .sizes = {30, 20}},
    {"mlp20", "pixels-20-classes, ReLU: P3 of the paper", true, make_mlp, .sizes = {20}},
    {"mlp20_he", "mlp20 from a start after He", true, make_mlp, .sizes = {20},
     .start = L2OSR_START_HE},
    {"mlp3", "pixels-40-20-20-classes, ReLU", true, make_mlp, .sizes = {40, 20, 20}},
    {"mlp2", "pixels-50-20-20-12-classes, ReLU", true, make_mlp, .sizes = {50, 20, 20, 12}},
    {"mlp2_he", "mlp2 from a start after He", true, make_mlp, .sizes = {50, 20, 20, 12},
     .start = L2OSR_START_HE},
    {"logistic", "multinomial logistic regression: no hidden layer", true, make_mlp, .sizes = {0}},
    {"tanh", "pixels-24-16-classes, tanh", true, make_mlp, .sizes = {24, 16},
     .activation = L2OSR_TANH},
    {"sigmoid32", "pixels-32-classes, sigmoid", true, make_mlp, .sizes = {32},
     .activation = L2OSR_SIGMOID},
    {"sigmoid", "pixels-20-20-classes, sigmoid", true, make_mlp, .sizes = {20, 20},
     .activation = L2OSR_SIGMOID},
    {"cnn", "two small convolutions: P2 of the paper", true, make_cnn, .sizes = {0}},
    {"resnet", "residual network of 8 layers, 8 to 32 channels", true, make_resnet,
     .sizes = {8, 8}},
    {"resnet4", "resnet with 4 to 16 channels", true, make_resnet, .sizes = {8, 4}},
    {"quadratic", "a rotated bowl in 100 dimensions, condition 100", false, make_quadratic,
     .sizes = {100}},
    {"rosenbrock", "the curved valley in 100 dimensions", false, make_rosenbrock, .sizes = {100}},
    {"least_squares", "128 systems of 10 equations", false, make_least_squares, .sizes = {128, 10}},
    {"lasso", "128 of 2 unknowns", false, make_lasso, .sizes = {128, 2}},
    {"rastrigin", "128 wavy bowls in 2 dimensions", false, make_rastrigin, .sizes = {128, 2}},
    {"square_cos", "128 wavy systems of 2 equations", false, make_square_cos, .sizes = {128, 2}},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static void list_tasks(void) {
    for (size_t i = 0; i < KINDS; i++)
        printf("%-14s %s%s\n", kinds[i].name, kinds[i].help, kinds[i].images ? " (images)" : "");
}

static const struct kind *find_kind(const char *name) {
    for (size_t i = 0; i < KINDS; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    fail("no task '%s' (see --list-tasks)", name);
}

/* Options that would say nothing to the task are mistakes. */
static void check_choice(const struct task_choice *c, const struct kind *kind) {
    if (c->data && c->cifar)
        fail("--data and --cifar are two kinds of images: choose one");
    if (!kind->images && (c->data || c->cifar || c->batch))
        fail("the task '%s' has no images: it takes no --data, --cifar and --batch", kind->name);
}

l2osr_task *open_image_task(l2osr_context *ctx, const char *name, const l2osr_dataset *set,
                            const l2osr_dataset *test) {
    const struct source from = {.kind = find_kind(name), .set = set, .test = test};
    l2osr_task *task;
    if (!from.kind->images)
        fail("the task '%s' has no images", name);
    must(ctx, from.kind->make(&task, ctx, &from));
    return task;
}

struct tasks open_tasks(l2osr_context *ctx, const struct task_choice *c) {
    struct tasks tasks = {.train = NULL};
    if (c->list) {
        list_tasks();
        exit(0);
    }
    const struct kind *kind = find_kind(c->name);
    check_choice(c, kind);
    if (kind->images)
        tasks.images = c->cifar ? load_cifar(ctx, c->cifar) : load_images(ctx, c->data);
    const struct source train = {kind, tasks.images.train, NULL, c->batch, TRAIN_SEED};
    const struct source held_out = {kind, tasks.images.held_out, tasks.images.test, c->batch,
                                    HELD_OUT_SEED};
    must(ctx, kind->make(&tasks.train, ctx, &train));
    must(ctx, kind->make(&tasks.held_out, ctx, &held_out));
    snprintf(tasks.title, sizeof tasks.title, "%s%s%.60s, %zu parameters", kind->name,
             kind->images ? " on " : "", kind->images ? tasks.images.name : "",
             l2osr_task_dim(tasks.train));
    return tasks;
}

void close_tasks(struct tasks *tasks) {
    l2osr_task_free(tasks->train);
    l2osr_task_free(tasks->held_out);
    free_images(&tasks->images);
}

/* NAME or NAME:WEIGHT. */
static void add_task(struct mixture *m, l2osr_context *ctx, const struct task_choice *c,
                     const char *flag, char *word) {
    struct task_choice choice = *c;
    char *colon = strchr(word, ':'), *end;
    const double weight = colon ? strtod(colon + 1, &end) : 1;
    if (m->n == MOST_TASKS)
        fail("--%s: more than %d", flag, MOST_TASKS);
    if (colon && (*end || !(weight > 0 && isfinite(weight))))
        fail("--%s: the weight in '%s' is not a positive number", flag, word);
    if (colon)
        *colon = '\0';
    choice.name = word;
    m->tasks[m->n] = open_tasks(ctx, &choice);
    m->train[m->n] = (l2osr_meta_task){m->tasks[m->n].train, weight};
    puts(m->tasks[m->n++].title);
}

void open_mixture(struct mixture *m, l2osr_context *ctx, const struct task_choice *choice,
                  const char *flag, const char *names) {
    const char *list = names;
    char word[LONGEST_WORD];
    m->n = 0;
    while (next_word(flag, &list, word))
        add_task(m, ctx, choice, flag, word);
    if (m->n == 0)
        fail("--%s: names with commas between them, not '%s'", flag, names);
}

void close_mixture(struct mixture *m) {
    for (size_t i = 0; i < m->n; i++)
        close_tasks(&m->tasks[i]);
}
