/* SPDX-License-Identifier: MIT */
#include "tune/tune_options.h"

#include <math.h>

#include "base/context.h"

void l2osr_tuner_options_init(l2osr_tuner_options *o, size_t size) {
    l2osr__options_init(o, size);
}

bool l2osr__tuner_is_evolution(const l2osr_tuner_options *o) {
    return o->estimator == L2OSR_META_ES || o->estimator == L2OSR_META_PES;
}

static size_t shortest(const l2osr_tuner_options *o) {
    size_t least = o->n_horizons ? SIZE_MAX : o->horizon;
    for (size_t i = 0; i < o->n_horizons; i++)
        least = o->horizons[i] < least ? o->horizons[i] : least;
    return least;
}

/* An estimate from whole episodes costs more, and is worth larger steps. */
static void set_defaults(l2osr_tuner_options *o) {
    const bool evolution = l2osr__tuner_is_evolution(o);
    const bool episodes = o->n_horizons > 0;
    o->meta_steps = o->meta_steps ? o->meta_steps : evolution ? 60 : 400;
    o->horizon = o->horizon ? o->horizon : 200;
    const size_t least = shortest(o);
    o->unroll = o->unroll ? o->unroll : evolution ? least : 20;
    o->unroll = o->unroll < least ? o->unroll : least;
    if (o->meta_lr == 0)
        o->meta_lr = o->optimizer == L2OSR_META_SGD ? 0.005 : evolution ? 0.03 : 0.01;
    o->validate_every = o->validate_every ? o->validate_every : evolution || episodes ? 10 : 50;
    o->validate_runs = o->validate_runs ? o->validate_runs : 2;
    o->sigma = o->sigma != 0 ? o->sigma : 0.1; /* a tenth of a constant: theta is logarithmic */
    o->pairs = o->pairs ? o->pairs : 4;
    o->loss = o->loss != L2OSR_LOSS_DEFAULT ? o->loss : L2OSR_LOSS_LOG_SUM;
    o->prune = o->prune != 0 ? o->prune : 1e-3;
}

static l2osr_status refuse(l2osr_context *ctx, const char *why) {
    return l2osr__fail(ctx, L2OSR_EINVAL, "tune: %s", why);
}

static bool is_amount(double value) {
    return value >= 0 && isfinite(value);
}

l2osr_status l2osr__tuner_options_read(l2osr_tuner_options *o, l2osr_context *ctx,
                                       const l2osr_tuner_options *given) {
    L2OSR__TRY(l2osr__options_copy(ctx, o, sizeof *o, given, "tuner options"));
    if ((o->n_tasks && !o->tasks) || (o->n_horizons && !o->horizons) ||
        (o->n_constants && !o->constants))
        return refuse(ctx, "a list in the options is NULL and has a length");
    if (!is_amount(o->trust) || !is_amount(o->lag_penalty))
        return refuse(ctx, "trust and lag_penalty must be numbers from 0 on");
    if (!isfinite(o->prune))
        return refuse(ctx, "prune must be a finite number");
    if (o->half_memory && o->estimator != L2OSR_META_FIRST_ORDER)
        return refuse(ctx, "half_memory is for the first-order estimator");
    set_defaults(o);
    return L2OSR_OK;
}

l2osr_meta_options l2osr__tuner_meta_options(const l2osr_tuner_options *o) {
    l2osr_meta_options m = L2OSR_META_OPTIONS_INIT;
    m.meta_steps = o->meta_steps;
    m.unroll = o->unroll;
    m.horizon = o->horizon;
    m.meta_lr = o->meta_lr;
    m.no_imitation = 1;
    m.validate_every = o->validate_every;
    m.validate_runs = o->validate_runs;
    m.seed = o->seed;
    m.estimator = o->estimator;
    m.sigma = o->sigma;
    m.pairs = o->pairs;
    m.optimizer = o->optimizer;
    m.momentum = o->momentum;
    m.loss = o->loss;
    m.clip = 1; /* a free number should not move by more than its step size times some */
    m.schedule = L2OSR_SCHEDULE_CONSTANT;
    m.tasks = o->tasks;
    m.n_tasks = o->n_tasks;
    m.curriculum = o->horizons;
    m.n_curriculum = o->n_horizons;
    m.patience = o->patience;
    m.checkpoint = o->checkpoint;
    m.checkpoint_seconds = o->checkpoint_seconds;
    m.resume = o->resume;
    m.back_off = 1;
    return m;
}
