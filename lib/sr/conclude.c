/* SPDX-License-Identifier: MIT */
/*
 * From the hall to the front. Constants are rounded; each formula is written as text and measured
 * as such on the trajectories it was fitted on and on those kept apart. What does not hold on the
 * latter stays out. The rest is fitted once more, now on all trajectories.
 */
#include <math.h>

#include "sr/fit.h"
#include "sr/guard.h"
#include "sr/search.h"

enum { REFIT_STEPS = 6 };

/* How much R2 may fall from the trajectories fitted on to those kept apart. */
static const double LARGEST_FALL = 0.1;

/* The same to those fitted under cross-validation. */
static const double LARGEST_CROSS_FALL = 0.03;

/* R2 of a formula as fitted; r2_held is NaN when nothing was kept apart. */
typedef struct verdict {
    double r2_train, r2_held;
} verdict;

typedef struct conclusion {
    l2osr_sr *sr;
    l2osr_samples *train, *held;
    l2osr__table table; /* with all rows to fit on */
    l2osr__scorer scorer;
    int32_t count;
    l2osr__tree *trees; /* [count] */
    verdict *verdicts;  /* [count] */
    l2osr_front *draft; /* a formula for each */
} conclusion;

static void conclusion_clear(conclusion *c) {
    l2osr_context *ctx = c->sr->ctx;
    l2osr__scorer_clear(&c->scorer);
    l2osr__free(ctx, c->trees);
    l2osr__free(ctx, c->verdicts);
    l2osr_samples_free(c->train);
    l2osr_samples_free(c->held);
    l2osr_front_free(c->draft);
}

