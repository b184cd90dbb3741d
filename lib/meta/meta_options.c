/* SPDX-License-Identifier: MIT */
/* What meta-training is asked for: defaults and checks. */
#include <math.h>

#include "base/rng.h"
#include "meta/trainer.h"

/* Of Chen et al. */
static const size_t default_curriculum[] = {100, 200, 500, 1000, 1500, 2000, 2500, 3000};

enum {
    LARGEST_SCALE = 20, /* exp(20)^2 is far from the end of f32 */
    LONGEST = 1 << 30   /* episode: bytes of its losses do not overflow */
};

void l2osr_meta_options_init(l2osr_meta_options *o, size_t size) {
    l2osr__options_init(o, size);
}

bool l2osr__trainer_has_curriculum(const l2osr__trainer *t) {
    return t->options.n_curriculum > 0;
}

bool l2osr__trainer_begins(const l2osr__trainer *t) {
    return t->done < t->options.imitation;
}

size_t l2osr__trainer_horizon(const l2osr__trainer *t, uint64_t stage) {
    return l2osr__trainer_has_curriculum(t) ? t->options.curriculum[stage] : t->options.horizon;
}

static void set_lengths(l2osr__trainer *t) {
    l2osr_meta_options *o = &t->options;
    const bool staged = o->n_curriculum > 0;
    if (!o->meta_steps)
        o->meta_steps = staged ? SIZE_MAX : 2000;
    o->unroll = o->unroll ? o->unroll : 20;
    o->horizon = o->horizon ? o->horizon : 200;
    if (o->no_imitation || !t->learner->class->imitates)
        o->imitation = 0;
    else if (o->imitation == 0)
        o->imitation = o->meta_steps < 400 ? o->meta_steps / 2 : 200;
    o->validate_every = o->validate_every ? o->validate_every : staged ? 10 : 100;
    o->validate_runs = o->validate_runs ? o->validate_runs : 2;
    o->teacher_stride = o->teacher_stride ? o->teacher_stride : 1;
}

/* Lists of one where the caller gave a member or an argument. */
static void set_lists(l2osr__trainer *t, l2osr_task *task) {
    l2osr_meta_options *o = &t->options;
    if (o->with_curriculum && o->n_curriculum == 0) {
        o->curriculum = default_curriculum;
        o->n_curriculum = sizeof default_curriculum / sizeof default_curriculum[0];
    }
    if (o->n_tasks == 0) {
        t->only = (l2osr_meta_task){task, 1};
        o->tasks = &t->only;
        o->n_tasks = 1;
    }
    if (o->n_teachers == 0) {
        o->teachers = &o->teacher;
        o->n_teachers = 1;
    }
    if (o->n_imitation_shares == 0) {
        o->imitation_shares = &o->imitation_share;
        o->n_imitation_shares = 1;
    }
}

static void set_defaults(l2osr__trainer *t, l2osr_task *task) {
    l2osr_meta_options *o = &t->options;
    set_lists(t, task);
    set_lengths(t);
    o->momentum = o->momentum != 0 ? o->momentum : 0.9;
    if (o->meta_lr == 0)
        o->meta_lr = o->optimizer == L2OSR_META_SGD ? 5e-3 : 3e-4;
    o->imitation_lr = o->imitation_lr != 0 ? o->imitation_lr : 3e-3;
    o->loss = o->loss != L2OSR_LOSS_DEFAULT ? o->loss : L2OSR_LOSS_SUM;
    o->sigma = o->sigma != 0 ? o->sigma : 0.01;
    o->pairs = o->pairs ? o->pairs : 8;
    o->checkpoint_seconds = o->checkpoint_seconds != 0 ? o->checkpoint_seconds : 60;
    if (o->meta_steps == SIZE_MAX) /* there is no end to fall towards */
        o->schedule = L2OSR_SCHEDULE_CONSTANT;
    o->seed = l2osr__seed_split(l2osr_context_seed(t->ctx), o->seed);
    t->loss = (l2osr__meta_loss){.kind = o->loss,
                                 .stage = t->learner->class->stage,
                                 .steps = o->unroll,
                                 .factors = o->window_weights};
}

