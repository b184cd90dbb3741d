/* SPDX-License-Identifier: MIT */
/* A recursive-descent parser: sum, product, prefix, power, postfix, primary. Grammar in
 * doc/rule-language.md. */
#include <math.h>
#include <string.h>

#include "expr/lexer.h"

enum { MAX_DEPTH = 200 }; /* nesting; keeps hostile input from exhausting the stack */

typedef struct parser {
    l2osr__lexer lexer;
    l2osr__expr *expr;
    const l2osr__symbols *symbols;
    int depth;
} parser;

static l2osr_status parse_sum(parser *p, int32_t *out);

static l2osr_status add_node(parser *p, l2osr__node node, int32_t *out) {
    l2osr_status status = l2osr__expr_add(p->expr, node, out);
    if (status == L2OSR_ERANGE)
        return l2osr__lexer_fail(&p->lexer, &p->lexer.token, "more than %d nodes",
                                 L2OSR__MAX_NODES);
    return status;
}

static l2osr_status add_op(parser *p, l2osr__opcode op, int32_t a, int32_t b, int32_t *out) {
    return add_node(p, (l2osr__node){.op = (uint8_t)op, .a = a, .b = b}, out);
}

/* Edits (insert, delete, replace) between two short words, by rows of the usual table. */
static unsigned edit_distance(const char *a, size_t n, const char *b, size_t m) {
    unsigned row[L2OSR__NAME_SIZE + 1];
    if (n > L2OSR__NAME_SIZE || m > L2OSR__NAME_SIZE)
        return L2OSR__NAME_SIZE;
    for (size_t j = 0; j <= m; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            unsigned cost = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < cost)
                cost = row[j] + 1;
            if (row[j - 1] + 1 < cost)
                cost = row[j - 1] + 1;
            row[j] = cost;
        }
    }
    return row[m];
}

typedef struct guess {
    const l2osr__token *word;
    const char *best;
    unsigned distance;
} guess;

static void consider(guess *g, const char *name) {
    unsigned distance =
        name ? edit_distance(g->word->start, g->word->length, name, strlen(name)) : 99;
    if (distance < g->distance) {
        g->distance = distance;
        g->best = name;
    }
}

static l2osr_status unknown_name(parser *p, const l2osr__token *word, bool function) {
    /* fewer edits than the word has letters, and two at most */
    guess g = {word, NULL, word->length < 3 ? (unsigned)word->length : 3};
    if (function) {
        for (int op = L2OSR__OP_EMA; op < L2OSR__OP_COUNT; op++) {
            consider(&g, l2osr__ops[op].name);
            consider(&g, l2osr__ops[op].alias);
        }
    } else {
        for (size_t i = 0; i < p->symbols->count; i++)
            consider(&g, p->symbols->names[i]);
        for (int32_t i = 0; i < p->expr->let_count; i++)
            consider(&g, p->expr->lets[i].name);
    }
    return l2osr__lexer_fail(
        &p->lexer, word, "unknown %s '%.*s'%s%s%s", function ? "function" : "name",
        word->length > 40 ? 40 : (int)word->length, word->start, g.best ? ", did you mean '" : "",
        g.best ? g.best : "", g.best ? "'?" : "");
}

static l2osr_status parse_call(parser *p, const l2osr__token *name, int32_t *out) {
    l2osr__opcode op = l2osr__op_find(name->start, name->length);
    int32_t operand[2] = {-1, -1};
    if (op == L2OSR__OP_COUNT)
        return unknown_name(p, name, true);
    const int arity = l2osr__ops[op].arity;
    L2OSR__TRY(l2osr__lexer_expect(&p->lexer, '('));
    for (int i = 0; i < arity; i++) {
        if (i > 0 && !l2osr__lexer_is(&p->lexer, ','))
            return l2osr__lexer_fail(&p->lexer, &p->lexer.token, "'%s' takes %d arguments",
                                     l2osr__ops[op].name, arity);
        if (i > 0)
            l2osr__lexer_advance(&p->lexer);
        L2OSR__TRY(parse_sum(p, &operand[i]));
    }
    if (l2osr__lexer_is(&p->lexer, ','))
        return l2osr__lexer_fail(&p->lexer, &p->lexer.token, "'%s' takes %d argument%s",
                                 l2osr__ops[op].name, arity, arity == 1 ? "" : "s");
    L2OSR__TRY(l2osr__lexer_expect(&p->lexer, ')'));
    return add_op(p, op, operand[0], operand[1], out);
}

