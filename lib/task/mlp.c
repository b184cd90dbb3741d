/* SPDX-License-Identifier: MIT */
#include "task/mlp.h"

#include <limits.h>
#include <stdio.h>

enum { MAX_HIDDEN = 255 };

void l2osr_mlp_options_init(l2osr_mlp_options *o, size_t size) {
    l2osr__options_init(o, size);
}

static int init(void *user, uint64_t seed, double *x) {
    const l2osr__mlp *m = user;
    for (size_t l = 0; l < m->layers; l++) {
        size_t in = m->width[l], out = m->width[l + 1];
        l2osr__start_layer(m->start, seed, l, in, x, out * in, out);
        x += out * in + out;
    }
    return L2OSR_OK;
}

static void destroy(void *user) {
    l2osr__mlp *m = user;
    l2osr__scratch_destroy(&m->workspace_f32);
    l2osr__scratch_destroy(&m->workspace_f64);
    l2osr__scratch_destroy(&m->workspace_hvp);
    l2osr__free(m->ctx, m->width);
    l2osr__free(m->ctx, m);
}

static l2osr_status invalid(l2osr_context *ctx, const char *why) {
    return l2osr__fail(ctx, L2OSR_EINVAL, "mlp: %s", why);
}

static l2osr_status check_options(l2osr_context *ctx, const l2osr_mlp_options *o) {
    if (o->n_hidden > 0 && !o->hidden)
        return invalid(ctx, "hidden is NULL although n_hidden is set");
    if (o->n_hidden > MAX_HIDDEN)
        return l2osr__fail(ctx, L2OSR_ERANGE, "mlp: %zu hidden layers; at most %d are supported",
                           o->n_hidden, MAX_HIDDEN);
    for (size_t i = 0; i < o->n_hidden; i++)
        if (o->hidden[i] == 0 || o->hidden[i] > INT_MAX)
            return l2osr__fail(ctx, o->hidden[i] ? L2OSR_ERANGE : L2OSR_EINVAL,
                               "mlp: hidden[%zu] is %zu; it must be between 1 and %d", i,
                               o->hidden[i], INT_MAX);
    if ((unsigned)o->activation > L2OSR_TANH)
        return invalid(ctx, "unknown activation");
    return l2osr__check_start(ctx, "mlp", o->start);
}

/* Layer widths and workspaces. CBLAS counts in int, and workspace sizes must not overflow. */
static l2osr_status fill(l2osr__mlp *m, const l2osr_mlp_options *o) {
    size_t cells;
    L2OSR__TRY(l2osr__alloc_to(m->ctx, &m->width, m->layers + 1, sizeof *m->width));
    m->width[0] = l2osr__dataset_pixels(m->train);
    m->width[m->layers] = m->train->classes;
    for (size_t i = 0; i < o->n_hidden; i++)
        m->width[i + 1] = o->hidden[i];
    for (size_t l = 0; l <= m->layers; l++) {
        m->total_width += m->width[l];
        if (l > 0 && m->width[l] > m->widest_layer)
            m->widest_layer = m->width[l];
    }
    if (m->batch > INT_MAX || m->width[0] > INT_MAX ||
        __builtin_mul_overflow(m->batch, 3 * m->total_width + 2 * m->widest_layer + 2, &cells) ||
        cells > PTRDIFF_MAX / sizeof(double))
        return l2osr__fail(m->ctx, L2OSR_ERANGE, "mlp: batch or layers are too large");
    L2OSR__TRY(l2osr__scratch_init(&m->workspace_f32, m->ctx, l2osr__mlp_workspace_f32(m)));
    L2OSR__TRY(l2osr__scratch_init(&m->workspace_f64, m->ctx, l2osr__mlp_workspace_f64(m)));
    return l2osr__scratch_init(&m->workspace_hvp, m->ctx, l2osr__mlp_workspace_hvp(m));
}

/* Groups and their names until the task has copied them. */
typedef struct group_table {
    l2osr_group groups[2 * (MAX_HIDDEN + 1)];
    char names[2 * (MAX_HIDDEN + 1)][8];
} group_table;

static void fill_groups(const l2osr__mlp *m, group_table *t) {
    for (size_t i = 0; i < 2 * m->layers; i++) {
        size_t in = m->width[i / 2], out = m->width[i / 2 + 1];
        bool weights = i % 2 == 0;
        snprintf(t->names[i], sizeof t->names[i], "%c%u", weights ? 'w' : 'b',
                 (unsigned)(i / 2 + 1));
        t->groups[i] = weights ? (l2osr_group){t->names[i], 2, {out, in}}
                               : (l2osr_group){t->names[i], 1, {out}};
    }
}

/* Makes the task, which owns `m` from here on. */
static l2osr_status create(l2osr_task **out, l2osr__mlp *m) {
    group_table *table;
    l2osr_status status = l2osr__alloc_to(m->ctx, &table, 1, sizeof *table);
    if (status != L2OSR_OK) {
        destroy(m);
        return status;
    }
    fill_groups(m, table);
    const l2osr_task_callbacks callbacks = {.struct_size = sizeof callbacks,
                                            .name = "mlp",
                                            .groups = table->groups,
                                            .n_groups = 2 * m->layers,
                                            .flags = L2OSR_TASK_CONCURRENT,
                                            .init = init,
                                            .loss_grad = l2osr__mlp_loss_grad_f64,
                                            .loss_grad_f32 = l2osr__mlp_loss_grad_f32,
                                            .hvp = l2osr__mlp_hvp,
                                            .metric = m->test ? l2osr__mlp_accuracy : NULL,
                                            .metric_name = m->test ? "accuracy" : NULL,
                                            .free = destroy};
    l2osr_context *ctx = m->ctx;
    status = l2osr__task_create_builtin(out, ctx, &callbacks, m);
    l2osr__free(ctx, table);
    if (status == L2OSR_OK)
        m->dim = l2osr_task_dim(*out);
    return status;
}

l2osr_status l2osr_task_mlp(l2osr_task **out, l2osr_context *ctx, const l2osr_dataset *train,
                            const l2osr_mlp_options *options) {
    l2osr_mlp_options o;
    l2osr__mlp *m;
    if (!out || !ctx)
        return L2OSR_EINVAL;
    *out = NULL;
    L2OSR__TRY(l2osr__options_copy(ctx, &o, sizeof o, options, "l2osr_mlp_options"));
    L2OSR__TRY(l2osr__check_sets(ctx, "mlp", train, o.test));
    L2OSR__TRY(check_options(ctx, &o));
    L2OSR__TRY(l2osr__alloc_to(ctx, &m, 1, sizeof *m));
    *m = (l2osr__mlp){.ctx = ctx,
                      .train = train,
                      .test = o.test,
                      .activation = o.activation,
                      .start = o.start,
                      .layers = o.n_hidden + 1,
                      .batch = l2osr__batch_size(train, o.batch)};
    l2osr_status status = fill(m, &o);
    if (status != L2OSR_OK) {
        destroy(m);
        return status;
    }
    return create(out, m);
}
