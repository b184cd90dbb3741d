/* SPDX-License-Identifier: MIT */
/*
 * Sums of terms from a pool, by orthogonal least squares: of every candidate only the part counts
 * that the terms chosen so far leave. With q the direction of the term chosen last, one pass over
 * the pool for q'x tells for each x what is left of its length and of its product with the target.
 */
#include <math.h>
#include <string.h>

#include "sr/draft.h"
#include "vec/scalar.h"

enum { ROWS = 2048, DIRECTIONS = 33 /* the offset, and terms */ };

/* What must be left of a candidate's square, and the gain that is worth going on, as parts. */
static const double LEAST_LEFT = 1e-5, LEAST_GAIN = 2e-4;

/* A term that may be chosen. */
typedef struct candidate {
    l2osr__draft draft;
    int32_t cost;
    double left;  /* square of what the chosen terms leave of it */
    double along; /* product of that with the target */
    bool dead;
} candidate;

typedef struct pool {
    l2osr__island *island;
    l2osr__opcode link;
    size_t rows, stride, count;
    float *values; /* of each candidate, times the weight of the row */
    candidate *items;
    float *weight, *residual, *scratch; /* [rows] */
    float *chosen;                      /* orthonormal directions: of the offset, of each term */
    size_t n_chosen;
    double triangle[DIRECTIONS][DIRECTIONS]; /* row k: term k in these directions */
    double part[DIRECTIONS], square;         /* of the target, and what is left of it */
} pool;

static l2osr_status pool_init(pool *p, l2osr__island *island, l2osr__opcode link) {
    l2osr_context *ctx = island->world->ctx;
    const size_t rows = island->world->table->rows, count = island->world->pool;
    *p = (pool){.island = island, .link = link, .rows = rows < ROWS ? rows : ROWS};
    p->stride = (p->rows + 15) / 16 * 16;
    L2OSR__TRY(l2osr__alloc_to(ctx, &p->values, count, p->stride * sizeof(float)));
    L2OSR__TRY(l2osr__alloc_to(ctx, &p->items, count, sizeof *p->items));
    L2OSR__TRY(l2osr__alloc_to(ctx, &p->chosen, DIRECTIONS, p->stride * sizeof(float)));
    L2OSR__TRY(l2osr__alloc_to(ctx, &p->weight, 3, p->stride * sizeof(float)));
    p->residual = p->weight + p->stride;
    p->scratch = p->residual + p->stride;
    return L2OSR_OK;
}

static void pool_clear(pool *p) {
    l2osr_context *ctx = p->island->world->ctx;
    l2osr__free(ctx, p->values);
    l2osr__free(ctx, p->items);
    l2osr__free(ctx, p->chosen);
    l2osr__free(ctx, p->weight);
}

/* ---- the target under a link ---- */

/* The sum z that gives y = link(z), and the slope of the link there; false where there is none. */
static bool unlink_value(l2osr__opcode link, double y, double *z, double *slope) {
    switch (link) {
    case L2OSR__OP_TANH:
        *z = 0.5 * l2osr__log_f64((1 + y) / (1 - y));
        *slope = 1 - y * y;
        return fabs(y) < 1;
    case L2OSR__OP_EXP:
        *z = l2osr__log_f64(y);
        *slope = y;
        return y > 0;
    case L2OSR__OP_SQRT:
    case L2OSR__OP_SQRTM:
        *z = y * y;
        *slope = 0.5 / y;
        return y > 0;
    case L2OSR__OP_SQUARE:
        *z = sqrt(y);
        *slope = 2 * *z;
        return y > 0;
    case L2OSR__OP_DIV:
        *z = 1 / y;
        *slope = y * y;
        return y != 0;
    default:
        *z = y;
        *slope = 1;
        return true;
    }
}

/* Errors of the sum count as much as they move the formula. */
static bool set_target(pool *p) {
    const l2osr__table *table = p->island->world->table;
    for (size_t i = 0; i < p->rows; i++) {
        const double root = table->root_weight ? table->root_weight[i] : 1;
        double z = 0, slope = 0;
        if (root > 0 && !unlink_value(p->link, table->target[i] / root, &z, &slope))
            return false;
        p->weight[i] = (float)(slope * root);
        p->residual[i] = (float)(z * slope * root);
        if (!isfinite(p->weight[i]) || !isfinite(p->residual[i]))
            return false;
    }
    p->square = p->island->scorer.kernels->sum_squares(p->rows, p->residual);
    return p->square > 0;
}

/* ---- the pool ---- */

/* Values of a tree on the rows of the pool, times their weights; false when one is not finite. */
static bool evaluate(pool *p, const l2osr__tree *tree, float *out, double *square) {
    l2osr__scorer *s = &p->island->scorer;
    l2osr__scorer_load(s, tree, false);
    for (size_t row = 0; row < p->rows; row += L2OSR__SCORE_BLOCK) {
        const size_t n = p->rows - row < L2OSR__SCORE_BLOCK ? p->rows - row : L2OSR__SCORE_BLOCK;
        const float *value = l2osr__scorer_run(s, row, n);
        s->kernels->binary[L2OSR__BI_MUL](n, out + row, value, p->weight + row);
    }
    *square = s->kernels->sum_squares(p->rows, out);
    return isfinite(*square) && *square < 1e36 && *square > 0;
}

