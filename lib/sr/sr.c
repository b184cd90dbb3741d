/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>

#include "sr/search.h"

enum { EPOCH_EVALUATIONS = 600 };

static l2osr_status make_islands(l2osr_sr *sr) {
    L2OSR__TRY(l2osr__alloc_to(sr->ctx, &sr->islands, sr->world.islands, sizeof *sr->islands));
    for (uint32_t i = 0; i < sr->world.islands; i++)
        L2OSR__TRY(l2osr__island_init(&sr->islands[i], &sr->world, i));
    return L2OSR_OK;
}

static l2osr_status prepare(l2osr_sr *sr, const l2osr_samples *samples,
                            const l2osr_sr_options *given) {
    l2osr_sr_options o;
    l2osr__world *world = &sr->world;
    L2OSR__TRY(l2osr__options_copy(sr->ctx, &o, sizeof o, given, "distil"));
    L2OSR__TRY(l2osr__sr_options_check(&o, sr->ctx));
    L2OSR__TRY(l2osr__grammar_init(&world->grammar, sr->ctx, o.operators));
    world->ctx = sr->ctx;
    world->seed = l2osr__seed_split(l2osr_context_seed(sr->ctx), o.seed);
    world->islands = o.islands;
    world->population = o.population;
    L2OSR__TRY(l2osr__sr_take_samples(sr, samples, &o));
    world->table = &sr->table;
    world->grammar.columns = (uint32_t)sr->columns.count;
    world->grammar.scale = sr->scale;
    world->grammar.max_nodes = (int32_t)o.max_complexity;
    l2osr__hall_reset(&world->hall);
    sr->evaluations = o.evaluations;
    sr->seconds = o.seconds;
    L2OSR__TRY(make_islands(sr));
    L2OSR__TRY(l2osr__alloc_to(sr->ctx, &sr->front, 1, sizeof *sr->front));
    sr->front->ctx = sr->ctx;
    return L2OSR_OK;
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
    for (uint32_t i = 0; sr->islands && i < sr->world.islands; i++)
        l2osr__island_clear(&sr->islands[i]);
    l2osr__free(sr->ctx, sr->islands);
    l2osr__free(sr->ctx, sr->scale);
    l2osr__free(sr->ctx, sr->train);
    l2osr__free(sr->ctx, sr->held);
    if (sr->table.ctx)
        l2osr__table_clear(&sr->table);
    if (sr->columns.ctx)
        l2osr__columns_clear(&sr->columns);
    l2osr_samples_free(sr->samples);
    l2osr_front_free(sr->front);
    l2osr__free(sr->ctx, sr);
}

static l2osr_status run_island(void *arg, size_t index) {
    l2osr_sr *sr = arg;
    l2osr__island_epoch(&sr->islands[index], sr->epoch);
    return L2OSR_OK;
}

static l2osr_status polish_island(void *arg, size_t index) {
    l2osr_sr *sr = arg;
    l2osr__hall_reset(sr->islands[index].found);
    l2osr__island_polish(&sr->islands[index]);
    return L2OSR_OK;
}

/* One loop over the islands; what they found is merged in their order. */
static l2osr_status run_all(l2osr_sr *sr, l2osr__loop_fn body) {
    L2OSR__TRY(l2osr__parallel_for(sr->ctx, sr->world.islands, body, sr));
    for (uint32_t i = 0; i < sr->world.islands; i++)
        l2osr__hall_merge(&sr->world.hall, sr->islands[i].found);
    return L2OSR_OK;
}

static l2osr_status search(l2osr_sr *sr, l2osr__stage *stage, uint64_t epochs) {
    const uint64_t each = sr->world.epoch_evaluations * sr->world.islands;
    for (uint64_t e = 0; e < epochs; e++) {
        char detail[32];
        int32_t size;
        L2OSR__TRY(run_all(sr, run_island));
        sr->epoch++;
        double best = 1 - l2osr__hall_best(&sr->world.hall, &size) / sr->world.variance;
        snprintf(detail, sizeof detail, "%d nodes", (int)size);
        L2OSR__TRY(l2osr__stage_tick(stage, (e + 1) * each, best, detail));
        if (sr->world.deadline > 0 && l2osr__now() > sr->world.deadline)
            break;
    }
    return L2OSR_OK;
}

l2osr_status l2osr_sr_run(l2osr_sr *sr) {
    l2osr__stage stage;
    if (!sr)
        return L2OSR_EINVAL;
    uint64_t each = sr->evaluations / sr->world.islands + 1;
    each = each < EPOCH_EVALUATIONS ? each : EPOCH_EVALUATIONS;
    uint64_t all = each * sr->world.islands, epochs = (sr->evaluations + all - 1) / all;
    sr->world.epoch_evaluations = each;
    sr->world.deadline = sr->seconds > 0 ? l2osr__now() + sr->seconds : 0;
    l2osr__stage_begin(&stage, sr->ctx, "distil", epochs * all);
    l2osr_status status = search(sr, &stage, epochs);
    if (status != L2OSR_OK && status != L2OSR_ECANCELED)
        return status;
    L2OSR__TRY(run_all(sr, polish_island));
    L2OSR__TRY(l2osr__sr_write_front(sr));
    return status;
}
