/* SPDX-License-Identifier: MIT */
#include "model/model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "rule/rule.h"

void l2osr_model_options_init(l2osr_model_options *o, size_t size) {
    l2osr__options_init(o, size);
}

static void add_tensor(l2osr_model *m, const char *prefix, size_t number, const char *suffix,
                       size_t rows, size_t cols) {
    l2osr_tensor *tensor = &m->tensors[m->n_tensors];
    char *name = m->names[m->n_tensors++];
    if (number == SIZE_MAX)
        snprintf(name, L2OSR__NAME_SIZE, "%s.%s", prefix, suffix);
    else
        snprintf(name, L2OSR__NAME_SIZE, "%s.%u.%s", prefix, (unsigned)number, suffix);
    *tensor = (l2osr_tensor){name, rows, cols, m->size};
    m->size += rows * cols;
}

static void list_tensors(l2osr_model *m) {
    const l2osr__network *net = &m->net;
    if (net->shape.pre > 0) {
        add_tensor(m, "pre", 0, "weight", net->shape.pre, net->shape.features);
        add_tensor(m, "pre", 0, "bias", net->shape.pre, 1);
    }
    for (size_t l = 0; l < net->shape.layers; l++) {
        const l2osr__layer *layer = &net->layer[l];
        add_tensor(m, "cells", l, "weight_ih", 4 * layer->hidden, layer->inputs);
        add_tensor(m, "cells", l, "weight_hh", 4 * layer->hidden, layer->hidden);
        add_tensor(m, "cells", l, "bias_ih", 4 * layer->hidden, 1);
        add_tensor(m, "cells", l, "bias_hh", 4 * layer->hidden, 1);
    }
    add_tensor(m, "out", SIZE_MAX, "weight", 1, net->layer[net->shape.layers - 1].hidden);
    add_tensor(m, "out", SIZE_MAX, "bias", 1, 1);
}

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
    visit(arg, tensor, net->out_weights + stride - 1, stride);
}

/* Adds, because the two biases of a cell share one column. */
static void pack_tensor(void *argument, const l2osr_tensor *tensor, size_t first, size_t stride) {
    l2osr_model *m = argument;
    for (size_t r = 0; r < tensor->rows; r++)
        for (size_t c = 0; c < tensor->cols; c++)
            m->packed_f64[first + r * stride + c] +=
                m->weights[tensor->offset + r * tensor->cols + c];
}

