/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "sr/table.h"

/* What a series is put through before a memory takes it up. */
static const l2osr__opcode functions[] = {L2OSR__OP_VAR, L2OSR__OP_SQUARE, L2OSR__OP_ABS,
                                          L2OSR__OP_SIGN};
enum { FUNCTIONS = sizeof functions / sizeof functions[0] };

enum {
    OPERANDS = 2 /* nodes in the text of a memory beside operators: its series, its parameter */
};

static l2osr_status add_name(l2osr__columns *columns, const char *input, unsigned lag) {
    l2osr__text text = {.ctx = columns->ctx};
    if (lag > 0)
        l2osr__text_add(&text, "%s[%u]", input, lag);
    else
        l2osr__text_add(&text, "%s", input);
    L2OSR__TRY(l2osr__text_take(&text, &columns->names[columns->n_names]));
    columns->n_names++;
    return L2OSR_OK;
}

/* Nodes of a terminal's text, operators counted as they are everywhere. */
static int32_t cost_of(const l2osr__column *column, const l2osr__grammar *grammar) {
    if (column->memory == L2OSR__OP_VAR)
        return 1;
    return grammar->cost[column->memory] + OPERANDS +
           (column->function == L2OSR__OP_VAR ? 0 : grammar->cost[column->function]);
}

static void add_column(l2osr__columns *columns, const l2osr__grammar *grammar,
                       l2osr__column column) {
    const bool memory = column.memory != L2OSR__OP_VAR;
    columns->terminals[columns->count] =
        (l2osr__terminal){.scale = 1,
                          .cost = cost_of(&column, grammar),
                          .decays = memory && column.memory != L2OSR__OP_COUNT,
                          .counts = column.memory == L2OSR__OP_COUNT};
    columns->items[columns->count++] = column;
}

static void add_memories(l2osr__columns *columns, size_t series, const l2osr__grammar *grammar) {
    const l2osr__opcode memories[] = {L2OSR__OP_EMA, L2OSR__OP_DSUM, L2OSR__OP_COUNT};
    const bool wanted[] = {grammar->memory[L2OSR__OP_EMA], grammar->memory[L2OSR__OP_DSUM],
                           grammar->window_sum};
    for (size_t m = 0; m < 3; m++)
        for (size_t f = 0; f < FUNCTIONS; f++)
            if (wanted[m] && (functions[f] == L2OSR__OP_VAR || grammar->has[functions[f]]))
                add_column(columns, grammar, (l2osr__column){series, 0, memories[m], functions[f]});
}

static l2osr_status list_plain(l2osr__columns *columns, const l2osr__grammar *grammar,
                               const l2osr_samples *samples, unsigned lags) {
    for (size_t f = 0; f < samples->features; f++)
        for (unsigned lag = 0; lag <= lags; lag++) {
            L2OSR__TRY(add_name(columns, samples->names[f], lag));
            add_column(columns, grammar, (l2osr__column){f, lag, L2OSR__OP_VAR, L2OSR__OP_VAR});
        }
    columns->plain = columns->count;
    return L2OSR_OK;
}

static l2osr_status name_series(l2osr__columns *columns, const l2osr_samples *samples) {
    for (size_t f = 0; f < samples->features; f++)
        L2OSR__TRY(add_name(columns, samples->names[f], 0));
    for (size_t w = 0; w < l2osr_samples_windows(samples); w++)
        L2OSR__TRY(add_name(columns, l2osr_samples_window_name(samples, w), 0));
    return L2OSR_OK;
}

l2osr_status l2osr__columns_init(l2osr__columns *columns, l2osr_context *ctx,
                                 const l2osr_samples *samples, const l2osr_sr_options *options,
                                 const l2osr__grammar *grammar) {
    const size_t features = samples->features, windows = l2osr_samples_windows(samples);
    /* lags past the start are zero: nothing new */
    const unsigned lags =
        options->max_lag < samples->steps ? options->max_lag : (unsigned)(samples->steps - 1);
    const size_t plain = features * (1 + (size_t)lags), series = features + windows;
    const size_t all = plain + series * 3 * FUNCTIONS;
    *columns = (l2osr__columns){.ctx = ctx};
    L2OSR__TRY(l2osr__alloc_to(ctx, &columns->items, all, sizeof *columns->items));
    L2OSR__TRY(l2osr__alloc_to(ctx, &columns->terminals, all, sizeof *columns->terminals));
    L2OSR__TRY(l2osr__alloc_to(ctx, &columns->names, plain + series, sizeof *columns->names));
    L2OSR__TRY(list_plain(columns, grammar, samples, lags));
    for (size_t s = samples->steps > 1 ? 0 : features; s < series; s++)
        add_memories(columns, s, grammar);
    return name_series(columns, samples);
}

l2osr_status l2osr__columns_name(const l2osr__columns *columns, const l2osr__node *leaf,
                                 char **out) {
    const l2osr__column *c = &columns->items[leaf->a];
    l2osr__text text = {.ctx = columns->ctx};
    char parameter[L2OSR__NUMBER_SIZE];
    if ((size_t)leaf->a < columns->plain) {
        l2osr__text_add(&text, "%s", columns->names[leaf->a]);
        return l2osr__text_take(&text, out);
    }
    const char *series = columns->names[columns->plain + c->series];
    const bool bare = c->function == L2OSR__OP_VAR;
    l2osr__format_double(parameter, sizeof parameter, leaf->value);
    l2osr__text_add(&text, "%s(%s%s%s%s, %s)",
                    c->memory == L2OSR__OP_COUNT ? "wsum" : l2osr__ops[c->memory].name,
                    bare ? "" : l2osr__ops[c->function].name, bare ? "" : "(", series,
                    bare ? "" : ")", parameter);
    return l2osr__text_take(&text, out);
}

bool l2osr__columns_exchange(const l2osr__columns *columns, l2osr__node *leaf) {
    if (leaf->op != L2OSR__OP_VAR || (size_t)leaf->a < columns->plain)
        return false;
    const l2osr__column *have = &columns->items[leaf->a];
    const l2osr__opcode wanted = have->memory == L2OSR__OP_EMA ? L2OSR__OP_DSUM : L2OSR__OP_EMA;
    for (size_t c = columns->plain; c < columns->count && have->memory != L2OSR__OP_COUNT; c++) {
        const l2osr__column *other = &columns->items[c];
        if (other->memory != wanted || other->series != have->series ||
            other->function != have->function)
            continue;
        leaf->a = (int32_t)c;
        return true;
    }
    return false;
}

void l2osr__columns_clear(l2osr__columns *columns) {
    if (!columns->ctx)
        return;
    for (size_t i = 0; i < columns->n_names; i++)
        l2osr__free(columns->ctx, columns->names[i]);
    l2osr__free(columns->ctx, columns->names);
    l2osr__free(columns->ctx, columns->terminals);
    l2osr__free(columns->ctx, columns->items);
    *columns = (l2osr__columns){0};
}
