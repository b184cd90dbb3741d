/* SPDX-License-Identifier: MIT */
#include "tune/params.h"

#include <math.h>

#include "tune/roles.h"
#include "vec/scalar.h"

/* ---- one constant ---- */

double l2osr__param_value(const l2osr__param *param, double theta) {
    const double start = param->start, low = param->low, high = param->high;
    if (theta == 0) /* exactly */
        return start;
    if (param->transform == L2OSR_TRANSFORM_LINEAR)
        return start + param->unit * theta;
    if (param->transform == L2OSR_TRANSFORM_EXP)
        return start * l2osr__exp_f64(theta);
    const double odds = (start - low) * l2osr__exp_f64(theta);
    return low + (high - low) * (odds / (odds + (high - start)));
}

double l2osr__param_slope(const l2osr__param *param, double theta) {
    const double value = l2osr__param_value(param, theta);
    if (param->transform == L2OSR_TRANSFORM_LINEAR)
        return param->unit;
    if (param->transform == L2OSR_TRANSFORM_EXP)
        return value;
    return (value - param->low) * (param->high - value) / (param->high - param->low);
}

/* Theta of a value that the constant can take. */
static double theta_of(const l2osr__param *param, double value) {
    const double start = param->start;
    if (param->transform == L2OSR_TRANSFORM_LINEAR)
        return (value - start) / param->unit;
    if (param->transform == L2OSR_TRANSFORM_EXP)
        return l2osr__log_f64(value / start);
    return l2osr__log_f64((value - param->low) / (param->high - value) *
                          ((param->high - start) / (start - param->low)));
}

double l2osr__param_clamp(const l2osr__param *param, double theta) {
    const double widest = 30, end = 1e-6; /* rules run in f32 too, where 1 - 1e-8 is 1 */
    const bool bounded = param->transform == L2OSR_TRANSFORM_SIGMOID;
    const double margin = bounded ? end * (param->high - param->low) : 0;
    const double low = param->low + margin, high = param->high - margin;
    const double least = isinf(low) ? -widest : theta_of(param, low);
    const double most = isinf(high) ? widest : theta_of(param, high);
    return fmin(fmax(theta, fmin(least, 0)), fmax(most, 0)); /* where it starts is legal */
}

double l2osr__param_shrink(const l2osr__param *param, double theta, double shrink) {
    const double zero = -param->start / param->unit, size = theta - zero; /* in units */
    return zero + copysign(fmax(fabs(size) - shrink, 0), size);
}

/* ---- how a constant moves unless told otherwise ---- */

static l2osr__param linear(double start, double unit) {
    return (l2osr__param){.transform = L2OSR_TRANSFORM_LINEAR,
                          .start = start,
                          .low = -INFINITY,
                          .high = INFINITY,
                          .unit = unit};
}

static l2osr__param scaled(double start) {
    l2osr__param param = linear(start, start);
    param.transform = L2OSR_TRANSFORM_EXP;
    return param;
}

static l2osr__param between(double start, double low, double high) {
    return (l2osr__param){
        .transform = L2OSR_TRANSFORM_SIGMOID, .start = start, .low = low, .high = high};
}

static l2osr__param fixed(double start) {
    return (l2osr__param){.transform = L2OSR_TRANSFORM_FIXED, .start = start};
}

static double unit_of(double start) {
    return start != 0 ? fabs(start) : 1;
}

/* None is a weight decay too: it begins at the size of usual ones and stays on its side of 0. */
static l2osr__param weight_decay(double start) {
    const double usual = 0.01;
    l2osr__param param = linear(0, usual);
    param.low = 0;
    return start != 0 ? scaled(start) : param;
}

static l2osr__param usual(const l2osr_rule *rule, size_t i, const l2osr_tuner_options *o) {
    const l2osr__constant *c = &rule->constants[i];
    const double start = l2osr_rule_constant(rule, i);
    if (c->input == L2OSR__INPUT_LR)
        return o->fixed_lr ? fixed(start) : scaled(start);
    if (c->input == L2OSR__INPUT_WD)
        return o->tune_wd ? weight_decay(start) : fixed(start);
    if (start > 0 && start < 1 && l2osr__role_is_decay(rule, c->written))
        return between(start, 0, 1);
    const bool pays = o->lag_penalty > 0 && l2osr__role_lag(rule, c->written) > 0;
    return start == 0 || pays ? linear(start, unit_of(start)) : scaled(start);
}