/* One node for each input, so that all lags of it share one history. */
static l2osr_status add_input(parser *p, int32_t input, int32_t *out) {
    for (int32_t i = 0; i < p->expr->count; i++)
        if (p->expr->nodes[i].op == L2OSR__OP_VAR && p->expr->nodes[i].a == input) {
            *out = i;
            return L2OSR_OK;
        }
    return add_op(p, L2OSR__OP_VAR, input, -1, out);
}

static l2osr_status parse_name(parser *p, int32_t *out) {
    const l2osr__token name = p->lexer.token;
    l2osr__lexer_advance(&p->lexer);
    if (l2osr__lexer_is(&p->lexer, '('))
        return parse_call(p, &name, out);
    *out = l2osr__expr_find_let(p->expr, name.start, name.length);
    if (*out >= 0)
        return L2OSR_OK;
    for (size_t i = 0; i < p->symbols->count; i++)
        if (strlen(p->symbols->names[i]) == name.length &&
            memcmp(p->symbols->names[i], name.start, name.length) == 0)
            return add_input(p, (int32_t)i, out);
    return unknown_name(p, &name, false);
}

static l2osr_status parse_number(parser *p, bool negative, bool tunable, int32_t *out) {
    if (p->lexer.token.kind != L2OSR__TOKEN_NUMBER)
        return l2osr__lexer_expected(&p->lexer, "a number");
    double value = p->lexer.token.number;
    if (!isfinite(value))
        return l2osr__lexer_fail(&p->lexer, &p->lexer.token, "number out of range");
    l2osr__lexer_advance(&p->lexer);
    return add_node(p,
                    (l2osr__node){.op = L2OSR__OP_CONST,
                                  .tunable = tunable,
                                  .a = -1,
                                  .b = -1,
                                  .value = negative ? -value : value},
                    out);
}

static l2osr_status parse_tunable(parser *p, int32_t *out) {
    l2osr__lexer_advance(&p->lexer);
    bool negative = l2osr__lexer_is(&p->lexer, '-');
    if (negative)
        l2osr__lexer_advance(&p->lexer);
    return parse_number(p, negative, true, out);
}

static l2osr_status parse_primary(parser *p, int32_t *out) {
    if (p->lexer.token.kind == L2OSR__TOKEN_NUMBER)
        return parse_number(p, false, false, out);
    if (p->lexer.token.kind == L2OSR__TOKEN_NAME)
        return parse_name(p, out);
    if (l2osr__lexer_is(&p->lexer, '~'))
        return parse_tunable(p, out);
    if (!l2osr__lexer_is(&p->lexer, '('))
        return l2osr__lexer_expected(&p->lexer, "a number, a name or '('");
    l2osr__lexer_advance(&p->lexer);
    L2OSR__TRY(parse_sum(p, out));
    return l2osr__lexer_expect(&p->lexer, ')');
}

/* primary [lag] */
static l2osr_status parse_postfix(parser *p, int32_t *out) {
    L2OSR__TRY(parse_primary(p, out));
    while (l2osr__lexer_is(&p->lexer, '[')) {
        l2osr__lexer_advance(&p->lexer);
        const l2osr__token *lag = &p->lexer.token;
        if (lag->kind != L2OSR__TOKEN_NUMBER || !(lag->number >= 0) ||
            lag->number > L2OSR__MAX_LAG || lag->number != floor(lag->number))
            return l2osr__lexer_fail(&p->lexer, lag, "a lag is a whole number from 0 to %d",
                                     L2OSR__MAX_LAG);
        uint16_t steps = (uint16_t)lag->number;
        l2osr__lexer_advance(&p->lexer);
        L2OSR__TRY(l2osr__lexer_expect(&p->lexer, ']'));
        if (steps > 0)
            L2OSR__TRY(add_node(
                p, (l2osr__node){.op = L2OSR__OP_LAG, .lag = steps, .a = *out, .b = -1}, out));
    }
    return L2OSR_OK;
}

