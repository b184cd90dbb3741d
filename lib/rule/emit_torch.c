/* SPDX-License-Identifier: MIT */
/* The form that runs, as a PyTorch optimizer. Numbers of the step are tensors of no dimension in
 * f64: they take part in arithmetic without changing its precision. */
#include <stdio.h>
#include <string.h>

#include "rule/emit.h"

static const char head[] = "\"\"\"\n"
                           "import torch\n"
                           "\n"
                           "\n"
                           "def _number(value):\n"
                           "    return torch.tensor(value, dtype=torch.float64)\n"
                           "\n"
                           "\n";

static const char class_begin[] =
    "class %1$s(torch.optim.Optimizer):\n"
    "    \"\"\"Each tensor is a group of its own: reductions are over its entries, and per-group "
    "constants\n"
    "    are chosen by its place among all parameters, from 0.\"\"\"\n"
    "\n";

static const char class_step[] =
    "    @torch.no_grad()\n"
    "    def step(self, closure=None):\n"
    "        loss = None\n"
    "        if closure is not None:\n"
    "            with torch.enable_grad():\n"
    "                loss = closure()\n"
    "        group = 0\n"
    "        for options in self.param_groups:\n"
    "            for x in options['params']:\n"
    "                if x.grad is not None:\n"
    "                    self._move(x, x.grad, self.state[x], options, group)\n"
    "                group += 1\n"
    "        return loss\n"
    "\n"
    "    @staticmethod\n"
    "    def _move(x, g, state, options, group):\n"
    "        if g.is_sparse:\n"
    "            raise RuntimeError('%1$s needs dense gradients: make the layer with "
    "sparse=False')\n"
    "        if not state:\n"
    "            state['step'] = 0\n"
    "            state['planes'] = [torch.zeros_like(x) for _ in range(%2$s)]\n"
    "            state['cells'] = [0.0] * %3$s\n"
    "        state['step'] += 1\n"
    "        step, planes, cells = state['step'], state['planes'], state['cells']\n";

static const l2osr__number_style style = {"float('inf')", true};

typedef struct writer {
    const l2osr__emitter *e;
    const l2osr__program *program;
    const l2osr__expr *form;
} writer;

static bool is_scalar(const writer *w, int32_t node) {
    return w->program->slots[node].class == L2OSR__CLASS_SCALAR;
}

/* A bare number will do beside a tensor, but not where a function is called. */
static void operand(const writer *w, int32_t node, bool bare, char out[L2OSR__OPERAND_SIZE]) {
    char number[L2OSR__OPERAND_SIZE];
    l2osr__emit_name(w->form, node, out);
    if (!l2osr__emit_literal(w->form, node))
        return;
    l2osr__emit_number(number, &style, w->form->nodes[node].value);
    snprintf(out, L2OSR__OPERAND_SIZE, bare ? "%.64s" : "_number(%.64s)", number);
}

/* Where a memory or the past of a node is. */
static void place_of(const writer *w, int32_t node, char *out, size_t size) {
    const l2osr__slot *slot = &w->program->slots[node];
    const char *array = is_scalar(w, node) ? "cells" : "planes";
    snprintf(out, size, "%s[%d]", array, (int)slot->plane);
}

static void place_of_past(const writer *w, int32_t node, int32_t lag, char *out, size_t size) {
    char turn[64];
    l2osr__emit_turn(w->program, node, lag, "", turn, sizeof turn);
    snprintf(out, size,
             l2osr__program_ring_in_planes(w->program, node) ? "planes[%s]" : "cells[%s]", turn);
}

