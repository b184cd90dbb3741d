/* SPDX-License-Identifier: MIT */
/* Expressions read without knowing their inputs. */
#include <string.h>

#include "expr/parser.h"

/* One more than an expression has nodes: with it the parser says that there are too many. */
enum { MAX_NAMES = L2OSR__MAX_NODES + 1 };

static bool is_listed(const char *const *names, size_t count, const l2osr__token *word) {
    for (size_t i = 0; i < count; i++)
        if (strlen(names[i]) == word->length && memcmp(names[i], word->start, word->length) == 0)
            return true;
    return false;
}

/* Lists the words that are no functions, copied one behind the other into `room`. */
static size_t list_names(const char **names, char *room, l2osr__lexer *lexer) {
    size_t count = 0;
    while (lexer->token.kind != L2OSR__TOKEN_END && count < MAX_NAMES) {
        const l2osr__token word = lexer->token;
        l2osr__lexer_advance(lexer);
        if (word.kind != L2OSR__TOKEN_NAME || l2osr__lexer_is(lexer, '(') ||
            is_listed(names, count, &word))
            continue;
        memcpy(room, word.start, word.length);
        names[count++] = room;
        room += word.length + 1;
    }
    return count;
}

l2osr_status l2osr__parse_open(l2osr__expr *out, const char ***names, l2osr_context *ctx,
                               l2osr__source source, const l2osr__symbols *calls) {
    const size_t list = MAX_NAMES * sizeof **names;
    l2osr__lexer lexer;
    l2osr__expr_init(out, ctx);
    /* behind each word something follows, so that there is room for its terminator */
    L2OSR__TRY(l2osr__alloc_to(ctx, names, list + strlen(source.text) + 1, 1));
    l2osr__lexer_init(&lexer, ctx, source);
    const size_t count = list_names(*names, (char *)*names + list, &lexer);
    const l2osr__symbols symbols = {.names = *names,
                                    .count = count,
                                    .functions = calls->functions,
                                    .n_functions = calls->n_functions};
    return l2osr__parse_expression(out, ctx, source, &symbols);
}
