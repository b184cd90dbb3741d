/* SPDX-License-Identifier: MIT */
#include "sr/grammar.h"

#include <math.h>
#include <string.h>

#include "base/number.h"

/* The operators of the paper's searches. */
static const char paper_operators[] = "+ * pow greater / relu exp tanh sinh asinh erfc square cube "
                                      "abs sign logm sqrtm";

/* Names of infix operators as PySR writes them. */
static const struct {
    const char *name;
    l2osr__opcode op;
} words[] = {{"plus", L2OSR__OP_ADD},
             {"sub", L2OSR__OP_SUB},
             {"mult", L2OSR__OP_MUL},
             {"div", L2OSR__OP_DIV}};

enum { MAX_COST = 100 };

/* Who gives a function of their own means it to be used. */
static const double FUNCTION_WEIGHT = 2;

static const char blanks[] = " \t\n,";

/* Sums and products carry most formulas; what grows fast or is slow to compute is tried less often.
 */
static double usual_weight(l2osr__opcode op) {
    switch (op) {
    case L2OSR__OP_ADD:
    case L2OSR__OP_MUL:
        return 4;
    case L2OSR__OP_SUB:
    case L2OSR__OP_DIV:
    case L2OSR__OP_TANH:
    case L2OSR__OP_ABS:
        return 2;
    case L2OSR__OP_POWER:
    case L2OSR__OP_POWM:
    case L2OSR__OP_SINH:
    case L2OSR__OP_ASINH:
    case L2OSR__OP_ERFC:
    case L2OSR__OP_CUBE:
        return 0.25;
    default:
        return 1;
    }
}

static l2osr__opcode find_operator(const char *name, size_t length) {
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i].name) == length && memcmp(words[i].name, name, length) == 0)
            return words[i].op;
    return l2osr__op_find(name, length);
}

static void allow(l2osr__grammar *grammar, l2osr__opcode op) {
    if (grammar->has[op])
        return;
    grammar->has[op] = true;
    grammar->weight[op] = usual_weight(op);
    grammar->arity_weight[l2osr__ops[op].arity] += grammar->weight[op];
}

static bool is_function(const l2osr__grammar *grammar, const char *name, size_t length) {
    for (size_t i = 0; i < grammar->n_functions; i++)
        if (strlen(grammar->functions[i].name) == length &&
            memcmp(grammar->functions[i].name, name, length) == 0)
            return true;
    return false;
}

static l2osr_status refuse_operator(const l2osr__grammar *grammar, l2osr_context *ctx,
                                    const char *name, size_t length) {
    const int shown = length > 40 ? 40 : (int)length;
    if (is_function(grammar, name, length))
        return l2osr__fail(ctx, L2OSR_EINVAL,
                           "distil: '%.*s' is a function of yours: it is allowed without being "
                           "named among the operators, and its complexity is 1",
                           shown, name);
    return l2osr__fail(ctx, L2OSR_ENOTFOUND, "distil: unknown operator '%.*s'", shown, name);
}

static bool is_window_sum(const char *name, size_t length) {
    return strlen(L2OSR__WSUM) == length && memcmp(name, L2OSR__WSUM, length) == 0;
}

static l2osr_status add_operator(l2osr__grammar *grammar, l2osr_context *ctx, const char *name,
                                 size_t length, int32_t cost) {
    const l2osr__opcode op = find_operator(name, length);
    if (is_window_sum(name, length))
        grammar->window_sum = true;
    else if (op == L2OSR__OP_COUNT)
        return refuse_operator(grammar, ctx, name, length);
    else if (op == L2OSR__OP_EMA || op == L2OSR__OP_DSUM)
        grammar->memory[op] = true;
    else if (op < L2OSR__OP_ADD)
        return l2osr__fail(ctx, L2OSR_EINVAL,
                           "distil: %s is no operator here; of those that look beyond one step "
                           "there are ema, dsum and wsum",
                           l2osr__ops[op].name);
    else
        allow(grammar, op);
    grammar->cost[op] = cost;
    return L2OSR_OK;
}

/* "exp" or "exp:2" */
static l2osr_status add_word(l2osr__grammar *grammar, l2osr_context *ctx, const char *word,
                             size_t length) {
    const char *colon = memchr(word, ':', length), *end;
    double cost = 1;
    if (colon) {
        cost = l2osr__parse_double(colon + 1, &end);
        if (end != word + length || !(cost >= 1 && cost <= MAX_COST) || cost != floor(cost))
            return l2osr__fail(ctx, L2OSR_EINVAL,
                               "distil: '%.*s': a complexity is a whole number from 1 to %d",
                               length > 40 ? 40 : (int)length, word, MAX_COST);
        length = (size_t)(colon - word);
    }
    return add_operator(grammar, ctx, word, length, (int32_t)cost);
}

