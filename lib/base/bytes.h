/* SPDX-License-Identifier: MIT */
/** @file bytes.h Numbers in binary files: little-endian on every machine. */
#ifndef L2OSR_BASE_BYTES_H
#define L2OSR_BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** What binary files of all kinds begin with. */
#define L2OSR__MAGIC "\x89L2O\r\n\x1a\n"

enum { L2OSR__MAGIC_BYTES = 8 };

/** What comes behind the version of the format. */
enum { L2OSR__FILE_MODEL = 1, L2OSR__FILE_CHECKPOINT = 2, L2OSR__FILE_TRAINING = 3 };

/** Writes the lowest `bytes` bytes of a number, at most 8. */
static inline void l2osr__bytes_put(unsigned char *at, uint64_t value, size_t bytes) {
    for (size_t i = 0; i < bytes; i++)
        at[i] = (unsigned char)(value >> (8 * i));
}

static inline uint64_t l2osr__bytes_get(const unsigned char *at, size_t bytes) {
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value |= (uint64_t)at[i] << (8 * i);
    return value;
}

static inline uint64_t l2osr__bits_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline double l2osr__double_of(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

#endif
