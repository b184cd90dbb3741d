/* SPDX-License-Identifier: MIT */
/* Expressions as trees of labels: what the printer writes, without brackets. */
#include <stdio.h>

#include "expr/schedule.h"

typedef struct walker {
    const l2osr__expr *expr;
    const l2osr__symbols *symbols;
    l2osr__visitor visit;
    void *user;
} walker;

static l2osr_status walk(const walker *w, int32_t index);

static l2osr_status show(const walker *w, const char *label, size_t operands) {
    const int value = w->visit(w->user, label, operands);
    return value == 0 ? L2OSR_OK
                      : l2osr__fail_callback(w->expr->ctx, value,
                                             "walk: the visitor of nodes returned %d at '%s'",
                                             value, label);
}

static l2osr_status show_leaf(const walker *w, int32_t index) {
    l2osr__text text = {.ctx = w->expr->ctx};
    char *label;
    l2osr__print_node(&text, w->expr, index, w->symbols);
    L2OSR__TRY(l2osr__text_take(&text, &label));
    const l2osr_status status = show(w, label, 0);
    l2osr__free(w->expr->ctx, label);
    return status;
}

static l2osr_status show_whole(const walker *w, const char *format, int32_t number,
                               size_t operands) {
    char label[16];
    snprintf(label, sizeof label, format, number);
    return show(w, label, operands);
}

static bool is_let(const l2osr__expr *expr, int32_t index) {
    for (int32_t i = 0; i < expr->let_count; i++)
        if (expr->lets[i].node == index)
            return true;
    return false;
}

static bool is_name(const l2osr__expr *expr, int32_t index) {
    return expr->nodes[index].op == L2OSR__OP_VAR || is_let(expr, index);
}

/* What is one word: a lag of a name is, too. */
static bool is_leaf(const l2osr__expr *expr, int32_t index) {
    const l2osr__node *node = &expr->nodes[index];
    return node->op == L2OSR__OP_CONST || is_name(expr, index) ||
           (node->op == L2OSR__OP_LAG && is_name(expr, node->a));
}

static l2osr_status walk_schedule(const walker *w, int32_t index, int32_t knots) {
    L2OSR__TRY(
        show(w, l2osr__shape_names[l2osr__schedule_shape(w->expr, index)], 2 * (size_t)knots + 1));
    for (int32_t i = 0; i <= knots; i++) {
        if (i > 0)
            L2OSR__TRY(show_whole(w, "%d", l2osr__schedule_time(w->expr, index, i), 0));
        L2OSR__TRY(walk(w, l2osr__schedule_value(w->expr, index, i)));
    }
    return L2OSR_OK;
}

static l2osr_status walk_window(const walker *w, int32_t of, int steps) {
    L2OSR__TRY(show(w, L2OSR__WSUM, 2));
    L2OSR__TRY(walk(w, of));
    return show_whole(w, "%d", steps, 0);
}

static l2osr_status walk_operator(const walker *w, const l2osr__node *node) {
    const l2osr__op *op = &l2osr__ops[node->op];
    if (node->op == L2OSR__OP_LAG)
        L2OSR__TRY(show_whole(w, "[%d]", node->lag, 1));
    else
        L2OSR__TRY(
            show(w, l2osr__op_is_call(node->op) ? w->symbols->functions[node->lag].name : op->name,
                 op->arity));
    L2OSR__TRY(walk(w, node->a));
    return op->arity == 2 ? walk(w, node->b) : L2OSR_OK;
}

static l2osr_status walk(const walker *w, int32_t index) {
    int32_t of;
    if (is_leaf(w->expr, index))
        return show_leaf(w, index);
    const int32_t knots = l2osr__schedule_knots(w->expr, index);
    if (knots > 0)
        return walk_schedule(w, index, knots);
    const int steps = l2osr__expr_window(w->expr, index, &of);
    if (steps > 0 && !is_let(w->expr, of))
        return walk_window(w, of, steps);
    return walk_operator(w, &w->expr->nodes[index]);
}

l2osr_status l2osr__walk_node(const l2osr__expr *expr, int32_t root, const l2osr__symbols *symbols,
                              l2osr__visitor visit, void *user) {
    return walk(&(walker){expr, symbols, visit, user}, root);
}
