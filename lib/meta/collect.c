/* SPDX-License-Identifier: MIT */
/* Trajectories of a model or a rule: features and output of some coordinates at every step. The
 * features are run for the chosen coordinates alone, by the program of a model: of the one that
 * steps, a second time, or of one that is there for its features only. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "expr/frame.h"
#include "l2osr/meta.h"
#include "meta/episode.h"
#include "meta/unroll.h"
#include "model/model.h"
#include "rule/rule.h"
#include "task/task.h"

void l2osr_collect_options_init(l2osr_collect_options *o, size_t size) {
    l2osr__options_init(o, size);
}

typedef struct collection {
    l2osr_context *ctx;
    l2osr_model *model; /* whose features are recorded, and that steps unless there is */
    l2osr_rule *rule;   /* a rule that does */
    l2osr__unroll *unroll;
    l2osr_samples *samples;
    const l2osr_collect_options *options;
    size_t count;    /* coordinates of a run */
    size_t *chosen;  /* [count] */
    float *state;    /* planes of the features, [planes][count] */
    float *g, *u;    /* [count]: gradient and output of the latest step */
    double *scalars; /* of the features' program */
} collection;

static size_t count_coordinates(const l2osr_task *task, size_t per_group) {
    size_t count = 0;
    for (size_t i = 0; i < l2osr_task_group_count(task); i++) {
        size_t size = l2osr__group_size(l2osr_task_group(task, i));
        count += size < per_group ? size : per_group;
    }
    return count;
}

/* Without replacement, by selection sampling (Knuth, algorithm S): sorted, and no memory for it. */
static void choose(collection *c, const l2osr_task *task, uint64_t seed) {
    size_t first = 0, next = 0;
    for (size_t i = 0; i < l2osr_task_group_count(task); i++) {
        const size_t size = l2osr__group_size(l2osr_task_group(task, i));
        size_t wanted = size < c->options->per_group ? size : c->options->per_group;
        l2osr__rng rng;
        l2osr__rng_init(&rng, seed, i);
        for (size_t k = 0; wanted > 0; k++)
            if (l2osr__rng_uniform(&rng) * (double)(size - k) < (double)wanted) {
                c->chosen[next++] = first + k;
                wanted--;
            }
        first += size;
    }
}

/* One step of all coordinates; leaves gradient and output of the chosen coordinates. */
static l2osr_status step(collection *c) {
    /* of a model any: u is what it multiplies */
    const double lr = c->rule ? l2osr_rule_default_lr(c->rule) : 0.01;
    double loss;
    for (size_t i = 0; i < c->count; i++)
        c->u[i] = c->unroll->x[c->chosen[i]];
    c->unroll->lr = lr;
    L2OSR__TRY(l2osr__unroll_step(c->unroll, &loss));
    for (size_t i = 0; i < c->count; i++) {
        c->g[i] = c->unroll->g[c->chosen[i]];
        c->u[i] = (c->unroll->x[c->chosen[i]] - c->u[i]) / (float)lr;
    }
    return L2OSR_OK;
}

static void record(collection *c, size_t run, size_t t) {
    const l2osr_model *m = c->model;
    const l2osr__kernels_f32 *kernels = l2osr__kernels_f32_of(c->ctx);
    l2osr__frame_f32 frame;
    _Alignas(64) float scratch[L2OSR__SCRATCH_BYTES / sizeof(float)];
    l2osr__feature_scalars(m, t + 1, c->scalars);
    l2osr__frame_init_f32(&frame, &m->routine.code, c->scalars, t + 1, c->state, c->count, scratch,
                          0, c->count);
    for (size_t done = 0; done < c->count; done += frame.block) {
        const size_t n = c->count - done < frame.block ? c->count - done : frame.block;
        const float *vectors[L2OSR__INPUT_COUNT] = {
            [L2OSR__INPUT_G] = c->g + done, [L2OSR__INPUT_X] = c->g + done};
        l2osr__frame_run_f32(&frame, kernels, done, n, vectors);
        for (size_t i = 0; i < n; i++) {
            const size_t trajectory = run * c->count + done + i;
            for (size_t f = 0; f < m->net.shape.features; f++)
                l2osr_samples_series(c->samples, f, trajectory)[t] = frame.value[m->features[f]][i];
            l2osr_samples_target(c->samples, trajectory)[t] = c->u[done + i];
        }
    }
}

