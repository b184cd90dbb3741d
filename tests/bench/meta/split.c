/* SPDX-License-Identifier: MIT */
/* A meta-step as l2osr_meta_train() takes it, and its parts. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../peak.h"
#include "../steps.h"
#include "meta.h"
#include "meta/optimizer.h"
#include "meta/episode.h"
#include "meta/gradient.h"

enum { MOST_THREADS = 2, MOST_SUBJECTS = 8 };
enum part { WHOLE, TASK, FORWARD, BACKWARD, PARTS };

/* A model, a task, and what a trainer has, with so many threads. */
struct trial {
    l2osr_context *ctx;
    l2osr_task *task;
    l2osr_model *model;
    l2osr__unroll *unroll;
    l2osr__gradient gradient;
    l2osr__optimizer adam;
    double *weights, *flat;
    size_t windows;        /* run so far */
    l2osr_stepper *second; /* steps without a window around them */
    float *x;
};

static void trial_open(struct trial *t, const char *model, const l2osr_dataset *images,
                       unsigned threads) {
    l2osr_stepper *stepper;
    *t = (struct trial){.ctx = context_of(threads)};
    t->task = image_task(t->ctx, images, 30, 20);
    t->model = create_model(t->ctx, model);
    const size_t n = l2osr_task_dim(t->task), size = l2osr_model_size(t->model);
    const l2osr__unroll_config config = {
        .task = t->task, .planes = l2osr_model_state(t->model), .window = UNROLL};
    must(l2osr__stepper_for(&stepper, t->ctx, t->task, NULL, t->model, L2OSR_F32));
    must(l2osr__unroll_create(&t->unroll, t->ctx, stepper, &config));
    must(l2osr__gradient_init(&t->gradient, t->ctx, t->model, t->task, UNROLL));
    must(l2osr__optimizer_init(&t->adam, t->ctx, L2OSR_META_ADAM, 0, size));
    must(l2osr__stepper_for(&t->second, t->ctx, t->task, NULL, t->model, L2OSR_F32));
    t->x = numbers(n, 0.001f);
    t->weights = calloc(2 * size, sizeof *t->weights);
    if (!t->weights)
        abort();
    t->flat = t->weights + size;
    memcpy(t->weights, l2osr_model_weights(t->model), size * sizeof *t->weights);
}

static void trial_close(struct trial *t) {
    free(t->weights);
    free(t->x);
    l2osr_stepper_free(t->second);
    l2osr__optimizer_clear(&t->adam, t->ctx);
    l2osr__gradient_clear(&t->gradient);
    l2osr__unroll_free(t->unroll);
    l2osr_model_free(t->model);
    l2osr_task_free(t->task);
    l2osr_context_free(t->ctx);
}

/* ---- what is timed ---- */

static void run_whole(void *user) {
    struct trial *t = user;
    if (t->windows++ % EPISODE == 0)
        must(l2osr__unroll_restart(t->unroll, t->windows));
    must(l2osr__unroll_window(t->unroll, UNROLL));
    must(l2osr__gradient_of_window(&t->gradient, t->unroll, t->flat));
    l2osr__optimizer_step(&t->adam, t->weights, t->flat, 3e-4, 0);
    must(l2osr_model_set_weights(t->model, t->weights));
}

/* Where a window has them, as the caches see a difference; the point stays that of now. */
static void run_task(void *user) {
    const struct trial *t = user;
    double loss;
    for (uint64_t k = 0; k <= UNROLL; k++)
        must(l2osr_task_loss_grad_f32(t->task, &(l2osr_draw){1, k}, t->unroll->x, &loss,
                                      t->unroll->g + k * t->unroll->dim));
}

static void run_forward(void *user) {
    const struct trial *t = user;
    for (size_t k = 0; k < UNROLL; k++)
        must(l2osr_stepper_step_f32(t->second, t->x, t->unroll->g + k * t->unroll->dim, NULL));
}

static void run_backward(void *user) {
    struct trial *t = user;
    must(l2osr__gradient_of_window(&t->gradient, t->unroll, t->flat));
}

/* ---- figures ---- */

/* Seconds of a meta-step by [threads - 1]. */
struct figures {
    double seconds[MOST_THREADS][PARTS];
    double trained[MOST_THREADS]; /* by l2osr_meta_train() */
    double work, sgemm;           /* operations of the forward steps; those of a second */
};

