/* SPDX-License-Identifier: MIT */
/* Estimators of the meta-gradient side by side, for the rule that a tuner is at. */
#include <string.h>

#include "base/context.h"
#include "base/rng.h"
#include "meta/estimators.h"
#include "tune/tuner.h"

/* Longest episode, as of training. */
static const size_t MOST_STEPS = (size_t)1 << 30;
static const size_t MOST_REPEATS = 1000000;

void l2osr_estimator_options_init(l2osr_estimator_options *o, size_t size) {
    l2osr__options_init(o, size);
}

static l2osr_status check(const l2osr_tuner *t, const l2osr__comparison *c) {
    if (c->windows > MOST_STEPS / c->unroll)
        return l2osr__fail(t->ctx, L2OSR_ERANGE,
                           "tune: %zu windows of %zu steps are more than 2^30 steps", c->windows,
                           c->unroll);
    if (c->repeats < 2 || c->repeats > MOST_REPEATS)
        return l2osr__fail(t->ctx, L2OSR_ERANGE,
                           "tune: repeats must be from 2, to know what noise makes, to %zu; not "
                           "%zu",
                           MOST_REPEATS, c->repeats);
    return L2OSR_OK;
}

static l2osr_status read_options(l2osr__comparison *c, const l2osr_tuner *t,
                                 const l2osr_estimator_options *options) {
    l2osr_estimator_options o;
    L2OSR__TRY(l2osr__options_copy(t->ctx, &o, sizeof o, options, "estimator options"));
    const uint64_t seed = l2osr__seed_split(l2osr_context_seed(t->ctx), t->options.seed);
    *c = (l2osr__comparison){.windows = o.windows ? o.windows : 3,
                             .unroll = t->options.unroll,
                             .pairs = t->options.pairs,
                             .sigma = t->options.sigma,
                             .repeats = o.repeats ? o.repeats : 20,
                             .seed = l2osr__seed_split(seed, o.seed)};
    return check(t, c);
}

/* The caller may be older than the library. */
static void hand_over(const l2osr__estimator_table *table, l2osr_estimator_report *report) {
    const size_t size = report->struct_size;
    l2osr_estimator_report full = {.norm = table->norm};
    memcpy(full.of, table->of, sizeof full.of);
    memcpy(report, &full, size < sizeof full ? size : sizeof full);
    report->struct_size = size;
}

l2osr_status l2osr_tuner_compare_estimators(const l2osr_tuner *t, l2osr_estimator_report *report,
                                            const l2osr_estimator_options *options) {
    l2osr__comparison comparison;
    l2osr__estimator_table table;
    if (!t)
        return L2OSR_EINVAL;
    if (!report || report->struct_size < sizeof report->struct_size)
        return l2osr__fail(t->ctx, L2OSR_EINVAL,
                           "tune: no report, or its struct_size is not set; use the _INIT macro");
    L2OSR__TRY(read_options(&comparison, t, options));
    L2OSR__TRY(l2osr__compare_estimators(&t->learner.base, t->task ? t->task : t->tasks[0].task,
                                         &comparison, &table));
    hand_over(&table, report);
    return L2OSR_OK;
}