static void write_value(const writer *w, int32_t node) {
    const l2osr__node *n = &w->form->nodes[node];
    const l2osr__op *op = &l2osr__ops[w->program->slots[node].op];
    const int arity = l2osr__program_arity(w->program, node);
    const bool infix = arity == 2 && op->binding < L2OSR__BIND_CALL;
    char a[L2OSR__OPERAND_SIZE], b[L2OSR__OPERAND_SIZE] = "", place[80], kept[96] = "";
    operand(w, n->a, infix && !l2osr__emit_literal(w->form, n->b), a);
    if (arity == 2)
        operand(w, n->b, infix || op->kind == L2OSR__KIND_MEMORY, b);
    if (op->kind == L2OSR__KIND_MEMORY) {
        place_of(w, node, place, sizeof place);
        snprintf(kept, sizeof kept, is_scalar(w, node) ? "_number(%s)" : "%s", place);
    }
    if (op->kind == L2OSR__KIND_REDUCE && n->op == L2OSR__OP_NORM && is_scalar(w, n->a))
        l2osr__text_add(w->e->text, "torch.abs(%s) * x.numel()**0.5", a);
    else
        l2osr__template_fill(w->e->text, op->torch, &(l2osr__filling){.operands = {a, b, kept}});
}

static void write_constant(const writer *w, int32_t node) {
    const int32_t values = l2osr__node_values(&w->form->nodes[node]);
    l2osr__text_add(w->e->text, values > 1 ? "_number((" : "_number(");
    l2osr__emit_values(w->e->text, w->form, node, &style);
    if (values > 1)
        l2osr__text_add(w->e->text, ")[min(group, %d)]", (int)values - 1);
    l2osr__text_add(w->e->text, ")");
}

static void write_input(const writer *w, int32_t node) {
    static const char *const values[L2OSR__INPUT_COUNT] = {
        [L2OSR__INPUT_T] = "step",
        [L2OSR__INPUT_LR] = "options['lr']",
        [L2OSR__INPUT_WD] = "options['weight_decay']",
    };
    const int32_t input = w->form->nodes[node].a;
    if (values[input])
        l2osr__text_add(w->e->text, "        %s = _number(float(%s))\n",
                        l2osr__rule_symbols.names[input], values[input]);
}

static void write_statement(const writer *w, int32_t node) {
    const l2osr__node *n = &w->form->nodes[node];
    char name[L2OSR__OPERAND_SIZE], place[80];
    if (n->op == L2OSR__OP_VAR) {
        write_input(w, node);
        return;
    }
    if (l2osr__emit_literal(w->form, node))
        return;
    l2osr__emit_name(w->form, node, name);
    l2osr__text_add(w->e->text, "        %s = ", name);
    if (n->op == L2OSR__OP_CONST) {
        write_constant(w, node);
    } else if (n->op == L2OSR__OP_LAG) {
        if (w->program->slots[node].previous)
            place_of(w, w->program->slots[node].source, place, sizeof place);
        else
            place_of_past(w, w->program->slots[node].source, n->lag, place, sizeof place);
        l2osr__text_add(w->e->text, is_scalar(w, node) ? "_number(%s)" : "%s", place);
    } else {
        write_value(w, node);
    }
    l2osr__text_add(w->e->text, "\n");
    if (l2osr__ops[n->op].kind == L2OSR__KIND_MEMORY) {
        place_of(w, node, place, sizeof place);
        l2osr__text_add(w->e->text,
                        is_scalar(w, node) ? "        %s = %s.item()\n" : "        %s = %s\n",
                        place, name);
    }
}

/* Planes are replaced, never written into: whoever still reads the old one may. */
static void write_past(const writer *w, int32_t node) {
    char value[L2OSR__OPERAND_SIZE], place[80];
    operand(w, node, false, value);
    place_of_past(w, node, 0, place, sizeof place);
    l2osr__text_add(w->e->text, "        %s = ", place);
    if (!l2osr__program_ring_in_planes(w->program, node))
        l2osr__text_add(w->e->text, "%s.item()\n", value);
    else
        l2osr__text_add(w->e->text,
                        is_scalar(w, node) ? "torch.zeros_like(x) + %s\n" : "%s.clone()\n", value);
}

