/* SPDX-License-Identifier: MIT */
#include "meta/chunks.h"

#include "vec/kernels.h"

enum { MAX_CHUNKS = 32 };

l2osr__chunks l2osr__chunks_of(size_t dim) {
    const size_t panels = (dim + L2OSR__LANES - 1) / L2OSR__LANES;
    const size_t each = (panels + MAX_CHUNKS - 1) / MAX_CHUNKS;
    return (l2osr__chunks){dim, (panels + each - 1) / each, each * L2OSR__LANES};
}

size_t l2osr__chunks_panel(const l2osr__chunks *c, size_t first) {
    return c->dim - first < L2OSR__LANES ? c->dim - first : L2OSR__LANES;
}

size_t l2osr__chunks_begin(const l2osr__chunks *c, size_t index) {
    return index * c->size;
}

size_t l2osr__chunks_end(const l2osr__chunks *c, size_t index) {
    return index + 1 < c->count ? (index + 1) * c->size : c->dim;
}

void l2osr__chunks_add_up(const l2osr__chunks *c, double *rows, size_t row) {
    for (size_t k = 1; k < c->count; k++)
        for (size_t i = 0; i < row; i++)
            rows[i] += rows[k * row + i];
}