static l2osr_status collect_run(collection *c, size_t run) {
    const uint64_t seed = l2osr__seed_split(c->options->seed, run);
    choose(c, c->unroll->config.task, l2osr__seed_split(seed, 2));
    memset(c->state, 0, (size_t)c->model->routine.program.planes * c->count * sizeof *c->state);
    L2OSR__TRY(l2osr__unroll_restart(c->unroll, seed));
    for (size_t t = 0; t < c->options->steps; t++) {
        L2OSR__TRY(step(c));
        record(c, run, t);
    }
    return L2OSR_OK;
}

static l2osr_status allocate(collection *c, l2osr_task *task) {
    const l2osr_model *m = c->model;
    const l2osr__unroll_config config = {.task = task};
    l2osr_stepper *stepper;
    const size_t planes = (size_t)m->routine.program.planes;
    c->count = count_coordinates(task, c->options->per_group);
    L2OSR__TRY(l2osr__alloc_to(c->ctx, &c->chosen, c->count, sizeof *c->chosen));
    L2OSR__TRY(l2osr__alloc_to(c->ctx, &c->state, planes + 1, c->count * sizeof *c->state));
    L2OSR__TRY(l2osr__alloc_to(c->ctx, &c->g, c->count, sizeof *c->g));
    L2OSR__TRY(l2osr__alloc_to(c->ctx, &c->u, c->count, sizeof *c->u));
    L2OSR__TRY(l2osr__alloc_to(c->ctx, &c->scalars, (size_t)m->expr.count, sizeof *c->scalars));
    L2OSR__TRY(l2osr__stepper_for(&stepper, c->ctx, task, c->rule, c->rule ? NULL : c->model,
                                  L2OSR_F32));
    L2OSR__TRY(l2osr__unroll_create(&c->unroll, c->ctx, stepper, &config));
    return l2osr_samples_create(&c->samples, c->ctx, m->net.shape.features, m->feature_names,
                                c->options->runs * c->count, c->options->steps);
}

static l2osr_status collect(collection *c, l2osr_task *task) {
    l2osr__stage stage;
    L2OSR__TRY(allocate(c, task));
    l2osr__stage_begin(&stage, c->ctx, "collect", c->options->runs);
    for (size_t run = 0; run < c->options->runs; run++) {
        L2OSR__TRY(collect_run(c, run));
        L2OSR__TRY(l2osr__stage_tick(&stage, run + 1, NAN, "episodes"));
    }
    return l2osr_samples_check(c->samples);
}

static l2osr_status run(l2osr_samples **out, l2osr_context *ctx, l2osr_model *model,
                        l2osr_rule *rule, l2osr_task *task, const l2osr_collect_options *options) {
    l2osr_collect_options o;
    L2OSR__TRY(l2osr__options_copy(ctx, &o, sizeof o, options, "collect options"));
    o.runs = o.runs ? o.runs : 8;
    o.steps = o.steps ? o.steps : 200;
    o.per_group = o.per_group ? o.per_group : 10;
    o.seed = l2osr__seed_split(l2osr_context_seed(ctx), o.seed);
    collection c = {.ctx = ctx, .model = model, .rule = rule, .options = &o};
    l2osr_status status = collect(&c, task);
    if (status == L2OSR_OK)
        *out = c.samples;
    else
        l2osr_samples_free(c.samples);
    l2osr__unroll_free(c.unroll);
    l2osr__free(ctx, c.chosen);
    l2osr__free(ctx, c.state);
    l2osr__free(ctx, c.g);
    l2osr__free(ctx, c.u);
    l2osr__free(ctx, c.scalars);
    return status;
}

l2osr_status l2osr_meta_collect(l2osr_samples **out, l2osr_context *ctx, l2osr_model *model,
                                l2osr_task *task, const l2osr_collect_options *options) {
    if (!ctx || !out)
        return L2OSR_EINVAL;
    *out = NULL;
    if (!model || !task)
        return l2osr__fail(ctx, L2OSR_EINVAL, "collect: needs a model and a task");
    return run(out, ctx, model, NULL, task, options);
}

l2osr_status l2osr_meta_collect_rule(l2osr_samples **out, l2osr_context *ctx, l2osr_rule *rule,
                                     const char *inputs, const char *features, l2osr_task *task,
                                     const l2osr_collect_options *options) {
    const l2osr_model_options o = {.struct_size = sizeof o, .inputs = inputs, .features = features};
    l2osr_model *model;
    if (!ctx || !out)
        return L2OSR_EINVAL;
    *out = NULL;
    if (!rule || !task)
        return l2osr__fail(ctx, L2OSR_EINVAL, "collect: needs a rule and a task");
    L2OSR__TRY(l2osr_model_create(&model, ctx, &o));
    l2osr_status status = run(out, ctx, model, rule, task, options);
    l2osr_model_free(model);
    return status;
}
