/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/number.h"
#include "sr/search.h"

static l2osr_status append(l2osr_front *front, const l2osr_formula *formula) {
    l2osr_formula copy = *formula;
    copy.equation = l2osr__strdup(front->ctx, formula->equation);
    if (!copy.equation)
        return l2osr__fail(front->ctx, L2OSR_ENOMEM, "distil: out of memory");
    front->formulas[front->count++] = copy;
    return L2OSR_OK;
}

l2osr_status l2osr_sr_front(const l2osr_sr *sr, l2osr_front **out) {
    l2osr_status status = L2OSR_OK;
    l2osr_front *copy;
    if (!out || !sr)
        return L2OSR_EINVAL;
    *out = NULL;
    L2OSR__TRY(l2osr__alloc_to(sr->ctx, &copy, 1, sizeof *copy));
    copy->ctx = sr->ctx;
    for (size_t i = 0; i < sr->front->count && status == L2OSR_OK; i++)
        status = append(copy, &sr->front->formulas[i]);
    if (status == L2OSR_OK)
        *out = copy;
    else
        l2osr_front_free(copy);
    return status;
}

void l2osr_front_free(l2osr_front *front) {
    if (!front)
        return;
    for (size_t i = 0; i < front->count; i++)
        l2osr__free(front->ctx, (char *)(uintptr_t)front->formulas[i].equation);
    l2osr__free(front->ctx, front);
}

size_t l2osr_front_size(const l2osr_front *front) {
    return front->count;
}

const l2osr_formula *l2osr_front_get(const l2osr_front *front, size_t index) {
    return index < front->count ? &front->formulas[index] : NULL;
}

static double merit(const l2osr_formula *formula) {
    return isnan(formula->r2_validation) ? formula->r2_train : formula->r2_validation;
}

size_t l2osr_front_recommend(const l2osr_front *front, double tolerance) {
    double best = -INFINITY;
    for (size_t i = 0; i < front->count; i++)
        best = merit(&front->formulas[i]) > best ? merit(&front->formulas[i]) : best;
    for (size_t i = 0; i < front->count; i++)
        if (merit(&front->formulas[i]) >= best - tolerance)
            return i;
    return 0;
}

l2osr_status l2osr_front_save(const l2osr_front *front, const char *path) {
    l2osr__writer writer;
    if (!front)
        return L2OSR_EINVAL;
    if (!path)
        return l2osr__fail(front->ctx, L2OSR_EINVAL, "distil: path is NULL");
    L2OSR__TRY(l2osr__writer_open(&writer, front->ctx, path));
    fputs("complexity,mse,r2_train,r2_validation,equation\n", writer.stream);
    for (size_t i = 0; i < front->count; i++) {
        const l2osr_formula *f = &front->formulas[i];
        char mse[L2OSR__NUMBER_SIZE], train[L2OSR__NUMBER_SIZE], validation[L2OSR__NUMBER_SIZE];
        l2osr__format_double(mse, sizeof mse, f->mse);
        l2osr__format_double(train, sizeof train, f->r2_train);
        l2osr__format_double(validation, sizeof validation, f->r2_validation);
        /* quoted: equations have commas, and never quotes */
        fprintf(writer.stream, "%u,%s,%s,%s,\"%s\"\n", f->complexity, mse, train, validation,
                f->equation);
    }
    return l2osr__writer_commit(&writer);
}
