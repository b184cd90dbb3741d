/* SPDX-License-Identifier: MIT */
/* From the expression as written to what runs. */
#include "rule/form.h"

#include <math.h>
#include <string.h>

#include "expr/rewrite.h"

/* Whole numbers are part of the shape of a formula (exponents, the 1 of 1 - b^t), not of its size.
 */
static bool is_structural(const l2osr__node *node) {
    return node->b <= 0 && node->value == floor(node->value);
}

void l2osr__rule_candidates(const l2osr__expr *expr, uint8_t *keep) {
    bool marked = false;
    for (int32_t i = 0; i < expr->count; i++)
        marked |= expr->nodes[i].op == L2OSR__OP_CONST && expr->nodes[i].tunable;
    for (int32_t i = 0; i < expr->count; i++) {
        const l2osr__node *node = &expr->nodes[i];
        keep[i] = node->op == L2OSR__OP_CONST && (marked ? node->tunable : !is_structural(node))
                      ? L2OSR__KEEP_CONSTANT
                      : 0;
    }
}

/* Appends x and x + update. */
static l2osr_status add_next(l2osr__expr *form, int32_t *next) {
    int32_t x = -1;
    for (int32_t i = 0; i < form->count; i++)
        if (form->nodes[i].op == L2OSR__OP_VAR && form->nodes[i].a == L2OSR__INPUT_X)
            x = i;
    if (x < 0)
        L2OSR__TRY(l2osr__expr_add(
            form, (l2osr__node){.op = L2OSR__OP_VAR, .a = L2OSR__INPUT_X, .b = -1}, &x));
    return l2osr__expr_add(form, (l2osr__node){.op = L2OSR__OP_ADD, .a = x, .b = form->root}, next);
}

/* Rewriting may need room for more nodes than there are; what is too large runs as written. */
static l2osr_status rewrite(l2osr_rule *rule, const uint8_t *keep, int32_t *map) {
    l2osr_status status = l2osr__rewrite(&rule->form, &rule->expr, &l2osr__rule_symbols, keep,
                                         L2OSR__REWRITE_RUN, map);
    if (status == L2OSR_OK)
        status = add_next(&rule->form, &rule->next);
    if (status != L2OSR_ERANGE)
        return status;
    l2osr__expr_clear(&rule->form);
    L2OSR__TRY(l2osr__expr_copy(&rule->form, &rule->expr));
    for (int32_t i = 0; i < rule->expr.count; i++)
        map[i] = i;
    return add_next(&rule->form, &rule->next);
}

/* One for each value. */
static void add_constants(l2osr_rule *rule, int32_t written, int32_t node, int32_t input) {
    for (int32_t k = 0; k < l2osr__node_values(&rule->expr.nodes[written]); k++)
        rule->constants[rule->constant_count++] = (l2osr__constant){written, node, k, input};
}

/* map: from nodes as written to those of the form; NULL where constants have no place there. */
static l2osr_status list_constants(l2osr_rule *rule, const uint8_t *keep, const int32_t *map) {
    static const int32_t inputs[L2OSR__KEEP_END] = {[L2OSR__KEEP_CONSTANT] = -1,
                                                    [L2OSR__KEEP_LR] = L2OSR__INPUT_LR,
                                                    [L2OSR__KEEP_WD] = L2OSR__INPUT_WD};
    const l2osr__expr *expr = &rule->expr;
    uint8_t reached[L2OSR__MAX_NODES] = {0};
    size_t count = 1;
    l2osr__expr_reach(expr, reached);
    for (int32_t i = 0; i < expr->count; i++)
        count += keep[i] ? (size_t)l2osr__node_values(&expr->nodes[i]) : 0;
    L2OSR__TRY(l2osr__alloc_to(rule->ctx, &rule->constants, count, sizeof *rule->constants));
    for (uint8_t why = L2OSR__KEEP_CONSTANT; why < L2OSR__KEEP_END; why++)
        for (int32_t i = 0; i < expr->count; i++)
            if (keep[i] == why && reached[i])
                add_constants(rule, i, map ? map[i] : -1, inputs[why]);
    return L2OSR_OK;
}

