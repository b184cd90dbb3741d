/* SPDX-License-Identifier: MIT */
/* Functions over the parameters, for C and CUDA. */
#include "rule/emit_loops.h"

#include <stdio.h>
#include <string.h>

void l2osr__loops_fill(const l2osr__loops *w, const char *template, const char *a, const char *b,
                       const char *c) {
    l2osr__template_fill(w->e->text, template,
                         &(l2osr__filling){.operands = {w->e->name, a, b, c}, .real = w->real});
}

/* ---- operands and statements ---- */

void l2osr__loops_operand(const l2osr__loops *w, int32_t node, bool in_loop,
                          char out[L2OSR__OPERAND_SIZE]) {
    static const l2osr__number_style style = {"HUGE_VAL", true};
    char number[L2OSR__OPERAND_SIZE];
    l2osr__emit_name(w->form, node, out);
    if (l2osr__emit_literal(w->form, node)) {
        /* rounded to f64 first, as numbers of the step are */
        l2osr__emit_number(number, &style, w->form->nodes[node].value);
        snprintf(out, L2OSR__OPERAND_SIZE, in_loop && !w->e->wide ? "(float)%.48s" : "%.48s",
                 number);
    } else if (in_loop && w->program->slots[node].class == L2OSR__CLASS_INPUT) {
        strcat(out, "[i]");
    }
}

void l2osr__loops_statement(const l2osr__loops *w, int32_t node, bool in_loop, const char *kept,
                            bool named) {
    const l2osr__node *n = &w->form->nodes[node];
    const int arity = l2osr__program_arity(w->program, node);
    const char *real = in_loop ? w->real : "double";
    char name[L2OSR__OPERAND_SIZE], a[L2OSR__OPERAND_SIZE], b[L2OSR__OPERAND_SIZE] = "";
    l2osr__emit_name(w->form, node, name);
    l2osr__loops_operand(w, n->a, in_loop, a);
    if (arity == 2)
        l2osr__loops_operand(w, n->b, in_loop, b);
    if (named)
        l2osr__text_add(w->e->text, "const %s %s = ", real, name);
    if (kept)
        l2osr__text_add(w->e->text, "%s = ", kept);
    l2osr__template_fill(w->e->text, l2osr__ops[w->program->slots[node].op].c,
                         &(l2osr__filling){.operands = {a, b, kept},
                                           .suffix = in_loop && !w->e->wide ? "f" : "",
                                           .real = real});
    l2osr__text_add(w->e->text, ";");
}

/* ---- parameters ---- */

/* Whether a lag is read from a ring here, rather than from the plane of a memory. */
static bool reads_ring(const l2osr__program *p, const l2osr__emit_pass *pass, int32_t node) {
    return p->slots[node].class == L2OSR__CLASS_LAG && pass->used[node] && !p->slots[node].previous;
}

/* One pointer serves all lags of a value that read the same plane. */
static bool first_of_plane(const l2osr__loops *w, const l2osr__emit_pass *pass, int32_t lag) {
    const l2osr__program *p = w->program;
    const int32_t source = p->slots[lag].source, ring = p->slots[source].ring;
    for (int32_t i = 0; i < lag; i++)
        if (reads_ring(p, pass, i) && p->slots[i].source == source &&
            p->nodes[i].lag % ring == p->nodes[lag].lag % ring)
            return false;
    return true;
}

static bool is_kept(const l2osr__program *p, int32_t node) {
    return p->slots[node].ring > 0 && l2osr__program_ring_in_planes(p, node);
}

/* Long lists take several lines. */
static void separate(l2osr__text *text) {
    size_t column = 0;
    while (!text->failed && column < text->length && text->bytes[text->length - 1 - column] != '\n')
        column++;
    l2osr__text_add(text, column > 60 ? ",\n        " : ", ");
}

typedef struct parameter {
    const char *constant; /* "const " for what is only read */
    const char *name;     /* of a pointer */
    char value[L2OSR__OPERAND_SIZE];
} parameter;

static void pointer(const l2osr__loops *w, bool call, const parameter *p) {
    separate(w->e->text);
    if (call)
        l2osr__text_add(w->e->text, "%s", p->value);
    else
        l2osr__text_add(w->e->text, "%s%s *", p->constant, w->real);
    if (!call)
        l2osr__loops_fill(w, w->dialect->restricts, p->name, NULL, NULL);
}

