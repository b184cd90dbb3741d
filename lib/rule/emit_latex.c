/* SPDX-License-Identifier: MIT */
#include "rule/emit.h"

/* A line a let, then the update. */
l2osr_status l2osr__emit_latex(const l2osr__emitter *e) {
    const l2osr__expr *expr = &e->rule->expr;
    l2osr__text_add(e->text, "\\begin{aligned}\n");
    for (int32_t i = 0; i < expr->let_count; i++) {
        l2osr__print_latex_let(e->text, expr, &expr->lets[i], &l2osr__rule_symbols);
        l2osr__text_add(e->text, " \\\\\n");
    }
    l2osr__text_add(e->text, "\\Delta x &= ");
    l2osr__print_latex(e->text, expr, expr->root, &l2osr__rule_symbols);
    l2osr__text_add(e->text, "\n\\end{aligned}\n");
    return L2OSR_OK;
}
