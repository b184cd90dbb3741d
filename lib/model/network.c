/* SPDX-License-Identifier: MIT */
#include "model/network.h"

#include <string.h>

static size_t take(size_t *next, size_t n) {
    size_t at = *next;
    *next += n;
    return at;
}

void l2osr__network_init(l2osr__network *net, const l2osr__shape *shape) {
    memset(net, 0, sizeof *net);
    net->shape = *shape;
    size_t inputs = shape->features, below = net->input = take(&net->rows, inputs);
    if (shape->pre > 0) {
        below = net->pre = take(&net->rows, shape->pre);
        net->pre_adjoint = take(&net->rows, shape->pre);
        net->pre_weights = take(&net->packed, shape->pre * (inputs + 1));
        inputs = shape->pre;
    }
    for (size_t l = 0; l < shape->layers; l++) {
        const size_t hidden = shape->hidden[l];
        l2osr__layer *layer = &net->layer[l];
        layer->inputs = inputs;
        layer->hidden = hidden;
        layer->x = below;
        layer->gates = take(&net->rows, 4 * hidden);
        layer->tc = take(&net->rows, hidden);
        below = layer->h = take(&net->rows, hidden);
        layer->c = take(&net->rows, hidden);
        layer->weights = take(&net->packed, 4 * hidden * (inputs + hidden + 1));
        net->states += 2 * hidden;
        inputs = hidden;
    }
    net->out = take(&net->rows, 1);
    net->out_weights = take(&net->packed, inputs + 1);
    net->sum = net->sum_adjoint = net->out;
    if (shape->output == L2OSR_OUTPUT_SCALED_TANH) {
        net->sum = take(&net->rows, 1);
        net->sum_adjoint = take(&net->rows, 1);
        net->scale = take(&net->packed, 1);
    }
}

static const double REACH = 0.1; /* of u with a pre-tanh scale, as in the reference */

#define T       float
#define F(name) name##_f32
#include "model/network.inc"
#undef T
#undef F

#define T       double
#define F(name) name##_f64
#include "model/network.inc"
