/* SPDX-License-Identifier: MIT */
#include "vec/trig.h"

/* The bits of 2/pi after the point, enough for the largest exponent. */
static const uint32_t two_over_pi[] = {
    0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu,
    0xdebbc561u, 0xb7246e3au, 0x424dd2e0u, 0x06492eeau, 0x09d1921cu, 0xfe1deb1cu, 0xb129a73eu,
    0xe88235f5u, 0x2ebb4484u, 0xe99c7026u, 0xb45f7e41u, 0x3991d639u, 0x835339f4u, 0x9c845f8bu,
    0xbdf9283bu, 0x1ff897ffu, 0xde05980fu, 0xef2f118bu, 0x5a0a6d1fu, 0x6d367ecfu, 0x27cb09b7u,
    0x4f463f66u, 0x9e5fea2du, 0x7527bac7u, 0xebe5f17bu, 0x3d0739f7u, 0x8a5292eau, 0x6bfb5fb1u,
    0x1f8d5d08u, 0x56033046u, 0xfc7b6babu, 0xf0cfbc20u};

/* Words of 2/pi in a product: two for what is left out beyond them, the others for 62 bits that may
 * cancel and for a result of 64 bits. */
enum { WINDOW = 7, WORDS = WINDOW + 2 };

/* The upper half of a product. */
static uint64_t high(uint64_t a, uint64_t b) {
    const uint64_t a0 = a & 0xffffffffu, a1 = a >> 32, b0 = b & 0xffffffffu, b1 = b >> 32;
    const uint64_t middle = a1 * b0 + (a0 * b0 >> 32), other = a0 * b1 + (middle & 0xffffffffu);
    return a1 * b1 + (middle >> 32) + (other >> 32);
}

/* The 32 bits of a number, little end first, from bit `at` on; bits below 0 and above are 0. */
static uint32_t word_at(const uint32_t *words, int at) {
    const int index = at >= 0 ? at / 32 : -((31 - at) / 32), shift = at - 32 * index;
    const uint64_t low = index >= 0 && index < WORDS ? words[index] : 0;
    const uint64_t next = index >= -1 && index + 1 < WORDS ? words[index + 1] : 0;
    return (uint32_t)((next << 32 | low) >> shift);
}

static uint64_t long_at(const uint32_t *words, int at) {
    return (uint64_t)word_at(words, at + 32) << 32 | word_at(words, at);
}

/* m times the window of 2/pi that begins at word `first`. */
static void multiply(uint32_t *product, uint64_t m, int first) {
    memset(product, 0, WORDS * sizeof *product);
    for (int half = 0; half < 2; half++) {
        const uint64_t factor = half ? m >> 32 : m & 0xffffffffu;
        uint64_t carry = 0;
        for (int i = 0; i < WINDOW; i++) {
            carry += two_over_pi[first + WINDOW - 1 - i] * factor + product[half + i];
            product[half + i] = (uint32_t)carry;
            carry >>= 32;
        }
        product[half + WINDOW] = (uint32_t)carry;
    }
}

/* Payne and Hanek: of x 2/pi, only the bits that weigh less than 4 matter, and they come from a
 * window of 2/pi. */
uint32_t l2osr__trig_reduce(double x, double r[2]) {
    const uint64_t bits = bits_f64(x), mantissa = (bits & 0xfffffffffffffu) | 0x10000000000000u;
    const int exponent = (int)(bits >> 52 & 0x7ff) - 1075;
    if (exponent == 0x7ff - 1075) {
        r[0] = r[1] = __builtin_nan("");
        return 0;
    }
    const int first = exponent > 2 ? (exponent - 2) / 32 : 0;
    const int point = 32 * (first + WINDOW) - exponent; /* the bit that weighs 1 */
    uint32_t product[WORDS];
    multiply(product, mantissa, first);
    uint32_t quadrant = word_at(product, point);
    const uint32_t negative = word_at(product, point - 32) >> 31;
    if (negative) { /* nearer to the next multiple */
        quadrant++;
        for (int i = 0; i < WORDS; i++)
            product[i] = ~product[i];
    }
    int top = point - 32;
    while (word_at(product, top) >> 31 == 0)
        top--;
    /* The fraction is 2^(top + 32 - point) times its leading 64 bits; pi/2 is 63 bits after 1. */
    const uint64_t value = high(long_at(product, top - 32), 0xc90fdaa22168c235u);
    const double unit = pow2_f64(top + 32 - point - 63);
    r[0] = (double)(value & ~(uint64_t)0x7ff) * unit;
    r[1] = (double)(value & 0x7ff) * unit;
    if (negative != bits >> 63) {
        r[0] = -r[0];
        r[1] = -r[1];
    }
    return bits >> 63 ? 0 - quadrant : quadrant;
}
