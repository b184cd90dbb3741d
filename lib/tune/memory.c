/* SPDX-License-Identifier: MIT */
#include "tune/memory.h"

#include "meta/episode.h"
#include "task/task.h"
#include "tune/gradient.h"

/* A task and what runs on it. */
typedef struct site {
    const l2osr__trainer *trainer;
    l2osr_task *task;
    const l2osr__pupil *pupil;
    size_t dim, planes;
} site;

/* What training takes at a window, and between two. */
typedef struct need {
    size_t window, between;
} need;

/* An optimizer on its way without windows. */
static size_t run_bytes(const site *s) {
    const l2osr__unroll_config config = {.task = s->task, .planes = s->planes};
    return l2osr__unroll_bytes(&config, s->dim) + s->planes * s->dim * sizeof(float);
}

static l2osr_status first_order(const site *s, need *n) {
    const l2osr__unroll_config config = {.task = s->task,
                                         .planes = s->planes,
                                         .window = s->trainer->options.unroll,
                                         .keep_x = s->pupil->keep_x,
                                         .half = s->pupil->half};
    size_t *sizes;
    L2OSR__TRY(l2osr__task_group_sizes(s->task, s->trainer->ctx, &sizes));
    const l2osr_status status =
        l2osr__rule_gradient_bytes(&n->window, s->trainer->ctx, s->pupil->rule,
                                   l2osr_task_group_count(s->task), sizes, &config);
    l2osr__free(s->trainer->ctx, sizes);
    n->between = n->window - l2osr__unroll_gradient_bytes(&config, s->dim);
    return status;
}

/* Vectors of meta/exact.h, and the state of its stepper. */
static size_t exact_bytes(const site *s) {
    const size_t steps = s->trainer->options.unroll;
    const size_t window = steps * (s->planes + 2) + 1, others = 5 + 2 * s->planes;
    return (window + others) * s->dim * sizeof(double);
}

/* Particles, and what moves on unperturbed. */
static size_t es_bytes(const site *s) {
    const bool persistent = s->trainer->options.estimator == L2OSR_META_PES;
    const size_t center =
        persistent ? 0 : run_bytes(s) + s->planes * s->dim * sizeof(float); /* and its state */
    return 2 * s->trainer->options.pairs * run_bytes(s) + center;
}

static l2osr_status training_need(const site *s, need *n) {
    switch (s->trainer->options.estimator) {
    case L2OSR_META_EXACT:
        n->window = n->between = exact_bytes(s);
        return L2OSR_OK;
    case L2OSR_META_ES:
    case L2OSR_META_PES:
        n->window = n->between = es_bytes(s);
        return L2OSR_OK;
    case L2OSR_META_FIRST_ORDER:
    default:
        return first_order(s, n);
    }
}

/* Runs side by side. A task draws its starting point in f64. */
static size_t validation_bytes(const site *s) {
    const size_t threads = l2osr_context_threads(s->trainer->ctx);
    const size_t runs = s->trainer->options.validate_runs;
    const size_t abreast =
        l2osr__task_runs_abreast(s->task) ? (runs < threads ? runs : threads) : 1;
    return abreast * (run_bytes(s) + s->dim * sizeof(double));
}

/* Adds what a task takes to *all, unless it is NULL, and raises *validation to what it takes there.
 */
static l2osr_status count_task(const l2osr__trainer *t, l2osr_task *task, need *all,
                               size_t *validation) {
    l2osr__pupil *pupil;
    L2OSR__TRY(l2osr__pupil_create(&pupil, t->learner, task));
    const site s = {t, task, pupil, l2osr_task_dim(task), l2osr__pupil_planes(pupil)};
    const size_t runs = validation_bytes(&s);
    need n = {0, 0};
    const l2osr_status status = all ? training_need(&s, &n) : L2OSR_OK;
    *validation = runs > *validation ? runs : *validation;
    if (all) {
        all->window += n.window;
        all->between += n.between;
    }
    l2osr__pupil_free(pupil);
    return status;
}

/* What trains on a task stays when another one is drawn; validations come and go. */
l2osr_status l2osr__tuner_count_memory(const l2osr__trainer *t, size_t *bytes) {
    need all = {0, 0};
    size_t validation = 0;
    for (size_t i = 0; i < t->options.n_tasks; i++)
        L2OSR__TRY(count_task(t, t->options.tasks[i].task, &all, &validation));
    if (t->validation)
        L2OSR__TRY(count_task(t, t->validation, NULL, &validation));
    const size_t between = all.between + validation;
    *bytes = all.window > between ? all.window : between;
    return L2OSR_OK;
}
