/* SPDX-License-Identifier: MIT */
/* A recursive-descent parser of expressions: sum, product, prefix, power, postfix, primary. Grammar
 * in doc/rule-language.md. */
#include <math.h>

#include "expr/parser.h"

enum { MAX_DEPTH = 200 }; /* nesting; keeps hostile input from exhausting the stack */

typedef l2osr__parser parser;

l2osr_status l2osr__parser_room(const parser *p, l2osr_status status) {
    return status == L2OSR_ERANGE ? l2osr__lexer_fail(&p->lexer, &p->lexer.token,
                                                      "more than %d nodes", L2OSR__MAX_NODES)
                                  : status;
}

l2osr_status l2osr__parser_add(parser *p, l2osr__node node, int32_t *out) {
    return l2osr__parser_room(p, l2osr__expr_add(p->expr, node, out));
}

l2osr_status l2osr__parser_add_op(parser *p, l2osr__opcode op, int32_t a, int32_t b, int32_t *out) {
    return l2osr__parser_add(p, (l2osr__node){.op = (uint8_t)op, .a = a, .b = b}, out);
}

l2osr_status l2osr__parser_unknown(const parser *p, const char *kind, const l2osr__token *word,
                                   const l2osr__suggestion *suggestion) {
    const char *best = suggestion->best;
    return l2osr__lexer_fail(&p->lexer, word, "unknown %s '%.*s'%s%s%s", kind,
                             word->length > 40 ? 40 : (int)word->length, word->start,
                             best ? ", did you mean '" : "", best ? best : "", best ? "'?" : "");
}

static l2osr_status unknown_name(parser *p, const l2osr__token *word) {
    l2osr__suggestion suggestion = l2osr__suggest(word->start, word->length);
    for (size_t i = 0; i < p->symbols->count; i++)
        l2osr__suggest_offer(&suggestion, p->symbols->names[i]);
    for (int32_t i = 0; i < p->expr->let_count; i++)
        l2osr__suggest_offer(&suggestion, p->expr->lets[i].name);
    return l2osr__parser_unknown(p, "name", word, &suggestion);
}

l2osr_status l2osr__parser_add_input(parser *p, int32_t input, int32_t *out) {
    for (int32_t i = 0; i < p->expr->count; i++)
        if (p->expr->nodes[i].op == L2OSR__OP_VAR && p->expr->nodes[i].a == input) {
            *out = i;
            return L2OSR_OK;
        }
    return l2osr__parser_add_op(p, L2OSR__OP_VAR, input, -1, out);
}

static l2osr_status parse_name(parser *p, int32_t *out) {
    const l2osr__token name = p->lexer.token;
    l2osr__lexer_advance(&p->lexer);
    if (l2osr__lexer_is(&p->lexer, '('))
        return l2osr__parser_call(p, &name, out);
    *out = l2osr__expr_find_let(p->expr, name.start, name.length);
    if (*out >= 0)
        return L2OSR_OK;
    for (size_t i = 0; i < p->symbols->count; i++)
        if (l2osr__token_is(&name, p->symbols->names[i]))
            return l2osr__parser_add_input(p, (int32_t)i, out);
    return unknown_name(p, &name);
}

/* The number at the current token, which has an optional sign in front. */
static l2osr_status read_number(parser *p, double *value) {
    const bool negative = l2osr__lexer_is(&p->lexer, '-');
    if (negative)
        l2osr__lexer_advance(&p->lexer);
    if (p->lexer.token.kind != L2OSR__TOKEN_NUMBER)
        return l2osr__lexer_expected(&p->lexer, "a number");
    if (!isfinite(p->lexer.token.number))
        return l2osr__lexer_fail(&p->lexer, &p->lexer.token, "number out of range");
    *value = negative ? -p->lexer.token.number : p->lexer.token.number;
    l2osr__lexer_advance(&p->lexer);
    return L2OSR_OK;
}

/* { number, ... }: one number for each parameter group. */
static l2osr_status parse_values(parser *p, l2osr__node *node) {
    node->a = p->expr->value_count;
    node->b = 0;
    do {
        double value = 0;
        l2osr__lexer_advance(&p->lexer);
        L2OSR__TRY(read_number(p, &value));
        if (p->expr->value_count == L2OSR__MAX_VALUES)
            return l2osr__lexer_fail(&p->lexer, &p->lexer.token, "more than %d per-group values",
                                     L2OSR__MAX_VALUES);
        L2OSR__TRY(l2osr__expr_add_value(p->expr, value));
        node->b++;
    } while (l2osr__lexer_is(&p->lexer, ','));
    node->value = p->expr->values[node->a];
    return l2osr__lexer_expect(&p->lexer, '}');
}

/* ["~"] number, or a list of them; a sign may only follow a "~". */
static l2osr_status parse_constant(parser *p, int32_t *out) {
    l2osr__node node = {.op = L2OSR__OP_CONST, .a = -1, .b = -1};
    if (l2osr__lexer_is(&p->lexer, '~')) {
        node.tunable = 1;
        l2osr__lexer_advance(&p->lexer);
    }
    if (l2osr__lexer_is(&p->lexer, '{'))
        L2OSR__TRY(parse_values(p, &node));
    else
        L2OSR__TRY(read_number(p, &node.value));
    return l2osr__parser_add(p, node, out);
}

