/* SPDX-License-Identifier: MIT */
/*
 * From the hall to the front. Constants are rounded; each formula is written as text and measured
 * as such on the trajectories it was fitted on and on those kept apart. What does not hold on the
 * latter stays out. The rest is fitted once more, now on all trajectories.
 */
#include <math.h>
#include <string.h>

#include "sr/fit.h"
#include "sr/search.h"

enum { REFIT_STEPS = 6 };

/* How much R2 may fall from the trajectories fitted on to those kept apart. */
static const double LARGEST_FALL = 0.1;

typedef struct conclusion {
    l2osr_sr *sr;
    l2osr_samples *train, *held;
    l2osr__table table; /* with all rows to fit on */
    l2osr__scorer scorer;
    int32_t count;
    l2osr__tree *trees; /* [count] */
    l2osr_front *draft; /* a formula for each */
} conclusion;

static void conclusion_clear(conclusion *c) {
    l2osr_context *ctx = c->sr->ctx;
    l2osr__scorer_clear(&c->scorer);
    l2osr__free(ctx, c->trees);
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

/* Rewrites a formula for reading, constants that became 1 left out; unless it is not allowed then: it
 * may be deeper. */
static void tidy(l2osr__tree *tree, const l2osr__grammar *grammar) {
    l2osr__tree copy = *tree;
    l2osr__tree_simplify(&copy, grammar);
    l2osr__tree_tidy(&copy);
    if (l2osr__tree_allowed(&copy, grammar))
        *tree = copy;
}

/* ---- text ---- */

/* Names of the columns of a tree's leaves, each memory with its parameter. */
static l2osr_status name_leaves(const l2osr_sr *sr, l2osr__tree *tree, char **names) {
    for (int32_t i = 0; i < tree->count; i++) {
        l2osr__node *node = &tree->nodes[i];
        if (node->op != L2OSR__OP_VAR)
            continue;
        L2OSR__TRY(l2osr__columns_name(&sr->columns, node, &names[i]));
        node->a = i;
    }
    return L2OSR_OK;
}

static l2osr_status write_equation(const l2osr_sr *sr, const l2osr__tree *tree, char **out) {
    char *names[L2OSR__TREE_ROOM] = {0};
    l2osr__text text = {.ctx = sr->ctx};
    l2osr__tree copy = *tree;
    const l2osr__symbols symbols = {.names = (const char *const *)names,
                                    .count = L2OSR__TREE_ROOM,
                                    .functions = sr->world.grammar.functions,
                                    .n_functions = sr->world.grammar.n_functions};
    l2osr_status status = name_leaves(sr, &copy, names);
    const l2osr__expr expr = {
        .ctx = sr->ctx, .nodes = copy.nodes, .count = copy.count, .root = copy.count - 1};
    if (status == L2OSR_OK)
        l2osr__print_node(&text, &expr, expr.root, &symbols);
    for (int32_t i = 0; i < copy.count; i++)
        l2osr__free(sr->ctx, names[i]);
    if (status == L2OSR_OK)
        return l2osr__text_take(&text, out);
    l2osr__text_drop(&text);
    return status;
}

l2osr_status l2osr__sr_append(const l2osr_sr *sr, l2osr_front *front, const l2osr__tree *tree,
                              l2osr_formula formula) {
    char *equation;
    L2OSR__TRY(write_equation(sr, tree, &equation));
    formula.equation = equation;
    formula.complexity = (unsigned)l2osr__tree_complexity(tree, &sr->world.grammar);
    l2osr_status status = l2osr__front_append(front, &formula);
    l2osr__free(sr->ctx, equation);
    return status;
}

/* ---- judgement ---- */

/* Measures formula i as fitted; false when it does not hold. */
static l2osr_status holds(conclusion *c, int32_t i, bool *good, double *r2_held) {
    double mse, r2_train;
    *r2_held = (double)NAN;
    shorten(&c->trees[i], &c->sr->islands[0].scorer, c->sr->world.variance);
    tidy(&c->trees[i], &c->sr->world.grammar);
    L2OSR__TRY(l2osr__sr_append(c->sr, c->draft, &c->trees[i], (l2osr_formula){0}));
    L2OSR__TRY(l2osr_front_measure(c->draft, (size_t)i, c->train, &mse, &r2_train));
    if (c->held)
        L2OSR__TRY(l2osr_front_measure(c->draft, (size_t)i, c->held, &mse, r2_held));
    *good = isfinite(r2_train) && !(*r2_held < r2_train - LARGEST_FALL);
    return L2OSR_OK;
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

/* Appends a formula to the front if it improves on all simpler ones. */
static l2osr_status conclude_one(conclusion *c, int32_t i, l2osr_front *front, double *best) {
    l2osr_formula *formula;
    double r2_held;
    bool good;
    L2OSR__TRY(holds(c, i, &good, &r2_held));
    if (!good)
        return L2OSR_OK;
    refit(c, &c->trees[i]);
    L2OSR__TRY(l2osr__sr_append(c->sr, front, &c->trees[i], (l2osr_formula){0}));
    formula = &front->formulas[front->count - 1];
    L2OSR__TRY(l2osr_front_measure(front, front->count - 1, c->sr->samples, &formula->mse,
                                   &formula->r2_train));
    formula->r2_validation = r2_held;
    if (!isfinite(formula->mse) || formula->mse >= *best) {
        l2osr__front_pop(front);
        return L2OSR_OK;
    }
    *best = formula->mse;
    drop_worse(front);
    return L2OSR_OK;
}

static l2osr_status conclude(conclusion *c, l2osr_front *front) {
    double best = INFINITY;
    L2OSR__TRY(conclusion_init(c));
    for (int32_t i = 0; i < c->count; i++)
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
