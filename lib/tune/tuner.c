/* SPDX-License-Identifier: MIT */
#include "l2osr/tune.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "meta/optimizer.h"
#include "meta/episode.h"
#include "task/task.h"
#include "tune/evolution.h"
#include "tune/gradient.h"
#include "tune/params.h"

/* What the seed of a tuner is split into. */
enum { SEED_EPISODES, SEED_VALIDATION };

struct l2osr_tuner {
    l2osr_context *ctx;
    l2osr_tuner_options options;
    uint64_t seed;
    l2osr_rule *start;
    l2osr_rule *current; /* a copy whose constants change in place: nobody else sees it */
    l2osr__params params;
    l2osr__rule_gradient gradient;
    l2osr__evolution evolution;
    l2osr__optimizer adam;
    l2osr__unroll *unroll;
    l2osr_task *validation;
    double meta_lr;
    uint64_t episodes; /* begun so far */
    size_t done;       /* steps of the current episode; the horizon when a new one is due */
    double first_loss, best_loss;
};

void l2osr_tuner_options_init(l2osr_tuner_options *o, size_t size) {
    l2osr__options_init(o, size);
}

static l2osr_status read_options(l2osr_tuner_options *o, l2osr_context *ctx,
                                 const l2osr_tuner_options *given) {
    L2OSR__TRY(l2osr__options_copy(ctx, o, sizeof *o, given, "tuner options"));
    if (!(o->meta_lr >= 0) || isinf(o->meta_lr))
        return l2osr__fail(ctx, L2OSR_EINVAL, "tuner: meta_lr must be positive");
    if (o->estimator != L2OSR_FIRST_ORDER && o->estimator != L2OSR_EVOLUTION)
        return l2osr__fail(ctx, L2OSR_EINVAL, "tuner: no estimator %d", (int)o->estimator);
    /* an estimate from whole episodes costs more, and is worth larger steps */
    const bool evolution = o->estimator == L2OSR_EVOLUTION;
    o->meta_steps = o->meta_steps ? o->meta_steps : evolution ? 60 : 400;
    o->horizon = o->horizon ? o->horizon : 200;
    o->unroll = o->unroll ? o->unroll : 20;
    o->unroll = o->unroll < o->horizon ? o->unroll : o->horizon;
    o->meta_lr = o->meta_lr > 0 ? o->meta_lr : evolution ? 0.03 : 0.01;
    o->validate_every = o->validate_every ? o->validate_every : evolution ? 10 : 50;
    o->validate_runs = o->validate_runs ? o->validate_runs : 2;
    return L2OSR_OK;
}

/* Makes the current rule what the parameters say. */
static void apply(l2osr_tuner *t) {
    const l2osr__params *params = &t->params;
    for (size_t i = 0; i < (size_t)t->current->constant_count; i++)
        l2osr__rule_set(t->current, i, l2osr__params_value(params, i, params->theta[i]));
    if (params->lr)
        t->unroll->lr =
            l2osr__params_value(params, params->count - 1, params->theta[params->count - 1]);
}

static bool reads_x(const l2osr_rule *rule) {
    for (int32_t i = 0; i < rule->program.count; i++)
        if (rule->program.slots[i].class == L2OSR__CLASS_INPUT &&
            rule->form.nodes[i].a == L2OSR__INPUT_X)
            return true;
    return false;
}

static l2osr_status make_unroll(l2osr_tuner *t, l2osr_task *task) {
    const l2osr__unroll_config config = {.task = task,
                                         .planes = l2osr_rule_state(t->current),
                                         .window = t->options.unroll,
                                         .keep_x = reads_x(t->current)};
    l2osr_stepper *stepper;
    L2OSR__TRY(l2osr__stepper_for(&stepper, t->ctx, task, t->current, NULL, L2OSR_F32));
    L2OSR__TRY(l2osr__unroll_create(&t->unroll, t->ctx, stepper, &config));
    t->unroll->lr = l2osr_rule_default_lr(t->start);
    return L2OSR_OK;
}

