/* SPDX-License-Identifier: MIT */
/* The function that takes a step, for C and CUDA: numbers of the step, and calls of the passes. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "rule/emit_loops.h"

static bool reads(const l2osr__loops *w, int32_t input) {
    for (int32_t i = 0; i < w->program->count; i++)
        if (w->program->slots[i].class != L2OSR__CLASS_UNUSED &&
            w->form->nodes[i].op == L2OSR__OP_VAR && w->form->nodes[i].a == input)
            return true;
    return false;
}

static bool has_groups(const l2osr__loops *w) {
    for (int32_t k = 0; k < w->program->scalar_count; k++)
        if (w->form->nodes[w->program->scalars[k]].op == L2OSR__OP_CONST &&
            w->form->nodes[w->program->scalars[k]].b > 0)
            return true;
    return false;
}

/* A ring of one place needs no step to find it. */
static bool has_rings(const l2osr__loops *w) {
    for (int32_t i = 0; i < w->program->count; i++)
        if (w->program->slots[i].ring > 1)
            return true;
    return false;
}

/* ---- numbers of the step ---- */

static void cell_of_ring(const l2osr__loops *w, int32_t node, int32_t lag, char *out, size_t size) {
    char turn[64];
    l2osr__emit_turn(w->program, node, lag, "(size_t)", turn, sizeof turn);
    snprintf(out, size, "cells[%s]", turn);
}

static void constant(const l2osr__loops *w, int32_t node, const char *name) {
    static const l2osr__number_style style = {"HUGE_VAL", true};
    const int32_t values = l2osr__node_values(&w->form->nodes[node]);
    if (w->form->nodes[node].b <= 0) {
        l2osr__text_add(w->e->text, "    const double %s = ", name);
        l2osr__emit_values(w->e->text, w->form, node, &style);
        l2osr__text_add(w->e->text, ";\n");
        return;
    }
    l2osr__text_add(w->e->text, "    static const double list%d[%d] = {", (int)node, (int)values);
    l2osr__emit_values(w->e->text, w->form, node, &style);
    l2osr__text_add(w->e->text, "};\n    const double %s = list%d[group < %d ? group : %d];\n",
                    name, (int)node, (int)values, (int)values - 1);
}

/* Of a sum, or of a number as if every parameter had it; 0 of no parameters. */
static void reduction(const l2osr__loops *w, int32_t node, const char *name) {
    const l2osr__opcode op = (l2osr__opcode)w->form->nodes[node].op;
    const int32_t number = w->program->slots[node].reduction;
    char sum[32], a[L2OSR__OPERAND_SIZE];
    l2osr__text_add(w->e->text, "    const double %s = n == 0 ? 0 : ", name);
    l2osr__loops_operand(w, w->form->nodes[node].a, false, a);
    snprintf(sum, sizeof sum, "sums[%d]", (int)number);
    if (number >= 0)
        l2osr__template_fill(w->e->text, l2osr__ops[op].c,
                             &(l2osr__filling){.operands = {sum, "(double)n"}});
    else if (op == L2OSR__OP_MEAN)
        l2osr__text_add(w->e->text, "%s", a);
    else
        l2osr__text_add(w->e->text, op == L2OSR__OP_RMS ? "fabs(%s)" : "fabs(%s) * sqrt((double)n)",
                        a);
    l2osr__text_add(w->e->text, ";\n");
}

static void number(const l2osr__loops *w, int32_t node) {
    const l2osr__node *n = &w->form->nodes[node];
    char name[L2OSR__OPERAND_SIZE], place[80];
    l2osr__emit_name(w->form, node, name);
    if (n->op == L2OSR__OP_VAR || l2osr__emit_literal(w->form, node))
        return;
    if (n->op == L2OSR__OP_CONST) {
        constant(w, node, name);
    } else if (n->op == L2OSR__OP_LAG) {
        cell_of_ring(w, n->a, n->lag, place, sizeof place);
        l2osr__text_add(w->e->text, "    const double %s = %s;\n", name, place);
    } else if (l2osr__ops[n->op].kind == L2OSR__KIND_REDUCE) {
        reduction(w, node, name);
    } else {
        const bool memory = l2osr__ops[n->op].kind == L2OSR__KIND_MEMORY;
        snprintf(place, sizeof place, "cells[%d]", (int)w->program->slots[node].plane);
        l2osr__text_add(w->e->text, "    ");
        l2osr__loops_statement(w, node, false, memory ? place : NULL, true);
        l2osr__text_add(w->e->text, "\n");
    }
}

static void numbers(const l2osr__loops *w, int32_t level) {
    for (int32_t k = 0; k < w->program->scalar_count; k++)
        if (w->program->slots[w->program->scalars[k]].level == level)
            number(w, w->program->scalars[k]);
}

static void remember(const l2osr__loops *w) {
    const l2osr__program *p = w->program;
    char value[L2OSR__OPERAND_SIZE], place[80];
    for (int32_t k = 0; k < p->scalar_count; k++) {
        const int32_t i = p->scalars[k];
        if (p->slots[i].ring == 0 || l2osr__program_ring_in_planes(p, i))
            continue;
        l2osr__loops_operand(w, i, false, value);
        cell_of_ring(w, i, 0, place, sizeof place);
        l2osr__text_add(w->e->text, "    %s = %s;\n", place, value);
    }
}

