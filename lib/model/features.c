/* SPDX-License-Identifier: MIT */
/* From the definitions of the features to what computes them. */
#include <string.h>

#include "expr/frame.h"
#include "model/model.h"
#include "rule/rule.h"

/* A feature is a let or the gradient. */
static l2osr_status find_feature(l2osr_model *m, const char *name, int32_t *node) {
    *node = l2osr__expr_find_let(&m->expr, name, strlen(name));
    if (*node >= 0)
        return L2OSR_OK;
    if (strcmp(name, l2osr__rule_symbols.names[L2OSR__INPUT_G]) == 0)
        return l2osr__expr_add(
            &m->expr, (l2osr__node){.op = L2OSR__OP_VAR, .a = L2OSR__INPUT_G, .b = -1}, node);
    return l2osr__fail(m->ctx, L2OSR_ENOTFOUND, "model: no definition of feature '%s'", name);
}

/* What a feature may read: a gradient is all that there is of a parameter in training. */
static l2osr_status check_node(const l2osr_model *m, const l2osr__node *node) {
    if (node->op == L2OSR__OP_VAR && node->a != L2OSR__INPUT_G && node->a != L2OSR__INPUT_T)
        return l2osr__fail(m->ctx, L2OSR_EUNSUPPORTED,
                           "model: features may read g and t, but not %s",
                           l2osr__rule_symbols.names[node->a]);
    if (node->op == L2OSR__OP_CONST && node->b > 0)
        return l2osr__fail(m->ctx, L2OSR_EUNSUPPORTED,
                           "model: features cannot have constants {...} of groups");
    return L2OSR_OK;
}

/* Room on the stack of whoever steps is for a panel at least; groups have no state. */
static l2osr_status check_program(const l2osr_model *m) {
    const size_t rows = (size_t)m->routine.code.temps + 2;
    if (m->routine.program.cells > 0)
        return l2osr__fail(m->ctx, L2OSR_EUNSUPPORTED,
                           "model: features cannot remember what does not depend on g");
    if (rows * L2OSR__LANES * sizeof(double) > L2OSR__SCRATCH_BYTES)
        return l2osr__fail(m->ctx, L2OSR_ERANGE, "model: features need %zu temporaries at a time",
                           rows);
    return L2OSR_OK;
}

l2osr_status l2osr__model_build_features(l2osr_model *m) {
    const l2osr__architecture *a = &m->architecture;
    const int32_t count = (int32_t)a->shape.features;
    const l2osr__source source = {"model features", a->prelude + strlen(L2OSR__PRELUDE_HEADER)};
    L2OSR__TRY(l2osr__parse_lets(&m->expr, source, &l2osr__rule_symbols));
    for (int32_t f = 0; f < count; f++) {
        L2OSR__TRY(find_feature(m, a->inputs[f], &m->features[f]));
        m->feature_names[f] = a->inputs[f];
    }
    for (int32_t i = 0; i < m->expr.count; i++)
        L2OSR__TRY(check_node(m, &m->expr.nodes[i]));
    L2OSR__TRY(l2osr__routine_init(&m->routine, m->ctx,
                                   &(l2osr__program_source){.nodes = m->expr.nodes,
                                                            .count = m->expr.count,
                                                            .roots = m->features,
                                                            .n_roots = count,
                                                            .symbols = &l2osr__rule_symbols,
                                                            .update = -1}));
    return check_program(m);
}

void l2osr__feature_scalars(const l2osr_model *m, uint64_t step, double *scalars) {
    double inputs[L2OSR__INPUT_COUNT];
    l2osr__rule_inputs(inputs, step, 0, 0);
    const l2osr__moment moment = {.inputs = inputs, .step = step};
    l2osr__program_scalars(&m->routine.program, &moment, 0, scalars);
}
