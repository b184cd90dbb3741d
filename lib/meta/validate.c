/* SPDX-License-Identifier: MIT */
/* Measuring a learner in training, and what follows from it. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "meta/episode.h"
#include "meta/trainer.h"
#include "vec/scalar.h"

/* The meta-loss of the last window of an episode. */
static l2osr_status last_window(const void *argument, const double *losses, size_t steps,
                                double *score) {
    const l2osr__trainer *t = argument;
    return l2osr__meta_loss_value(&t->loss, t->ctx, losses[0], losses + steps - t->loss.steps - 1,
                                  score);
}

static bool judges_last_window(const l2osr__trainer *t) {
    return t->options.validate_last_window || l2osr__trainer_has_curriculum(t);
}

static l2osr_status measure_task(const l2osr__trainer *t, l2osr_task *task,
                                 const l2osr__pupil *pupil, size_t horizon, double *loss) {
    const bool last = judges_last_window(t);
    const l2osr__score score = {last_window, t};
    l2osr__reason why;
    const l2osr__episode episode = {
        .task = task,
        .rule = pupil->rule,
        .model = pupil->model,
        .seed = l2osr__seed_split(t->options.seed, L2OSR__SEED_VALIDATION),
        .steps = horizon + last, /* a window ends with a loss after its last step */
        .why = &why};
    L2OSR__TRY(
        l2osr__validate(t->ctx, &episode, t->options.validate_runs, last ? &score : NULL, loss));
    if (isfinite(*loss))
        return L2OSR_OK;
    return why.text[0]
               ? l2osr__fail(t->ctx, L2OSR_ENONFINITE, "validation: %s", why.text)
               : l2osr__fail(t->ctx, L2OSR_ENONFINITE,
                             "task '%s': the validation loss is not finite", l2osr_task_name(task));
}

/* Where windows weigh alike whatever the scale of their task, so do tasks: by their geometric mean.
 */
static l2osr_status mean_of_tasks(const l2osr__trainer *t, size_t horizon, double *loss) {
    const bool geometric = t->loss.kind == L2OSR_LOSS_LOG_SUM && !judges_last_window(t);
    double sum = 0, one;
    for (size_t i = 0; i < t->options.n_tasks; i++) {
        const l2osr__seat *seat = &t->seats[i];
        L2OSR__TRY(measure_task(t, seat->task, seat->pupil, horizon, &one));
        if (geometric && !(one > 0))
            return l2osr__fail(t->ctx, L2OSR_EINVAL,
                               "%s: the validation loss of task '%s' is %g; its logarithm needs it "
                               "above 0",
                               t->learner->class->stage, l2osr_task_name(seat->task), one);
        sum += seat->weight * (geometric ? l2osr__log_f64(one) : one);
    }
    *loss = geometric ? l2osr__exp_f64(sum) : sum;
    return L2OSR_OK;
}

/* Validation loss of the numbers as they are; infinite when something diverges, of which the last
 * message then tells. */
static l2osr_status measure(l2osr__trainer *t, size_t horizon, double *loss) {
    l2osr__seats_rest(t);
    const l2osr_status status = t->validation
                                    ? measure_task(t, t->validation, t->examinee, horizon, loss)
                                    : mean_of_tasks(t, horizon, loss);
    if (status != L2OSR_ENONFINITE)
        return status;
    *loss = INFINITY;
    return L2OSR_OK;
}

/* After measuring. */
static l2osr_status judge_divergence(const l2osr__trainer *t, double loss) {
    const bool goes_on = t->stop == L2OSR_STOP_NONE;
    return t->options.back_off && goes_on && isinf(loss) ? L2OSR_ENONFINITE : L2OSR_OK;
}

static void keep(l2osr__trainer *t, double loss) {
    t->best_loss = loss;
    t->best_step = t->done;
    memcpy(t->best, t->numbers, t->learner->size * sizeof *t->best);
}

l2osr_status l2osr__trainer_restore(l2osr__trainer *t) {
    memcpy(t->numbers, t->best, t->learner->size * sizeof *t->best);
    return l2osr__seats_set(t);
}

static size_t evaluation_horizon(const l2osr__trainer *t) {
    return l2osr__trainer_horizon(t, l2osr__curriculum_horizon(&t->curriculum));
}

l2osr_status l2osr__trainer_measure_first(l2osr__trainer *t) {
    t->best_loss = (double)NAN;
    L2OSR__TRY(measure(t, evaluation_horizon(t), &t->first_loss));
    if (!l2osr__trainer_has_curriculum(t)) /* which knows of nothing before its first evaluation */
        keep(t, t->first_loss);
    return L2OSR_OK;
}

l2osr_status l2osr__trainer_after_step(l2osr__trainer *t) {
    const l2osr_meta_options *o = &t->options;
    double loss;
    if (l2osr__trainer_has_curriculum(t) ||
        (t->done % o->validate_every != 0 && t->done < o->meta_steps))
        return L2OSR_OK;
    L2OSR__TRY(measure(t, o->horizon, &loss));
    if (!(loss >= t->best_loss)) {
        keep(t, loss);
        t->unimproved = 0;
    } else if (++t->unimproved == o->patience) {
        t->stop = L2OSR_STOP_PATIENCE;
    }
    return judge_divergence(t, loss);
}

static l2osr_status advance(l2osr__trainer *t) {
    double cost;
    L2OSR__TRY(l2osr__trainer_restore(t));
    L2OSR__TRY(measure(t, evaluation_horizon(t), &cost));
    l2osr__curriculum_enter(&t->curriculum, cost);
    t->best_loss = cost;
    l2osr__log(t->ctx, L2OSR_LOG_INFO, "%s: step %llu: stage %llu of %llu",
               t->learner->class->stage, (unsigned long long)t->done,
               (unsigned long long)t->curriculum.stage + 1,
               (unsigned long long)t->curriculum.stages);
    return L2OSR_OK;
}

static l2osr_status follow_curriculum(l2osr__trainer *t, double cost) {
    switch (l2osr__curriculum_judge(&t->curriculum, cost)) {
    case L2OSR__LESSON_KEEP:
        keep(t, cost);
        return L2OSR_OK;
    case L2OSR__LESSON_ADVANCE:
        return advance(t);
    case L2OSR__LESSON_STOP:
        t->stop = L2OSR_STOP_CURRICULUM;
        return L2OSR_OK;
    case L2OSR__LESSON_GO_ON:
    default:
        return L2OSR_OK;
    }
}

l2osr_status l2osr__trainer_after_epoch(l2osr__trainer *t) {
    const bool last = t->done >= t->options.meta_steps;
    double cost;
    if (!l2osr__trainer_has_curriculum(t) || (t->epochs % t->options.validate_every != 0 && !last))
        return L2OSR_OK;
    L2OSR__TRY(measure(t, evaluation_horizon(t), &cost));
    L2OSR__TRY(follow_curriculum(t, cost));
    return judge_divergence(t, cost);
}