static void fill_pool(pool *p, const l2osr__terms *base) {
    l2osr__island *island = p->island;
    const l2osr__grammar *grammar = &island->world->grammar;
    const size_t wanted = island->world->pool;
    for (size_t tries = 0; tries < wanted; tries++) {
        candidate *c = &p->items[p->count];
        float *values = p->values + p->count * p->stride;
        l2osr__tree tree;
        *c = (candidate){0};
        l2osr__draft_draw(&c->draft, island, base, tries);
        l2osr__draft_tree(&c->draft, &tree);
        if (!l2osr__tree_allowed(&tree, grammar) || !evaluate(p, &tree, values, &c->left))
            continue;
        c->cost = l2osr__tree_complexity(&tree, grammar) + 3;
        c->along = island->scorer.kernels->dot(p->rows, values, p->residual);
        p->count++;
    }
    const uint64_t spent = wanted * p->rows / island->world->table->rows / 2 + 1;
    island->evaluations += spent;
    island->limit += spent; /* what the pool is for is still to come */
}

/* ---- choosing ---- */

/* Takes what values add to the directions chosen; false when that is nothing. */
static bool take(pool *p, const float *values) {
    const l2osr__kernels_f32 *kernels = p->island->scorer.kernels;
    const size_t k = p->n_chosen;
    float *q = p->chosen + k * p->stride;
    double *column = p->triangle[k], square = kernels->sum_squares(p->rows, values);
    memcpy(q, values, p->rows * sizeof *q);
    memset(column, 0, sizeof p->triangle[k]);
    for (int pass = 0; pass < 2; pass++) /* twice is enough */
        for (size_t j = 0; j < k; j++) {
            const float *other = p->chosen + j * p->stride;
            const double along = kernels->dot(p->rows, other, q);
            kernels->add_scaled(p->rows, q, q, -(float)along, other);
            column[j] += along;
        }
    const double left = kernels->sum_squares(p->rows, q);
    if (!(left > LEAST_LEFT * square))
        return false;
    column[k] = sqrt(left);
    kernels->affine(p->rows, q, (float)(1 / column[k]), q, 0);
    p->part[k] = kernels->dot(p->rows, q, p->residual);
    kernels->add_scaled(p->rows, p->residual, p->residual, -(float)p->part[k], q);
    p->square = kernels->sum_squares(p->rows, p->residual);
    p->n_chosen++;
    return true;
}

/* What direction k leaves of the candidates. */
static void reduce(pool *p, size_t k) {
    const l2osr__kernels_f32 *kernels = p->island->scorer.kernels;
    const float *q = p->chosen + k * p->stride;
    const double part = p->part[k];
    for (size_t i = 0; i < p->count; i++) {
        candidate *c = &p->items[i];
        const double along = kernels->rough_dot(p->rows, q, p->values + i * p->stride);
        c->left -= along * along;
        c->along -= along * part;
        c->dead = c->dead || !(c->left > LEAST_LEFT * (c->left + along * along));
    }
}

/* The candidate that explains most for its price; what it explains must be worth something. */
static candidate *best_of(const pool *p, double thrift) {
    candidate *best = NULL;
    double best_worth = 0;
    for (size_t i = 0; i < p->count; i++) {
        candidate *c = &p->items[i];
        const double gain = c->along * c->along / c->left;
        const double worth = gain * l2osr__power_f64(c->cost, -thrift);
        if (!c->dead && worth > best_worth && gain > LEAST_GAIN * p->square) {
            best = c;
            best_worth = worth;
        }
    }
    return best;
}

/* Weights of some of the terms, the offset's first, and what they leave of the target's square. In
 * the orthonormal directions the terms are the rows of the triangle. */
static double solve(const pool *p, const uint8_t *kept, double *weight) {
    double matrix[DIRECTIONS * DIRECTIONS], right[DIRECTIONS] = {0}, found[DIRECTIONS];
    double left = p->square;
    int32_t n = 0, rows[DIRECTIONS];
    for (size_t k = 0; k < p->n_chosen; k++) {
        left += p->part[k] * p->part[k];
        weight[k] = 0;
        if (kept[k])
            rows[n++] = (int32_t)k;
    }
    for (int32_t i = 0; i < n; i++) {
        right[i] = 0;
        for (size_t d = 0; d < p->n_chosen; d++)
            right[i] += p->triangle[rows[i]][d] * p->part[d];
        for (int32_t j = 0; j <= i; j++) {
            double sum = 0;
            for (size_t d = 0; d < p->n_chosen; d++)
                sum += p->triangle[rows[i]][d] * p->triangle[rows[j]][d];
            matrix[i * n + j] = sum;
        }
    }
    l2osr__linear_solve(n, matrix, right, 1e-10, found);
    for (int32_t i = 0; i < n; i++) {
        weight[rows[i]] = found[i];
        left -= found[i] * right[i];
    }
    return left > 0 ? left : 0;
}

