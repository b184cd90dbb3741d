/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/number.h"
#include "expr/schedule.h"
#include "expr/template.h"

typedef struct latex {
    l2osr__text *text;
    const l2osr__expr *expr;
    const l2osr__symbols *symbols;
} latex;

static void write_node(latex *w, int32_t index, int binding, int lag, int32_t root);

/* An underscore of its own would begin an index. */
static void write_words(l2osr__text *text, const char *words, size_t length) {
    l2osr__text_add(text, "%s", length > 1 ? "\\mathrm{" : "");
    for (size_t i = 0; i < length; i++)
        l2osr__text_add(text, "%s%c", words[i] == '_' ? "\\" : "", words[i]);
    l2osr__text_add(text, "%s", length > 1 ? "}" : "");
}

/* m_hat becomes m_{hat}, a lag the index t-3 */
static void write_name(l2osr__text *text, const char *name, int lag) {
    const char *rest = strchr(name + 1, '_');
    write_words(text, name, rest ? (size_t)(rest - name) : strlen(name));
    if (rest) {
        l2osr__text_add(text, "_{\\mathrm{");
        for (rest++; *rest; rest++)
            l2osr__text_add(text, "%s%c", *rest == '_' ? "\\" : "", *rest);
        l2osr__text_add(text, "}");
        if (lag > 0)
            l2osr__text_add(text, ",\\,t-%d", lag);
        l2osr__text_add(text, "}");
    } else if (lag > 0) {
        l2osr__text_add(text, "_{t-%d}", lag);
    }
}

/* 1.5e-08 becomes 1.5 \cdot 10^{-8}, and 1e-08 becomes 10^{-8} */
static void write_digits(latex *w, double value) {
    char digits[L2OSR__NUMBER_SIZE];
    l2osr__format_double(digits, sizeof digits, value);
    char *exponent = strchr(digits, 'e');
    if (!exponent) {
        l2osr__text_add(w->text, "%s", digits);
        return;
    }
    *exponent++ = '\0';
    const char *sign = *exponent == '-' ? "-" : "";
    exponent += strspn(exponent, "+-0");
    if (strcmp(digits, "1") != 0)
        l2osr__text_add(w->text, "%s \\cdot ", digits);
    l2osr__text_add(w->text, "10^{%s%s}", sign, exponent);
}

/* A per-group constant is the list of its values. */
static void write_number(latex *w, const l2osr__node *node) {
    l2osr__text_add(w->text, "%s", node->b > 0 ? "\\left\\{" : "");
    for (int32_t i = 0; i < l2osr__node_values(node); i++) {
        l2osr__text_add(w->text, "%s", i > 0 ? ",\\, " : "");
        write_digits(w, l2osr__node_value(node, w->expr->values, (size_t)i));
    }
    l2osr__text_add(w->text, "%s", node->b > 0 ? "\\right\\}" : "");
}

/* How tightly the LaTeX of a node holds together: a second exponent needs brackets around the
 * first. */
static int binding_of(const l2osr__node *node) {
    char digits[L2OSR__NUMBER_SIZE];
    if (node->op == L2OSR__OP_SQUARE || node->op == L2OSR__OP_CUBE)
        return L2OSR__BIND_POWER;
    if (node->op != L2OSR__OP_CONST)
        return l2osr__ops[node->op].binding;
    if (node->b > 0)
        return L2OSR__BIND_CALL;
    l2osr__format_double(digits, sizeof digits, node->value);
    if (digits[0] == '-')
        return L2OSR__BIND_PREFIX;
    return strchr(digits, 'e') ? L2OSR__BIND_POWER : L2OSR__BIND_CALL;
}

/* The operands' texts are written into the places of the operator's template. */
static void write_operator(latex *w, const l2osr__node *node) {
    const l2osr__op *op = &l2osr__ops[node->op];
    bool closed = op->binding == L2OSR__BIND_CALL || node->op == L2OSR__OP_DIV;
    int left = closed ? 0 : op->binding + (node->op == L2OSR__OP_POWER);
    int right = closed || node->op == L2OSR__OP_POWER ? 0 : op->binding + 1;
    if (node->op == L2OSR__OP_MUL)
        right =
            L2OSR__BIND_POWER; /* the product has no sign of its own: g -x would be a difference */
    l2osr__text a = {.ctx = w->text->ctx}, b = {.ctx = w->text->ctx};
    latex wa = {&a, w->expr, w->symbols}, wb = {&b, w->expr, w->symbols};
    write_node(&wa, node->a, left, 0, -1);
    l2osr__text_add(&a, "%s", "");
    if (op->arity == 2)
        write_node(&wb, node->b, right, 0, -1);
    l2osr__text_add(&b, "%s", "");
    if (a.failed || b.failed)
        w->text->failed = true;
    if (!w->text->failed)
        l2osr__template_fill(w->text, op->latex, &(l2osr__filling){.operands = {a.bytes, b.bytes}});
    l2osr__text_drop(&a);
    l2osr__text_drop(&b);
}

