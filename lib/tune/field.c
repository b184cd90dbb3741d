/* SPDX-License-Identifier: MIT */
#include "tune/field.h"

#include <math.h>
#include <string.h>

#include "sr/linear.h"
#include "vec/kernels.h"

enum { BLOCK = 512 }; /* rows at a time: the columns of some hundred terms stay in the cache */

/* Part of a column that the others must leave for it to have a weight. */
static const double INDEPENDENCE = 1e-12;

/* ---- columns ---- */

static size_t find_name(const l2osr_samples *s, const char *name) {
    size_t f = 0;
    while (f < s->features && strcmp(s->names[f], name) != 0)
        f++;
    return f;
}

static const l2osr__window *find_window(const l2osr_samples *s, const char *name, size_t taps) {
    for (size_t w = 0; w < s->n_windows; w++)
        if (strcmp(s->windows[w].name, name) == 0 && s->windows[w].length >= taps)
            return &s->windows[w];
    return NULL;
}

/* Trajectories have their past in front, and zeros before it; a table has windows. */
static l2osr_status find_columns(l2osr__field *field, const char *name, const float **columns) {
    const l2osr_samples *s = field->samples;
    const bool table = s->steps == 1 && field->taps > 1;
    const l2osr__window *window = table ? find_window(s, name, field->taps) : NULL;
    const size_t f = find_name(s, name);
    if (table && !window)
        return l2osr__fail(field->ctx, L2OSR_ENOTFOUND,
                           "fit: the samples are a table without a window '%s' of %zu columns",
                           name, field->taps);
    if (!table && f == s->features)
        return l2osr__fail(field->ctx, L2OSR_ENOTFOUND, "fit: the samples have no feature '%s'",
                           name);
    for (size_t lag = 0; lag < field->taps; lag++)
        columns[lag] = table ? s->columns[window->features[lag]] : s->columns[f] - lag;
    return L2OSR_OK;
}

l2osr_status l2osr__field_init(l2osr__field *field, l2osr_context *ctx,
                               const l2osr_samples *samples, size_t features,
                               const char *const *names, size_t taps) {
    *field = (l2osr__field){.ctx = ctx, .samples = samples, .features = features, .taps = taps};
    L2OSR__TRY(l2osr__alloc_to(ctx, &field->columns, features * taps, sizeof *field->columns));
    L2OSR__TRY(l2osr__alloc_to(ctx, &field->gamma, features, sizeof *field->gamma));
    L2OSR__TRY(l2osr__alloc_to(ctx, &field->weights, features * taps, sizeof *field->weights));
    for (size_t f = 0; f < features; f++)
        L2OSR__TRY(find_columns(field, names[f], field->columns + f * taps));
    return L2OSR_OK;
}

void l2osr__field_clear(l2osr__field *field) {
    l2osr__free(field->ctx, field->columns);
    l2osr__free(field->ctx, field->gamma);
    l2osr__free(field->ctx, field->weights);
}

/* Rows that lie side by side: a piece of a trajectory, or of a table. */
typedef struct block {
    size_t at;     /* of the first row, from the beginning of a column */
    size_t weight; /* the same for weights */
    size_t rows;
} block;

static size_t block_count(const l2osr_samples *s) {
    return s->steps == 1 ? l2osr__pieces(s->trajectories, BLOCK) : s->trajectories * l2osr__pieces(s->steps, BLOCK);
}

static block block_at(const l2osr_samples *s, size_t index) {
    const size_t length = s->steps == 1 ? s->trajectories : s->steps;
    const size_t series = index / l2osr__pieces(length, BLOCK), first = index % l2osr__pieces(length, BLOCK) * BLOCK;
    return (block){.at = series * s->stride + first,
                   .weight = series * length + first,
                   .rows = length - first < BLOCK ? length - first : BLOCK};
}

static double weight_of(const l2osr_samples *s, const block *b, size_t row) {
    return s->weights ? s->weights[b->weight + row] : 1;
}

void l2osr__field_scale(const l2osr__field *field, double *rms) {
    const l2osr_samples *s = field->samples;
    double all = 0;
    memset(rms, 0, field->features * sizeof *rms);
    for (size_t k = 0; k < block_count(s); k++) {
        const block b = block_at(s, k);
        for (size_t row = 0; row < b.rows; row++) {
            const double weight = weight_of(s, &b, row);
            all += weight;
            for (size_t f = 0; f < field->features; f++) {
                const double x = field->columns[f * field->taps][b.at + row];
                rms[f] += weight * x * x;
            }
        }
    }
    for (size_t f = 0; f < field->features; f++)
        rms[f] = all > 0 ? sqrt(rms[f] / all) : 0;
}

/* ---- least squares ---- */

/* Sums over all rows: products of the terms with one another and with the target. */
typedef struct sums {
    size_t n;                   /* terms */
    double *terms;              /* [n][BLOCK] of a block, then the target */
    double *heavy;              /* [BLOCK]: a term times the weights of the rows */
    double *matrix;             /* [n][n], lower triangle */
    double *right;              /* [n] */
    double *scale;              /* [n]: makes the diagonal 1 */
    double one, target, square; /* of the weights, of the target and of its square */
} sums;

