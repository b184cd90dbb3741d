/* SPDX-License-Identifier: MIT */
/**
 * @file tape.h
 * Derivatives of a program over time. One block of coordinates at a time, the steps of a window are
 * run again from the state at its start with every value kept, and then walked backwards; what
 * reaches a memory or a lagged value is carried to the step it came from. Inputs and the state at
 * the start are constants. Memory is one block, however many coordinates there are.
 *
 * One input may be moved by the root, as parameters are by their update: input + root at a step is
 * the input at the next. Then only its start is given, the tape follows it through the window, and
 * derivatives go through it: x(t + 1) = x(t) + u(t) passes what reaches x at a step on to all
 * updates before it.
 */
#ifndef L2OSR_EXPR_TAPE_H
#define L2OSR_EXPR_TAPE_H

#include "expr/code.h"

/**
 * Rows of a workspace that hold a node's values and adjoints: one for all steps, or one for each.
 * Numbers are operands of kernels and need none, but for one that is the root.
 */
typedef struct l2osr__tape_place {
    size_t value, adjoint;
    bool has_rows;
    bool each_value, each_adjoint;
} l2osr__tape_place;

/** Layout of the workspaces of one program; never changes, so that workers share it. */
typedef struct l2osr__tape {
    const l2osr__program *program; /* borrowed */
    l2osr__code code;              /* with a value for every node */
    int32_t root;                  /* the node whose adjoints are given */
    int32_t moved;                 /* the input that it moves; -1: none */
    size_t steps;                  /* most steps of a window */
    l2osr__tape_place *places;     /* one a node */
    size_t adjoints, shared, rows; /* first row of adjoints, of those where one serves for all
                                      steps, of what follows */
} l2osr__tape;

/**
 * @param program of a rule: without functions of the caller
 * @param moved the number of the input that the root moves; -1: all inputs are constants
 * @return #L2OSR_EUNSUPPORTED for reductions, which tie coordinates together. Clear it after
 *         failures too.
 */
l2osr_status l2osr__tape_init(l2osr__tape *tape, l2osr_context *ctx, const l2osr__program *program,
                              int32_t root, int32_t moved, size_t steps);
void l2osr__tape_clear(l2osr__tape *tape, l2osr_context *ctx);

#define L2OSR__TAPE(T, SUFFIX)                                                                     \
    /* A window of some coordinates: pointers are to the first of them */                          \
    typedef struct l2osr__tape_window_##SUFFIX {                                                   \
        size_t steps;                                                                              \
        uint64_t before;        /* steps done before the window */                                 \
        const double *scalars;  /* [steps][nodes], of l2osr__program_scalars() */                  \
        const T *state;         /* planes [planes][stride] before the window */                    \
        size_t stride;                                                                             \
        const T *const *inputs; /* inputs[i][steps][row], of the moved one its first row; NULL for \
                                   what the program ignores */                                     \
        const T *slopes;        /* [steps][row]: the root's adjoint at step k is the weighted sum  \
                                   of rows k to steps - 1 */                                       \
        const double *weights;  /* [steps]; NULL: all 1 */                                         \
        size_t row;                                                                                \
    } l2osr__tape_window_##SUFFIX;                                                                 \
    /* Most coordinates at a time, and the numbers of workspace they need. */                      \
    size_t l2osr__tape_block_##SUFFIX(const l2osr__tape *tape);                                    \
    size_t l2osr__tape_workspace_##SUFFIX(const l2osr__tape *tape);                                \
    /* Adds the derivatives by the scalars of each step, summed over n coordinates, to             \
       sums[steps][nodes]. */                                                                      \
    void l2osr__tape_run_##SUFFIX(const l2osr__tape *tape, const l2osr__kernels_##SUFFIX *kernels, \
                                  const l2osr__tape_window_##SUFFIX *window, size_t n,             \
                                  T *workspace, double *sums)

L2OSR__TAPE(float, f32);
L2OSR__TAPE(double, f64);

/**
 * Goes through the scalars of each step (changes sums) and adds up the steps: derivatives[nodes] of
 * constants, t, lr.
 * @param previous the scalars of the step before the window, NULL when there is none
 */
void l2osr__tape_reduce(const l2osr__tape *tape, size_t steps, const double *previous,
                        const double *scalars, double *sums, double *derivatives);

#endif
