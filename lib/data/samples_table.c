/* SPDX-License-Identifier: MIT */
/* Samples of independent rows, from arrays [rows][columns]. */
#include "data/layout.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "expr/suggest.h"

void l2osr_table_options_init(l2osr_table_options *o, size_t size) {
    l2osr__options_init(o, size);
}

static l2osr_status unknown_column(const l2osr_array *array, const char *role, const char *name) {
    if (!array->names)
        return l2osr__fail(array->ctx, L2OSR_ENOTFOUND,
                           "samples: no column is called '%s', as the array has no names of "
                           "columns; give the number of the %s's, such as -1",
                           name, role);
    l2osr__suggestion suggestion = l2osr__suggest(name, strlen(name));
    for (size_t i = 0; i < array->n_names; i++)
        l2osr__suggest_offer(&suggestion, array->names[i]);
    const char *best = suggestion.best;
    return l2osr__fail(array->ctx, L2OSR_ENOTFOUND,
                       "samples: no column is called '%s', which should be the %s%s%s%s", name,
                       role, best ? "; did you mean '" : "", best ? best : "", best ? "'?" : "");
}

/* Numbers come before names: what "-1" means does not depend on the file. */
static l2osr_status find_column(size_t *column, const l2osr_array *array, const char *role,
                                const char *text) {
    char *end;
    const long long number = strtoll(text, &end, 10), columns = (long long)array->shape[1];
    if (end == text || *end != '\0') {
        L2OSR__TRY(l2osr__layout_find(column, array, "samples", text));
        return *column != L2OSR__NO_COLUMN ? L2OSR_OK : unknown_column(array, role, text);
    }
    const long long at = number < 0 ? number + columns : number;
    if (at < 0 || at >= columns)
        return l2osr__fail(array->ctx, L2OSR_ERANGE,
                           "samples: %s column %s does not exist; the array has %lld columns, "
                           "counted from 0, or from -1 backwards",
                           role, text, columns);
    *column = (size_t)at;
    return L2OSR_OK;
}

static l2osr_status find_columns(l2osr__layout *table, l2osr_context *ctx, const l2osr_array *array,
                                 const l2osr_table_options *o) {
    if (!array)
        return l2osr__fail(ctx, L2OSR_EINVAL, "samples: the array is NULL");
    if (array->rank != 2 || array->shape[0] == 0 || array->shape[1] < 2)
        return l2osr__fail(ctx, L2OSR_EINVAL,
                           "samples: a table needs shape [rows][columns] with a column for the "
                           "target and at least one more");
    *table = (l2osr__layout){array, L2OSR__NO_COLUMN, L2OSR__NO_COLUMN, L2OSR__NO_COLUMN};
    L2OSR__TRY(find_column(&table->target, array, "target", o->target ? o->target : "-1"));
    if (o->weight)
        L2OSR__TRY(find_column(&table->weight, array, "weight", o->weight));
    if (table->target == table->weight)
        return l2osr__fail(ctx, L2OSR_EINVAL, "samples: column %zu is both target and weight",
                           table->target);
    if (l2osr__layout_features(table) == 0)
        return l2osr__fail(
            ctx, L2OSR_EINVAL,
            "samples: the array has no column beside target and weight; at least one "
            "must be a feature");
    return L2OSR_OK;
}

/* The first column of a row that is not a finite f32; the number of columns when all are. */
static size_t find_nonfinite(const l2osr_array *array, size_t row) {
    const size_t columns = array->shape[1];
    size_t column = 0;
    while (column < columns && isfinite((float)l2osr_array_get(array, row * columns + column)))
        column++;
    return column;
}

static l2osr_status report(const l2osr_array *array, size_t row, size_t column, bool finite) {
    const char *name = l2osr_array_column_name(array, column);
    const double value = l2osr_array_get(array, row * array->shape[1] + column);
    return l2osr__fail(array->ctx, finite ? L2OSR_ERANGE : L2OSR_ENONFINITE,
                       "samples: row %zu, column %zu%s%s%s is %g, which is %s", row, column,
                       name ? " (" : "", name ? name : "", name ? ")" : "", value,
                       finite ? "a weight and must not be negative"
                              : "not a finite f32; L2OSR_NONFINITE_DROP leaves such rows out");
}

/* Counts the rows that are kept, and judges the others. */
static l2osr_status count_rows(size_t *kept, const l2osr__layout *table,
                               l2osr_nonfinite_rows policy) {
    const l2osr_array *array = table->array;
    const size_t rows = array->shape[0], columns = array->shape[1];
    *kept = 0;
    for (size_t row = 0; row < rows; row++) {
        const size_t column = find_nonfinite(array, row);
        if (column < columns && policy == L2OSR_NONFINITE_REPORT)
            return report(array, row, column, false);
        if (column < columns)
            continue;
        if (table->weight != L2OSR__NO_COLUMN &&
            l2osr_array_get(array, row * columns + table->weight) < 0)
            return report(array, row, table->weight, true);
        ++*kept;
    }
    if (*kept > 0)
        return L2OSR_OK;
    return l2osr__fail(array->ctx, L2OSR_ENONFINITE,
                       "samples: none would be left, as each of the %zu rows has an entry that is "
                       "not a finite f32",
                       rows);
}

l2osr_status l2osr_samples_from_table(l2osr_samples **out, l2osr_context *ctx,
                                      const l2osr_array *array, const l2osr_table_options *options,
                                      size_t *dropped) {
    l2osr_table_options o;
    l2osr__layout table;
    size_t kept;
    if (dropped)
        *dropped = 0;
    if (!out || !ctx)
        return L2OSR_EINVAL;
    *out = NULL;
    L2OSR__TRY(l2osr__options_copy(ctx, &o, sizeof o, options, "table options"));
    if (o.nonfinite < L2OSR_NONFINITE_REPORT || o.nonfinite > L2OSR_NONFINITE_DROP)
        return l2osr__fail(ctx, L2OSR_EINVAL, "table options: nonfinite %d is not known",
                           (int)o.nonfinite);
    L2OSR__TRY(find_columns(&table, ctx, array, &o));
    L2OSR__TRY(count_rows(&kept, &table, o.nonfinite));
    L2OSR__TRY(l2osr__layout_samples(out, ctx, &table, o.names, kept, 1));
    for (size_t row = 0, i = 0; i < kept; row++)
        if (find_nonfinite(array, row) == array->shape[1])
            l2osr__layout_copy_row(&table, row, *out, i++, 0);
    if (dropped)
        *dropped = array->shape[0] - kept;
    return L2OSR_OK;
}

l2osr_status l2osr_samples_from_array(l2osr_samples **out, l2osr_context *ctx,
                                      const l2osr_array *array, const char *const *names,
                                      long target) {
    char text[24];
    l2osr_table_options o = L2OSR_TABLE_OPTIONS_INIT;
    snprintf(text, sizeof text, "%ld", target);
    o.names = names;
    o.target = text;
    return l2osr_samples_from_table(out, ctx, array, &o, NULL);
}
