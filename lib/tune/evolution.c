/* SPDX-License-Identifier: MIT */
#include "tune/evolution.h"

#include <math.h>

#include "base/rng.h"
#include "meta/episode.h"
#include "vec/random.h"

enum { PAIRS = 4, SEED_NOISE = 0, SEED_EPISODES = 1 };
static const double sigma = 0.1; /* a tenth of a constant's size: theta is logarithmic */

l2osr_status l2osr__evolution_init(l2osr__evolution *ev, l2osr_context *ctx, l2osr_task *task,
                                   const l2osr_rule *start, l2osr__params *params, size_t steps) {
    *ev = (l2osr__evolution){
        .ctx = ctx, .task = task, .start = start, .params = params, .steps = steps};
    L2OSR__TRY(l2osr__alloc_to(ctx, &ev->noise, PAIRS, params->count * sizeof *ev->noise));
    L2OSR__TRY(l2osr__alloc_to(ctx, &ev->losses, 2 * PAIRS, steps * sizeof *ev->losses));
    return l2osr__alloc_to(ctx, &ev->scores, 2 * PAIRS, sizeof *ev->scores);
}

void l2osr__evolution_clear(l2osr__evolution *ev) {
    if (!ev->ctx)
        return;
    l2osr__free(ev->ctx, ev->noise);
    l2osr__free(ev->ctx, ev->losses);
    l2osr__free(ev->ctx, ev->scores);
    *ev = (l2osr__evolution){0};
}

static l2osr_status make_member(const l2osr__evolution *ev, size_t index, l2osr_rule **rule) {
    const size_t count = ev->params->count;
    const double *noise = ev->noise + index / 2 * count, sign = index % 2 ? -1 : 1;
    double *theta;
    L2OSR__TRY(l2osr__alloc_to(ev->ctx, &theta, count, sizeof *theta));
    for (size_t i = 0; i < count; i++)
        theta[i] = ev->params->theta[i] + sign * sigma * noise[i];
    l2osr_status status = l2osr__params_rule(ev->params, ev->start, theta, rule);
    l2osr__free(ev->ctx, theta);
    return status;
}

/* Members 2k and 2k + 1 are the two of pair k and share the episode. */
static l2osr_status run_member(void *argument, size_t index) {
    l2osr__evolution *ev = argument;
    double *losses = ev->losses + index * ev->steps;
    l2osr_rule *rule;
    L2OSR__TRY(make_member(ev, index, &rule));
    const uint64_t episodes = l2osr__seed_split(ev->seed, SEED_EPISODES);
    const l2osr__episode episode = {.task = ev->task,
                                    .rule = rule,
                                    .seed = l2osr__seed_split(episodes, index / 2),
                                    .steps = ev->steps};
    l2osr_status status = l2osr__episode_run(ev->ctx, &episode, losses);
    ev->scores[index] = l2osr__episode_score(losses, ev->steps);
    l2osr_rule_free(rule);
    return status;
}

/* Relative to the size of the loss, whatever its sign. A member that diverged says no more than
 * "not this way". */
static double difference(double plus, double minus) {
    const double size = 0.5 * (fabs(plus) + fabs(minus));
    if (isinf(plus) || isinf(minus))
        return isinf(plus) - isinf(minus);
    return size > 0 ? (plus - minus) / size : 0;
}

l2osr_status l2osr__evolution_gradient(l2osr__evolution *ev, uint64_t seed) {
    const size_t count = ev->params->count;
    l2osr__rng rng;
    ev->seed = seed;
    l2osr__rng_init(&rng, seed, SEED_NOISE);
    for (size_t i = 0; i < PAIRS * count; i++)
        ev->noise[i] = l2osr__rng_normal(&rng);
    L2OSR__TRY(l2osr__task_loop(ev->ctx, ev->task, 2 * PAIRS, run_member, ev));
    for (size_t i = 0; i < count; i++) {
        double sum = 0;
        for (size_t k = 0; k < PAIRS; k++)
            sum += difference(ev->scores[2 * k], ev->scores[2 * k + 1]) * ev->noise[k * count + i];
        ev->params->gradient[i] = sum / (2 * sigma * PAIRS);
    }
    return L2OSR_OK;
}
