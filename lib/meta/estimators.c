/* SPDX-License-Identifier: MIT */
#include "meta/estimators.h"

#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/rng.h"
#include "meta/es.h"
#include "meta/exact.h"

/* What the seed is split into. */
enum { SEED_EPISODE, SEED_PERTURBATIONS };

typedef struct bench {
    l2osr_context *ctx;
    const l2osr__learner *learner;
    l2osr_task *task;
    l2osr__comparison c;
    uint64_t episode; /* its seed */
    l2osr__stage stage;
    uint64_t done;
    l2osr__pupil *pupil;
    bool known;                   /* whether `exact` is */
    double *exact, *flat, *total; /* [size]: of the whole episode; of a window; of all windows */
    double *mean, *spread;        /* [size]: of estimates so far, and of squares about the mean */
} bench;

static double dot(const bench *b, const double *u, const double *v) {
    double sum = 0;
    for (size_t i = 0; i < b->learner->size; i++)
        sum += u[i] * v[i];
    return sum;
}

static l2osr_status tick(bench *b, const char *detail) {
    return l2osr__stage_tick(&b->stage, ++b->done, NAN, detail);
}

/* ---- from estimates to figures ---- */

static void begin(bench *b, l2osr_estimator_figures *f) {
    *f = (l2osr_estimator_figures){0};
    memset(b->mean, 0, b->learner->size * sizeof *b->mean);
    memset(b->spread, 0, b->learner->size * sizeof *b->spread);
}

/* Takes b->total in, after Welford. */
static void take(bench *b, l2osr_estimator_figures *f, double seconds) {
    const double n = (double)++f->repeats, norm = sqrt(dot(b, b->total, b->total));
    f->norm += (norm - f->norm) / n;
    f->seconds += (seconds - f->seconds) / n;
    if (b->known)
        f->cosine +=
            (dot(b, b->total, b->exact) / (norm * sqrt(dot(b, b->exact, b->exact))) - f->cosine) /
            n;
    for (size_t i = 0; i < b->learner->size; i++) {
        const double away = b->total[i] - b->mean[i];
        b->mean[i] += away / n;
        b->spread[i] += away * (b->total[i] - b->mean[i]);
    }
}

static void finish(bench *b, l2osr_estimator_figures *f) {
    const double unit = dot(b, b->exact, b->exact), n = (double)f->repeats;
    double spread = 0, away = 0;
    if (!b->known) {
        f->cosine = f->bias = f->error = f->variance = NAN;
        return;
    }
    for (size_t i = 0; i < b->learner->size; i++) {
        spread += b->spread[i];
        away += (b->mean[i] - b->exact[i]) * (b->mean[i] - b->exact[i]);
    }
    f->variance = f->repeats > 1 ? spread / (n - 1) / unit : 0;
    f->error = sqrt(f->variance / n);
    f->bias = sqrt(away / unit);
}

/* ---- the estimators ---- */

static void add_window(bench *b) {
    for (size_t i = 0; i < b->learner->size; i++)
        b->total[i] += b->flat[i];
}

/* Of each window with its beginning as constant, or of all of them. */
static l2osr_status sum_windows(bench *b, l2osr__exact *e, bool together) {
    memset(b->total, 0, b->learner->size * sizeof *b->total);
    L2OSR__TRY(l2osr__exact_restart(e, b->episode));
    for (size_t w = 0; w < b->c.windows; w++) {
        L2OSR__TRY(w > 0 && together ? l2osr__exact_append(e)
                                     : l2osr__exact_window(e, b->c.unroll));
        if (together && w + 1 < b->c.windows)
            continue;
        L2OSR__TRY(l2osr__exact_gradient(e, NULL, b->flat));
        add_window(b);
    }
    return L2OSR_OK;
}

static l2osr_status walk(bench *b, l2osr__order order, bool together) {
    l2osr__exact *e;
    L2OSR__TRY(l2osr__exact_create(&e, b->pupil, b->task, together ? b->c.windows : 1, b->c.unroll,
                                   order));
    const l2osr_status status = sum_windows(b, e, together);
    l2osr__exact_free(e);
    return status;
}

static l2osr_status walk_whole(bench *b) {
    L2OSR__TRY(walk(b, L2OSR__SECOND_ORDER, true));
    memcpy(b->exact, b->total, b->learner->size * sizeof *b->exact);
    b->known = true;
    return tick(b, "exact");
}

static l2osr_status walk_windows(bench *b, l2osr__order order, l2osr_estimator_figures *f) {
    const double start = l2osr__now();
    begin(b, f);
    L2OSR__TRY(walk(b, order, false));
    take(b, f, l2osr__now() - start);
    finish(b, f);
    f->gradients = b->c.windows * (b->c.unroll + 1);
    f->products = order == L2OSR__SECOND_ORDER ? b->c.windows * (b->c.unroll - 1) : 0;
    return tick(b, order == L2OSR__SECOND_ORDER ? "exact in windows" : "first order");
}

