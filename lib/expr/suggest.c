/* SPDX-License-Identifier: MIT */
#include "expr/suggest.h"

#include <string.h>

enum { LONGEST = 32 };

/* Edits (insert, delete, replace) between two short words, by rows of the usual table. */
static unsigned edit_distance(const char *a, size_t n, const char *b, size_t m) {
    unsigned row[LONGEST + 1];
    if (n > LONGEST || m > LONGEST)
        return LONGEST;
    for (size_t j = 0; j <= m; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            unsigned cost = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < cost)
                cost = row[j] + 1;
            if (row[j - 1] + 1 < cost)
                cost = row[j - 1] + 1;
            row[j] = cost;
        }
    }
    return row[m];
}

/* Fewer edits than the word has letters, and two at most. */
l2osr__suggestion l2osr__suggest(const char *word, size_t length) {
    return (l2osr__suggestion){word, length, NULL, length < 3 ? (unsigned)length : 3};
}

void l2osr__suggest_offer(l2osr__suggestion *suggestion, const char *name) {
    if (!name)
        return;
    unsigned distance = edit_distance(suggestion->word, suggestion->length, name, strlen(name));
    if (distance < suggestion->distance) {
        suggestion->distance = distance;
        suggestion->best = name;
    }
}
