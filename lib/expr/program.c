/* SPDX-License-Identifier: MIT */
#include "expr/program.h"

#include <string.h>

l2osr_status l2osr__program_init(l2osr__program *program, l2osr_context *ctx, int32_t capacity) {
    size_t n = (size_t)capacity;
    *program = (l2osr__program){.capacity = capacity};
    L2OSR__TRY(l2osr__alloc_to(ctx, &program->slots, n, sizeof *program->slots));
    L2OSR__TRY(l2osr__alloc_to(ctx, &program->scalars, n, sizeof *program->scalars));
    L2OSR__TRY(l2osr__alloc_to(ctx, &program->reductions, n, sizeof *program->reductions));
    return l2osr__alloc_to(ctx, &program->vectors, n, sizeof *program->vectors);
}

void l2osr__program_clear(l2osr__program *program, l2osr_context *ctx) {
    l2osr__free(ctx, program->slots);
    l2osr__free(ctx, program->scalars);
    l2osr__free(ctx, program->reductions);
    l2osr__free(ctx, program->vectors);
    *program = (l2osr__program){0};
}

static uint8_t lowered(const l2osr__node *nodes, const l2osr__node *node) {
    if (node->op == L2OSR__OP_POWER && nodes[node->b].op == L2OSR__OP_CONST &&
        !nodes[node->b].tunable && nodes[node->b].b <= 0) {
        if (nodes[node->b].value == 2)
            return L2OSR__OP_SQUARE;
        if (nodes[node->b].value == 3)
            return L2OSR__OP_CUBE;
    }
    return node->op;
}

int l2osr__program_arity(const l2osr__program *p, int32_t i) {
    return l2osr__ops[p->slots[i].op].arity;
}

const l2osr__function *l2osr__program_function(const l2osr__program *p, int32_t i) {
    return &p->functions[p->nodes[i].lag];
}

static void mark_used(l2osr__program *p, const l2osr__program_source *source) {
    for (int32_t i = 0; i < source->n_roots; i++)
        p->slots[source->roots[i]].class = L2OSR__CLASS_TEMP;
    if (source->update >= 0)
        p->slots[source->update].class = L2OSR__CLASS_TEMP;
    for (int32_t i = p->count - 1; i >= 0; i--) {
        if (p->slots[i].class == L2OSR__CLASS_UNUSED)
            continue;
        const l2osr__node *node = &p->nodes[i];
        p->slots[i].op = lowered(p->nodes, node);
        if (l2osr__program_arity(p, i) >= 1)
            p->slots[node->a].class = L2OSR__CLASS_TEMP;
        if (l2osr__program_arity(p, i) == 2)
            p->slots[node->b].class = L2OSR__CLASS_TEMP;
    }
}

static bool is_scalar(const l2osr__program *p, int32_t node) {
    return p->slots[node].class == L2OSR__CLASS_SCALAR;
}

static l2osr__node_class classify(const l2osr__program *p, int32_t i,
                                  const l2osr__symbols *symbols) {
    const l2osr__node *node = &p->nodes[i];
    const bool scalar_operands =
        l2osr__program_arity(p, i) >= 1 && is_scalar(p, node->a) &&
        (l2osr__program_arity(p, i) == 1 || is_scalar(p, node->b));
    switch (l2osr__ops[node->op].kind) {
    case L2OSR__KIND_LEAF:
        if (node->op == L2OSR__OP_CONST)
            return L2OSR__CLASS_SCALAR;
        return symbols && symbols->scalar && symbols->scalar[node->a] ? L2OSR__CLASS_SCALAR
                                                                      : L2OSR__CLASS_INPUT;
    case L2OSR__KIND_REDUCE:
        return L2OSR__CLASS_SCALAR;
    case L2OSR__KIND_LAG:
        return scalar_operands ? L2OSR__CLASS_SCALAR : L2OSR__CLASS_LAG;
    case L2OSR__KIND_MEMORY:
        return scalar_operands ? L2OSR__CLASS_SCALAR : L2OSR__CLASS_MEMORY;
    default:
        return scalar_operands ? L2OSR__CLASS_SCALAR : L2OSR__CLASS_TEMP;
    }
}

/* What is lagged is known before the first pass, whatever it took to compute it. */
static uint8_t level_of(const l2osr__program *p, int32_t i) {
    const l2osr__node *node = &p->nodes[i];
    uint8_t level = 0;
    if (node->op == L2OSR__OP_LAG)
        return 0;
    if (l2osr__program_arity(p, i) >= 1)
        level = p->slots[node->a].level;
    if (l2osr__program_arity(p, i) == 2 && p->slots[node->b].level > level)
        level = p->slots[node->b].level;
    return (uint8_t)(level + (p->slots[i].reduction >= 0));
}

static void list_reduction(l2osr__program *p, int32_t i) {
    p->slots[i].reduction = -1;
    if (l2osr__ops[p->nodes[i].op].kind != L2OSR__KIND_REDUCE || is_scalar(p, p->nodes[i].a))
        return;
    p->slots[i].reduction = p->reduction_count;
    p->reductions[p->reduction_count++] = i;
    p->grouped = true;
}

static void list_scalar(l2osr__program *p, int32_t i) {
    p->scalars[p->scalar_count++] = i;
    p->grouped |= p->nodes[i].op == L2OSR__OP_CONST && p->nodes[i].b > 0;
    p->grouped |= p->nodes[i].op == L2OSR__OP_NORM;
    if (l2osr__ops[p->nodes[i].op].kind == L2OSR__KIND_MEMORY)
        p->slots[i].plane = p->cells++;
}