/* '-' binds tighter than '*' and looser than '^': -x^2 is -(x^2); a sign before a number belongs to
 * it. */
static l2osr_status parse_prefix(parser *p, int32_t *out) {
    if (++p->depth > MAX_DEPTH)
        return l2osr__lexer_fail(&p->lexer, &p->lexer.token, "nested deeper than %d", MAX_DEPTH);
    if (l2osr__lexer_is(&p->lexer, '-')) {
        l2osr__lexer_advance(&p->lexer);
        bool literal = p->lexer.token.kind == L2OSR__TOKEN_NUMBER;
        L2OSR__TRY(parse_prefix(p, out));
        l2osr__node *node = &p->expr->nodes[*out];
        if (literal && node->op == L2OSR__OP_CONST)
            node->value = -node->value;
        else
            L2OSR__TRY(add_op(p, L2OSR__OP_NEG, *out, -1, out));
    } else {
        L2OSR__TRY(parse_postfix(p, out));
        if (l2osr__lexer_is(&p->lexer, '^')) {
            int32_t exponent;
            l2osr__lexer_advance(&p->lexer);
            L2OSR__TRY(parse_prefix(p, &exponent));
            L2OSR__TRY(add_op(p, L2OSR__OP_POWER, *out, exponent, out));
        }
    }
    p->depth--;
    return L2OSR_OK;
}

static l2osr_status parse_product(parser *p, int32_t *out) {
    L2OSR__TRY(parse_prefix(p, out));
    while (l2osr__lexer_is(&p->lexer, '*') || l2osr__lexer_is(&p->lexer, '/')) {
        l2osr__opcode op = l2osr__lexer_is(&p->lexer, '*') ? L2OSR__OP_MUL : L2OSR__OP_DIV;
        int32_t right;
        l2osr__lexer_advance(&p->lexer);
        L2OSR__TRY(parse_prefix(p, &right));
        L2OSR__TRY(add_op(p, op, *out, right, out));
    }
    return L2OSR_OK;
}

static l2osr_status parse_sum(parser *p, int32_t *out) {
    L2OSR__TRY(parse_product(p, out));
    while (l2osr__lexer_is(&p->lexer, '+') || l2osr__lexer_is(&p->lexer, '-')) {
        l2osr__opcode op = l2osr__lexer_is(&p->lexer, '+') ? L2OSR__OP_ADD : L2OSR__OP_SUB;
        int32_t right;
        l2osr__lexer_advance(&p->lexer);
        L2OSR__TRY(parse_product(p, &right));
        L2OSR__TRY(add_op(p, op, *out, right, out));
    }
    return L2OSR_OK;
}

static void skip_newlines(parser *p) {
    while (p->lexer.token.kind == L2OSR__TOKEN_NEWLINE)
        l2osr__lexer_advance(&p->lexer);
}

static l2osr_status end_of_line(parser *p) {
    if (p->lexer.token.kind != L2OSR__TOKEN_NEWLINE && p->lexer.token.kind != L2OSR__TOKEN_END)
        return l2osr__lexer_expected(&p->lexer, "an operator or the end of the line");
    skip_newlines(p);
    return L2OSR_OK;
}

/* let NAME = expression */
static l2osr_status parse_let(parser *p) {
    int32_t node;
    l2osr__lexer_advance(&p->lexer);
    const l2osr__token name = p->lexer.token;
    if (name.kind != L2OSR__TOKEN_NAME)
        return l2osr__lexer_expected(&p->lexer, "a name after 'let'");
    if (name.length >= L2OSR__NAME_SIZE)
        return l2osr__lexer_fail(&p->lexer, &name, "name is longer than %d characters",
                                 L2OSR__NAME_SIZE - 1);
    bool taken = l2osr__expr_find_let(p->expr, name.start, name.length) >= 0;
    for (size_t i = 0; i < p->symbols->count; i++)
        taken |= l2osr__lexer_is_word(&p->lexer, p->symbols->names[i]);
    if (taken)
        return l2osr__lexer_fail(&p->lexer, &name, "'%.*s' is defined already", (int)name.length,
                                 name.start);
    l2osr__lexer_advance(&p->lexer);
    L2OSR__TRY(l2osr__lexer_expect(&p->lexer, '='));
    L2OSR__TRY(parse_sum(p, &node));
    return l2osr__expr_add_let(p->expr, name.start, name.length, node);
}

