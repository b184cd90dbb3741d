/* SPDX-License-Identifier: MIT */
/* What a checkpoint must fit, as text: a line for each thing, so that one which differs can be
 * named. */
#include <string.h>
#include <zlib.h>

#include "base/bytes.h"
#include "base/number.h"
#include "sr/search.h"

/* How long and how openly a search works may change while it is interrupted. Seeds are told apart
 * by what they give together with that of the context. */
static bool may_change(const char *option) {
    static const char *const names[] = {"evaluations", "seconds", "seed", "checkpoint_seconds",
                                        "report_seconds"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(option, names[i]) == 0)
            return true;
    return false;
}

static void add_options(l2osr__text *text, const l2osr_sr_options *o) {
    const l2osr_sr_option_info *info;
    for (size_t i = 0; (info = l2osr_sr_option(i)) != NULL; i++) {
        char value[L2OSR__NUMBER_SIZE];
        l2osr__format_double(value, sizeof value, l2osr__sr_option_value(o, i));
        if (!may_change(info->name))
            l2osr__text_add(text, "option %s %s\n", info->name, value);
    }
}

static const char *name_of(int op) {
    return op == L2OSR__OP_NEG ? "neg" : l2osr__ops[op].name;
}

static void add_operators(l2osr__text *text, const l2osr__grammar *g) {
    for (int op = 0; op < L2OSR__OP_COUNT; op++)
        if (g->has[op] || g->memory[op])
            l2osr__text_add(text, "operator %s:%d\n", name_of(op), (int)g->cost[op]);
    if (g->window_sum)
        l2osr__text_add(text, "operator %s:%d\n", L2OSR__WSUM, (int)g->cost[L2OSR__OP_COUNT]);
    for (size_t i = 0; i < g->n_functions; i++)
        l2osr__text_add(text, "function %s of %u\n", g->functions[i].name, g->functions[i].arity);
    for (int outer = 0; outer < L2OSR__OP_COUNT; outer++)
        for (int inner = 0; inner < L2OSR__OP_COUNT; inner++)
            if (g->nest[outer][inner] >= 0)
                l2osr__text_add(text, "nesting %s(%s):%d\n", name_of(outer), name_of(inner),
                                (int)g->nest[outer][inner]);
    for (size_t i = 0; i < g->n_decays; i++) {
        char value[L2OSR__NUMBER_SIZE];
        l2osr__format_double(value, sizeof value, g->decays[i]);
        l2osr__text_add(text, "decay %s\n", value);
    }
}

static void add_inputs(l2osr__text *text, const l2osr__columns *columns,
                       const l2osr_samples *samples) {
    for (size_t i = 0; i < columns->n_names; i++)
        l2osr__text_add(text, "%s %s\n", i < columns->plain ? "input" : "series",
                        columns->names[i]);
    for (size_t w = 0; w < l2osr_samples_windows(samples); w++)
        for (size_t lag = 0; lag < l2osr_samples_window_length(samples, w); lag++)
            l2osr__text_add(text, "window %s %zu\n", l2osr_samples_window_name(samples, w),
                            l2osr_samples_window_feature(samples, w, lag));
}

/* Of floats as they are in a file. */
static uint32_t checksum(uint32_t crc, const float *x, size_t n) {
    enum { PIECE = 256 };
    unsigned char bytes[4 * PIECE];
    for (size_t first = 0; first < n; first += PIECE) {
        const size_t count = n - first < PIECE ? n - first : PIECE;
        for (size_t i = 0; i < count; i++) {
            uint32_t bits;
            memcpy(&bits, &x[first + i], sizeof bits);
            l2osr__bytes_put(bytes + 4 * i, bits, 4);
        }
        crc = (uint32_t)crc32(crc, bytes, (uInt)(4 * count));
    }
    return crc;
}

/* In the order of the search, which its seed gives them. */
static void add_samples(l2osr__text *text, const l2osr_samples *s) {
    const bool whole = s->stride == s->steps; /* a column lies in one piece */
    const size_t pieces = whole ? 1 : s->trajectories;
    const size_t length = whole ? s->trajectories * s->steps : s->steps;
    uint32_t crc = 0;
    for (size_t c = 0; c <= s->features; c++)
        for (size_t i = 0; i < pieces; i++)
            crc = checksum(crc, s->columns[c] + i * s->stride, length);
    if (s->weights)
        crc = checksum(crc, s->weights, s->trajectories * s->steps);
    l2osr__text_add(text, "samples %zu trajectories of %zu steps%s, CRC-32 %08lx\n",
                    s->trajectories, s->steps, s->weights ? " with weights" : "",
                    (unsigned long)crc);
}

l2osr_status l2osr__sr_describe(const l2osr_sr *sr, char **out) {
    l2osr__text text = {.ctx = sr->ctx};
    add_options(&text, &sr->world.options);
    add_operators(&text, &sr->world.grammar);
    l2osr__text_add(&text, "seed %016llx\n", (unsigned long long)sr->world.seed);
    add_inputs(&text, &sr->columns, sr->samples);
    add_samples(&text, sr->samples);
    return l2osr__text_take(&text, out);
}
