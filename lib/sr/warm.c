/* SPDX-License-Identifier: MIT */
/*
 * Formulas that a search is given to begin with. As text they are expressions over the series of
 * the samples; as trees of the search, lags and memories of series are leaves. They are fitted,
 * scored and kept in the hall, from where the islands take them like what other islands found.
 */
#include <math.h>

#include "sr/fit.h"
#include "sr/proof.h"
#include "sr/search.h"

enum { FIT_STEPS = 12 };

/* ---- from expressions to trees ---- */

typedef struct translation {
    l2osr_sr *sr;
    l2osr__expr expr;
    l2osr__tree *tree;
} translation;

static const l2osr__node *node_at(const translation *t, int32_t i) {
    return &t->expr.nodes[i];
}

static l2osr_status push(translation *t, l2osr__node node) {
    if (t->tree->count == L2OSR__TREE_ROOM)
        return l2osr__fail(t->sr->ctx, L2OSR_ERANGE, "seed: more than %d nodes", L2OSR__TREE_ROOM);
    t->tree->nodes[t->tree->count++] = node;
    return L2OSR_OK;
}

static const char *memory_name(const l2osr__column *c) {
    return c->memory == L2OSR__OP_COUNT ? L2OSR__WSUM : l2osr__ops[c->memory].name;
}

static l2osr_status no_column(const translation *t, const l2osr__column *c) {
    const l2osr__columns *columns = &t->sr->columns;
    const char *series = columns->names[columns->plain + c->series];
    const bool bare = c->function == L2OSR__OP_VAR;
    if (c->memory == L2OSR__OP_VAR)
        return l2osr__fail(t->sr->ctx, L2OSR_ENOTFOUND,
                           "seed: %s[%u] is no input of this search; see max_lag", series, c->lag);
    return l2osr__fail(t->sr->ctx, L2OSR_ENOTFOUND,
                       "seed: %s(%s%s%s%s, ...) is no input of this search; see its operators",
                       memory_name(c), bare ? "" : l2osr__ops[c->function].name, bare ? "" : "(",
                       series, bare ? "" : ")");
}

/* A lag of a window is a feature of its own. */
static l2osr__column resolved(const l2osr_samples *samples, l2osr__column c) {
    if (c.memory != L2OSR__OP_VAR || c.series < samples->features)
        return c;
    const size_t feature =
        l2osr_samples_window_feature(samples, c.series - samples->features, c.lag);
    if (feature != SIZE_MAX) {
        c.series = feature;
        c.lag = 0;
    }
    return c;
}

static bool is_column(const l2osr__column *a, const l2osr__column *b) {
    return a->series == b->series && a->lag == b->lag && a->memory == b->memory &&
           a->function == b->function;
}

static l2osr_status push_column(translation *t, l2osr__column wanted, double parameter) {
    const l2osr__columns *columns = &t->sr->columns;
    wanted = resolved(t->sr->samples, wanted);
    for (size_t c = 0; c < columns->count; c++)
        if (is_column(&columns->items[c], &wanted))
            return push(t, l2osr__tree_column((uint32_t)c, parameter));
    return no_column(t, &wanted);
}

/* Whether node i is a series, or square, abs or sign of one: what memories take up. */
static bool is_series(const translation *t, int32_t i, l2osr__column *out) {
    const l2osr__node *node = node_at(t, i);
    out->lag = 0;
    out->function = L2OSR__OP_VAR;
    if (node->op == L2OSR__OP_SQUARE || node->op == L2OSR__OP_ABS || node->op == L2OSR__OP_SIGN) {
        out->function = (l2osr__opcode)node->op;
        node = node_at(t, node->a);
    }
    out->series = (size_t)node->a;
    return node->op == L2OSR__OP_VAR;
}

static l2osr_status push_lag(translation *t, const l2osr__node *node) {
    l2osr__column column = {.lag = node->lag, .memory = L2OSR__OP_VAR, .function = L2OSR__OP_VAR};
    if (node_at(t, node->a)->op != L2OSR__OP_VAR)
        return l2osr__fail(t->sr->ctx, L2OSR_EUNSUPPORTED,
                           "seed: a lag [%u] of something other than an input", node->lag);
    column.series = (size_t)node_at(t, node->a)->a;
    return push_column(t, column, 0);
}

static l2osr_status push_memory(translation *t, const l2osr__node *node) {
    const l2osr__node *decay = node_at(t, node->b);
    const char *name = l2osr__ops[node->op].name;
    l2osr__column column = {.memory = (l2osr__opcode)node->op};
    if (!is_series(t, node->a, &column))
        return l2osr__fail(t->sr->ctx, L2OSR_EUNSUPPORTED,
                           "seed: %s() of something other than an input, or square, abs or sign "
                           "of one",
                           name);
    if (decay->op != L2OSR__OP_CONST || !(decay->value >= 0 && decay->value < 1))
        return l2osr__fail(t->sr->ctx, L2OSR_ERANGE, "seed: the decay of %s() is not in [0, 1)",
                           name);
    return push_column(t, column, decay->value);
}