static void time_training(const struct bench *bench, const char *model, struct trial *trials,
                          double *best) {
    const l2osr_meta_options o = {.struct_size = sizeof o,
                                  .meta_steps = EPISODE,
                                  .unroll = UNROLL,
                                  .horizon = EPISODE * UNROLL,
                                  .no_imitation = 1};
    best[0] = best[1] = INFINITY;
    for (int round = 0; round < (bench_quick(bench) ? 1 : 3); round++)
        for (size_t i = 0; i < MOST_THREADS; i++)
            best[i] = fmin(best[i], train(trials[i].ctx, model, trials[i].task, NULL, &o));
}

static struct figures measure(const struct bench *bench, const char *model,
                              const l2osr_dataset *images) {
    static void (*const run[PARTS])(void *user) = {run_whole, run_task, run_forward, run_backward};
    struct trial trials[MOST_THREADS];
    struct bench_work works[MOST_THREADS * PARTS];
    struct figures f;
    for (unsigned i = 0; i < MOST_THREADS; i++) {
        trial_open(&trials[i], model, images, i + 1);
        for (size_t p = 0; p < PARTS; p++)
            works[i * PARTS + p] = (struct bench_work){run[p], &trials[i]};
    }
    bench_time(bench, MOST_THREADS * PARTS, works, &f.seconds[0][0]);
    time_training(bench, model, trials, f.trained);
    f.work = operations(trials[0].model) * (double)trials[0].unroll->dim * UNROLL;
    f.sgemm = speed_of_sgemm(bench);
    for (size_t i = 0; i < MOST_THREADS; i++)
        trial_close(&trials[i]);
    return f;
}

static void report_whole(struct bench *bench, const struct subject *s, const struct figures *f) {
    const double one = f->seconds[0][WHOLE], two = f->seconds[1][WHOLE];
    bench_at_most(bench, s->name, "1 thread", 1e3 * one, "ms", s->torch / s->times);
    bench_at_least(bench, s->name, "times torch", s->torch / (1e3 * one), "x", s->times);
    bench_report(bench, s->name, "2 threads", 1e3 * two, "ms");
    bench_at_least(bench, s->name, "gain of 2", one / two, "x", 1.7);
    bench_report(bench, s->name, "trained on 1", 1e3 * f->trained[0], "ms");
    bench_report(bench, s->name, "trained on 2", 1e3 * f->trained[1], "ms");
}

static void report_parts(struct bench *bench, const char *name, const struct figures *f) {
    static const char *const metrics[MOST_THREADS][PARTS] = {
        {"rest on 1", "task on 1", "forward on 1", "backward on 1"},
        {"rest on 2", "task on 2", "forward on 2", "backward on 2"}};
    for (size_t i = 0; i < MOST_THREADS; i++) {
        const double *s = f->seconds[i];
        for (size_t p = TASK; p < PARTS; p++)
            bench_report(bench, name, metrics[i][p], 1e3 * s[p], "ms");
        bench_report(bench, name, metrics[i][WHOLE],
                     1e3 * (s[WHOLE] - s[TASK] - s[FORWARD] - s[BACKWARD]), "ms");
    }
}

/* Backwards the steps are run again, and every product is the work of two. */
static void report_speed(struct bench *bench, const char *name, const struct figures *f) {
    const double forward = f->work / f->seconds[0][FORWARD];
    const double backward = 3 * f->work / f->seconds[0][BACKWARD];
    bench_report(bench, name, "forward speed", 1e-9 * forward, "GFLOP/s");
    bench_report(bench, name, "forward/sgemm", 100 * forward / f->sgemm, "%");
    bench_report(bench, name, "backward speed", 1e-9 * backward, "GFLOP/s");
    bench_report(bench, name, "backward/sgemm", 100 * backward / f->sgemm, "%");
}

void bench_split(struct bench *bench, const struct subject *subjects, size_t count) {
    l2osr_context *ctx = context_of(1);
    const char *name;
    char title[100];
    l2osr_dataset *images = open_images(ctx, &name);
    struct figures figures[MOST_SUBJECTS];
    snprintf(title, sizeof title, "a meta-step, MLP 784-30-20-10 on %s, unroll %d", name, UNROLL);
    bench_section(bench, title);
    for (size_t i = 0; i < count; i++) {
        figures[i] = measure(bench, subjects[i].name, images);
        report_whole(bench, &subjects[i], &figures[i]);
    }
    bench_section(bench, "its parts, on 1 and on 2 threads");
    for (size_t i = 0; i < count; i++)
        report_parts(bench, subjects[i].name, &figures[i]);
    bench_section(bench, "products with the weights, 1 thread");
    for (size_t i = 0; i < count; i++)
        report_speed(bench, subjects[i].name, &figures[i]);
    l2osr_dataset_free(images);
    l2osr_context_free(ctx);
}
