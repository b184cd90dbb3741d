/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "sr/tree.h"

/* The operators of the paper's searches. */
static const char paper_operators[] = "+ * pow greater / relu exp tanh sinh asinh erfc square cube "
                                      "abs sign logm sqrtm";

/* Sums and products carry most formulas; what grows fast or is slow to compute is tried less often.
 */
static double usual_weight(l2osr__opcode op) {
    switch (op) {
    case L2OSR__OP_ADD:
    case L2OSR__OP_MUL:
        return 4;
    case L2OSR__OP_SUB:
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

static l2osr_status add_operator(l2osr__grammar *grammar, l2osr_context *ctx, const char *name,
                                 size_t length) {
    l2osr__opcode op = l2osr__op_find(name, length);
    if (op == L2OSR__OP_EMA)
        return l2osr__fail(ctx, L2OSR_EINVAL,
                           "distil: ema is no operator here; give its decays in `decays`");
    if (op < L2OSR__OP_ADD)
        return l2osr__fail(ctx, L2OSR_EINVAL, "distil: %s is no operator here: a formula sees one "
                                              "row at a time", l2osr__ops[op].name);
    if (op == L2OSR__OP_COUNT)
        return l2osr__fail(ctx, L2OSR_ENOTFOUND, "distil: unknown operator '%.*s'",
                           length > 40 ? 40 : (int)length, name);
    if (grammar->has[op])
        return L2OSR_OK;
    grammar->has[op] = true;
    grammar->weight[op] = usual_weight(op);
    if (l2osr__ops[op].arity == 1)
        grammar->unary_weight += grammar->weight[op];
    else
        grammar->binary_weight += grammar->weight[op];
    return L2OSR_OK;
}

l2osr_status l2osr__grammar_init(l2osr__grammar *grammar, l2osr_context *ctx,
                                 const char *operators) {
    const char *next = operators ? operators : paper_operators;
    while (*(next += strspn(next, " \t")) != '\0') {
        size_t length = strcspn(next, " \t");
        L2OSR__TRY(add_operator(grammar, ctx, next, length));
        next += length;
    }
    return L2OSR_OK;
}

l2osr__opcode l2osr__grammar_draw(const l2osr__grammar *grammar, l2osr__rng *rng, int arity) {
    double left =
        l2osr__rng_uniform(rng) * (arity == 1 ? grammar->unary_weight : grammar->binary_weight);
    l2osr__opcode last = L2OSR__OP_COUNT;
    for (int op = L2OSR__OP_ADD; op < L2OSR__OP_COUNT; op++) {
        if (!grammar->has[op] || l2osr__ops[op].arity != arity)
            continue;
        last = (l2osr__opcode)op;
        left -= grammar->weight[op];
        if (left < 0)
            break;
    }
    return last;
}
