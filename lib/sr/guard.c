/* SPDX-License-Identifier: MIT */
#include "sr/guard.h"

#include <math.h>
#include <string.h>

enum { BLOCK = L2OSR__SCORE_BLOCK, ROUNDS = 3, MOVED_ROWS = 2048, QUICK_ROWS = 1024 };

static const float DEVIATIONS = 3;

/* How far columns are stretched: the more, the longer their tails are; other data of the same kind
 * will go further out there. */
static const float LEAST_STRETCH = 0.3f, MOST_STRETCH = 1.5f, SHORT_TAIL = 4, LONG_TAIL = 12;

/* How many times the target's range values may be away from it. */
static const float NEAR_RANGE = 1, WIDE_RANGE = 100;

/* A denominator of so small a part of its mean is next to zero; a square so many times its mean is
 * large. */
static const double SMALL = 0.05, RISE = 9;

typedef struct watch {
    l2osr__scorer *s;
    const l2osr__tree *tree;
    l2osr__region region;
    float low, high;               /* what values are allowed */
    int8_t sign[L2OSR__TREE_ROOM]; /* of denominators so far */
} watch;

static void set_bounds(watch *w) {
    const l2osr__scorer *s = w->s;
    const float range =
        (w->region == L2OSR__REGION_WIDE ? WIDE_RANGE : NEAR_RANGE) * (s->most - s->least);
    w->low = s->least - range;
    w->high = s->most + range;
}

static float stretch_of(const l2osr__terminal *t) {
    const float part = ((float)t->tail - SHORT_TAIL) / (LONG_TAIL - SHORT_TAIL);
    return LEAST_STRETCH + (MOST_STRETCH - LEAST_STRETCH) * (part < 0 ? 0 : part > 1 ? 1 : part);
}

/* Below functions that are zero where their operand is. */
static int32_t zero_of(const l2osr__tree *tree, int32_t i) {
    for (;;) {
        const int op = tree->nodes[i].op;
        if (op != L2OSR__OP_ABS && op != L2OSR__OP_SQUARE && op != L2OSR__OP_CUBE &&
            op != L2OSR__OP_SQRTM && op != L2OSR__OP_NEG)
            return i;
        i = tree->nodes[i].a;
    }
}

/* The node that must not be zero for node i to be finite; -1 when there is none. */
static int32_t denominator_of(const l2osr__tree *tree, int32_t i) {
    const l2osr__node *node = &tree->nodes[i];
    if (node->op == L2OSR__OP_DIV)
        return tree->nodes[node->b].op == L2OSR__OP_CONST ? -1 : zero_of(tree, node->b);
    const bool power = node->op == L2OSR__OP_POWM || node->op == L2OSR__OP_POWER;
    if (power && tree->nodes[node->b].op == L2OSR__OP_CONST && tree->nodes[node->b].value < 0)
        return zero_of(tree, node->a);
    return -1;
}

/* Values of a leaf in a round; the noise is the same for all leaves of a column. */
static void move_leaf(const watch *w, int32_t i, size_t first, size_t n, size_t round, float *out) {
    const float *column = w->s->column[i] + first;
    const size_t shift = (size_t)w->tree->nodes[i].a * 523 + round * 1543 + first;
    const float *noise = w->s->noise + shift % L2OSR__SCORE_NOISE;
    const l2osr__terminal *t = &w->s->grammar->terminals[w->tree->nodes[i].a];
    const float spread = DEVIATIONS * (float)t->deviation, mean = (float)t->mean;
    const float stretch = stretch_of(t);
    if (w->region == L2OSR__REGION_WIDE)
        for (size_t k = 0; k < n; k++)
            out[k] = mean + spread * noise[k];
    else if (round == 0)
        memcpy(out, column, n * sizeof *out);
    else
        for (size_t k = 0; k < n; k++)
            out[k] = column[k] * (1 + (noise[k] < 0 ? LEAST_STRETCH : stretch) * noise[k]);
}

static bool keeps_sign(watch *w, int32_t i, const float *value, size_t n) {
    for (size_t k = 0; k < n; k++) {
        const int8_t sign = (int8_t)((value[k] > 0) - (value[k] < 0));
        if (w->sign[i] == 0)
            w->sign[i] = sign;
        if (sign == 0 || sign != w->sign[i])
            return false;
    }
    return true;
}

