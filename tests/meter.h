/* SPDX-License-Identifier: MIT */
/** @file meter.h How many bytes a context with one thread asks for. */
#ifndef TESTS_METER_H
#define TESTS_METER_H

#include "l2osr.h"

/** Bytes held now and at most. */
struct meter {
    size_t live, peak;
};

/** The interface to a meter, for l2osr_context_options. */
struct l2osr_allocator meter_hooks(struct meter *meter);

#endif