/* Steps of a sum e + e[1] + ... + e[n - 1] of what memories take up, as which wsum(e, n) is read;
 * 0 when node i is none. */
static int window_of(const translation *t, int32_t i, l2osr__column *out) {
    const l2osr__node *last = node_at(t, node_at(t, i)->b);
    const int steps = last->op == L2OSR__OP_LAG ? last->lag + 1 : 0;
    for (int lag = steps - 1; lag > 0; lag--) {
        const l2osr__node *sum = node_at(t, i);
        if (sum->op != L2OSR__OP_ADD)
            return 0;
        const l2osr__node *past = node_at(t, sum->b);
        if (past->op != L2OSR__OP_LAG || past->lag != lag || past->a != last->a)
            return 0;
        i = sum->a;
    }
    out->memory = L2OSR__OP_COUNT;
    return steps <= L2OSR__MAX_WINDOW && i == last->a && is_series(t, i, out) ? steps : 0;
}

static l2osr_status translate(translation *t, int32_t i);

/* a - b and -b with + and * for those that a search lacks. */
static l2osr_status push_difference(translation *t, const l2osr__node *node) {
    const bool difference = node->op == L2OSR__OP_SUB;
    const l2osr__node *minus = node_at(t, difference ? node->b : node->a);
    if (difference)
        L2OSR__TRY(translate(t, node->a));
    if (minus->op == L2OSR__OP_CONST) {
        L2OSR__TRY(push(t, l2osr__tree_constant(-minus->value)));
    } else {
        L2OSR__TRY(push(t, l2osr__tree_constant(-1)));
        L2OSR__TRY(translate(t, difference ? node->b : node->a));
        L2OSR__TRY(push(t, l2osr__tree_op(L2OSR__OP_MUL)));
    }
    return difference ? push(t, l2osr__tree_op(L2OSR__OP_ADD)) : L2OSR_OK;
}

static l2osr_status push_operator(translation *t, const l2osr__node *node) {
    l2osr__node op = l2osr__tree_op((l2osr__opcode)node->op);
    op.lag = node->lag; /* number of a function */
    L2OSR__TRY(translate(t, node->a));
    if (l2osr__ops[node->op].arity == 2)
        L2OSR__TRY(translate(t, node->b));
    return push(t, op);
}

static l2osr_status push_constant(translation *t, const l2osr__node *node) {
    if (node->b > 0)
        return l2osr__fail(t->sr->ctx, L2OSR_EUNSUPPORTED, "seed: constants of parameter groups");
    return push(t, l2osr__tree_constant(node->value));
}

static l2osr_status translate(translation *t, int32_t i) {
    const l2osr__node *node = node_at(t, i);
    const l2osr__grammar *grammar = &t->sr->world.grammar;
    l2osr__column column = {.memory = L2OSR__OP_VAR, .function = L2OSR__OP_VAR};
    int steps;
    switch (node->op) {
    case L2OSR__OP_CONST:
        return push_constant(t, node);
    case L2OSR__OP_VAR:
        column.series = (size_t)node->a;
        return push_column(t, column, 0);
    case L2OSR__OP_LAG:
        return push_lag(t, node);
    case L2OSR__OP_EMA:
    case L2OSR__OP_DSUM:
        return push_memory(t, node);
    case L2OSR__OP_ADD:
        steps = grammar->window_sum ? window_of(t, i, &column) : 0;
        return steps > 0 ? push_column(t, column, steps) : push_operator(t, node);
    case L2OSR__OP_SUB:
    case L2OSR__OP_NEG:
        return grammar->has[node->op] ? push_operator(t, node) : push_difference(t, node);
    default:
        if (node->op < L2OSR__OP_ADD)
            return l2osr__fail(t->sr->ctx, L2OSR_EUNSUPPORTED, "seed: no search has %s()",
                               l2osr__ops[node->op].name);
        return push_operator(t, node);
    }
}

/* ---- what fits the search ---- */

static l2osr_status check(const l2osr_sr *sr, const l2osr__tree *tree) {
    const l2osr__grammar *grammar = &sr->world.grammar;
    const int32_t complexity = l2osr__tree_complexity(tree, grammar);
    for (int32_t i = 0; i < tree->count; i++) {
        const int op = tree->nodes[i].op;
        if (op >= L2OSR__OP_ADD && !l2osr__op_is_call(op) && !grammar->has[op])
            return l2osr__fail(sr->ctx, L2OSR_ENOTFOUND,
                               "seed: '%s' is no operator of this search; add it to operators",
                               l2osr__ops[op].name);
    }
    if (complexity > grammar->max_size)
        return l2osr__fail(sr->ctx, L2OSR_ERANGE,
                           "seed: a complexity of %d is too large; max_complexity is %d",
                           (int)complexity, (int)grammar->max_size);
    if (!l2osr__tree_allowed(tree, grammar))
        return l2osr__fail(sr->ctx, L2OSR_ERANGE,
                           "seed: nested otherwise than max_depth and nesting allow");
    return L2OSR_OK;
}