/* default lr = number */
static l2osr_status parse_default(parser *p, l2osr__rule_header *header) {
    if (!isnan(header->default_lr))
        return l2osr__lexer_fail(&p->lexer, &p->lexer.token, "a second 'default lr'");
    l2osr__lexer_advance(&p->lexer);
    if (!l2osr__lexer_is_word(&p->lexer, "lr"))
        return l2osr__lexer_expected(&p->lexer, "'lr' after 'default'");
    l2osr__lexer_advance(&p->lexer);
    L2OSR__TRY(l2osr__lexer_expect(&p->lexer, '='));
    if (p->lexer.token.kind != L2OSR__TOKEN_NUMBER)
        return l2osr__lexer_expected(&p->lexer, "a positive number");
    if (!(p->lexer.token.number > 0) || isinf(p->lexer.token.number))
        return l2osr__lexer_fail(&p->lexer, &p->lexer.token, "a step size is a positive number");
    header->default_lr = p->lexer.token.number;
    l2osr__lexer_advance(&p->lexer);
    return L2OSR_OK;
}

static l2osr_status parse_update(parser *p) {
    if (p->expr->root >= 0)
        return l2osr__lexer_fail(&p->lexer, &p->lexer.token, "a second 'update'");
    l2osr__lexer_advance(&p->lexer);
    L2OSR__TRY(l2osr__lexer_expect(&p->lexer, '='));
    return parse_sum(p, &p->expr->root);
}

/* l2osr-rule 1 */
static l2osr_status parse_header(parser *p) {
    static const char magic[] = "l2osr-rule ";
    skip_newlines(p);
    if (strncmp(p->lexer.token.start, magic, sizeof magic - 1) != 0)
        return l2osr__lexer_expected(&p->lexer, "the first line 'l2osr-rule 1'");
    for (int i = 0; i < 3; i++) /* the words l2osr, - and rule */
        l2osr__lexer_advance(&p->lexer);
    if (p->lexer.token.kind != L2OSR__TOKEN_NUMBER || p->lexer.token.number != 1)
        return l2osr__lexer_expected(&p->lexer, "version 1 (the only one this library reads)");
    l2osr__lexer_advance(&p->lexer);
    return end_of_line(p);
}

static l2osr_status parse_statement(parser *p, l2osr__rule_header *header) {
    if (l2osr__lexer_is_word(&p->lexer, "let"))
        return parse_let(p);
    if (l2osr__lexer_is_word(&p->lexer, "default"))
        return parse_default(p, header);
    if (l2osr__lexer_is_word(&p->lexer, "update"))
        return parse_update(p);
    return l2osr__lexer_expected(&p->lexer, "'let', 'default' or 'update'");
}

static void parser_init(parser *p, l2osr__expr *out, l2osr_context *ctx, l2osr__source source,
                        const l2osr__symbols *symbols) {
    l2osr__expr_init(out, ctx);
    p->expr = out;
    p->symbols = symbols;
    p->depth = 0;
    l2osr__lexer_init(&p->lexer, ctx, source);
}

l2osr_status l2osr__parse_rule(l2osr__expr *out, l2osr__rule_header *header, l2osr_context *ctx,
                               l2osr__source source, const l2osr__symbols *symbols) {
    parser p;
    parser_init(&p, out, ctx, source, symbols);
    header->default_lr = NAN;
    L2OSR__TRY(parse_header(&p));
    while (p.lexer.token.kind != L2OSR__TOKEN_END) {
        L2OSR__TRY(parse_statement(&p, header));
        L2OSR__TRY(end_of_line(&p));
    }
    return L2OSR_OK;
}

l2osr_status l2osr__parse_expression(l2osr__expr *out, l2osr_context *ctx, l2osr__source source,
                                     const l2osr__symbols *symbols) {
    parser p;
    parser_init(&p, out, ctx, source, symbols);
    skip_newlines(&p);
    L2OSR__TRY(parse_sum(&p, &out->root));
    L2OSR__TRY(end_of_line(&p));
    if (p.lexer.token.kind != L2OSR__TOKEN_END)
        return l2osr__lexer_expected(&p.lexer, "the end");
    return L2OSR_OK;
}
