/* SPDX-License-Identifier: MIT */
/* From the hall to the front: constants rounded, errors measured on all rows, formulas written
 * down. */
#include <math.h>
#include <string.h>

#include "sr/search.h"

enum { CHUNK_ROWS = 16384 };

/* Errors of all candidates over the rows of one half of the trajectories. */
typedef struct assessment {
    l2osr_sr *sr;
    l2osr__table table; /* of some trajectories at a time */
    l2osr__scorer scorer;
    uint32_t *rows; /* 0, 1, 2 ...: all steps of a chunk in order */
    size_t chunk;   /* trajectories of a chunk */
    int32_t count;
    l2osr__tree *trees;   /* [count] */
    double *train, *held; /* [count]: mean squared errors */
    double train_variance, held_variance;
} assessment;

static void assessment_clear(assessment *a) {
    l2osr_context *ctx = a->sr->ctx;
    l2osr__scorer_clear(&a->scorer);
    if (a->table.ctx)
        l2osr__table_clear(&a->table);
    l2osr__free(ctx, a->rows);
    l2osr__free(ctx, a->trees);
    l2osr__free(ctx, a->train);
    l2osr__free(ctx, a->held);
}

static l2osr_status assessment_init(assessment *a, l2osr_sr *sr) {
    const size_t steps = l2osr_samples_steps(sr->samples);
    const size_t all = l2osr_samples_trajectories(sr->samples);
    int32_t front[L2OSR__TREE_LIMIT + 1];
    a->chunk = CHUNK_ROWS / steps + 1 < all ? CHUNK_ROWS / steps + 1 : all;
    a->count = l2osr__hall_front(&sr->world.hall, front);
    const size_t rows = a->chunk * steps, count = (size_t)a->count + 1;
    L2OSR__TRY(l2osr__table_init(&a->table, sr->ctx, &sr->columns, rows, steps));
    L2OSR__TRY(l2osr__scorer_init(&a->scorer, sr->ctx, &a->table));
    L2OSR__TRY(l2osr__alloc_to(sr->ctx, &a->rows, rows, sizeof *a->rows));
    L2OSR__TRY(l2osr__alloc_to(sr->ctx, &a->trees, count, sizeof *a->trees));
    L2OSR__TRY(l2osr__alloc_to(sr->ctx, &a->train, count, sizeof *a->train));
    L2OSR__TRY(l2osr__alloc_to(sr->ctx, &a->held, count, sizeof *a->held));
    for (size_t i = 0; i < rows; i++)
        a->rows[i] = (uint32_t)i;
    for (int32_t i = 0; i < a->count; i++)
        a->trees[i] = sr->world.hall.best[front[i]].tree;
    return L2OSR_OK;
}

/* x with `digits` significant decimal digits, the double nearest to the decimal number where that
 * is exact. */
static double rounded(double x, int digits) {
    double size = fabs(x), power = 1, limit = 1;
    bool up = false;
    while (digits-- > 0)
        limit *= 10;
    if (x == 0 || size < 1e-15 || size > 1e15)
        return x;
    for (; size * power < limit / 10 && power < 1e22; power *= 10)
        up = true;
    for (; !up && size / power >= limit; power *= 10)
        ;
    return up ? floor(x * power + 0.5) / power : floor(x / power + 0.5) * power;
}

/* Shortens constants as far as the error on the fitted rows does not care. */
static void shorten(l2osr__tree *tree, l2osr_sr *sr) {
    l2osr__scorer *scorer = &sr->islands[0].scorer;
    const double mse = l2osr__score_plain(scorer, tree);
    const double allowed = 1e-4 * mse + 1e-12 * sr->world.variance;
    for (int digits = 3; digits <= 9; digits++) {
        l2osr__tree shorter = *tree;
        for (int32_t i = 0; i < shorter.count; i++)
            if (shorter.nodes[i].op == L2OSR__OP_CONST)
                shorter.nodes[i].value = rounded(shorter.nodes[i].value, digits);
        if (l2osr__score_plain(scorer, &shorter) <= mse + allowed) {
            *tree = shorter;
            return;
        }
    }
}

