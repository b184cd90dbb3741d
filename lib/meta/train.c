/* SPDX-License-Identifier: MIT */
/* Meta-training: windows of an episode, each followed by one update of the weights. See
 * doc/meta-training.md. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "meta/trainer.h"
#include "vec/kernels.h"
#include "vec/scalar.h"

/* So many episodes in a row have no luck by chance; from then on something is wrong. */
enum { MOST_IN_A_ROW = 10 };

static l2osr_status allocate(l2osr__trainer *t) {
    const size_t size = l2osr_model_size(t->model), row = size * sizeof(double);
    double **const vectors[] = {&t->weights, &t->best, &t->flat, &t->given};
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++)
        L2OSR__TRY(l2osr__alloc_to(t->ctx, vectors[i], 1, row));
    L2OSR__TRY(l2osr__alloc_to(t->ctx, &t->by_loss, t->options.unroll + 1, sizeof(double)));
    for (size_t i = 0; i < L2OSR__LEADS; i++)
        L2OSR__TRY(l2osr__adam_init(&t->adam[i], t->ctx, size));
    memcpy(t->given, l2osr_model_weights(t->model), row);
    memcpy(t->weights, t->given, row);
    memcpy(t->best, t->given, row);
    l2osr__curriculum_init(&t->curriculum, t->options.n_curriculum ? t->options.n_curriculum : 1);
    return l2osr__seats_create(t);
}

static void release(l2osr__trainer *t) {
    double *const vectors[] = {t->weights, t->best, t->flat, t->given, t->by_loss};
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++)
        l2osr__free(t->ctx, vectors[i]);
    for (size_t i = 0; i < L2OSR__LEADS; i++)
        l2osr__adam_clear(&t->adam[i], t->ctx);
    l2osr__free(t->ctx, t->state);
    l2osr__seats_free(t);
}

/* Falls over the first phase, and again over what comes after it. */
static double step_size(const l2osr__trainer *t, l2osr__lead lead) {
    const l2osr_meta_options *o = &t->options;
    const bool begins = l2osr__trainer_begins(t);
    const double last = 0.1, first = lead == L2OSR__LEAD_TEACHER ? o->imitation_lr : o->meta_lr;
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
    if (!l2osr__kernels_f64_of(t->ctx)->finite(l2osr_model_size(t->model), t->flat))
        return l2osr__fail(t->ctx, L2OSR_ENONFINITE, "the meta-gradient is not finite");
    l2osr__adam_step(&t->adam[lead], t->weights, t->flat, step_size(t, lead), t->options.clip);
    t->done++;
    return l2osr_model_set_weights(t->model, t->weights);
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

/* A diverged episode has no usable gradient: the next one starts from the weights as they are. */
static l2osr_status give_up(l2osr__trainer *t) {
    char why[160];
    snprintf(why, sizeof why, "%s", l2osr_context_errmsg(t->ctx));
    l2osr__log(t->ctx, L2OSR_LOG_WARNING, "meta-train: step %llu: %s", (unsigned long long)t->done,
               why);
    t->diverged++;
    if (++t->in_a_row < MOST_IN_A_ROW)
        return L2OSR_OK;
    return l2osr__fail(t->ctx, L2OSR_ENONFINITE,
                       "meta-train: %d episodes in a row diverged, the last one after meta-step "
                       "%llu: %s",
                       MOST_IN_A_ROW, (unsigned long long)t->done, why);
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
    L2OSR__TRY(begins ? L2OSR_OK : l2osr__trainer_after_epoch(t));
    if (t->stop == L2OSR_STOP_NONE && t->done >= t->options.meta_steps)
        t->stop = L2OSR_STOP_STEPS;
    return l2osr__trainer_remember(t);
}

static l2osr_status run(l2osr__trainer *t) {
    const size_t total = t->options.meta_steps;
    l2osr__stage stage;
    l2osr__stage_begin(&stage, t->ctx, "meta-train", total == SIZE_MAX ? 0 : total);
    L2OSR__TRY(t->options.resume ? l2osr__trainer_resume(t) : l2osr__trainer_measure_first(t));
    stage.first = t->done;
    L2OSR__TRY(l2osr__trainer_remember(t));
    while (t->stop == L2OSR_STOP_NONE)
        L2OSR__TRY(run_episode(t, &stage));
    return L2OSR_OK;
}

/* The caller may be older than the library: its size says how much of a report it has room for. */
static void write_report(const l2osr__trainer *t, double seconds, l2osr_meta_report *report) {
    const l2osr_meta_report full = {.struct_size = report->struct_size,
                                    .meta_steps = t->done,
                                    .best_step = t->best_step,
                                    .best_loss = t->best_loss,
                                    .first_loss = t->first_loss,
                                    .seconds = seconds,
                                    .stop = t->stop,
                                    .stage = t->curriculum.stage,
                                    .episodes = t->episodes,
                                    .diverged = t->diverged};
    memcpy(report, &full, report->struct_size < sizeof full ? report->struct_size : sizeof full);
}

/* Best is what the model began with until something better was measured. */
static l2osr_status finish(l2osr__trainer *t, l2osr_status status) {
    const bool good = status == L2OSR_OK || status == L2OSR_ECANCELED;
    const l2osr_status kept = l2osr_model_set_weights(t->model, good ? t->best : t->given);
    L2OSR__TRY(l2osr__trainer_save(t));
    return status == L2OSR_OK ? kept : status;
}

l2osr_status l2osr_meta_train(l2osr_context *ctx, l2osr_model *model, l2osr_task *task,
                              l2osr_task *validation, const l2osr_meta_options *options,
                              l2osr_meta_report *report) {
    l2osr__trainer t = {.ctx = ctx, .model = model, .validation = validation};
    const double start = l2osr__now();
    if (!ctx)
        return L2OSR_EINVAL;
    L2OSR__TRY(l2osr__trainer_configure(&t, task, options));
    l2osr_status status = allocate(&t);
    if (status == L2OSR_OK) {
        status = finish(&t, run(&t));
        if (report)
            write_report(&t, l2osr__now() - start, report);
    }
    release(&t);
    return status;
}
