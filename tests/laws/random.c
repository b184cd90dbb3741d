/* SPDX-License-Identifier: MIT */
/* Random rules, and scenes to run them on. */
#include "laws.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

int law_count(int usual) {
    const char *given = getenv("L2OSR_LAWS");
    const double scale = given ? atof(given) / 100000 : 1;
    const int count = (int)(usual * scale / LAW_PARTS);
    return count < 1 ? 1 : count;
}

/* ---- expressions ---- */

/* Out of 12 numbers, how often an operator is taken again when it comes up. Powers and exponentials
 * of one another soon leave all range, and what is not finite says little. */
static int weight(uint8_t op, mixture mix) {
    switch (op) {
    case L2OSR__OP_EXP:
    case L2OSR__OP_SINH:
    case L2OSR__OP_CUBE:
    case L2OSR__OP_POWER:
    case L2OSR__OP_LOG:
    case L2OSR__OP_SQRT:
    case L2OSR__OP_LOG1P:
        return mix.tame ? 2 : 12;
    case L2OSR__OP_GREATER:
    case L2OSR__OP_MIN:
    case L2OSR__OP_MAX:
    case L2OSR__OP_DMAX:
    case L2OSR__OP_CLIP:
    case L2OSR__OP_RELU:
    case L2OSR__OP_ABS:
    case L2OSR__OP_SIGN:
        return mix.smooth ? 2 : 9;
    default:
        return 12;
    }
}

static bool is_arithmetic(uint8_t op) {
    return op >= L2OSR__OP_ADD && op <= L2OSR__OP_NEG && op != L2OSR__OP_POWER;
}

/* Half of all operators are arithmetic: that is what rewriting is about. */
static uint8_t random_op(l2osr__rng *rng, mixture mix) {
    const bool arithmetic = l2osr__rng_below(rng, 2);
    for (;;) {
        const uint8_t op =
            (uint8_t)(L2OSR__OP_LAG + l2osr__rng_below(rng, L2OSR__OP_CALL1 - L2OSR__OP_LAG));
        if (arithmetic && !is_arithmetic(op))
            continue;
        if (l2osr__ops[op].kind == L2OSR__KIND_REDUCE && !mix.reductions)
            continue;
        if ((int)l2osr__rng_below(rng, 12) < weight(op, mix))
            return op;
    }
}

static int32_t add(l2osr__expr *expr, l2osr__node node) {
    int32_t index = -1;
    must_work(l2osr__expr_add(expr, node, &index), expr->ctx);
    return index;
}

static double any_double(l2osr__rng *rng) {
    double value;
    do {
        const uint64_t bits = l2osr__rng_u64(rng);
        memcpy(&value, &bits, sizeof value);
    } while (!isfinite(value));
    return value;
}

static double random_value(l2osr__rng *rng, mixture mix) {
    static const double usual[] = {0,    1,   2,   3,     0.5,  0.9, -1, -2,
                                   1e-8, 0.7, 100, 0.999, -0.3, 1.5, 4,  -0.0};
    if (mix.any_constant && l2osr__rng_below(rng, 2))
        return any_double(rng);
    if (l2osr__rng_below(rng, 3) == 0)
        return 4 * l2osr__rng_uniform(rng) - 2;
    return usual[l2osr__rng_below(rng, sizeof usual / sizeof usual[0])];
}

/* A number, or in one of eight cases one for each group. */
static int32_t constant(l2osr__expr *expr, l2osr__rng *rng, double value, mixture mix) {
    l2osr__node node = {.op = L2OSR__OP_CONST,
                        .tunable = l2osr__rng_below(rng, 5) == 0,
                        .a = -1,
                        .b = -1,
                        .value = value};
    if (l2osr__rng_below(rng, 8) == 0) {
        node.a = expr->value_count;
        node.b = (int32_t)(1 + l2osr__rng_below(rng, 4));
        for (int32_t i = 0; i < node.b; i++)
            must_work(l2osr__expr_add_value(expr, i == 0 ? value : random_value(rng, mix)),
                      expr->ctx);
    }
    return add(expr, node);
}

