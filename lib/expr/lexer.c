/* SPDX-License-Identifier: MIT */
#include "expr/lexer.h"

#include <stdio.h>
#include <string.h>

#include "base/number.h"

/* The language is ASCII; ctype.h would ask the host's locale. */
static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static void skip_blank(l2osr__lexer *lexer) {
    for (;; lexer->next++) {
        char c = *lexer->next;
        if (c == '#')
            while (lexer->next[1] != '\0' && lexer->next[1] != '\n')
                lexer->next++;
        else if (c == '\n' && lexer->depth > 0)
            lexer->line++, lexer->line_start = lexer->next + 1;
        else if (c != ' ' && c != '\t' && c != '\r')
            return;
    }
}

static void read_word(l2osr__lexer *lexer, l2osr__token *token) {
    const char *c = token->start;
    if (is_letter(*c)) {
        token->kind = L2OSR__TOKEN_NAME;
        while (is_letter(*c) || is_digit(*c))
            c++;
    } else if (is_digit(*c) || (*c == '.' && is_digit(c[1]))) {
        token->kind = L2OSR__TOKEN_NUMBER;
        token->number = l2osr__parse_exact(token->start, &c);
        if (c == token->start)
            token->number = l2osr__parse_double(token->start, &c);
    } else if (*c != '\0' && strchr("+-*/^()[]{},=~", *c)) {
        token->kind = L2OSR__TOKEN_SYMBOL;
        c++;
    } else {
        token->kind = L2OSR__TOKEN_BAD;
        c++;
    }
    lexer->next = c;
}

void l2osr__lexer_advance(l2osr__lexer *lexer) {
    l2osr__token *token = &lexer->token;
    skip_blank(lexer);
    token->start = lexer->next;
    token->line = lexer->line;
    token->column = (int)(lexer->next - lexer->line_start) + 1;
    if (*lexer->next == '\0') {
        token->kind = L2OSR__TOKEN_END;
    } else if (*lexer->next == '\n') {
        token->kind = L2OSR__TOKEN_NEWLINE;
        lexer->line++;
        lexer->line_start = ++lexer->next;
    } else {
        read_word(lexer, token);
    }
    token->length = (size_t)(lexer->next - token->start);
    if (token->kind == L2OSR__TOKEN_SYMBOL && strchr("([{", *token->start))
        lexer->depth++;
    else if (token->kind == L2OSR__TOKEN_SYMBOL && lexer->depth > 0 && strchr(")]}", *token->start))
        lexer->depth--;
}

void l2osr__lexer_init(l2osr__lexer *lexer, l2osr_context *ctx, l2osr__source source) {
    *lexer = (l2osr__lexer){
        .ctx = ctx, .source = source, .next = source.text, .line_start = source.text, .line = 1};
    l2osr__lexer_advance(lexer);
}

bool l2osr__lexer_is(const l2osr__lexer *lexer, char symbol) {
    return lexer->token.kind == L2OSR__TOKEN_SYMBOL && *lexer->token.start == symbol;
}

bool l2osr__token_is(const l2osr__token *token, const char *word) {
    return token->kind == L2OSR__TOKEN_NAME && token->length == strlen(word) &&
           memcmp(token->start, word, token->length) == 0;
}

bool l2osr__lexer_is_word(const l2osr__lexer *lexer, const char *word) {
    return l2osr__token_is(&lexer->token, word);
}

l2osr_status l2osr__lexer_fail(const l2osr__lexer *lexer, const l2osr__token *token,
                               const char *format, ...) {
    char message[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return l2osr__fail(lexer->ctx, L2OSR_EPARSE, "%s: line %d, column %d: %s", lexer->source.name,
                       token->line, token->column, message);
}

l2osr_status l2osr__lexer_expected(const l2osr__lexer *lexer, const char *what) {
    const l2osr__token *token = &lexer->token;
    if (token->kind == L2OSR__TOKEN_END)
        return l2osr__lexer_fail(lexer, token, "expected %s, found the end", what);
    if (token->kind == L2OSR__TOKEN_NEWLINE)
        return l2osr__lexer_fail(lexer, token, "expected %s, found the end of the line", what);
    if (token->kind == L2OSR__TOKEN_BAD)
        return l2osr__lexer_fail(lexer, token, "expected %s, found byte 0x%02x", what,
                                 (unsigned char)*token->start);
    return l2osr__lexer_fail(lexer, token, "expected %s, found '%.*s'", what,
                             token->length > 40 ? 40 : (int)token->length, token->start);
}

l2osr_status l2osr__lexer_expect(l2osr__lexer *lexer, char symbol) {
    if (!l2osr__lexer_is(lexer, symbol)) {
        const char what[] = {'\'', symbol, '\'', '\0'};
        return l2osr__lexer_expected(lexer, what);
    }
    l2osr__lexer_advance(lexer);
    return L2OSR_OK;
}
