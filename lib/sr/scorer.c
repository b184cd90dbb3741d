/* SPDX-License-Identifier: MIT */
/* Running trees over the rows of a table. */
#include <math.h>
#include <string.h>

#include "sr/score.h"

enum {
    BLOCK = L2OSR__SCORE_BLOCK,
    CACHE_BYTES = 8 << 20, /* for the columns of terms */
    TERM_WAYS = 8,
    MEMORIES =
        128 /* a formula has up to 62 of them, with an operator between two, and as many slopes */
};

/* Sets of the cache of terms: a prime would spread hashes no better. */
static size_t term_sets(size_t rows) {
    const size_t sets = CACHE_BYTES / (rows * sizeof(float) * TERM_WAYS + 1);
    return sets < 8 ? 8 : sets > 512 ? 512 : sets;
}

static void sum_target(l2osr__scorer *s) {
    const l2osr__table *t = s->table;
    s->one = l2osr__table_sum(t, NULL, 0, t->rows);
    s->target = l2osr__table_sum(t, t->target, 0, t->rows);
    s->target_square = s->kernels->sum_squares(t->rows, t->target);
    s->one_held = l2osr__table_sum(t, NULL, t->rows, t->held);
}

static void find_range(l2osr__scorer *s) {
    const l2osr__table *t = s->table;
    s->least = INFINITY;
    s->most = -INFINITY;
    for (size_t i = 0; i < t->rows; i++) {
        const float y = t->root_weight ? t->target[i] / t->root_weight[i] : t->target[i];
        if (y < s->least) /* never so of a row without weight: 0 / 0 */
            s->least = y;
        if (y > s->most)
            s->most = y;
    }
}

static void fill_noise(l2osr__scorer *s) {
    l2osr__rng rng;
    l2osr__rng_init(&rng, 1, 0);
    for (size_t i = 0; i < sizeof s->noise / sizeof s->noise[0]; i++)
        s->noise[i] = (float)(2 * l2osr__rng_uniform(&rng) - 1);
}

l2osr_status l2osr__scorer_init(l2osr__scorer *s, l2osr_context *ctx, const l2osr__table *table,
                                const l2osr__grammar *grammar) {
    const bool memories = grammar->columns > grammar->plain;
    *s = (l2osr__scorer){
        .ctx = ctx, .kernels = l2osr__kernels_f32_of(ctx), .table = table, .grammar = grammar};
    L2OSR__TRY(l2osr__program_init(&s->program, ctx, L2OSR__TREE_ROOM));
    L2OSR__TRY(l2osr__code_init(&s->code, ctx, L2OSR__TREE_ROOM));
    L2OSR__TRY(l2osr__alloc_to(ctx, &s->values, L2OSR__TREE_ROOM, BLOCK * sizeof(float)));
    L2OSR__TRY(l2osr__alloc_to(ctx, &s->adjoints, L2OSR__TREE_ROOM, BLOCK * sizeof(float)));
    L2OSR__TRY(l2osr__cache_init(&s->memories, ctx, 1, memories ? MEMORIES : 1,
                                 table->rows + table->held));
    L2OSR__TRY(l2osr__cache_init(&s->terms, ctx, term_sets(table->rows), TERM_WAYS, table->rows));
    L2OSR__TRY(l2osr__pairs_init(&s->pairs, ctx));
    sum_target(s);
    find_range(s);
    fill_noise(s);
    return L2OSR_OK;
}

void l2osr__scorer_clear(l2osr__scorer *s) {
    if (!s->ctx)
        return;
    l2osr__program_clear(&s->program, s->ctx);
    l2osr__code_clear(&s->code, s->ctx);
    l2osr__free(s->ctx, s->values);
    l2osr__free(s->ctx, s->adjoints);
    l2osr__cache_clear(&s->memories);
    l2osr__cache_clear(&s->terms);
    l2osr__pairs_clear(&s->pairs);
    *s = (l2osr__scorer){0};
}

static uint64_t memory_key(const l2osr__node *node, bool slope) {
    const l2osr__tree leaf = {.count = 1, .nodes = {*node}};
    return l2osr__tree_hash(&leaf) ^ (slope ? 0x5555555555555555u : 0);
}

static const float *memory_column(l2osr__scorer *s, const l2osr__node *node) {
    bool found;
    float *column = l2osr__cache_get(&s->memories, memory_key(node, false), &found);
    if (!found)
        l2osr__table_memory(s->table, (uint32_t)node->a, node->value, column, NULL);
    return column;
}

const float *l2osr__scorer_slope(l2osr__scorer *s, const l2osr__node *node) {
    bool have_value, found;
    float *slope = l2osr__cache_get(&s->memories, memory_key(node, true), &found);
    float *value = l2osr__cache_get(&s->memories, memory_key(node, false), &have_value);
    if (!found)
        l2osr__table_memory(s->table, (uint32_t)node->a, node->value, value, slope);
    return slope;
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
        s->row[i] = s->adjoints + (size_t)i * BLOCK;
        if (s->program.slots[i].broadcast)
            s->kernels->fill(BLOCK, s->value[i], (float)s->scalars[i]);
    }
}

