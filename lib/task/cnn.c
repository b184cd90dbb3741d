/* SPDX-License-Identifier: MIT */
#include "task/net.h"

#include <limits.h>

enum { DEFAULT_KERNEL = 3, MAX_CONVOLUTIONS = 255 };

void l2osr_cnn_options_init(l2osr_cnn_options *o, size_t size) {
    l2osr__options_init(o, size);
}

static l2osr_status check_options(l2osr_context *ctx, const l2osr_cnn_options *o) {
    if (o->n_channels > 0 && !o->channels)
        return l2osr__fail(ctx, L2OSR_EINVAL, "cnn: channels is NULL although n_channels is set");
    if (o->n_channels > MAX_CONVOLUTIONS)
        return l2osr__fail(ctx, L2OSR_ERANGE, "cnn: %zu convolutions; at most %d are supported",
                           o->n_channels, MAX_CONVOLUTIONS);
    for (size_t i = 0; i < o->n_channels; i++)
        if (o->channels[i] == 0 || o->channels[i] > INT_MAX)
            return l2osr__fail(ctx, o->channels[i] ? L2OSR_ERANGE : L2OSR_EINVAL,
                               "cnn: channels[%zu] is %zu; it must be between 1 and %d", i,
                               o->channels[i], INT_MAX);
    return L2OSR_OK;
}

/* ReLU comes after the maxima: the values and derivatives are the same, and it has less to do. */
static size_t add_convolution(l2osr__net *net, size_t map, size_t channels, size_t kernel) {
    size_t conv = l2osr__net_conv(net, map, channels, kernel, 1, true, 0);
    size_t pool = l2osr__net_pool(net, conv, 1);
    l2osr__net_relu(net, pool);
    return pool;
}

l2osr_status l2osr_task_cnn(l2osr_task **out, l2osr_context *ctx, const l2osr_dataset *train,
                            const l2osr_cnn_options *options) {
    static const size_t published[] = {6, 12};
    l2osr_cnn_options o;
    l2osr__net *net;
    size_t map = 0;
    if (!out || !ctx)
        return L2OSR_EINVAL;
    *out = NULL;
    L2OSR__TRY(l2osr__options_copy(ctx, &o, sizeof o, options, "l2osr_cnn_options"));
    L2OSR__TRY(check_options(ctx, &o));
    if (o.n_channels == 0) {
        o.channels = published;
        o.n_channels = sizeof published / sizeof *published;
    }
    if (o.kernel == 0)
        o.kernel = DEFAULT_KERNEL;
    L2OSR__TRY(l2osr__net_new(&net, ctx,
                              &(l2osr__net_options){.name = "cnn",
                                                    .train = train,
                                                    .test = o.test,
                                                    .pixels = o.pixels,
                                                    .start = o.start,
                                                    .dense_start = o.start,
                                                    .batch = o.batch,
                                                    .max_layers = 3 * o.n_channels}));
    for (size_t i = 0; i < o.n_channels; i++)
        map = add_convolution(net, map, o.channels[i], o.kernel);
    l2osr__net_dense(net, map);
    return l2osr__net_finish(out, net);
}
