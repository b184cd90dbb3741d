/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sr/search.h"

static l2osr_status take_functions(l2osr_front *front, const l2osr__function *functions,
                                   size_t count) {
    if (count == 0)
        return L2OSR_OK;
    L2OSR__TRY(l2osr__alloc_to(front->ctx, &front->functions, count, sizeof *functions));
    memcpy(front->functions, functions, count * sizeof *functions);
    front->n_functions = count;
    return L2OSR_OK;
}

l2osr_status l2osr__front_new(l2osr_front **out, l2osr_context *ctx,
                              const l2osr__function *functions, size_t n_functions) {
    L2OSR__TRY(l2osr__alloc_to(ctx, out, 1, sizeof **out));
    (*out)->ctx = ctx;
    l2osr_status status = take_functions(*out, functions, n_functions);
    if (status != L2OSR_OK) {
        l2osr_front_free(*out);
        *out = NULL;
    }
    return status;
}

l2osr_status l2osr_front_create(l2osr_front **out, l2osr_context *ctx) {
    return out && ctx ? l2osr__front_new(out, ctx, NULL, 0) : L2OSR_EINVAL;
}

static void free_text(l2osr_context *ctx, const char *text) {
    l2osr__free(ctx, (char *)(uintptr_t)text);
}

/* Makes room for one more formula. */
static l2osr_status grow(l2osr_front *front) {
    const size_t wanted = front->capacity ? 2 * front->capacity : 16;
    l2osr_formula *larger;
    if (front->count < front->capacity)
        return L2OSR_OK;
    L2OSR__TRY(l2osr__alloc_to(front->ctx, &larger, wanted, sizeof *larger));
    if (front->count > 0)
        memcpy(larger, front->formulas, front->count * sizeof *larger);
    l2osr__free(front->ctx, front->formulas);
    front->formulas = larger;
    front->capacity = wanted;
    return L2OSR_OK;
}

l2osr_status l2osr__front_append(l2osr_front *front, const l2osr_formula *formula) {
    l2osr_formula copy = *formula;
    L2OSR__TRY(grow(front));
    copy.equation = l2osr__strdup(front->ctx, formula->equation);
    copy.warning = l2osr__strdup(front->ctx, formula->warning ? formula->warning : "");
    if (!copy.equation || !copy.warning) {
        free_text(front->ctx, copy.equation);
        free_text(front->ctx, copy.warning);
        return l2osr__fail(front->ctx, L2OSR_ENOMEM, "front: out of memory");
    }
    front->formulas[front->count++] = copy;
    return L2OSR_OK;
}

void l2osr__front_pop(l2osr_front *front) {
    const l2osr_formula *last = &front->formulas[--front->count];
    free_text(front->ctx, last->equation);
    free_text(front->ctx, last->warning);
}

void l2osr_front_free(l2osr_front *front) {
    if (!front)
        return;
    while (front->count > 0)
        l2osr__front_pop(front);
    l2osr__free(front->ctx, front->formulas);
    l2osr__free(front->ctx, front->functions);
    l2osr__free(front->ctx, front);
}

l2osr_status l2osr__front_rewrite(const l2osr_front *front, char **out, uint32_t *nodes,
                                  l2osr__source equation, l2osr__printer print) {
    l2osr__symbols symbols = {.functions = front->functions, .n_functions = front->n_functions};
    l2osr__text text = {.ctx = front->ctx};
    l2osr__expr expr;
    const char **names;
    *out = NULL;
    l2osr_status status = l2osr__parse_open(&expr, &names, front->ctx, equation, &symbols);
    if (status == L2OSR_OK) {
        symbols.names = names;
        *nodes = l2osr__expr_size(&expr, expr.root);
        print(&text, &expr, expr.root, &symbols);
        status = l2osr__text_take(&text, out);
    }
    l2osr__free(front->ctx, names);
    l2osr__expr_clear(&expr);
    return status;
}

l2osr_status l2osr__front_read(l2osr_front *front, const l2osr_formula *formula,
                               l2osr__source equation) {
    l2osr_formula copy = *formula;
    uint32_t nodes;
    char *text;
    L2OSR__TRY(l2osr__front_rewrite(front, &text, &nodes, equation, l2osr__print_node));
    copy.equation = text;
    if (copy.complexity == 0)
        copy.complexity = nodes;
    l2osr_status status = l2osr__front_append(front, &copy);
    l2osr__free(front->ctx, text);
    return status;
}

l2osr_status l2osr_front_add(l2osr_front *front, const char *equation) {
    const l2osr_formula formula = {
        .mse = (double)NAN, .r2_train = (double)NAN, .r2_validation = (double)NAN};
    char name[64];
    if (!front)
        return L2OSR_EINVAL;
    if (!equation)
        return l2osr__fail(front->ctx, L2OSR_EINVAL, "front: equation is NULL");
    snprintf(name, sizeof name, "formula %zu", front->count);
    return l2osr__front_read(front, &formula, (l2osr__source){name, equation});
}

l2osr_status l2osr_sr_front(const l2osr_sr *sr, l2osr_front **out) {
    l2osr_status status = L2OSR_OK;
    l2osr_front *copy;
    if (!out || !sr)
        return L2OSR_EINVAL;
    *out = NULL;
    L2OSR__TRY(l2osr__front_new(&copy, sr->ctx, sr->front->functions, sr->front->n_functions));
    for (size_t i = 0; i < sr->front->count && status == L2OSR_OK; i++)
        status = l2osr__front_append(copy, &sr->front->formulas[i]);
    if (status == L2OSR_OK)
        *out = copy;
    else
        l2osr_front_free(copy);
    return status;
}

size_t l2osr_front_size(const l2osr_front *front) {
    return front->count;
}

const l2osr_formula *l2osr_front_get(const l2osr_front *front, size_t index) {
    return index < front->count ? &front->formulas[index] : NULL;
}

/* So little is left by the right formula only; and by its rounding. */
static const double EXACT = 1e-6, ROUNDING = 1e-9;

static double merit(const l2osr_formula *formula) {
    return isnan(formula->r2_validation) ? formula->r2_train : formula->r2_validation;
}

size_t l2osr_front_recommend(const l2osr_front *front, double tolerance) {
    const l2osr_formula *f = front->formulas;
    double best = -INFINITY;
    for (size_t i = 0; i < front->count; i++)
        best = merit(&f[i]) > best ? merit(&f[i]) : best;
    const double left = 10 * (1 - best);
    if (1 - best < EXACT && tolerance > left)
        tolerance = left > ROUNDING ? left : ROUNDING;
    size_t chosen = front->count;
    for (size_t i = 0; i < front->count; i++)
        if (merit(&f[i]) >= best - tolerance &&
            (chosen == front->count || f[i].complexity < f[chosen].complexity))
            chosen = i;
    return chosen < front->count ? chosen : 0;
}
