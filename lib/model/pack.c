/* SPDX-License-Identifier: MIT */
/* Between the flat weights, tensor by tensor as in torch, and the matrices of the network. */
#include <string.h>

#include "model/model.h"

/* Where the tensors of one linear map lie in its packed matrix: columns of inputs, of h, and the
 * bias. */
typedef void (*tensor_fn)(void *arg, const l2osr_tensor *tensor, size_t first, size_t stride);

static void visit_packed(const l2osr_model *m, tensor_fn visit, void *arg) {
    const l2osr__network *net = &m->net;
    const l2osr_tensor *tensor = m->tensors;
    if (net->shape.pre > 0) {
        const size_t stride = net->shape.features + 1;
        visit(arg, tensor++, net->pre_weights, stride);
        visit(arg, tensor++, net->pre_weights + stride - 1, stride);
    }
    for (size_t l = 0; l < net->shape.layers; l++) {
        const l2osr__layer *layer = &net->layer[l];
        const size_t stride = layer->inputs + layer->hidden + 1;
        visit(arg, tensor++, layer->weights, stride);
        visit(arg, tensor++, layer->weights + layer->inputs, stride);
        visit(arg, tensor++, layer->weights + stride - 1, stride);
        visit(arg, tensor++, layer->weights + stride - 1, stride);
    }
    const size_t stride = net->layer[net->shape.layers - 1].hidden + 1;
    visit(arg, tensor++, net->out_weights, stride);
    visit(arg, tensor++, net->out_weights + stride - 1, stride);
    if (net->shape.output == L2OSR_OUTPUT_SCALED_TANH)
        visit(arg, tensor, net->scale, 1);
}

/* Adds, because the two biases of a cell share one column. */
static void pack_tensor(void *argument, const l2osr_tensor *tensor, size_t first, size_t stride) {
    l2osr_model *m = argument;
    for (size_t r = 0; r < tensor->rows; r++)
        for (size_t c = 0; c < tensor->cols; c++)
            m->packed_f64[first + r * stride + c] +=
                m->weights[tensor->offset + r * tensor->cols + c];
}

void l2osr__model_pack(l2osr_model *m) {
    memset(m->packed_f64, 0, m->net.packed * sizeof *m->packed_f64);
    visit_packed(m, pack_tensor, m);
    for (size_t i = 0; i < m->net.packed; i++)
        m->packed_f32[i] = (float)m->packed_f64[i];
}

typedef struct unpacking {
    const double *packed;
    double *flat;
} unpacking;

static void unpack_tensor(void *argument, const l2osr_tensor *tensor, size_t first, size_t stride) {
    unpacking *u = argument;
    for (size_t r = 0; r < tensor->rows; r++)
        for (size_t c = 0; c < tensor->cols; c++)
            u->flat[tensor->offset + r * tensor->cols + c] = u->packed[first + r * stride + c];
}

void l2osr__model_unpack(const l2osr_model *m, const double *packed, const double *lum,
                         double *flat) {
    unpacking u = {packed, flat};
    visit_packed(m, unpack_tensor, &u);
    if (m->lum)
        memcpy(flat + (m->lum - m->weights), lum, m->architecture.groups * sizeof *flat);
}
