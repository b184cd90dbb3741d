/* SPDX-License-Identifier: MIT */
#include "model/model.h"

#include <math.h>
#include <string.h>
#include <zlib.h>

#include "base/rng.h"

void l2osr_model_options_init(l2osr_model_options *o, size_t size) {
    l2osr__options_init(o, size);
}

static size_t fan_in(const l2osr_model *m, const l2osr_tensor *tensor) {
    if (strncmp(tensor->name, "pre", 3) == 0)
        return m->net.shape.features;
    if (strncmp(tensor->name, "cells", 5) == 0)
        return tensor->rows / 4; /* torch goes by the hidden size */
    return m->net.layer[m->net.shape.layers - 1].hidden;
}

/* torch: uniform within 1/sqrt(fan in). The step sizes of groups begin as factors of 1. */
static void initialise(l2osr_model *m, uint64_t seed) {
    l2osr__rng rng;
    l2osr__rng_init(&rng, seed, 0);
    for (size_t i = 0; i < m->n_tensors; i++) {
        const l2osr_tensor *tensor = &m->tensors[i];
        const bool lum = m->weights + tensor->offset == m->lum;
        const bool scale = strcmp(tensor->name, "tanh_scale") == 0;
        const double fixed = lum ? 1 : 100, bound = 1 / sqrt((double)fan_in(m, tensor));
        for (size_t k = 0; k < tensor->rows * tensor->cols; k++)
            m->weights[tensor->offset + k] =
                lum || scale ? fixed : bound * (2 * l2osr__rng_uniform(&rng) - 1);
    }
    l2osr__model_pack(m);
}

static l2osr_status identify(l2osr_model *m) {
    l2osr__text text = {.ctx = m->ctx};
    char *description;
    l2osr__architecture_write(&m->architecture, &text);
    L2OSR__TRY(l2osr__text_take(&text, &description));
    m->id = (uint32_t)crc32_z(0, (const unsigned char *)description, strlen(description));
    l2osr__free(m->ctx, description);
    return L2OSR_OK;
}

static l2osr_status build(l2osr_model *m, uint64_t seed) {
    l2osr__network_init(&m->net, &m->architecture.shape);
    l2osr__model_list_tensors(m);
    L2OSR__TRY(identify(m));
    L2OSR__TRY(l2osr__model_build_features(m));
    L2OSR__TRY(l2osr__alloc_to(m->ctx, &m->weights, m->size, sizeof *m->weights));
    L2OSR__TRY(l2osr__alloc_to(m->ctx, &m->packed_f64, m->net.packed, sizeof *m->packed_f64));
    L2OSR__TRY(l2osr__alloc_to(m->ctx, &m->packed_f32, m->net.packed, sizeof *m->packed_f32));
    if (m->architecture.groups > 0)
        m->lum = m->weights + l2osr_model_tensor_find(m, "lum")->offset;
    initialise(m, seed);
    return L2OSR_OK;
}

l2osr_status l2osr__model_build(l2osr_model **out, l2osr_context *ctx, l2osr__architecture *a,
                                uint64_t seed) {
    l2osr_model *m;
    l2osr_status status = l2osr__alloc_to(ctx, &m, 1, sizeof *m);
    *out = NULL;
    if (status != L2OSR_OK) {
        l2osr__architecture_clear(a, ctx);
        return status;
    }
    m->ctx = ctx;
    m->architecture = *a;
    atomic_init(&m->users, 1);
    l2osr__expr_init(&m->expr, ctx);
    status = build(m, seed);
    if (status == L2OSR_OK)
        *out = m;
    else
        l2osr_model_free(m);
    return status;
}

l2osr_status l2osr_model_create(l2osr_model **out, l2osr_context *ctx,
                                const l2osr_model_options *options) {
    l2osr_model_options o;
    l2osr__architecture architecture;
    if (!ctx || !out)
        return L2OSR_EINVAL;
    *out = NULL;
    L2OSR__TRY(l2osr__options_copy(ctx, &o, sizeof o, options, "model options"));
    l2osr_status status = l2osr__architecture_create(&architecture, ctx, &o);
    if (status == L2OSR_OK)
        return l2osr__model_build(out, ctx, &architecture, o.seed);
    l2osr__architecture_clear(&architecture, ctx);
    return status;
}

l2osr_status l2osr__model_copy(l2osr_model **out, const l2osr_model *m) {
    l2osr__architecture architecture = m->architecture;
    const size_t length = strlen(architecture.prelude) + 1;
    *out = NULL;
    L2OSR__TRY(l2osr__alloc_to(m->ctx, &architecture.prelude, length, 1));
    memcpy(architecture.prelude, m->architecture.prelude, length);
    L2OSR__TRY(l2osr__model_build(out, m->ctx, &architecture, 0));
    memcpy((*out)->weights, m->weights, m->size * sizeof *m->weights);
    l2osr__model_pack(*out);
    return L2OSR_OK;
}

l2osr_model *l2osr_model_ref(l2osr_model *m) {
    atomic_fetch_add_explicit(&m->users, 1, memory_order_relaxed);
    return m;
}

void l2osr_model_free(l2osr_model *m) {
    if (!m || atomic_fetch_sub_explicit(&m->users, 1, memory_order_acq_rel) > 1)
        return;
    l2osr__architecture_clear(&m->architecture, m->ctx);
    l2osr__expr_clear(&m->expr);
    l2osr__routine_clear(&m->routine, m->ctx);
    l2osr__free(m->ctx, m->weights);
    l2osr__free(m->ctx, m->packed_f64);
    l2osr__free(m->ctx, m->packed_f32);
    l2osr__free(m->ctx, m);
}

const char *l2osr_model_preset(const l2osr_model *m) {
    return m->architecture.preset;
}

size_t l2osr_model_size(const l2osr_model *m) {
    return m->size;
}

size_t l2osr_model_state(const l2osr_model *m) {
    return (size_t)m->routine.program.planes + m->net.states;
}

const char *l2osr_model_features(const l2osr_model *m) {
    return m->architecture.prelude;
}

size_t l2osr_model_feature_count(const l2osr_model *m) {
    return m->net.shape.features;
}

const char *l2osr_model_feature_name(const l2osr_model *m, size_t index) {
    return index < m->net.shape.features ? m->feature_names[index] : NULL;
}
