/* SPDX-License-Identifier: MIT */
/* Meta-training: windows of an episode, each followed by one update of the numbers. See
 * doc/meta-training.md. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "meta/episode.h"
#include "meta/trainer.h"
#include "vec/kernels.h"
#include "vec/scalar.h"

/* So many episodes in a row have no luck by chance; from then on something is wrong. */
enum { MOST_IN_A_ROW = 10 };

static l2osr_status allocate(l2osr__trainer *t) {
    const l2osr_meta_options *o = &t->options;
    const size_t size = t->learner->size, row = size * sizeof(double);
    double **const vectors[] = {&t->numbers, &t->best, &t->flat};
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++)
        L2OSR__TRY(l2osr__alloc_to(t->ctx, vectors[i], 1, row));
    L2OSR__TRY(l2osr__alloc_to(t->ctx, &t->by_loss, o->unroll + 1, sizeof(double)));
    L2OSR__TRY(l2osr__optimizer_init(&t->optimizers[L2OSR__LEAD_LOSS], t->ctx, o->optimizer,
                                     o->momentum, size));
    L2OSR__TRY(l2osr__optimizer_init(&t->optimizers[L2OSR__LEAD_TEACHER], t->ctx, L2OSR_META_ADAM,
                                     0, size));
    memcpy(t->numbers, t->learner->start, row);
    memcpy(t->best, t->learner->start, row);
    l2osr__curriculum_init(&t->curriculum, o->n_curriculum ? o->n_curriculum : 1);
    return l2osr__seats_create(t);
}

static void release(l2osr__trainer *t) {
    double *const vectors[] = {t->numbers, t->best, t->flat, t->by_loss};
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++)
        l2osr__free(t->ctx, vectors[i]);
    for (size_t i = 0; i < L2OSR__LEADS; i++)
        l2osr__optimizer_clear(&t->optimizers[i], t->ctx);
    l2osr__free(t->ctx, t->state);
    l2osr__seats_free(t);
}

/* Falls over the first phase, and again over what comes after it. */
static double step_size(const l2osr__trainer *t, l2osr__lead lead) {
    const l2osr_meta_options *o = &t->options;
    const bool begins = l2osr__trainer_begins(t);
    const double full = lead == L2OSR__LEAD_TEACHER ? o->imitation_lr : o->meta_lr;
    const double last = 0.1, first = full * l2osr__power_f64(0.5, (double)t->back_offs);
    const double done = (double)(begins ? t->done : t->done - o->imitation);
    const double all = (double)(begins ? o->imitation : o->meta_steps - o->imitation);
    const bool warms = lead == L2OSR__LEAD_LOSS && done + 1 < (double)o->warmup;
    const double rise = warms ? (done + 1) / (double)o->warmup : 1;
    if (o->schedule == L2OSR_SCHEDULE_CONSTANT)
        return rise * first;
    const double fall = 0.5 + 0.5 * l2osr__cos_turn_f64(0.5 * done / all);
    return rise * first * (last + (1 - last) * fall);
}

static l2osr_status update(l2osr__trainer *t, l2osr__lead lead) {
    const l2osr__learner_class *class = t->learner->class;
    const double lr = step_size(t, lead);
    if (!l2osr__kernels_f64_of(t->ctx)->finite(t->learner->size, t->flat))
        return l2osr__fail(t->ctx, L2OSR_ENONFINITE, "the meta-gradient is not finite");
    l2osr__optimizer_step(&t->optimizers[lead], t->numbers, t->flat, lr, t->options.clip);
    if (class->project)
        class->project(t->learner, t->numbers, t->best, lr);
    t->done++;
    return l2osr__seats_set(t);
}

static l2osr_status tick(l2osr__trainer *t, l2osr__stage *stage, l2osr__lead lead) {
    char detail[80];
    const char *what = lead == L2OSR__LEAD_TEACHER ? "imitating" : "validation loss";
    if (l2osr__trainer_has_curriculum(t))
        snprintf(detail, sizeof detail, "stage %llu of %llu: horizon %zu, %s",
                 (unsigned long long)t->curriculum.stage + 1,
                 (unsigned long long)t->curriculum.stages,
                 l2osr__trainer_horizon(t, t->curriculum.stage), what);
    else
        snprintf(detail, sizeof detail, "%s", what);
    return l2osr__stage_tick(stage, t->done, t->best_loss, detail);
}

static l2osr_status run_windows(l2osr__trainer *t, l2osr__stage *stage, const l2osr__plan *plan) {
    L2OSR__TRY(l2osr__seat_begin(t, plan));
    for (size_t w = 0; w < plan->windows && t->stop == L2OSR_STOP_NONE; w++) {
        L2OSR__TRY(l2osr__seat_window(t, plan));
        L2OSR__TRY(update(t, plan->lead));
        L2OSR__TRY(l2osr__trainer_after_step(t));
        L2OSR__TRY(tick(t, stage, plan->lead));
    }
    return L2OSR_OK;
}

/* Something diverged, says the last message: the next episode starts from the numbers as they are,
 * or with `back_off` from the best, more carefully. */
static l2osr_status back_off(l2osr__trainer *t) {
    const l2osr__learner_class *class = t->learner->class;
    const char *why = l2osr_context_errmsg(t->ctx);
    const unsigned long long step = t->done;
    if (!t->options.back_off) {
        l2osr__log(t->ctx, L2OSR_LOG_WARNING, "%s: step %llu: %s", class->stage, step, why);
        return L2OSR_OK;
    }
    l2osr__log(t->ctx, L2OSR_LOG_WARNING,
               "%s: step %llu: %s; going on from the best %ss so far, with half the step size",
               class->stage, step, why, class->number);
    t->back_offs++;
    for (size_t i = 0; i < L2OSR__LEADS; i++)
        l2osr__optimizer_reset(&t->optimizers[i]);
    return l2osr__trainer_restore(t);
}