/* The program of one root. The nodes of `next` are the last ones: the update does not see them. */
static l2osr_status build_program(l2osr_rule *rule, l2osr__program *program, const int32_t *root) {
    const l2osr__program_source source = {.nodes = rule->form.nodes,
                                          .values = rule->form.values,
                                          .count = *root + 1,
                                          .roots = root,
                                          .n_roots = 1,
                                          .symbols = &l2osr__rule_symbols,
                                          .update = rule->form.root};
    L2OSR__TRY(l2osr__program_init(program, rule->ctx, source.count));
    return l2osr__program_build(program, rule->ctx, &source);
}

static l2osr_status build_programs(l2osr_rule *rule) {
    L2OSR__TRY(build_program(rule, &rule->program, &rule->form.root));
    L2OSR__TRY(build_program(rule, &rule->stepping, &rule->next));
    if (rule->program.passes > L2OSR__MAX_PASSES)
        return l2osr__fail(rule->ctx, L2OSR_ERANGE,
                           "more than %d reductions that wait for one another", L2OSR__MAX_PASSES);
    return L2OSR_OK;
}

int32_t l2osr__rule_roots(const l2osr_rule *rule, int32_t pass, int32_t *roots) {
    const l2osr__program *p = &rule->program;
    int32_t count = 0;
    if (pass == p->passes)
        roots[count++] = rule->form.root;
    for (int32_t k = 0; k < p->reduction_count; k++)
        if (p->slots[p->reductions[k]].level == pass + 1)
            roots[count++] = p->nodes[p->reductions[k]].a;
    return count;
}

static void build_pass(l2osr_rule *rule, int32_t pass, uint8_t *done) {
    int32_t roots[L2OSR__MAX_NODES];
    const l2osr__code_goal goal = {roots, l2osr__rule_roots(rule, pass, roots), pass, true};
    l2osr__code_build(&rule->code[pass], &rule->program, &goal, done);
}

static l2osr_status build_codes(l2osr_rule *rule) {
    const int32_t passes = rule->program.passes;
    const l2osr__code_goal next = {&rule->next, 1, passes, true};
    const l2osr__code_goal update = {&rule->form.root, 1, passes, true};
    uint8_t done[L2OSR__MAX_NODES] = {0}, before[L2OSR__MAX_NODES];
    for (int32_t i = 0; i < passes + 2; i++)
        L2OSR__TRY(l2osr__code_init(&rule->code[i], rule->ctx, rule->form.count));
    for (int32_t pass = 0; pass < passes; pass++)
        build_pass(rule, pass, done);
    memcpy(before, done, sizeof before);
    l2osr__code_build(&rule->code[passes], &rule->program, &update, before);
    l2osr__code_build(&rule->code[passes + 1], &rule->stepping, &next, done);
    return L2OSR_OK;
}

l2osr_status l2osr__rule_build_form(l2osr_rule *rule, const uint8_t *keep, bool tunable) {
    int32_t map[L2OSR__MAX_NODES];
    L2OSR__TRY(rewrite(rule, tunable ? keep : NULL, map));
    L2OSR__TRY(list_constants(rule, keep, tunable ? map : NULL));
    L2OSR__TRY(build_programs(rule));
    return build_codes(rule);
}

void l2osr__rule_clear_form(l2osr_rule *rule) {
    l2osr__expr_clear(&rule->form);
    l2osr__program_clear(&rule->program, rule->ctx);
    l2osr__program_clear(&rule->stepping, rule->ctx);
    for (size_t i = 0; i < L2OSR__MAX_PASSES + 2; i++)
        l2osr__code_clear(&rule->code[i], rule->ctx);
    l2osr__free(rule->ctx, rule->constants);
}