static l2osr_status conclusion_init(conclusion *c) {
    l2osr_sr *sr = c->sr;
    int32_t front[L2OSR__SIZE_LIMIT + 1];
    c->count = l2osr__hall_front(&sr->world.proven, front);
    L2OSR__TRY(l2osr_samples_part(&c->train, sr->samples, 0, sr->n_train));
    if (sr->n_held > 0)
        L2OSR__TRY(l2osr_samples_part(&c->held, sr->samples, sr->n_train, sr->n_held));
    c->table = sr->table;
    c->table.rows += c->table.held;
    c->table.held = 0;
    L2OSR__TRY(l2osr__scorer_init(&c->scorer, sr->ctx, &c->table, &sr->world.grammar));
    L2OSR__TRY(l2osr__alloc_to(sr->ctx, &c->trees, (size_t)c->count + 1, sizeof *c->trees));
    L2OSR__TRY(l2osr__alloc_to(sr->ctx, &c->verdicts, (size_t)c->count + 1, sizeof *c->verdicts));
    for (int32_t i = 0; i < c->count; i++)
        c->trees[i] = sr->world.proven.best[front[i]].tree;
    return l2osr__sr_new_front(sr, &c->draft);
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

bool l2osr__sr_round(l2osr__tree *tree, l2osr__scorer *scorer, int digits, double most) {
    int32_t parameters[L2OSR__TREE_ROOM];
    const int32_t n = l2osr__tree_parameters(tree, scorer->grammar, parameters);
    l2osr__tree shorter = *tree;
    for (int32_t i = 0; i < n; i++) {
        double *value = &shorter.nodes[parameters[i]].value;
        *value = rounded(*value, digits);
    }
    if (!(l2osr__score_plain(scorer, &shorter) <= most))
        return false;
    *tree = shorter;
    return true;
}

/* Shortens constants as far as the error does not care. */
static void shorten(l2osr__tree *tree, l2osr__scorer *scorer, double variance) {
    const double mse = l2osr__score_plain(scorer, tree), allowed = 1e-4 * mse + 1e-12 * variance;
    for (int digits = 1; digits <= 9; digits++)
        if (l2osr__sr_round(tree, scorer, digits, mse + allowed))
            return;
}

/* Rewrites a formula for reading, constants that became 1 left out; unless it is not allowed then:
 * it may be deeper. */
static void tidy(l2osr__tree *tree, const l2osr__grammar *grammar) {
    l2osr__tree copy = *tree;
    l2osr__tree_simplify(&copy, grammar);
    l2osr__tree_tidy(&copy);
    if (l2osr__tree_allowed(&copy, grammar))
        *tree = copy;
}

/* ---- judgement ---- */

/* Writes formula i as it was fitted, and measures it on both parts of the trajectories. */
static l2osr_status measure(conclusion *c, int32_t i) {
    verdict *v = &c->verdicts[i];
    double mse;
    shorten(&c->trees[i], &c->sr->islands[0].scorer, c->sr->world.variance);
    tidy(&c->trees[i], &c->sr->world.grammar);
    L2OSR__TRY(l2osr__sr_append(c->sr, c->draft, &c->trees[i], (l2osr_formula){0}));
    L2OSR__TRY(l2osr_front_measure(c->draft, (size_t)i, c->train, &mse, &v->r2_train));
    v->r2_held = (double)NAN;
    if (c->held)
        L2OSR__TRY(l2osr_front_measure(c->draft, (size_t)i, c->held, &mse, &v->r2_held));
    return L2OSR_OK;
}

/* How far R2 falls at least from one part to the other, of the formulas that are worth something:
 * the trajectories kept apart may be harder for all of them. */
static double common_fall(const conclusion *c) {
    double best = 0, least = INFINITY;
    for (int32_t i = 0; i < c->count; i++)
        best = c->verdicts[i].r2_train > best ? c->verdicts[i].r2_train : best;
    for (int32_t i = 0; i < c->count; i++) {
        const verdict *v = &c->verdicts[i];
        if (v->r2_train > 0.5 * best && v->r2_train - v->r2_held < least)
            least = v->r2_train - v->r2_held;
    }
    return least > 0 && least < INFINITY ? least : 0;
}

/* Whether a formula holds on the trajectories kept apart, and under cross-validation. */
static bool holds(conclusion *c, int32_t i, double common) {
    const verdict *v = &c->verdicts[i];
    l2osr__scorer *scorer = &c->sr->islands[0].scorer;
    if (!isfinite(v->r2_train) || v->r2_held < v->r2_train - common - LARGEST_FALL)
        return false;
    const double cross = l2osr__fit_cross(scorer, &c->trees[i]);
    return cross == INFINITY ||
           1 - cross / c->sr->world.variance > v->r2_train - LARGEST_CROSS_FALL;
}

/* Fits on all trajectories, unless that makes nothing better. */
static void refit(conclusion *c, l2osr__tree *tree) {
    l2osr__tree fitted = *tree;
    if (!c->held || l2osr__fit(&c->scorer, &fitted, c->table.rows, REFIT_STEPS) == 0)
        return;
    shorten(&fitted, &c->scorer, c->sr->world.variance);
    tidy(&fitted, &c->sr->world.grammar);
    if (l2osr__score_plain(&c->scorer, &fitted) < l2osr__score_plain(&c->scorer, tree))
        *tree = fitted;
}

/* Drops what is before the last formula and not simpler: tidying may have made that one shorter. */
static void drop_worse(l2osr_front *front) {
    while (front->count > 1 && front->formulas[front->count - 2].complexity >=
                                   front->formulas[front->count - 1].complexity) {
        const l2osr_formula last = front->formulas[front->count - 1];
        front->formulas[front->count - 1] = front->formulas[front->count - 2];
        front->formulas[front->count - 2] = last;
        l2osr__front_pop(front);
    }
}

/* What to beware of beside the data. */
static const char *warning_of(conclusion *c, const l2osr__tree *tree) {
    switch (l2osr__guard(&c->scorer, tree, L2OSR__REGION_WIDE)) {
    case L2OSR__RISK_POLE:
        return "a denominator changes its sign within 3 sigma of the data";
    case L2OSR__RISK_OVERFLOW:
        return "values leave all proportion within 3 sigma of the data";
    default:
        return "";
    }
}

/* Appends a formula to the front if it improves on all simpler ones. */
static l2osr_status conclude_one(conclusion *c, int32_t i, l2osr_front *front, double *best) {
    l2osr__tree *tree = &c->trees[i];
    refit(c, tree);
    L2OSR__TRY(l2osr__sr_append(
        c->sr, front, tree,
        (l2osr_formula){.r2_validation = c->verdicts[i].r2_held, .warning = warning_of(c, tree)}));
    l2osr_formula *formula = &front->formulas[front->count - 1];
    L2OSR__TRY(l2osr_front_measure(front, front->count - 1, c->sr->samples, &formula->mse,
                                   &formula->r2_train));
    if (!isfinite(formula->mse) || formula->mse >= *best) {
        l2osr__front_pop(front);
        return L2OSR_OK;
    }
    *best = formula->mse;
    drop_worse(front);
    return L2OSR_OK;
}

/* The simplest formula is there in any case: a front that is empty would tell less. */
static l2osr_status conclude(conclusion *c, l2osr_front *front) {
    double best = INFINITY;
    L2OSR__TRY(conclusion_init(c));
    for (int32_t i = 0; i < c->count; i++)
        L2OSR__TRY(measure(c, i));
    const double common = common_fall(c);
    for (int32_t i = 0; i < c->count; i++)
        if (i == 0 || holds(c, i, common))
            L2OSR__TRY(conclude_one(c, i, front, &best));
    return L2OSR_OK;
}

l2osr_status l2osr__sr_new_front(const l2osr_sr *sr, l2osr_front **out) {
    return l2osr__front_new(out, sr->ctx, sr->functions, sr->world.grammar.n_functions);
}

l2osr_status l2osr__sr_write_front(l2osr_sr *sr) {
    conclusion c = {.sr = sr};
    l2osr_front *front;
    L2OSR__TRY(l2osr__sr_new_front(sr, &front));
    l2osr_status status = conclude(&c, front);
    conclusion_clear(&c);
    if (status != L2OSR_OK) {
        l2osr_front_free(front);
        return status;
    }
    l2osr_front_free(sr->front);
    sr->front = front;
    return L2OSR_OK;
}
