/* SPDX-License-Identifier: MIT */
/** @file suggest.h The known name that a misspelt word may have meant. */
#ifndef L2OSR_EXPR_SUGGEST_H
#define L2OSR_EXPR_SUGGEST_H

#include <stddef.h>

/** Begin with l2osr__suggest(); then offer names. */
typedef struct l2osr__suggestion {
    const char *word;
    size_t length;
    const char *best; /* NULL while nothing is near */
    unsigned distance;
} l2osr__suggestion;

l2osr__suggestion l2osr__suggest(const char *word, size_t length);

/** Considers a name; NULL is allowed. */
void l2osr__suggest_offer(l2osr__suggestion *suggestion, const char *name);

#endif
