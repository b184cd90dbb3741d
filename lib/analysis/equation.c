/* SPDX-License-Identifier: MIT */
/* Formulas as mappings. */
#include <string.h>

#include "analysis/mapping.h"
#include "l2osr/analysis.h"

typedef struct formula {
    l2osr_context *ctx;
    l2osr__equation equation;
    char *text;
    l2osr__expr expr;   /* as read: for the names that it has */
    const char **names; /* of its inputs */
} formula;

static l2osr_status predict(const l2osr_mapping *mapping, const l2osr_samples *samples,
                            float *out) {
    const formula *f = mapping->self;
    return l2osr__predict(mapping->ctx, samples, &f->equation, 0, samples->trajectories, out);
}

static void release(void *self) {
    formula *f = self;
    l2osr__expr_clear(&f->expr);
    l2osr__free(f->ctx, f->names);
    l2osr__free(f->ctx, f->text);
    l2osr__free(f->ctx, f);
}

static const l2osr__mapping_class formula_class = {predict, release};

static l2osr_status read_text(formula *f, const l2osr__equation *equation) {
    const l2osr__symbols calls = {.functions = equation->functions,
                                  .n_functions = equation->n_functions};
    f->equation = *equation;
    f->text = l2osr__strdup(f->ctx, equation->source.text);
    if (!f->text)
        return l2osr__fail(f->ctx, L2OSR_ENOMEM, "equation: out of memory");
    f->equation.source.text = f->text;
    return l2osr__parse_open(&f->expr, &f->names, f->ctx, f->equation.source, &calls);
}

/* Inputs are numbered as they come. */
static size_t count_names(const l2osr__expr *expr) {
    size_t count = 0;
    for (int32_t i = 0; i < expr->count; i++)
        if (expr->nodes[i].op == L2OSR__OP_VAR && (size_t)expr->nodes[i].a >= count)
            count = (size_t)expr->nodes[i].a + 1;
    return count;
}

/* As rules that reduce are refused. */
static l2osr_status check_nodes(const formula *f) {
    for (int32_t i = 0; i < f->expr.count; i++) {
        const l2osr__op *op = &l2osr__ops[f->expr.nodes[i].op];
        if (op->kind == L2OSR__KIND_REDUCE)
            return l2osr__fail(f->ctx, L2OSR_EUNSUPPORTED,
                               "%s: %s() reduces over parameters, so that the value is not a "
                               "function of one history of the inputs",
                               f->equation.source.name, op->name);
    }
    return L2OSR_OK;
}

l2osr_status l2osr__mapping_of_equation(l2osr_mapping **out, l2osr_context *ctx,
                                        const l2osr__equation *equation) {
    formula *f;
    L2OSR__TRY(l2osr__alloc_to(ctx, &f, 1, sizeof *f));
    f->ctx = ctx;
    l2osr__expr_init(&f->expr, ctx);
    l2osr_status status = read_text(f, equation);
    if (status == L2OSR_OK)
        status = check_nodes(f);
    if (status != L2OSR_OK) {
        release(f);
        return status;
    }
    const size_t count = count_names(&f->expr);
    L2OSR__TRY(l2osr__mapping_new(out, ctx, &formula_class, f, count));
    memcpy((*out)->names, f->names, count * sizeof *f->names);
    return L2OSR_OK;
}

l2osr_status l2osr_mapping_of_equation(l2osr_mapping **out, l2osr_context *ctx,
                                       const char *equation) {
    if (!ctx || !out)
        return L2OSR_EINVAL;
    *out = NULL;
    if (!equation)
        return l2osr__fail(ctx, L2OSR_EINVAL, "mapping: equation is NULL");
    return l2osr__mapping_of_equation(out, ctx,
                                      &(l2osr__equation){.source = {"equation", equation}});
}

/* ---- in one call ---- */

l2osr_status l2osr_predict(l2osr_context *ctx, const l2osr_samples *samples, const char *equation,
                           float *out) {
    l2osr_mapping *mapping;
    L2OSR__TRY(l2osr_mapping_of_equation(&mapping, ctx, equation));
    const l2osr_status status = l2osr_mapping_predict(mapping, samples, out);
    l2osr_mapping_free(mapping);
    return status;
}

l2osr_status l2osr_r2(l2osr_context *ctx, const l2osr_samples *samples, const char *equation,
                      double *r2) {
    l2osr_mapping *mapping;
    L2OSR__TRY(l2osr_mapping_of_equation(&mapping, ctx, equation));
    const l2osr_status status = l2osr_mapping_r2(mapping, samples, r2);
    l2osr_mapping_free(mapping);
    return status;
}
