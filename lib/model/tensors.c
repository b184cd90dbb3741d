/* SPDX-License-Identifier: MIT */
/* The weights by name, as in torch. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "expr/suggest.h"
#include "model/model.h"

static void add_tensor(l2osr_model *m, const char *name, size_t rows, size_t cols) {
    l2osr_tensor *tensor = &m->tensors[m->n_tensors];
    snprintf(m->names[m->n_tensors], L2OSR__NAME_SIZE, "%s", name);
    *tensor = (l2osr_tensor){m->names[m->n_tensors++], rows, cols, m->size};
    m->size += rows * cols;
}

static void add_cell_tensor(l2osr_model *m, size_t layer, const char *suffix, size_t cols) {
    char name[L2OSR__NAME_SIZE];
    snprintf(name, sizeof name, "cells.%u.%s", (unsigned)layer, suffix);
    add_tensor(m, name, 4 * m->net.layer[layer].hidden, cols);
}

void l2osr__model_list_tensors(l2osr_model *m) {
    const l2osr__shape *shape = &m->net.shape;
    if (shape->pre > 0) {
        add_tensor(m, "pre.0.weight", shape->pre, shape->features);
        add_tensor(m, "pre.0.bias", shape->pre, 1);
    }
    for (size_t l = 0; l < shape->layers; l++) {
        add_cell_tensor(m, l, "weight_ih", m->net.layer[l].inputs);
        add_cell_tensor(m, l, "weight_hh", m->net.layer[l].hidden);
        add_cell_tensor(m, l, "bias_ih", 1);
        add_cell_tensor(m, l, "bias_hh", 1);
    }
    add_tensor(m, "out.weight", 1, m->net.layer[shape->layers - 1].hidden);
    add_tensor(m, "out.bias", 1, 1);
    if (shape->output == L2OSR_OUTPUT_SCALED_TANH)
        add_tensor(m, "tanh_scale", 1, 1);
    if (m->architecture.groups > 0)
        add_tensor(m, "lum", m->architecture.groups, 1);
}

size_t l2osr__tensor_rank(const l2osr_tensor *tensor) {
    return strstr(tensor->name, "weight") ? 2 : 1;
}

size_t l2osr_model_tensor_count(const l2osr_model *m) {
    return m->n_tensors;
}

const l2osr_tensor *l2osr_model_tensor(const l2osr_model *m, size_t index) {
    return index < m->n_tensors ? &m->tensors[index] : NULL;
}

const l2osr_tensor *l2osr_model_tensor_find(const l2osr_model *m, const char *name) {
    for (size_t i = 0; name && i < m->n_tensors; i++)
        if (strcmp(m->tensors[i].name, name) == 0)
            return &m->tensors[i];
    return NULL;
}

const double *l2osr_model_weights(const l2osr_model *m) {
    return m->weights;
}

static l2osr_status check_finite(const l2osr_model *m, const l2osr_tensor *tensor,
                                 const double *values) {
    for (size_t i = 0; i < tensor->rows * tensor->cols; i++)
        if (!isfinite(values[i]))
            return l2osr__fail(m->ctx, L2OSR_ENONFINITE,
                               "model: weight %zu of '%s' is not a finite number", i, tensor->name);
    return L2OSR_OK;
}

l2osr_status l2osr_model_set_weights(l2osr_model *m, const double *weights) {
    if (!weights)
        return l2osr__fail(m->ctx, L2OSR_EINVAL, "model: weights is NULL");
    for (size_t i = 0; i < m->n_tensors; i++)
        L2OSR__TRY(check_finite(m, &m->tensors[i], weights + m->tensors[i].offset));
    memmove(m->weights, weights, m->size * sizeof *weights);
    l2osr__model_pack(m);
    return L2OSR_OK;
}

l2osr_status l2osr_model_set_tensor(l2osr_model *m, const char *name, const double *values) {
    const l2osr_tensor *tensor = l2osr_model_tensor_find(m, name);
    if (!name || !values)
        return l2osr__fail(m->ctx, L2OSR_EINVAL, "model: name or values is NULL");
    if (!tensor) {
        l2osr__suggestion suggestion = l2osr__suggest(name, strlen(name));
        for (size_t i = 0; i < m->n_tensors; i++)
            l2osr__suggest_offer(&suggestion, m->tensors[i].name);
        return l2osr__fail(m->ctx, L2OSR_ENOTFOUND, "model: no weights '%.40s', there are '%s'...",
                           name, suggestion.best ? suggestion.best : m->tensors[0].name);
    }
    L2OSR__TRY(check_finite(m, tensor, values));
    memmove(m->weights + tensor->offset, values, tensor->rows * tensor->cols * sizeof *values);
    l2osr__model_pack(m);
    return L2OSR_OK;
}
