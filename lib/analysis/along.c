/* SPDX-License-Identifier: MIT */
#include "analysis/along.h"

#include <string.h>

#include "data/inputs.h"

static l2osr_status find_inputs(l2osr__along *a) {
    const l2osr_mapping *m = a->mapping;
    for (size_t k = 0; k < m->n_names; k++) {
        a->input[k] = l2osr__input_find(a->samples, m->names[k]);
        if (a->input[k] == l2osr__input_count(a->samples))
            return l2osr__fail(m->ctx, L2OSR_ENOTFOUND,
                               "mapping: the samples have no input '%s', which it reads",
                               m->names[k]);
        const size_t before = l2osr__input_before(a->samples, a->input[k]);
        a->before = before > a->before ? before : a->before;
    }
    a->steps = a->before + a->samples->steps;
    return L2OSR_OK;
}

static l2osr_status run_piece(void *argument, size_t index) {
    const l2osr__along *a = argument;
    const size_t lanes = a->class->lanes, first = index * lanes;
    const size_t left = a->samples->trajectories - first;
    l2osr_context *ctx = a->mapping->ctx;
    if (l2osr__canceled(ctx))
        return l2osr__fail(ctx, L2OSR_ECANCELED, "mapping: canceled");
    return a->class->run(a, first, left < lanes ? left : lanes);
}

l2osr_status l2osr__along_run(const l2osr_mapping *mapping, const l2osr__along_class *class,
                              const l2osr_samples *samples, float *out) {
    l2osr__along a = {.mapping = mapping, .class = class, .samples = samples, .out = out};
    L2OSR__TRY(find_inputs(&a));
    return l2osr__parallel_for(mapping->ctx, l2osr__pieces(samples->trajectories, class->lanes),
                               run_piece, &a);
}

void l2osr__along_read(const l2osr__along *a, size_t name, size_t step, size_t first, size_t n,
                       float *row) {
    const float *values =
        l2osr__input_row(a->samples, a->input[name], a->before, step, first, n, row);
    if (values != row)
        memcpy(row, values, n * sizeof *row);
}

void l2osr__along_write(const l2osr__along *a, size_t step, size_t first, size_t n,
                        const float *u) {
    l2osr__output_row(a->samples, a->before, step, n, u, a->out + first * a->samples->steps);
}