/* Lags first, as what was one step ago may be where a memory is about to be. */
static void write_move(const writer *w) {
    const l2osr__program *p = w->program;
    char update[L2OSR__OPERAND_SIZE];
    for (int32_t i = 0; i < p->count; i++)
        if (p->slots[i].class == L2OSR__CLASS_LAG)
            write_statement(w, i);
    for (int32_t i = 0; i < p->count; i++)
        if (p->slots[i].class != L2OSR__CLASS_LAG && p->slots[i].class != L2OSR__CLASS_UNUSED)
            write_statement(w, i);
    for (int32_t i = 0; i < w->program->count; i++)
        if (w->program->slots[i].ring > 0)
            write_past(w, i);
    operand(w, w->form->root, true, update);
    l2osr__text_add(w->e->text, "        x.add_(%s)\n", update);
}

static bool reads(const writer *w, int32_t input) {
    for (int32_t i = 0; i < w->form->count; i++)
        if (w->form->nodes[i].op == L2OSR__OP_VAR && w->form->nodes[i].a == input)
            return true;
    return false;
}

static void write_constructor(const writer *w) {
    char lr[L2OSR__OPERAND_SIZE], wd[L2OSR__OPERAND_SIZE];
    const bool decays = reads(w, L2OSR__INPUT_WD);
    l2osr__emit_number(lr, &style, l2osr_rule_default_lr(w->e->rule));
    l2osr__emit_number(wd, &style, l2osr_rule_default_wd(w->e->rule));
    l2osr__text_add(w->e->text, "    def __init__(self, params, lr=%s", lr);
    if (decays)
        l2osr__text_add(w->e->text, ", weight_decay=%s", wd);
    l2osr__text_add(w->e->text, "):\n        super().__init__(params, {'lr': lr%s})\n\n",
                    decays ? ", 'weight_decay': weight_decay" : "");
}

static bool uses_type(const writer *w) {
    for (int32_t i = 0; i < w->program->count; i++)
        if (w->form->nodes[i].op == L2OSR__OP_GREATER)
            return true;
    return false;
}

/* The words of Python that begin with a capital. */
static bool is_reserved(const char *name) {
    return strcmp(name, "None") == 0 || strcmp(name, "True") == 0 || strcmp(name, "False") == 0;
}

l2osr_status l2osr__emit_torch(const l2osr__emitter *e) {
    const writer w = {e, &e->rule->program, &e->rule->form};
    const char first = e->name[0];
    char planes[16], cells[16], *name;
    l2osr__text class_name = {.ctx = e->rule->ctx};
    l2osr__text_add(&class_name, "%c%s", first >= 'a' && first <= 'z' ? first - 'a' + 'A' : first,
                    e->name + 1);
    L2OSR__TRY(l2osr__text_take(&class_name, &name));
    if (is_reserved(name)) {
        l2osr__free(e->rule->ctx, name);
        return l2osr__fail(e->rule->ctx, L2OSR_EINVAL,
                           "emit: a class of Python cannot be called like '%s'", e->name);
    }
    snprintf(planes, sizeof planes, "%d", (int)w.program->planes);
    snprintf(cells, sizeof cells, "%d", (int)w.program->cells);
    const l2osr__filling filling = {.operands = {name, planes, cells}};
    l2osr__text_add(e->text, "\"\"\"An update rule, written by l2osr:\n\n");
    l2osr__emit_rule_text(e, "    ");
    l2osr__text_add(e->text, "%s", head);
    l2osr__template_fill(e->text, class_begin, &filling);
    write_constructor(&w);
    l2osr__template_fill(e->text, class_step, &filling);
    if (uses_type(&w))
        l2osr__text_add(e->text, "        dtype = x.dtype\n");
    write_move(&w);
    l2osr__free(e->rule->ctx, name);
    return L2OSR_OK;
}
