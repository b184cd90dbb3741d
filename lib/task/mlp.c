/* SPDX-License-Identifier: MIT */
#include "task/mlp.h"

#include <limits.h>
#include <math.h>
#include <string.h>

enum { DEFAULT_BATCH = 128, MAX_HIDDEN = 255 };

void l2osr_mlp_options_init(l2osr_mlp_options *o, size_t size) {
    l2osr__options_init(o, size);
}

static int init(void *user, uint64_t seed, double *x) {
    const l2osr__mlp *m = user;
    for (size_t l = 0; l < m->layers; l++) {
        size_t in = m->width[l], out = m->width[l + 1];
        double weights = 0.01, biases = 0.01;
        if (m->start != L2OSR_START_SMALL) {
            weights = sqrt((m->start == L2OSR_START_HE ? 2.0 : 1.0) / (double)in);
            biases = 0;
        }
        l2osr_random_normal(seed, 2 * l, 0, weights, x, out * in);
        l2osr_random_normal(seed, 2 * l + 1, 0, biases, x + out * in, out);
        x += out * in + out;
    }
    return L2OSR_OK;
}

static void destroy(void *user) {
    l2osr__mlp *m = user;
    l2osr__scratch_destroy(&m->workspace_f32);
    l2osr__scratch_destroy(&m->workspace_f64);
    l2osr__free(m->ctx, m->width);
    l2osr__free(m->ctx, m);
}

static l2osr_status invalid(l2osr_context *ctx, const char *why) {
    return l2osr__fail(ctx, L2OSR_EINVAL, "mlp: %s", why);
}

static l2osr_status check_sets(l2osr_context *ctx, const l2osr_dataset *train,
                               const l2osr_dataset *test) {
    if (!train)
        return invalid(ctx, "the training set is NULL");
    if (test && (test->rows != train->rows || test->cols != train->cols))
        return l2osr__fail(ctx, L2OSR_EINVAL,
                           "mlp: training images are %zu x %zu, but test images %zu x %zu",
                           train->rows, train->cols, test->rows, test->cols);
    if (test && test->classes > train->classes)
        return invalid(ctx, "the test set has labels that the training set does not have");
    return L2OSR_OK;
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
    if ((unsigned)o->start > L2OSR_START_LECUN)
        return invalid(ctx, "unknown starting distribution");
    return L2OSR_OK;
}

/* Layer widths and workspaces. CBLAS counts in int, and workspace sizes must not overflow. */
static l2osr_status fill(l2osr__mlp *m, const l2osr_mlp_options *o) {
    size_t cells;
    L2OSR__TRY(l2osr__alloc_to(m->ctx, &m->width, m->layers + 1, sizeof *m->width));
    m->width[0] = m->train->rows * m->train->cols;
    m->width[m->layers] = m->train->classes;
    for (size_t i = 0; i < o->n_hidden; i++)
        m->width[i + 1] = o->hidden[i];
    for (size_t l = 0; l <= m->layers; l++) {
        m->total_width += m->width[l];
        if (l > 0 && m->width[l] > m->widest_layer)
            m->widest_layer = m->width[l];
    }
    if (m->batch > INT_MAX || m->width[0] > INT_MAX ||
        __builtin_mul_overflow(m->batch, 2 * m->total_width + m->widest_layer + 2, &cells) ||
        cells > PTRDIFF_MAX / sizeof(double))
        return l2osr__fail(m->ctx, L2OSR_ERANGE, "mlp: batch or layers are too large");
    L2OSR__TRY(l2osr__scratch_init(&m->workspace_f32, m->ctx, l2osr__mlp_workspace_f32(m)));
    return l2osr__scratch_init(&m->workspace_f64, m->ctx, l2osr__mlp_workspace_f64(m));
}

/* Names and shapes of the groups; the task copies them. */
typedef struct layer_groups {
    char weights[16], biases[16];
    l2osr_group group[2];
} layer_groups;
