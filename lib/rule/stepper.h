/* SPDX-License-Identifier: MIT */
/** @file stepper.h The inside of a stepper. */
#ifndef L2OSR_RULE_STEPPER_H
#define L2OSR_RULE_STEPPER_H

#include <stdatomic.h>

#include "rule/engine.h"

struct l2osr_stepper {
    l2osr_context *ctx;
    l2osr__engine engine;
    const l2osr__kernels_f32 *kernels_f32;
    const l2osr__kernels_f64 *kernels_f64;
    l2osr_dtype precision;
    l2osr_nonfinite policy;
    size_t size;
    size_t groups;
    size_t *sizes, *offsets, *chunks, *blocks; /* [groups], and [groups + 1] running sums of sizes, of
                                                  chunks and of reduction blocks */
    double *lr_mult, *wd_mult;                 /* [groups] */
    double *lr, *wd;                           /* [groups] of the current step */
    double *cells;                             /* state [groups][engine.cells] */
    double *partials;                          /* [engine.reductions][blocks[groups]] */
    unsigned char *state;                      /* planes */
    l2osr__step step;
    uint64_t count; /* steps begun */
    size_t pass;    /* reduction passes done in this step */
    double grad_scale;
    bool open;             /* between begin and end */
    atomic_int first_error; /* of any slice of this step; whoever sets it writes the text */
    char error_text[160];
    atomic_size_t refused;  /* steps and slices with gradients that are not finite */
};

/** Bytes of a number of the stepper's precision. */
size_t l2osr__stepper_width(const l2osr_stepper *stepper);
size_t l2osr__stepper_planes_bytes(const l2osr_stepper *stepper);
size_t l2osr__stepper_cells_bytes(const l2osr_stepper *stepper);

#endif