static l2osr_status make_gradient(l2osr_tuner *t, const l2osr_task *task) {
    size_t *sizes;
    L2OSR__TRY(l2osr__task_group_sizes(task, t->ctx, &sizes));
    l2osr_status status = l2osr__rule_gradient_init(
        &t->gradient, t->ctx, t->current, l2osr_task_group_count(task), sizes, t->options.unroll);
    l2osr__free(t->ctx, sizes);
    return status;
}

static l2osr_status build(l2osr_tuner *t, l2osr_rule *rule, l2osr_task *task) {
    L2OSR__TRY(l2osr__rule_spread(&t->start, rule, l2osr_task_group_count(task)));
    L2OSR__TRY(l2osr__params_init(&t->params, t->ctx, t->start, t->options.fixed_lr));
    L2OSR__TRY(l2osr__rule_tunable(&t->current, t->start));
    L2OSR__TRY(make_unroll(t, task));
    if (t->options.estimator == L2OSR_EVOLUTION)
        L2OSR__TRY(l2osr__evolution_init(&t->evolution, t->ctx, task, t->start, &t->params,
                                         t->options.horizon));
    else
        L2OSR__TRY(make_gradient(t, task));
    return l2osr__optimizer_init(&t->adam, t->ctx, L2OSR_META_ADAM, 0, t->params.count);
}

l2osr_status l2osr_tuner_create(l2osr_tuner **out, l2osr_context *ctx, l2osr_rule *rule,
                                l2osr_task *task, l2osr_task *validation,
                                const l2osr_tuner_options *options) {
    l2osr_tuner_options o;
    l2osr_tuner *t;
    if (!ctx || !out)
        return L2OSR_EINVAL;
    *out = NULL;
    if (!rule || !task || !validation)
        return l2osr__fail(ctx, L2OSR_EINVAL, "tuner: needs a rule and two tasks");
    L2OSR__TRY(read_options(&o, ctx, options));
    L2OSR__TRY(l2osr__alloc_to(ctx, &t, 1, sizeof *t));
    *t = (l2osr_tuner){.ctx = ctx,
                       .options = o,
                       .seed = l2osr__seed_split(l2osr_context_seed(ctx), o.seed),
                       .validation = validation,
                       .meta_lr = o.meta_lr,
                       .done = o.horizon,
                       .first_loss = NAN,
                       .best_loss = NAN};
    l2osr_status status = build(t, rule, task);
    if (status == L2OSR_OK)
        *out = t;
    else
        l2osr_tuner_free(t);
    return status;
}

void l2osr_tuner_free(l2osr_tuner *t) {
    if (!t)
        return;
    l2osr__unroll_free(t->unroll);
    l2osr__rule_gradient_clear(&t->gradient);
    l2osr__evolution_clear(&t->evolution);
    l2osr__optimizer_clear(&t->adam, t->ctx);
    l2osr__params_clear(&t->params, t->ctx);
    l2osr_rule_free(t->current);
    l2osr_rule_free(t->start);
    l2osr__free(t->ctx, t);
}

static void go_to_best(l2osr_tuner *t) {
    memcpy(t->params.theta, t->params.best, t->params.count * sizeof *t->params.theta);
    apply(t);
    t->done = t->options.horizon;
}

/* After an episode that diverged. The moments of Adam remember the way there, so they go too. */
static void recover(l2osr_tuner *t) {
    l2osr__log(t->ctx, L2OSR_LOG_DEBUG, "tune: %s; back to the best rule",
               l2osr_context_errmsg(t->ctx));
    l2osr__optimizer_reset(&t->adam);
    t->meta_lr /= 2;
    go_to_best(t);
}

/* #L2OSR_ENONFINITE when an episode diverges. */
static l2osr_status validate(l2osr_tuner *t) {
    const l2osr__episode episode = {.task = t->validation,
                                    .rule = t->current,
                                    .lr = t->unroll->lr,
                                    .seed = l2osr__seed_split(t->seed, SEED_VALIDATION),
                                    .steps = t->options.horizon};
    double loss;
    L2OSR__TRY(l2osr__validate(t->ctx, &episode, t->options.validate_runs, NULL, &loss));
    if (isinf(loss))
        return l2osr__fail(t->ctx, L2OSR_ENONFINITE,
                           "tuner: task '%s' diverges in validation with step size %g",
                           l2osr_task_name(t->validation), t->unroll->lr);
    if (!(loss >= t->best_loss)) { /* also the first time */
        t->best_loss = loss;
        memcpy(t->params.best, t->params.theta, t->params.count * sizeof *t->params.best);
    }
    return L2OSR_OK;
}