/* ---- what the caller wants ---- */

static const char *refusal(const l2osr_tuner_constant *wish, double start) {
    const bool free = wish->low == 0 && wish->high == 0;
    const double low = wish->low, high = free ? 1 : wish->high;
    switch (wish->transform) {
    case L2OSR_TRANSFORM_EXP:
        return start == 0 ? "a constant that is 0 cannot be scaled"
               : !free    ? "bounds are for sigmoid and linear constants"
                          : NULL;
    case L2OSR_TRANSFORM_SIGMOID:
        return low < start && start < high && isfinite(low) && isfinite(high)
                   ? NULL
                   : "a sigmoid needs finite bounds on both sides of where it starts";
    case L2OSR_TRANSFORM_LINEAR:
        return free || (low <= start && start <= high) ? NULL : "it starts outside of its bounds";
    case L2OSR_TRANSFORM_DEFAULT:
    case L2OSR_TRANSFORM_FIXED:
        return free ? NULL : "bounds are for sigmoid and linear constants";
    default:
        return "its transform is none of l2osr_transform";
    }
}

static l2osr__param wished(const l2osr_tuner_constant *wish, l2osr__param usual) {
    const bool free = wish->low == 0 && wish->high == 0;
    l2osr__param param = linear(usual.start, unit_of(usual.start));
    switch (wish->transform) {
    case L2OSR_TRANSFORM_EXP:
        return scaled(usual.start);
    case L2OSR_TRANSFORM_SIGMOID:
        return between(usual.start, wish->low, free ? 1 : wish->high);
    case L2OSR_TRANSFORM_LINEAR:
        param.low = free ? -INFINITY : wish->low;
        param.high = free ? INFINITY : wish->high;
        return param;
    case L2OSR_TRANSFORM_FIXED:
        return fixed(usual.start);
    case L2OSR_TRANSFORM_DEFAULT:
    default:
        return usual;
    }
}

/* Whether constant `i` of the rule for tuning is meant; one that was spread keeps its node. */
static bool means(const l2osr_tuner_constant *wish, const l2osr_rule *given, const l2osr_rule *rule,
                  size_t i) {
    const l2osr__constant *c = &rule->constants[i];
    if (wish->index == L2OSR_TUNER_LR || wish->index == L2OSR_TUNER_WD)
        return c->input == (wish->index == L2OSR_TUNER_LR ? L2OSR__INPUT_LR : L2OSR__INPUT_WD);
    const l2osr__constant *asked = &given->constants[wish->index];
    const int32_t last = l2osr__node_values(&given->expr.nodes[asked->written]) - 1;
    const int32_t own = c->index < last ? c->index : last; /* those behind follow the last one */
    return c->input < 0 && c->written == asked->written && (wish->spread || own == asked->index);
}

static l2osr_status fulfil(l2osr__params *params, const l2osr_rule *given,
                           const l2osr_tuner_constant *wish) {
    for (size_t i = 0; i < params->constants; i++) {
        l2osr__param *param = &params->params[i];
        if (!means(wish, given, params->rule, i))
            continue;
        const char *why = refusal(wish, param->start);
        if (why)
            return l2osr__fail(given->ctx, L2OSR_EINVAL, "tune: constant %zu (%g): %s", i,
                               param->start, why);
        *param = wished(wish, *param);
    }
    return L2OSR_OK;
}

/* ---- all of a rule ---- */

/* Which scalars become lists; refuses numbers of constants that there are not. */
static l2osr_status mark_spread(const l2osr_rule *rule, const l2osr_tuner_options *o,
                                uint8_t *spread) {
    for (size_t i = 0; i < o->n_constants; i++) {
        const l2osr_tuner_constant *wish = &o->constants[i];
        const bool is_default = wish->index == L2OSR_TUNER_LR || wish->index == L2OSR_TUNER_WD;
        if (!is_default && wish->index >= l2osr_rule_constant_count(rule))
            return l2osr__fail(rule->ctx, L2OSR_EINVAL,
                               "tune: no constant %zu; the rule has %zu that can be tuned",
                               wish->index, l2osr_rule_constant_count(rule));
        if (is_default && wish->spread)
            return l2osr__fail(rule->ctx, L2OSR_EINVAL,
                               "tune: lr and wd are the same for all groups");
        if (wish->spread)
            spread[wish->index] = 1;
    }
    return L2OSR_OK;
}