l2osr_status l2osr__grammar_init(l2osr__grammar *grammar, l2osr_context *ctx,
                                 const char *operators) {
    const char *next = operators ? operators : paper_operators;
    memset(grammar->nest, -1, sizeof grammar->nest);
    for (int op = 0; op <= L2OSR__OP_COUNT; op++)
        grammar->cost[op] = 1;
    while (*(next += strspn(next, blanks)) != '\0') {
        const size_t length = strcspn(next, blanks);
        L2OSR__TRY(add_word(grammar, ctx, next, length));
        next += length;
    }
    return L2OSR_OK;
}

typedef struct name {
    const char *text;
    size_t length;
} name;

/* Memories are terminals, with no formula inside. */
static l2osr_status check_nested(const l2osr__grammar *grammar, l2osr_context *ctx, name n) {
    const int shown = n.length > 40 ? 40 : (int)n.length;
    const l2osr__opcode op = find_operator(n.text, n.length);
    if (is_window_sum(n.text, n.length) || is_function(grammar, n.text, n.length) ||
        (op != L2OSR__OP_COUNT && op < L2OSR__OP_ADD))
        return l2osr__fail(ctx, L2OSR_EINVAL,
                           "distil: '%.*s' has no limits of nesting: these are for operators such "
                           "as * and exp, not for what looks beyond one step, nor for functions of "
                           "yours",
                           shown, n.text);
    if (op == L2OSR__OP_COUNT)
        return l2osr__fail(ctx, L2OSR_ENOTFOUND, "distil: unknown operator '%.*s' in nesting",
                           shown, n.text);
    return L2OSR_OK;
}

/* "exp(tanh):1" */
static l2osr_status add_limit(l2osr__grammar *grammar, l2osr_context *ctx, const char *word,
                              size_t length) {
    const char *open = memchr(word, '(', length), *close = memchr(word, ')', length), *end;
    const int shown = length > 40 ? 40 : (int)length;
    if (!open || !close || close < open || close[1] != ':')
        return l2osr__fail(ctx, L2OSR_EINVAL,
                           "distil: '%.*s' limits no nesting; write outer(inner):most, such as "
                           "exp(exp):0",
                           shown, word);
    const name outer = {word, (size_t)(open - word)};
    const name inner = {open + 1, (size_t)(close - open - 1)};
    L2OSR__TRY(check_nested(grammar, ctx, outer));
    L2OSR__TRY(check_nested(grammar, ctx, inner));
    const double most = l2osr__parse_double(close + 2, &end);
    if (end == close + 2 || end != word + length || !(most >= 0 && most <= MAX_COST) ||
        most != floor(most))
        return l2osr__fail(ctx, L2OSR_EINVAL, "distil: '%.*s': the limit is 0 to %d", shown, word,
                           MAX_COST);
    grammar
        ->nest[find_operator(outer.text, outer.length)][find_operator(inner.text, inner.length)] =
        (int8_t)most;
    grammar->nested = true;
    return L2OSR_OK;
}

l2osr_status l2osr__grammar_nest(l2osr__grammar *grammar, l2osr_context *ctx, const char *nesting) {
    const char *next = nesting ? nesting : "";
    while (*(next += strspn(next, blanks)) != '\0') {
        const size_t length = strcspn(next, blanks);
        L2OSR__TRY(add_limit(grammar, ctx, next, length));
        next += length;
    }
    return L2OSR_OK;
}

l2osr_status l2osr__grammar_add(l2osr__grammar *grammar, l2osr_context *ctx,
                                const l2osr__function *functions, size_t count) {
    L2OSR__TRY(l2osr__functions_check(ctx, functions, count));
    grammar->functions = functions;
    grammar->n_functions = count;
    for (size_t i = 0; i < count; i++)
        grammar->arity_weight[functions[i].arity] += FUNCTION_WEIGHT;
    return L2OSR_OK;
}

bool l2osr__grammar_draw(const l2osr__grammar *grammar, l2osr__rng *rng, int arity,
                         l2osr__node *out) {
    double left = l2osr__rng_uniform(rng) * grammar->arity_weight[arity];
    bool found = false;
    for (int op = L2OSR__OP_ADD; op < L2OSR__OP_CALL1; op++) {
        if (!grammar->has[op] || l2osr__ops[op].arity != arity)
            continue;
        found = true;
        *out = (l2osr__node){.op = (uint8_t)op, .a = -1, .b = -1};
        left -= grammar->weight[op];
        if (left < 0)
            return true;
    }
    for (size_t i = 0; i < grammar->n_functions; i++) {
        const l2osr__function *function = &grammar->functions[i];
        if ((int)function->arity != arity)
            continue;
        found = true;
        *out = (l2osr__node){
            .op = (uint8_t)l2osr__function_op(function), .lag = (uint16_t)i, .a = -1, .b = -1};
        left -= FUNCTION_WEIGHT;
        if (left < 0)
            return true;
    }
    return found;
}

bool l2osr__grammar_sums(const l2osr__grammar *grammar) {
    return grammar->has[L2OSR__OP_ADD] && grammar->has[L2OSR__OP_MUL];
}
