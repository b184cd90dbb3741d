/* SPDX-License-Identifier: MIT */
/**
 * @file frame.h
 * Places the values of a program for stepping: temporaries and broadcast numbers in a scratch
 * buffer, state in planes [planes][stride], one number a coordinate in each.
 */
#ifndef L2OSR_EXPR_FRAME_H
#define L2OSR_EXPR_FRAME_H

#include "expr/program.h"

/** Scratch of a frame on the stack of whoever steps: no allocation in a step. */
enum { L2OSR__SCRATCH_BYTES = 49152, L2OSR__MAX_BLOCK = 512 };

/** Where one block of coordinates is found. */
#define L2OSR__FRAME(T, SUFFIX)                                                                    \
    typedef struct l2osr__frame_##SUFFIX {                                                         \
        const l2osr__program *program;                                                             \
        const double *scalars; /* of this step */                                                  \
        size_t block;          /* most coordinates at a time */                                    \
        uint64_t step;         /* from 1 */                                                        \
        T *state;              /* planes */                                                        \
        size_t stride;         /* coordinates in a plane */                                        \
        T *value[L2OSR__MAX_NODES];                                                                \
    } l2osr__frame_##SUFFIX;                                                                       \
    /* Sets up temporaries and broadcast numbers in `scratch` for blocks of at most `most`, and    \
       frame->block. `reserve` further rows of frame->block numbers follow at the returned         \
       address. */                                                                                 \
    T *l2osr__frame_init_##SUFFIX(l2osr__frame_##SUFFIX *frame, const l2osr__program *program,     \
                                  const double *scalars, uint64_t step, T *state, size_t stride,   \
                                  T *scratch, size_t reserve, size_t most);                        \
    /* Points inputs, lags and emas at coordinates first .. first + n - 1 and runs the program.    \
       inputs[i] holds those coordinates of input i. Then moves lagged values into their rings. */ \
    void l2osr__frame_run_##SUFFIX(l2osr__frame_##SUFFIX *frame,                                   \
                                   const l2osr__kernels_##SUFFIX *kernels, size_t first, size_t n, \
                                   const T *const *inputs)

L2OSR__FRAME(float, f32);
L2OSR__FRAME(double, f64);

#endif
