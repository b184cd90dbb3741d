/* SPDX-License-Identifier: MIT */
/* Pupils are copies of the rule with lists as long as their task has groups. */
#include "tune/learner_rule.h"

#include <math.h>
#include <string.h>

#include "task/task.h"
#include "tune/back_rule.h"
#include "tune/gradient.h"

typedef struct rule_pupil {
    l2osr__pupil base;
    const l2osr__params *params;
    size_t *sources; /* of each constant, the learner's that it follows */
    double *theta;   /* [size]: as they are now */
} rule_pupil;

typedef struct rule_slope {
    l2osr__slope base;
    rule_pupil *pupil;
    l2osr__rule_gradient gradient;
} rule_slope;

/* ---- from derivatives by nodes to those by free numbers ---- */

/* Whether a constant is read by a group: the last value of a list serves the groups behind it too.
 */
static bool reads(const l2osr_rule *rule, const l2osr__constant *c, size_t group) {
    const l2osr__node *node = &rule->form.nodes[c->node];
    const size_t last = (size_t)l2osr__node_values(node) - 1;
    return node->b <= 0 || (size_t)c->index == (group < last ? group : last);
}

static void chain(void *arg, size_t groups, const double *derivatives, double *flat) {
    const rule_pupil *pupil = arg;
    const l2osr_rule *rule = pupil->base.rule;
    const size_t nodes = (size_t)rule->program.count;
    memset(flat, 0, pupil->base.size * sizeof *flat);
    for (size_t i = 0; i < (size_t)rule->constant_count; i++) {
        const l2osr__constant *c = &rule->constants[i];
        const l2osr__param *param = &pupil->params->params[pupil->sources[i]];
        if (c->node < 0 || param->number == SIZE_MAX)
            continue;
        double sum = 0;
        for (size_t group = 0; group < groups; group++)
            if (reads(rule, c, group))
                sum += derivatives[group * nodes + (size_t)c->node];
        flat[param->number] += sum * l2osr__param_slope(param, pupil->theta[param->number]);
    }
}

/* ---- first order ---- */

static l2osr_status window_slope(l2osr__slope *self, const l2osr__unroll *unroll, double *flat) {
    rule_slope *slope = (rule_slope *)self;
    L2OSR__TRY(l2osr__rule_gradient_window(&slope->gradient, unroll));
    chain(slope->pupil, slope->gradient.window.groups, slope->gradient.derivatives, flat);
    return L2OSR_OK;
}

static void free_slope(l2osr__slope *self) {
    rule_slope *slope = (rule_slope *)self;
    l2osr_context *ctx = slope->pupil->base.ctx;
    l2osr__rule_gradient_clear(&slope->gradient);
    l2osr__free(ctx, slope);
}

static const l2osr__slope_class slope_class = {window_slope, free_slope};

static l2osr_status init_gradient(rule_slope *slope, const l2osr_task *task, size_t steps) {
    l2osr__pupil *pupil = &slope->pupil->base;
    size_t *sizes;
    L2OSR__TRY(l2osr__task_group_sizes(task, pupil->ctx, &sizes));
    const l2osr_status status = l2osr__rule_gradient_init(
        &slope->gradient, pupil->ctx, pupil->rule, l2osr_task_group_count(task), sizes, steps);
    l2osr__free(pupil->ctx, sizes);
    return status;
}

static l2osr_status create_slope(l2osr__slope **out, l2osr__pupil *self, const l2osr_task *task,
                                 size_t steps) {
    rule_slope *slope;
    *out = NULL;
    L2OSR__TRY(l2osr__alloc_to(self->ctx, &slope, 1, sizeof *slope));
    *slope = (rule_slope){.base = {&slope_class}, .pupil = (rule_pupil *)self};
    const l2osr_status status = init_gradient(slope, task, steps);
    if (status == L2OSR_OK)
        *out = &slope->base;
    else
        free_slope(&slope->base);
    return status;
}

static l2osr_status create_backward(l2osr__backward **out, l2osr__pupil *self,
                                    const l2osr_task *task, size_t steps) {
    return l2osr__back_rule_create(out, self->ctx, self->rule, task, steps,
                                   (l2osr__back_rule_chain){chain, self});
}

