/* SPDX-License-Identifier: MIT */
/** @file lexer.h Words of the rule language. */
#ifndef L2OSR_EXPR_LEXER_H
#define L2OSR_EXPR_LEXER_H

#include "expr/expr.h"

typedef enum l2osr__token_kind {
    L2OSR__TOKEN_END,     /* of the text */
    L2OSR__TOKEN_NEWLINE, /* outside parentheses */
    L2OSR__TOKEN_NUMBER,
    L2OSR__TOKEN_NAME,
    L2OSR__TOKEN_SYMBOL, /* one of + - * / ^ ( ) [ ] { } , = ~ */
    L2OSR__TOKEN_BAD
} l2osr__token_kind;

typedef struct l2osr__token {
    l2osr__token_kind kind;
    const char *start;
    size_t length;
    int line, column;
    double number;
} l2osr__token;

/** A reading position with one token of look-ahead. */
typedef struct l2osr__lexer {
    l2osr_context *ctx;
    l2osr__source source;
    const char *next, *line_start;
    int line, depth; /* depth: open parentheses, inside which newlines do not count */
    l2osr__token token;
} l2osr__lexer;

void l2osr__lexer_init(l2osr__lexer *lexer, l2osr_context *ctx, l2osr__source source);

/** Moves to the next token. */
void l2osr__lexer_advance(l2osr__lexer *lexer);

/** True if the current token is that symbol. */
bool l2osr__lexer_is(const l2osr__lexer *lexer, char symbol);

/** True if a token, or the current one, is that word. */
bool l2osr__token_is(const l2osr__token *token, const char *word);
bool l2osr__lexer_is_word(const l2osr__lexer *lexer, const char *word);

/** Steps over an expected symbol, or fails. */
l2osr_status l2osr__lexer_expect(l2osr__lexer *lexer, char symbol);

/** #L2OSR_EPARSE at `token`: "expected X, found Y". */
l2osr_status l2osr__lexer_expected(const l2osr__lexer *lexer, const char *what);

/** #L2OSR_EPARSE at `token` with a formatted message. */
l2osr_status l2osr__lexer_fail(const l2osr__lexer *lexer, const l2osr__token *token,
                               const char *format, ...) L2OSR__PRINTF(3, 4);

#endif
