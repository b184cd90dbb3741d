/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/context_private.h"

enum { ALIGNMENT = 64 };

/* In front of every block: keeps the size for the host's free(), and the alignment. */
typedef struct block_header {
    size_t size;
} block_header;

static void *default_alloc(size_t size, size_t align, void *user) {
    void *memory = NULL;
    (void)user;
    return posix_memalign(&memory, align, size) == 0 ? memory : NULL;
}

static void default_free(void *memory, size_t size, void *user) {
    (void)size;
    (void)user;
    free(memory);
}

l2osr_status l2osr__allocator_choose(struct l2osr_allocator *out,
                                     const struct l2osr_allocator *host) {
    *out = (struct l2osr_allocator){sizeof *out, default_alloc, default_free, NULL};
    if (!host)
        return L2OSR_OK;
    L2OSR__TRY(l2osr__options_copy_quietly(out, sizeof *out, host));
    return out->alloc && out->free ? L2OSR_OK : L2OSR_EINVAL;
}

void *l2osr__allocate(const struct l2osr_allocator *allocator, size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2)
        return NULL;
    bytes += ALIGNMENT;
    unsigned char *memory = allocator->alloc(bytes, ALIGNMENT, allocator->user);
    if (!memory)
        return NULL;
    memset(memory, 0, bytes);
    ((block_header *)(void *)memory)->size = bytes;
    return memory + ALIGNMENT;
}

void l2osr__release(const struct l2osr_allocator *allocator, void *memory) {
    if (!memory)
        return;
    unsigned char *start = (unsigned char *)memory - ALIGNMENT;
    allocator->free(start, ((block_header *)(void *)start)->size, allocator->user);
}

void *l2osr__alloc(l2osr_context *ctx, size_t count, size_t size) {
    return l2osr__allocate(&ctx->allocator, count, size);
}

l2osr_status l2osr__alloc_to(l2osr_context *ctx, void *out, size_t count, size_t size) {
    void *memory = l2osr__alloc(ctx, count, size);
    memcpy(out, &memory, sizeof memory);
    if (memory)
        return L2OSR_OK;
    return l2osr__fail(ctx, L2OSR_ENOMEM, "out of memory for %zu items of %zu bytes", count, size);
}

void l2osr__free(l2osr_context *ctx, void *memory) {
    l2osr__release(&ctx->allocator, memory);
}

char *l2osr__strdup(l2osr_context *ctx, const char *text) {
    size_t size = text ? strlen(text) + 1 : 0;
    char *copy = text ? l2osr__alloc(ctx, size, 1) : NULL;
    if (copy)
        memcpy(copy, text, size);
    return copy;
}
