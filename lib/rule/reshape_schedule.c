/* SPDX-License-Identifier: MIT */
/* A constant, or the step size, that becomes a schedule. */
#include <stdio.h>
#include <string.h>

#include "expr/schedule.h"
#include "rule/reshape.h"

typedef struct change {
    const l2osr__node *start; /* the constant whose value all knots begin with */
    int32_t place;            /* node of the old rule that is replaced */
    bool lr;                  /* it is the step size: the schedule is a factor of it */
    l2osr__schedule schedule;
} change;

static l2osr_status add_schedule(change *c, l2osr__reshape *r, int32_t *out) {
    const l2osr__node step = {.op = L2OSR__OP_VAR, .a = L2OSR__INPUT_T, .b = -1};
    int32_t t;
    for (int32_t i = 0; i <= c->schedule.knots; i++)
        L2OSR__TRY(l2osr__reshape_constant(r, c->start, 1, 0, &c->schedule.values[i]));
    L2OSR__TRY(l2osr__expr_add(&r->expr, step, &t));
    return l2osr__schedule_build(&r->expr, &c->schedule, t, out);
}

/* The step size may be read at many places: it gets a name that is free. */
static l2osr_status name_rate(l2osr__reshape *r, int32_t node) {
    char name[L2OSR__NAME_SIZE] = "rate";
    for (int k = 2; l2osr__expr_find_let(&r->rule->expr, name, strlen(name)) >= 0; k++)
        snprintf(name, sizeof name, "rate%d", k);
    return l2osr__expr_add_let(&r->expr, name, strlen(name), node);
}

static l2osr_status replace(void *arg, l2osr__reshape *r, int32_t old) {
    change *c = arg;
    int32_t schedule;
    if (old != c->place)
        return L2OSR_OK;
    L2OSR__TRY(add_schedule(c, r, &schedule));
    if (!c->lr) {
        r->map[old] = schedule;
        return L2OSR_OK;
    }
    L2OSR__TRY(l2osr__reshape_op(r, L2OSR__OP_MUL, r->map[old], schedule, &r->map[old]));
    return name_rate(r, r->map[old]);
}

static l2osr_status set_times(change *c, l2osr_context *ctx, size_t n, const size_t *times) {
    if (n < 1 || n > L2OSR__MAX_KNOTS)
        return l2osr__fail(ctx, L2OSR_ERANGE, "schedule: %zu times; there may be 1 to %d", n,
                           L2OSR__MAX_KNOTS);
    if (!times)
        return l2osr__fail(ctx, L2OSR_EINVAL, "schedule: times is NULL");
    c->schedule.knots = (int32_t)n;
    for (size_t i = 0; i < n; i++) {
        const size_t least = i > 0 ? times[i - 1] + 1 : 1;
        if (times[i] < least || times[i] > L2OSR__MAX_TIME)
            return l2osr__fail(ctx, L2OSR_ERANGE,
                               "schedule: times[%zu] is %zu; it must be %zu to %d", i, times[i],
                               least, L2OSR__MAX_TIME);
        c->schedule.times[i + 1] = (int32_t)times[i];
    }
    return L2OSR_OK;
}

/* Whether a node is the step size itself. */
static bool is_lr(const l2osr__node *node) {
    return node->op == L2OSR__OP_VAR && node->a == L2OSR__INPUT_LR;
}

static l2osr_status set_place(change *c, const l2osr_rule *rule, size_t index) {
    static const l2osr__node one = {.op = L2OSR__OP_CONST, .a = -1, .b = -1, .value = 1};
    c->lr = index == L2OSR_SCHEDULE_LR;
    c->start = &one;
    if (!c->lr && index >= (size_t)rule->constant_count)
        return l2osr__fail(rule->ctx, L2OSR_ERANGE,
                           "schedule: no tunable constant %zu, the rule has %zu", index,
                           l2osr_rule_constant_count(rule));
    if (!c->lr) {
        c->place = rule->constants[index].written;
        c->start = &rule->expr.nodes[c->place];
        return L2OSR_OK;
    }
    while (c->place < rule->expr.count && !is_lr(&rule->expr.nodes[c->place]))
        c->place++;
    return c->place < rule->expr.count
               ? L2OSR_OK
               : l2osr__fail(rule->ctx, L2OSR_EINVAL, "schedule: the rule does not read lr");
}

l2osr_status l2osr_rule_schedule(l2osr_rule **out, const l2osr_rule *rule, size_t index,
                                 l2osr_shape shape, size_t n, const size_t *times) {
    change c = {.schedule = {.shape = (int)shape}};
    if (!out || !rule)
        return L2OSR_EINVAL;
    *out = NULL;
    if ((int)shape < 0 || (int)shape >= L2OSR__SHAPES)
        return l2osr__fail(rule->ctx, L2OSR_EINVAL, "schedule: no shape %d", (int)shape);
    L2OSR__TRY(set_times(&c, rule->ctx, n, times));
    L2OSR__TRY(set_place(&c, rule, index));
    return l2osr__reshape_rule(out, rule, replace, &c);
}
