/* SPDX-License-Identifier: MIT */
/* The trainer of lib/meta at work on the constants of a rule, and what comes before and after. */
#include "l2osr/tune.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "tune/memory.h"
#include "tune/prune.h"
#include "tune/tune_options.h"
#include "tune/tuner.h"

/* ---- making it ---- */

static l2osr_status copy_lists(l2osr_tuner *t) {
    l2osr_tuner_options *o = &t->options;
    L2OSR__TRY(l2osr__alloc_to(t->ctx, &t->tasks, o->n_tasks + 1, sizeof *t->tasks));
    L2OSR__TRY(l2osr__alloc_to(t->ctx, &t->horizons, o->n_horizons + 1, sizeof *t->horizons));
    for (size_t i = 0; i < o->n_tasks; i++)
        t->tasks[i] = o->tasks[i];
    for (size_t i = 0; i < o->n_horizons; i++)
        t->horizons[i] = o->horizons[i];
    o->tasks = t->tasks;
    o->horizons = t->horizons;
    if (!o->checkpoint)
        return L2OSR_OK;
    L2OSR__TRY(l2osr__alloc_to(t->ctx, &t->checkpoint, strlen(o->checkpoint) + 1, 1));
    o->checkpoint = strcpy(t->checkpoint, o->checkpoint);
    return L2OSR_OK;
}

/* What counts of whole episodes is what rules are compared by: the mean over the last three
 * quarters. */
static l2osr_status weigh_episodes(l2osr_tuner *t) {
    const l2osr_tuner_options *o = &t->options;
    if (!l2osr__tuner_is_evolution(o) || o->n_horizons || o->unroll != o->horizon)
        return L2OSR_OK;
    L2OSR__TRY(l2osr__alloc_to(t->ctx, &t->window_weights, o->unroll + 1, sizeof(double)));
    for (size_t r = o->unroll / 4; r <= o->unroll; r++)
        t->window_weights[r] = 1;
    return L2OSR_OK;
}

static l2osr_meta_options meta_options(const l2osr_tuner *t) {
    l2osr_meta_options m = l2osr__tuner_meta_options(&t->options);
    m.window_weights = t->window_weights;
    if (t->runs > 0) { /* other episodes, and nothing to go on from */
        m.seed = l2osr__seed_split(m.seed, t->runs);
        m.resume = 0;
    }
    return m;
}

static size_t most_groups(const l2osr_tuner *t) {
    size_t most = 1;
    for (size_t i = 0; i < t->options.n_tasks; i++)
        if (t->tasks[i].task && l2osr_task_group_count(t->tasks[i].task) > most)
            most = l2osr_task_group_count(t->tasks[i].task);
    if (t->task && l2osr_task_group_count(t->task) > most)
        most = l2osr_task_group_count(t->task);
    return most;
}

/* The trainer says what it would refuse. */
static l2osr_status check(l2osr_tuner *t) {
    const l2osr_meta_options m = meta_options(t);
    l2osr__trainer trainer = {
        .ctx = t->ctx, .learner = &t->learner.base, .validation = t->validation};
    L2OSR__TRY(l2osr__trainer_configure(&trainer, t->task, &m));
    return l2osr__tuner_count_memory(&trainer, &t->bytes);
}

static l2osr_status build(l2osr_tuner *t, const l2osr_rule *rule) {
    L2OSR__TRY(copy_lists(t));
    L2OSR__TRY(weigh_episodes(t));
    L2OSR__TRY(l2osr__rule_learner_init(&t->learner, t->ctx, rule, most_groups(t), &t->options));
    L2OSR__TRY(l2osr__alloc_to(t->ctx, &t->numbers, t->learner.base.size, sizeof *t->numbers));
    return check(t);
}

l2osr_status l2osr_tuner_create(l2osr_tuner **out, l2osr_context *ctx, l2osr_rule *rule,
                                l2osr_task *task, l2osr_task *validation,
                                const l2osr_tuner_options *options) {
    l2osr_tuner_options o;
    l2osr_tuner *t;
    if (!ctx || !out)
        return L2OSR_EINVAL;
    *out = NULL;
    L2OSR__TRY(l2osr__tuner_options_read(&o, ctx, options));
    if (!rule || (!task && o.n_tasks == 0))
        return l2osr__fail(ctx, L2OSR_EINVAL, "tune: needs a rule and a task");
    L2OSR__TRY(l2osr__alloc_to(ctx, &t, 1, sizeof *t));
    *t = (l2osr_tuner){.ctx = ctx,
                       .options = o,
                       .task = task,
                       .validation = validation,
                       .first_loss = NAN,
                       .best_loss = NAN,
                       .report = L2OSR_META_REPORT_INIT};
    const l2osr_status status = build(t, rule);
    if (status == L2OSR_OK)
        *out = t;
    else
        l2osr_tuner_free(t);
    return status;
}

