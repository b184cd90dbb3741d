/* SPDX-License-Identifier: MIT */
/**
 * @file state.h
 * All that the rest of a search depends on, between two epochs, as bytes: epoch, evaluations, halls
 * and populations. Options, samples and what follows from them are not in it.
 */
#ifndef L2OSR_SR_STATE_H
#define L2OSR_SR_STATE_H

#include "sr/search.h"

typedef struct l2osr__state {
    unsigned char *bytes;
    size_t size, capacity;
} l2osr__state;

/** Writes the state of a search down; `state` is zero or one taken before, and as it was after a
 * failure. Free state->bytes with l2osr__free(). */
l2osr_status l2osr__state_take(l2osr__state *state, const l2osr_sr *sr);

/** Checks bytes from elsewhere: NULL when they are a state of this search, which stays as it is.
 * Otherwise what is wrong, and *at receives where. */
const char *l2osr__state_check(l2osr_sr *sr, const unsigned char *bytes, size_t size, size_t *at);

/** Puts a search into a state that has been taken from it, or checked. */
void l2osr__state_restore(l2osr_sr *sr, const unsigned char *bytes, size_t size);

/** Writes a state to a file, with what it must fit; atomically. */
l2osr_status l2osr__checkpoint_write(const l2osr_sr *sr, const char *path,
                                     const l2osr__state *state);

#endif
