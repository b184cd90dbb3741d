/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>

#include "sr/search.h"

enum { LEAST_SIZE = 7 /* where a warm-up begins */ };

static l2osr_status make_islands(l2osr_sr *sr) {
    const uint32_t count = sr->world.options.islands;
    L2OSR__TRY(l2osr__alloc_to(sr->ctx, &sr->islands, count, sizeof *sr->islands));
    for (uint32_t i = 0; i < count; i++)
        L2OSR__TRY(l2osr__island_init(&sr->islands[i], &sr->world, i));
    return L2OSR_OK;
}

static void take_mutations(l2osr__world *world) {
    const l2osr_sr_options *o = &world->options;
#define X(NAME, name) world->mutations[L2OSR__MUTATE_##NAME] = o->weight_##name;
    L2OSR__MUTATION_LIST(X)
#undef X
}

/* The callers' functions as expressions know them. */
static l2osr_status take_functions(l2osr_sr *sr) {
    const l2osr_sr_options *o = &sr->world.options;
    if (o->n_functions > 0 && !o->functions)
        return l2osr__fail(sr->ctx, L2OSR_EINVAL, "distil: functions is NULL, but n_functions is %zu",
                           o->n_functions);
    if (o->n_functions > L2OSR__MAX_FUNCTIONS)
        return l2osr__fail(sr->ctx, L2OSR_ERANGE, "distil: more than %d functions",
                           L2OSR__MAX_FUNCTIONS);
    L2OSR__TRY(l2osr__alloc_to(sr->ctx, &sr->functions, o->n_functions + 1, sizeof *sr->functions));
    for (size_t i = 0; i < o->n_functions; i++) {
        l2osr_sr_function f;
        L2OSR__TRY(l2osr__options_copy(sr->ctx, &f, sizeof f, o->functions[i], "distil"));
        sr->functions[i] = (l2osr__function){.name = f.name,
                                             .arity = f.arity,
                                             .value = f.value,
                                             .block = f.block,
                                             .slope = f.slope,
                                             .user = f.user};
    }
    return l2osr__grammar_add(&sr->world.grammar, sr->ctx, sr->functions, o->n_functions);
}

static l2osr_status prepare(l2osr_sr *sr, const l2osr_samples *samples,
                            const l2osr_sr_options *given) {
    l2osr__world *world = &sr->world;
    l2osr_sr_options *o = &world->options;
    L2OSR__TRY(l2osr__options_copy(sr->ctx, o, sizeof *o, given, "distil"));
    L2OSR__TRY(l2osr__sr_options_check(o, sr->ctx));
    L2OSR__TRY(l2osr__grammar_init(&world->grammar, sr->ctx, o->operators));
    L2OSR__TRY(l2osr__grammar_nest(&world->grammar, sr->ctx, o->nesting));
    L2OSR__TRY(take_functions(sr));
    world->ctx = sr->ctx;
    world->seed = l2osr__seed_split(l2osr_context_seed(sr->ctx), o->seed);
    world->grammar.max_size = world->largest = (int32_t)o->max_complexity;
    world->grammar.max_depth = (int32_t)o->max_depth;
    world->grammar.max_terms = (int32_t)o->max_terms;
    take_mutations(world);
    L2OSR__TRY(l2osr__sr_take_samples(sr, samples));
    world->table = &sr->table;
    l2osr__hall_reset(&world->hall);
    l2osr__hall_reset(&world->proven);
    L2OSR__TRY(make_islands(sr));
    return l2osr_front_create(&sr->front, sr->ctx);
}

l2osr_status l2osr_sr_create(l2osr_sr **out, l2osr_context *ctx, const l2osr_samples *samples,
                             const l2osr_sr_options *options) {
    l2osr_sr *sr;
    if (!out || !ctx)
        return L2OSR_EINVAL;
    *out = NULL;
    if (!samples)
        return l2osr__fail(ctx, L2OSR_EINVAL, "distil: samples is NULL");
    L2OSR__TRY(l2osr__alloc_to(ctx, &sr, 1, sizeof *sr));
    sr->ctx = ctx;
    l2osr_status status = prepare(sr, samples, options);
    if (status == L2OSR_OK)
        *out = sr;
    else
        l2osr_sr_free(sr);
    return status;
}

