/* SPDX-License-Identifier: MIT */
/* Rule files: a header line, then one statement a line. */
#include <math.h>
#include <string.h>

#include "expr/parser.h"

typedef l2osr__parser parser;

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
    L2OSR__TRY(l2osr__parser_sum(p, &node));
    return l2osr__expr_add_let(p->expr, name.start, name.length, node);
}

/* default lr = number, default wd = number */
static l2osr_status parse_default(parser *p, l2osr__rule_header *header) {
    const l2osr__token start = p->lexer.token;
    l2osr__lexer_advance(&p->lexer);
    const bool lr = l2osr__lexer_is_word(&p->lexer, "lr");
    double *value = lr ? &header->default_lr : &header->default_wd;
    if (!lr && !l2osr__lexer_is_word(&p->lexer, "wd"))
        return l2osr__lexer_expected(&p->lexer, "'lr' or 'wd' after 'default'");
    if (!isnan(*value))
        return l2osr__lexer_fail(&p->lexer, &start, "a second 'default %s'", lr ? "lr" : "wd");
    l2osr__lexer_advance(&p->lexer);
    L2OSR__TRY(l2osr__lexer_expect(&p->lexer, '='));
    if (p->lexer.token.kind != L2OSR__TOKEN_NUMBER)
        return l2osr__lexer_expected(&p->lexer, "a positive number");
    *value = p->lexer.token.number;
    if (isinf(*value) || (lr && *value == 0))
        return l2osr__lexer_fail(&p->lexer, &p->lexer.token, "%s",
                                 lr ? "a step size is a positive number" : "number out of range");
    l2osr__lexer_advance(&p->lexer);
    return L2OSR_OK;
}

static l2osr_status parse_update(parser *p) {
    if (p->expr->root >= 0)
        return l2osr__lexer_fail(&p->lexer, &p->lexer.token, "a second 'update'");
    l2osr__lexer_advance(&p->lexer);
    L2OSR__TRY(l2osr__lexer_expect(&p->lexer, '='));
    return l2osr__parser_sum(p, &p->expr->root);
}

/* l2osr-rule 1 */
static l2osr_status parse_header(parser *p) {
    static const char magic[] = "l2osr-rule ";
    l2osr__parser_skip_newlines(p);
    if (strncmp(p->lexer.token.start, magic, sizeof magic - 1) != 0)
        return l2osr__lexer_expected(&p->lexer, "the first line 'l2osr-rule 1'");
    for (int i = 0; i < 3; i++) /* the words l2osr, - and rule */
        l2osr__lexer_advance(&p->lexer);
    if (p->lexer.token.kind != L2OSR__TOKEN_NUMBER || p->lexer.token.number != 1)
        return l2osr__lexer_expected(&p->lexer, "version 1 (the only one this library reads)");
    l2osr__lexer_advance(&p->lexer);
    return l2osr__parser_end_of_line(p);
}

static l2osr_status parse_statement(parser *p, l2osr__rule_header *header) {
    const l2osr__token *word = &p->lexer.token;
    if (l2osr__lexer_is_word(&p->lexer, "let"))
        return parse_let(p);
    if (l2osr__lexer_is_word(&p->lexer, "default"))
        return parse_default(p, header);
    if (l2osr__lexer_is_word(&p->lexer, "update"))
        return parse_update(p);
    l2osr__suggestion suggestion = l2osr__suggest(word->start, word->length);
    l2osr__suggest_offer(&suggestion, "let");
    l2osr__suggest_offer(&suggestion, "default");
    l2osr__suggest_offer(&suggestion, "update");
    if (word->kind == L2OSR__TOKEN_NAME && suggestion.best)
        return l2osr__parser_unknown(p, "statement", word, &suggestion);
    return l2osr__lexer_expected(&p->lexer, "'let', 'default' or 'update'");
}

l2osr_status l2osr__parse_rule(l2osr__expr *out, l2osr__rule_header *header, l2osr_context *ctx,
                               l2osr__source source, const l2osr__symbols *symbols) {
    parser p;
    l2osr__parser_init(&p, out, ctx, source, symbols);
    header->default_lr = header->default_wd = NAN;
    L2OSR__TRY(parse_header(&p));
    while (p.lexer.token.kind != L2OSR__TOKEN_END) {
        L2OSR__TRY(parse_statement(&p, header));
        L2OSR__TRY(l2osr__parser_end_of_line(&p));
    }
    return L2OSR_OK;
}

l2osr_status l2osr__parse_lets(l2osr__expr *expr, l2osr__source source,
                               const l2osr__symbols *symbols) {
    parser p = {.expr = expr, .symbols = symbols};
    l2osr__lexer_init(&p.lexer, expr->ctx, source);
    l2osr__parser_skip_newlines(&p);
    while (p.lexer.token.kind != L2OSR__TOKEN_END) {
        if (!l2osr__lexer_is_word(&p.lexer, "let"))
            return l2osr__lexer_expected(&p.lexer, "'let'");
        L2OSR__TRY(parse_let(&p));
        L2OSR__TRY(l2osr__parser_end_of_line(&p));
    }
    return L2OSR_OK;
}