static void pack(l2osr_model *m) {
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

void l2osr__model_unpack(const l2osr_model *m, const double *packed, double *flat) {
    unpacking u = {packed, flat};
    visit_packed(m, unpack_tensor, &u);
}

/* torch: uniform within 1/sqrt(fan_in) for linear maps, 1/sqrt(hidden) for LSTM cells. */
static void initialise(l2osr_model *m, uint64_t seed) {
    l2osr__rng rng;
    l2osr__rng_init(&rng, seed, 0);
    for (size_t i = 0; i < m->n_tensors; i++) {
        const l2osr_tensor *tensor = &m->tensors[i];
        size_t fan_in = m->net.layer[m->net.shape.layers - 1].hidden;
        if (strncmp(tensor->name, "pre", 3) == 0)
            fan_in = m->net.shape.features;
        else if (strncmp(tensor->name, "cells", 5) == 0)
            fan_in = tensor->rows / 4;
        const double bound = 1 / sqrt((double)fan_in);
        for (size_t k = 0; k < tensor->rows * tensor->cols; k++)
            m->weights[tensor->offset + k] = bound * (2 * l2osr__rng_uniform(&rng) - 1);
    }
    pack(m);
}

/* A feature is a let of the prelude or an input of rules. */
static l2osr_status find_feature(l2osr_model *m, const char *name, int32_t *node) {
    *node = l2osr__expr_find_let(&m->expr, name, strlen(name));
    if (*node >= 0)
        return L2OSR_OK;
    for (size_t i = 0; i < l2osr__rule_symbols.count; i++)
        if (strcmp(name, l2osr__rule_symbols.names[i]) == 0)
            return l2osr__expr_add(
                &m->expr, (l2osr__node){.op = L2OSR__OP_VAR, .a = (int32_t)i, .b = -1}, node);
    return l2osr__fail(m->ctx, L2OSR_ENOTFOUND, "model: no definition of feature '%s'", name);
}

static l2osr_status build_features(l2osr_model *m) {
    const l2osr__source source = {m->preset->name, m->preset->prelude};
    l2osr__rule_header header;
    const int32_t count = (int32_t)m->preset->shape.features;
    L2OSR__TRY(l2osr__parse_rule(&m->expr, &header, m->ctx, source, &l2osr__rule_symbols));
    for (int32_t f = 0; f < count; f++)
        L2OSR__TRY(find_feature(m, m->preset->features[f], &m->features[f]));
    return l2osr__routine_init(&m->routine, m->ctx,
                               &(l2osr__program_source){.nodes = m->expr.nodes,
                                                        .count = m->expr.count,
                                                        .roots = m->features,
                                                        .n_roots = count,
                                                        .symbols = &l2osr__rule_symbols,
                                                        .update = -1});
}

void l2osr__feature_scalars(const l2osr_model *m, uint64_t step, double *scalars) {
    double inputs[L2OSR__INPUT_COUNT];
    l2osr__rule_inputs(inputs, step, 0, 0);
    const l2osr__moment moment = {.inputs = inputs, .step = step};
    l2osr__program_scalars(&m->routine.program, &moment, 0, scalars);
}

static l2osr_status build(l2osr_model *m, uint64_t seed) {
    l2osr__network_init(&m->net, &m->preset->shape);
    list_tensors(m);
    L2OSR__TRY(build_features(m));
    L2OSR__TRY(l2osr__alloc_to(m->ctx, &m->weights, m->size, sizeof *m->weights));
    L2OSR__TRY(l2osr__alloc_to(m->ctx, &m->packed_f64, m->net.packed, sizeof *m->packed_f64));
    L2OSR__TRY(l2osr__alloc_to(m->ctx, &m->packed_f32, m->net.packed, sizeof *m->packed_f32));
    initialise(m, seed);
    return L2OSR_OK;
}

l2osr_status l2osr_model_create(l2osr_model **out, l2osr_context *ctx,
                                const l2osr_model_options *options) {
    l2osr_model_options o;
    const l2osr__preset *preset;
    l2osr_model *m;
    if (!ctx || !out)
        return L2OSR_EINVAL;
    *out = NULL;
    L2OSR__TRY(l2osr__options_copy(ctx, &o, sizeof o, options, "model options"));
    L2OSR__TRY(l2osr__preset_find(ctx, o.preset ? o.preset : "rp_s", &preset));
    L2OSR__TRY(l2osr__alloc_to(ctx, &m, 1, sizeof *m));
    m->ctx = ctx;
    m->preset = preset;
    atomic_init(&m->users, 1);
    l2osr__expr_init(&m->expr, ctx);
    l2osr_status status = build(m, o.seed);
    if (status == L2OSR_OK)
        *out = m;
    else
        l2osr_model_free(m);
    return status;
}

l2osr_model *l2osr_model_ref(l2osr_model *m) {
    atomic_fetch_add_explicit(&m->users, 1, memory_order_relaxed);
    return m;
}

void l2osr_model_free(l2osr_model *m) {
    if (!m || atomic_fetch_sub_explicit(&m->users, 1, memory_order_acq_rel) > 1)
        return;
    l2osr__expr_clear(&m->expr);
    l2osr__routine_clear(&m->routine, m->ctx);
    l2osr__free(m->ctx, m->weights);
    l2osr__free(m->ctx, m->packed_f64);
    l2osr__free(m->ctx, m->packed_f32);
    l2osr__free(m->ctx, m);
}

const char *l2osr_model_preset(const l2osr_model *m) {
    return m->preset->name;
}

size_t l2osr_model_size(const l2osr_model *m) {
    return m->size;
}

size_t l2osr_model_state(const l2osr_model *m) {
    return (size_t)m->routine.program.planes + m->net.states;
}

const char *l2osr_model_features(const l2osr_model *m) {
    return m->preset->prelude;
}

size_t l2osr_model_feature_count(const l2osr_model *m) {
    return m->preset->shape.features;
}

const char *l2osr_model_feature_name(const l2osr_model *m, size_t index) {
    return index < m->preset->shape.features ? m->preset->features[index] : NULL;
}

size_t l2osr_model_tensor_count(const l2osr_model *m) {
    return m->n_tensors;
}

const l2osr_tensor *l2osr_model_tensor(const l2osr_model *m, size_t index) {
    return index < m->n_tensors ? &m->tensors[index] : NULL;
}

const double *l2osr_model_weights(const l2osr_model *m) {
    return m->weights;
}

l2osr_status l2osr_model_set_weights(l2osr_model *m, const double *weights) {
    for (size_t i = 0; i < m->size; i++)
        if (!weights || !isfinite(weights[i]))
            return l2osr__fail(m->ctx, L2OSR_ENONFINITE, "model: weight %zu is not a finite number",
                               i);
    memmove(m->weights, weights, m->size * sizeof *weights);
    pack(m);
    return L2OSR_OK;
}
