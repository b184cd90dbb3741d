/* SPDX-License-Identifier: MIT */
/* Calls of functions: name(operands). */
#include <stdio.h>
#include <string.h>

#include "expr/parser.h"
#include "expr/schedule.h"

typedef l2osr__parser parser;

static l2osr_status unknown_function(parser *p, const l2osr__token *word) {
    l2osr__suggestion suggestion = l2osr__suggest(word->start, word->length);
    for (int op = L2OSR__OP_EMA; op < L2OSR__OP_CALL1; op++) {
        l2osr__suggest_offer(&suggestion, l2osr__ops[op].name);
        l2osr__suggest_offer(&suggestion, l2osr__ops[op].alias);
    }
    for (size_t i = 0; i < p->symbols->n_functions; i++)
        l2osr__suggest_offer(&suggestion, p->symbols->functions[i].name);
    l2osr__suggest_offer(&suggestion, L2OSR__WSUM);
    for (int shape = 0; shape < L2OSR__SHAPES; shape++)
        l2osr__suggest_offer(&suggestion, l2osr__shape_names[shape]);
    return l2osr__parser_unknown(p, "function", word, &suggestion);
}

/* What a name before a '(' means. */
typedef struct callee {
    const char *name;
    l2osr__opcode op; /* L2OSR__OP_COUNT: wsum or a schedule, which are none */
    int arity;        /* the least */
    uint16_t number;  /* of a function of the caller, or the shape of a schedule */
} callee;

static bool find_callee(const parser *p, const l2osr__token *name, callee *found) {
    const l2osr__function *f = p->symbols->functions;
    const l2osr__opcode op = l2osr__op_find(name->start, name->length);
    if (op != L2OSR__OP_COUNT) {
        *found = (callee){l2osr__ops[op].name, op, l2osr__ops[op].arity, 0};
        return true;
    }
    for (size_t i = 0; i < p->symbols->n_functions; i++)
        if (l2osr__token_is(name, f[i].name)) {
            *found = (callee){f[i].name, l2osr__function_op(&f[i]), (int)f[i].arity, (uint16_t)i};
            return true;
        }
    for (uint16_t shape = 0; shape < L2OSR__SHAPES; shape++)
        if (l2osr__token_is(name, l2osr__shape_names[shape])) {
            *found = (callee){l2osr__shape_names[shape], L2OSR__OP_COUNT, 3, shape};
            return true;
        }
    *found = (callee){L2OSR__WSUM, L2OSR__OP_COUNT, 2, 0};
    return l2osr__token_is(name, L2OSR__WSUM);
}

static bool is_schedule(const callee *f) {
    return f->op == L2OSR__OP_COUNT && f->arity == 3;
}

static l2osr_status wrong_arity(parser *p, const callee *f) {
    return l2osr__lexer_fail(&p->lexer, &p->lexer.token, "'%s' takes %d argument%s%s", f->name,
                             f->arity, f->arity == 1 ? "" : "s",
                             f->op == L2OSR__OP_CLIP ? " or 3"
                             : is_schedule(f)        ? " or 5, 7 ...: values with times between"
                                                     : "");
}

/* clip(e, low, high) is short for min(max(e, low), high). */
static l2osr_status finish_clip(parser *p, const callee *clip, const int32_t operand[2],
                                int32_t *out) {
    int32_t high, floored;
    l2osr__lexer_advance(&p->lexer);
    L2OSR__TRY(l2osr__parser_sum(p, &high));
    L2OSR__TRY(l2osr__parser_add_op(p, L2OSR__OP_MAX, operand[0], operand[1], &floored));
    if (l2osr__lexer_is(&p->lexer, ','))
        return wrong_arity(p, clip);
    L2OSR__TRY(l2osr__lexer_expect(&p->lexer, ')'));
    return l2osr__parser_add_op(p, L2OSR__OP_MIN, floored, high, out);
}

static uint16_t position(int number) {
    return (uint16_t)(number < UINT16_MAX ? number : 0);
}

/* From the '(' on, up to what should be the ')'. */
static l2osr_status parse_operands(parser *p, const callee *f, int32_t operand[2]) {
    l2osr__lexer_advance(&p->lexer);
    for (int i = 0; i < f->arity; i++) {
        if (i > 0 && l2osr__lexer_is(&p->lexer, ')'))
            return wrong_arity(p, f);
        if (i > 0)
            L2OSR__TRY(l2osr__lexer_expect(&p->lexer, ','));
        L2OSR__TRY(l2osr__parser_sum(p, &operand[i]));
    }
    return L2OSR_OK;
}

