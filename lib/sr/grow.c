/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "sr/mutate.h"

enum { ROWS = L2OSR__SCORE_PROBE, CANDIDATES = 48, TERM_SIZE = 7 };

/*
 * Adding c T at a node changes the tree's value by w c T, w being its derivative by that node. So
 * the best c and T are a least-squares fit of w T to the residual r; so is a constant added with
 * it, which stands for whatever offset the tree has there.
 */
typedef struct direction {
    size_t first, rows;
    float weight[ROWS], residual[ROWS];
    double ww, wr; /* sums of w w and of w r */
} direction;

/* A candidate term, and what adding it explains of the sum of squares. */
typedef struct term {
    l2osr__tree tree;
    double factor, offset, gain, plain_gain;
} term;

static bool find_direction(direction *d, l2osr__scorer *s, const l2osr__tree *tree, l2osr__rng *rng,
                           int32_t node) {
    size_t rows = s->table->rows;
    d->rows = rows < ROWS ? rows : ROWS;
    d->first = l2osr__rng_below(rng, (uint32_t)(rows - d->rows) + 1);
    d->ww = d->wr = 0;
    l2osr__scorer_load(s, tree, true);
    l2osr__scorer_want(s, &node, 1);
    for (size_t i = 0; i < d->rows; i += L2OSR__SCORE_BLOCK) {
        size_t n = d->rows - i < L2OSR__SCORE_BLOCK ? d->rows - i : L2OSR__SCORE_BLOCK;
        float *weight = d->weight + i;
        l2osr__scorer_residual(s, l2osr__scorer_run(s, d->first + i, n), d->residual + i,
                               d->first + i, n);
        l2osr__scorer_reverse(s, n);
        memcpy(weight, s->adjoint[node], n * sizeof *weight);
        l2osr__scorer_weigh(s, weight, d->first + i, n);
        d->ww += s->kernels->sum_squares(n, weight);
        d->wr += s->kernels->dot(n, weight, d->residual + i);
    }
    return isfinite(d->ww) && d->ww > 0 && isfinite(d->wr);
}

static void measure(const direction *d, l2osr__scorer *s, term *t) {
    float x[L2OSR__SCORE_BLOCK];
    double wt = 0, tt = 0, rt = 0;
    l2osr__scorer_load(s, &t->tree, false);
    for (size_t i = 0; i < d->rows; i += L2OSR__SCORE_BLOCK) {
        size_t n = d->rows - i < L2OSR__SCORE_BLOCK ? d->rows - i : L2OSR__SCORE_BLOCK;
        const float *value = l2osr__scorer_run(s, d->first + i, n);
        s->kernels->binary[L2OSR__BI_MUL](n, x, value, d->weight + i);
        wt += s->kernels->rough_dot(n, d->weight + i, x);
        tt += s->kernels->rough_dot(n, x, x);
        rt += s->kernels->rough_dot(n, d->residual + i, x);
    }
    double spread = tt - wt * wt / d->ww, along = rt - d->wr * wt / d->ww;
    t->gain = t->plain_gain = 0;
    if (!isfinite(tt) || !(spread > 1e-5 * tt))
        return;
    t->factor = along / spread;
    t->offset = (d->wr - t->factor * wt) / d->ww;
    t->gain = along * t->factor + d->wr * d->wr / d->ww;
    t->plain_gain = rt * rt / tt;
}

/* Columns half of the time, in turn when they are few; else something small made of them. */
static void draw_term(term *t, const l2osr__grammar *grammar, l2osr__rng *rng, uint32_t k,
                      int32_t room) {
    int32_t size = room < TERM_SIZE ? room : TERM_SIZE;
    t->tree.count = 0;
    if (k % 2 == 0)
        t->tree.nodes[t->tree.count++] =
            grammar->columns == grammar->plain && grammar->plain <= CANDIDATES / 2
                ? l2osr__tree_column(k / 2 % grammar->plain, 0)
                : l2osr__tree_random_column(grammar, rng);
    else
        l2osr__tree_random(&t->tree, grammar, rng,
                           1 + (int32_t)l2osr__rng_below(rng, (uint32_t)size));
    l2osr__tree_link(&t->tree);
}

/* Writes node + factor * term, with the offset where the subtree has none that a fit could move. */
static bool attach(l2osr__tree *tree, int32_t node, const term *t) {
    l2osr__node text[L2OSR__TREE_ROOM + 6];
    int32_t count = 0;
    double sign;
    text[count++] = l2osr__tree_constant(t->factor);
    memcpy(text + count, t->tree.nodes, (size_t)t->tree.count * sizeof *text);
    count += t->tree.count;
    text[count++] = l2osr__tree_op(L2OSR__OP_MUL);
    text[count++] = l2osr__tree_op(L2OSR__OP_ADD);
    if (l2osr__tree_offset(tree, node, &sign) < 0 && t->gain > 1.05 * t->plain_gain) {
        text[count++] = l2osr__tree_constant(t->offset);
        text[count++] = l2osr__tree_op(L2OSR__OP_ADD);
    }
    return l2osr__tree_splice(tree, node + 1, node + 1, text, count);
}

bool l2osr__grow(l2osr__scorer *s, l2osr__tree *tree, const l2osr__grammar *grammar,
                 l2osr__rng *rng, int32_t node) {
    direction d;
    term best = {.gain = 0}, candidate;
    double best_worth = 0;
    int32_t room = grammar->max_size - l2osr__tree_complexity(tree, grammar) - 3;
    if (room < 1 || tree->count + TERM_SIZE + 6 > L2OSR__TREE_ROOM ||
        !l2osr__grammar_sums(grammar) || !find_direction(&d, s, tree, rng, node))
        return false;
    for (uint32_t k = 0; k < CANDIDATES; k++) {
        draw_term(&candidate, grammar, rng, k, room);
        measure(&d, s, &candidate);
        const double worth =
            candidate.gain / sqrt(3 + l2osr__tree_complexity(&candidate.tree, grammar));
        if (worth > best_worth) {
            best_worth = worth;
            best = candidate;
        }
    }
    return best_worth > 0 && attach(tree, node, &best);
}