static l2osr_status parse_primary(parser *p, int32_t *out) {
    if (p->lexer.token.kind == L2OSR__TOKEN_NUMBER || l2osr__lexer_is(&p->lexer, '~') ||
        l2osr__lexer_is(&p->lexer, '{'))
        return parse_constant(p, out);
    if (p->lexer.token.kind == L2OSR__TOKEN_NAME)
        return parse_name(p, out);
    if (!l2osr__lexer_is(&p->lexer, '('))
        return l2osr__lexer_expected(&p->lexer, "a number, a name or '('");
    l2osr__lexer_advance(&p->lexer);
    L2OSR__TRY(l2osr__parser_sum(p, out));
    return l2osr__lexer_expect(&p->lexer, ')');
}

static bool is_feedback(const parser *p, int32_t node) {
    const l2osr__node *n = &p->expr->nodes[node];
    return p->symbols->feedback > 0 && n->op == L2OSR__OP_VAR && n->a == p->symbols->feedback;
}

static l2osr_status feedback_now(parser *p, const l2osr__token *at) {
    return l2osr__lexer_fail(
        &p->lexer, at, "'%s' is what is being computed: only its past can be read, as %s[1]",
        p->symbols->names[p->symbols->feedback], p->symbols->names[p->symbols->feedback]);
}

l2osr_status l2osr__parser_whole(parser *p, const char *what, int least, int most, int32_t *out) {
    const l2osr__token *token = &p->lexer.token;
    if (token->kind != L2OSR__TOKEN_NUMBER || !(token->number >= least && token->number <= most) ||
        token->number != floor(token->number))
        return l2osr__lexer_fail(&p->lexer, token, "%s is a whole number from %d to %d", what,
                                 least, most);
    *out = (int32_t)token->number;
    l2osr__lexer_advance(&p->lexer);
    return L2OSR_OK;
}

l2osr_status l2osr__parser_add_lag(parser *p, int32_t a, uint16_t lag, int32_t *out) {
    return l2osr__parser_add(p, (l2osr__node){.op = L2OSR__OP_LAG, .lag = lag, .a = a, .b = -1},
                             out);
}

/* primary [lag] */
static l2osr_status parse_postfix(parser *p, int32_t *out) {
    const l2osr__token start = p->lexer.token;
    L2OSR__TRY(parse_primary(p, out));
    while (l2osr__lexer_is(&p->lexer, '[')) {
        int32_t steps = 0;
        l2osr__lexer_advance(&p->lexer);
        L2OSR__TRY(l2osr__parser_whole(p, "a lag", 0, L2OSR__MAX_LAG, &steps));
        L2OSR__TRY(l2osr__lexer_expect(&p->lexer, ']'));
        if (steps > 0)
            L2OSR__TRY(l2osr__parser_add_lag(p, *out, (uint16_t)steps, out));
    }
    return is_feedback(p, *out) ? feedback_now(p, &start) : L2OSR_OK;
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
            L2OSR__TRY(l2osr__parser_add_op(p, L2OSR__OP_NEG, *out, -1, out));
    } else {
        L2OSR__TRY(parse_postfix(p, out));
        if (l2osr__lexer_is(&p->lexer, '^')) {
            int32_t exponent;
            l2osr__lexer_advance(&p->lexer);
            L2OSR__TRY(parse_prefix(p, &exponent));
            L2OSR__TRY(l2osr__parser_add_op(p, L2OSR__OP_POWER, *out, exponent, out));
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
        L2OSR__TRY(l2osr__parser_add_op(p, op, *out, right, out));
    }
    return L2OSR_OK;
}

l2osr_status l2osr__parser_sum(parser *p, int32_t *out) {
    L2OSR__TRY(parse_product(p, out));
    while (l2osr__lexer_is(&p->lexer, '+') || l2osr__lexer_is(&p->lexer, '-')) {
        l2osr__opcode op = l2osr__lexer_is(&p->lexer, '+') ? L2OSR__OP_ADD : L2OSR__OP_SUB;
        int32_t right;
        l2osr__lexer_advance(&p->lexer);
        L2OSR__TRY(parse_product(p, &right));
        L2OSR__TRY(l2osr__parser_add_op(p, op, *out, right, out));
    }
    return L2OSR_OK;
}

void l2osr__parser_skip_newlines(parser *p) {
    while (p->lexer.token.kind == L2OSR__TOKEN_NEWLINE)
        l2osr__lexer_advance(&p->lexer);
}

l2osr_status l2osr__parser_end_of_line(parser *p) {
    if (p->lexer.token.kind != L2OSR__TOKEN_NEWLINE && p->lexer.token.kind != L2OSR__TOKEN_END)
        return l2osr__lexer_expected(&p->lexer, "an operator or the end of the line");
    l2osr__parser_skip_newlines(p);
    return L2OSR_OK;
}

void l2osr__parser_init(parser *p, l2osr__expr *out, l2osr_context *ctx, l2osr__source source,
                        const l2osr__symbols *symbols) {
    l2osr__expr_init(out, ctx);
    p->expr = out;
    p->symbols = symbols;
    p->depth = 0;
    l2osr__lexer_init(&p->lexer, ctx, source);
}

l2osr_status l2osr__parse_expression(l2osr__expr *out, l2osr_context *ctx, l2osr__source source,
                                     const l2osr__symbols *symbols) {
    parser p;
    l2osr__parser_init(&p, out, ctx, source, symbols);
    l2osr__parser_skip_newlines(&p);
    L2OSR__TRY(l2osr__parser_sum(&p, &out->root));
    L2OSR__TRY(l2osr__parser_end_of_line(&p));
    if (p.lexer.token.kind != L2OSR__TOKEN_END)
        return l2osr__lexer_expected(&p.lexer, "the end");
    return L2OSR_OK;
}
