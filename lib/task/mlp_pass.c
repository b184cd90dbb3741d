/* SPDX-License-Identifier: MIT */
#include "task/mlp.h"

#include <cblas.h>
#include <string.h>

#include "vec/kernels.h"

#define JOIN2(a, b) a##_##b
#define JOIN(a, b)  JOIN2(a, b)

#define T       float
#define F(name) JOIN(name, f32)
#define GEMM    cblas_sgemm
#define KERNELS l2osr__kernels_f32_of
#include "task/mlp_pass.inc"
#undef T
#undef F
#undef GEMM
#undef KERNELS

#define T       double
#define F(name) JOIN(name, f64)
#define GEMM    cblas_dgemm
#define KERNELS l2osr__kernels_f64_of
#include "task/mlp_pass.inc"

int l2osr__mlp_accuracy(void *user, const double *x, double *value) {
    l2osr__mlp *m = user;
    void *block;
    size_t right = 0, classes = m->width[m->layers];
    L2OSR__TRY(l2osr__scratch_take(&m->workspace_f64, &block));
    workspace_f64 w = cut_f64(m, block);
    for (size_t first = 0, n; first < m->test->n; first += n) {
        n = m->test->n - first < m->batch ? m->test->n - first : m->batch;
        for (size_t i = 0; i < n; i++)
            w.items[i] = first + i;
        gather_f64(m->test, n, w.items, w.layers);
        right += l2osr__count_right(m->test, first, n, classes, forward_f64(m, n, x, &w));
    }
    l2osr__scratch_give(&m->workspace_f64, block);
    *value = (double)right / (double)m->test->n;
    return L2OSR_OK;
}

/* ---- Hessian-vector product ----
 *
 * Pearlmutter's operator ("Fast exact multiplication by the Hessian", Neural Computation 1994): the
 * derivative of all values of both passes as x moves along v. That of a value is its tangent. */

/* A block of scratch memory: that of a gradient, and the tangents. */
typedef struct tangents {
    double *layers; /* [batch][width[l]] for l = 1 .. layers, one after the other */
    double *back;   /* [batch][widest_layer] */
} tangents;

size_t l2osr__mlp_workspace_hvp(const l2osr__mlp *m) {
    const size_t cells = m->total_width - m->width[0] + m->widest_layer;
    return l2osr__mlp_workspace_f64(m) + m->batch * cells * sizeof(double);
}

static tangents cut_tangents(const l2osr__mlp *m, void *block) {
    double *first = (double *)(void *)((char *)block + l2osr__mlp_workspace_f64(m));
    return (tangents){first, first + m->batch * (m->total_width - m->width[0])};
}

/* First derivative of an activation where its output is `a`. */
static double slope(l2osr_activation activation, double a) {
    switch (activation) {
    case L2OSR_RELU:
        return a > 0;
    case L2OSR_SIGMOID:
        return a * (1 - a);
    default:
        return 1 - a * a;
    }
}

/* Tangent of the first derivative where the output is `a` with tangent `ra`. */
static double slope_tangent(l2osr_activation activation, double a, double ra) {
    switch (activation) {
    case L2OSR_RELU:
        return 0;
    case L2OSR_SIGMOID:
        return (1 - 2 * a) * ra;
    default:
        return -2 * a * ra;
    }
}

/* Tangents of all layers behind forward_f64(); returns those of the last. */
static double *tangents_forward(const l2osr__mlp *m, size_t n, const double *x, const double *v,
                                const workspace_f64 *w, const tangents *t) {
    const double *a = w->layers;
    double *ra = NULL, *rz = t->layers; /* images do not move */
    for (size_t l = 0; l < m->layers; l++) {
        const size_t in = m->width[l], out = m->width[l + 1];
        affine_f64(n, in, out, a, v, rz);
        if (ra)
            through_f64(n, in, out, ra, x, 1, rz);
        a += m->batch * in;
        for (size_t i = 0; l + 1 < m->layers && i < n * out; i++)
            rz[i] *= slope(m->activation, a[i]);
        x += out * in + out;
        v += out * in + out;
        ra = rz;
        rz += m->batch * out;
    }
    return ra;
}

/* deactivate_f64(), and the same for the tangents ra of `a` with those of `back`. */
static void deactivate_both(l2osr_activation activation, size_t n, double *a, double *ra,
                            const double *back, const double *rback) {
    for (size_t i = 0; i < n; i++)
        ra[i] =
            slope(activation, a[i]) * rback[i] + slope_tangent(activation, a[i], ra[i]) * back[i];
    deactivate_f64(activation, n, a, back);
}

/* backward_f64() for tangents: from `delta` and its tangent to that of the gradient. */
static void tangents_backward(const l2osr__mlp *m, size_t n, const double *x, const double *v,
                              double *delta, double *rdelta, double *hv, const workspace_f64 *w,
                              const tangents *t) {
    size_t at = m->dim;
    for (size_t l = m->layers; l-- > 0;) {
        const size_t in = m->width[l], out = m->width[l + 1];
        double *a = delta - m->batch * in, *ra = l > 0 ? rdelta - m->batch * in : NULL;
        at -= out * in + out;
        outer_f64(n, in, out, rdelta, a, 0, hv + at);
        l2osr__sum_rows_f64(n, out, rdelta, hv + at + out * in);
        if (l > 0) {
            outer_f64(n, in, out, delta, ra, 1, hv + at);
            through_back_f64(n, in, out, delta, x + at, 0, w->back);
            through_back_f64(n, in, out, rdelta, x + at, 0, t->back);
            through_back_f64(n, in, out, delta, v + at, 1, t->back);
            deactivate_both(m->activation, n * in, a, ra, w->back, t->back);
        }
        delta = a;
        rdelta = ra;
    }
}

int l2osr__mlp_hvp(void *user, const l2osr_draw *draw, const double *x, const double *v,
                   double *hv) {
    l2osr__mlp *m = user;
    const size_t classes = m->width[m->layers];
    void *block;
    L2OSR__TRY(l2osr__scratch_take(&m->workspace_hvp, &block));
    const workspace_f64 w = cut_f64(m, block);
    const tangents t = cut_tangents(m, block);
    const size_t n = l2osr_draw_items(draw, m->train->n, m->batch, w.items);
    gather_f64(m->train, n, w.items, w.layers);
    double *z = forward_f64(m, n, x, &w), *rz = tangents_forward(m, n, x, v, &w, &t);
    l2osr__cross_entropy_f64(m->train, n, w.items, classes, z, w.exponents);
    l2osr__cross_entropy_tangent(m->train, n, w.items, classes, z, rz);
    tangents_backward(m, n, x, v, z, rz, hv, &w, &t);
    l2osr__scratch_give(&m->workspace_hvp, block);
    return L2OSR_OK;
}