static void list_vector(l2osr__program *p, int32_t i) {
    const l2osr__node *node = &p->nodes[i];
    l2osr__slot *slot = &p->slots[i];
    if (slot->class == L2OSR__CLASS_MEMORY)
        slot->plane = p->planes++;
    if (slot->class == L2OSR__CLASS_MEMORY || slot->class == L2OSR__CLASS_TEMP)
        p->vectors[p->vector_count++] = i;
    /* what a vector node reads element by element; a decay is read as a number */
    if (l2osr__program_arity(p, i) >= 1)
        p->slots[node->a].broadcast |= is_scalar(p, node->a);
    if (l2osr__program_arity(p, i) == 2 && slot->class != L2OSR__CLASS_MEMORY)
        p->slots[node->b].broadcast |= is_scalar(p, node->b);
}

static l2osr_status list_node(l2osr__program *p, l2osr_context *ctx, int32_t i,
                              const l2osr__program_source *source) {
    const l2osr__node *node = &p->nodes[i];
    l2osr__slot *slot = &p->slots[i];
    slot->plane = slot->source = -1;
    slot->class = (uint8_t)classify(p, i, source->symbols);
    list_reduction(p, i);
    slot->level = level_of(p, i);
    if (slot->level > p->passes)
        p->passes = slot->level;
    if (slot->class == L2OSR__CLASS_MEMORY && !is_scalar(p, node->b))
        return l2osr__fail(ctx, L2OSR_EPARSE,
                           "the decay of %s() must not depend on coordinates: use constants, t, lr "
                           "and reductions only",
                           l2osr__ops[node->op].name);
    if (node->op == L2OSR__OP_LAG) {
        const bool feedback = p->feedback >= 0 && p->nodes[node->a].op == L2OSR__OP_VAR &&
                              p->nodes[node->a].a == p->feedback;
        slot->source = feedback ? p->update : node->a;
        if (node->lag > p->slots[slot->source].ring)
            p->slots[slot->source].ring = node->lag;
    }
    if (slot->class == L2OSR__CLASS_SCALAR)
        list_scalar(p, i);
    else
        list_vector(p, i);
    return L2OSR_OK;
}

/* Whether the past of a node is kept for every coordinate: that of the update always is. */
bool l2osr__program_ring_in_planes(const l2osr__program *p, int32_t i) {
    return p->slots[i].class != L2OSR__CLASS_SCALAR || (p->feedback >= 0 && i == p->update);
}

/* What a memory was one step ago is still in its plane when the step begins, so that needs no ring.
 * With reduction passes it may be gone by the time. */
static void use_planes_as_past(l2osr__program *p) {
    for (int32_t i = 0; i < p->count && p->passes == 0; i++) {
        const int32_t source = p->slots[i].source;
        if (p->slots[i].class == L2OSR__CLASS_LAG && p->nodes[i].lag == 1)
            p->slots[i].previous =
                p->slots[source].class == L2OSR__CLASS_MEMORY && p->slots[source].ring == 1;
    }
    for (int32_t i = 0; i < p->count; i++)
        if (p->slots[i].class == L2OSR__CLASS_LAG && p->slots[i].previous)
            p->slots[p->slots[i].source].ring = 0;
}

static void place_rings(l2osr__program *p) {
    for (int32_t i = 0; i < p->count; i++) {
        int32_t *next = l2osr__program_ring_in_planes(p, i) ? &p->planes : &p->cells;
        p->slots[i].ring_plane = *next;
        *next += p->slots[i].ring;
    }
}

l2osr_status l2osr__program_build(l2osr__program *p, l2osr_context *ctx,
                                  const l2osr__program_source *source) {
    if (source->count > p->capacity)
        return l2osr__fail(ctx, L2OSR_ERANGE, "expression has more than %d nodes", p->capacity);
    memset(p->slots, 0, (size_t)source->count * sizeof *p->slots);
    p->nodes = source->nodes;
    p->values = source->values;
    p->functions = source->functions;
    p->count = source->count;
    p->scalar_count = p->vector_count = p->reduction_count = 0;
    p->planes = p->cells = p->passes = 0;
    p->grouped = false;
    p->feedback = source->update >= 0 && source->symbols ? source->symbols->feedback : 0;
    if (p->feedback == 0)
        p->feedback = -1;
    p->update = source->update;
    mark_used(p, source);
    for (int32_t i = 0; i < p->count; i++)
        if (p->slots[i].class != L2OSR__CLASS_UNUSED)
            L2OSR__TRY(list_node(p, ctx, i, source));
    for (int32_t i = 0; i < source->n_roots; i++)
        p->slots[source->roots[i]].broadcast |= is_scalar(p, source->roots[i]);
    use_planes_as_past(p);
    place_rings(p);
    return L2OSR_OK;
}

l2osr_status l2osr__program_check_separable(const l2osr__program *p, l2osr_context *ctx) {
    for (int32_t k = 0; k < p->scalar_count; k++) {
        const l2osr__op *op = &l2osr__ops[p->nodes[p->scalars[k]].op];
        if (op->kind == L2OSR__KIND_REDUCE)
            return l2osr__fail(ctx, L2OSR_EUNSUPPORTED,
                               "derivatives through %s() are not supported", op->name);
    }
    return L2OSR_OK;
}

#define T       float
#define F(name) name##_f32
#include "expr/program.inc"
#undef T
#undef F

#define T       double
#define F(name) name##_f64
#include "expr/program.inc"
