/* SPDX-License-Identifier: MIT */
/* The numbers of a step, forwards and backwards. */
#include <math.h>

#include "expr/program.h"
#include "vec/levels.h"

/* Place of the value that scalar node `i` had `lag` steps before this one. */
static int32_t ring_cell(const l2osr__program *p, int32_t i, uint64_t step, uint64_t lag) {
    const l2osr__slot *slot = &p->slots[i];
    return slot->ring_plane + (int32_t)((step + slot->ring - lag) % slot->ring);
}

static double remembered(l2osr__opcode op, double s, double a, double beta) {
    const double decayed = beta * s;
    if (op == L2OSR__OP_EMA)
        return decayed + (1 - beta) * a;
    if (op == L2OSR__OP_DSUM)
        return decayed + a;
    return decayed > a || decayed != decayed ? decayed : a;
}

/* Of a sum over a group, or of a number as if every coordinate had it. An empty group gives 0. */
static double reduced(const l2osr__program *p, int32_t i, const l2osr__moment *m,
                      const double *numbers) {
    const int32_t reduction = p->slots[i].reduction;
    const double size = (double)m->size, a = numbers[p->nodes[i].a];
    if (m->size == 0)
        return 0;
    switch (p->nodes[i].op) {
    case L2OSR__OP_MEAN:
        return reduction >= 0 ? m->sums[reduction] / size : a;
    case L2OSR__OP_RMS:
        return reduction >= 0 ? sqrt(m->sums[reduction] / size) : fabs(a);
    default:
        return reduction >= 0 ? sqrt(m->sums[reduction]) : fabs(a) * sqrt(size);
    }
}

static double plain_value(const l2osr__program *p, int32_t i, const double *numbers) {
    const l2osr__node *node = &p->nodes[i];
    const uint8_t op = p->slots[i].op;
    const double a = numbers[node->a], b = node->b >= 0 ? numbers[node->b] : 0;
    return l2osr__op_is_call(op) ? l2osr__function_value(l2osr__program_function(p, i), a, b)
                                 : l2osr__op_compute((l2osr__opcode)op, a, b);
}

static double evaluate(const l2osr__program *p, int32_t i, const l2osr__moment *m,
                       const double *numbers) {
    const l2osr__node *node = &p->nodes[i];
    switch (l2osr__ops[node->op].kind) {
    case L2OSR__KIND_LEAF:
        return node->op == L2OSR__OP_VAR ? m->inputs[node->a]
                                         : l2osr__node_value(node, p->values, m->group);
    case L2OSR__KIND_LAG:
        return m->cells[ring_cell(p, node->a, m->step, node->lag)];
    case L2OSR__KIND_MEMORY:
        m->cells[p->slots[i].plane] =
            remembered((l2osr__opcode)node->op, m->cells[p->slots[i].plane], numbers[node->a],
                       numbers[node->b]);
        return m->cells[p->slots[i].plane];
    case L2OSR__KIND_REDUCE:
        return reduced(p, i, m, numbers);
    default:
        return plain_value(p, i, numbers);
    }
}

void l2osr__program_scalars(const l2osr__program *p, const l2osr__moment *m, int level,
                            double *numbers) {
    for (int32_t k = 0; k < p->scalar_count; k++) {
        const int32_t i = p->scalars[k];
        if (p->slots[i].level == level)
            numbers[i] = evaluate(p, i, m, numbers);
    }
}

void l2osr__program_remember(const l2osr__program *p, const l2osr__moment *m,
                             const double *numbers) {
    for (int32_t k = 0; k < p->scalar_count; k++) {
        const int32_t i = p->scalars[k];
        if (p->slots[i].ring > 0 && !l2osr__program_ring_in_planes(p, i))
            m->cells[ring_cell(p, i, m->step, 0)] = numbers[i];
    }
}

/* adjoints of a memory's operand, decay and previous value */
static void reverse_memory(const l2osr__program *p, int32_t i, const double *numbers,
                           const double *previous, double *adjoints, size_t behind) {
    const l2osr__node *node = &p->nodes[i];
    const double s = previous ? previous[i] : 0, d = adjoints[i];
    const double a = numbers[node->a], beta = numbers[node->b];
    const bool ema = node->op == L2OSR__OP_EMA;
    const bool from_s = node->op != L2OSR__OP_DMAX || beta * s > a;
    const bool from_a = node->op != L2OSR__OP_DMAX || !from_s;
    adjoints[node->a] += from_a ? (ema ? 1 - beta : 1) * d : 0;
    adjoints[node->b] += from_s ? (ema ? s - a : s) * d : 0;
    if (behind > 0)
        adjoints[i - p->count] += from_s ? beta * d : 0;
}

static void reverse_lag(const l2osr__program *p, int32_t i, double *adjoints, size_t behind) {
    const l2osr__node *node = &p->nodes[i];
    if (node->lag <= behind)
        adjoints[-(ptrdiff_t)node->lag * p->count + node->a] += adjoints[i];
}

/* What the adjoint d of a plain node passes on to da and, of two operands, to db. */
static void pass(const l2osr__program *p, int32_t i, const double *numbers, double d, double *da,
                 double *db) {
    const l2osr__node *node = &p->nodes[i];
    const double *b = l2osr__program_arity(p, i) == 2 ? &numbers[node->b] : NULL;
    l2osr__program_pass_f64(
        p, &l2osr__kernels_f64_baseline, i, 1,
        &(l2osr__adjoints_f64){&numbers[node->a], b, &numbers[i], &d, da, db});
}

void l2osr__program_reverse_scalars(const l2osr__program *p, const double *numbers,
                                    const double *previous, double *adjoints, size_t behind) {
    for (int32_t k = p->scalar_count - 1; k >= 0; k--) {
        const int32_t i = p->scalars[k];
        const l2osr__node *node = &p->nodes[i];
        const int arity = l2osr__program_arity(p, i);
        if (node->op == L2OSR__OP_LAG)
            reverse_lag(p, i, adjoints, behind);
        else if (l2osr__ops[node->op].kind == L2OSR__KIND_MEMORY)
            reverse_memory(p, i, numbers, previous, adjoints, behind);
        else if (arity > 0)
            pass(p, i, numbers, adjoints[i], &adjoints[node->a],
                 arity == 2 ? &adjoints[node->b] : NULL);
    }
}
