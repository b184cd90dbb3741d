/* SPDX-License-Identifier: MIT */
#include "data/permute.h"
#include "l2osr/task.h"

size_t l2osr_draw_items(const l2osr_draw *draw, size_t items, size_t batch, size_t *out) {
    l2osr__permutation order;
    if (items == 0 || batch == 0)
        return 0;
    size_t batches = (items - 1) / batch + 1; /* of a pass */
    size_t first = (size_t)(draw->index % batches) * batch;
    size_t count = items - first < batch ? items - first : batch;
    l2osr__permutation_init(&order, items, draw->seed, draw->index / batches);
    for (size_t i = 0; i < count; i++)
        out[i] = l2osr__permutation_at(&order, first + i);
    return count;
}
