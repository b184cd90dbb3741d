/* SPDX-License-Identifier: MIT */
#include "task/net.h"

#include <stdint.h>

void l2osr__net_free(void *user) {
    l2osr__net *net = user;
    l2osr__scratch_destroy(&net->workspace_f32);
    l2osr__scratch_destroy(&net->workspace_f64);
    l2osr__free(net->ctx, net->maps);
    l2osr__free(net->ctx, net->layers);
    l2osr__free(net->ctx, net);
}

/* a b, or a failure and 0 when that is more than any memory: then sums of a few sizes, and their
 * bytes, do not overflow. */
static size_t product(l2osr__net *net, size_t a, size_t b) {
    size_t c;
    if (!__builtin_mul_overflow(a, b, &c) && c <= (uint64_t)1 << 40 && c <= SIZE_MAX / 64)
        return c;
    if (net->status == L2OSR_OK)
        net->status = l2osr__fail(net->ctx, L2OSR_ERANGE, "%s: layer %zu is too large", net->name,
                                  net->n_layers + 1);
    return 0;
}

size_t l2osr__map_cells(const l2osr__map *map) {
    return (map->rows + 2 * map->border) * (map->cols + 2 * map->border) * map->channels *
           L2OSR__LANES;
}

size_t l2osr__net_layer_weights(const l2osr__net *net, const l2osr__net_layer *layer) {
    size_t channels = net->maps[layer->out].channels;
    if (layer->kind == L2OSR__NORM)
        return channels;
    if (layer->kind != L2OSR__CONV)
        return 0;
    return channels * net->maps[layer->in].channels * layer->kernel_rows * layer->kernel_cols;
}

size_t l2osr__net_layer_biases(const l2osr__net *net, const l2osr__net_layer *layer) {
    return layer->kind == L2OSR__NORM || layer->bias ? net->maps[layer->out].channels : 0;
}

static size_t add_map(l2osr__net *net, l2osr__map map) {
    size_t pixels = product(net, map.rows + 2 * map.border, map.cols + 2 * map.border);
    size_t cells = product(net, pixels, product(net, map.channels, L2OSR__LANES));
    map.at = net->cells;
    net->cells += cells;
    if (net->n_maps > 0 && cells > net->slot_cells)
        net->slot_cells = cells;
    if (map.channels > net->widest)
        net->widest = map.channels;
    net->maps[net->n_maps] = map;
    return net->n_maps++;
}

/* The parameters are counted when the layer's maps are known to be small enough. */
static void add_layer(l2osr__net *net, l2osr__net_layer layer) {
    layer.parameters = net->dim;
    layer.statistics = net->statistics;
    if (layer.kind == L2OSR__CONV)
        product(net, product(net, net->maps[layer.in].channels, net->maps[layer.out].channels),
                product(net, layer.kernel_rows, layer.kernel_cols));
    if (net->status != L2OSR_OK)
        return;
    net->dim += l2osr__net_layer_weights(net, &layer) + l2osr__net_layer_biases(net, &layer);
    if (layer.kind == L2OSR__NORM)
        net->statistics += 2 * net->maps[layer.out].channels;
    product(net, net->dim, 1);
    product(net, net->cells, 1);
    net->layers[net->n_layers++] = layer;
}

static size_t too_small(l2osr__net *net, const char *what, size_t size, const l2osr__map *in) {
    net->status =
        l2osr__fail(net->ctx, L2OSR_ERANGE,
                    "%s: the images, %zu x %zu, are too small: layer %zu (%s of %zu x %zu) gets "
                    "%zu x %zu pixels",
                    net->name, net->maps[0].rows, net->maps[0].cols, net->n_layers + 1, what, size,
                    size, in->rows, in->cols);
    return 0;
}

size_t l2osr__net_conv(l2osr__net *net, size_t in, size_t channels, size_t kernel, size_t stride,
                       bool bias, size_t slot) {
    if (net->status != L2OSR_OK)
        return 0;
    const l2osr__map from = net->maps[in];
    size_t rows = from.rows + 2 * from.border, cols = from.cols + 2 * from.border;
    if (rows < kernel || cols < kernel)
        return too_small(net, "convolution", kernel, &from);
    size_t out = add_map(net, (l2osr__map){.rows = (rows - kernel) / stride + 1,
                                           .cols = (cols - kernel) / stride + 1,
                                           .channels = channels,
                                           .border = from.border,
                                           .slot = slot});
    add_layer(net, (l2osr__net_layer){.kind = L2OSR__CONV,
                                      .in = in,
                                      .out = out,
                                      .kernel_rows = kernel,
                                      .kernel_cols = kernel,
                                      .stride = stride,
                                      .bias = bias});
    return out;
}