static void input_parameter(const l2osr__loops *w, int32_t pass, bool call, int32_t input) {
    const bool moves = input == L2OSR__INPUT_X && pass == w->program->passes;
    bool used = moves;
    for (int32_t i = 0; i < w->program->count; i++)
        used |= w->passes[pass].used[i] && w->form->nodes[i].op == L2OSR__OP_VAR &&
                w->form->nodes[i].a == input;
    parameter p = {moves ? "" : "const ", l2osr__rule_symbols.names[input], ""};
    snprintf(p.value, sizeof p.value, "%s", p.name);
    if (used)
        pointer(w, call, &p);
}

static void memory_parameter(const l2osr__loops *w, int32_t pass, bool call, int32_t node) {
    char name[16];
    parameter p = {w->passes[pass].computed[node] ? "" : "const ", name, ""};
    snprintf(name, sizeof name, "s%d", (int)node);
    snprintf(p.value, sizeof p.value, "planes + %d * stride", (int)w->program->slots[node].plane);
    pointer(w, call, &p);
}

/* The plane of a ring that held or will hold the value of `lag` steps ago. */
static void ring_parameter(const l2osr__loops *w, bool call, int32_t node, int32_t lag,
                           const char *constant) {
    const l2osr__slot *slot = &w->program->slots[node];
    char name[32], turn[64];
    parameter p = {constant, name, ""};
    snprintf(name, sizeof name, "p%d_%d", (int)node, (int)(lag % slot->ring));
    l2osr__emit_turn(w->program, node, lag, "(size_t)", turn, sizeof turn);
    snprintf(p.value, sizeof p.value, "planes + %s * stride", turn);
    pointer(w, call, &p);
}

static void ring_parameters(const l2osr__loops *w, int32_t pass, bool call, int32_t node) {
    const l2osr__program *p = w->program;
    const bool last = pass == p->passes;
    const int32_t source = p->slots[node].source;
    if (reads_ring(p, &w->passes[pass], node) &&
        !(last && p->nodes[node].lag % p->slots[source].ring == 0) &&
        first_of_plane(w, &w->passes[pass], node))
        ring_parameter(w, call, source, p->nodes[node].lag, "const ");
    if (last && is_kept(p, node))
        ring_parameter(w, call, node, 0, "");
}

static void number_parameter(const l2osr__loops *w, bool call, int32_t node) {
    char name[L2OSR__OPERAND_SIZE];
    l2osr__emit_name(w->form, node, name);
    separate(w->e->text);
    if (!call)
        l2osr__text_add(w->e->text, "%s %s", w->real, name);
    else
        l2osr__text_add(w->e->text, w->e->wide ? "%s" : "(float)%s", name);
}

void l2osr__loops_parameters(const l2osr__loops *w, int32_t pass, bool call) {
    const l2osr__program *p = w->program;
    l2osr__text_add(w->e->text, call ? "n" : "size_t n");
    input_parameter(w, pass, call, L2OSR__INPUT_X);
    input_parameter(w, pass, call, L2OSR__INPUT_G);
    for (int32_t i = 0; i < p->count; i++)
        if (p->slots[i].class == L2OSR__CLASS_MEMORY &&
            (w->passes[pass].used[i] || w->passes[pass].computed[i]))
            memory_parameter(w, pass, call, i);
    for (int32_t i = 0; i < p->count; i++)
        ring_parameters(w, pass, call, i);
    for (int32_t i = 0; i < p->count; i++)
        if (p->slots[i].class == L2OSR__CLASS_SCALAR && w->passes[pass].used[i] &&
            !l2osr__emit_literal(w->form, i))
            number_parameter(w, call, i);
    if (pass < p->passes) {
        separate(w->e->text);
        l2osr__loops_fill(w, call ? w->dialect->sums : "double *sums", w->reductions, NULL, NULL);
    }
}

/* ---- bodies ---- */

