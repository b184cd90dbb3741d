/* SPDX-License-Identifier: MIT */
/** @file model.h The inside of a model, for its stepper and for meta-training. */
#ifndef L2OSR_MODEL_MODEL_H
#define L2OSR_MODEL_MODEL_H

#include <stdatomic.h>

#include "expr/code.h"
#include "model/architecture.h"

enum { L2OSR__MAX_TENSORS = 6 + 4 * L2OSR__MAX_LAYERS };

struct l2osr_model {
    l2osr_context *ctx;
    atomic_int users;
    l2osr__architecture architecture;
    uint32_t id; /* the same for models with the same description */
    l2osr__network net;
    l2osr__expr expr;                      /* of the features */
    int32_t features[L2OSR__MAX_FEATURES]; /* their nodes */
    const char *feature_names[L2OSR__MAX_FEATURES];
    l2osr__routine routine; /* that computes them */
    l2osr_tensor tensors[L2OSR__MAX_TENSORS];
    char names[L2OSR__MAX_TENSORS][L2OSR__NAME_SIZE];
    size_t n_tensors, size;
    double *weights;    /* flat, torch's layout */
    const double *lum;  /* those that are step sizes of groups; NULL: there are none */
    double *packed_f64; /* the network's layout */
    float *packed_f32;
};

/** Default step size of the steppers of models: x changes by 0.01 u. */
extern const double l2osr__model_lr;

/** Makes a model with random weights; takes the architecture over, also when it fails. */
l2osr_status l2osr__model_build(l2osr_model **out, l2osr_context *ctx,
                                l2osr__architecture *architecture, uint64_t seed);

/** A model of its own with the same architecture and weights. */
l2osr_status l2osr__model_copy(l2osr_model **out, const l2osr_model *model);

/** Parses the definitions of the features and compiles them. */
l2osr_status l2osr__model_build_features(l2osr_model *model);

/** Numbers of the features' program at a step, into scalars[nodes]. Features do not read lr or wd.
 */
void l2osr__feature_scalars(const l2osr_model *model, uint64_t step, double *scalars);

/** Lists the tensors of the weights and counts them. */
void l2osr__model_list_tensors(l2osr_model *model);

/** Dimensions of a tensor, of which those are rows and cols: 2 or 1. */
size_t l2osr__tensor_rank(const l2osr_tensor *tensor);

/** Takes over the flat weights. */
void l2osr__model_pack(l2osr_model *model);

/** Turns a gradient by packed weights, and by the step sizes of groups if there are such
 * (`lum`[groups], else not looked at), into one by flat weights. */
void l2osr__model_unpack(const l2osr_model *model, const double *packed, const double *lum,
                         double *flat);

#endif