size_t l2osr__net_pool(l2osr__net *net, size_t in, size_t slot) {
    if (net->status != L2OSR_OK)
        return 0;
    l2osr__map map = net->maps[in];
    if (map.rows < 2 || map.cols < 2)
        return too_small(net, "maxima", 2, &map);
    map.rows /= 2;
    map.cols /= 2;
    map.slot = slot;
    size_t out = add_map(net, map);
    add_layer(net, (l2osr__net_layer){.kind = L2OSR__POOL, .in = in, .out = out});
    return out;
}

size_t l2osr__net_norm(l2osr__net *net, size_t in, size_t slot) {
    if (net->status != L2OSR_OK)
        return 0;
    l2osr__map map = net->maps[in];
    map.slot = slot;
    size_t out = add_map(net, map);
    add_layer(net, (l2osr__net_layer){.kind = L2OSR__NORM, .in = in, .out = out});
    return out;
}

size_t l2osr__net_average(l2osr__net *net, size_t in, size_t slot) {
    if (net->status != L2OSR_OK)
        return 0;
    size_t out = add_map(
        net, (l2osr__map){.rows = 1, .cols = 1, .channels = net->maps[in].channels, .slot = slot});
    add_layer(net, (l2osr__net_layer){.kind = L2OSR__AVERAGE, .in = in, .out = out});
    return out;
}

void l2osr__net_relu(l2osr__net *net, size_t map) {
    if (net->status == L2OSR_OK)
        add_layer(net, (l2osr__net_layer){.kind = L2OSR__RELU, .in = map, .out = map});
}

void l2osr__net_add(l2osr__net *net, size_t in, size_t out, size_t stride, size_t conv) {
    if (net->status != L2OSR_OK)
        return;
    net->layers[conv].accumulate = true;
    add_layer(net, (l2osr__net_layer){.kind = L2OSR__ADD, .in = in, .out = out, .stride = stride});
}

void l2osr__net_dense(l2osr__net *net, size_t in) {
    if (net->status != L2OSR_OK)
        return;
    const l2osr__map from = net->maps[in];
    size_t out = add_map(net, (l2osr__map){.rows = 1,
                                           .cols = 1,
                                           .channels = net->train->classes,
                                           .slot = (from.slot + 1) % L2OSR__SLOTS});
    add_layer(net, (l2osr__net_layer){.kind = L2OSR__CONV,
                                      .in = in,
                                      .out = out,
                                      .kernel_rows = from.rows,
                                      .kernel_cols = from.cols,
                                      .stride = 1,
                                      .bias = true,
                                      .dense = true});
}

static l2osr_status check_options(l2osr_context *ctx, const l2osr__net_options *o) {
    L2OSR__TRY(l2osr__check_sets(ctx, o->name, o->train, o->test));
    L2OSR__TRY(l2osr__check_start(ctx, o->name, o->start));
    if ((unsigned)o->pixels > L2OSR_PIXELS_HALF)
        return l2osr__fail(ctx, L2OSR_EINVAL, "%s: unknown range of pixels", o->name);
    return L2OSR_OK;
}

l2osr_status l2osr__net_new(l2osr__net **out, l2osr_context *ctx, const l2osr__net_options *o) {
    l2osr__net *net;
    L2OSR__TRY(check_options(ctx, o));
    L2OSR__TRY(l2osr__alloc_to(ctx, &net, 1, sizeof *net));
    size_t batch = l2osr__batch_size(o->train, o->batch), layers = o->max_layers + 1;
    *net = (l2osr__net){.ctx = ctx,
                        .name = o->name,
                        .train = o->train,
                        .test = o->test,
                        .pixels = o->pixels,
                        .start = o->start,
                        .dense_start = o->dense_start,
                        .batch = batch,
                        .panels = (batch - 1) / L2OSR__LANES + 1};
    l2osr_status status = l2osr__alloc_to(ctx, &net->maps, layers + 1, sizeof *net->maps);
    if (status == L2OSR_OK)
        status = l2osr__alloc_to(ctx, &net->layers, layers, sizeof *net->layers);
    if (status != L2OSR_OK) {
        l2osr__net_free(net);
        return status;
    }
    add_map(net, (l2osr__map){.rows = o->train->rows,
                              .cols = o->train->cols,
                              .channels = o->train->channels,
                              .border = o->border});
    *out = net;
    return L2OSR_OK;
}
