/* SPDX-License-Identifier: MIT */
/* Which episode comes next. */
#include "base/rng.h"
#include "meta/trainer.h"

/* Probability that an episode imitates. */
static double share(const l2osr__trainer *t) {
    const l2osr_meta_options *o = &t->options;
    const uint64_t stage = t->curriculum.stage, last = o->n_imitation_shares - 1;
    return o->imitation_shares[stage < last ? stage : last];
}

/* Seats share the interval from 0 to 1; the last one gets what rounding leaves of it. */
static l2osr__seat *draw_seat(const l2osr__trainer *t, double at) {
    size_t i = 0;
    while (i + 1 < t->options.n_tasks && at >= t->seats[i].weight)
        at -= t->seats[i++].weight;
    return &t->seats[i];
}

l2osr__plan l2osr__plan_next(const l2osr__trainer *t) {
    const l2osr_meta_options *o = &t->options;
    const bool begins = l2osr__trainer_begins(t);
    const uint64_t left = (begins ? o->imitation : o->meta_steps) - t->done;
    const uint64_t windows = l2osr__trainer_horizon(t, t->curriculum.stage) / o->unroll;
    l2osr__rng rng;
    l2osr__rng_init(&rng, l2osr__seed_split(o->seed, L2OSR__SEED_PLANS), t->episodes);
    const bool imitates = l2osr__rng_uniform(&rng) < share(t) || begins;
    return (l2osr__plan){
        .lead = imitates ? L2OSR__LEAD_TEACHER : L2OSR__LEAD_LOSS,
        .seat = draw_seat(t, l2osr__rng_uniform(&rng)),
        .teacher = (size_t)(t->imitated % o->n_teachers),
        .windows = (size_t)(windows < left ? windows : left),
        .seed = l2osr__seed_split(l2osr__seed_split(o->seed, L2OSR__SEED_EPISODES), t->episodes),
    };
}
