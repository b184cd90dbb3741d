/* SPDX-License-Identifier: MIT */
/**
 * @file net.h
 * Convolutional classifiers: a list of layers between maps, for those who build one (cnn.c,
 * resnet.c), for what they share (net.c), and for the passes (net_pass.c).
 *
 * Images are lanes: a panel of L2OSR__LANES images is one array [row][column][channel][lane]. So a
 * weight multiplies a row of lanes, the columns under one row of a kernel lie behind one another,
 * and a convolution is a panel_add() for each row of its kernel, without a copy of its input. What
 * is missing to a whole panel repeats the last image of the batch, and its gradient is zero.
 */
#ifndef L2OSR_TASK_NET_H
#define L2OSR_TASK_NET_H

#include "task/classifier.h"
#include "task/task.h"
#include "vec/kernels.h"

/** Adjoints that are needed at the same time: a block of a residual network has three. */
enum { L2OSR__SLOTS = 3 };

/** What a layer makes of an image, with `border` pixels of zeros on each side. */
typedef struct l2osr__map {
    size_t rows, cols, channels, border;
    size_t at;   /* where in the values of a panel */
    size_t slot; /* which of the arrays for adjoints */
} l2osr__map;

typedef enum l2osr__net_layer_kind {
    L2OSR__CONV,    /* weights [out][in][kernel rows][kernel cols], perhaps biases [out] */
    L2OSR__POOL,    /* maxima of 2 x 2 pixels */
    L2OSR__RELU,    /* in place */
    L2OSR__NORM,    /* batch normalisation: gamma [channels], beta [channels] */
    L2OSR__ADD,     /* adds `in` to `out`: every stride-th pixel; further channels add nothing */
    L2OSR__AVERAGE, /* mean of all pixels of a channel */
    L2OSR__KINDS
} l2osr__net_layer_kind;

/** A fully connected layer is a convolution whose kernel is as large as its input. */
typedef struct l2osr__net_layer {
    l2osr__net_layer_kind kind;
    size_t in, out; /* maps */
    size_t kernel_rows, kernel_cols, stride;
    bool bias, dense;
    bool accumulate;   /* the adjoint of `in` has a part already, of the layer that adds `in` */
    size_t parameters; /* where in x */
    size_t statistics; /* of L2OSR__NORM: where in those of the workspace */
} l2osr__net_layer;

typedef struct l2osr__net {
    l2osr_context *ctx;
    const char *name;
    const l2osr_dataset *train, *test;
    l2osr_pixels pixels;
    l2osr_start start, dense_start; /* of the layers but the last, and of the last */
    size_t batch, panels, dim;
    l2osr__map *maps; /* the first is the image */
    l2osr__net_layer *layers;
    size_t n_maps, n_layers;
    size_t cells;              /* of all maps, a panel */
    size_t slot_cells;         /* of the largest map with an adjoint, a panel */
    size_t statistics, widest; /* numbers for L2OSR__NORM; most channels of a map */
    l2osr_status status;       /* first failure while layers are added */
    l2osr__scratch workspace_f32, workspace_f64;
} l2osr__net;

/** What all convolutional classifiers are told. */
typedef struct l2osr__net_options {
    const char *name;
    const l2osr_dataset *train, *test;
    l2osr_pixels pixels;
    l2osr_start start, dense_start;
    size_t batch;      /* 0: the default */
    size_t max_layers; /* room for so many */
    size_t border;     /* of the image */
} l2osr__net_options;

/** A network without layers whose map 0 is the image; the sets and options are checked. */
l2osr_status l2osr__net_new(l2osr__net **out, l2osr_context *ctx, const l2osr__net_options *o);

/**
 * These add a layer and return the number of its map. After a failure they do nothing: the first is
 * in net->status. `slot` is where the map's adjoint lies; its neighbours' differ, except for
 * l2osr__net_norm().
 */
size_t l2osr__net_conv(l2osr__net *net, size_t in, size_t channels, size_t kernel, size_t stride,
                       bool bias, size_t slot);
size_t l2osr__net_pool(l2osr__net *net, size_t in, size_t slot);
size_t l2osr__net_norm(l2osr__net *net, size_t in, size_t slot);
size_t l2osr__net_average(l2osr__net *net, size_t in, size_t slot);
void l2osr__net_relu(l2osr__net *net, size_t map);

/** Adds `in` to `out`; the convolution that used `in` before, number `conv`, is told so. */
void l2osr__net_add(l2osr__net *net, size_t in, size_t out, size_t stride, size_t conv);

/** Adds the last layer, to the classes. */
void l2osr__net_dense(l2osr__net *net, size_t in);

/** Makes the task, which owns the network; frees it on failure, also when a layer failed. */
l2osr_status l2osr__net_finish(l2osr_task **out, l2osr__net *net);

/** Frees a network (an l2osr__net *). */
void l2osr__net_free(void *net);

/** Cells of a map, a panel. */
size_t l2osr__map_cells(const l2osr__map *map);

/** Numbers of parameters of a layer: weights or gammas, and biases or betas. */
size_t l2osr__net_layer_weights(const l2osr__net *net, const l2osr__net_layer *layer);
size_t l2osr__net_layer_biases(const l2osr__net *net, const l2osr__net_layer *layer);

/** Bytes of a workspace; 0 when they are too many. */
size_t l2osr__net_workspace_f32(const l2osr__net *net);
size_t l2osr__net_workspace_f64(const l2osr__net *net);

/** Callbacks of the task. */
int l2osr__net_loss_grad_f32(void *user, const l2osr_draw *draw, const float *x, double *loss,
                             float *grad);
int l2osr__net_loss_grad_f64(void *user, const l2osr_draw *draw, const double *x, double *loss,
                             double *grad);
int l2osr__net_accuracy(void *user, const double *x, double *value);

#endif
