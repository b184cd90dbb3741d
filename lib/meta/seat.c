/* SPDX-License-Identifier: MIT */
/* Tasks, and what runs on them. */
#include "base/rng.h"
#include "meta/episode.h"
#include "meta/trainer.h"

l2osr_status l2osr__seats_create(l2osr__trainer *t) {
    const l2osr_meta_options *o = &t->options;
    double sum = 0;
    if (t->validation)
        L2OSR__TRY(l2osr__pupil_create(&t->examinee, t->learner, t->validation));
    L2OSR__TRY(l2osr__alloc_to(t->ctx, &t->seats, o->n_tasks, sizeof *t->seats));
    for (size_t i = 0; i < o->n_tasks; i++) {
        l2osr__seat *seat = &t->seats[i];
        seat->task = o->tasks[i].task;
        seat->weight = o->tasks[i].weight > 0 ? o->tasks[i].weight : 1;
        sum += seat->weight;
        L2OSR__TRY(l2osr__pupil_create(&seat->pupil, t->learner, seat->task));
        L2OSR__TRY(l2osr__alloc_to(t->ctx, &seat->teachers, o->n_teachers, sizeof(void *)));
    }
    for (size_t i = 0; i < o->n_tasks; i++)
        t->seats[i].weight /= sum;
    return L2OSR_OK;
}

l2osr_status l2osr__seats_set(l2osr__trainer *t) {
    if (t->examinee)
        L2OSR__TRY(t->examinee->class->set(t->examinee, t->numbers));
    for (size_t i = 0; i < t->options.n_tasks; i++) {
        l2osr__pupil *pupil = t->seats[i].pupil;
        L2OSR__TRY(pupil->class->set(pupil, t->numbers));
    }
    return L2OSR_OK;
}

void l2osr__seats_rest(l2osr__trainer *t) {
    for (size_t i = 0; i < t->options.n_tasks; i++)
        if (t->seats[i].unroll)
            l2osr__unroll_rest(t->seats[i].unroll);
}

static void dismiss_teachers(const l2osr__trainer *t, l2osr__seat *seat) {
    l2osr__gradient_clear(&seat->gradient);
    for (size_t k = 0; seat->teachers && k < t->options.n_teachers; k++) {
        l2osr__imitation_free(seat->teachers[k]);
        seat->teachers[k] = NULL;
    }
}

void l2osr__seats_free(l2osr__trainer *t) {
    for (size_t i = 0; t->seats && i < t->options.n_tasks; i++) {
        l2osr__seat *seat = &t->seats[i];
        dismiss_teachers(t, seat);
        l2osr__free(t->ctx, seat->teachers);
        l2osr__unroll_free(seat->unroll);
        l2osr__exact_free(seat->exact);
        l2osr__es_free(seat->es);
        l2osr__slope_free(seat->slope);
        l2osr__pupil_free(seat->pupil);
    }
    l2osr__pupil_free(t->examinee);
    l2osr__free(t->ctx, t->seats);
}

static l2osr__unroll_config course(const l2osr__trainer *t, const l2osr__seat *seat) {
    return (l2osr__unroll_config){.task = seat->task,
                                  .planes = l2osr__pupil_planes(seat->pupil),
                                  .window = t->options.unroll,
                                  .keep_x = seat->pupil->keep_x,
                                  .half = seat->pupil->half,
                                  .scale = t->options.random_scale};
}

static l2osr_status need_unroll(l2osr__trainer *t, l2osr__seat *seat) {
    const l2osr__unroll_config config = course(t, seat);
    l2osr_stepper *stepper;
    if (seat->unroll)
        return L2OSR_OK;
    L2OSR__TRY(l2osr__pupil_stepper(&stepper, seat->pupil, seat->task, L2OSR_F32));
    return l2osr__unroll_create(&seat->unroll, t->ctx, stepper, &config);
}

static l2osr_status need_teacher(l2osr__trainer *t, l2osr__seat *seat, size_t k) {
    l2osr__unroll_config config = course(t, seat);
    config.stride = t->options.teacher_stride;
    if (!seat->gradient.ctx)
        L2OSR__TRY(l2osr__gradient_init(&seat->gradient, t->ctx, seat->pupil->model, seat->task,
                                        t->options.unroll));
    if (seat->teachers[k])
        return L2OSR_OK;
    return l2osr__imitation_create(&seat->teachers[k], t->ctx, seat->pupil->model,
                                   t->options.teachers[k], &config);
}

static l2osr_status need_slope(l2osr__trainer *t, l2osr__seat *seat) {
    if (seat->slope)
        return L2OSR_OK;
    return seat->pupil->class->slope_create(&seat->slope, seat->pupil, seat->task,
                                            t->options.unroll);
}

static l2osr_status need_exact(l2osr__trainer *t, l2osr__seat *seat) {
    if (seat->exact)
        return L2OSR_OK;
    return l2osr__exact_create(&seat->exact, seat->pupil, seat->task, 1, t->options.unroll,
                               L2OSR__SECOND_ORDER);
}

