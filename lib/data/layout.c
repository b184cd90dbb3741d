/* SPDX-License-Identifier: MIT */
#include "data/layout.h"

#include <string.h>

enum { NAME_ROOM = 24 };

static size_t columns_of(const l2osr__layout *table) {
    return table->array->shape[table->array->rank - 1];
}

static bool is_feature(const l2osr__layout *table, size_t column) {
    return column != table->trajectory && column != table->target && column != table->weight;
}

l2osr_status l2osr__layout_find(size_t *column, const l2osr_array *array, const char *what,
                               const char *name) {
    *column = L2OSR__NO_COLUMN;
    for (size_t i = 0; i < array->n_names; i++) {
        if (strcmp(array->names[i], name) != 0)
            continue;
        if (*column != L2OSR__NO_COLUMN)
            return l2osr__fail(array->ctx, L2OSR_EFORMAT,
                               "%s: columns %zu and %zu are both called '%s'", what, *column, i,
                               name);
        *column = i;
    }
    return L2OSR_OK;
}

size_t l2osr__layout_features(const l2osr__layout *table) {
    return columns_of(table) - (table->trajectory != L2OSR__NO_COLUMN) -
           (table->target != L2OSR__NO_COLUMN) - (table->weight != L2OSR__NO_COLUMN);
}

/* Names for who gives none. One block to free; the texts x0 ... lie behind the pointers. */
static l2osr_status default_names(const char ***out, l2osr_context *ctx,
                                  const l2osr__layout *table) {
    const char **names;
    const size_t features = l2osr__layout_features(table), columns = columns_of(table);
    if (features > PTRDIFF_MAX / 64)
        return l2osr__fail(ctx, L2OSR_ERANGE, "samples: %zu features are too many", features);
    L2OSR__TRY(l2osr__alloc_to(ctx, &names, features, sizeof *names + NAME_ROOM));
    char *text = (char *)(names + features);
    for (size_t column = 0, i = 0; column < columns; column++) {
        if (!is_feature(table, column))
            continue;
        snprintf(text, NAME_ROOM, "x%zu", i);
        names[i++] = table->array->names ? table->array->names[column] : text;
        text += NAME_ROOM;
    }
    *out = names;
    return L2OSR_OK;
}

l2osr_status l2osr__layout_samples(l2osr_samples **out, l2osr_context *ctx,
                                  const l2osr__layout *table, const char *const *names,
                                  size_t trajectories, size_t steps) {
    const char **made = NULL;
    if (!names) {
        L2OSR__TRY(default_names(&made, ctx, table));
        names = made;
    }
    l2osr_status status =
        l2osr_samples_create(out, ctx, l2osr__layout_features(table), names, trajectories, steps);
    l2osr__free(ctx, made);
    if (status == L2OSR_OK && table->weight != L2OSR__NO_COLUMN)
        status = l2osr_samples_add_weights(*out);
    if (status != L2OSR_OK) {
        l2osr_samples_free(*out);
        *out = NULL;
    }
    return status;
}

void l2osr__layout_copy_row(const l2osr__layout *table, size_t row, l2osr_samples *samples,
                           size_t trajectory, size_t step) {
    const size_t columns = columns_of(table), at = trajectory * samples->stride + step;
    for (size_t column = 0, feature = 0; column < columns; column++) {
        float value = (float)l2osr_array_get(table->array, row * columns + column);
        if (column == table->target)
            samples->columns[samples->features][at] = value;
        else if (column == table->weight)
            samples->weights[trajectory * samples->steps + step] = value;
        else if (column != table->trajectory)
            samples->columns[feature++][at] = value;
    }
}