static l2osr_status make_rules(l2osr__params *params, const l2osr_rule *rule, size_t values,
                               const l2osr_tuner_options *o) {
    uint8_t *spread;
    L2OSR__TRY(l2osr__alloc_to(rule->ctx, &spread, l2osr_rule_constant_count(rule) + 1, 1));
    l2osr_status status = mark_spread(rule, o, spread);
    if (status == L2OSR_OK)
        status = l2osr__rule_copy(&params->start, rule,
                                  &(l2osr__rule_change){.spread = spread, .groups = values});
    l2osr__free(rule->ctx, spread);
    L2OSR__TRY(status);
    L2OSR__TRY(l2osr__rule_tunable(&params->rule, params->start));
    params->constants = l2osr_rule_constant_count(params->rule);
    return L2OSR_OK;
}

static void number(l2osr__params *params) {
    for (size_t i = 0; i < params->constants; i++) {
        l2osr__param *param = &params->params[i];
        param->lag = l2osr__role_lag(params->rule, params->rule->constants[i].written);
        param->number = param->transform == L2OSR_TRANSFORM_FIXED ? SIZE_MAX : params->count;
        if (param->transform != L2OSR_TRANSFORM_FIXED)
            params->owners[params->count++] = i;
    }
}

l2osr_status l2osr__params_init(l2osr__params *params, const l2osr_rule *rule, size_t values,
                                const l2osr_tuner_options *o) {
    *params = (l2osr__params){0};
    L2OSR__TRY(make_rules(params, rule, values, o));
    const size_t n = params->constants;
    L2OSR__TRY(l2osr__alloc_to(rule->ctx, &params->params, n + 1, sizeof *params->params));
    L2OSR__TRY(l2osr__alloc_to(rule->ctx, &params->owners, n + 1, sizeof *params->owners));
    for (size_t i = 0; i < n; i++)
        params->params[i] = usual(params->rule, i, o);
    for (size_t i = 0; i < o->n_constants; i++)
        L2OSR__TRY(fulfil(params, rule, &o->constants[i]));
    number(params);
    if (params->count == 0)
        return l2osr__fail(rule->ctx, L2OSR_EINVAL,
                           "tune: the rule has no constant to tune, or all are fixed");
    return L2OSR_OK;
}

void l2osr__params_clear(l2osr__params *params) {
    if (params->start) {
        l2osr__free(params->start->ctx, params->params);
        l2osr__free(params->start->ctx, params->owners);
    }
    l2osr_rule_free(params->rule);
    l2osr_rule_free(params->start);
    *params = (l2osr__params){0};
}

double l2osr__params_value(const l2osr__params *params, size_t constant, const double *theta) {
    const l2osr__param *param = &params->params[constant];
    return param->number == SIZE_MAX ? param->start
                                     : l2osr__param_value(param, theta[param->number]);
}

l2osr_status l2osr__params_rule(const l2osr__params *params, const double *theta,
                                const uint8_t *removed, l2osr_rule **out) {
    const l2osr_rule *start = params->start;
    l2osr__rule_header header = start->header;
    double *values;
    L2OSR__TRY(l2osr__alloc_to(start->ctx, &values, params->constants, sizeof *values));
    for (size_t i = 0; i < params->constants; i++) {
        const int32_t input = params->rule->constants[i].input;
        values[i] = l2osr__params_value(params, i, theta);
        if (params->params[i].number == SIZE_MAX)
            continue; /* a default that is not given stays so */
        if (input == L2OSR__INPUT_LR)
            header.default_lr = values[i];
        if (input == L2OSR__INPUT_WD)
            header.default_wd = values[i];
    }
    l2osr_status status = l2osr__rule_copy(
        out, start, &(l2osr__rule_change){.values = values, .header = &header, .removed = removed});
    l2osr__free(start->ctx, values);
    return status;
}
