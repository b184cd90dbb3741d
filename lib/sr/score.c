/* SPDX-License-Identifier: MIT */
#include "sr/score.h"

#include <math.h>
#include <string.h>

enum { BLOCK = L2OSR__SCORE_BLOCK, LANES = 16 };

static void sum_target(l2osr__scorer *s) {
    for (size_t i = 0; i < s->table->rows; i++) {
        double y = s->table->target[i];
        s->target_sum[i / BLOCK] += y;
        s->target_square[i / BLOCK] += y * y;
    }
}

l2osr_status l2osr__scorer_init(l2osr__scorer *s, l2osr_context *ctx, const l2osr__table *table) {
    const size_t blocks = table->rows / BLOCK + 1;
    *s = (l2osr__scorer){.ctx = ctx, .kernels = l2osr__kernels_f32_of(ctx), .table = table};
    L2OSR__TRY(l2osr__program_init(&s->program, ctx, L2OSR__TREE_ROOM));
    L2OSR__TRY(l2osr__code_init(&s->code, ctx, L2OSR__TREE_ROOM));
    L2OSR__TRY(l2osr__alloc_to(ctx, &s->values, L2OSR__TREE_ROOM, BLOCK * sizeof(float)));
    L2OSR__TRY(l2osr__alloc_to(ctx, &s->adjoints, L2OSR__TREE_ROOM, BLOCK * sizeof(float)));
    L2OSR__TRY(l2osr__alloc_to(ctx, &s->target_sum, blocks, sizeof *s->target_sum));
    L2OSR__TRY(l2osr__alloc_to(ctx, &s->target_square, blocks, sizeof *s->target_square));
    sum_target(s);
    return L2OSR_OK;
}

void l2osr__scorer_clear(l2osr__scorer *s) {
    if (!s->ctx)
        return;
    l2osr__program_clear(&s->program, s->ctx);
    l2osr__code_clear(&s->code, s->ctx);
    l2osr__free(s->ctx, s->values);
    l2osr__free(s->ctx, s->adjoints);
    l2osr__free(s->ctx, s->target_sum);
    l2osr__free(s->ctx, s->target_square);
    *s = (l2osr__scorer){0};
}

static void place_in_registers(l2osr__scorer *s, int32_t count) {
    for (int32_t i = 0; i < count; i++)
        if (s->code.temp[i] >= 0)
            s->value[i] = s->values + (size_t)s->code.temp[i] * BLOCK;
}

/* Reverse mode reads every intermediate value again, numbers too, so each node has its own. */
static void place_apart(l2osr__scorer *s, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        s->value[i] = s->values + (size_t)i * BLOCK;
        s->adjoint[i] = s->adjoints + (size_t)i * BLOCK;
        if (s->program.slots[i].broadcast)
            s->kernels->fill(BLOCK, s->value[i], (float)s->scalars[i]);
    }
}

void l2osr__scorer_load(l2osr__scorer *s, const l2osr__tree *tree, bool reverse) {
    const int32_t root = tree->count - 1;
    s->tree = tree;
    const l2osr__program_source source = {
        .nodes = tree->nodes, .count = tree->count, .roots = &root, .n_roots = 1, .update = -1};
    const l2osr__code_goal goal = {.roots = &root, .n_roots = 1, .fuse = !reverse};
    /* cannot fail: the tree fits and has no memory */
    l2osr_status status = l2osr__program_build(&s->program, s->ctx, &source);
    (void)status;
    l2osr__program_scalars(&s->program, &(l2osr__moment){.step = 1}, 0, s->scalars);
    l2osr__code_build(&s->code, &s->program, &goal, NULL);
    if (reverse)
        place_apart(s, tree->count);
    else
        place_in_registers(s, tree->count);
}

const float *l2osr__scorer_run(l2osr__scorer *s, size_t first, size_t n) {
    const l2osr__tree *tree = s->tree;
    for (int32_t i = 0; i < tree->count; i++)
        if (tree->nodes[i].op == L2OSR__OP_VAR)
            s->value[i] = s->table->column[tree->nodes[i].a] + first;
    l2osr__code_run_f32(&s->code, s->kernels, n, s->scalars, s->value, s->value);
    return s->value[tree->count - 1];
}

void l2osr__scorer_reverse(l2osr__scorer *s, size_t n) {
    const int32_t count = s->tree->count;
    for (int32_t i = 0; i < count; i++)
        memset(s->adjoint[i], 0, n * sizeof(float));
    for (size_t k = 0; k < n; k++)
        s->adjoint[count - 1][k] = 1;
    l2osr__program_reverse_f32(&s->program, s->kernels, n, s->scalars, s->value, s->value,
                               s->adjoint, s->adjoint);
}