static l2osr_status need_es(l2osr__trainer *t, l2osr__seat *seat) {
    const l2osr__unroll_config config = course(t, seat);
    const l2osr__es_options options = {
        .pairs = t->options.pairs,
        .sigma = t->options.sigma,
        .persistent = t->options.estimator == L2OSR_META_PES,
        .seed = l2osr__seed_split(t->options.seed, L2OSR__SEED_PERTURBATIONS)};
    if (seat->es)
        return L2OSR_OK;
    return l2osr__es_create(&seat->es, t->learner, &config, &options);
}

/* ---- episodes that imitate ---- */

static l2osr_status begin_imitation(l2osr__trainer *t, const l2osr__plan *plan) {
    L2OSR__TRY(need_teacher(t, plan->seat, plan->teacher));
    return l2osr__imitation_restart(plan->seat->teachers[plan->teacher], plan->seed);
}

static l2osr_status imitate(l2osr__trainer *t, const l2osr__plan *plan) {
    l2osr__seat *seat = plan->seat;
    return l2osr__imitation_window(seat->teachers[plan->teacher], &seat->gradient, t->flat);
}

/* ---- episodes led by the meta-loss: a beginning and a window for each way to estimate ---- */

static l2osr_status begin_first_order(l2osr__trainer *t, const l2osr__plan *plan) {
    L2OSR__TRY(need_slope(t, plan->seat));
    L2OSR__TRY(need_unroll(t, plan->seat));
    return l2osr__unroll_restart(plan->seat->unroll, plan->seed);
}

static l2osr_status first_order(l2osr__trainer *t, const l2osr__plan *plan) {
    l2osr__unroll *unroll = plan->seat->unroll;
    L2OSR__TRY(l2osr__unroll_window(unroll, t->options.unroll));
    L2OSR__TRY(l2osr__meta_loss_weights(&t->loss, t->ctx, unroll->losses, unroll->weights));
    return plan->seat->slope->class->window(plan->seat->slope, unroll, t->flat);
}

static l2osr_status begin_exact(l2osr__trainer *t, const l2osr__plan *plan) {
    L2OSR__TRY(need_exact(t, plan->seat));
    return l2osr__exact_restart(plan->seat->exact, plan->seed);
}

static l2osr_status exact(l2osr__trainer *t, const l2osr__plan *plan) {
    l2osr__exact *e = plan->seat->exact;
    L2OSR__TRY(l2osr__exact_window(e, t->options.unroll));
    L2OSR__TRY(l2osr__meta_loss_weights(&t->loss, t->ctx, e->losses, t->by_loss));
    return l2osr__exact_gradient(e, t->by_loss, t->flat);
}

static l2osr_status begin_es(l2osr__trainer *t, const l2osr__plan *plan) {
    L2OSR__TRY(need_es(t, plan->seat));
    return l2osr__es_restart(plan->seat->es, plan->seed);
}

/* Differences alone count, so that any number does for the first loss of the episode. */
static l2osr_status value(const void *arg, const double *losses, size_t steps, double *loss) {
    const l2osr__trainer *t = arg;
    (void)steps; /* those of t->loss */
    return l2osr__meta_loss_value(&t->loss, t->ctx, 1, losses, loss);
}

static l2osr_status es(l2osr__trainer *t, const l2osr__plan *plan) {
    const l2osr__es_loss loss = {value, t};
    return l2osr__es_window(plan->seat->es, t->numbers, t->options.unroll, &loss, t->flat);
}

typedef l2osr_status part(l2osr__trainer *t, const l2osr__plan *plan);

/* One that there is: others are refused before training begins. */
static const struct {
    part *begin, *window;
} estimators[] = {[L2OSR_META_FIRST_ORDER] = {begin_first_order, first_order},
                  [L2OSR_META_EXACT] = {begin_exact, exact},
                  [L2OSR_META_ES] = {begin_es, es},
                  [L2OSR_META_PES] = {begin_es, es}};

/* A teacher takes more memory than all the rest, and most trainings need it in their first phase
 * only. */
static bool imitates_later(const l2osr__trainer *t) {
    return t->options.n_imitation_shares > 1 || t->options.imitation_shares[0] > 0;
}

l2osr_status l2osr__seat_begin(l2osr__trainer *t, const l2osr__plan *plan) {
    if (plan->lead == L2OSR__LEAD_TEACHER)
        return begin_imitation(t, plan);
    if (!imitates_later(t))
        dismiss_teachers(t, plan->seat);
    return estimators[t->options.estimator].begin(t, plan);
}

l2osr_status l2osr__seat_window(l2osr__trainer *t, const l2osr__plan *plan) {
    return plan->lead == L2OSR__LEAD_TEACHER ? imitate(t, plan)
                                             : estimators[t->options.estimator].window(t, plan);
}