static l2osr_status refuse(const l2osr__trainer *t, const char *why) {
    return l2osr__fail(t->ctx, L2OSR_EINVAL, "%s: %s", t->learner->class->stage, why);
}

static bool asks_for_imitation(const l2osr_meta_options *o) {
    return o->imitation > 0 || o->imitation_lr != 0 || o->imitation_share != 0 ||
           o->n_imitation_shares > 0 || o->teacher || o->n_teachers > 0 || o->teacher_stride > 0;
}

/* Of the caller's options: what may not be given together, and lists without content. */
static l2osr_status check_lists(const l2osr__trainer *t, const l2osr_task *task) {
    const l2osr_meta_options *o = &t->options;
    if ((o->n_tasks && !o->tasks) || (o->n_curriculum && !o->curriculum) ||
        (o->n_teachers && !o->teachers) || (o->n_imitation_shares && !o->imitation_shares))
        return refuse(t, "a list in the options is NULL and has a length");
    if (!task && o->n_tasks == 0)
        return l2osr__fail(t->ctx, L2OSR_EINVAL, "%s: needs a %s and a task",
                           t->learner->class->stage, t->learner->class->what);
    if (task && o->n_tasks)
        return refuse(t, "either a task or options.tasks, not both");
    if (o->teacher && o->n_teachers)
        return refuse(t, "either a teacher or options.teachers, not both");
    if (o->imitation_share != 0 && o->n_imitation_shares)
        return refuse(t, "either imitation_share or imitation_shares, not both");
    if (o->patience && (o->with_curriculum || o->n_curriculum))
        return refuse(t, "a curriculum has its own rule to stop; leave patience at 0");
    if (o->resume && !o->checkpoint)
        return refuse(t, "resume needs a checkpoint");
    if (!t->learner->class->imitates && asks_for_imitation(o))
        return refuse(t, "only models imitate; leave the options of imitation at 0");
    return L2OSR_OK;
}

static l2osr_status check_choices(const l2osr__trainer *t) {
    const l2osr_meta_options *o = &t->options;
    if ((unsigned)o->estimator > L2OSR_META_PES)
        return refuse(t, "estimator is none of l2osr_meta_estimator");
    if ((unsigned)o->loss > L2OSR_LOSS_LOG_SUM)
        return refuse(t, "loss is none of l2osr_meta_loss");
    if ((unsigned)o->schedule > L2OSR_SCHEDULE_CONSTANT)
        return refuse(t, "schedule is none of l2osr_schedule");
    if ((unsigned)o->optimizer > L2OSR_META_SGD)
        return refuse(t, "optimizer is none of l2osr_meta_optimizer");
    return L2OSR_OK;
}

static l2osr_status check_estimator(const l2osr__trainer *t) {
    const l2osr_meta_options *o = &t->options;
    if (o->estimator != L2OSR_META_EXACT)
        return L2OSR_OK;
    if (o->random_scale > 0)
        return refuse(t, "the exact estimator knows no random units; leave random_scale at 0");
    for (size_t i = 0; i < o->n_tasks; i++)
        L2OSR__TRY(l2osr__exact_check(t->ctx, o->tasks[i].task));
    return L2OSR_OK;
}

