/* SPDX-License-Identifier: MIT */
/* Calls of functions: name(operands). */
#include "expr/parser.h"

typedef l2osr__parser parser;

static l2osr_status unknown_function(parser *p, const l2osr__token *word) {
    l2osr__suggestion suggestion = l2osr__suggest(word->start, word->length);
    for (int op = L2OSR__OP_EMA; op < L2OSR__OP_COUNT; op++) {
        l2osr__suggest_offer(&suggestion, l2osr__ops[op].name);
        l2osr__suggest_offer(&suggestion, l2osr__ops[op].alias);
    }
    return l2osr__parser_unknown(p, "function", word, &suggestion);
}

static l2osr_status wrong_arity(parser *p, l2osr__opcode op) {
    const int arity = l2osr__ops[op].arity;
    return l2osr__lexer_fail(&p->lexer, &p->lexer.token, "'%s' takes %d argument%s%s",
                             l2osr__ops[op].name, arity, arity == 1 ? "" : "s",
                             op == L2OSR__OP_CLIP ? " or 3" : "");
}

/* clip(e, low, high) is short for min(max(e, low), high). */
static l2osr_status finish_clip(parser *p, const int32_t operand[2], int32_t *out) {
    int32_t high, floored;
    l2osr__lexer_advance(&p->lexer);
    L2OSR__TRY(l2osr__parser_sum(p, &high));
    L2OSR__TRY(l2osr__parser_add_op(p, L2OSR__OP_MAX, operand[0], operand[1], &floored));
    if (l2osr__lexer_is(&p->lexer, ','))
        return wrong_arity(p, L2OSR__OP_CLIP);
    L2OSR__TRY(l2osr__lexer_expect(&p->lexer, ')'));
    return l2osr__parser_add_op(p, L2OSR__OP_MIN, floored, high, out);
}

static uint16_t position(int number) {
    return (uint16_t)(number < UINT16_MAX ? number : 0);
}

l2osr_status l2osr__parser_call(parser *p, const l2osr__token *name, int32_t *out) {
    l2osr__opcode op = l2osr__op_find(name->start, name->length);
    int32_t operand[2] = {-1, -1};
    if (op == L2OSR__OP_COUNT)
        return unknown_function(p, name);
    l2osr__lexer_advance(&p->lexer);
    for (int i = 0; i < l2osr__ops[op].arity; i++) {
        if (i > 0 && l2osr__lexer_is(&p->lexer, ')'))
            return wrong_arity(p, op);
        if (i > 0)
            L2OSR__TRY(l2osr__lexer_expect(&p->lexer, ','));
        L2OSR__TRY(l2osr__parser_sum(p, &operand[i]));
    }
    if (l2osr__lexer_is(&p->lexer, ','))
        return op == L2OSR__OP_CLIP ? finish_clip(p, operand, out) : wrong_arity(p, op);
    L2OSR__TRY(l2osr__lexer_expect(&p->lexer, ')'));
    return l2osr__parser_add(p,
                             (l2osr__node){.op = (uint8_t)op,
                                           .a = operand[0],
                                           .b = operand[1],
                                           .line = position(name->line),
                                           .column = position(name->column)},
                             out);
}