static int32_t input(l2osr__expr *expr, int32_t number) {
    for (int32_t i = 0; i < expr->count; i++)
        if (expr->nodes[i].op == L2OSR__OP_VAR && expr->nodes[i].a == number)
            return i;
    return add(expr, (l2osr__node){.op = L2OSR__OP_VAR, .a = number, .b = -1});
}

static int32_t lagged(l2osr__expr *expr, l2osr__rng *rng, int32_t node) {
    const uint32_t longest = l2osr__rng_below(rng, 4) ? 2 : LAW_STEPS + 1;
    const uint16_t lag = (uint16_t)(1 + l2osr__rng_below(rng, longest));
    return add(expr, (l2osr__node){.op = L2OSR__OP_LAG, .lag = lag, .a = node, .b = -1});
}

static int32_t leaf(l2osr__expr *expr, l2osr__rng *rng, mixture mix) {
    static const uint8_t inputs[] = {L2OSR__INPUT_G,  L2OSR__INPUT_G,  L2OSR__INPUT_G,
                                     L2OSR__INPUT_X,  L2OSR__INPUT_X,  L2OSR__INPUT_T,
                                     L2OSR__INPUT_LR, L2OSR__INPUT_WD, L2OSR__INPUT_UPDATE};
    if (expr->let_count > 0 && l2osr__rng_below(rng, 3) == 0)
        return expr->lets[l2osr__rng_below(rng, (uint32_t)expr->let_count)].node;
    if (l2osr__rng_below(rng, 3) == 0)
        return constant(expr, rng, random_value(rng, mix), mix);
    const int32_t number = inputs[l2osr__rng_below(rng, sizeof inputs)];
    const int32_t node = input(expr, number);
    return number == L2OSR__INPUT_UPDATE ? lagged(expr, rng, node) : node;
}

static int32_t tree(l2osr__expr *expr, l2osr__rng *rng, int budget, mixture mix);

/* Numbers of the step: inputs that are, constants, and small formulas of them. */
static int32_t scalar_tree(l2osr__expr *expr, l2osr__rng *rng, int budget, mixture mix) {
    static const uint8_t ops[] = {L2OSR__OP_SUB,  L2OSR__OP_MUL, L2OSR__OP_DIV, L2OSR__OP_SIGMOID,
                                  L2OSR__OP_TANH, L2OSR__OP_LAG, L2OSR__OP_EMA, L2OSR__OP_NORM};
    const uint8_t op = ops[l2osr__rng_below(rng, sizeof ops)];
    if (budget < 2 || l2osr__rng_below(rng, 3) == 0)
        return l2osr__rng_below(rng, 2)
                   ? constant(expr, rng, l2osr__rng_uniform(rng), mix)
                   : input(expr, L2OSR__INPUT_T + (int32_t)l2osr__rng_below(rng, 3));
    if (op == L2OSR__OP_NORM && mix.reductions)
        return add(expr, (l2osr__node){.op = op, .a = tree(expr, rng, budget - 1, mix), .b = -1});
    const int32_t a = scalar_tree(expr, rng, budget / 2, mix);
    if (op == L2OSR__OP_LAG || op == L2OSR__OP_NORM)
        return lagged(expr, rng, a);
    if (l2osr__ops[op].arity == 1)
        return add(expr, (l2osr__node){.op = op, .a = a, .b = -1});
    const int32_t b = scalar_tree(expr, rng, budget / 2, mix);
    return add(expr, (l2osr__node){.op = op, .a = a, .b = b});
}

static int32_t decay(l2osr__expr *expr, l2osr__rng *rng, int budget, mixture mix) {
    static const double usual[] = {0.9, 0.5, 0.99, 0, 1, 0.999};
    if (mix.any_decay)
        return tree(expr, rng, budget, mix);
    if (l2osr__rng_below(rng, 4) == 0)
        return scalar_tree(expr, rng, 5, mix);
    return constant(expr, rng,
                    l2osr__rng_below(rng, 2)
                        ? l2osr__rng_uniform(rng)
                        : usual[l2osr__rng_below(rng, sizeof usual / sizeof usual[0])],
                    mix);
}