/* wsum(e, n) is e + e[1] + ... + e[n - 1]. */
static l2osr_status parse_window(parser *p, const callee *wsum, int32_t *out) {
    int32_t e, past;
    int32_t steps = 0;
    l2osr__lexer_advance(&p->lexer);
    L2OSR__TRY(l2osr__parser_sum(p, &e));
    if (l2osr__lexer_is(&p->lexer, ')'))
        return wrong_arity(p, wsum);
    L2OSR__TRY(l2osr__lexer_expect(&p->lexer, ','));
    L2OSR__TRY(
        l2osr__parser_whole(p, "the number of steps of wsum()", 1, L2OSR__MAX_WINDOW, &steps));
    if (l2osr__lexer_is(&p->lexer, ','))
        return wrong_arity(p, wsum);
    L2OSR__TRY(l2osr__lexer_expect(&p->lexer, ')'));
    *out = e;
    for (int32_t lag = 1; lag < steps; lag++) {
        L2OSR__TRY(l2osr__parser_add_lag(p, e, (uint16_t)lag, &past));
        L2OSR__TRY(l2osr__parser_add_op(p, L2OSR__OP_ADD, *out, past, out));
    }
    return L2OSR_OK;
}

static l2osr_status find_step(parser *p, const l2osr__token *name, int32_t *t) {
    for (size_t i = 0; i < p->symbols->count; i++)
        if (strcmp(p->symbols->names[i], "t") == 0)
            return l2osr__parser_add_input(p, (int32_t)i, t);
    return l2osr__lexer_fail(&p->lexer, name, "%.*s() follows the step, but there is no input 't'",
                             (int)name->length, name->start);
}

/* value { "," time "," value } */
static l2osr_status parse_knots(parser *p, const callee *f, l2osr__schedule *s) {
    char what[40];
    snprintf(what, sizeof what, "this time of %s()", f->name);
    do {
        l2osr__lexer_advance(&p->lexer);
        if (s->knots > 0 && l2osr__lexer_is(&p->lexer, ')'))
            return wrong_arity(p, f);
        L2OSR__TRY(l2osr__parser_sum(p, &s->values[s->knots]));
        if (!l2osr__lexer_is(&p->lexer, ','))
            return L2OSR_OK;
        if (s->knots == L2OSR__MAX_KNOTS)
            return l2osr__lexer_fail(&p->lexer, &p->lexer.token, "%s() has more than %d times",
                                     f->name, L2OSR__MAX_KNOTS);
        l2osr__lexer_advance(&p->lexer);
        const int32_t least = s->times[s->knots++] + 1;
        L2OSR__TRY(l2osr__parser_whole(p, what, least, L2OSR__MAX_TIME, &s->times[s->knots]));
    } while (l2osr__lexer_is(&p->lexer, ','));
    return l2osr__lexer_expect(&p->lexer, ','); /* behind a time */
}

/* linear(v0, t1, v1, ...) and cosine(...) become weighted sums. */
static l2osr_status parse_schedule(parser *p, const l2osr__token *name, const callee *f,
                                   int32_t *out) {
    l2osr__schedule s = {.shape = f->number};
    int32_t t;
    L2OSR__TRY(parse_knots(p, f, &s));
    if (s.knots == 0 && l2osr__lexer_is(&p->lexer, ')'))
        return wrong_arity(p, f);
    L2OSR__TRY(l2osr__lexer_expect(&p->lexer, ')'));
    L2OSR__TRY(find_step(p, name, &t));
    return l2osr__parser_room(p, l2osr__schedule_build(p->expr, &s, t, out));
}

l2osr_status l2osr__parser_call(parser *p, const l2osr__token *name, int32_t *out) {
    callee f;
    int32_t operand[2] = {-1, -1};
    if (!find_callee(p, name, &f))
        return unknown_function(p, name);
    if (is_schedule(&f))
        return parse_schedule(p, name, &f, out);
    if (f.op == L2OSR__OP_COUNT)
        return parse_window(p, &f, out);
    L2OSR__TRY(parse_operands(p, &f, operand));
    if (l2osr__lexer_is(&p->lexer, ','))
        return f.op == L2OSR__OP_CLIP ? finish_clip(p, &f, operand, out) : wrong_arity(p, &f);
    L2OSR__TRY(l2osr__lexer_expect(&p->lexer, ')'));
    return l2osr__parser_add(p,
                             (l2osr__node){.op = (uint8_t)f.op,
                                           .lag = f.number,
                                           .a = operand[0],
                                           .b = operand[1],
                                           .line = position(name->line),
                                           .column = position(name->column)},
                             out);
}