static l2osr_status sum_samples(bench *b, l2osr__es *es) {
    memset(b->total, 0, b->learner->size * sizeof *b->total);
    L2OSR__TRY(l2osr__es_restart(es, b->episode));
    for (size_t w = 0; w < b->c.windows; w++) {
        L2OSR__TRY(l2osr__es_window(es, b->learner->start, b->c.unroll, NULL, b->flat));
        add_window(b);
    }
    return L2OSR_OK;
}

/* The estimate of other perturbations every time. */
static l2osr_status sample_once(bench *b, bool persistent, size_t repeat,
                                l2osr_estimator_figures *f) {
    const l2osr__unroll_config config = {.task = b->task};
    const uint64_t seed = l2osr__seed_split(b->c.seed, SEED_PERTURBATIONS);
    const l2osr__es_options options = {b->c.pairs, b->c.sigma, persistent,
                                       l2osr__seed_split(seed, repeat)};
    const double start = l2osr__now();
    l2osr__es *es;
    L2OSR__TRY(l2osr__es_create(&es, b->learner, &config, &options));
    const l2osr_status status = sum_samples(b, es);
    l2osr__es_free(es);
    L2OSR__TRY(status);
    take(b, f, l2osr__now() - start);
    return tick(b, persistent ? "PES" : "ES");
}

static l2osr_status sample(bench *b, bool persistent, l2osr_estimator_figures *f) {
    begin(b, f);
    for (size_t repeat = 0; repeat < b->c.repeats; repeat++)
        L2OSR__TRY(sample_once(b, persistent, repeat, f));
    finish(b, f);
    f->gradients = (2 * b->c.pairs + !persistent) * b->c.windows * (b->c.unroll + 1);
    return L2OSR_OK;
}

/* ---- all of them ---- */

static const l2osr_estimator_figures not_to_be_had = {
    .norm = NAN, .cosine = NAN, .bias = NAN, .error = NAN, .variance = NAN, .seconds = NAN};

static l2osr_status prepare(bench *b) {
    const size_t size = b->learner->size;
    L2OSR__TRY(l2osr__pupil_create(&b->pupil, b->learner, b->task));
    L2OSR__TRY(l2osr__alloc_to(b->ctx, &b->exact, size, sizeof *b->exact));
    L2OSR__TRY(l2osr__alloc_to(b->ctx, &b->flat, size, sizeof *b->flat));
    L2OSR__TRY(l2osr__alloc_to(b->ctx, &b->total, size, sizeof *b->total));
    L2OSR__TRY(l2osr__alloc_to(b->ctx, &b->mean, size, sizeof *b->mean));
    return l2osr__alloc_to(b->ctx, &b->spread, size, sizeof *b->spread);
}

static void clear(bench *b) {
    double *const arrays[] = {b->exact, b->flat, b->total, b->mean, b->spread};
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++)
        l2osr__free(b->ctx, arrays[i]);
    l2osr__pupil_free(b->pupil);
}

static l2osr_status compare(bench *b, l2osr__estimator_table *table) {
    L2OSR__TRY(prepare(b));
    l2osr__stage_begin(&b->stage, b->ctx, b->learner->class->stage,
                       2 * b->c.repeats + (table->exact ? 3 : 1));
    if (table->exact)
        L2OSR__TRY(walk_whole(b));
    table->norm = table->exact ? sqrt(dot(b, b->exact, b->exact)) : NAN;
    L2OSR__TRY(walk_windows(b, L2OSR__FIRST_ORDER, &table->of[L2OSR_META_FIRST_ORDER]));
    if (table->exact)
        L2OSR__TRY(walk_windows(b, L2OSR__SECOND_ORDER, &table->of[L2OSR_META_EXACT]));
    L2OSR__TRY(sample(b, false, &table->of[L2OSR_META_ES]));
    return sample(b, true, &table->of[L2OSR_META_PES]);
}

l2osr_status l2osr__compare_estimators(const l2osr__learner *learner, l2osr_task *task,
                                       const l2osr__comparison *comparison,
                                       l2osr__estimator_table *table) {
    bench b = {.ctx = learner->ctx,
               .learner = learner,
               .task = task,
               .c = *comparison,
               .episode = l2osr__seed_split(comparison->seed, SEED_EPISODE)};
    *table = (l2osr__estimator_table){.exact = l2osr__exact_is_possible(task)};
    table->of[L2OSR_META_EXACT] = not_to_be_had;
    const l2osr_status status = compare(&b, table);
    clear(&b);
    return status;
}
