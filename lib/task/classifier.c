/* SPDX-License-Identifier: MIT */
#include "task/classifier.h"

#include <math.h>
#include <string.h>

#include "vec/kernels.h"

#define JOIN2(a, b) a##_##b
#define JOIN(a, b)  JOIN2(a, b)

#define T       float
#define F(name) JOIN(name, f32)
#include "task/classifier.inc"
#undef T
#undef F

#define T       double
#define F(name) JOIN(name, f64)
#include "task/classifier.inc"

/* With p the softmax: p (tangent - p'tangent) / n, and the gradient is (p - target) / n. */
void l2osr__cross_entropy_tangent(const l2osr_dataset *set, size_t n, const size_t *items,
                                  size_t classes, const double *gradient, double *tangent) {
    for (size_t i = 0; i < n; i++, gradient += classes, tangent += classes) {
        const size_t label = set->labels[items[i]];
        double mean = tangent[label];
        for (size_t j = 0; j < classes; j++)
            mean += (double)n * gradient[j] * tangent[j];
        for (size_t j = 0; j < classes; j++)
            tangent[j] = (gradient[j] + (j == label ? 1 / (double)n : 0)) * (tangent[j] - mean);
    }
}

l2osr_status l2osr__check_sets(l2osr_context *ctx, const char *name, const l2osr_dataset *train,
                               const l2osr_dataset *test) {
    if (!train)
        return l2osr__fail(ctx, L2OSR_EINVAL, "%s: the training set is NULL", name);
    if (test && (test->channels != train->channels || test->rows != train->rows ||
                 test->cols != train->cols))
        return l2osr__fail(
            ctx, L2OSR_EINVAL,
            "%s: training images are %zu x %zu x %zu, but test images %zu x %zu x %zu", name,
            train->channels, train->rows, train->cols, test->channels, test->rows, test->cols);
    if (test && test->classes > train->classes)
        return l2osr__fail(ctx, L2OSR_EINVAL,
                           "%s: the test set has labels that the training set does not have", name);
    return L2OSR_OK;
}

l2osr_status l2osr__check_start(l2osr_context *ctx, const char *name, l2osr_start start) {
    return (unsigned)start <= L2OSR_START_LECUN
               ? L2OSR_OK
               : l2osr__fail(ctx, L2OSR_EINVAL, "%s: unknown starting distribution", name);
}

size_t l2osr__batch_size(const l2osr_dataset *train, size_t batch) {
    if (batch == 0)
        batch = L2OSR__DEFAULT_BATCH;
    return batch < train->n ? batch : train->n;
}

void l2osr__start_layer(l2osr_start start, uint64_t seed, size_t layer, size_t fan_in, double *x,
                        size_t weights, size_t biases) {
    double of_weights = 0.01, of_biases = 0.01;
    if (start != L2OSR_START_SMALL) {
        of_weights = sqrt((start == L2OSR_START_HE ? 2.0 : 1.0) / (double)fan_in);
        of_biases = 0;
    }
    l2osr_random_normal(seed, 2 * layer, 0, of_weights, x, weights);
    l2osr_random_normal(seed, 2 * layer + 1, 0, of_biases, x + weights, biases);
}

static size_t largest(size_t n, const double *z) {
    size_t best = 0;
    for (size_t j = 1; j < n; j++)
        best = z[j] > z[best] ? j : best;
    return best;
}

size_t l2osr__count_right(const l2osr_dataset *test, size_t first, size_t n, size_t classes,
                          const double *z) {
    size_t right = 0;
    for (size_t i = 0; i < n; i++)
        right += largest(classes, z + i * classes) == test->labels[first + i];
    return right;
}