static l2osr_status parse(l2osr_sr *sr, const char *equation, l2osr__tree *tree) {
    const l2osr__columns *columns = &sr->columns;
    const l2osr__symbols symbols = {.names = (const char *const *)columns->names + columns->plain,
                                    .count = columns->n_names - columns->plain,
                                    .functions = sr->world.grammar.functions,
                                    .n_functions = sr->world.grammar.n_functions};
    translation t = {.sr = sr, .tree = tree};
    tree->count = 0;
    l2osr_status status =
        l2osr__parse_expression(&t.expr, sr->ctx, (l2osr__source){"seed", equation}, &symbols);
    if (status == L2OSR_OK)
        status = translate(&t, t.expr.root);
    l2osr__expr_clear(&t.expr);
    L2OSR__TRY(status);
    l2osr__tree_link(tree);
    l2osr__tree_simplify(tree, &sr->world.grammar);
    return check(sr, tree);
}

/* ---- into the hall ---- */

static bool offer(l2osr_sr *sr, const l2osr__tree *tree, double mse) {
    l2osr__world *world = &sr->world;
    l2osr__scorer *scorer = &sr->islands[0].scorer;
    l2osr__member member = {.mse = mse, .cost = mse, .fitted = true, .tree = *tree};
    member.complexity = l2osr__tree_complexity(tree, &world->grammar);
    if (!(mse < INFINITY))
        return false;
    l2osr__hall_offer(&world->hall, &member);
    member.cost = l2osr__proof(scorer, tree, mse, INFINITY);
    l2osr__hall_offer(&world->proven, &member);
    return true;
}

/* As it is, but for its constants, and with the best weights for its terms, which may be too large;
 * false when it has no finite error either way. */
static bool take_in(l2osr_sr *sr, const l2osr__tree *tree) {
    l2osr__scorer *scorer = &sr->islands[0].scorer;
    l2osr__tree plain = *tree, weighted = *tree;
    l2osr__fit(scorer, &plain, sr->table.rows, FIT_STEPS);
    const bool taken = offer(sr, &plain, l2osr__score_plain(scorer, &plain));
    if (l2osr__score(scorer, &weighted, INFINITY) == INFINITY)
        return taken;
    l2osr__fit(scorer, &weighted, sr->table.rows, FIT_STEPS);
    return offer(sr, &weighted, l2osr__score(scorer, &weighted, INFINITY)) || taken;
}

l2osr_status l2osr_sr_seed_text(l2osr_sr *sr, const char *equation) {
    l2osr__tree tree;
    if (!sr)
        return L2OSR_EINVAL;
    if (!equation)
        return l2osr__fail(sr->ctx, L2OSR_EINVAL, "seed: equation is NULL");
    L2OSR__TRY(parse(sr, equation, &tree));
    if (!take_in(sr, &tree))
        return l2osr__fail(sr->ctx, L2OSR_ENONFINITE,
                           "seed: on some of the rows to fit on its value is not finite");
    return L2OSR_OK;
}

/* All are read before the first is taken in: then nothing can fail any more. */
static l2osr_status read_front(l2osr_sr *sr, const l2osr_front *front, l2osr__tree *trees,
                               size_t *count) {
    for (size_t i = 0; i < front->count; i++) {
        const l2osr_status status = parse(sr, front->formulas[i].equation, &trees[*count]);
        if (status == L2OSR_ENOMEM)
            return status;
        *count += status == L2OSR_OK;
    }
    return L2OSR_OK;
}

l2osr_status l2osr_sr_seed_front(l2osr_sr *sr, const l2osr_front *front, size_t *taken) {
    l2osr__tree *trees;
    size_t count = 0, sum = 0;
    if (!sr)
        return L2OSR_EINVAL;
    if (!front)
        return l2osr__fail(sr->ctx, L2OSR_EINVAL, "seed: front is NULL");
    L2OSR__TRY(l2osr__alloc_to(sr->ctx, &trees, front->count + 1, sizeof *trees));
    l2osr_status status = read_front(sr, front, trees, &count);
    for (size_t i = 0; status == L2OSR_OK && i < count; i++)
        sum += take_in(sr, &trees[i]);
    l2osr__free(sr->ctx, trees);
    if (taken)
        *taken = sum;
    return status;
}
