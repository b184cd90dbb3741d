/* SPDX-License-Identifier: MIT */
#include "sr/linear.h"

#include <math.h>
#include <string.h>

enum { N = L2OSR__LINEAR_LIMIT };

/* Part of a column's variance that must not be explained by the others: single precision leaves
 * about 1e-14 of noise, and weights grow with the inverse. */
static const double INDEPENDENCE = 1e-6;

/* What is left is certain if it is more than this part of what it is the difference of. */
static const double ROUNDING = 1e-6;

/* What must be left of a column's square when its mean is taken off: the rest is as uncertain as
 * rounding is larger than that. */
static const double LEAST_VARIANCE = 1e-9;

/* Row i of the factor; a row without pivot is zero. */
static void factor_row(int32_t n, double *matrix, int32_t i, double tolerance) {
    double *row = matrix + i * n, diagonal = row[i];
    for (int32_t j = 0; j < i; j++) {
        const double *other = matrix + j * n;
        double sum = row[j];
        for (int32_t k = 0; k < j; k++)
            sum -= row[k] * other[k];
        row[j] = other[j] > 0 ? sum / other[j] : 0;
        diagonal -= row[j] * row[j];
    }
    row[i] = diagonal > tolerance * row[i] ? sqrt(diagonal) : 0;
}

void l2osr__linear_solve(int32_t n, double *matrix, const double *right, double tolerance,
                         double *x) {
    for (int32_t i = 0; i < n; i++) {
        factor_row(n, matrix, i, tolerance);
        double sum = right[i];
        for (int32_t k = 0; k < i; k++)
            sum -= matrix[i * n + k] * x[k];
        x[i] = matrix[i * n + i] > 0 ? sum / matrix[i * n + i] : 0;
    }
    for (int32_t i = n; i-- > 0;) {
        double sum = x[i];
        for (int32_t k = i + 1; k < n; k++)
            sum -= matrix[k * n + i] * x[k];
        x[i] = matrix[i * n + i] > 0 ? sum / matrix[i * n + i] : 0;
    }
}

/* Square that weights leave, by the whole quadratic form: weights that rounding has spoilt show
 * here. The terms of the form may be far larger than their sum; `size` is that of all of them. */
static double quadratic(int32_t n, const double *matrix, const double *right, const double *weight,
                        double *size) {
    double sum = 0;
    for (int32_t i = 0; i < n; i++) {
        double row = -2 * right[i] + matrix[i * n + i] * weight[i];
        *size += fabs(2 * right[i] * weight[i]) + matrix[i * n + i] * weight[i] * weight[i];
        for (int32_t j = 0; j < i; j++) {
            const double both = 2 * matrix[i * n + j] * weight[j];
            row += both;
            *size += fabs(both * weight[i]);
        }
        sum += weight[i] * row;
    }
    return sum;
}

void l2osr__linear_fit(const l2osr__products *p, bool centred, l2osr__solution *out) {
    const double mean = centred ? p->target / p->one : 0;
    const double total = p->target_square - mean * p->target;
    double matrix[N * N], factor[N * N], right[N] = {0}, scale[N], size = total;
    for (int32_t i = 0; i < p->n; i++) {
        const double centre = centred ? p->sum[i] / p->one : 0;
        const double *row = p->matrix + i * p->n;
        const double square = row[i] - centre * p->sum[i];
        scale[i] = square > LEAST_VARIANCE * row[i] ? 1 / sqrt(square) : 0;
        right[i] = (p->with_target[i] - mean * p->sum[i]) * scale[i];
        for (int32_t j = 0; j <= i; j++)
            matrix[i * p->n + j] = (row[j] - centre * p->sum[j]) * scale[i] * scale[j];
    }
    memcpy(factor, matrix, (size_t)(p->n * p->n) * sizeof *factor);
    l2osr__linear_solve(p->n, factor, right, INDEPENDENCE, out->weight);
    const double rest = total + quadratic(p->n, matrix, right, out->weight, &size);
    out->offset = mean;
    for (int32_t i = 0; i < p->n; i++) {
        out->weight[i] *= scale[i];
        out->offset -= centred ? out->weight[i] * p->sum[i] / p->one : 0;
    }
    out->mse = (rest > 0 ? rest : 0) / p->one;
    out->sure = rest > ROUNDING * size;
}
