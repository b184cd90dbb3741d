/* SPDX-License-Identifier: MIT */
#include "task/net.h"

#include <limits.h>

enum { DEFAULT_DEPTH = 20, DEFAULT_WIDTH = 16, MAX_DEPTH = 1202, STAGES = 3 };

void l2osr_resnet_options_init(l2osr_resnet_options *o, size_t size) {
    l2osr__options_init(o, size);
}

static l2osr_status check_options(l2osr_context *ctx, const l2osr_resnet_options *o) {
    if (o->depth < 8 || o->depth > MAX_DEPTH || o->depth % 6 != 2)
        return l2osr__fail(ctx, L2OSR_EINVAL,
                           "resnet: depth %zu; it must be 6 n + 2, such as 8, 14 or 20, and at "
                           "most %d",
                           o->depth, MAX_DEPTH);
    if (o->width > INT_MAX)
        return l2osr__fail(ctx, L2OSR_ERANGE, "resnet: width %zu; at most %d is supported",
                           o->width, INT_MAX);
    return L2OSR_OK;
}

/*
 * The adjoint of a block's output takes the place of that of its input when they have one shape:
 * then the shortcut needs no work on the way back.
 */
static size_t add_block(l2osr__net *net, size_t in, size_t channels, size_t stride) {
    size_t slot = net->maps[in].slot, second = (slot + 1) % L2OSR__SLOTS,
           third = (slot + 2) % L2OSR__SLOTS;
    size_t first_layer = net->n_layers;
    size_t map = l2osr__net_conv(net, in, channels, 3, stride, false, third);
    map = l2osr__net_norm(net, map, third);
    l2osr__net_relu(net, map);
    map = l2osr__net_conv(net, map, channels, 3, 1, false, second);
    map = l2osr__net_norm(net, map, stride == 1 ? slot : second);
    l2osr__net_add(net, in, map, stride, first_layer);
    l2osr__net_relu(net, map);
    return map;
}

static void add_layers(l2osr__net *net, size_t depth, size_t width) {
    size_t map = l2osr__net_conv(net, 0, width, 3, 1, false, 0);
    map = l2osr__net_norm(net, map, 0);
    l2osr__net_relu(net, map);
    for (size_t stage = 0; stage < STAGES; stage++)
        for (size_t block = 0; block < (depth - 2) / 6; block++)
            map = add_block(net, map, width << stage, stage > 0 && block == 0 ? 2 : 1);
    map = l2osr__net_average(net, map, (net->maps[map].slot + 1) % L2OSR__SLOTS);
    l2osr__net_dense(net, map);
}

l2osr_status l2osr_task_resnet(l2osr_task **out, l2osr_context *ctx, const l2osr_dataset *train,
                               const l2osr_resnet_options *options) {
    l2osr_resnet_options o;
    l2osr__net *net;
    if (!out || !ctx)
        return L2OSR_EINVAL;
    *out = NULL;
    L2OSR__TRY(l2osr__options_copy(ctx, &o, sizeof o, options, "l2osr_resnet_options"));
    if (o.depth == 0)
        o.depth = DEFAULT_DEPTH;
    if (o.width == 0)
        o.width = DEFAULT_WIDTH;
    L2OSR__TRY(check_options(ctx, &o));
    L2OSR__TRY(l2osr__net_new(&net, ctx,
                              &(l2osr__net_options){.name = "resnet",
                                                    .train = train,
                                                    .test = o.test,
                                                    .pixels = o.pixels,
                                                    .start = L2OSR_START_HE,
                                                    .dense_start = L2OSR_START_LECUN,
                                                    .batch = o.batch,
                                                    .max_layers = 7 * o.depth / 2,
                                                    .border = 1}));
    add_layers(net, o.depth, o.width);
    return l2osr__net_finish(out, net);
}