void l2osr_tuner_free(l2osr_tuner *t) {
    if (!t)
        return;
    l2osr__rule_learner_clear(&t->learner);
    l2osr_rule_free(t->pruned);
    l2osr__free(t->ctx, t->tasks);
    l2osr__free(t->ctx, t->horizons);
    l2osr__free(t->ctx, t->checkpoint);
    l2osr__free(t->ctx, t->window_weights);
    l2osr__free(t->ctx, t->numbers);
    l2osr__free(t->ctx, t);
}

size_t l2osr_tuner_memory(const l2osr_tuner *t) {
    return t->bytes;
}

/* ---- running it ---- */

static l2osr_status rule_without(const l2osr_tuner *t, const uint8_t *removed, l2osr_rule **out) {
    const l2osr_simplify_options finite = {.struct_size = sizeof finite, .finite = 1};
    l2osr_rule *rule;
    L2OSR__TRY(l2osr__params_rule(&t->learner.params, t->learner.theta, removed, &rule));
    const l2osr_status status = l2osr_rule_simplify(out, rule, &finite);
    l2osr_rule_free(rule);
    return status;
}

static l2osr__jury jury_of(const l2osr_tuner *t, const l2osr_meta_task *only) {
    const l2osr_tuner_options *o = &t->options;
    const uint64_t seed = l2osr__seed_split(l2osr_context_seed(t->ctx), meta_options(t).seed);
    const bool mixed = !only->task;
    return (l2osr__jury){.tasks = mixed ? t->tasks : only,
                         .n_tasks = mixed ? o->n_tasks : 1,
                         .runs = o->validate_runs,
                         .horizon = o->n_horizons ? o->horizons[o->n_horizons - 1] : o->horizon,
                         .seed = l2osr__seed_split(seed, L2OSR__SEED_VALIDATION)};
}

static l2osr_status replace_pruned(l2osr_tuner *t, const uint8_t *removed, double rise) {
    size_t count = 0;
    for (size_t i = 0; i < t->learner.params.constants; i++)
        count += removed[i] != 0;
    if (count == 0)
        return L2OSR_OK;
    l2osr__log(t->ctx, L2OSR_LOG_INFO,
               "tune: without the terms of %zu constants the validation loss rises by %.2g %%",
               count, 100 * rise);
    return rule_without(t, removed, &t->pruned);
}

static l2osr_status prune(l2osr_tuner *t) {
    const l2osr_meta_task only = {t->validation ? t->validation : t->task, 1};
    const l2osr__jury jury = jury_of(t, &only);
    uint8_t *removed;
    double rise;
    if (t->options.prune < 0)
        return L2OSR_OK;
    L2OSR__TRY(l2osr__alloc_to(t->ctx, &removed, t->learner.params.constants, 1));
    l2osr_status status =
        l2osr__prune(&t->learner, &jury, t->learner.theta, t->options.prune, removed, &rise);
    if (status == L2OSR_OK)
        status = replace_pruned(t, removed, rise);
    l2osr__free(t->ctx, removed);
    return status;
}

/* Takes over what a run came to, however it ended. */
static void take_outcome(l2osr_tuner *t, const l2osr__outcome *outcome) {
    t->report = outcome->report;
    memcpy(t->learner.theta, outcome->numbers, t->learner.base.size * sizeof *t->learner.theta);
    if (isnan(t->first_loss))
        t->first_loss = outcome->report.first_loss;
    t->best_loss = outcome->report.best_loss;
    l2osr_rule_free(t->pruned);
    t->pruned = NULL;
}

l2osr_status l2osr_tuner_run(l2osr_tuner *t) {
    if (!t)
        return L2OSR_EINVAL;
    const l2osr_meta_options m = meta_options(t);
    l2osr__outcome outcome = {.numbers = t->numbers};
    l2osr__log(t->ctx, L2OSR_LOG_INFO, "tune: %zu numbers, %.1f MB beside what tasks need",
               t->learner.base.size, (double)t->bytes / 1e6);
    l2osr_status status = l2osr__train(&t->learner.base, t->task, t->validation, &m, &outcome);
    if (outcome.began && (status == L2OSR_OK || status == L2OSR_ECANCELED))
        take_outcome(t, &outcome);
    if (status == L2OSR_OK)
        status = prune(t);
    t->runs += status == L2OSR_OK;
    return status;
}

/* ---- what came of it ---- */

l2osr_status l2osr_tuner_rule(const l2osr_tuner *t, l2osr_rule **out) {
    if (!t || !out)
        return L2OSR_EINVAL;
    *out = t->pruned ? l2osr_rule_ref(t->pruned) : NULL;
    return t->pruned ? L2OSR_OK
                     : l2osr__params_rule(&t->learner.params, t->learner.theta, NULL, out);
}

double l2osr_tuner_first_loss(const l2osr_tuner *tuner) {
    return tuner->first_loss;
}

double l2osr_tuner_best_loss(const l2osr_tuner *tuner) {
    return tuner->best_loss;
}

void l2osr_tuner_report(const l2osr_tuner *tuner, l2osr_meta_report *report) {
    l2osr__report_hand_over(&tuner->report, report);
}
