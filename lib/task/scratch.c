/* SPDX-License-Identifier: MIT */
#include "task/scratch.h"

#include <string.h>

/* The link of an idle block lies in the block itself. */
typedef struct l2osr__scratch_block {
    struct l2osr__scratch_block *next;
} scratch_block;

l2osr_status l2osr__scratch_init(l2osr__scratch *scratch, l2osr_context *ctx, size_t size) {
    memset(scratch, 0, sizeof *scratch);
    if (pthread_mutex_init(&scratch->mutex, NULL) != 0)
        return l2osr__fail(ctx, L2OSR_ENOMEM, "task: cannot make a mutex");
    scratch->ctx = ctx;
    scratch->size = size > sizeof(scratch_block) ? size : sizeof(scratch_block);
    return L2OSR_OK;
}

l2osr_status l2osr__scratch_take(l2osr__scratch *scratch, void *out) {
    pthread_mutex_lock(&scratch->mutex);
    scratch_block *block = scratch->free;
    if (block)
        scratch->free = block->next;
    pthread_mutex_unlock(&scratch->mutex);
    if (!block)
        return l2osr__alloc_to(scratch->ctx, out, 1, scratch->size);
    memcpy(out, &block, sizeof block);
    return L2OSR_OK;
}

void l2osr__scratch_give(l2osr__scratch *scratch, void *memory) {
    scratch_block *block = memory;
    pthread_mutex_lock(&scratch->mutex);
    block->next = scratch->free;
    scratch->free = block;
    pthread_mutex_unlock(&scratch->mutex);
}

void l2osr__scratch_destroy(l2osr__scratch *scratch) {
    if (!scratch->ctx)
        return;
    while (scratch->free) {
        scratch_block *block = scratch->free;
        scratch->free = block->next;
        l2osr__free(scratch->ctx, block);
    }
    pthread_mutex_destroy(&scratch->mutex);
    memset(scratch, 0, sizeof *scratch);
}
