/* SPDX-License-Identifier: MIT */
#include "tune/prune.h"

#include <math.h>
#include <string.h>

#include "meta/episode.h"
#include "tune/roles.h"

typedef struct trial {
    const l2osr__rule_learner *learner;
    const l2osr__jury *jury;
    const double *theta;
    l2osr__pupil **pupils; /* [n_tasks] */
    double *losses;        /* [n_tasks]: with all terms */
} trial;

/* Constants of one list stand and fall together. */
static void mark(const l2osr__params *params, size_t constant, uint8_t *removed, uint8_t value) {
    const l2osr__constant *all = params->rule->constants;
    for (size_t i = 0; i < params->constants; i++)
        if (all[i].written == all[constant].written)
            removed[i] = value;
}

static bool is_candidate(const l2osr__params *params, size_t i) {
    const l2osr__constant *c = &params->rule->constants[i];
    const l2osr_transform transform = params->params[i].transform;
    return c->index == 0 && c->input < 0 &&
           (transform == L2OSR_TRANSFORM_EXP || transform == L2OSR_TRANSFORM_LINEAR) &&
           l2osr__role_is_factor(params->rule, c->written);
}

static l2osr_status measure(const trial *t, size_t task, double *loss) {
    const l2osr__jury *jury = t->jury;
    const l2osr__episode episode = {.task = jury->tasks[task].task,
                                    .rule = t->pupils[task]->rule,
                                    .seed = jury->seed,
                                    .steps = jury->horizon};
    return l2osr__validate(t->learner->base.ctx, &episode, jury->runs, NULL, loss);
}

/* Nodes as written say which constants of a pupil are meant. */
static void silence(const l2osr__params *params, const uint8_t *removed, l2osr_rule *rule) {
    for (size_t i = 0; i < params->constants; i++)
        for (size_t k = 0; removed[i] && k < (size_t)rule->constant_count; k++)
            if (rule->constants[k].written == params->rule->constants[i].written)
                l2osr__rule_set(rule, k, 0);
}

/* What it costs to be without some terms: infinite when it diverges. */
static l2osr_status cost(const trial *t, const uint8_t *removed, double *rise) {
    double sum = 0, weights = 0;
    for (size_t i = 0; i < t->jury->n_tasks; i++) {
        const double weight = t->jury->tasks[i].weight > 0 ? t->jury->tasks[i].weight : 1;
        double loss;
        L2OSR__TRY(t->pupils[i]->class->set(t->pupils[i], t->theta));
        silence(&t->learner->params, removed, t->pupils[i]->rule);
        L2OSR__TRY(measure(t, i, &loss));
        sum += weight * (loss - t->losses[i]) / fmax(fabs(t->losses[i]), 1e-300);
        weights += weight;
    }
    *rise = sum / weights;
    return L2OSR_OK;
}

/* The candidate whose absence costs least, `constants` when there is none. */
static l2osr_status cheapest(const trial *t, uint8_t *removed, size_t *best, double *rise) {
    const l2osr__params *params = &t->learner->params;
    *best = params->constants;
    *rise = INFINITY;
    for (size_t i = 0; i < params->constants; i++) {
        double one = INFINITY;
        if (removed[i] || !is_candidate(params, i))
            continue;
        mark(params, i, removed, 1);
        const l2osr_status status = cost(t, removed, &one);
        mark(params, i, removed, 0);
        L2OSR__TRY(status);
        if (one < *rise) {
            *rise = one;
            *best = i;
        }
    }
    return L2OSR_OK;
}

static l2osr_status prepare(trial *t) {
    const size_t n = t->jury->n_tasks;
    l2osr_context *ctx = t->learner->base.ctx;
    L2OSR__TRY(l2osr__alloc_to(ctx, &t->pupils, n, sizeof *t->pupils));
    L2OSR__TRY(l2osr__alloc_to(ctx, &t->losses, n, sizeof *t->losses));
    for (size_t i = 0; i < n; i++) {
        L2OSR__TRY(l2osr__pupil_create(&t->pupils[i], &t->learner->base, t->jury->tasks[i].task));
        L2OSR__TRY(t->pupils[i]->class->set(t->pupils[i], t->theta));
        L2OSR__TRY(measure(t, i, &t->losses[i]));
    }
    return L2OSR_OK;
}

static l2osr_status take_away(const trial *t, double most, uint8_t *removed, double *rise) {
    size_t best;
    double one;
    *rise = 0;
    for (;;) {
        L2OSR__TRY(cheapest(t, removed, &best, &one));
        if (!(one <= most))
            return L2OSR_OK;
        mark(&t->learner->params, best, removed, 1);
        *rise = one;
    }
}

l2osr_status l2osr__prune(const l2osr__rule_learner *learner, const l2osr__jury *jury,
                          const double *theta, double most, uint8_t *removed, double *rise) {
    trial t = {.learner = learner, .jury = jury, .theta = theta};
    l2osr_context *ctx = learner->base.ctx;
    l2osr_status status = prepare(&t);
    if (status == L2OSR_OK)
        status = take_away(&t, most, removed, rise);
    for (size_t i = 0; t.pupils && i < jury->n_tasks; i++)
        l2osr__pupil_free(t.pupils[i]);
    l2osr__free(ctx, t.pupils);
    l2osr__free(ctx, t.losses);
    return status;
}
