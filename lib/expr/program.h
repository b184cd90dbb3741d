/* SPDX-License-Identifier: MIT */
/**
 * @file program.h
 * A program decides once what each node of an expression is: a number of the step, an input, state,
 * a temporary. How the vector nodes are computed is the business of code (code.h), and where their
 * values live is the caller's: a table with one pointer a node. So the same program serves the
 * stepper, derivatives over time and symbolic regression.
 */
#ifndef L2OSR_EXPR_PROGRAM_H
#define L2OSR_EXPR_PROGRAM_H

#include "expr/expr.h"
#include "vec/kernels.h"

typedef enum l2osr__node_class {
    L2OSR__CLASS_UNUSED,
    L2OSR__CLASS_SCALAR, /* the same for all coordinates of a group and step: computed in f64 */
    L2OSR__CLASS_INPUT,  /* a vector input */
    L2OSR__CLASS_LAG,    /* no work: its pointer is its operand's of an earlier step */
    L2OSR__CLASS_MEMORY, /* ema, dsum, dmax: its value is its state */
    L2OSR__CLASS_TEMP
} l2osr__node_class;

typedef struct l2osr__slot {
    uint8_t class;
    uint8_t op;    /* what is run for the node: x^2 and x^3 become square and cube */
    uint8_t level; /* passes over the coordinates that come before its value can be known */
    bool previous; /* a lag of 1 of a memory: it is what the memory's plane holds before the step */
    bool broadcast;  /* a number that vector operators read */
    uint16_t ring;   /* how many earlier values are kept for lags of this node; 0: none */
    int32_t plane;   /* state plane of a memory; -1. Of a number with memory: its cell */
    int32_t ring_plane; /* first of `ring` planes. Of a number: first of `ring` cells */
    int32_t source;     /* of a lag: the node whose past it is */
    int32_t reduction;  /* number of a reduction over coordinates; -1 */
} l2osr__slot;

typedef struct l2osr__program {
    const l2osr__node *nodes; /* borrowed, as is `values` */
    const double *values;     /* of per-group constants */
    const l2osr__function *functions; /* that nodes call; borrowed */
    l2osr__slot *slots;       /* one a node */
    int32_t *scalars;         /* SCALAR nodes, in order */
    int32_t *vectors;         /* MEMORY and TEMP nodes, in order */
    int32_t *reductions;      /* nodes that are reductions over coordinates */
    int32_t count, capacity, scalar_count, vector_count, reduction_count;
    int32_t planes;   /* numbers of state per coordinate */
    int32_t cells;    /* numbers of state per group */
    int32_t feedback; /* the input that is the past of node `update`; -1 */
    int32_t update;
    int32_t passes;   /* over the coordinates, for reductions, before the final one */
    bool grouped;     /* its numbers may differ from group to group */
} l2osr__program;

/** What a program is made from. */
typedef struct l2osr__program_source {
    const l2osr__node *nodes; /* must stay while the program is used (constants may change) */
    const double *values;     /* of per-group constants; NULL when there are none */
    int32_t count;
    const int32_t *roots;
    int32_t n_roots;
    const l2osr__symbols *symbols; /* of which inputs are numbers; NULL: all are vectors */
    int32_t update;                /* the node whose past `symbols->feedback` is; -1 */
    const l2osr__function *functions; /* that nodes call, which must stay too; NULL: none */
} l2osr__program_source;

/** Allocates a program for up to `capacity` nodes; clear it even after a failure. */
l2osr_status l2osr__program_init(l2osr__program *program, l2osr_context *ctx, int32_t capacity);
void l2osr__program_clear(l2osr__program *program, l2osr_context *ctx);

/**
 * Compiles what the root nodes need. Allocates nothing.
 * @return #L2OSR_EPARSE when the decay of a memory differs between coordinates
 */
l2osr_status l2osr__program_build(l2osr__program *program, l2osr_context *ctx,
                                  const l2osr__program_source *source);

/** #L2OSR_EUNSUPPORTED for a program with reductions, through which there are no derivatives. */
l2osr_status l2osr__program_check_separable(const l2osr__program *program, l2osr_context *ctx);

/** What the numbers of one group and step depend on. */
typedef struct l2osr__moment {
    const double *inputs; /* inputs[i] is the number of scalar input i */
    uint64_t step;        /* from 1 */
    size_t group, size;   /* number of the group, and how many coordinates it has */
    const double *sums;   /* [reductions], of the passes so far */
    double *cells;        /* state [cells], zero before the first step */
} l2osr__moment;

/** Computes the numbers of a step that are known after `level` passes, into numbers[node]. */
void l2osr__program_scalars(const l2osr__program *program, const l2osr__moment *moment, int level,
                            double *numbers);

/** After the last level: moves numbers that are lagged into their cells. */
void l2osr__program_remember(const l2osr__program *program, const l2osr__moment *moment,
                             const double *numbers);

/** Whether the past of a node is kept for every coordinate; that of the update always is. */
bool l2osr__program_ring_in_planes(const l2osr__program *program, int32_t node);

/** Operands of a node as it is run: 0, 1 or 2. */
int l2osr__program_arity(const l2osr__program *program, int32_t node);

/** What a call calls. */
const l2osr__function *l2osr__program_function(const l2osr__program *program, int32_t node);

/**
 * One step of reverse mode, after a run that kept all values: adjoint[node] points to n numbers,
 * those of the roots set by the caller and the others accumulated; before[node] is a memory's
 * previous value and adjoint_before[node] belongs to it. Numbers are read as vectors (broadcast)
 * and their adjoints are per coordinate too: the caller sums them.
 */
#define L2OSR__PROGRAM(T, SUFFIX)                                                                  \
    /* Operands of a node, its value and its adjoint, and where to add those of the operands; b and \
       db of two operands only. */                                                                 \
    typedef struct l2osr__adjoints_##SUFFIX {                                                      \
        const T *a, *b, *value, *d;                                                                \
        T *da, *db;                                                                                \
    } l2osr__adjoints_##SUFFIX;                                                                    \
    /* Reverse mode through one plain node. */                                                     \
    void l2osr__program_pass_##SUFFIX(const l2osr__program *program,                               \
                                      const l2osr__kernels_##SUFFIX *kernels, int32_t node,        \
                                      size_t n, const l2osr__adjoints_##SUFFIX *adjoints);         \
    void l2osr__program_reverse_##SUFFIX(                                                          \
        const l2osr__program *program, const l2osr__kernels_##SUFFIX *kernels, size_t n,           \
        const double *numbers, T *const *value, T *const *before, T *const *adjoint,               \
        T *const *adjoint_before)

L2OSR__PROGRAM(float, f32);
L2OSR__PROGRAM(double, f64);

/**
 * Reverse mode through the numbers of a step: adjoints[node] are sums over coordinates, accumulated
 * downwards; `behind` rows of earlier steps lie in front of them and receive what lags and memories
 * pass on. previous: the numbers of the step before, NULL before the first step.
 */
void l2osr__program_reverse_scalars(const l2osr__program *program, const double *numbers,
                                    const double *previous, double *adjoints, size_t behind);

#endif
