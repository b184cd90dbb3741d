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

/* An optimizer on its way without windows. A task draws its starting point in f64. */
static size_t run_bytes(const site *s) {
    const l2osr__unroll_config config = {.task = s->task, .planes = s->planes};
    return l2osr__unroll_bytes(&config, s->dim) + s->planes * s->dim * sizeof(float) +
           s->dim * sizeof(double);
}

static l2osr_status first_order(const site *s, size_t *bytes) {
    const l2osr__unroll_config config = {.task = s->task,
                                         .planes = s->planes,
                                         .window = s->trainer->options.unroll,
                                         .keep_x = s->pupil->keep_x,
                                         .half = s->pupil->half};
    size_t *sizes;
    L2OSR__TRY(l2osr__task_group_sizes(s->task, s->trainer->ctx, &sizes));
    const l2osr_status status =
        l2osr__rule_gradient_bytes(bytes, s->trainer->ctx, s->pupil->rule,
                                   l2osr_task_group_count(s->task), sizes, &config);
    l2osr__free(s->trainer->ctx, sizes);
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
    const size_t center = persistent ? 0 : run_bytes(s) + s->planes * s->dim * sizeof(float);
    return 2 * s->trainer->options.pairs * run_bytes(s) + center;
}

static l2osr_status training_bytes(const site *s, size_t *bytes) {
    switch (s->trainer->options.estimator) {
    case L2OSR_META_EXACT:
        *bytes = exact_bytes(s);
        return L2OSR_OK;
    case L2OSR_META_ES:
    case L2OSR_META_PES:
        *bytes = es_bytes(s);
        return L2OSR_OK;
    case L2OSR_META_FIRST_ORDER:
    default:
        return first_order(s, bytes);
    }
}

/* Runs side by side. */
static size_t validation_bytes(const site *s) {
    const size_t threads = l2osr_context_threads(s->trainer->ctx);
    const size_t runs = s->trainer->options.validate_runs;
    const size_t abreast = l2osr__task_runs_abreast(s->task) ? (runs < threads ? runs : threads) : 1;
    return abreast * run_bytes(s);
}

static l2osr_status count_task(const l2osr__trainer *t, l2osr_task *task, size_t *training,
                               size_t *validation) {
    l2osr__pupil *pupil;
    L2OSR__TRY(l2osr__pupil_create(&pupil, t->learner, task));
    const site s = {t, task, pupil, l2osr_task_dim(task), l2osr__pupil_planes(pupil)};
    const size_t runs = validation_bytes(&s);
    *validation = runs > *validation ? runs : *validation;
    size_t bytes = 0;
    const l2osr_status status = training ? training_bytes(&s, &bytes) : L2OSR_OK;
    if (training)
        *training += bytes;
    l2osr__pupil_free(pupil);
    return status;
}

/* What trains on a task stays when another one is drawn; validations come and go. */
l2osr_status l2osr__tuner_count_memory(const l2osr__trainer *t, size_t *bytes) {
    size_t training = 0, validation = 0;
    for (size_t i = 0; i < t->options.n_tasks; i++)
        L2OSR__TRY(count_task(t, t->options.tasks[i].task, &training, &validation));
    if (t->validation)
        L2OSR__TRY(count_task(t, t->validation, NULL, &validation));
    *bytes = training + validation;
    return L2OSR_OK;
}
