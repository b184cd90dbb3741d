/* SPDX-License-Identifier: MIT */
/* The work of a step: slices, reductions, and all of it at once. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "rule/stepper.h"

/* The group that holds number `at` of what `starts` counts; groups may be empty. */
static size_t find_group(const l2osr_stepper *s, const size_t *starts, size_t at) {
    size_t low = 0, high = s->groups;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (starts[middle] <= at)
            low = middle;
        else
            high = middle;
    }
    return low;
}

typedef struct range {
    size_t first, n;
} range;

static range chunk_range(const l2osr_stepper *s, size_t chunk) {
    const size_t group = find_group(s, s->chunks, chunk);
    const size_t start = (chunk - s->chunks[group]) * s->engine.chunk;
    const size_t left = s->sizes[group] - start;
    return (range){s->offsets[group] + start, left < s->engine.chunk ? left : s->engine.chunk};
}

/* Slices may be on any thread, where the context's message is out of reach: the text of the first
 * failure waits for the end of the step. */
static l2osr_status L2OSR__PRINTF(3, 4)
    failed(l2osr_stepper *s, l2osr_status status, const char *format, ...) {
    int none = L2OSR_OK;
    if (atomic_compare_exchange_strong_explicit(&s->first_error, &none, (int)status,
                                                memory_order_relaxed, memory_order_relaxed)) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(s->error_text, sizeof s->error_text, format, arguments);
        va_end(arguments);
    }
    return status;
}

static l2osr_status check_slice(l2osr_stepper *s, l2osr_dtype precision, range r, bool reduction) {
    if (!s->open)
        return l2osr__fail(s->ctx, L2OSR_ESTATE, "stepper: slice outside begin and end");
    if (s->precision != precision)
        return failed(s, L2OSR_EINVAL, "stepper: made for %s parameters",
                      s->precision == L2OSR_F64 ? "f64" : "f32");
    if (r.first > s->size || r.n > s->size - r.first)
        return failed(s, L2OSR_ERANGE, "stepper: slice ends past parameter %zu", s->size);
    if (reduction ? s->pass >= s->engine.passes : s->pass < s->engine.passes)
        return failed(s, L2OSR_ESTATE, "stepper: %zu of %zu reduction passes are done", s->pass,
                      s->engine.passes);
    return L2OSR_OK;
}

/* Reductions are summed in blocks, which no slice may cut. */
static l2osr_status check_blocks(l2osr_stepper *s, range r) {
    const size_t end = r.first + r.n, first = find_group(s, s->offsets, r.first);
    const size_t last = find_group(s, s->offsets, end);
    const bool starts = (r.first - s->offsets[first]) % L2OSR__REDUCE_BLOCK == 0;
    const bool ends = end == s->size || (end - s->offsets[last]) % L2OSR__REDUCE_BLOCK == 0;
    if (r.n == 0 || (starts && ends))
        return L2OSR_OK;
    return failed(s, L2OSR_EINVAL,
                  "stepper: slices of reductions begin and end at multiples of %d from the start "
                  "of a segment, or at its end",
                  L2OSR__REDUCE_BLOCK);
}

#define T         float
#define F(name)   name##_f32
#define PRECISION L2OSR_F32
#include "rule/slices.inc"
#undef T
#undef F
#undef PRECISION

#define T         double
#define F(name)   name##_f64
#define PRECISION L2OSR_F64
#include "rule/slices.inc"
