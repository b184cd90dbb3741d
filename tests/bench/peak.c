/* SPDX-License-Identifier: MIT */
#include "peak.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>

#include "steps.h"

extern void openblas_set_num_threads(int threads) __attribute__((weak));

enum { SIDE = 512 };

struct product {
    float *a, *b, *c;
};

void single_threaded_blas(void) {
    if (openblas_set_num_threads)
        openblas_set_num_threads(1);
}

static void run_product(void *user) {
    const struct product *p = user;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, SIDE, SIDE, SIDE, 1, p->a, SIDE, p->b,
                SIDE, 0, p->c, SIDE);
}

double speed_of_sgemm(const struct bench *bench) {
    const size_t n = (size_t)SIDE * SIDE;
    struct product p = {numbers(n, 0.1f), numbers(n, 0.1f), numbers(n, 0)};
    double s;
    bench_time(bench, 1, &(struct bench_work){run_product, &p}, &s);
    free(p.a);
    free(p.b);
    free(p.c);
    return 2.0 * SIDE * SIDE * SIDE / s;
}

double operations(const l2osr_model *model) {
    size_t weights = 0;
    for (size_t i = 0; i < l2osr_model_tensor_count(model); i++) {
        const l2osr_tensor *tensor = l2osr_model_tensor(model, i);
        if (strstr(tensor->name, "weight"))
            weights += tensor->rows * tensor->cols;
    }
    return 2 * (double)weights;
}
