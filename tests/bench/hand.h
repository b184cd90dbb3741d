/* SPDX-License-Identifier: MIT */
/** @file hand.h Steps as one writes them by hand, to measure the library by. */
#ifndef TESTS_BENCH_HAND_H
#define TESTS_BENCH_HAND_H

#include <stddef.h>

/** What a step of Adam needs beside its arrays; c1 and c2 are 1 - beta^t. */
struct adam {
    float lr, c1, c2;
};

/** The loop that every trainer has, for a compiler to vectorise. */
void hand_adam(size_t n, float *restrict x, const float *restrict g, float *restrict m,
               float *restrict v, struct adam adam);

/** x -= lr tanh(ema(asinh(g))) exp(-|x|) over the C library, one element at a time. */
void hand_formula(size_t n, float *restrict x, const float *restrict g, float *restrict m,
                  float lr);

/** Moves what hand_formula() moves and does next to nothing: reads x, g, m and writes x, m. */
void hand_copy(size_t n, float *restrict x, const float *restrict g, float *restrict m);

#endif
