/* SPDX-License-Identifier: MIT */
/* The features that models may have, and the choice of some of them. */
#include <string.h>

#include "expr/suggest.h"
#include "model/architecture.h"
#include "rule/rule.h"

/* In an order in which each may use those before it. */
static const char definitions[] =
    "let b = 0.95\n"
    "let m = ema(g, b)\n"
    "let mhat = m / (1 - b^t)\n"
    "let vhat = ema(g^2, b) / (1 - b^t)\n"
    "let vs = sqrt(vhat) + 1e-12\n"
    "let mt = mhat / vs\n"
    "let gt = g / vs\n"
    "let mom5 = ema(g, 0.5)\n"
    "let mom9 = ema(g, 0.9)\n"
    "let mom99 = ema(g, 0.99)\n"
    "let time = t / 1000\n"
    "let mag2 = m / (sqrt(vhat) + 1e-08)\n"
    "let mag25 = m / ((ema(abs(g)^2.5, b) / (1 - b^t))^0.4 + 1e-08)\n"
    "let mag3 = m / ((ema(abs(g)^3, b) / (1 - b^t))^(1 / 3) + 1e-08)\n"
    "let mag4 = m / ((ema(g^4, b) / (1 - b^t))^0.25 + 1e-08)\n"
    "let logg = max(log(abs(g) + 1.1920929e-07) / 5, -1)\n"
    "let signg = clip(148.4131591025766 * g, 1)\n";

/* In the order in which they enter a network; g is an input of rules. */
static const char *const order[] = {"mt",   "gt",   "m",     "mhat", "vs",   "g",
                                    "mom5", "mom9", "mom99", "time", "mag2", "mag25",
                                    "mag3", "mag4", "logg",  "signg"};

enum { CATALOGUE = sizeof order / sizeof order[0] };

typedef struct choice {
    l2osr_context *ctx;
    l2osr__expr expr; /* the catalogue, then the caller's own lets */
    int32_t first_own;
    bool chosen[CATALOGUE];
    const char *own[L2OSR__MAX_FEATURES]; /* names of lets */
    size_t n_own, count;
} choice;

static l2osr_status unknown(const choice *c, const char *word, size_t length) {
    l2osr__suggestion suggestion = l2osr__suggest(word, length);
    for (size_t k = 0; k < CATALOGUE; k++)
        l2osr__suggest_offer(&suggestion, order[k]);
    for (int32_t i = c->first_own; i < c->expr.let_count; i++)
        l2osr__suggest_offer(&suggestion, c->expr.lets[i].name);
    const char *best = suggestion.best;
    return l2osr__fail(c->ctx, L2OSR_ENOTFOUND, "model: unknown feature '%.*s'%s%s%s",
                       length > 40 ? 40 : (int)length, word, best ? ", did you mean '" : "",
                       best ? best : "", best ? "'?" : "");
}

static bool is_word(const char *word, size_t length, const char *name) {
    return strlen(name) == length && memcmp(word, name, length) == 0;
}

/* The name `t` of the published catalogue is taken in rules: there it is the step itself. */
static size_t find_in_catalogue(const char *word, size_t length) {
    const bool step = is_word(word, length, "t");
    size_t k = 0;
    while (k < CATALOGUE &&
           !(step ? strcmp(order[k], "time") == 0 : is_word(word, length, order[k])))
        k++;
    return k;
}

static bool chosen_own(const choice *c, const char *name) {
    for (size_t k = 0; k < c->n_own; k++)
        if (c->own[k] == name)
            return true;
    return false;
}

static l2osr_status choose(choice *c, const char *word, size_t length) {
    const size_t k = find_in_catalogue(word, length);
    const char *name = NULL;
    for (int32_t i = c->first_own; i < c->expr.let_count; i++)
        if (is_word(word, length, c->expr.lets[i].name))
            name = c->expr.lets[i].name;
    if (k == CATALOGUE && !name)
        return unknown(c, word, length);
    if (k < CATALOGUE ? c->chosen[k] : chosen_own(c, name))
        return l2osr__fail(c->ctx, L2OSR_EINVAL, "model: feature '%.*s' twice", (int)length, word);
    if (c->count++ == L2OSR__MAX_FEATURES)
        return l2osr__fail(c->ctx, L2OSR_ERANGE, "model: more than %d features",
                           L2OSR__MAX_FEATURES);
    if (k < CATALOGUE)
        c->chosen[k] = true;
    else
        c->own[c->n_own++] = name;
    return L2OSR_OK;
}

static l2osr_status choose_all(choice *c, const char *inputs) {
    static const char blanks[] = " \t\n,+";
    for (inputs += strspn(inputs, blanks); *inputs; inputs += strspn(inputs, blanks)) {
        const size_t length = strcspn(inputs, blanks);
        L2OSR__TRY(choose(c, inputs, length));
        inputs += length;
    }
    return c->count > 0 ? L2OSR_OK : l2osr__fail(c->ctx, L2OSR_EINVAL, "model: no inputs");
}

/* Only what the inputs need: nodes are marked from them downwards, operands coming first. */
static l2osr_status write_prelude(const choice *c, l2osr__architecture *a) {
    uint8_t needed[L2OSR__MAX_NODES] = {0};
    l2osr__text text = {.ctx = c->ctx};
    for (size_t f = 0; f < c->count; f++) {
        const int32_t node = l2osr__expr_find_let(&c->expr, a->inputs[f], strlen(a->inputs[f]));
        if (node >= 0)
            needed[node] = 1;
    }
    for (int32_t i = c->expr.count; i-- > 0;) {
        const l2osr__node *node = &c->expr.nodes[i];
        const int arity = l2osr__ops[node->op].arity;
        if (needed[i] && arity >= 1)
            needed[node->a] = 1;
        if (needed[i] && arity == 2)
            needed[node->b] = 1;
    }
    l2osr__text_add(&text, L2OSR__PRELUDE_HEADER);
    for (int32_t i = 0; i < c->expr.let_count; i++)
        if (needed[c->expr.lets[i].node])
            l2osr__print_let(&text, &c->expr, i, &l2osr__rule_symbols);
    return l2osr__text_take(&text, &a->prelude);
}

static l2osr_status run(choice *c, l2osr__architecture *a, const char *inputs, const char *own) {
    L2OSR__TRY(l2osr__parse_lets(&c->expr, (l2osr__source){"catalogue", definitions},
                                 &l2osr__rule_symbols));
    c->first_own = c->expr.let_count;
    if (own)
        L2OSR__TRY(l2osr__parse_lets(&c->expr, (l2osr__source){"model features", own},
                                     &l2osr__rule_symbols));
    L2OSR__TRY(choose_all(c, inputs));
    size_t count = 0;
    for (size_t k = 0; k < CATALOGUE; k++)
        if (c->chosen[k])
            strcpy(a->inputs[count++], order[k]);
    for (size_t k = 0; k < c->n_own; k++)
        strcpy(a->inputs[count++], c->own[k]);
    a->shape.features = count;
    return write_prelude(c, a);
}

l2osr_status l2osr__catalogue_choose(l2osr__architecture *a, l2osr_context *ctx, const char *inputs,
                                     const char *own) {
    choice c = {.ctx = ctx};
    l2osr__expr_init(&c.expr, ctx);
    l2osr_status status = run(&c, a, inputs, own);
    l2osr__expr_clear(&c.expr);
    return status;
}