/* ---- kinds of groups ---- */

/* For each group of a task the value of lists that is for it. */
static l2osr_status kinds_of(size_t **out, l2osr_context *ctx, const l2osr_task *task) {
    const size_t groups = l2osr_task_group_count(task);
    L2OSR__TRY(l2osr__alloc_to(ctx, out, groups, sizeof **out));
    for (size_t i = 0; i < groups; i++) {
        const size_t rank = l2osr_task_group(task, i)->rank;
        (*out)[i] = rank <= 1   ? L2OSR_KIND_VECTOR
                    : rank == 2 ? L2OSR_KIND_MATRIX
                                : L2OSR_KIND_KERNEL;
    }
    return L2OSR_OK;
}

l2osr_status l2osr_rule_for_task(l2osr_rule **out, const l2osr_rule *rule, const l2osr_task *task) {
    size_t *kinds;
    if (!out || !rule)
        return L2OSR_EINVAL;
    *out = NULL;
    if (!task)
        return l2osr__fail(rule->ctx, L2OSR_EINVAL, "rule: task is NULL");
    L2OSR__TRY(kinds_of(&kinds, rule->ctx, task));
    const l2osr_status status = l2osr_rule_spread(out, rule, l2osr_task_group_count(task), kinds);
    l2osr__free(rule->ctx, kinds);
    return status;
}

/* ---- pupils ---- */

static l2osr_status set_theta(l2osr__pupil *self, const double *theta) {
    rule_pupil *pupil = (rule_pupil *)self;
    memcpy(pupil->theta, theta, self->size * sizeof *theta);
    for (size_t i = 0; i < (size_t)self->rule->constant_count; i++)
        l2osr__rule_set(self->rule, i,
                        l2osr__params_value(pupil->params, pupil->sources[i], theta));
    return L2OSR_OK;
}

static void free_pupil(l2osr__pupil *self) {
    rule_pupil *pupil = (rule_pupil *)self;
    l2osr_context *ctx = self->ctx;
    l2osr_rule_free(self->rule);
    l2osr__free(ctx, pupil->sources);
    l2osr__free(ctx, pupil->theta);
    l2osr__free(ctx, pupil);
}

static const l2osr__pupil_class pupil_class = {.set = set_theta,
                                               .free = free_pupil,
                                               .slope_create = create_slope,
                                               .backward_create = create_backward};

static bool reads_x(const l2osr_rule *rule) {
    for (int32_t i = 0; i < rule->program.count; i++)
        if (rule->program.slots[i].class == L2OSR__CLASS_INPUT &&
            rule->form.nodes[i].a == L2OSR__INPUT_X)
            return true;
    return false;
}

/* Copies keep the nodes as written, so that these say which constants belong together. */
static size_t source_of(const l2osr_rule *rule, const l2osr__constant *c, size_t value) {
    const size_t last = (size_t)l2osr__node_values(&rule->expr.nodes[c->written]) - 1;
    const size_t index = value < last ? value : last;
    size_t i = 0;
    while (rule->constants[i].written != c->written || (size_t)rule->constants[i].index != index)
        i++;
    return i;
}

static l2osr_status fill_pupil(rule_pupil *pupil, const l2osr__rule_learner *learner, size_t groups,
                               const size_t *kinds) {
    const l2osr_rule *start = learner->params.rule;
    l2osr__pupil *base = &pupil->base;
    L2OSR__TRY(
        l2osr__rule_copy(&base->rule, learner->params.start,
                         &(l2osr__rule_change){.groups = groups, .kinds = kinds, .tunable = true}));
    base->keep_x = reads_x(base->rule);
    base->half = learner->half;
    const size_t count = (size_t)base->rule->constant_count;
    L2OSR__TRY(l2osr__alloc_to(base->ctx, &pupil->sources, count, sizeof *pupil->sources));
    L2OSR__TRY(l2osr__alloc_to(base->ctx, &pupil->theta, base->size, sizeof *pupil->theta));
    for (size_t i = 0; i < count; i++) {
        const l2osr__constant *c = &base->rule->constants[i];
        const size_t group = (size_t)c->index;
        pupil->sources[i] = source_of(start, c, kinds ? kinds[group] : group);
    }
    return L2OSR_OK;
}

