/* SPDX-License-Identifier: MIT */
/** @file parser.h What the parsers of expressions and of rule files share. */
#ifndef L2OSR_EXPR_PARSER_H
#define L2OSR_EXPR_PARSER_H

#include "expr/lexer.h"
#include "expr/suggest.h"

typedef struct l2osr__parser {
    l2osr__lexer lexer;
    l2osr__expr *expr;
    const l2osr__symbols *symbols;
    int depth; /* nesting */
} l2osr__parser;

/** Begins at the first token of `source`; `out` is made empty. */
void l2osr__parser_init(l2osr__parser *parser, l2osr__expr *out, l2osr_context *ctx,
                        l2osr__source source, const l2osr__symbols *symbols);

/** What appending came to: too many nodes are a failure at the current token. */
l2osr_status l2osr__parser_room(const l2osr__parser *parser, l2osr_status status);

/** Appends a node, an operator on nodes, or the past of one. */
l2osr_status l2osr__parser_add(l2osr__parser *parser, l2osr__node node, int32_t *out);
l2osr_status l2osr__parser_add_op(l2osr__parser *parser, l2osr__opcode op, int32_t a, int32_t b,
                                  int32_t *out);
l2osr_status l2osr__parser_add_lag(l2osr__parser *parser, int32_t a, uint16_t lag, int32_t *out);

/** The node of an input: one for each, so that all lags of it share one history. */
l2osr_status l2osr__parser_add_input(l2osr__parser *parser, int32_t input, int32_t *out);

/** Reads a whole number from `least` to `most`; the message calls it `what`. */
l2osr_status l2osr__parser_whole(l2osr__parser *parser, const char *what, int least, int most,
                                 int32_t *out);

/** Parses a call from the '(' behind its name on. */
l2osr_status l2osr__parser_call(l2osr__parser *parser, const l2osr__token *name, int32_t *out);

/** Parses a sum, the widest expression there is, and writes its node to *out. */
l2osr_status l2osr__parser_sum(l2osr__parser *parser, int32_t *out);

/** Fails unless the statement ends here; moves to the next one. */
l2osr_status l2osr__parser_end_of_line(l2osr__parser *parser);

void l2osr__parser_skip_newlines(l2osr__parser *parser);

/** #L2OSR_EPARSE "unknown KIND 'word', did you mean ...?" */
l2osr_status l2osr__parser_unknown(const l2osr__parser *parser, const char *kind,
                                   const l2osr__token *word, const l2osr__suggestion *suggestion);

#endif
