/* SPDX-License-Identifier: MIT */
/* Meta-training: windows of an episode, each followed by one update of the weights. See
 * doc/meta-training.md. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "l2osr/meta.h"
#include "meta/adam.h"
#include "meta/episode.h"
#include "meta/gradient.h"
#include "meta/imitation.h"
#include "meta/unroll.h"
#include "model/model.h"
#include "vec/scalar.h"

/* What the seed is split into. */
enum { SEED_EPISODES, SEED_VALIDATION };

void l2osr_meta_options_init(l2osr_meta_options *o, size_t size) {
    l2osr__options_init(o, size);
}

typedef struct trainer {
    l2osr_context *ctx;
    l2osr_model *model;
    l2osr_task *task, *validation;
    l2osr_meta_options options;
    l2osr__unroll *unroll;     /* the model on the task */
    l2osr__imitation *teacher; /* NULL when nothing is imitated */
    l2osr__gradient gradient;
    l2osr__adam adam;
    double *weights, *best, *flat; /* [size] */
    double best_loss, first_loss;
    size_t done, best_step, episode;
} trainer;

static void set_defaults(l2osr_meta_options *o) {
    o->meta_steps = o->meta_steps ? o->meta_steps : 2000;
    o->unroll = o->unroll ? o->unroll : 20;
    o->horizon = o->horizon ? o->horizon : 200;
    o->meta_lr = o->meta_lr != 0 ? o->meta_lr : 3e-4;
    if (o->no_imitation)
        o->imitation = 0;
    else if (o->imitation == 0)
        o->imitation = o->meta_steps < 400 ? o->meta_steps / 2 : 200;
    o->validate_every = o->validate_every ? o->validate_every : 100;
    o->validate_runs = o->validate_runs ? o->validate_runs : 2;
}

static l2osr_status check_options(l2osr_context *ctx, const l2osr_meta_options *o) {
    if (!(o->meta_lr > 0) || isinf(o->meta_lr))
        return l2osr__fail(ctx, L2OSR_EINVAL, "meta-train: meta_lr must be positive");
    if (o->horizon < o->unroll)
        return l2osr__fail(ctx, L2OSR_EINVAL, "meta-train: horizon %zu is shorter than unroll %zu",
                           o->horizon, o->unroll);
    if (o->imitation > o->meta_steps)
        return l2osr__fail(ctx, L2OSR_EINVAL, "meta-train: %zu of %zu meta-steps cannot imitate",
                           o->imitation, o->meta_steps);
    return L2OSR_OK;
}

static l2osr_status create_unroll(trainer *t) {
    const l2osr__unroll_config config = {
        .task = t->task, .planes = l2osr_model_state(t->model), .window = t->options.unroll};
    l2osr_stepper *stepper;
    L2OSR__TRY(l2osr__stepper_for(&stepper, t->ctx, t->task, NULL, t->model));
    return l2osr__unroll_create(&t->unroll, t->ctx, stepper, &config);
}

static l2osr_status allocate(trainer *t) {
    const size_t size = l2osr_model_size(t->model);
    L2OSR__TRY(l2osr__alloc_to(t->ctx, &t->weights, size, sizeof *t->weights));
    L2OSR__TRY(l2osr__alloc_to(t->ctx, &t->best, size, sizeof *t->best));
    L2OSR__TRY(l2osr__alloc_to(t->ctx, &t->flat, size, sizeof *t->flat));
    L2OSR__TRY(l2osr__adam_init(&t->adam, t->ctx, size));
    L2OSR__TRY(create_unroll(t));
    L2OSR__TRY(
        l2osr__gradient_init(&t->gradient, t->ctx, t->model, t->task, t->options.unroll));
    if (t->options.imitation > 0)
        L2OSR__TRY(l2osr__imitation_create(&t->teacher, t->ctx, t->model, t->task,
                                           t->options.teacher, t->options.unroll));
    memcpy(t->weights, l2osr_model_weights(t->model), size * sizeof *t->weights);
    memcpy(t->best, t->weights, size * sizeof *t->best);
    return L2OSR_OK;
}

static void release(trainer *t) {
    l2osr__free(t->ctx, t->weights);
    l2osr__free(t->ctx, t->best);
    l2osr__free(t->ctx, t->flat);
    l2osr__adam_clear(&t->adam, t->ctx);
    l2osr__unroll_free(t->unroll);
    l2osr__imitation_free(t->teacher);
    l2osr__gradient_clear(&t->gradient);
}

static l2osr_status validate(trainer *t, double *loss) {
    const l2osr__episode episode = {.task = t->validation,
                                    .model = t->model,
                                    .seed = l2osr__seed_split(t->options.seed, SEED_VALIDATION),
                                    .steps = t->options.horizon};
    L2OSR__TRY(l2osr__validate(t->ctx, &episode, t->options.validate_runs, loss));
    if (!(*loss >= t->best_loss)) { /* also the first time */
        t->best_loss = *loss;
        t->best_step = t->done;
        memcpy(t->best, l2osr_model_weights(t->model),
               l2osr_model_size(t->model) * sizeof *t->best);
    }
    return L2OSR_OK;
}

