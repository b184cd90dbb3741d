/* SPDX-License-Identifier: MIT */
#include "meta/episode.h"

#include <math.h>
#include <stdio.h>

#include "base/rng.h"
#include "meta/unroll.h"
#include "task/task.h"
#include "vec/kernels.h"

l2osr_status l2osr__stepper_for(l2osr_stepper **out, l2osr_context *ctx, const l2osr_task *task,
                                l2osr_rule *rule, l2osr_model *model, l2osr_dtype precision) {
    const l2osr_stepper_options options = {.struct_size = sizeof options, .precision = precision};
    const size_t groups = l2osr_task_group_count(task);
    size_t *sizes;
    L2OSR__TRY(l2osr__task_group_sizes(task, ctx, &sizes));
    l2osr_status status = model
                              ? l2osr_stepper_create_model(out, ctx, model, groups, sizes, &options)
                              : l2osr_stepper_create(out, ctx, rule, groups, sizes, &options);
    l2osr__free(ctx, sizes);
    return status;
}

void l2osr__reason_keep(l2osr__reason *reason, const l2osr_context *ctx) {
    snprintf(reason->text, sizeof reason->text, "%s", l2osr_context_errmsg(ctx));
}

size_t l2osr__episode_metrics(size_t steps, size_t metric_every) {
    return metric_every ? steps / metric_every + (steps % metric_every != 0) : 1;
}

/* Of parameters that are not finite many a metric is a number all the same, an accuracy of the
 * first class, say. */
static l2osr_status metric_now(l2osr__unroll *u, double *metric) {
    double *wide;
    *metric = NAN;
    if (!l2osr_task_metric_name(u->config.task) ||
        !l2osr__kernels_f32_of(u->ctx)->finite(u->dim, u->x))
        return L2OSR_OK;
    L2OSR__TRY(l2osr__alloc_to(u->ctx, &wide, u->dim, sizeof *wide));
    for (size_t i = 0; i < u->dim; i++)
        wide[i] = u->x[i];
    l2osr_status status = l2osr_task_metric(u->config.task, wide, metric);
    l2osr__free(u->ctx, wide);
    return status;
}

/* Whether the metric is wanted after `done` steps. */
static bool is_mark(const l2osr__episode *e, size_t done) {
    return e->metrics && (done == e->steps || (e->metric_every > 0 && done % e->metric_every == 0));
}

static l2osr_status run(l2osr__unroll *u, const l2osr__episode *e, double *losses) {
    size_t done = 0, measured = 0;
    l2osr_status status = l2osr__unroll_restart(u, e->seed);
    while (done < e->steps && status == L2OSR_OK) {
        status = l2osr__unroll_step(u, &losses[done]);
        done += status == L2OSR_OK;
        if (status == L2OSR_OK && is_mark(e, done))
            status = metric_now(u, &e->metrics[measured++]);
    }
    if (status != L2OSR_ENONFINITE)
        return status;
    for (; done < e->steps; done++)
        losses[done] = INFINITY;
    while (e->metrics && measured < l2osr__episode_metrics(e->steps, e->metric_every))
        e->metrics[measured++] = NAN;
    if (e->why)
        l2osr__reason_keep(e->why, u->ctx);
    return L2OSR_OK;
}

l2osr_status l2osr__episode_run(l2osr_context *ctx, const l2osr__episode *e, double *losses) {
    const l2osr__unroll_config config = {.task = e->task};
    l2osr_stepper *stepper;
    l2osr__unroll *u;
    L2OSR__TRY(l2osr__stepper_for(&stepper, ctx, e->task, e->rule, e->model, L2OSR_F32));
    L2OSR__TRY(l2osr__unroll_create(&u, ctx, stepper, &config));
    u->lr = e->lr;
    l2osr_status status = run(u, e, losses);
    l2osr__unroll_free(u);
    return status;
}

/* Parameters from which on one run keeps the threads busy with its steps, and two fill the memory.
 */
enum { LARGE = 1 << 20 };

bool l2osr__task_runs_abreast(const l2osr_task *task) {
    return l2osr__task_is_concurrent(task) && l2osr_task_dim(task) <= LARGE;
}

l2osr_status l2osr__task_loop(l2osr_context *ctx, const l2osr_task *task, size_t n,
                              l2osr_status (*fn)(void *arg, size_t index), void *arg) {
    if (l2osr__task_runs_abreast(task))
        return l2osr__parallel_for(ctx, n, fn, arg);
    for (size_t i = 0; i < n; i++)
        L2OSR__TRY(fn(arg, i));
    return L2OSR_OK;
}

double l2osr__episode_score(const double *losses, size_t steps) {
    const size_t first = steps / 4;
    double sum = 0;
    for (size_t t = first; t < steps; t++)
        sum += losses[t];
    return sum / (double)(steps - first);
}

typedef struct validation {
    l2osr_context *ctx;
    const l2osr__episode *episode;
    double *losses;      /* [runs][steps] */
    l2osr__reason *whys; /* [runs] */
} validation;

static l2osr_status validate_run(void *argument, size_t index) {
    validation *v = argument;
    l2osr__episode episode = *v->episode;
    episode.seed = l2osr__seed_split(episode.seed, index);
    episode.why = &v->whys[index];
    return l2osr__episode_run(v->ctx, &episode, v->losses + index * episode.steps);
}

static l2osr_status mean_score(const validation *v, size_t runs, const l2osr__score *score,
                               double *mean) {
    const size_t steps = v->episode->steps;
    *mean = 0;
    for (size_t i = 0; i < runs; i++) {
        const double *losses = v->losses + i * steps;
        double one = score ? 0 : l2osr__episode_score(losses, steps);
        if (score)
            L2OSR__TRY(score->fn(score->arg, losses, steps, &one));
        *mean += one / (double)runs;
    }
    return L2OSR_OK;
}

static void first_reason(const validation *v, size_t runs, l2osr__reason *why) {
    size_t i = 0;
    while (i + 1 < runs && v->whys[i].text[0] == '\0')
        i++;
    *why = v->whys[i];
}

l2osr_status l2osr__validate(l2osr_context *ctx, const l2osr__episode *episode, size_t runs,
                             const l2osr__score *score, double *loss) {
    validation v = {ctx, episode, NULL, NULL};
    double mean;
    l2osr_status status = l2osr__alloc_to(ctx, &v.losses, runs, episode->steps * sizeof *v.losses);
    if (status == L2OSR_OK)
        status = l2osr__alloc_to(ctx, &v.whys, runs, sizeof *v.whys);
    if (status == L2OSR_OK)
        status = l2osr__task_loop(ctx, episode->task, runs, validate_run, &v);
    if (status == L2OSR_OK)
        status = mean_score(&v, runs, score, &mean);
    if (status == L2OSR_OK && episode->why)
        first_reason(&v, runs, episode->why);
    l2osr__free(ctx, v.losses);
    l2osr__free(ctx, v.whys);
    if (status == L2OSR_OK)
        *loss = mean;
    return status;
}