/* A diverged episode has no usable gradient. */
static l2osr_status give_up(l2osr__trainer *t) {
    l2osr__reason why;
    l2osr__reason_keep(&why, t->ctx);
    L2OSR__TRY(back_off(t));
    t->diverged++;
    if (++t->in_a_row < MOST_IN_A_ROW)
        return L2OSR_OK;
    return l2osr__fail(t->ctx, L2OSR_ENONFINITE,
                       "%s: %d episodes in a row diverged, the last one after meta-step %llu: %s",
                       t->learner->class->stage, MOST_IN_A_ROW, (unsigned long long)t->done,
                       why.text);
}

static l2osr_status end_epoch(l2osr__trainer *t) {
    const l2osr_status status = l2osr__trainer_after_epoch(t);
    return status == L2OSR_ENONFINITE ? back_off(t) : status;
}

static l2osr_status run_episode(l2osr__trainer *t, l2osr__stage *stage) {
    const l2osr__plan plan = l2osr__plan_next(t);
    const bool begins = l2osr__trainer_begins(t);
    const l2osr_status status = run_windows(t, stage, &plan);
    if (status != L2OSR_OK && status != L2OSR_ENONFINITE)
        return status;
    t->episodes++;
    t->epochs += !begins;
    t->imitated += plan.lead == L2OSR__LEAD_TEACHER;
    if (status == L2OSR_ENONFINITE)
        L2OSR__TRY(give_up(t));
    else
        t->in_a_row = 0;
    L2OSR__TRY(begins ? L2OSR_OK : end_epoch(t));
    if (t->stop == L2OSR_STOP_NONE && t->done >= t->options.meta_steps)
        t->stop = L2OSR_STOP_STEPS;
    return l2osr__trainer_remember(t);
}

static l2osr_status run(l2osr__trainer *t) {
    const size_t total = t->options.meta_steps;
    l2osr__stage stage;
    l2osr__stage_begin(&stage, t->ctx, t->learner->class->stage, total == SIZE_MAX ? 0 : total);
    L2OSR__TRY(t->options.resume ? l2osr__trainer_resume(t) : l2osr__trainer_measure_first(t));
    stage.first = t->done;
    L2OSR__TRY(l2osr__trainer_remember(t));
    while (t->stop == L2OSR_STOP_NONE)
        L2OSR__TRY(run_episode(t, &stage));
    return L2OSR_OK;
}

static l2osr_meta_report report_of(const l2osr__trainer *t, double seconds) {
    return (l2osr_meta_report){.struct_size = sizeof(l2osr_meta_report),
                               .meta_steps = t->done,
                               .best_step = t->best_step,
                               .best_loss = t->best_loss,
                               .first_loss = t->first_loss,
                               .seconds = seconds,
                               .stop = t->stop,
                               .stage = t->curriculum.stage,
                               .episodes = t->episodes,
                               .diverged = t->diverged,
                               .back_offs = t->back_offs};
}

/* Best is what the learner came with until something better was measured. */
static l2osr_status finish(l2osr__trainer *t, l2osr_status status, double start,
                           l2osr__outcome *outcome) {
    const bool good = status == L2OSR_OK || status == L2OSR_ECANCELED;
    memcpy(outcome->numbers, good ? t->best : t->learner->start,
           t->learner->size * sizeof *t->best);
    outcome->began = true;
    outcome->report = report_of(t, l2osr__now() - start);
    L2OSR__TRY(l2osr__trainer_save(t));
    return status;
}

l2osr_status l2osr__train(const l2osr__learner *learner, l2osr_task *task, l2osr_task *validation,
                          const l2osr_meta_options *options, l2osr__outcome *outcome) {
    l2osr__trainer t = {.ctx = learner->ctx, .learner = learner, .validation = validation};
    const double start = l2osr__now();
    outcome->began = false;
    L2OSR__TRY(l2osr__trainer_configure(&t, task, options));
    l2osr_status status = allocate(&t);
    if (status == L2OSR_OK)
        status = finish(&t, run(&t), start, outcome);
    release(&t);
    return status;
}

void l2osr__report_hand_over(const l2osr_meta_report *full, l2osr_meta_report *report) {
    const size_t size = report->struct_size;
    memcpy(report, full, size < sizeof *full ? size : sizeof *full);
    report->struct_size = size;
}

l2osr_status l2osr_meta_train(l2osr_context *ctx, l2osr_model *model, l2osr_task *task,
                              l2osr_task *validation, const l2osr_meta_options *options,
                              l2osr_meta_report *report) {
    l2osr__learner *learner;
    l2osr__outcome outcome = {0};
    if (!ctx)
        return L2OSR_EINVAL;
    if (!model)
        return l2osr__fail(ctx, L2OSR_EINVAL, "meta-train: needs a model and a task");
    L2OSR__TRY(l2osr__learner_of_model(&learner, ctx, model));
    l2osr_status status =
        l2osr__alloc_to(ctx, &outcome.numbers, learner->size, sizeof *outcome.numbers);
    if (status == L2OSR_OK)
        status = l2osr__train(learner, task, validation, options, &outcome);
    if (outcome.began) {
        const l2osr_status kept = l2osr_model_set_weights(model, outcome.numbers);
        status = status == L2OSR_OK ? kept : status;
        if (report)
            l2osr__report_hand_over(&outcome.report, report);
    }
    l2osr__free(ctx, outcome.numbers);
    l2osr__learner_of_model_free(learner);
    return status;
}
