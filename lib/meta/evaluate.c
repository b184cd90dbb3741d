/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "base/rng.h"
#include "l2osr/meta.h"
#include "meta/curves.h"
#include "meta/episode.h"

void l2osr_evaluate_options_init(l2osr_evaluate_options *o, size_t size) {
    l2osr__options_init(o, size);
}

static l2osr_status check(l2osr_context *ctx, size_t n, const l2osr_entry *entries) {
    if (n == 0 || !entries)
        return l2osr__fail(ctx, L2OSR_EINVAL, "evaluate: nothing to compare");
    for (size_t i = 0; i < n; i++) {
        if (!entries[i].name || !entries[i].rule == !entries[i].model)
            return l2osr__fail(ctx, L2OSR_EINVAL,
                               "evaluate: entry %zu needs a name and either a rule or a model", i);
        if (!(entries[i].lr >= 0) || isinf(entries[i].lr))
            return l2osr__fail(ctx, L2OSR_EINVAL, "evaluate: '%s' has step size %g",
                               entries[i].name, entries[i].lr);
    }
    return L2OSR_OK;
}

typedef struct evaluation {
    l2osr_context *ctx;
    l2osr_task *task;
    const l2osr_entry *entries;
    const l2osr_evaluate_options *options;
    l2osr_curves *curves;
} evaluation;

/* Run `index` is one seed of one entry; seeds vary fastest so that threads share out even a single
 * entry. */
static l2osr_status run_one(void *argument, size_t index) {
    evaluation *e = argument;
    const size_t entry = index / e->options->seeds, seed = index % e->options->seeds;
    l2osr_curves *curves = e->curves;
    const l2osr__episode episode = {
        .task = e->task,
        .rule = e->entries[entry].rule,
        .model = e->entries[entry].model,
        .lr = e->entries[entry].lr,
        .seed = l2osr__seed_split(e->options->seed, seed),
        .steps = curves->steps,
        .metrics = curves->marks ? curves->metrics + index * curves->marks : NULL,
        .metric_every = curves->metric_every};
    return l2osr__episode_run(e->ctx, &episode, curves->losses + index * curves->steps);
}

/* Batches of whole entries, as few as keep the threads busy, so that progress can be told and
 * cancellation seen between them. */
static l2osr_status run_all(evaluation *e) {
    l2osr__stage stage;
    const size_t seeds = e->curves->seeds, entries = e->curves->entries;
    const size_t together = 1 + (l2osr_context_threads(e->ctx) - 1) / seeds;
    l2osr__stage_begin(&stage, e->ctx, "evaluate", entries * seeds);
    for (size_t entry = 0; entry < entries; entry += together) {
        const size_t n = together < entries - entry ? together : entries - entry;
        evaluation part = *e;
        l2osr_curves window = *e->curves;
        window.losses += entry * seeds * e->options->steps;
        if (window.marks > 0)
            window.metrics += entry * seeds * window.marks;
        part.entries += entry;
        part.curves = &window;
        L2OSR__TRY(l2osr__task_loop(e->ctx, e->task, n * seeds, run_one, &part));
        L2OSR__TRY(l2osr__stage_tick(&stage, (entry + n) * seeds, NAN, part.entries[n - 1].name));
    }
    return L2OSR_OK;
}

l2osr_status l2osr_evaluate(l2osr_curves **out, l2osr_context *ctx, l2osr_task *task, size_t n,
                            const l2osr_entry *entries, const l2osr_evaluate_options *options) {
    l2osr_evaluate_options o;
    if (!ctx || !out)
        return L2OSR_EINVAL;
    *out = NULL;
    if (!task)
        return l2osr__fail(ctx, L2OSR_EINVAL, "evaluate: task is NULL");
    L2OSR__TRY(l2osr__options_copy(ctx, &o, sizeof o, options, "evaluate options"));
    L2OSR__TRY(check(ctx, n, entries));
    o.steps = o.steps ? o.steps : 200;
    o.seeds = o.seeds ? o.seeds : 5;
    o.seed = l2osr__seed_split(l2osr_context_seed(ctx), o.seed);
    const bool measured = (o.metric || o.metric_every > 0) && l2osr_task_metric_name(task);
    const l2osr_curves shape = {.seeds = o.seeds,
                                .steps = o.steps,
                                .metric_every = !measured        ? 0
                                                : o.metric_every ? o.metric_every
                                                                 : o.steps};
    L2OSR__TRY(l2osr__curves_create(out, ctx, n, entries, &shape));
    evaluation e = {ctx, task, entries, &o, *out};
    l2osr_status status = run_all(&e);
    if (status != L2OSR_OK) {
        l2osr_curves_free(*out);
        *out = NULL;
    }
    return status;
}

l2osr_status l2osr_grid_search(l2osr_context *ctx, l2osr_task *task, l2osr_rule *rule, size_t n,
                               const double *lrs, const l2osr_evaluate_options *options,
                               double *best) {
    l2osr_curves *curves;
    l2osr_entry *entries;
    double lowest = INFINITY;
    if (!ctx || !best)
        return L2OSR_EINVAL;
    *best = NAN;
    if (!rule || !lrs || n == 0)
        return l2osr__fail(ctx, L2OSR_EINVAL, "grid search: needs a rule and step sizes");
    L2OSR__TRY(l2osr__alloc_to(ctx, &entries, n, sizeof *entries));
    for (size_t i = 0; i < n; i++)
        entries[i] = (l2osr_entry){.name = "grid search", .rule = rule, .lr = lrs[i]};
    l2osr_status status = l2osr_evaluate(&curves, ctx, task, n, entries, options);
    l2osr__free(ctx, entries);
    if (status != L2OSR_OK)
        return status;
    for (size_t i = 0; i < n; i++) {
        double loss = l2osr_curves_at(curves, i, curves->steps).mean;
        if (loss < lowest) {
            lowest = loss;
            *best = lrs[i];
        }
    }
    l2osr_curves_free(curves);
    if (isinf(lowest))
        return l2osr__fail(ctx, L2OSR_ENONFINITE, "grid search: every step size diverges");
    return L2OSR_OK;
}
