/* SPDX-License-Identifier: MIT */
#include "base/rng.h"

#include <string.h>

void l2osr__philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
        uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        c0 = n0;
        c2 = n2;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

void l2osr__rng_init(l2osr__rng *rng, uint64_t seed, uint64_t stream) {
    memset(rng, 0, sizeof *rng);
    rng->key[0] = (uint32_t)seed;
    rng->key[1] = (uint32_t)(seed >> 32);
    rng->counter[2] = (uint32_t)stream;
    rng->counter[3] = (uint32_t)(stream >> 32);
    rng->used = 4;
}

uint64_t l2osr__seed_split(uint64_t seed, uint64_t id) {
    /* The very last block of stream `id`, which its numbers never reach. */
    const uint32_t counter[4] = {0xFFFFFFFFu, 0xFFFFFFFFu, (uint32_t)id, (uint32_t)(id >> 32)};
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t out[4];
    l2osr__philox4x32(counter, key, out);
    return out[0] | (uint64_t)out[1] << 32;
}

uint32_t l2osr__rng_u32(l2osr__rng *rng) {
    if (rng->used == 4) {
        l2osr__philox4x32(rng->counter, rng->key, rng->block);
        if (++rng->counter[0] == 0)
            rng->counter[1]++;
        rng->used = 0;
    }
    return rng->block[rng->used++];
}

uint64_t l2osr__rng_u64(l2osr__rng *rng) {
    uint64_t low = l2osr__rng_u32(rng);
    return low | (uint64_t)l2osr__rng_u32(rng) << 32;
}

double l2osr__rng_uniform(l2osr__rng *rng) {
    return (double)(l2osr__rng_u64(rng) >> 11) * 0x1p-53;
}

/* Lemire's method. Of the products, 2^32 mod n small ones would make some results likelier. */
uint32_t l2osr__rng_below(l2osr__rng *rng, uint32_t n) {
    uint64_t product = (uint64_t)l2osr__rng_u32(rng) * n;
    if ((uint32_t)product < n) {
        uint32_t surplus = (UINT32_MAX - n + 1) % n;
        while ((uint32_t)product < surplus)
            product = (uint64_t)l2osr__rng_u32(rng) * n;
    }
    return (uint32_t)(product >> 32);
}