static l2osr_status create_pupil(l2osr__pupil **out, const l2osr__learner *self,
                                 const l2osr_task *task) {
    const l2osr__rule_learner *learner = (const l2osr__rule_learner *)self;
    rule_pupil *pupil;
    size_t *kinds = NULL;
    if (learner->by_kind)
        L2OSR__TRY(kinds_of(&kinds, self->ctx, task));
    l2osr_status status = l2osr__alloc_to(self->ctx, &pupil, 1, sizeof *pupil);
    if (status == L2OSR_OK) {
        *pupil = (rule_pupil){.base = {.class = &pupil_class, .ctx = self->ctx, .size = self->size},
                              .params = &learner->params};
        status = fill_pupil(pupil, learner, l2osr_task_group_count(task), kinds);
        if (status == L2OSR_OK)
            *out = &pupil->base;
        else
            free_pupil(&pupil->base);
    }
    l2osr__free(self->ctx, kinds);
    return status;
}

/* ---- the learner ---- */

static void describe_number(l2osr__text *text, const l2osr__param *param, double theta) {
    l2osr__text_add(text, "transform %d\n", (int)param->transform);
    l2osr__text_add_value(text, "low", param->low);
    l2osr__text_add_value(text, "high", param->high);
    l2osr__text_add_value(text, "theta", theta);
}

static void describe(const l2osr__learner *self, l2osr__text *text) {
    const l2osr__rule_learner *learner = (const l2osr__rule_learner *)self;
    l2osr__text_add_checksum(text, "rule", l2osr_rule_text(learner->params.start));
    l2osr__text_add(text, "lists by %s, gradients in %s\n", learner->by_kind ? "kind" : "group",
                    learner->half ? "bfloat16" : "f32");
    l2osr__text_add_value(text, "trust", learner->trust);
    l2osr__text_add_value(text, "lag_penalty", learner->lag_penalty);
    for (size_t i = 0; i < learner->params.count; i++)
        describe_number(text, &learner->params.params[learner->params.owners[i]],
                        learner->theta[i]);
}

static void project(const l2osr__learner *self, double *theta, const double *best, double lr) {
    const l2osr__rule_learner *learner = (const l2osr__rule_learner *)self;
    for (size_t i = 0; i < self->size; i++) {
        const l2osr__param *param = &learner->params.params[learner->params.owners[i]];
        if (param->transform == L2OSR_TRANSFORM_LINEAR && param->lag > 0)
            theta[i] = l2osr__param_shrink(param, theta[i], lr * learner->lag_penalty * param->lag);
        if (learner->trust > 0)
            theta[i] = fmin(fmax(theta[i], best[i] - learner->trust), best[i] + learner->trust);
        theta[i] = l2osr__param_clamp(param, theta[i]);
    }
}

static const l2osr__learner_class learner_class = {.stage = "tune",
                                                   .what = "rule",
                                                   .number = "constant",
                                                   .pupil_create = create_pupil,
                                                   .describe = describe,
                                                   .project = project};

l2osr_status l2osr__rule_learner_init(l2osr__rule_learner *learner, l2osr_context *ctx,
                                      const l2osr_rule *rule, size_t groups,
                                      const l2osr_tuner_options *options) {
    *learner = (l2osr__rule_learner){.base = {.class = &learner_class, .ctx = ctx},
                                     .by_kind = options->by_kind != 0,
                                     .half = options->half_memory != 0,
                                     .trust = options->trust,
                                     .lag_penalty = options->lag_penalty};
    L2OSR__TRY(l2osr__params_init(&learner->params, rule, options->by_kind ? L2OSR_KINDS : groups,
                                  options));
    const size_t count = learner->params.count;
    L2OSR__TRY(l2osr__alloc_to(ctx, &learner->theta, count, sizeof *learner->theta));
    learner->base.size = count;
    learner->base.start = learner->theta;
    return L2OSR_OK;
}

void l2osr__rule_learner_clear(l2osr__rule_learner *learner) {
    l2osr__params_clear(&learner->params);
    if (learner->base.ctx)
        l2osr__free(learner->base.ctx, learner->theta);
}