static void write_call(latex *w, const l2osr__node *node) {
    const char *name = w->symbols->functions[node->lag].name;
    write_words(w->text, name, strlen(name));
    l2osr__text_add(w->text, "\\left(");
    write_node(w, node->a, 0, 0, -1);
    if (node->op == L2OSR__OP_CALL2) {
        l2osr__text_add(w->text, ", ");
        write_node(w, node->b, 0, 0, -1);
    }
    l2osr__text_add(w->text, "\\right)");
}

static void write_window(latex *w, int32_t of, int steps) {
    l2osr__text_add(w->text, "\\mathrm{" L2OSR__WSUM "}_{%d}\\left(", steps);
    write_node(w, of, 0, 0, -1);
    l2osr__text_add(w->text, "\\right)");
}

static void write_schedule(latex *w, int32_t index, int32_t knots) {
    l2osr__text_add(w->text, "\\mathrm{%s}\\left(",
                    l2osr__shape_names[l2osr__schedule_shape(w->expr, index)]);
    for (int32_t i = 0; i <= knots; i++) {
        if (i > 0)
            l2osr__text_add(w->text, ",\\, %d,\\, ", l2osr__schedule_time(w->expr, index, i));
        write_node(w, l2osr__schedule_value(w->expr, index, i), 0, 0, -1);
    }
    l2osr__text_add(w->text, "\\right)");
}

static const char *name_of(const latex *w, int32_t index, int32_t root) {
    for (int32_t i = 0; i < w->expr->let_count && index != root; i++)
        if (w->expr->lets[i].node == index)
            return w->expr->lets[i].name;
    const l2osr__node *node = &w->expr->nodes[index];
    return node->op == L2OSR__OP_VAR ? w->symbols->names[node->a] : NULL;
}

/* As in plain text, what has a name is added up term by term. */
static int window_of(const latex *w, int32_t index, int32_t *of) {
    const int steps = l2osr__expr_window(w->expr, index, of);
    return steps > 0 && !name_of(w, *of, -1) ? steps : 0;
}

static void write_node(latex *w, int32_t index, int binding, int lag, int32_t root) {
    const l2osr__node *node = &w->expr->nodes[index];
    const char *name = name_of(w, index, root);
    if (name) {
        write_name(w->text, name, lag);
        return;
    }
    if (node->op == L2OSR__OP_LAG) {
        write_node(w, node->a, L2OSR__BIND_CALL, lag + node->lag, -1);
        return;
    }
    int32_t of;
    const int32_t knots = l2osr__schedule_knots(w->expr, index);
    const int steps = window_of(w, index, &of);
    int own = knots > 0 || steps > 0 ? L2OSR__BIND_CALL : binding_of(node);
    if (node->op == L2OSR__OP_DIV)
        own = binding > L2OSR__BIND_POWER ? 0 : L2OSR__BIND_CALL; /* a fraction brackets itself */
    bool parentheses = own < binding || (lag > 0 && node->op != L2OSR__OP_CONST);
    l2osr__text_add(w->text, "%s", parentheses ? "\\left(" : "");
    if (knots > 0)
        write_schedule(w, index, knots);
    else if (steps > 0)
        write_window(w, of, steps);
    else if (node->op == L2OSR__OP_CONST)
        write_number(w, node);
    else if (l2osr__op_is_call(node->op))
        write_call(w, node);
    else
        write_operator(w, node);
    l2osr__text_add(w->text, "%s", parentheses ? "\\right)" : "");
    if (lag > 0 && parentheses)
        l2osr__text_add(w->text, "_{t-%d}", lag);
}

void l2osr__print_latex(l2osr__text *text, const l2osr__expr *expr, int32_t root,
                        const l2osr__symbols *symbols) {
    latex w = {text, expr, symbols};
    write_node(&w, root, 0, 0, root);
}

void l2osr__print_latex_let(l2osr__text *text, const l2osr__expr *expr, const l2osr__let *let,
                            const l2osr__symbols *symbols) {
    write_name(text, let->name, 0);
    l2osr__text_add(text, " &= ");
    l2osr__print_latex(text, expr, let->node, symbols);
}
