/* SPDX-License-Identifier: MIT */
/* Powers that split into two with exponents around theirs. */
#include <math.h>

#include "rule/reshape.h"

/* factor * base^exponent, with or without the sign of the base. */
typedef struct power {
    int32_t site; /* the node that is all of it */
    int32_t base;
    int32_t factor, inner; /* a constant, and the power without it; -1: there is none */
    l2osr__node exponent;  /* a constant */
    bool even;             /* the base counts without its sign */
} power;

/* What is known of the nodes of a rule. */
typedef struct survey {
    const l2osr_rule *rule;
    uint8_t scalar[L2OSR__MAX_NODES], tuned[L2OSR__MAX_NODES], reached[L2OSR__MAX_NODES];
    int32_t uses[L2OSR__MAX_NODES];
    bool absorbed[L2OSR__MAX_NODES]; /* powers that are counted with their factor */
} survey;

static const l2osr__node *node_at(const survey *s, int32_t i) {
    return &s->rule->expr.nodes[i];
}

static l2osr__node number(double value) {
    return (l2osr__node){.op = L2OSR__OP_CONST, .a = -1, .b = -1, .value = value};
}

/* The smallest of a constant's values. */
static double least_value(const survey *s, const l2osr__node *constant) {
    double least = INFINITY;
    for (int32_t i = 0; i < l2osr__node_values(constant); i++)
        least = fmin(least, l2osr__node_value(constant, s->rule->expr.values, (size_t)i));
    return least;
}

/* A power that means the same as pow(base, a) or pow(abs(base), a), a > 0. The other powers are not
 * defined for negative bases, or for 0. */
static bool read_power(const survey *s, int32_t i, power *p) {
    const l2osr__node *n = node_at(s, i);
    *p = (power){.site = i, .base = n->a, .factor = -1, .inner = -1};
    if (n->op == L2OSR__OP_SQUARE || n->op == L2OSR__OP_CUBE) {
        p->even = n->op == L2OSR__OP_SQUARE;
        p->exponent = number(p->even ? 2 : 3);
        return !s->scalar[n->a];
    }
    if ((n->op != L2OSR__OP_POWM && n->op != L2OSR__OP_POWER) ||
        node_at(s, n->b)->op != L2OSR__OP_CONST)
        return false;
    p->exponent = *node_at(s, n->b);
    p->even = n->op == L2OSR__OP_POWER && p->exponent.value / 2 == floor(p->exponent.value / 2);
    const bool whole = p->exponent.b <= 0 && floor(p->exponent.value) == p->exponent.value;
    return !s->scalar[n->a] && (n->op == L2OSR__OP_POWM || whole) &&
           least_value(s, &p->exponent) > 0;
}

/* A tunable constant times a power, or times anything, which is its first power. */
static bool read_product(const survey *s, int32_t i, power *p) {
    const l2osr__node *n = node_at(s, i);
    if (n->op != L2OSR__OP_MUL || s->tuned[n->a] == s->tuned[n->b])
        return false;
    const int32_t factor = s->tuned[n->a] ? n->a : n->b, other = s->tuned[n->a] ? n->b : n->a;
    if (s->scalar[other])
        return false;
    if (s->uses[other] == 1 && read_power(s, other, p))
        p->inner = other;
    else
        *p = (power){.base = other, .inner = -1, .exponent = number(1)};
    p->site = i;
    p->factor = factor;
    return true;
}

static void survey_rule(survey *s, const l2osr_rule *rule) {
    const l2osr__expr *expr = &rule->expr;
    power p;
    *s = (survey){.rule = rule};
    l2osr__expr_reach(expr, s->reached);
    for (int32_t i = 0; i < rule->constant_count; i++)
        s->tuned[rule->constants[i].written] = 1;
    for (int32_t i = 0; i < expr->count; i++) {
        const l2osr__node *n = &expr->nodes[i];
        s->scalar[i] = l2osr__node_is_scalar(n, &l2osr__rule_symbols, s->scalar);
        if (s->reached[i] && l2osr__ops[n->op].arity >= 1)
            s->uses[n->a]++;
        if (s->reached[i] && l2osr__ops[n->op].arity == 2)
            s->uses[n->b]++;
    }
    for (int32_t i = 0; i < expr->count; i++)
        if (s->reached[i] && read_product(s, i, &p) && p.inner >= 0)
            s->absorbed[p.inner] = true;
}

/* Number `which` in the order of the nodes, which is that of the text. */
static bool find_power(const survey *s, size_t which, power *p) {
    for (int32_t i = 0; i < s->rule->expr.count; i++) {
        const bool found =
            s->reached[i] && !s->absorbed[i] && (read_product(s, i, p) || read_power(s, i, p));
        if (found && which-- == 0)
            return true;
    }
    return false;
}

size_t l2osr_rule_power_count(const l2osr_rule *rule) {
    size_t count = 0;
    survey s;
    power p;
    survey_rule(&s, rule);
    while (find_power(&s, count, &p))
        count++;
    return count;
}

double l2osr_rule_power(const l2osr_rule *rule, size_t which) {
    survey s;
    power p;
    survey_rule(&s, rule);
    return find_power(&s, which, &p) ? p.exponent.value : NAN;
}

typedef struct split {
    power power;
    double delta;
} split;

/* One half: factor / 2 times the base to the power exponent + shift. */
static l2osr_status add_half(const split *s, l2osr__reshape *r, double shift, int32_t base,
                             int32_t *out) {
    const l2osr__node one = number(1);
    const power *p = &s->power;
    int32_t factor, exponent;
    L2OSR__TRY(l2osr__reshape_constant(r, p->factor >= 0 ? &r->rule->expr.nodes[p->factor] : &one,
                                       0.5, 0, &factor));
    L2OSR__TRY(l2osr__reshape_constant(r, &p->exponent, 1, shift, &exponent));
    L2OSR__TRY(l2osr__reshape_op(r, L2OSR__OP_POWM, base, exponent, out));
    return l2osr__reshape_op(r, L2OSR__OP_MUL, factor, *out, out);
}

static l2osr_status replace(void *arg, l2osr__reshape *r, int32_t old) {
    const split *s = arg;
    int32_t base, above, below;
    if (old != s->power.site)
        return L2OSR_OK;
    base = r->map[s->power.base];
    if (s->power.even)
        L2OSR__TRY(l2osr__reshape_op(r, L2OSR__OP_ABS, base, -1, &base));
    L2OSR__TRY(add_half(s, r, s->delta, base, &above));
    L2OSR__TRY(add_half(s, r, -s->delta, base, &below));
    return l2osr__reshape_op(r, L2OSR__OP_ADD, above, below, &r->map[old]);
}

l2osr_status l2osr_rule_twin_split(l2osr_rule **out, const l2osr_rule *rule, size_t which,
                                   double delta) {
    survey s;
    split work = {.delta = delta};
    if (!out || !rule)
        return L2OSR_EINVAL;
    *out = NULL;
    survey_rule(&s, rule);
    if (!find_power(&s, which, &work.power))
        return l2osr__fail(rule->ctx, L2OSR_ERANGE, "twin split: no power %zu, the rule has %zu",
                           which, l2osr_rule_power_count(rule));
    if (!(fabs(delta) < least_value(&s, &work.power.exponent)))
        return l2osr__fail(rule->ctx, L2OSR_ERANGE,
                           "twin split: delta %g, but exponents must stay positive: it is less "
                           "than %g",
                           delta, least_value(&s, &work.power.exponent));
    return l2osr__reshape_rule(out, rule, replace, &work);
}
