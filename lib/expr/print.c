/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "expr/schedule.h"

typedef struct printer {
    l2osr__text *text;
    const l2osr__expr *expr;
    const l2osr__symbols *symbols;
    int32_t lets; /* how many lets stand above this text and may be used by name */
    bool calls;   /* infix operators as functions, where they have a name as such */
} printer;

static void print(printer *p, int32_t index, int binding);

static const char *let_name(const printer *p, int32_t index) {
    for (int32_t i = 0; i < p->lets; i++)
        if (p->expr->lets[i].node == index)
            return p->expr->lets[i].name;
    return NULL;
}

static void print_number(printer *p, const l2osr__node *node) {
    char digits[L2OSR__NUMBER_SIZE];
    l2osr__text_add(p->text, node->tunable ? "~" : "");
    for (int32_t i = 0; i < l2osr__node_values(node); i++) {
        l2osr__format_double(digits, sizeof digits,
                             l2osr__node_value(node, p->expr->values, (size_t)i));
        l2osr__text_add(p->text, "%s%s", node->b <= 0 ? "" : i == 0 ? "{" : ", ", digits);
    }
    l2osr__text_add(p->text, node->b > 0 ? "}" : "");
}

static void print_infix(printer *p, const l2osr__node *node) {
    const l2osr__op *op = &l2osr__ops[node->op];
    /* '^' groups to the right and takes a prefix on its right; the others group to the left */
    bool power = node->op == L2OSR__OP_POWER;
    print(p, node->a, power ? op->binding + 1 : op->binding);
    l2osr__text_add(p->text, power ? "%s" : " %s ", op->name);
    print(p, node->b, power ? L2OSR__BIND_PREFIX : op->binding + 1);
}

static bool is_call(const printer *p, const l2osr__op *op) {
    return op->binding == L2OSR__BIND_CALL || (p->calls && op->alias);
}

static void print_call(printer *p, const l2osr__node *node) {
    const l2osr__op *op = &l2osr__ops[node->op];
    const char *name = p->calls && op->alias ? op->alias : op->name;
    if (l2osr__op_is_call(node->op))
        name = p->symbols->functions[node->lag].name;
    l2osr__text_add(p->text, "%s(", name);
    print(p, node->a, 0);
    if (op->arity == 2) {
        l2osr__text_add(p->text, ", ");
        print(p, node->b, 0);
    }
    l2osr__text_add(p->text, ")");
}

/* Read again, `of` is one node again. */
static void print_window(printer *p, int32_t of, int steps) {
    l2osr__text_add(p->text, L2OSR__WSUM "(");
    print(p, of, 0);
    l2osr__text_add(p->text, ", %d)", steps);
}

static void print_schedule(printer *p, int32_t index, int32_t knots) {
    l2osr__text_add(p->text, "%s(", l2osr__shape_names[l2osr__schedule_shape(p->expr, index)]);
    for (int32_t i = 0; i <= knots; i++) {
        if (i > 0)
            l2osr__text_add(p->text, ", %d, ", l2osr__schedule_time(p->expr, index, i));
        print(p, l2osr__schedule_value(p->expr, index, i), 0);
    }
    l2osr__text_add(p->text, ")");
}

static void print_neg(printer *p, const l2osr__node *node) {
    /* without parentheses a sign before a number would become part of the number */
    const l2osr__node *operand = &p->expr->nodes[node->a];
    bool number = operand->op == L2OSR__OP_CONST && operand->b <= 0 && !let_name(p, node->a);
    l2osr__text_add(p->text, "-");
    print(p, node->a, number ? L2OSR__BIND_CALL + 1 : L2OSR__BIND_PREFIX);
}

/* How tightly the text of a node holds together. */
static int binding_of(const printer *p, const l2osr__node *node) {
    const l2osr__op *op = &l2osr__ops[node->op];
    if (node->op == L2OSR__OP_CONST && signbit(node->value) && !node->tunable && node->b <= 0)
        return L2OSR__BIND_PREFIX;
    return is_call(p, op) ? L2OSR__BIND_CALL : op->binding;
}

static void print(printer *p, int32_t index, int binding) {
    const l2osr__node *node = &p->expr->nodes[index];
    const char *name = let_name(p, index);
    int32_t of;
    if (name) {
        l2osr__text_add(p->text, "%s", name);
        return;
    }
    const int32_t knots = l2osr__schedule_knots(p->expr, index);
    if (knots > 0) {
        print_schedule(p, index, knots);
        return;
    }
    const int steps = l2osr__expr_window(p->expr, index, &of);
    if (steps > 0 && !let_name(p, of)) {
        print_window(p, of, steps);
        return;
    }
    bool parentheses = binding_of(p, node) < binding;
    l2osr__text_add(p->text, "%s", parentheses ? "(" : "");
    if (node->op == L2OSR__OP_CONST) {
        print_number(p, node);
    } else if (node->op == L2OSR__OP_VAR) {
        l2osr__text_add(p->text, "%s", p->symbols->names[node->a]);
    } else if (node->op == L2OSR__OP_LAG) {
        print(p, node->a, L2OSR__BIND_CALL);
        l2osr__text_add(p->text, "[%d]", node->lag);
    } else if (is_call(p, &l2osr__ops[node->op])) {
        print_call(p, node);
    } else if (node->op == L2OSR__OP_NEG) {
        print_neg(p, node);
    } else {
        print_infix(p, node);
    }
    l2osr__text_add(p->text, "%s", parentheses ? ")" : "");
}

void l2osr__print_node(l2osr__text *text, const l2osr__expr *expr, int32_t root,
                       const l2osr__symbols *symbols) {
    printer p = {text, expr, symbols, expr->let_count, false};
    print(&p, root, 0);
}

void l2osr__print_calls(l2osr__text *text, const l2osr__expr *expr, int32_t root,
                        const l2osr__symbols *symbols) {
    printer p = {text, expr, symbols, expr->let_count, true};
    print(&p, root, 0);
}

static void print_default(l2osr__text *text, const char *name, double value) {
    char digits[L2OSR__NUMBER_SIZE];
    if (isnan(value))
        return;
    l2osr__format_double(digits, sizeof digits, value);
    l2osr__text_add(text, "default %s = %s\n", name, digits);
}

void l2osr__print_let(l2osr__text *text, const l2osr__expr *expr, int32_t index,
                      const l2osr__symbols *symbols) {
    printer p = {text, expr, symbols, index, false};
    l2osr__text_add(text, "let %s = ", expr->lets[index].name);
    print(&p, expr->lets[index].node, 0);
    l2osr__text_add(text, "\n");
}

void l2osr__print_rule(l2osr__text *text, const l2osr__expr *expr, const l2osr__rule_header *header,
                       const l2osr__symbols *symbols) {
    l2osr__text_add(text, "l2osr-rule 1\n");
    for (int32_t i = 0; i < expr->let_count; i++)
        l2osr__print_let(text, expr, i, symbols);
    print_default(text, "lr", header->default_lr);
    print_default(text, "wd", header->default_wd);
    if (expr->root >= 0) {
        l2osr__text_add(text, "update = ");
        l2osr__print_node(text, expr, expr->root, symbols);
        l2osr__text_add(text, "\n");
    }
}
