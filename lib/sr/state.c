/* SPDX-License-Identifier: MIT */
/* The state of a search as bytes; specified in doc/formats.md. */
#include "sr/state.h"

#include <math.h>

#include "base/bytes.h"

/* ---- writing ---- */

/* Writes, or only counts as long as there is nothing to write into. */
typedef struct pen {
    unsigned char *bytes;
    size_t size;
} pen;

static void put(pen *p, uint64_t value, size_t bytes) {
    if (p->bytes)
        l2osr__bytes_put(p->bytes + p->size, value, bytes);
    p->size += bytes;
}

static void put_real(pen *p, double value) {
    put(p, l2osr__bits_of(value), 8);
}

static void put_tree(pen *p, const l2osr__tree *tree) {
    put(p, (uint64_t)tree->count, 2);
    for (int32_t i = 0; i < tree->count; i++) {
        const l2osr__node *node = &tree->nodes[i];
        put(p, node->op, 1);
        if (l2osr__op_is_call(node->op))
            put(p, node->lag, 2);
        if (node->op == L2OSR__OP_VAR)
            put(p, (uint64_t)node->a, 4);
        if (node->op == L2OSR__OP_VAR || node->op == L2OSR__OP_CONST)
            put_real(p, node->value);
    }
}

/* Nobody reads the cost of a member outside a hall. */
static void put_member(pen *p, const l2osr__member *member) {
    put_real(p, member->mse);
    put(p, member->fitted, 1);
    put_tree(p, &member->tree);
}

static void put_hall(pen *p, const l2osr__hall *hall) {
    uint32_t count = 0;
    for (int32_t i = 0; i <= L2OSR__SIZE_LIMIT; i++)
        count += hall->best[i].cost < INFINITY;
    put(p, count, 4);
    for (int32_t i = 0; i <= L2OSR__SIZE_LIMIT; i++) {
        if (!(hall->best[i].cost < INFINITY))
            continue;
        put_real(p, hall->best[i].cost);
        put_member(p, &hall->best[i]);
    }
}

static void put_island(pen *p, const l2osr__island *island) {
    put(p, island->count, 4);
    put(p, island->oldest, 4);
    for (int32_t i = 0; i <= island->world->grammar.max_size; i++)
        put(p, island->frequency[i], 4);
    for (uint32_t i = 0; i < island->count; i++)
        put_member(p, &island->members[i]);
}

static void put_search(pen *p, const l2osr_sr *sr) {
    put(p, sr->epoch, 8);
    put(p, sr->evaluations, 8);
    put(p, sr->spent, 8);
    put_hall(p, &sr->world.hall);
    put_hall(p, &sr->world.proven);
    for (uint32_t i = 0; i < sr->world.options.islands; i++)
        put_island(p, &sr->islands[i]);
}

l2osr_status l2osr__state_take(l2osr__state *state, const l2osr_sr *sr) {
    pen p = {0};
    put_search(&p, sr);
    if (p.size > state->capacity) {
        unsigned char *larger;
        L2OSR__TRY(l2osr__alloc_to(sr->ctx, &larger, p.size + p.size / 4, 1));
        l2osr__free(sr->ctx, state->bytes);
        state->bytes = larger;
        state->capacity = p.size + p.size / 4;
    }
    p = (pen){.bytes = state->bytes};
    put_search(&p, sr);
    state->size = p.size;
    return L2OSR_OK;
}

/* ---- reading ---- */

/* Goes through the bytes; `wrong` tells of the first thing that is, and ends all loops. Only with
 * `keep` anything of the search is written to. */
typedef struct reader {
    const l2osr__grammar *grammar;
    const unsigned char *bytes;
    size_t size, at;
    bool keep;
    const char *wrong;
} reader;

static void refuse(reader *r, const char *why) {
    if (!r->wrong)
        r->wrong = why;
}

static uint64_t get(reader *r, size_t bytes) {
    if (r->size - r->at < bytes)
        refuse(r, "it ends too early");
    if (r->wrong)
        return 0;
    r->at += bytes;
    return l2osr__bytes_get(r->bytes + r->at - bytes, bytes);
}

static double get_error(reader *r) {
    const double value = l2osr__double_of(get(r, 8));
    if (!(value >= 0 && value < INFINITY))
        refuse(r, "an error is not a number from 0 on");
    return value;
}

/* Of window sums the steps, of other memories the decay, of plain inputs nothing. */
static bool is_parameter(const l2osr__terminal *terminal, double value) {
    if (terminal->counts)
        return value >= 1 && value <= L2OSR__MAX_WINDOW && value == floor(value);
    return terminal->decays ? value >= 0 && value <= 1 : value == 0;
}

static l2osr__node get_column(reader *r) {
    const uint64_t column = get(r, 4);
    const double parameter = l2osr__double_of(get(r, 8));
    if (column >= r->grammar->columns)
        refuse(r, "a formula has an input that the search lacks");
    else if (!is_parameter(&r->grammar->terminals[column], parameter))
        refuse(r, "an input has a parameter that makes no sense");
    return l2osr__tree_column((uint32_t)column, parameter);
}

