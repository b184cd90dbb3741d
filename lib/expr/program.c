/* SPDX-License-Identifier: MIT */
#include "expr/program.h"

#include <string.h>

#include "vec/levels.h"

l2osr_status l2osr__program_init(l2osr__program *program, l2osr_context *ctx, int32_t capacity) {
    size_t n = (size_t)capacity;
    *program = (l2osr__program){.capacity = capacity};
    L2OSR__TRY(l2osr__alloc_to(ctx, &program->slots, n, sizeof *program->slots));
    L2OSR__TRY(l2osr__alloc_to(ctx, &program->scalars, n, sizeof *program->scalars));
    return l2osr__alloc_to(ctx, &program->vectors, n, sizeof *program->vectors);
}

void l2osr__program_clear(l2osr__program *program, l2osr_context *ctx) {
    l2osr__free(ctx, program->slots);
    l2osr__free(ctx, program->scalars);
    l2osr__free(ctx, program->vectors);
    *program = (l2osr__program){0};
}

static uint8_t lowered(const l2osr__node *nodes, const l2osr__node *node) {
    if (node->op == L2OSR__OP_POWER && nodes[node->b].op == L2OSR__OP_CONST &&
        !nodes[node->b].tunable) {
        if (nodes[node->b].value == 2)
            return L2OSR__OP_SQUARE;
        if (nodes[node->b].value == 3)
            return L2OSR__OP_CUBE;
    }
    return node->op;
}

static int operands(const l2osr__program *p, int32_t i) {
    return l2osr__ops[p->slots[i].op].arity;
}

static void mark_used(l2osr__program *p, const int32_t *roots, int32_t n_roots) {
    for (int32_t i = 0; i < n_roots; i++)
        p->slots[roots[i]].class = L2OSR__CLASS_TEMP;
    for (int32_t i = p->count - 1; i >= 0; i--) {
        if (p->slots[i].class == L2OSR__CLASS_UNUSED)
            continue;
        const l2osr__node *node = &p->nodes[i];
        p->slots[i].op = lowered(p->nodes, node);
        if (operands(p, i) >= 1)
            p->slots[node->a].class = L2OSR__CLASS_TEMP;
        if (operands(p, i) == 2)
            p->slots[node->b].class = L2OSR__CLASS_TEMP;
    }
}

static bool is_scalar(const l2osr__program *p, int32_t node) {
    return p->slots[node].class == L2OSR__CLASS_SCALAR;
}

static l2osr__node_class classify(const l2osr__program *p, int32_t i,
                                  const uint8_t *scalar_inputs) {
    const l2osr__node *node = &p->nodes[i];
    switch (node->op) {
    case L2OSR__OP_CONST:
        return L2OSR__CLASS_SCALAR;
    case L2OSR__OP_VAR:
        return scalar_inputs && scalar_inputs[node->a] ? L2OSR__CLASS_SCALAR : L2OSR__CLASS_INPUT;
    case L2OSR__OP_LAG:
        return L2OSR__CLASS_LAG;
    case L2OSR__OP_EMA:
        return L2OSR__CLASS_EMA;
    default:
        return is_scalar(p, node->a) && (operands(p, i) == 1 || is_scalar(p, node->b))
                   ? L2OSR__CLASS_SCALAR
                   : L2OSR__CLASS_TEMP;
    }
}

static void list_node(l2osr__program *p, int32_t i) {
    const l2osr__node *node = &p->nodes[i];
    l2osr__slot *slot = &p->slots[i];
    if (slot->class == L2OSR__CLASS_SCALAR) {
        p->scalars[p->scalar_count++] = i;
        return;
    }
    if (slot->class == L2OSR__CLASS_EMA)
        slot->plane = p->planes++;
    if (slot->class == L2OSR__CLASS_LAG && node->lag > p->slots[node->a].ring)
        p->slots[node->a].ring = node->lag;
    if (slot->class == L2OSR__CLASS_EMA || slot->class == L2OSR__CLASS_TEMP)
        p->vectors[p->vector_count++] = i;
    /* what a vector node reads element by element; the decay of an ema is read as a number */
    if (operands(p, i) >= 1)
        p->slots[node->a].broadcast |= is_scalar(p, node->a);
    if (operands(p, i) == 2 && node->op != L2OSR__OP_EMA)
        p->slots[node->b].broadcast |= is_scalar(p, node->b);
}

static void place_rings(l2osr__program *p) {
    for (int32_t i = 0; i < p->count; i++) {
        p->slots[i].ring_plane = p->planes;
        p->planes += p->slots[i].ring;
    }
}

/* Gives a node the lowest free register unless it has one. */
static void take_register(l2osr__program *p, uint64_t *taken, l2osr__slot *slot) {
    int32_t t = 0;
    if (slot->temp >= 0)
        return;
    while (taken[t / 64] >> (t % 64) & 1)
        t++;
    taken[t / 64] |= 1ull << (t % 64);
    slot->temp = t;
    p->temps = t + 1 > p->temps ? t + 1 : p->temps;
}

