/* SPDX-License-Identifier: MIT */
#include "sr/cache.h"

#include <string.h>

enum { LINE = 64 / sizeof(float), PAIRS = 1 << 15 };

l2osr_status l2osr__cache_init(l2osr__cache *cache, l2osr_context *ctx, size_t sets, size_t ways,
                               size_t rows) {
    const size_t places = sets * ways, stride = (rows + LINE - 1) / LINE * LINE;
    *cache = (l2osr__cache){.ctx = ctx, .sets = sets, .ways = ways, .stride = stride};
    L2OSR__TRY(l2osr__alloc_to(ctx, &cache->keys, places, sizeof *cache->keys));
    L2OSR__TRY(l2osr__alloc_to(ctx, &cache->used, places, sizeof *cache->used));
    return l2osr__alloc_to(ctx, &cache->values, places, stride * sizeof(float));
}

void l2osr__cache_clear(l2osr__cache *cache) {
    if (!cache->ctx)
        return;
    l2osr__free(cache->ctx, cache->keys);
    l2osr__free(cache->ctx, cache->used);
    l2osr__free(cache->ctx, cache->values);
    *cache = (l2osr__cache){0};
}

float *l2osr__cache_get(l2osr__cache *cache, uint64_t key, bool *found) {
    const size_t first = key % cache->sets * cache->ways;
    size_t place = first;
    *found = false;
    for (size_t i = first; i < first + cache->ways && !*found; i++) {
        *found = cache->keys[i] == key;
        if (*found || cache->used[i] < cache->used[place])
            place = i;
    }
    cache->keys[place] = key;
    cache->used[place] = ++cache->clock;
    return cache->values + place * cache->stride;
}

void l2osr__cache_forget(l2osr__cache *cache, uint64_t key) {
    const size_t first = key % cache->sets * cache->ways;
    for (size_t i = first; i < first + cache->ways; i++)
        if (cache->keys[i] == key)
            cache->keys[i] = cache->used[i] = 0;
}

l2osr_status l2osr__pairs_init(l2osr__pairs *pairs, l2osr_context *ctx) {
    *pairs = (l2osr__pairs){.ctx = ctx};
    L2OSR__TRY(l2osr__alloc_to(ctx, &pairs->keys, PAIRS, sizeof *pairs->keys));
    return l2osr__alloc_to(ctx, &pairs->values, PAIRS, sizeof *pairs->values);
}

void l2osr__pairs_clear(l2osr__pairs *pairs) {
    if (!pairs->ctx)
        return;
    l2osr__free(pairs->ctx, pairs->keys);
    l2osr__free(pairs->ctx, pairs->values);
    *pairs = (l2osr__pairs){0};
}

double *l2osr__pairs_get(l2osr__pairs *pairs, uint64_t a, uint64_t b, bool *found) {
    const uint64_t low = a < b ? a : b, high = a < b ? b : a;
    uint64_t key = (low ^ (low >> 31)) * 0x9E3779B97F4A7C15u + high * 0xC2B2AE3D27D4EB4Fu;
    key ^= key >> 32;
    key = key ? key : 1;
    const size_t place = key % PAIRS;
    *found = pairs->keys[place] == key;
    pairs->keys[place] = key;
    return &pairs->values[place];
}
