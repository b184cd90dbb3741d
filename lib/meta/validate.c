/* SPDX-License-Identifier: MIT */
/* Measuring a model in training, and what follows from it. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "meta/episode.h"
#include "meta/trainer.h"

/* The meta-loss of the last window of an episode. */
static l2osr_status last_window(const void *argument, const double *losses, size_t steps,
                                double *score) {
    const l2osr__trainer *t = argument;
    return l2osr__meta_loss_value(&t->loss, t->ctx, losses[0], losses + steps - t->loss.steps - 1,
                                  score);
}

static l2osr_status measure_task(const l2osr__trainer *t, l2osr_task *task, size_t horizon,
                                 double *loss) {
    const bool last = t->options.validate_last_window || l2osr__trainer_has_curriculum(t);
    const l2osr__score score = {last_window, t};
    const l2osr__episode episode = {
        .task = task,
        .model = t->model,
        .seed = l2osr__seed_split(t->options.seed, L2OSR__SEED_VALIDATION),
        .steps = horizon + last}; /* a window ends with a loss after its last step */
    return l2osr__validate(t->ctx, &episode, t->options.validate_runs, last ? &score : NULL, loss);
}

/* Validation loss of the weights as they are. */
static l2osr_status measure(const l2osr__trainer *t, size_t horizon, double *loss) {
    double sum = 0, one;
    if (t->validation)
        return measure_task(t, t->validation, horizon, loss);
    for (size_t i = 0; i < t->options.n_tasks; i++) {
        L2OSR__TRY(measure_task(t, t->seats[i].task, horizon, &one));
        sum += t->seats[i].weight * one;
    }
    *loss = sum;
    return L2OSR_OK;
}

static void keep(l2osr__trainer *t, double loss) {
    t->best_loss = loss;
    t->best_step = t->done;
    memcpy(t->best, t->weights, l2osr_model_size(t->model) * sizeof *t->best);
}

static l2osr_status restore(l2osr__trainer *t) {
    memcpy(t->weights, t->best, l2osr_model_size(t->model) * sizeof *t->best);
    return l2osr_model_set_weights(t->model, t->weights);
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
    return L2OSR_OK;
}

static l2osr_status advance(l2osr__trainer *t) {
    double cost;
    L2OSR__TRY(restore(t));
    L2OSR__TRY(measure(t, evaluation_horizon(t), &cost));
    l2osr__curriculum_enter(&t->curriculum, cost);
    t->best_loss = cost;
    l2osr__log(t->ctx, L2OSR_LOG_INFO, "meta-train: step %llu: stage %llu of %llu",
               (unsigned long long)t->done, (unsigned long long)t->curriculum.stage + 1,
               (unsigned long long)t->curriculum.stages);
    return L2OSR_OK;
}

l2osr_status l2osr__trainer_after_epoch(l2osr__trainer *t) {
    const bool last = t->done >= t->options.meta_steps;
    double cost;
    if (!l2osr__trainer_has_curriculum(t) || (t->epochs % t->options.validate_every != 0 && !last))
        return L2OSR_OK;
    L2OSR__TRY(measure(t, evaluation_horizon(t), &cost));
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