static bool write_sum(const pool *p, const l2osr__terms *sum, l2osr__tree *out) {
    if (!l2osr__terms_join(sum, out) || out->count + 2 > L2OSR__TREE_ROOM)
        return false;
    if (p->link == L2OSR__OP_DIV) {
        memmove(out->nodes + 1, out->nodes, (size_t)out->count * sizeof *out->nodes);
        out->nodes[0] = l2osr__tree_constant(1);
        out->count++;
    }
    if (p->link != L2OSR__OP_VAR)
        out->nodes[out->count++] = l2osr__tree_op(p->link);
    l2osr__tree_link(out);
    return true;
}

/* Takes a candidate into the sum; false when it adds nothing there. */
static bool add_candidate(pool *p, candidate *c, l2osr__terms *sum) {
    const int32_t before = sum->count;
    l2osr__tree tree;
    double square;
    c->dead = true;
    l2osr__draft_tree(&c->draft, &tree);
    if (!l2osr__terms_add(sum, &tree, 1, &p->island->world->grammar) || sum->count == before)
        return false;
    l2osr__terms_get(sum, before, &tree); /* without its factor: what the weight belongs to */
    if (evaluate(p, &tree, p->scratch, &square) && take(p, p->scratch))
        return true;
    l2osr__terms_drop(sum, before);
    return false;
}

/* Makes a member of the terms that are kept. */
static void submit(pool *p, const l2osr__terms *sum, const double *weight) {
    l2osr__island *island = p->island;
    l2osr__terms some = *sum;
    l2osr__tree tree;
    some.offset = weight[0];
    memcpy(some.weight, weight + 1, (size_t)sum->count * sizeof *weight);
    if (write_sum(p, &some, &tree))
        l2osr__island_add(island, &tree,
                          p->link == L2OSR__OP_VAR ? 0 : island->world->options.fit_steps);
}

/* Takes more and more terms; what becomes too complex may still become simpler again. */
static void forward(pool *p, l2osr__terms *sum, double thrift) {
    double weight[DIRECTIONS];
    uint8_t kept[DIRECTIONS];
    candidate *c;
    memset(kept, 1, sizeof kept);
    while (p->n_chosen < DIRECTIONS && !l2osr__island_late(p->island) && (c = best_of(p, thrift))) {
        if (!add_candidate(p, c, sum))
            continue;
        reduce(p, p->n_chosen - 1);
        solve(p, kept, weight);
        submit(p, sum, weight);
    }
}

/* Drops again, one by one, the terms that are missed least. */
static void backward(pool *p, const l2osr__terms *sum) {
    double weight[DIRECTIONS];
    uint8_t kept[DIRECTIONS];
    memset(kept, 1, sizeof kept);
    for (int32_t left = sum->count; left > 1 && !l2osr__island_late(p->island); left--) {
        double least = INFINITY;
        size_t dropped = 0;
        for (size_t k = 1; k < p->n_chosen; k++) {
            if (!kept[k])
                continue;
            kept[k] = 0;
            const double rest = solve(p, kept, weight);
            kept[k] = 1;
            if (rest < least) {
                least = rest;
                dropped = k;
            }
        }
        kept[dropped] = 0;
        solve(p, kept, weight);
        submit(p, sum, weight);
    }
}

/* The offset, then the terms of a formula to begin with. */
static bool take_base(pool *p, l2osr__terms *sum) {
    double square;
    sum->offset = 0;
    if (!take(p, p->weight))
        return false;
    for (int32_t k = 0; k < sum->count; k++) {
        l2osr__tree term;
        l2osr__terms_get(sum, k, &term);
        if (p->n_chosen == DIRECTIONS || !evaluate(p, &term, p->scratch, &square) ||
            !take(p, p->scratch))
            l2osr__terms_drop(sum, k--);
    }
    return true;
}

static void run_pool(pool *p, l2osr__terms *sum) {
    if (!set_target(p))
        return;
    fill_pool(p, sum);
    if (!take_base(p, sum))
        return;
    for (size_t k = 0; k < p->n_chosen; k++)
        reduce(p, k);
    forward(p, sum, 0.5 * l2osr__rng_below(&p->island->rng, 3));
    backward(p, sum);
}

l2osr_status l2osr__island_choose(l2osr__island *island, const l2osr__tree *base,
                                  l2osr__opcode link) {
    l2osr__terms sum;
    pool p;
    sum.count = 0;
    if (!l2osr__grammar_sums(&island->world->grammar) ||
        (base && !l2osr__terms_split(&sum, base, &island->world->grammar)))
        return L2OSR_OK;
    l2osr_status status = pool_init(&p, island, link);
    if (status == L2OSR_OK)
        run_pool(&p, &sum);
    pool_clear(&p);
    return status;
}
