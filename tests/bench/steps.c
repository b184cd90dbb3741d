/* SPDX-License-Identifier: MIT */
#include "steps.h"

#include <stdio.h>
#include <stdlib.h>

void must(l2osr_status status) {
    if (status != L2OSR_OK) {
        fprintf(stderr, "bench: %s\n", l2osr_strerror(status));
        exit(1);
    }
}

l2osr_context *context_of(unsigned threads) {
    l2osr_context_options o = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_context *ctx;
    o.threads = threads;
    must(l2osr_context_create(&ctx, &o));
    return ctx;
}

float *numbers(size_t n, float value) {
    float *out = aligned_alloc(64, (n * sizeof *out + 63) / 64 * 64);
    if (!out)
        abort();
    for (size_t i = 0; i < n; i++)
        out[i] = value * (float)(i % 17 + 1);
    return out;
}

void run_engine(void *user) {
    const struct engine *e = user;
    must(l2osr_stepper_step_f32(e->stepper, e->x, e->g, NULL));
}