static int32_t exponent(l2osr__expr *expr, l2osr__rng *rng, int budget, mixture mix) {
    if (l2osr__rng_below(rng, 3) == 0)
        return tree(expr, rng, budget, mix);
    return add(expr, (l2osr__node){.op = L2OSR__OP_CONST,
                                   .tunable = l2osr__rng_below(rng, 8) == 0,
                                   .a = -1,
                                   .b = -1,
                                   .value = l2osr__rng_below(rng, 5)});
}

/* A bound of clip() below zero has a value, but no use; its derivative is not looked at. */
static int32_t bound(l2osr__expr *expr, l2osr__rng *rng, int budget, mixture mix) {
    return mix.smooth ? constant(expr, rng, 0.1 + l2osr__rng_uniform(rng), mix)
                      : tree(expr, rng, budget, mix);
}

/* f(h(a)) for functions that rewriting knows to belong together. */
static int32_t known_pair(l2osr__expr *expr, l2osr__rng *rng, int budget, mixture mix) {
    static const uint8_t pairs[][2] = {
        {L2OSR__OP_EXP, L2OSR__OP_LOG},     {L2OSR__OP_LOG, L2OSR__OP_EXP},
        {L2OSR__OP_SQRT, L2OSR__OP_SQUARE}, {L2OSR__OP_SQUARE, L2OSR__OP_SQRT},
        {L2OSR__OP_SINH, L2OSR__OP_ASINH},  {L2OSR__OP_ASINH, L2OSR__OP_SINH},
        {L2OSR__OP_ABS, L2OSR__OP_SQUARE},  {L2OSR__OP_ABS, L2OSR__OP_SQRT},
        {L2OSR__OP_ABS, L2OSR__OP_ABS},     {L2OSR__OP_SQUARE, L2OSR__OP_ABS},
        {L2OSR__OP_SQRTM, L2OSR__OP_NEG},   {L2OSR__OP_LOGM, L2OSR__OP_ABS},
        {L2OSR__OP_RELU, L2OSR__OP_RELU},   {L2OSR__OP_SIGN, L2OSR__OP_SIGN},
        {L2OSR__OP_NEG, L2OSR__OP_NEG}};
    const uint8_t *pair = pairs[l2osr__rng_below(rng, sizeof pairs / sizeof pairs[0])];
    const int32_t a = tree(expr, rng, budget - 2, mix);
    const int32_t inner = add(expr, (l2osr__node){.op = pair[1], .a = a, .b = -1});
    return add(expr, (l2osr__node){.op = pair[0], .a = inner, .b = -1});
}

static int32_t tree(l2osr__expr *expr, l2osr__rng *rng, int budget, mixture mix) {
    if (budget < 2 || l2osr__rng_below(rng, 12) == 0)
        return leaf(expr, rng, mix);
    if (budget > 3 && l2osr__rng_below(rng, 16) == 0)
        return known_pair(expr, rng, budget, mix);
    l2osr__node node = {.op = random_op(rng, mix), .b = -1};
    const bool two = l2osr__ops[node.op].arity == 2;
    const int left = two ? 1 + (int)l2osr__rng_below(rng, (uint32_t)budget - 1) : budget - 1;
    const int right = budget - 1 - left > 0 ? budget - 1 - left : 1;
    node.a = tree(expr, rng, left, mix);
    if (node.op == L2OSR__OP_LAG)
        return lagged(expr, rng, node.a);
    if (two && l2osr__rng_below(rng, 16) == 0 && node.op != L2OSR__OP_CLIP &&
        l2osr__ops[node.op].kind == L2OSR__KIND_PLAIN && expr->nodes[node.a].op == L2OSR__OP_VAR)
        node.b = node.a;
    else if (l2osr__ops[node.op].kind == L2OSR__KIND_MEMORY)
        node.b = decay(expr, rng, right, mix);
    else if (node.op == L2OSR__OP_POWER || node.op == L2OSR__OP_POWM)
        node.b = exponent(expr, rng, right, mix);
    else if (node.op == L2OSR__OP_CLIP)
        node.b = bound(expr, rng, right, mix);
    else if (two)
        node.b = tree(expr, rng, right, mix);
    return add(expr, node);
}

