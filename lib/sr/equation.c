/* SPDX-License-Identifier: MIT */
/* Trees as text. */
#include "sr/search.h"

/* Names of the columns of a tree's leaves, each memory with its parameter. */
static l2osr_status name_leaves(const l2osr_sr *sr, l2osr__tree *tree, char **names) {
    for (int32_t i = 0; i < tree->count; i++) {
        l2osr__node *node = &tree->nodes[i];
        if (node->op != L2OSR__OP_VAR)
            continue;
        L2OSR__TRY(l2osr__columns_name(&sr->columns, node, &names[i]));
        node->a = i;
    }
    return L2OSR_OK;
}

static l2osr_status write_equation(const l2osr_sr *sr, const l2osr__tree *tree, char **out) {
    char *names[L2OSR__TREE_ROOM] = {0};
    l2osr__text text = {.ctx = sr->ctx};
    l2osr__tree copy = *tree;
    const l2osr__symbols symbols = {.names = (const char *const *)names,
                                    .count = L2OSR__TREE_ROOM,
                                    .functions = sr->world.grammar.functions,
                                    .n_functions = sr->world.grammar.n_functions};
    l2osr_status status = name_leaves(sr, &copy, names);
    const l2osr__expr expr = {
        .ctx = sr->ctx, .nodes = copy.nodes, .count = copy.count, .root = copy.count - 1};
    if (status == L2OSR_OK)
        l2osr__print_node(&text, &expr, expr.root, &symbols);
    for (int32_t i = 0; i < copy.count; i++)
        l2osr__free(sr->ctx, names[i]);
    if (status == L2OSR_OK)
        return l2osr__text_take(&text, out);
    l2osr__text_drop(&text);
    return status;
}

l2osr_status l2osr__sr_append(const l2osr_sr *sr, l2osr_front *front, const l2osr__tree *tree,
                              l2osr_formula formula) {
    char *equation;
    L2OSR__TRY(write_equation(sr, tree, &equation));
    formula.equation = equation;
    formula.complexity = (unsigned)l2osr__tree_complexity(tree, &sr->world.grammar);
    l2osr_status status = l2osr__front_append(front, &formula);
    l2osr__free(sr->ctx, equation);
    return status;
}