static void find_columns(l2osr__scorer *s, const l2osr__tree *tree) {
    for (int32_t i = 0; i < tree->count; i++) {
        const l2osr__node *node = &tree->nodes[i];
        if (node->op == L2OSR__OP_VAR)
            s->column[i] = (uint32_t)node->a < s->grammar->plain ? s->table->column[node->a]
                                                                 : memory_column(s, node);
    }
}

void l2osr__scorer_load(l2osr__scorer *s, const l2osr__tree *tree, bool reverse) {
    const int32_t root = tree->count - 1;
    s->tree = tree;
    const l2osr__program_source source = {.nodes = tree->nodes,
                                          .count = tree->count,
                                          .roots = &root,
                                          .n_roots = 1,
                                          .update = -1,
                                          .functions = s->grammar->functions};
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
    find_columns(s, tree);
}

const float *l2osr__scorer_run(l2osr__scorer *s, size_t first, size_t n) {
    const l2osr__tree *tree = s->tree;
    for (int32_t i = 0; i < tree->count; i++)
        if (tree->nodes[i].op == L2OSR__OP_VAR)
            s->value[i] = (float *)(uintptr_t)s->column[i] + first; /* only read */
    l2osr__code_run_f32(&s->code, s->kernels, n, s->scalars, s->value, s->value);
    return s->value[tree->count - 1];
}

/* Adjoints of the operands of node i, where they are wanted. A tree's node has one user, so an
 * adjoint is written once; that of a sum's operand is the sum's own. */
static void reverse_node(l2osr__scorer *s, int32_t i, size_t n) {
    const l2osr__kernels_f32 *k = s->kernels;
    const l2osr__node *node = &s->tree->nodes[i];
    const int op = s->program.slots[i].op;
    const bool binary = l2osr__program_arity(&s->program, i) == 2;
    float *d = s->adjoint[i], *da = s->row[node->a], *db = binary ? s->row[node->b] : NULL;
    const float *a = s->value[node->a], *b = binary ? s->value[node->b] : NULL;
    s->adjoint[node->a] = op == L2OSR__OP_ADD || op == L2OSR__OP_SUB ? d : da;
    if (binary)
        s->adjoint[node->b] = op == L2OSR__OP_ADD ? d : db;
    if (op == L2OSR__OP_SUB && s->wanted[node->b])
        k->unary[L2OSR__UN_NEG](n, db, d);
    if (op == L2OSR__OP_MUL && s->wanted[node->a])
        k->binary[L2OSR__BI_MUL](n, da, d, b);
    if (op == L2OSR__OP_MUL && s->wanted[node->b])
        k->binary[L2OSR__BI_MUL](n, db, d, a);
    if (op == L2OSR__OP_ADD || op == L2OSR__OP_SUB || op == L2OSR__OP_MUL)
        return;
    k->fill(n, da, 0);
    if (binary)
        k->fill(n, db, 0);
    l2osr__program_pass_f32(&s->program, k, i, n,
                            &(l2osr__adjoints_f32){a, b, s->value[i], d, da, db});
}

static bool is_vector(const l2osr__scorer *s, int32_t i) {
    return s->program.slots[i].class == L2OSR__CLASS_TEMP;
}

void l2osr__scorer_want(l2osr__scorer *s, const int32_t *nodes, int32_t count) {
    const l2osr__tree *tree = s->tree;
    memset(s->wanted, 0, (size_t)tree->count * sizeof *s->wanted);
    for (int32_t i = 0; i < count; i++) {
        s->wanted[nodes[i]] = true;
        s->adjoint[nodes[i]] = s->row[nodes[i]]; /* stays zero where nothing depends on it */
        s->kernels->fill(BLOCK, s->row[nodes[i]], 0);
    }
    for (int32_t i = 0; i < tree->count; i++) {
        const int arity = is_vector(s, i) ? l2osr__program_arity(&s->program, i) : 0;
        s->wanted[i] = s->wanted[i] || (arity >= 1 && s->wanted[tree->nodes[i].a]) ||
                       (arity == 2 && s->wanted[tree->nodes[i].b]);
    }
}

void l2osr__scorer_reverse(l2osr__scorer *s, size_t n) {
    const int32_t root = s->tree->count - 1;
    s->adjoint[root] = s->row[root];
    s->kernels->fill(n, s->row[root], 1);
    for (int32_t i = root; i >= 0; i--)
        if (s->wanted[i] && is_vector(s, i))
            reverse_node(s, i, n);
}

double l2osr__scorer_variance(const l2osr__scorer *s) {
    return (s->target_square - s->target * s->target / s->one) / s->one;
}

void l2osr__scorer_weigh(const l2osr__scorer *s, float *x, size_t first, size_t n) {
    if (s->table->root_weight)
        s->kernels->binary[L2OSR__BI_MUL](n, x, x, s->table->root_weight + first);
}

void l2osr__scorer_residual(const l2osr__scorer *s, const float *value, float *out, size_t first,
                            size_t n) {
    memcpy(out, value, n * sizeof *out);
    l2osr__scorer_weigh(s, out, first, n);
    s->kernels->binary[L2OSR__BI_SUB](n, out, s->table->target + first, out);
}
