/* SPDX-License-Identifier: MIT */
/* Making a task of a network whose layers are known. */
#include "task/net.h"

#include <stdio.h>

static int init(void *user, uint64_t seed, double *x) {
    const l2osr__net *net = user;
    for (size_t l = 0; l < net->n_layers; l++) {
        const l2osr__net_layer *layer = net->layers + l;
        size_t weights = l2osr__net_layer_weights(net, layer),
               biases = l2osr__net_layer_biases(net, layer);
        double *own = x + layer->parameters;
        if (layer->kind == L2OSR__CONV)
            l2osr__start_layer(layer->dense ? net->dense_start : net->start, seed, l,
                               weights / net->maps[layer->out].channels, own, weights, biases);
        for (size_t i = 0; layer->kind == L2OSR__NORM && i < weights + biases; i++)
            own[i] = i < weights ? 1 : 0;
    }
    return L2OSR_OK;
}

/* Groups and their names until the task has copied them. */
typedef struct group_table {
    size_t n;
    l2osr_group *groups;
    char (*names)[16];
} group_table;

static void add_group(group_table *t, char letter, size_t number, l2osr_group group) {
    snprintf(t->names[t->n], sizeof t->names[t->n], "%c%u", letter, (unsigned)number);
    group.name = t->names[t->n];
    t->groups[t->n++] = group;
}

/* The groups of a convolution and of the normalisation behind it have the same number. */
static void fill_groups(const l2osr__net *net, group_table *t) {
    size_t number = 0;
    for (size_t l = 0; l < net->n_layers; l++) {
        const l2osr__net_layer *layer = net->layers + l;
        size_t in = net->maps[layer->in].channels, out = net->maps[layer->out].channels;
        size_t rows = layer->kernel_rows, cols = layer->kernel_cols;
        if (layer->kind == L2OSR__NORM)
            add_group(t, 'g', number, (l2osr_group){NULL, 1, {out}});
        else if (layer->kind == L2OSR__CONV && layer->dense)
            add_group(t, 'w', ++number, (l2osr_group){NULL, 2, {out, in * rows * cols}});
        else if (layer->kind == L2OSR__CONV)
            add_group(t, 'w', ++number, (l2osr_group){NULL, 4, {out, in, rows, cols}});
        if (l2osr__net_layer_biases(net, layer) > 0)
            add_group(t, 'b', number, (l2osr_group){NULL, 1, {out}});
    }
}

/* Makes the task, which owns the network from here on, whatever happens. */
static l2osr_status create(l2osr_task **out, l2osr__net *net) {
    group_table table = {0, NULL, NULL};
    l2osr_context *ctx = net->ctx;
    l2osr_status status =
        l2osr__alloc_to(ctx, &table.groups, 2 * net->n_layers, sizeof *table.groups);
    if (status == L2OSR_OK)
        status = l2osr__alloc_to(ctx, &table.names, 2 * net->n_layers, sizeof *table.names);
    if (status == L2OSR_OK) {
        fill_groups(net, &table);
        const l2osr_task_callbacks callbacks = {.struct_size = sizeof callbacks,
                                                .name = net->name,
                                                .groups = table.groups,
                                                .n_groups = table.n,
                                                .flags = L2OSR_TASK_CONCURRENT,
                                                .init = init,
                                                .loss_grad = l2osr__net_loss_grad_f64,
                                                .loss_grad_f32 = l2osr__net_loss_grad_f32,
                                                .metric = net->test ? l2osr__net_accuracy : NULL,
                                                .metric_name = net->test ? "accuracy" : NULL,
                                                .free = l2osr__net_free};
        status = l2osr__task_create_builtin(out, ctx, &callbacks, net);
    } else {
        l2osr__net_free(net);
    }
    l2osr__free(ctx, table.groups);
    l2osr__free(ctx, table.names);
    return status;
}

static l2osr_status prepare(l2osr__net *net) {
    L2OSR__TRY(net->status);
    size_t f32 = l2osr__net_workspace_f32(net), f64 = l2osr__net_workspace_f64(net);
    if (f32 == 0 || f64 == 0)
        return l2osr__fail(net->ctx, L2OSR_ERANGE, "%s: batch or layers are too large", net->name);
    L2OSR__TRY(l2osr__scratch_init(&net->workspace_f32, net->ctx, f32));
    return l2osr__scratch_init(&net->workspace_f64, net->ctx, f64);
}

l2osr_status l2osr__net_finish(l2osr_task **out, l2osr__net *net) {
    l2osr_status status = prepare(net);
    if (status == L2OSR_OK)
        return create(out, net);
    l2osr__net_free(net);
    return status;
}