static l2osr_status check_gradient(const l2osr_tuner *t) {
    for (size_t i = 0; i < t->params.count; i++)
        if (!isfinite(t->params.gradient[i]))
            return l2osr__fail(t->ctx, L2OSR_ENONFINITE,
                               "tuner: the derivative of constant %zu is not finite", i);
    return L2OSR_OK;
}

static uint64_t next_seed(l2osr_tuner *t) {
    return l2osr__seed_split(l2osr__seed_split(t->seed, SEED_EPISODES), t->episodes++);
}

/* Derivatives of the logarithm of a window's loss: early and late windows weigh alike, whatever the
 * task's scale. */
static l2osr_status window_gradient(l2osr_tuner *t) {
    const l2osr_tuner_options *o = &t->options;
    if (t->done >= o->horizon) {
        L2OSR__TRY(l2osr__unroll_restart(t->unroll, next_seed(t)));
        t->done = 0;
    }
    const size_t left = o->horizon - t->done, steps = left < o->unroll ? left : o->unroll;
    L2OSR__TRY(l2osr__unroll_window(t->unroll, steps));
    t->done += steps;
    L2OSR__TRY(l2osr__rule_gradient_window(&t->gradient, t->unroll, t->unroll->lr));
    l2osr__params_chain(&t->params, t->current, t->gradient.groups, t->gradient.derivatives);
    const double loss = fabs(t->unroll->mean_loss) * (double)(steps + 1);
    for (size_t i = 0; i < t->params.count; i++)
        t->params.gradient[i] /= fmax(loss, 1e-30);
    return check_gradient(t);
}

/* One estimate and one change of the parameters. */
static l2osr_status meta_step(l2osr_tuner *t) {
    if (t->options.estimator == L2OSR_EVOLUTION)
        L2OSR__TRY(l2osr__evolution_gradient(&t->evolution, next_seed(t)));
    else
        L2OSR__TRY(window_gradient(t));
    l2osr__optimizer_step(&t->adam, t->params.theta, t->params.gradient, t->meta_lr, 1);
    l2osr__params_clamp(&t->params);
    apply(t);
    return L2OSR_OK;
}

static l2osr_status advance(l2osr_tuner *t, size_t step) {
    const bool last = step + 1 == t->options.meta_steps;
    L2OSR__TRY(meta_step(t));
    return last || (step + 1) % t->options.validate_every == 0 ? validate(t) : L2OSR_OK;
}

static l2osr_status run(l2osr_tuner *t) {
    l2osr__stage stage;
    char detail[96];
    l2osr__stage_begin(&stage, t->ctx, "tune", t->options.meta_steps);
    if (isnan(t->first_loss)) {
        L2OSR__TRY(validate(t));
        t->first_loss = t->best_loss;
    }
    for (size_t step = 0; step < t->options.meta_steps; step++) {
        snprintf(detail, sizeof detail, "lr %.3g", t->unroll->lr);
        L2OSR__TRY(l2osr__stage_tick(&stage, step, t->best_loss, detail));
        l2osr_status status = advance(t, step);
        if (status == L2OSR_ENONFINITE)
            recover(t);
        else if (status != L2OSR_OK)
            return status;
    }
    return l2osr__stage_tick(&stage, t->options.meta_steps, t->best_loss, "");
}

l2osr_status l2osr_tuner_run(l2osr_tuner *tuner) {
    if (!tuner)
        return L2OSR_EINVAL;
    l2osr_status status = run(tuner);
    go_to_best(tuner);
    return status;
}

l2osr_status l2osr_tuner_rule(const l2osr_tuner *tuner, l2osr_rule **out) {
    if (!tuner || !out)
        return L2OSR_EINVAL;
    *out = NULL;
    return l2osr__params_rule(&tuner->params, tuner->start, tuner->params.best, out);
}

double l2osr_tuner_first_loss(const l2osr_tuner *tuner) {
    return tuner->first_loss;
}

double l2osr_tuner_best_loss(const l2osr_tuner *tuner) {
    return tuner->best_loss;
}
