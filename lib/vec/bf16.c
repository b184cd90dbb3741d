/* SPDX-License-Identifier: MIT */
#include "vec/bf16.h"

#include <string.h>

/* Numbers at a time: a piece is read before what it becomes is written over it. */
enum { PIECE = 64 };

void l2osr__bf16_from_f32(size_t n, uint16_t *out, const float *in) {
    uint32_t bits[PIECE];
    uint16_t upper[PIECE];
    for (size_t done = 0; done < n; done += PIECE) {
        const size_t count = n - done < PIECE ? n - done : PIECE;
        memcpy(bits, in + done, count * sizeof *bits);
        for (size_t i = 0; i < count; i++)
            upper[i] = (uint16_t)((bits[i] + 0x7fff + (bits[i] >> 16 & 1)) >> 16);
        memcpy(out + done, upper, count * sizeof *upper);
    }
}

void l2osr__bf16_to_f32(size_t n, float *out, const uint16_t *in) {
    uint32_t bits[PIECE];
    for (size_t done = 0; done < n; done += PIECE) {
        const size_t count = n - done < PIECE ? n - done : PIECE;
        for (size_t i = 0; i < count; i++)
            bits[i] = (uint32_t)in[done + i] << 16;
        memcpy(out + done, bits, count * sizeof *bits);
    }
}