void l2osr_sr_free(l2osr_sr *sr) {
    if (!sr)
        return;
    for (uint32_t i = 0; sr->islands && i < sr->world.options.islands; i++)
        l2osr__island_clear(&sr->islands[i]);
    l2osr__free(sr->ctx, sr->islands);
    l2osr__free(sr->ctx, sr->functions);
    l2osr__table_clear(&sr->table);
    l2osr__columns_clear(&sr->columns);
    l2osr_samples_free(sr->samples);
    l2osr_front_free(sr->front);
    l2osr__free(sr->ctx, sr);
}

static l2osr_status run_island(void *arg, size_t index) {
    l2osr_sr *sr = arg;
    return l2osr__island_epoch(&sr->islands[index], sr->epoch);
}

static l2osr_status polish_island(void *arg, size_t index) {
    l2osr_sr *sr = arg;
    l2osr__island_begin(&sr->islands[index]);
    l2osr__island_polish(&sr->islands[index]);
    return L2OSR_OK;
}

/* One loop over the islands; what they found is merged in their order. */
static l2osr_status run_all(l2osr_sr *sr, l2osr__loop_fn body) {
    const uint32_t count = sr->world.options.islands;
    L2OSR__TRY(l2osr__parallel_for(sr->ctx, count, body, sr));
    for (uint32_t i = 0; i < count; i++) {
        l2osr__hall_merge(&sr->world.hall, sr->islands[i].found);
        l2osr__hall_merge(&sr->world.proven, sr->islands[i].proven);
    }
    return L2OSR_OK;
}

/* One run: how much of its budget is spent. */
typedef struct run {
    l2osr__stage stage;
    uint64_t evaluations, budget;
    double start, seconds;
} run;

static double spent(const run *r) {
    const double of_budget = (double)r->evaluations / (double)r->budget;
    const double of_time = r->seconds > 0 ? (l2osr__now() - r->start) / r->seconds : 0;
    return of_budget > of_time ? of_budget : of_time;
}

static void set_largest(l2osr_sr *sr, const run *r) {
    l2osr__world *world = &sr->world;
    const double warmup = world->options.warmup, most = world->options.max_complexity;
    const double allowed = warmup > 0 ? LEAST_SIZE + (most - LEAST_SIZE) * spent(r) / warmup : most;
    world->largest = allowed < most ? (int32_t)allowed : (int32_t)most;
}

static l2osr_status search(l2osr_sr *sr, run *r) {
    l2osr__world *world = &sr->world;
    double left = 1;
    for (; spent(r) < 1 && left > world->options.target_error; sr->epoch++) {
        char detail[32];
        int32_t complexity;
        set_largest(sr, r);
        L2OSR__TRY(run_all(sr, run_island));
        for (uint32_t i = 0; i < world->options.islands; i++)
            r->evaluations += sr->islands[i].evaluations;
        left = l2osr__hall_best(&world->hall, &complexity) / world->variance;
        snprintf(detail, sizeof detail, "%d nodes", (int)complexity);
        L2OSR__TRY(l2osr__stage_tick(&r->stage, r->evaluations, 1 - left, detail));
    }
    return L2OSR_OK;
}

l2osr_status l2osr_sr_run(l2osr_sr *sr) {
    if (!sr)
        return L2OSR_EINVAL;
    l2osr__world *world = &sr->world;
    const l2osr_sr_options *o = &world->options;
    const bool timed = o->evaluations == UINT64_MAX;
    const uint64_t each = o->evaluations / o->islands + (timed ? 0 : 1);
    run r = {.budget = o->evaluations, .start = l2osr__now(), .seconds = o->seconds};
    world->epoch_evaluations = each < o->epoch ? each : o->epoch;
    world->pool = o->pool / 2 < each ? o->pool : 2 * each;
    world->deadline = o->seconds > 0 ? r.start + o->seconds : 0;
    l2osr__stage_begin(&r.stage, sr->ctx, "distil", timed ? 0 : o->evaluations);
    l2osr_status status = search(sr, &r);
    sr->evaluations += r.evaluations;
    if (status != L2OSR_OK && status != L2OSR_ECANCELED)
        return status;
    L2OSR__TRY(run_all(sr, polish_island));
    L2OSR__TRY(l2osr__sr_write_front(sr));
    return status;
}
