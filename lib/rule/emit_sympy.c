/* SPDX-License-Identifier: MIT */
/* The rule as it is written, in SymPy. */
#include <stdio.h>

#include "rule/emit.h"

static const char head[] =
    "\n"
    "What is remembered and what is reduced over parameters is left as a function: ema(e, beta),\n"
    "dsum(e, beta), dmax(e, beta), mean(e), rms(e), norm(e); lag(e, k) is e of k steps ago. A name "
    "that\n"
    "the rule defines has an underscore behind it.\n"
    "\"\"\"\n"
    "from sympy import (Abs, Eq, Function, Heaviside, Max, Min, Piecewise, asinh, atan, cos, "
    "erfc,\n"
    "                   exp, log, oo, sign, sin, sinh, sqrt, symbols, tanh)\n"
    "\n"
    "g, x, t, lr, wd, group, past = symbols('g x t lr wd group update', real=True)\n"
    "ema, dsum, dmax, lag = map(Function, ('ema', 'dsum', 'dmax', 'lag'))\n"
    "mean, rms, norm = map(Function, ('mean', 'rms', 'norm'))\n"
    "\n"
    "\n"
    "def powm(a, b):\n"
    "    return sign(a)*Abs(a)**b\n"
    "\n"
    "\n"
    "def clip(a, c):\n"
    "    return Max(Min(a, Abs(c)), -Abs(c))\n"
    "\n"
    "\n"
    "def elu(a):\n"
    "    return Piecewise((a, a > 0), (exp(a) - 1, True))\n"
    "\n"
    "\n"
    "def softsign(a):\n"
    "    return a/(1 + Abs(a))\n"
    "\n"
    "\n";

static const l2osr__number_style style = {"oo", false};

/* Python takes so many brackets inside of one another, and no more. */
enum { MOST_BRACKETS = 32 };

typedef struct writer {
    l2osr__text *text;
    const l2osr__expr *expr;
    uint8_t depth[L2OSR__MAX_NODES]; /* of the text of a node; 0 for a name */
    uint16_t uses[L2OSR__MAX_NODES]; /* by other nodes */
} writer;

static void write_node(const writer *w, l2osr__text *text, int32_t node, bool by_name);

static void write_constant(const writer *w, l2osr__text *text, int32_t node) {
    const l2osr__node *n = &w->expr->nodes[node];
    const int32_t values = l2osr__node_values(n);
    char number[L2OSR__OPERAND_SIZE];
    l2osr__text_add(text, "%s", values > 1 ? "Piecewise(" : "");
    for (int32_t i = 0; i < values; i++) {
        l2osr__emit_number(number, &style, l2osr__node_value(n, w->expr->values, (size_t)i));
        if (values == 1)
            l2osr__text_add(text, "%s", number);
        else if (i < values - 1)
            l2osr__text_add(text, "(%s, Eq(group, %d)), ", number, (int)i);
        else
            l2osr__text_add(text, "(%s, True))", number);
    }
}

static void write_operator(const writer *w, l2osr__text *text, const l2osr__node *n) {
    l2osr__text a = {.ctx = text->ctx}, b = {.ctx = text->ctx};
    write_node(w, &a, n->a, true);
    if (l2osr__ops[n->op].arity == 2)
        write_node(w, &b, n->b, true);
    text->failed |= a.failed || b.failed;
    if (!text->failed && n->op == L2OSR__OP_LAG)
        l2osr__text_add(text, "lag(%s, %d)", a.bytes, (int)n->lag);
    else if (!text->failed)
        l2osr__template_fill(text, l2osr__ops[n->op].sympy,
                             &(l2osr__filling){.operands = {a.bytes, b.bytes}});
    l2osr__text_drop(&a);
    l2osr__text_drop(&b);
}

static void write_node(const writer *w, l2osr__text *text, int32_t node, bool by_name) {
    const l2osr__node *n = &w->expr->nodes[node];
    char name[L2OSR__OPERAND_SIZE];
    l2osr__emit_name(w->expr, node, name);
    if (n->op == L2OSR__OP_VAR)
        l2osr__text_add(text, "%s", n->a == L2OSR__INPUT_UPDATE ? "past" : name);
    else if (by_name && w->depth[node] == 0)
        l2osr__text_add(text, "%s", name);
    else if (n->op == L2OSR__OP_CONST)
        write_constant(w, text, node);
    else
        write_operator(w, text, n);
}

static int depth_of(const writer *w, int32_t node) {
    const l2osr__node *n = &w->expr->nodes[node];
    int depth = 0;
    if (l2osr__ops[n->op].arity >= 1)
        depth = w->depth[n->a];
    if (l2osr__ops[n->op].arity == 2 && w->depth[n->b] > depth)
        depth = w->depth[n->b];
    return depth + 1;
}

/* Assigns what has a name, what is read more than once, and what would be nested too deeply. */
static void write_assignments(writer *w, int32_t node) {
    const int depth = depth_of(w, node);
    const bool input = w->expr->nodes[node].op == L2OSR__OP_VAR;
    char name[L2OSR__OPERAND_SIZE];
    w->depth[node] = (uint8_t)depth;
    l2osr__emit_name(w->expr, node, name);
    if (!input &&
        (l2osr__emit_named(w->expr, node) || w->uses[node] > 1 || depth >= MOST_BRACKETS)) {
        l2osr__text_add(w->text, "%s = ", name);
        write_node(w, w->text, node, false);
        l2osr__text_add(w->text, "\n");
        w->depth[node] = 0;
    }
    bool first = !input;
    for (int32_t i = 0; i < w->expr->let_count; i++) {
        if (w->expr->lets[i].node != node)
            continue;
        if (!first)
            l2osr__text_add(w->text, "%s_ = %s\n", w->expr->lets[i].name, name);
        first = false;
    }
}

static void count_uses(writer *w) {
    for (int32_t i = 0; i < w->expr->count; i++) {
        const l2osr__node *n = &w->expr->nodes[i];
        if (l2osr__ops[n->op].arity >= 1)
            w->uses[n->a]++;
        if (l2osr__ops[n->op].arity == 2)
            w->uses[n->b]++;
    }
}

l2osr_status l2osr__emit_sympy(const l2osr__emitter *e) {
    writer w = {.text = e->text, .expr = &e->rule->expr};
    l2osr__text_add(e->text, "\"\"\"An update rule, written by l2osr:\n\n");
    l2osr__emit_rule_text(e, "    ");
    l2osr__text_add(e->text, "%s", head);
    count_uses(&w);
    for (int32_t i = 0; i < w.expr->count; i++)
        write_assignments(&w, i);
    l2osr__text_add(e->text, "update = ");
    write_node(&w, e->text, w.expr->root, true);
    l2osr__text_add(e->text, "\n");
    return L2OSR_OK;
}