/* Where a lag or a memory is. */
static void place_of(const l2osr__loops *w, int32_t node, char *out, size_t size) {
    const l2osr__slot *slot = &w->program->slots[node];
    if (slot->class == L2OSR__CLASS_MEMORY)
        snprintf(out, size, "s%d[i]", (int)node);
    else if (slot->previous)
        snprintf(out, size, "s%d[i]", (int)slot->source);
    else
        snprintf(out, size, "p%d_%d[i]", (int)slot->source,
                 w->form->nodes[node].lag % w->program->slots[slot->source].ring);
}

static void node_in_loop(const l2osr__loops *w, const l2osr__emit_pass *pass, int32_t node,
                         const char *margin) {
    const bool memory = w->program->slots[node].class == L2OSR__CLASS_MEMORY;
    char name[L2OSR__OPERAND_SIZE], place[32] = "";
    if (!pass->used[node] && !pass->computed[node])
        return;
    if (!pass->computed[node] || memory)
        place_of(w, node, place, sizeof place);
    l2osr__text_add(w->e->text, "%s", margin);
    if (pass->computed[node]) {
        l2osr__loops_statement(w, node, true, memory ? place : NULL, pass->used[node]);
    } else {
        l2osr__emit_name(w->form, node, name);
        l2osr__text_add(w->e->text, "const %s %s = %s;", w->real, name, place);
    }
    l2osr__text_add(w->e->text, "\n");
}

/* Lags first, as what was one step ago may be where a memory is about to be. */
static void nodes_in_loop(const l2osr__loops *w, const l2osr__emit_pass *pass, const char *margin) {
    const l2osr__program *p = w->program;
    for (int32_t i = 0; i < p->count; i++)
        if (p->slots[i].class == L2OSR__CLASS_LAG)
            node_in_loop(w, pass, i, margin);
    for (int32_t i = 0; i < p->count; i++)
        if (p->slots[i].class == L2OSR__CLASS_MEMORY || p->slots[i].class == L2OSR__CLASS_TEMP)
            node_in_loop(w, pass, i, margin);
}

/* What is kept first: the parameter is only read until the end. */
static void finish_move(const l2osr__loops *w, const char *margin) {
    char value[L2OSR__OPERAND_SIZE];
    for (int32_t i = 0; i < w->program->count; i++) {
        if (!is_kept(w->program, i))
            continue;
        l2osr__loops_operand(w, i, true, value);
        l2osr__text_add(w->e->text, "%sp%d_0[i] = %s;\n", margin, (int)i, value);
    }
    l2osr__loops_operand(w, w->form->root, true, value);
    l2osr__text_add(w->e->text, "%sx[i] += %s;\n", margin, value);
}

static void for_sums(const l2osr__loops *w, int32_t pass, const char *template) {
    const l2osr__program *p = w->program;
    char number[16], value[L2OSR__OPERAND_SIZE], term[2 * L2OSR__OPERAND_SIZE + 32];
    for (int32_t k = 0; k < p->reduction_count; k++) {
        const int32_t node = p->reductions[k];
        if (p->slots[node].level != pass + 1)
            continue;
        snprintf(number, sizeof number, "%d", (int)k);
        l2osr__loops_operand(w, p->nodes[node].a, true, value);
        if (p->nodes[node].op == L2OSR__OP_MEAN)
            snprintf(term, sizeof term, "(double)%s", value);
        else
            snprintf(term, sizeof term, "(double)%s * (double)%s", value, value);
        l2osr__loops_fill(w, template, number, term, NULL);
    }
}

void l2osr__loops_pass(const l2osr__loops *w, int32_t pass) {
    const l2osr__dialect *d = w->dialect;
    const bool adds = pass < w->program->passes;
    char word[24] = "move";
    if (adds)
        snprintf(word, sizeof word, "sum%d", (int)pass);
    l2osr__loops_fill(w, d->pass, word, NULL, NULL);
    l2osr__loops_parameters(w, pass, false);
    l2osr__text_add(w->e->text, ") {\n");
    for_sums(w, pass, d->sum_begin);
    l2osr__loops_fill(w, d->loop[adds], NULL, NULL, NULL);
    nodes_in_loop(w, &w->passes[pass], d->margin[adds]);
    for_sums(w, pass, d->sum_add);
    if (!adds)
        finish_move(w, d->margin[adds]);
    l2osr__text_add(w->e->text, "%s", d->end[adds]);
    for_sums(w, pass, d->sum_end);
    l2osr__text_add(w->e->text, "}\n\n");
}
