/* SPDX-License-Identifier: MIT */
#include "task/net.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define JOIN2(a, b) a##_##b
#define JOIN(a, b)  JOIN2(a, b)

#define T          float
#define F(name)    JOIN(name, f32)
#define KERNELS    l2osr__kernels_f32
#define KERNELS_OF l2osr__kernels_f32_of
#include "task/plane.inc"
#include "task/conv.inc"
#include "task/norm.inc"
#include "task/pool.inc"
#include "task/net_pass.inc"
#undef T
#undef F
#undef KERNELS
#undef KERNELS_OF

#define T          double
#define F(name)    JOIN(name, f64)
#define KERNELS    l2osr__kernels_f64
#define KERNELS_OF l2osr__kernels_f64_of
#include "task/plane.inc"
#include "task/conv.inc"
#include "task/norm.inc"
#include "task/pool.inc"
#include "task/net_pass.inc"

/* Batches of the size of the task's, in order: what batch normalisation makes of an image depends
 * on those beside it. */
int l2osr__net_accuracy(void *user, const double *x, double *value) {
    l2osr__net *net = user;
    void *block;
    size_t right = 0;
    L2OSR__TRY(l2osr__scratch_take(&net->workspace_f64, &block));
    pass_f64 p = cut_f64(net, block);
    pack_f64(&p, x);
    for (size_t first = 0; first < net->test->n; first += p.n) {
        p.n = net->test->n - first < net->batch ? net->test->n - first : net->batch;
        for (size_t i = 0; i < p.n; i++)
            p.items[i] = first + i;
        forward_f64(&p, net->test);
        right += l2osr__count_right(net->test, first, p.n, net->train->classes, p.outputs);
    }
    l2osr__scratch_give(&net->workspace_f64, block);
    *value = (double)right / (double)net->test->n;
    return L2OSR_OK;
}
