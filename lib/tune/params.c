/* SPDX-License-Identifier: MIT */
#include "tune/params.h"

#include <math.h>

#include "vec/scalar.h"

static bool is_lr(const l2osr_rule *rule, int32_t node) {
    return rule->program.slots[node].class == L2OSR__CLASS_SCALAR &&
           rule->form.nodes[node].op == L2OSR__OP_VAR && rule->form.nodes[node].a == L2OSR__INPUT_LR;
}

static bool reads_lr(const l2osr_rule *rule) {
    for (int32_t i = 0; i < rule->program.count; i++)
        if (is_lr(rule, i))
            return true;
    return false;
}

/* What has a memory for its user is a decay. */
static bool is_decay(const l2osr_rule *rule, int32_t constant, double value) {
    for (int32_t i = 0; i < rule->expr.count; i++)
        if (l2osr__ops[rule->expr.nodes[i].op].kind == L2OSR__KIND_MEMORY &&
            rule->expr.nodes[i].b == constant)
            return value > 0 && value < 1;
    return false;
}

static l2osr__param describe(const l2osr_rule *rule, size_t index) {
    if (index == (size_t)rule->constant_count)
        return (l2osr__param){L2OSR__PARAM_SCALE, l2osr_rule_default_lr(rule)};
    const double start = l2osr_rule_constant(rule, index);
    if (is_decay(rule, rule->constants[index].written, start))
        return (l2osr__param){L2OSR__PARAM_DECAY, start};
    return (l2osr__param){start == 0 ? L2OSR__PARAM_SHIFT : L2OSR__PARAM_SCALE, start};
}

l2osr_status l2osr__params_init(l2osr__params *params, l2osr_context *ctx, const l2osr_rule *rule,
                                bool fixed_lr) {
    *params = (l2osr__params){.lr = !fixed_lr && reads_lr(rule)};
    params->count = (size_t)rule->constant_count + params->lr;
    if (params->count == 0)
        return l2osr__fail(ctx, L2OSR_EINVAL, "tuner: the rule has no constant to tune%s",
                           fixed_lr ? "" : " and does not read lr");
    L2OSR__TRY(l2osr__alloc_to(ctx, &params->params, params->count, sizeof *params->params));
    L2OSR__TRY(l2osr__alloc_to(ctx, &params->theta, params->count, sizeof *params->theta));
    L2OSR__TRY(l2osr__alloc_to(ctx, &params->best, params->count, sizeof *params->best));
    L2OSR__TRY(l2osr__alloc_to(ctx, &params->gradient, params->count, sizeof *params->gradient));
    for (size_t i = 0; i < params->count; i++)
        params->params[i] = describe(rule, i);
    return L2OSR_OK;
}

void l2osr__params_clear(l2osr__params *params, l2osr_context *ctx) {
    l2osr__free(ctx, params->params);
    l2osr__free(ctx, params->theta);
    l2osr__free(ctx, params->best);
    l2osr__free(ctx, params->gradient);
    *params = (l2osr__params){0};
}

double l2osr__params_value(const l2osr__params *params, size_t index, double theta) {
    const l2osr__param *param = &params->params[index];
    const double scaled = param->start * l2osr__exp_f64(theta);
    switch (param->kind) {
    case L2OSR__PARAM_SCALE:
        return scaled;
    case L2OSR__PARAM_DECAY:
        return scaled / (scaled + (1 - param->start));
    default:
        return theta;
    }
}

void l2osr__params_clamp(l2osr__params *params) {
    const double widest = 30, end = 1e-6; /* rules run in f32 too, where 1 - 1e-8 is 1 */
    for (size_t i = 0; i < params->count; i++) {
        const l2osr__param *param = &params->params[i];
        double low = -widest, high = widest;
        if (param->kind == L2OSR__PARAM_DECAY) {
            const double odds = param->start / (1 - param->start);
            low = fmin(0, l2osr__log_f64(end / odds));
            high = fmax(0, l2osr__log_f64(1 / end / odds));
        }
        params->theta[i] = fmin(fmax(params->theta[i], low), high);
    }
}

static double slope(const l2osr__params *params, size_t index) {
    const double value = l2osr__params_value(params, index, params->theta[index]);
    switch (params->params[index].kind) {
    case L2OSR__PARAM_SCALE:
        return value;
    case L2OSR__PARAM_DECAY:
        return value * (1 - value);
    default:
        return 1;
    }
}

/* Whether a constant is read by a group: the last value of a list serves the groups behind it too. */
static bool reads(const l2osr_rule *rule, const l2osr__constant *c, size_t group) {
    const l2osr__node *node = &rule->form.nodes[c->node];
    const size_t last = (size_t)l2osr__node_values(node) - 1;
    return node->b <= 0 || (size_t)c->index == (group < last ? group : last);
}

static void add_group(l2osr__params *params, const l2osr_rule *rule, size_t group,
                      const double *derivatives) {
    for (int32_t i = 0; i < rule->constant_count; i++)
        if (rule->constants[i].node >= 0 && reads(rule, &rule->constants[i], group))
            params->gradient[i] += derivatives[rule->constants[i].node];
    for (int32_t i = 0; params->lr && i < rule->program.count; i++)
        if (is_lr(rule, i))
            params->gradient[params->count - 1] += derivatives[i];
}

void l2osr__params_chain(l2osr__params *params, const l2osr_rule *rule, size_t groups,
                         const double *derivatives) {
    for (size_t i = 0; i < params->count; i++)
        params->gradient[i] = 0;
    for (size_t group = 0; group < groups; group++)
        add_group(params, rule, group, derivatives + group * (size_t)rule->program.count);
    for (size_t i = 0; i < params->count; i++)
        params->gradient[i] *= slope(params, i);
}

l2osr_status l2osr__params_rule(const l2osr__params *params, const l2osr_rule *start,
                                const double *theta, l2osr_rule **out) {
    const size_t last = params->count - 1;
    const double lr =
        params->lr ? l2osr__params_value(params, last, theta[last]) : start->header.default_lr;
    double *values;
    L2OSR__TRY(l2osr__alloc_to(start->ctx, &values, params->count, sizeof *values));
    for (size_t i = 0; i < params->count; i++)
        values[i] = l2osr__params_value(params, i, theta[i]);
    l2osr_status status = l2osr__rule_with(out, start, values, lr);
    l2osr__free(start->ctx, values);
    return status;
}