static bool imitating(const trainer *t) {
    return t->done < t->options.imitation;
}

static l2osr_status restart(trainer *t) {
    const uint64_t episodes = l2osr__seed_split(t->options.seed, SEED_EPISODES);
    const uint64_t seed = l2osr__seed_split(episodes, t->episode++);
    return imitating(t) ? l2osr__imitation_restart(t->teacher, seed)
                        : l2osr__unroll_restart(t->unroll, seed);
}

/* The gradient of one window in t->flat. */
static l2osr_status window(trainer *t) {
    if (imitating(t))
        return l2osr__imitation_window(t->teacher, &t->gradient, t->flat);
    L2OSR__TRY(l2osr__unroll_window(t->unroll, t->options.unroll));
    return l2osr__gradient_of_window(&t->gradient, t->unroll, t->flat);
}

/* Imitation is a plain regression and takes large steps; the meta-loss is noisy and wants them to
 * fall. */
static double step_size(const trainer *t) {
    const double imitation_lr = 3e-3, last = 0.1;
    if (imitating(t))
        return imitation_lr;
    const double part = (double)(t->done - t->options.imitation) /
                        (double)(t->options.meta_steps - t->options.imitation);
    const double fall = 0.5 + 0.5 * l2osr__cos_turn_f64(0.5 * part);
    return t->options.meta_lr * (last + (1 - last) * fall);
}

/* A diverged episode has no usable gradient: the next one starts from the weights as they are. */
static l2osr_status meta_step(trainer *t) {
    const size_t windows = t->options.horizon / t->options.unroll;
    const size_t phase = imitating(t) ? t->done : t->done - t->options.imitation;
    l2osr_status status = phase % windows == 0 ? restart(t) : L2OSR_OK;
    if (status == L2OSR_OK)
        status = window(t);
    if (status == L2OSR_ENONFINITE) {
        l2osr__log(t->ctx, L2OSR_LOG_WARNING, "meta-train: step %zu: %s", t->done,
                   l2osr_context_errmsg(t->ctx));
        return restart(t);
    }
    L2OSR__TRY(status);
    if (t->done == t->options.imitation)
        l2osr__adam_reset(&t->adam); /* moments of the other loss would steer the first steps */
    l2osr__adam_step(&t->adam, t->weights, t->flat, step_size(t), 0);
    return l2osr_model_set_weights(t->model, t->weights);
}

static l2osr_status run(trainer *t) {
    l2osr__stage stage;
    double loss;
    l2osr__stage_begin(&stage, t->ctx, "meta-train", t->options.meta_steps);
    t->best_loss = t->first_loss = NAN;
    L2OSR__TRY(validate(t, &loss));
    t->first_loss = loss;
    while (t->done < t->options.meta_steps) {
        L2OSR__TRY(meta_step(t));
        t->done++;
        if (t->done % t->options.validate_every == 0 || t->done == t->options.meta_steps)
            L2OSR__TRY(validate(t, &loss));
        L2OSR__TRY(l2osr__stage_tick(&stage, t->done, t->best_loss,
                                     imitating(t) ? "imitating" : "validation loss"));
    }
    return L2OSR_OK;
}

/* The caller may be older than the library: its size says how much of a report it has room for. */
static void write_report(const trainer *t, double seconds, l2osr_meta_report *report) {
    const l2osr_meta_report full = {.struct_size = report->struct_size,
                                    .meta_steps = t->done,
                                    .best_step = t->best_step,
                                    .best_loss = t->best_loss,
                                    .first_loss = t->first_loss,
                                    .seconds = seconds};
    memcpy(report, &full, report->struct_size < sizeof full ? report->struct_size : sizeof full);
}

l2osr_status l2osr_meta_train(l2osr_context *ctx, l2osr_model *model, l2osr_task *task,
                              l2osr_task *validation, const l2osr_meta_options *options,
                              l2osr_meta_report *report) {
    trainer t = {.ctx = ctx, .model = model, .task = task, .validation = validation};
    const double start = l2osr__now();
    if (!ctx)
        return L2OSR_EINVAL;
    if (!model || !task || !validation)
        return l2osr__fail(ctx, L2OSR_EINVAL, "meta-train: needs a model and two tasks");
    L2OSR__TRY(l2osr__options_copy(ctx, &t.options, sizeof t.options, options, "meta options"));
    set_defaults(&t.options);
    t.options.seed = l2osr__seed_split(l2osr_context_seed(ctx), t.options.seed);
    L2OSR__TRY(check_options(ctx, &t.options));
    l2osr_status status = allocate(&t);
    if (status == L2OSR_OK) {
        status = run(&t);
        /* best is what the model began with until something better was measured */
        l2osr_status kept = l2osr_model_set_weights(model, t.best);
        status = status == L2OSR_OK ? kept : status;
        if (report)
            write_report(&t, l2osr__now() - start, report);
    }
    release(&t);
    return status;
}