static l2osr__risk look(watch *w, size_t first, size_t n, size_t round) {
    l2osr__scorer *s = w->s;
    const int32_t count = w->tree->count;
    for (int32_t i = 0; i < count; i++)
        if (w->tree->nodes[i].op == L2OSR__OP_VAR)
            move_leaf(w, i, first, n, round, s->value[i]);
    l2osr__code_run_f32(&s->code, s->kernels, n, s->scalars, s->value, s->value);
    for (int32_t i = 0; i < count; i++) {
        const int32_t denominator = denominator_of(w->tree, i);
        if (denominator >= 0 && !keeps_sign(w, denominator, s->value[denominator], n))
            return L2OSR__RISK_POLE;
    }
    const float *value = s->value[count - 1];
    for (size_t k = 0; k < n; k++)
        if (!(value[k] >= w->low && value[k] <= w->high))
            return L2OSR__RISK_OVERFLOW;
    return L2OSR__RISK_NONE;
}

/* Sums over rows for a quotient: of its square, of the size of its denominator, and of its square
 * where that is small. */
typedef struct quotient {
    double square, size, near_square;
    size_t near_count;
} quotient;

static void add_quotient(quotient *q, const float *value, const float *denominator, size_t n,
                         double small) {
    for (size_t k = 0; k < n; k++) {
        const double square = (double)value[k] * value[k], size = fabs((double)denominator[k]);
        q->square += square;
        q->size += size;
        if (size < small) {
            q->near_square += square;
            q->near_count++;
        }
    }
}

/*
 * A quotient that is largest where its denominator is next to zero has a pole there, though no row
 * may hit it: x / t. Where numerator and denominator vanish together it has none: the step of Adam.
 */
static bool rises_at_zero(watch *w) {
    l2osr__scorer *s = w->s;
    const size_t rows = s->table->rows;
    quotient sums[2][L2OSR__TREE_ROOM] = {0};
    for (int pass = 0; pass < 2; pass++)
        for (size_t row = 0; row < rows; row += BLOCK) {
            const size_t n = rows - row < BLOCK ? rows - row : BLOCK;
            l2osr__scorer_run(s, row, n);
            for (int32_t i = 0; i < w->tree->count; i++) {
                const int32_t d = denominator_of(w->tree, i);
                const double small = pass == 0 ? 0 : SMALL * sums[0][i].size / (double)rows;
                if (d >= 0)
                    add_quotient(&sums[pass][i], s->value[i], s->value[d], n, small);
            }
        }
    for (int32_t i = 0; i < w->tree->count; i++) {
        const quotient *q = &sums[1][i];
        if (q->near_count > 0 &&
            q->near_square / (double)q->near_count > RISE * q->square / (double)rows)
            return true;
    }
    return false;
}

static bool has_quotients(const l2osr__tree *tree) {
    for (int32_t i = 0; i < tree->count; i++)
        if (denominator_of(tree, i) >= 0)
            return true;
    return false;
}

l2osr__risk l2osr__guard(l2osr__scorer *s, const l2osr__tree *tree, l2osr__region region) {
    const bool quick = region == L2OSR__REGION_QUICK, near = region == L2OSR__REGION_NEAR;
    const size_t all = s->table->rows, most = quick ? QUICK_ROWS : MOVED_ROWS;
    const size_t some = all < most ? all : most;
    l2osr__risk risk = L2OSR__RISK_NONE;
    watch w = {.s = s, .tree = tree, .region = region};
    set_bounds(&w);
    l2osr__scorer_load(s, tree, true);
    for (size_t round = 0; round < (quick ? 2 : ROUNDS) && risk == L2OSR__RISK_NONE; round++) {
        const size_t rows = round == 0 && near ? all : some;
        for (size_t row = 0; row < rows && risk == L2OSR__RISK_NONE; row += BLOCK)
            risk = look(&w, row, rows - row < BLOCK ? rows - row : BLOCK, round);
    }
    if (risk == L2OSR__RISK_NONE && near && has_quotients(tree) && rises_at_zero(&w))
        return L2OSR__RISK_POLE;
    return risk;
}
