/* SPDX-License-Identifier: MIT */
/**
 * @file program.h
 * A program evaluates expressions for many coordinates at once, block by block. It decides once
 * what each node is (a number per step, an input, state, a temporary) and the order of work; where
 * values live is the caller's choice, a table with one pointer per node. So the same two loops, run
 * and reverse, serve the stepper, derivatives over time and symbolic regression.
 */
#ifndef L2OSR_EXPR_PROGRAM_H
#define L2OSR_EXPR_PROGRAM_H

#include "expr/expr.h"
#include "vec/kernels.h"

typedef enum l2osr__node_class {
    L2OSR__CLASS_UNUSED,
    L2OSR__CLASS_SCALAR, /* the same for all coordinates of a step: computed once, in f64 */
    L2OSR__CLASS_INPUT,  /* a vector input */
    L2OSR__CLASS_LAG,    /* no work: its pointer is its operand's of an earlier step */
    L2OSR__CLASS_EMA,    /* its value is its state */
    L2OSR__CLASS_TEMP
} l2osr__node_class;

typedef struct l2osr__slot {
    uint8_t class;
    uint8_t op;         /* what is run for the node: x^2 and x^3 become square and cube */
    uint16_t ring;      /* how many earlier values are kept for lags of this node; 0: none */
    int32_t plane;      /* state plane of an ema; -1 */
    int32_t ring_plane; /* first of `ring` planes */
    int32_t
        temp; /* register of a temporary, reused after its last use; of a lag that is a root; -1 */
    bool broadcast; /* a scalar that vector operators read */
} l2osr__slot;

typedef struct l2osr__program {
    const l2osr__node *nodes; /* borrowed */
    l2osr__slot *slots;       /* one a node */
    int32_t *scalars;         /* SCALAR nodes with operands or inputs, in order */
    int32_t *vectors;         /* EMA and TEMP nodes, in order */
    int32_t count, capacity, scalar_count, vector_count;
    int32_t planes; /* floats of state per coordinate */
    int32_t temps;  /* registers */
} l2osr__program;

/** Allocates a program for up to `capacity` nodes; clear it even after a failure. */
l2osr_status l2osr__program_init(l2osr__program *program, l2osr_context *ctx, int32_t capacity);
void l2osr__program_clear(l2osr__program *program, l2osr_context *ctx);

/**
 * Compiles what the `n_roots` root nodes need. Allocates nothing.
 * @param nodes         must stay as they are while the program is used (constants may change)
 * @param scalar_inputs non-zero for inputs that are one number a step; NULL: none is
 * @return #L2OSR_EPARSE when the decay of an ema differs between coordinates
 */
l2osr_status l2osr__program_build(l2osr__program *program, l2osr_context *ctx,
                                  const l2osr__node *nodes, int32_t count, const int32_t *roots,
                                  int32_t n_roots, const uint8_t *scalar_inputs);

/** Computes all scalars of a step into values[node]; inputs[i] is the number of scalar input i. */
void l2osr__program_scalars(const l2osr__program *program, double *values, const double *inputs);

/**
 * Runs the program for n coordinates. value[node] points to n numbers: inputs and broadcast scalars
 * to be read, EMA and TEMP to be written. before[node] is an EMA's previous value (may be
 * value[node]).
 */
void l2osr__program_run_f32(const l2osr__program *program, const l2osr__kernels_f32 *kernels,
                            size_t n, const double *scalars, float *const *value,
                            float *const *before);
void l2osr__program_run_f64(const l2osr__program *program, const l2osr__kernels_f64 *kernels,
                            size_t n, const double *scalars, double *const *value,
                            double *const *before);

/**
 * One step of reverse mode, after a run with the same tables: adjoint[node] points to n numbers,
 * those of the roots set by the caller and the others accumulated; adjoint_before[node] belongs to
 * before[node]. The adjoints of scalars are per coordinate too: the caller sums them.
 */
void l2osr__program_reverse_f32(const l2osr__program *program, const l2osr__kernels_f32 *kernels,
                                size_t n, const double *scalars, float *const *value,
                                float *const *before, float *const *adjoint,
                                float *const *adjoint_before);
void l2osr__program_reverse_f64(const l2osr__program *program, const l2osr__kernels_f64 *kernels,
                                size_t n, const double *scalars, double *const *value,
                                double *const *before, double *const *adjoint,
                                double *const *adjoint_before);

/** Reverse mode through the scalars of a step: adjoints[node] are sums over coordinates,
 * accumulated downwards. */
void l2osr__program_reverse_scalars(const l2osr__program *program, const double *values,
                                    double *adjoints);

#endif