static l2osr__node get_call(reader *r, l2osr__opcode op) {
    l2osr__node node = l2osr__tree_op(op);
    node.lag = (uint16_t)get(r, 2);
    if (node.lag >= r->grammar->n_functions ||
        l2osr__function_op(&r->grammar->functions[node.lag]) != op)
        refuse(r, "a formula calls a function that the search lacks");
    return node;
}

static l2osr__node get_node(reader *r) {
    const l2osr__opcode op = (l2osr__opcode)get(r, 1);
    if (op == L2OSR__OP_CONST)
        return l2osr__tree_constant(l2osr__double_of(get(r, 8)));
    if (op == L2OSR__OP_VAR)
        return get_column(r);
    if (op < L2OSR__OP_COUNT && l2osr__op_is_call(op))
        return get_call(r, op);
    if (op >= L2OSR__OP_COUNT || !r->grammar->has[op])
        refuse(r, "a formula has an operator that the search lacks");
    return l2osr__tree_op(r->wrong ? L2OSR__OP_CONST : op);
}

static void get_tree(reader *r, l2osr__tree *tree) {
    const int32_t count = (int32_t)get(r, 2);
    int32_t depth = 0;
    tree->count = 0;
    if (count > r->grammar->max_size)
        refuse(r, "a formula is too large");
    while (!r->wrong && tree->count < count) {
        const l2osr__node node = get_node(r);
        const int arity = l2osr__ops[node.op].arity;
        if (depth < arity)
            refuse(r, "an operator has no operands");
        depth += 1 - arity;
        tree->nodes[tree->count++] = node;
    }
    if (depth != 1)
        refuse(r, "a formula is no tree");
    if (!r->wrong)
        l2osr__tree_link(tree);
}

static void get_member(reader *r, l2osr__member *member) {
    member->mse = member->cost = get_error(r);
    const uint64_t fitted = get(r, 1);
    if (fitted > 1)
        refuse(r, "a mark is neither 0 nor 1");
    member->fitted = fitted == 1;
    member->complexity = 0;
    get_tree(r, &member->tree);
    if (r->wrong)
        return;
    member->complexity = l2osr__tree_complexity(&member->tree, r->grammar);
    if (member->complexity > r->grammar->max_size)
        refuse(r, "a formula is too complex");
}

static void get_hall(reader *r, l2osr__hall *hall) {
    const uint64_t count = get(r, 4);
    int32_t last = -1;
    if (r->keep)
        l2osr__hall_reset(hall);
    for (uint64_t i = 0; i < count && !r->wrong; i++) {
        l2osr__member member;
        const double cost = get_error(r);
        get_member(r, &member);
        member.cost = cost;
        if (member.complexity <= last)
            refuse(r, "formulas are not in the order of their complexity");
        last = member.complexity;
        if (r->keep)
            hall->best[last] = member;
    }
}

static void get_frequencies(reader *r, l2osr__island *island, bool is_empty) {
    uint64_t sum = 0;
    for (int32_t i = 0; i <= r->grammar->max_size; i++) {
        const uint64_t frequency = get(r, 4);
        sum += frequency;
        if (r->keep)
            island->frequency[i] = (uint32_t)frequency;
    }
    if (sum > INT32_MAX || (sum == 0) != is_empty)
        refuse(r, "the frequencies of complexities make no sense");
    if (r->keep)
        island->frequency_sum = (uint32_t)sum;
}

static void get_island(reader *r, l2osr__island *island) {
    const uint32_t population = island->world->options.population;
    const uint32_t count = (uint32_t)get(r, 4), oldest = (uint32_t)get(r, 4);
    if (count > population || oldest >= population)
        refuse(r, "a population is too large");
    get_frequencies(r, island, count == 0);
    for (uint32_t i = 0; i < count && !r->wrong; i++) {
        l2osr__member member;
        get_member(r, &member);
        if (r->keep)
            island->members[i] = member;
    }
    if (r->keep) {
        island->count = count;
        island->oldest = oldest;
    }
}

static void get_search(reader *r, l2osr_sr *sr) {
    const uint64_t epoch = get(r, 8), evaluations = get(r, 8), spent = get(r, 8);
    if (spent > evaluations)
        refuse(r, "more evaluations are spent than there were");
    get_hall(r, &sr->world.hall);
    get_hall(r, &sr->world.proven);
    for (uint32_t i = 0; i < sr->world.options.islands; i++)
        get_island(r, &sr->islands[i]);
    if (r->at != r->size)
        refuse(r, "something follows where it should end");
    if (!r->keep)
        return;
    sr->epoch = epoch;
    sr->evaluations = evaluations;
    sr->spent = spent;
}

const char *l2osr__state_check(l2osr_sr *sr, const unsigned char *bytes, size_t size, size_t *at) {
    reader r = {.grammar = &sr->world.grammar, .bytes = bytes, .size = size};
    get_search(&r, sr);
    *at = r.at;
    return r.wrong;
}

void l2osr__state_restore(l2osr_sr *sr, const unsigned char *bytes, size_t size) {
    reader r = {.grammar = &sr->world.grammar, .bytes = bytes, .size = size, .keep = true};
    get_search(&r, sr);
}
