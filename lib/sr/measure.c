/* SPDX-License-Identifier: MIT */
/* Formulas of a front on samples that they may never have seen. */
#include <math.h>
#include <stdio.h>

#include "sr/front.h"
#include "sr/predict.h"

l2osr__equation l2osr__front_equation(const l2osr_front *front, size_t index,
                                      char name[L2OSR__EQUATION_NAME]) {
    snprintf(name, L2OSR__EQUATION_NAME, "formula %zu", index);
    return (l2osr__equation){
        {name, front->formulas[index].equation}, front->functions, front->n_functions};
}

/* Computes formula `index` along some trajectories. */
static l2osr_status predict(const l2osr_front *front, size_t index, const l2osr_samples *samples,
                            size_t first, size_t count, float *out) {
    char name[L2OSR__EQUATION_NAME];
    const l2osr__equation equation = l2osr__front_equation(front, index, name);
    return l2osr__predict(front->ctx, samples, &equation, first, count, out);
}

static l2osr_status check_index(const l2osr_front *front, size_t index) {
    if (index < front->count)
        return L2OSR_OK;
    return l2osr__fail(front->ctx, L2OSR_ERANGE, "front: there is no formula %zu, only %zu of them",
                       index, front->count);
}

l2osr_status l2osr_front_predict(const l2osr_front *front, size_t index,
                                 const l2osr_samples *samples, size_t trajectory, float *out) {
    if (!front)
        return L2OSR_EINVAL;
    if (!samples || !out)
        return l2osr__fail(front->ctx, L2OSR_EINVAL, "front: an argument is NULL");
    L2OSR__TRY(check_index(front, index));
    if (trajectory >= samples->trajectories)
        return l2osr__fail(front->ctx, L2OSR_ERANGE,
                           "front: the samples have no trajectory %zu, only %zu of them",
                           trajectory, samples->trajectories);
    return predict(front, index, samples, trajectory, 1, out);
}

/* What overflowed or has no value somewhere is as bad as can be. */
static void write_measures(l2osr__deviation deviation, double *mse, double *r2) {
    const bool finite = isfinite(deviation.mse);
    *mse = finite ? deviation.mse : INFINITY;
    *r2 = -INFINITY;
    if (finite)
        *r2 = deviation.variance > 0 ? 1 - deviation.mse / deviation.variance : (double)NAN;
}

l2osr_status l2osr_front_measure(const l2osr_front *front, size_t index,
                                 const l2osr_samples *samples, double *mse, double *r2) {
    float *predictions;
    if (!front)
        return L2OSR_EINVAL;
    if (!samples || !mse || !r2)
        return l2osr__fail(front->ctx, L2OSR_EINVAL, "front: an argument is NULL");
    L2OSR__TRY(check_index(front, index));
    L2OSR__TRY(l2osr__alloc_to(front->ctx, &predictions, samples->trajectories,
                               samples->steps * sizeof *predictions));
    l2osr_status status = predict(front, index, samples, 0, samples->trajectories, predictions);
    if (status == L2OSR_OK)
        write_measures(l2osr__compare(samples, predictions), mse, r2);
    l2osr__free(front->ctx, predictions);
    return status;
}
