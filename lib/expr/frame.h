/* SPDX-License-Identifier: MIT */
/**
 * @file frame.h
 * Places the values of code for stepping: temporaries in a scratch buffer, state in planes
 * [planes][stride], one number a coordinate in each.
 */
#ifndef L2OSR_EXPR_FRAME_H
#define L2OSR_EXPR_FRAME_H

#include "expr/code.h"

/**
 * Scratch of a frame on the stack of whoever steps: no allocation in a step. And the most bytes of a
 * block: short enough that what the processor fetches ahead of one kernel's streams is still there
 * when the next block begins (16 million parameters of Adam: 0.70 ns each with 1 KiB, 1.1 with 4).
 */
enum { L2OSR__SCRATCH_BYTES = 49152, L2OSR__BLOCK_BYTES = 1024 };

/** Where one block of coordinates is found. */
#define L2OSR__FRAME(T, SUFFIX)                                                                    \
    typedef struct l2osr__frame_##SUFFIX {                                                         \
        const l2osr__code *code;                                                                   \
        const double *numbers; /* of this step */                                                  \
        size_t block;          /* most coordinates at a time */                                    \
        uint64_t step;         /* from 1 */                                                        \
        T *state;              /* planes */                                                        \
        size_t stride;         /* coordinates in a plane */                                        \
        T *value[L2OSR__MAX_NODES];                                                                \
    } l2osr__frame_##SUFFIX;                                                                       \
    /* Sets up temporaries in `scratch` for blocks of at most `most`, and frame->block. `reserve`  \
       further rows of frame->block numbers follow at the returned address. */                     \
    T *l2osr__frame_init_##SUFFIX(l2osr__frame_##SUFFIX *frame, const l2osr__code *code,           \
                                  const double *numbers, uint64_t step, T *state, size_t stride,   \
                                  T *scratch, size_t reserve, size_t most);                        \
    /* Points inputs, lags and memories at coordinates first .. first + n - 1 and runs the code.   \
       inputs[i] holds those coordinates of input i. In the last pass lagged values then move into \
       their rings. */                                                                             \
    void l2osr__frame_run_##SUFFIX(l2osr__frame_##SUFFIX *frame,                                   \
                                   const l2osr__kernels_##SUFFIX *kernels, size_t first, size_t n, \
                                   const T *const *inputs)

L2OSR__FRAME(float, f32);
L2OSR__FRAME(double, f64);

#endif
