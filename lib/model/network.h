/* SPDX-License-Identifier: MIT */
/**
 * @file network.h
 * The network of a numerical model, for panels of L2OSR__LANES coordinates: [linear, ELU], LSTM
 * layers, linear, [tanh].
 *
 * Every linear map is one matrix with the bias as its last column: z = W [input; h; 1]. All values
 * of a step lie in one record, a list of panel rows, and those of the step before in the record
 * before, so that a window of steps is an array of records, of which the first holds nothing but
 * the state at the start, and weight gradients are outer products over it.
 */
#ifndef L2OSR_MODEL_NETWORK_H
#define L2OSR_MODEL_NETWORK_H

#include "l2osr/model.h"
#include "vec/kernels.h"

enum {
    L2OSR__MAX_LAYERS = 3,
    L2OSR__MAX_RECORD_ROWS = 512 /* so that a step may keep two records on the stack */
};

/** Sizes that define a network. */
typedef struct l2osr__shape {
    size_t features;
    size_t pre; /* outputs of the first linear layer; 0: there is none */
    size_t layers, hidden[L2OSR__MAX_LAYERS];
    l2osr_output output;
} l2osr__shape;

/** Row offsets of one LSTM layer in a record. */
typedef struct l2osr__layer {
    size_t inputs, hidden;
    size_t x;       /* [inputs], rows of what is below */
    size_t gates;   /* [4 hidden]: i f g o, later the adjoints of their sums */
    size_t h, c;    /* [hidden] each, after the step */
    size_t tc;      /* [hidden]: tanh(c) */
    size_t weights; /* offset of W [4 hidden][inputs + hidden + 1] in the packed weights */
} l2osr__layer;

typedef struct l2osr__network {
    l2osr__shape shape;
    l2osr__layer layer[L2OSR__MAX_LAYERS];
    size_t input;       /* rows [features] */
    size_t pre;         /* rows [pre]; only with a first linear layer, as the next two */
    size_t pre_adjoint; /* rows [pre] */
    size_t pre_weights;
    size_t out; /* one row: u, later the adjoint of what its tanh is taken of, or its sum */
    size_t out_weights;
    size_t sum,
        sum_adjoint; /* rows: of u; with an output of SCALED_TANH only, else they are `out` */
    size_t scale;    /* offset of its weight */
    size_t rows;     /* of a record */
    size_t packed;   /* number of packed weights */
    size_t states;   /* h and c rows of all layers */
} l2osr__network;

/** Lays out records and packed weights. */
void l2osr__network_init(l2osr__network *net, const l2osr__shape *shape);

#define L2OSR__NETWORK(T, SUFFIX)                                                                  \
    /* One step: the features are in the record, h and c in the one before; fills the rest. */     \
    void l2osr__network_forward_##SUFFIX(const l2osr__network *net,                                \
                                         const l2osr__kernels_##SUFFIX *kernels, const T *weights, \
                                         const T *before, T *record);                              \
    /* One step backwards. `du` is one row; carry[net->states] rows hold the adjoints of h and c   \
       after the step and receive those before it. `work` has net->rows rows. */                   \
    void l2osr__network_backward_##SUFFIX(                                                         \
        const l2osr__network *net, const l2osr__kernels_##SUFFIX *kernels, const T *weights,       \
        const T *before, T *record, const T *du, T *carry, T *work);                               \
    /* Adds the weight gradient of `steps` records, the one before them in front, after they went  \
       backwards, to packed[]. */                                                                  \
    void l2osr__network_gradient_##SUFFIX(const l2osr__network *net,                               \
                                          const l2osr__kernels_##SUFFIX *kernels,                  \
                                          const T *records, size_t steps, double *packed)

L2OSR__NETWORK(float, f32);
L2OSR__NETWORK(double, f64);

#endif
