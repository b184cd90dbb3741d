/* SPDX-License-Identifier: MIT */
/**
 * @file network.h
 * The network of a numerical model, for panels of L2OSR__LANES coordinates: [linear, ELU], LSTM
 * layers, linear, [tanh].
 *
 * Every linear map is one matrix with the bias as its last column, applied to a "cat" panel whose
 * last row is one: z = W [input; h; 1]. All values of a step lie in one record, a list of panel
 * rows, so that a window of steps is an array of records and weight gradients are outer products
 * over it.
 */
#ifndef L2OSR_MODEL_NETWORK_H
#define L2OSR_MODEL_NETWORK_H

#include "vec/kernels.h"

enum {
    L2OSR__MAX_LAYERS = 3,
    L2OSR__MAX_RECORD_ROWS = 512 /* so that a step may keep a record on the stack */
};

/** Sizes that define a network. */
typedef struct l2osr__shape {
    size_t features;
    size_t pre; /* outputs of the first linear layer; 0: there is none */
    size_t layers, hidden[L2OSR__MAX_LAYERS];
    bool tanh; /* of the output */
} l2osr__shape;

/** Row offsets of one LSTM layer in a record. */
typedef struct l2osr__layer {
    size_t inputs, hidden;
    size_t cat;      /* [inputs + hidden + 1]: input, h before, 1 */
    size_t gates;    /* [4 hidden]: i f g o, later the adjoints of their inputs */
    size_t c_before; /* [hidden] */
    size_t c;        /* [hidden] */
    size_t tc;       /* [hidden]: tanh(c) */
    size_t weights;  /* offset of W [4 hidden][inputs + hidden + 1] in the packed weights */
} l2osr__layer;

typedef struct l2osr__network {
    l2osr__shape shape;
    l2osr__layer layer[L2OSR__MAX_LAYERS];
    size_t pre_cat;     /* rows [features + 1]; only with a first linear layer */
    size_t pre_adjoint; /* rows [pre] */
    size_t pre_weights;
    size_t out_cat; /* rows [hidden + 1] */
    size_t out;     /* one row: u, later the adjoint of its input */
    size_t out_weights;
    size_t rows;   /* of a record */
    size_t packed; /* number of packed weights */
    size_t states; /* h and c rows of all layers */
} l2osr__network;

/** Lays out records and packed weights. */
void l2osr__network_init(l2osr__network *net, const l2osr__shape *shape);

/** Rows of a record where the features go. */
size_t l2osr__network_input(const l2osr__network *net);

#define L2OSR__NETWORK(T, SUFFIX)                                                                  \
    /* Writes the rows that are one; once for each record. */                                      \
    void l2osr__network_prepare_##SUFFIX(const l2osr__network *net, T *record);                    \
    /* One step: the features, h and c before are in the record; fills the rest. */                \
    void l2osr__network_forward_##SUFFIX(const l2osr__network *net,                                \
                                         const l2osr__kernels_##SUFFIX *kernels, const T *weights, \
                                         T *record);                                               \
    /* Copies h and c after a step to where the next record expects them. */                       \
    void l2osr__network_carry_##SUFFIX(const l2osr__network *net, const T *record, T *next);       \
    /* One step backwards. `du` is one row; carry[net->states] rows hold the adjoints of h and c   \
       after the step and receive those before it. `work` has net->rows rows. */                   \
    void l2osr__network_backward_##SUFFIX(                                                         \
        const l2osr__network *net, const l2osr__kernels_##SUFFIX *kernels, const T *weights,       \
        T *record, const T *du, T *carry, T *work);                                                \
    /* Adds the weight gradient of `steps` records, after they went backwards, to packed[]. */     \
    void l2osr__network_gradient_##SUFFIX(const l2osr__network *net,                               \
                                          const l2osr__kernels_##SUFFIX *kernels,                  \
                                          const T *records, size_t steps, double *packed)

L2OSR__NETWORK(float, f32);
L2OSR__NETWORK(double, f64);

#endif