/* ---- the function ---- */

/* A negative step size or weight decay means that of the rule. */
static void defaults(const l2osr__loops *w, int32_t input, double value) {
    static const l2osr__number_style style = {"HUGE_VAL", true};
    const char *name = l2osr__rule_symbols.names[input];
    char digits[L2OSR__OPERAND_SIZE];
    l2osr__emit_number(digits, &style, value);
    if (reads(w, input))
        l2osr__text_add(w->e->text, "    %s = %s < 0 ? %s : %s;\n", name, name, digits, name);
    else
        l2osr__text_add(w->e->text, "    (void)%s;\n", name);
}

static void begin(const l2osr__loops *w) {
    const l2osr__dialect *d = w->dialect;
    const l2osr__program *p = w->program;
    l2osr__loops_fill(w, d->step, NULL, NULL, NULL);
    if (has_groups(w))
        l2osr__loops_fill(w, d->group, NULL, NULL, NULL);
    if (p->cells > 0)
        l2osr__loops_fill(w, d->cells, NULL, NULL, NULL);
    if (p->planes > 0)
        l2osr__loops_fill(w, d->planes, w->header, w->reductions, NULL);
    if (p->reduction_count > 0)
        l2osr__text_add(w->e->text, "    double sums[%s];\n", w->reductions);
    l2osr__loops_fill(w, d->count, NULL, NULL, NULL);
    if (reads(w, L2OSR__INPUT_T))
        l2osr__text_add(w->e->text, "    const double t = (double)step;\n");
    else if (!has_rings(w))
        l2osr__text_add(w->e->text, "    (void)step;\n");
    if (!reads(w, L2OSR__INPUT_G))
        l2osr__text_add(w->e->text, "    (void)g;\n");
    defaults(w, L2OSR__INPUT_LR, l2osr_rule_default_lr(w->e->rule));
    defaults(w, L2OSR__INPUT_WD, l2osr_rule_default_wd(w->e->rule));
}

static void call(const l2osr__loops *w, int32_t pass) {
    const bool adds = pass < w->program->passes;
    char word[24] = "move";
    if (adds)
        snprintf(word, sizeof word, "sum%d", (int)pass);
    l2osr__loops_fill(w, w->dialect->call[0], word, NULL, NULL);
    l2osr__loops_parameters(w, pass, true);
    l2osr__text_add(w->e->text, ");\n");
    if (adds)
        l2osr__loops_fill(w, w->dialect->call[1], w->reductions, NULL, NULL);
}

void l2osr__loops_step(const l2osr__loops *w) {
    begin(w);
    for (int32_t pass = 0; pass <= w->program->passes; pass++) {
        numbers(w, pass);
        call(w, pass);
    }
    remember(w);
    l2osr__loops_fill(w, w->dialect->step_end, NULL, NULL, NULL);
}

/* ---- the file ---- */

static void write_all(const l2osr__loops *w) {
    const l2osr__dialect *d = w->dialect;
    l2osr__text_add(w->e->text, "/*\n * An update rule, written by l2osr:\n *\n");
    l2osr__emit_rule_text(w->e, " *     ");
    l2osr__loops_fill(w, d->file, w->cells, w->reductions, NULL);
    if (w->program->reduction_count > 0)
        l2osr__loops_fill(w, d->sum, NULL, NULL, NULL);
    for (int32_t pass = 0; pass <= w->program->passes; pass++)
        l2osr__loops_pass(w, pass);
    l2osr__loops_fill(w, d->setup, w->header, w->planes, w->reductions);
    l2osr__loops_step(w);
}

/* The state of C begins with the step, the group and the cells, and then a whole cache line. */
static void measure(l2osr__loops *w) {
    const l2osr__program *p = w->program;
    snprintf(w->header, sizeof w->header, "%d", (int)((2 + p->cells) * 8 + 63) / 64 * 64);
    snprintf(w->planes, sizeof w->planes, "%d", (int)p->planes);
    snprintf(w->cells, sizeof w->cells, "%d", (int)p->cells + 1);
    snprintf(w->reductions, sizeof w->reductions, "%d", (int)p->reduction_count);
}

l2osr_status l2osr__loops_write(const l2osr__emitter *e, const l2osr__dialect *dialect) {
    l2osr__loops w = {.e = e,
                      .dialect = dialect,
                      .program = &e->rule->program,
                      .form = &e->rule->form,
                      .real = e->wide ? "double" : "float"};
    l2osr_context *ctx = e->rule->ctx;
    L2OSR__TRY(l2osr__alloc_to(ctx, &w.passes, (size_t)w.program->passes + 1, sizeof *w.passes));
    const l2osr_status status = l2osr__emit_passes(e->rule, w.passes);
    measure(&w);
    if (status == L2OSR_OK)
        write_all(&w);
    l2osr__free(ctx, w.passes);
    return status;
}
