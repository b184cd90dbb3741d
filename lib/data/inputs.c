/* SPDX-License-Identifier: MIT */
#include "data/inputs.h"

#include <string.h>

size_t l2osr__input_count(const l2osr_samples *s) {
    return s->features + s->n_windows;
}

const l2osr__window *l2osr__input_window(const l2osr_samples *s, size_t input) {
    return input < s->features ? NULL : &s->windows[input - s->features];
}

const char *l2osr__input_name(const l2osr_samples *s, size_t input) {
    const l2osr__window *window = l2osr__input_window(s, input);
    return window ? window->name : s->names[input];
}

size_t l2osr__input_find(const l2osr_samples *s, const char *name) {
    size_t input = 0;
    while (input < l2osr__input_count(s) && strcmp(l2osr__input_name(s, input), name) != 0)
        input++;
    return input;
}

size_t l2osr__input_before(const l2osr_samples *s, size_t input) {
    const l2osr__window *window = l2osr__input_window(s, input);
    return window ? window->length - 1 : 0;
}

/* Where the first trajectory has an input at a step; NULL before the oldest lag of a window. */
static const float *series_at(const l2osr_samples *s, size_t input, size_t before, size_t step) {
    const l2osr__window *window = l2osr__input_window(s, input);
    if (!window)
        return s->columns[input] + (step > before ? step - before : 0);
    const size_t lag = before - step;
    return lag < window->length ? s->columns[window->features[lag]] : NULL;
}

/* Samples keep the steps of a trajectory side by side; who steps wants the trajectories of a step.
 * A table has them as they are wanted. */
const float *l2osr__input_row(const l2osr_samples *s, size_t input, size_t before, size_t step,
                              size_t first, size_t n, float *row) {
    const float *series = series_at(s, input, before, step);
    if (!series)
        return row;
    if (s->stride == 1)
        return series + first;
    for (size_t k = 0; k < n; k++)
        row[k] = series[(first + k) * s->stride];
    return row;
}

void l2osr__output_row(const l2osr_samples *s, size_t before, size_t step, size_t n,
                       const float *row, float *out) {
    if (step < before)
        return;
    for (size_t k = 0; k < n; k++)
        out[k * s->steps + step - before] = row[k];
}
