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