static l2osr_status check_items(const l2osr__trainer *t) {
    const l2osr_meta_options *o = &t->options;
    const char *stage = t->learner->class->stage;
    double sum = 0;
    for (size_t i = 0; i < o->n_tasks; i++)
        if (!o->tasks[i].task || !(o->tasks[i].weight >= 0 && isfinite(o->tasks[i].weight)))
            return l2osr__fail(t->ctx, L2OSR_EINVAL,
                               "%s: task %zu is NULL or its weight is not a number from 0 on",
                               stage, i);
    for (size_t i = 0; o->n_teachers > 1 && i < o->n_teachers; i++)
        if (!o->teachers[i])
            return l2osr__fail(t->ctx, L2OSR_EINVAL, "%s: teacher %zu is NULL", stage, i);
    for (size_t i = 0; i < o->n_imitation_shares; i++)
        if (!(o->imitation_shares[i] >= 0 && o->imitation_shares[i] <= 1))
            return refuse(t, "an imitation share must be from 0 to 1");
    for (size_t r = 0; o->window_weights && r <= o->unroll; r++) {
        if (!(o->window_weights[r] >= 0 && isfinite(o->window_weights[r])))
            return refuse(t, "a window weight is not a number from 0 on");
        if (o->loss == L2OSR_LOSS_LAST ? r == o->unroll : r > 0) /* the first loss is fixed */
            sum += o->window_weights[r];
    }
    return o->window_weights && !(sum > 0)
               ? l2osr__fail(t->ctx, L2OSR_EINVAL,
                             "%s: with these window weights nothing depends on the %s", stage,
                             t->learner->class->what)
               : L2OSR_OK;
}

static l2osr_status check_number(const l2osr__trainer *t, const char *name, double value,
                                 bool may_be_zero) {
    if (isfinite(value) && (value > 0 || (may_be_zero && value == 0)))
        return L2OSR_OK;
    return l2osr__fail(t->ctx, L2OSR_EINVAL, "%s: %s must be %s", t->learner->class->stage, name,
                       may_be_zero ? "a number from 0 on" : "positive");
}

static l2osr_status check_horizons(const l2osr__trainer *t) {
    const l2osr_meta_options *o = &t->options;
    for (uint64_t s = 0; s < (o->n_curriculum ? o->n_curriculum : 1); s++) {
        const size_t horizon = l2osr__trainer_horizon(t, s);
        if (horizon < o->unroll)
            return l2osr__fail(t->ctx, L2OSR_EINVAL, "%s: horizon %zu is shorter than unroll %zu",
                               t->learner->class->stage, horizon, o->unroll);
        if (horizon > LONGEST)
            return l2osr__fail(t->ctx, L2OSR_ERANGE,
                               "%s: horizon %zu; at most %d steps are possible",
                               t->learner->class->stage, horizon, LONGEST);
    }
    return L2OSR_OK;
}

static l2osr_status check_numbers(const l2osr__trainer *t) {
    const l2osr_meta_options *o = &t->options;
    L2OSR__TRY(check_number(t, "meta_lr", o->meta_lr, false));
    L2OSR__TRY(check_number(t, "imitation_lr", o->imitation_lr, false));
    L2OSR__TRY(check_number(t, "checkpoint_seconds", o->checkpoint_seconds, false));
    L2OSR__TRY(check_number(t, "sigma", o->sigma, false));
    L2OSR__TRY(check_number(t, "momentum", o->momentum, false));
    if (o->momentum >= 1)
        return refuse(t, "momentum must be below 1");
    L2OSR__TRY(check_number(t, "clip", o->clip, true));
    L2OSR__TRY(check_number(t, "random_scale", o->random_scale, true));
    if (o->random_scale > LARGEST_SCALE)
        return refuse(t, "random_scale is at most 20");
    if (o->imitation > o->meta_steps)
        return l2osr__fail(t->ctx, L2OSR_EINVAL, "%s: %zu of %zu meta-steps cannot imitate",
                           t->learner->class->stage, o->imitation, o->meta_steps);
    return check_horizons(t);
}

l2osr_status l2osr__trainer_configure(l2osr__trainer *t, l2osr_task *task,
                                      const l2osr_meta_options *options) {
    L2OSR__TRY(
        l2osr__options_copy(t->ctx, &t->options, sizeof t->options, options, "meta options"));
    L2OSR__TRY(check_lists(t, task));
    set_defaults(t, task);
    L2OSR__TRY(check_choices(t));
    L2OSR__TRY(check_numbers(t));
    L2OSR__TRY(check_items(t));
    return check_estimator(t);
}
