/* SPDX-License-Identifier: MIT */
/** @file model.h The inside of a model, for its stepper and for meta-training. */
#ifndef L2OSR_MODEL_MODEL_H
#define L2OSR_MODEL_MODEL_H

#include <stdatomic.h>

#include "expr/code.h"
#include "l2osr/model.h"
#include "model/network.h"

enum { L2OSR__MAX_FEATURES = 8, L2OSR__MAX_TENSORS = 4 + 4 * L2OSR__MAX_LAYERS };

/** An architecture by name. */
typedef struct l2osr__preset {
    const char *name;
    l2osr__shape shape;
    const char *features[L2OSR__MAX_FEATURES]; /* names, in the order of the network's inputs */
    const char *prelude;                       /* their definitions as lines of a rule file */
} l2osr__preset;

/** Finds an architecture; #L2OSR_ENOTFOUND lists those there are. */
l2osr_status l2osr__preset_find(l2osr_context *ctx, const char *name, const l2osr__preset **out);

struct l2osr_model {
    l2osr_context *ctx;
    atomic_int users;
    const l2osr__preset *preset;
    l2osr__network net;
    l2osr__expr expr;                      /* of the features */
    int32_t features[L2OSR__MAX_FEATURES]; /* their nodes */
    l2osr__routine routine;                /* that computes them */
    l2osr_tensor tensors[L2OSR__MAX_TENSORS];
    char names[L2OSR__MAX_TENSORS][L2OSR__NAME_SIZE];
    size_t n_tensors, size;
    double *weights;    /* flat, torch's layout */
    double *packed_f64; /* the network's layout */
    float *packed_f32;
};

/** Numbers of the features' program at a step, into scalars[nodes]. Features do not read lr or wd. */
void l2osr__feature_scalars(const l2osr_model *model, uint64_t step, double *scalars);

/** Turns a gradient by packed weights into one by flat weights. */
void l2osr__model_unpack(const l2osr_model *model, const double *packed, double *flat);

#endif