float l2osr__dot(const float *a, const float *b, size_t n) {
    float sum[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            sum[k] += a[i + k] * b[i + k];
    for (; i < n; i++)
        sum[0] += a[i] * b[i];
    for (size_t width = LANES / 2; width > 0; width /= 2)
        for (size_t k = 0; k < width; k++)
            sum[k] += sum[k + width];
    return sum[0];
}

/* Sums over rows of predictions p and targets y. */
typedef struct moments {
    double n, p, pp, py, y, yy;
} moments;

/* Eight partial sums in a fixed order: exact enough to tell errors of 1e-12 of the variance. */
static void add_moments(moments *m, const float *p, const float *y, size_t n) {
    double sum[8] = {0}, square[8] = {0}, product[8] = {0};
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (size_t k = 0; k < 8; k++) {
            double a = p[i + k], b = y[i + k];
            sum[k] += a;
            square[k] += a * a;
            product[k] += a * b;
        }
    for (; i < n; i++) {
        double a = p[i], b = y[i];
        sum[0] += a;
        square[0] += a * a;
        product[0] += a * b;
    }
    for (size_t k = 0; k < 8; k++) {
        m->p += sum[k];
        m->pp += square[k];
        m->py += product[k];
    }
    m->n += (double)n;
}

static void add_rows(l2osr__scorer *s, moments *m, size_t first, size_t end) {
    for (size_t row = first; row < end; row += BLOCK) {
        size_t n = end - row < BLOCK ? end - row : BLOCK;
        add_moments(m, l2osr__scorer_run(s, row, n), s->table->target + row, n);
        m->y += s->target_sum[row / BLOCK];
        m->yy += s->target_square[row / BLOCK];
    }
}

/* What scale and offset achieve. */
typedef struct scaling {
    double factor, offset, mse;
} scaling;

static double positive(double x) {
    return x > 0 ? x : 0;
}

static scaling as_it_is(const moments *m) {
    return (scaling){1, 0, positive(m->pp - 2 * m->py + m->yy) / m->n};
}

static scaling with_factor(const moments *m) {
    double factor = m->pp > 0 ? m->py / m->pp : 0;
    return (scaling){factor, 0, positive(m->yy - factor * m->py) / m->n};
}

static scaling with_offset(const moments *m) {
    double variance = m->pp - m->p * m->p / m->n, covariance = m->py - m->p * m->y / m->n;
    double factor = variance > 1e-12 * m->pp ? covariance / variance : 0;
    double rest = m->yy - m->y * m->y / m->n - factor * covariance;
    return (scaling){factor, (m->y - factor * m->p) / m->n, positive(rest) / m->n};
}

static double variance_of(const moments *m) {
    return positive(m->yy - m->y * m->y / m->n) / m->n;
}

/* Takes the scaling that is worth its nodes: one per cent of error a node, and no error below
 * rounding. */
static double apply_best(l2osr__tree *tree, const l2osr__grammar *grammar, const moments *m) {
    const scaling options[3] = {as_it_is(m), with_factor(m), with_offset(m)};
    const double noise = 1e-10 * variance_of(m);
    double best_cost = INFINITY, best_mse = INFINITY;
    l2osr__tree best = *tree;
    for (int i = 0; i < 3; i++) {
        l2osr__tree scaled = *tree;
        if ((i >= 1 && !grammar->has[L2OSR__OP_MUL]) || (i == 2 && !grammar->has[L2OSR__OP_ADD]))
            continue;
        if (!l2osr__tree_scale(&scaled, options[i].factor, options[i].offset) ||
            scaled.count > grammar->max_nodes)
            continue;
        double cost = (options[i].mse + noise) * (1 + 0.01 * scaled.count);
        if (cost < best_cost) {
            best_cost = cost;
            best_mse = options[i].mse;
            best = scaled;
        }
    }
    *tree = best;
    return best_mse;
}

double l2osr__score(l2osr__scorer *s, l2osr__tree *tree, const l2osr__grammar *grammar,
                    double hopeless) {
    const size_t rows = s->table->rows;
    const size_t probe = rows < 2 * L2OSR__SCORE_PROBE ? rows : L2OSR__SCORE_PROBE;
    moments m = {0};
    l2osr__scorer_load(s, tree, false);
    add_rows(s, &m, 0, probe);
    if (!isfinite(m.pp) || (probe < rows && with_offset(&m).mse > hopeless))
        return INFINITY;
    add_rows(s, &m, probe, rows);
    return isfinite(m.pp) ? apply_best(tree, grammar, &m) : INFINITY;
}

double l2osr__score_plain(l2osr__scorer *s, const l2osr__tree *tree) {
    double sum = 0;
    l2osr__scorer_load(s, tree, false);
    for (size_t row = 0; row < s->table->rows; row += BLOCK) {
        size_t n = s->table->rows - row < BLOCK ? s->table->rows - row : BLOCK;
        const float *p = l2osr__scorer_run(s, row, n);
        for (size_t i = 0; i < n; i++) {
            double r = (double)s->table->target[row + i] - p[i];
            sum += r * r;
        }
    }
    return isfinite(sum) ? sum / (double)s->table->rows : INFINITY;
}