/* Adds the chunk's squared errors, and the target's deviations from `centre`, to the sums. */
static void add_chunk(assessment *a, double *errors, double centre, double *deviation,
                      double *square) {
    for (int32_t i = 0; i < a->count; i++)
        errors[i] += l2osr__score_plain(&a->scorer, &a->trees[i]) * (double)a->table.rows;
    for (size_t i = 0; i < a->table.rows; i++) {
        double d = a->table.target[i] - centre;
        *deviation += d;
        *square += d * d;
    }
}

static void assess(assessment *a, const size_t *trajectories, size_t n, double *errors,
                   double *variance) {
    l2osr_sr *sr = a->sr;
    const size_t steps = l2osr_samples_steps(sr->samples);
    const double rows = (double)n * (double)steps;
    double deviation = 0, square = 0;
    for (size_t first = 0; first < n; first += a->chunk) {
        size_t count = n - first < a->chunk ? n - first : a->chunk;
        a->table.rows = count * steps;
        for (size_t i = 0; i < count; i++)
            l2osr__table_write(&a->table, &sr->columns, sr->samples, trajectories[first + i],
                               a->rows + i * steps);
        add_chunk(a, errors, sr->world.mean, &deviation, &square);
    }
    for (int32_t i = 0; i < a->count; i++)
        errors[i] /= rows;
    *variance = (square - deviation * deviation / rows) / rows;
}

static l2osr_status write_equation(l2osr_sr *sr, const l2osr__tree *tree, char **out) {
    l2osr__text text = {.ctx = sr->ctx};
    l2osr__node nodes[L2OSR__TREE_ROOM];
    const l2osr__symbols symbols = {.names = (const char *const *)sr->columns.names,
                                    .count = sr->columns.count};
    memcpy(nodes, tree->nodes, sizeof nodes);
    const l2osr__expr expr = {
        .ctx = sr->ctx, .nodes = nodes, .count = tree->count, .root = tree->count - 1};
    l2osr__print_node(&text, &expr, expr.root, &symbols);
    return l2osr__text_take(&text, out);
}

static l2osr_status write_formula(assessment *a, l2osr_front *front, int32_t i) {
    char *equation;
    L2OSR__TRY(write_equation(a->sr, &a->trees[i], &equation));
    l2osr_status status = l2osr__front_append(
        front,
        &(l2osr_formula){.complexity = (unsigned)a->trees[i].count,
                         .mse = a->train[i],
                         .r2_train = 1 - a->train[i] / a->train_variance,
                         .r2_validation =
                             a->held_variance > 0 ? 1 - a->held[i] / a->held_variance : (double)NAN,
                         .equation = equation});
    l2osr__free(a->sr->ctx, equation);
    return status;
}

/* What does not improve on all simpler formulas, or is not finite somewhere, stays out. */
static l2osr_status write_front(assessment *a, l2osr_front *front) {
    double best = INFINITY;
    for (int32_t i = 0; i < a->count; i++) {
        if (!(a->train[i] < best) || !isfinite(a->held[i]))
            continue;
        best = a->train[i];
        L2OSR__TRY(write_formula(a, front, i));
    }
    return L2OSR_OK;
}

static l2osr_status assess_all(assessment *a, l2osr_sr *sr, l2osr_front *front) {
    L2OSR__TRY(assessment_init(a, sr));
    for (int32_t i = 0; i < a->count; i++) {
        l2osr__tree_tidy(&a->trees[i]);
        shorten(&a->trees[i], sr);
    }
    assess(a, sr->train, sr->n_train, a->train, &a->train_variance);
    if (sr->n_held > 0)
        assess(a, sr->held, sr->n_held, a->held, &a->held_variance);
    return write_front(a, front);
}

l2osr_status l2osr__sr_write_front(l2osr_sr *sr) {
    assessment a = {.sr = sr};
    l2osr_front *front;
    L2OSR__TRY(l2osr_front_create(&front, sr->ctx));
    l2osr_status status = assess_all(&a, sr, front);
    assessment_clear(&a);
    if (status != L2OSR_OK) {
        l2osr_front_free(front);
        return status;
    }
    l2osr_front_free(sr->front);
    sr->front = front;
    return L2OSR_OK;
}