void random_rule(l2osr__expr *out, l2osr_context *ctx, l2osr__rng *rng, int budget, mixture mix) {
    static const int counts[] = {0, 0, 0, 1, 1, 2};
    const int lets = counts[l2osr__rng_below(rng, 6)];
    l2osr__expr_init(out, ctx);
    for (int i = 0; i < lets; i++) {
        char name[8];
        const int length = snprintf(name, sizeof name, "n%d", i);
        const int32_t node = tree(out, rng, 1 + budget / 2, mix);
        must_work(l2osr__expr_add_let(out, name, (size_t)length, node), ctx);
    }
    out->root = tree(out, rng, budget, mix);
}

char *text_of(const l2osr__expr *expr) {
    const l2osr__rule_header header = {NAN, NAN};
    l2osr__text text = {.ctx = expr->ctx};
    char *out;
    l2osr__print_rule(&text, expr, &header, &l2osr__rule_symbols);
    must_work(l2osr__text_take(&text, &out), expr->ctx);
    return out;
}

l2osr_rule *random_parsed(l2osr_context *ctx, l2osr__rng *rng, int budget, mixture mix) {
    l2osr__expr expr;
    l2osr_rule *rule;
    random_rule(&expr, ctx, rng, budget, mix);
    char *text = text_of(&expr);
    const l2osr_status status = l2osr_rule_parse(&rule, ctx, text, NULL);
    must(status == L2OSR_OK || strstr(l2osr_context_errmsg(ctx), "wait for one"), "%s\n%s",
         l2osr_context_errmsg(ctx), text);
    l2osr__free(ctx, text);
    l2osr__expr_clear(&expr);
    return rule;
}

/* ---- scenes ---- */

/* Normal enough: the sum of four uniform numbers. */
static double bell(l2osr__rng *rng) {
    double sum = -2;
    for (int i = 0; i < 4; i++)
        sum += l2osr__rng_uniform(rng);
    return 1.7 * sum;
}

void random_scene(scene *s, l2osr__rng *rng, bool large) {
    static const size_t shapes[][MAX_GROUPS + 1] = {{1, 5},          {2, 2, 3},    {3, 3, 0, 1},
                                                    {4, 1, 2, 0, 2}, {3, 0, 4, 1}, {2, 4, 1}};
    const size_t *shape = shapes[l2osr__rng_below(rng, sizeof shapes / sizeof shapes[0])];
    s->groups = shape[0];
    s->size = 0;
    s->scaled = l2osr__rng_below(rng, 2);
    for (size_t i = 0; i < s->groups; i++) {
        s->lengths[i] = shape[i + 1] + (large && i == 0 ? 4097 : 0);
        s->size += s->lengths[i];
        s->lr_mult[i] = s->scaled ? 0.5 * l2osr__rng_below(rng, 4) : 1;
        s->wd_mult[i] = s->scaled ? l2osr__rng_below(rng, 3) : 1;
    }
    for (int step = 0; step < LAW_STEPS; step++) {
        s->lr[step] = 0.1 + l2osr__rng_uniform(rng);
        s->wd[step] = 0.1 * l2osr__rng_uniform(rng);
        for (size_t i = 0; i < s->size; i++) {
            s->g[step][i] = bell(rng);
            s->x[step][i] = bell(rng);
        }
    }
}

l2osr_stepper *scene_stepper(const scene *s, l2osr_context *ctx, l2osr_rule *rule,
                             l2osr_dtype precision) {
    l2osr_stepper_options o = L2OSR_STEPPER_OPTIONS_INIT;
    l2osr_stepper *stepper;
    o.precision = precision;
    o.lr_mult = s->scaled ? s->lr_mult : NULL;
    o.wd_mult = s->scaled ? s->wd_mult : NULL;
    must_work(l2osr_stepper_create(&stepper, ctx, rule, s->groups, s->lengths, &o), ctx);
    return stepper;
}

l2osr_step_args scene_args(const scene *s, int step) {
    l2osr_step_args args = L2OSR_STEP_ARGS_INIT;
    args.lr = s->lr[step];
    args.weight_decay = s->wd[step];
    return args;
}
