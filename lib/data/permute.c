/* SPDX-License-Identifier: MIT */
#include "data/permute.h"

#include "base/rng.h"

/* A network on fewer bits does not mix well; small permutations rather walk longer. */
enum { SMALLEST_BITS = 8 };

/* A mixer with low bias, of Wellons' "hash prospector"; strong enough for eight rounds. */
static uint32_t mix(uint32_t x) {
    x = (x ^ x >> 16) * 0x7feb352du;
    x = (x ^ x >> 15) * 0x846ca68bu;
    return x ^ x >> 16;
}

static uint32_t mask(unsigned bits) {
    return bits >= 32 ? UINT32_MAX : (UINT32_C(1) << bits) - 1;
}

void l2osr__permutation_init(l2osr__permutation *p, size_t size, uint64_t seed, uint64_t pass) {
    unsigned bits = SMALLEST_BITS;
    while (bits < 64 && (uint64_t)(size - 1) >> bits != 0)
        bits++;
    p->size = size;
    p->low_bits = bits / 2;
    p->low_mask = mask(bits / 2);
    p->high_mask = mask(bits - bits / 2);
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    for (uint32_t block = 0; block < L2OSR__PERMUTE_ROUNDS / 4; block++) {
        const uint32_t counter[4] = {block, 0x7065726du, (uint32_t)pass, (uint32_t)(pass >> 32)};
        l2osr__philox4x32(counter, key, p->keys + 4 * block);
    }
}

/* A Feistel network permutes the next power of two; walking its cycles permutes 0 .. size-1. */
size_t l2osr__permutation_at(const l2osr__permutation *p, size_t index) {
    uint64_t value = index;
    do {
        uint32_t low = (uint32_t)value & p->low_mask, high = (uint32_t)(value >> p->low_bits);
        for (int round = 0; round < L2OSR__PERMUTE_ROUNDS; round += 2) {
            high ^= mix(low + p->keys[round]) & p->high_mask;
            low ^= mix(high + p->keys[round + 1]) & p->low_mask;
        }
        value = (uint64_t)high << p->low_bits | low;
    } while (value >= p->size);
    return (size_t)value;
}
