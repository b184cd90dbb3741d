/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>

#include "sr/state.h"

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
        return l2osr__fail(sr->ctx, L2OSR_EINVAL,
                           "distil: functions is NULL, but n_functions is %zu", o->n_functions);
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

/* The path is needed longer than the options of the caller are there. */
static l2osr_status take_checkpoint(l2osr_sr *sr) {
    const char *path = sr->world.options.checkpoint;
    sr->checkpoint = l2osr__strdup(sr->ctx, path);
    sr->world.options.checkpoint = sr->checkpoint;
    if (path && !sr->checkpoint)
        return l2osr__fail(sr->ctx, L2OSR_ENOMEM, "distil: out of memory");
    return L2OSR_OK;
}

static l2osr_status prepare(l2osr_sr *sr, const l2osr_samples *samples,
                            const l2osr_sr_options *given) {
    l2osr__world *world = &sr->world;
    l2osr_sr_options *o = &world->options;
    L2OSR__TRY(l2osr__options_copy(sr->ctx, o, sizeof *o, given, "distil"));
    L2OSR__TRY(l2osr__sr_options_check(o, sr->ctx));
    L2OSR__TRY(take_functions(sr));
    L2OSR__TRY(l2osr__grammar_init(&world->grammar, sr->ctx, o->operators));
    L2OSR__TRY(l2osr__grammar_nest(&world->grammar, sr->ctx, o->nesting));
    L2OSR__TRY(take_checkpoint(sr));
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
    return l2osr__sr_new_front(sr, &sr->front);
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
    l2osr__free(sr->ctx, sr->decays);
    l2osr__free(sr->ctx, sr->checkpoint);
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

/* One run. */
typedef struct run {
    l2osr__stage stage;
    l2osr__state last; /* after the last epoch that was not cut short */
    double start, saved, reported;
} run;

/* How much of its budget a run has spent. */
static double spent(const l2osr_sr *sr, const run *r) {
    const l2osr_sr_options *o = &sr->world.options;
    const double of_budget = (double)sr->spent / (double)o->evaluations;
    const double of_time = o->seconds > 0 ? (l2osr__now() - r->start) / o->seconds : 0;
    return of_budget > of_time ? of_budget : of_time;
}

static void set_largest(l2osr_sr *sr, const run *r) {
    l2osr__world *world = &sr->world;
    const double warmup = world->options.warmup, most = world->options.max_complexity;
    const double allowed =
        warmup > 0 ? LEAST_SIZE + (most - LEAST_SIZE) * spent(sr, r) / warmup : most;
    world->largest = allowed < most ? (int32_t)allowed : (int32_t)most;
}

/* Part of the target's variance that no formula explains yet. */
static double unexplained(const l2osr_sr *sr, int32_t *complexity) {
    return l2osr__hall_best(&sr->world.hall, complexity) / sr->world.variance;
}

static bool is_over(const l2osr_sr *sr, const run *r) {
    int32_t complexity;
    return spent(sr, r) >= 1 || unexplained(sr, &complexity) <= sr->world.options.target_error;
}

/* An epoch that was canceled is forgotten in the end, so that the search goes on as if it had not
 * been. */
static l2osr_status run_epoch(l2osr_sr *sr, run *r) {
    set_largest(sr, r);
    L2OSR__TRY(run_all(sr, run_island));
    sr->epoch++;
    for (uint32_t i = 0; i < sr->world.options.islands; i++) {
        sr->spent += sr->islands[i].evaluations;
        sr->evaluations += sr->islands[i].evaluations;
    }
    return l2osr__canceled(sr->ctx) ? L2OSR_OK : l2osr__state_take(&r->last, sr);
}

/* Whether something that happens every so many seconds is due. */
static bool is_due(double *last, double every) {
    const double now = l2osr__now();
    if (now - *last < every)
        return false;
    *last = now;
    return true;
}

/* Where a search stands, for people. */
static l2osr_progress progress_of(const l2osr_sr *sr, const run *r, char detail[32]) {
    int32_t complexity;
    const double left = unexplained(sr, &complexity);
    snprintf(detail, 32, "%d nodes", (int)complexity);
    return l2osr__stage_progress(&r->stage, sr->spent, left < INFINITY ? 1 - left : (double)NAN,
                                 detail);
}

static l2osr_status report(l2osr_sr *sr, const run *r) {
    char detail[32];
    const l2osr_progress p = progress_of(sr, r, detail);
    return sr->world.options.report ? l2osr__sr_report(sr, &p) : L2OSR_OK;
}

/* Between two epochs. A checkpoint that cannot be written may be the next time. */
static l2osr_status safe_point(l2osr_sr *sr, run *r) {
    const l2osr_sr_options *o = &sr->world.options;
    char detail[32];
    const l2osr_progress p = progress_of(sr, r, detail);
    if (o->checkpoint && is_due(&r->saved, o->checkpoint_seconds) &&
        l2osr__checkpoint_write(sr, o->checkpoint, &r->last) != L2OSR_OK)
        l2osr__log(sr->ctx, L2OSR_LOG_WARNING, "%s", l2osr_context_errmsg(sr->ctx));
    L2OSR__TRY(l2osr__stage_tick(&r->stage, p.done, p.best, detail));
    return is_due(&r->reported, o->report_seconds) ? report(sr, r) : L2OSR_OK;
}

static l2osr_status search(l2osr_sr *sr, run *r) {
    while (!is_over(sr, r)) {
        L2OSR__TRY(run_epoch(sr, r));
        L2OSR__TRY(safe_point(sr, r));
    }
    return L2OSR_OK;
}

/* Polishes what was found for the front, in time or not. Canceled in the middle of that, the front
 * is not what it would have been. */
static l2osr_status conclude(l2osr_sr *sr, const run *r) {
    sr->world.deadline = 0;
    L2OSR__TRY(run_all(sr, polish_island));
    const bool cut_short = l2osr__canceled(sr->ctx);
    L2OSR__TRY(l2osr__sr_write_front(sr));
    l2osr_status status = report(sr, r);
    if (status != L2OSR_OK && status != L2OSR_ECANCELED)
        return status;
    return cut_short ? l2osr__fail(sr->ctx, L2OSR_ECANCELED, "distil: canceled") : L2OSR_OK;
}

static void begin(l2osr_sr *sr, run *r) {
    l2osr__world *world = &sr->world;
    const l2osr_sr_options *o = &world->options;
    const bool timed = o->evaluations == UINT64_MAX;
    const uint64_t each = o->evaluations / o->islands + (timed ? 0 : 1);
    world->epoch_evaluations = each < o->epoch ? each : o->epoch;
    world->pool = o->pool / 2 < each ? o->pool : 2 * each;
    r->start = r->saved = r->reported = l2osr__now();
    world->deadline = o->seconds > 0 ? r->start + o->seconds : 0;
    if (!sr->resumed)
        sr->spent = 0;
    sr->resumed = false;
    l2osr__stage_begin(&r->stage, sr->ctx, "distil", timed ? 0 : o->evaluations);
}

/* The front comes from more than the search goes on with: polishing it, and an epoch cut short,
 * would make the rest depend on where the search was interrupted. */
static l2osr_status run_to_end(l2osr_sr *sr, run *r) {
    const char *path = sr->world.options.checkpoint;
    l2osr_status status = search(sr, r), end = L2OSR_OK;
    const bool good = status == L2OSR_OK || status == L2OSR_ECANCELED;
    if (good)
        end = conclude(sr, r);
    l2osr__state_restore(sr, r->last.bytes, r->last.size);
    if (end == L2OSR_ECANCELED) {
        status = end;
        end = L2OSR_OK;
    }
    if (good && end == L2OSR_OK && path)
        end = l2osr__checkpoint_write(sr, path, &r->last);
    return end == L2OSR_OK ? status : end;
}

l2osr_status l2osr_sr_run(l2osr_sr *sr) {
    run r = {0};
    if (!sr)
        return L2OSR_EINVAL;
    begin(sr, &r);
    l2osr_status status = l2osr__state_take(&r.last, sr);
    if (status == L2OSR_OK)
        status = run_to_end(sr, &r);
    l2osr__free(sr->ctx, r.last.bytes);
    sr->resumed = status != L2OSR_OK && status != L2OSR_ECANCELED; /* to be tried again */
    return status;
}
