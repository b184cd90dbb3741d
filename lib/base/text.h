/* SPDX-License-Identifier: MIT */
/** @file text.h A string that grows while it is written. */
#ifndef L2OSR_BASE_TEXT_H
#define L2OSR_BASE_TEXT_H

#include "base/context.h"

/** Start with {.ctx = ctx}. After a failed allocation nothing is added and taking it fails. */
typedef struct l2osr__text {
    l2osr_context *ctx;
    char *bytes;
    size_t length, capacity;
    bool failed;
} l2osr__text;

/** Appends formatted text. */
void l2osr__text_add(l2osr__text *text, const char *format, ...) L2OSR__PRINTF(2, 3);

/** Appends the shortest text of a number that reads back to the same bits. */
void l2osr__text_add_number(l2osr__text *text, double value);

/** Appends a line "NAME VALUE". */
void l2osr__text_add_value(l2osr__text *text, const char *name, double value);

/** Appends a line "NAME CRC-32 1a2b3c4d" that stands for a longer text. */
void l2osr__text_add_checksum(l2osr__text *text, const char *name, const char *content);

/** Hands the finished string over (l2osr__free()); never NULL on success. Leaves `text` empty. */
l2osr_status l2osr__text_take(l2osr__text *text, char **out);

/** Frees what was written. */
void l2osr__text_drop(l2osr__text *text);

#endif