static l2osr_status sums_init(sums *s, l2osr_context *ctx, size_t n) {
    *s = (sums){.n = n};
    L2OSR__TRY(l2osr__alloc_to(ctx, &s->terms, n + 1, BLOCK * sizeof *s->terms));
    L2OSR__TRY(l2osr__alloc_to(ctx, &s->heavy, BLOCK, sizeof *s->heavy));
    L2OSR__TRY(l2osr__alloc_to(ctx, &s->matrix, n * n, sizeof *s->matrix));
    L2OSR__TRY(l2osr__alloc_to(ctx, &s->right, n, sizeof *s->right));
    return l2osr__alloc_to(ctx, &s->scale, n, sizeof *s->scale);
}

static void sums_clear(sums *s, l2osr_context *ctx) {
    l2osr__free(ctx, s->terms);
    l2osr__free(ctx, s->heavy);
    l2osr__free(ctx, s->matrix);
    l2osr__free(ctx, s->right);
    l2osr__free(ctx, s->scale);
}

/* gamma tanh(x / gamma) of one term. */
static void fill_term(const l2osr__field *field, size_t term, const block *b, double *out) {
    const l2osr__kernels_f64 *k = l2osr__kernels_f64_of(field->ctx);
    const double gamma = field->gamma[term / field->taps];
    const float *x = field->columns[term] + b->at;
    for (size_t row = 0; row < b->rows; row++)
        out[row] = isinf(gamma) ? x[row] : x[row] / gamma;
    if (isinf(gamma))
        return;
    k->unary[L2OSR__UN_TANH](b->rows, out, out);
    for (size_t row = 0; row < b->rows; row++)
        out[row] *= gamma;
}

static double dot(size_t n, const double *a, const double *b) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static void add_block(const l2osr__field *field, sums *s, const block *b) {
    const l2osr_samples *from = field->samples;
    double *y = s->terms + s->n * BLOCK;
    for (size_t row = 0; row < b->rows; row++) {
        const double weight = weight_of(from, b, row);
        y[row] = from->columns[from->features][b->at + row];
        s->one += weight;
        s->target += weight * y[row];
        s->square += weight * y[row] * y[row];
    }
    for (size_t i = 0; i < s->n; i++)
        fill_term(field, i, b, s->terms + i * BLOCK);
    for (size_t i = 0; i < s->n; i++) {
        for (size_t row = 0; row < b->rows; row++)
            s->heavy[row] = weight_of(from, b, row) * s->terms[i * BLOCK + row];
        s->right[i] += dot(b->rows, s->heavy, y);
        for (size_t j = 0; j <= i; j++)
            s->matrix[i * s->n + j] += dot(b->rows, s->heavy, s->terms + j * BLOCK);
    }
}

static l2osr_status add_all(const l2osr__field *field, sums *s) {
    const size_t blocks = block_count(field->samples);
    for (size_t k = 0; k < blocks; k++) {
        const block b = block_at(field->samples, k);
        if (l2osr__canceled(field->ctx))
            return l2osr__fail(field->ctx, L2OSR_ECANCELED, "canceled");
        add_block(field, s, &b);
    }
    return L2OSR_OK;
}

/* With every term in units of its own size, which the ridge is relative to. What is left of the
 * target's square follows from the equations that the weights solve. */
static l2osr_status solve(l2osr__field *field, sums *s, double ridge) {
    const double total = s->square - s->target * s->target / s->one;
    double left = s->square;
    if (!(total > 1e-14 * s->square))
        return l2osr__fail(field->ctx, L2OSR_EINVAL, "fit: the target is the same everywhere");
    for (size_t i = 0; i < s->n; i++) {
        const double square = s->matrix[i * s->n + i];
        s->scale[i] = square > 0 ? 1 / sqrt(square) : 0;
        s->right[i] *= s->scale[i];
        for (size_t j = 0; j <= i; j++)
            s->matrix[i * s->n + j] *= s->scale[i] * s->scale[j];
        s->matrix[i * s->n + i] += ridge;
    }
    l2osr__linear_solve((int32_t)s->n, s->matrix, s->right, INDEPENDENCE, field->weights);
    for (size_t i = 0; i < s->n; i++) {
        left -= field->weights[i] * (s->right[i] + ridge * field->weights[i]);
        field->weights[i] *= s->scale[i];
    }
    field->r2 = 1 - fmax(left, 0) / total;
    return L2OSR_OK;
}

l2osr_status l2osr__field_fit(l2osr__field *field, double ridge) {
    sums s;
    l2osr_status status = sums_init(&s, field->ctx, field->features * field->taps);
    if (status == L2OSR_OK)
        status = add_all(field, &s);
    if (status == L2OSR_OK)
        status = solve(field, &s, ridge);
    sums_clear(&s, field->ctx);
    return status;
}