static void hold(l2osr__program *p, uint64_t *taken, int32_t node) {
    if (p->slots[node].class == L2OSR__CLASS_TEMP)
        take_register(p, taken, &p->slots[node]);
}

/* Registers by last use, walking backwards: what is read at the end of the block first, then each
 * node's operands, once the node's own register is free: before it is computed nobody needs it. So
 * a node may write over an operand that it is the last to use. */
static void place_temps(l2osr__program *p, const int32_t *roots, int32_t n_roots) {
    uint64_t taken[L2OSR__MAX_NODES / 64] = {0};
    for (int32_t i = 0; i < p->count; i++)
        p->slots[i].temp = -1;
    for (int32_t i = 0; i < n_roots; i++)
        if (p->slots[roots[i]].class == L2OSR__CLASS_LAG)
            take_register(p, taken, &p->slots[roots[i]]);
        else
            hold(p, taken, roots[i]);
    for (int32_t i = 0; i < p->count; i++)
        if (p->slots[i].ring > 0)
            hold(p, taken, i);
    for (int32_t k = p->vector_count - 1; k >= 0; k--) {
        int32_t i = p->vectors[k], t = p->slots[i].temp;
        if (t >= 0)
            taken[t / 64] &= ~(1ull << (t % 64));
        hold(p, taken, p->nodes[i].a);
        if (operands(p, i) == 2)
            hold(p, taken, p->nodes[i].b);
    }
}

l2osr_status l2osr__program_build(l2osr__program *p, l2osr_context *ctx, const l2osr__node *nodes,
                                  int32_t count, const int32_t *roots, int32_t n_roots,
                                  const uint8_t *scalar_inputs) {
    if (count > p->capacity)
        return l2osr__fail(ctx, L2OSR_ERANGE, "expression has more than %d nodes", p->capacity);
    memset(p->slots, 0, (size_t)count * sizeof *p->slots);
    p->nodes = nodes;
    p->count = count;
    p->scalar_count = p->vector_count = p->planes = p->temps = 0;
    mark_used(p, roots, n_roots);
    for (int32_t i = 0; i < count; i++) {
        if (p->slots[i].class == L2OSR__CLASS_UNUSED)
            continue;
        p->slots[i].plane = -1;
        p->slots[i].class = (uint8_t)classify(p, i, scalar_inputs);
        if (nodes[i].op == L2OSR__OP_EMA && !is_scalar(p, nodes[i].b))
            return l2osr__fail(ctx, L2OSR_EPARSE,
                               "the decay of ema() must not depend on coordinates: use constants, "
                               "t and lr only");
        list_node(p, i);
    }
    for (int32_t i = 0; i < n_roots; i++)
        p->slots[roots[i]].broadcast |= is_scalar(p, roots[i]);
    place_rings(p);
    place_temps(p, roots, n_roots);
    return L2OSR_OK;
}

/* Single numbers go through the f64 kernels too: the same bits as in a block. */
void l2osr__program_scalars(const l2osr__program *p, double *values, const double *inputs) {
    const l2osr__kernels_f64 *kernels = &l2osr__kernels_f64_baseline;
    for (int32_t k = 0; k < p->scalar_count; k++) {
        int32_t i = p->scalars[k];
        const l2osr__node *node = &p->nodes[i];
        const uint8_t kernel = l2osr__ops[p->slots[i].op].kernel;
        if (node->op == L2OSR__OP_CONST)
            values[i] = node->value;
        else if (node->op == L2OSR__OP_VAR)
            values[i] = inputs[node->a];
        else if (operands(p, i) == 1)
            kernels->unary[kernel](1, &values[i], &values[node->a]);
        else
            kernels->binary[kernel](1, &values[i], &values[node->a], &values[node->b]);
    }
}

void l2osr__program_reverse_scalars(const l2osr__program *p, const double *values,
                                    double *adjoints) {
    const l2osr__kernels_f64 *kernels = &l2osr__kernels_f64_baseline;
    for (int32_t k = p->scalar_count - 1; k >= 0; k--) {
        int32_t i = p->scalars[k];
        const l2osr__node *node = &p->nodes[i];
        const uint8_t kernel = l2osr__ops[p->slots[i].op].kernel;
        if (operands(p, i) == 1)
            kernels->unary_adjoint[kernel](1, &adjoints[node->a], &values[node->a], &values[i],
                                           &adjoints[i]);
        else if (operands(p, i) == 2)
            kernels->binary_adjoint[kernel](1, &adjoints[node->a], &adjoints[node->b],
                                            &values[node->a], &values[node->b], &values[i],
                                            &adjoints[i]);
    }
}

#define T       float
#define F(name) name##_f32
#include "expr/program.inc"
#undef T
#undef F

#define T       double
#define F(name) name##_f64
#include "expr/program.inc"
