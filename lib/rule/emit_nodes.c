/* SPDX-License-Identifier: MIT */
/* Names, numbers and passes of the texts that rules are written as. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "rule/emit.h"

void l2osr__emit_number(char out[L2OSR__OPERAND_SIZE], const l2osr__number_style *style,
                        double value) {
    char digits[L2OSR__NUMBER_SIZE];
    l2osr__format_double(digits, sizeof digits, fabs(value));
    const bool whole = strspn(digits, "0123456789") == strlen(digits);
    const char *text = isnan(value) ? "" : isinf(value) ? style->infinite : digits;
    if (isnan(value))
        snprintf(out, L2OSR__OPERAND_SIZE, "(%s - %s)", style->infinite, style->infinite);
    else
        snprintf(out, L2OSR__OPERAND_SIZE, signbit(value) ? "(-%s%s)" : "%s%s", text,
                 whole && style->point ? ".0" : "");
}

static const l2osr__let *let_of(const l2osr__expr *expr, int32_t node) {
    for (int32_t i = 0; i < expr->let_count; i++)
        if (expr->lets[i].node == node)
            return &expr->lets[i];
    return NULL;
}

bool l2osr__emit_named(const l2osr__expr *expr, int32_t node) {
    return let_of(expr, node) != NULL;
}

bool l2osr__emit_literal(const l2osr__expr *expr, int32_t node) {
    const l2osr__node *n = &expr->nodes[node];
    return n->op == L2OSR__OP_CONST && n->b <= 0 && !l2osr__emit_named(expr, node);
}

/* No language has words that end with an underscore, and no other name here does. */
void l2osr__emit_name(const l2osr__expr *expr, int32_t node, char out[L2OSR__OPERAND_SIZE]) {
    const l2osr__let *let = let_of(expr, node);
    const l2osr__node *n = &expr->nodes[node];
    if (n->op == L2OSR__OP_VAR)
        snprintf(out, L2OSR__OPERAND_SIZE, "%s", l2osr__rule_symbols.names[n->a]);
    else if (let)
        snprintf(out, L2OSR__OPERAND_SIZE, "%s_", let->name);
    else
        snprintf(out, L2OSR__OPERAND_SIZE, "v%d", (int)node);
}

void l2osr__emit_values(l2osr__text *text, const l2osr__expr *expr, int32_t node,
                        const l2osr__number_style *style) {
    char digits[L2OSR__OPERAND_SIZE];
    for (int32_t i = 0; i < l2osr__node_values(&expr->nodes[node]); i++) {
        l2osr__emit_number(digits, style,
                           l2osr__node_value(&expr->nodes[node], expr->values, (size_t)i));
        l2osr__text_add(text, i > 0 ? ", %s" : "%s", digits);
    }
}

void l2osr__emit_turn(const l2osr__program *program, int32_t node, int32_t lag, const char *cast,
                      char *out, size_t size) {
    const l2osr__slot *slot = &program->slots[node];
    const int first = (int)slot->ring_plane, ring = (int)slot->ring;
    const int ahead = (ring - lag % ring) % ring;
    if (ring == 1)
        snprintf(out, size, "%d", first);
    else if (ahead == 0)
        snprintf(out, size, "(%d + %s(step %% %d))", first, cast, ring);
    else
        snprintf(out, size, "(%d + %s((step + %d) %% %d))", first, cast, ahead, ring);
}

void l2osr__emit_rule_text(const l2osr__emitter *e, const char *margin) {
    for (const char *line = e->rule->text; *line;) {
        const size_t length = strcspn(line, "\n");
        l2osr__text_add(e->text, "%s%.*s\n", margin, (int)length, line);
        line += length + (line[length] == '\n');
    }
}

static void note_pass(l2osr__emit_pass *pass, const l2osr__code *code,
                      const l2osr__code_goal *goal) {
    const l2osr__program *p = code->program;
    for (int32_t i = 0; i < goal->n_roots; i++)
        pass->used[goal->roots[i]] = 1;
    for (int32_t i = 0; i < p->count && goal->pass == p->passes; i++)
        if (p->slots[i].ring > 0 && l2osr__program_ring_in_planes(p, i))
            pass->used[i] = 1;
    for (int32_t k = 0; k < code->count; k++) {
        const int32_t out = code->list[k].out;
        if (code->list[k].kind == L2OSR__RUN_FILL)
            continue;
        pass->computed[out] = 1;
        pass->used[p->nodes[out].a] = 1;
        if (l2osr__program_arity(p, out) == 2)
            pass->used[p->nodes[out].b] = 1;
    }
}

/* By way of the code that runs: which pass computes what is decided there. */
l2osr_status l2osr__emit_passes(const l2osr_rule *rule, l2osr__emit_pass *passes) {
    const l2osr__program *p = &rule->program;
    int32_t roots[L2OSR__MAX_NODES];
    uint8_t done[L2OSR__MAX_NODES] = {0};
    l2osr__code code;
    l2osr_status status = l2osr__code_init(&code, rule->ctx, p->count);
    for (int32_t pass = 0; pass <= p->passes && status == L2OSR_OK; pass++) {
        const l2osr__code_goal goal = {
            .roots = roots, .n_roots = l2osr__rule_roots(rule, pass, roots), .pass = pass};
        l2osr__code_build(&code, p, &goal, done);
        memset(&passes[pass], 0, sizeof passes[pass]);
        note_pass(&passes[pass], &code, &goal);
    }
    l2osr__code_clear(&code, rule->ctx);
    return status;
}
