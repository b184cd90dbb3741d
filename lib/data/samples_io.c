/* SPDX-License-Identifier: MIT */
/* Samples to and from files: .npy [trajectories][steps][features + 1], and CSV with a header row.
 */
#include "data/layout.h"

#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/number.h"

static void write_npy(const l2osr_samples *s, FILE *stream) {
    const size_t shape[] = {s->trajectories, s->steps, s->features + 1};
    l2osr__npy_write_header(stream, L2OSR_F32, 3, shape);
    for (size_t i = 0; i < shape[0]; i++)
        for (size_t t = 0; t < shape[1]; t++)
            for (size_t f = 0; f < shape[2]; f++)
                fwrite(s->columns[f] + i * s->stride + t, sizeof(float), 1, stream);
}

static void write_csv(const l2osr_samples *s, FILE *stream) {
    fputs("trajectory", stream);
    for (size_t f = 0; f < s->features; f++)
        fprintf(stream, ",%s", s->names[f]);
    fputs(s->weights ? ",target,weight\n" : ",target\n", stream);
    for (size_t i = 0; i < s->trajectories; i++)
        for (size_t t = 0; t < s->steps; t++) {
            fprintf(stream, "%zu", i);
            for (size_t f = 0; f <= s->features; f++)
                l2osr__write_float(stream, s->columns[f][i * s->stride + t]);
            if (s->weights)
                l2osr__write_float(stream, s->weights[i * s->steps + t]);
            fputc('\n', stream);
        }
}

static l2osr_status check_names(const l2osr_samples *s, const char *path) {
    static const char *const others[] = {"trajectory", "target", "weight"};
    for (size_t f = 0; f < s->features; f++)
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
            if (strcmp(s->names[f], others[i]) == 0)
                return l2osr__fail(
                    s->ctx, L2OSR_EINVAL,
                    "%s: feature %zu is called '%s', which in CSV is another column; "
                    "give it another name",
                    path, f, others[i]);
    return L2OSR_OK;
}

l2osr_status l2osr_samples_save(const l2osr_samples *samples, const char *path) {
    l2osr__writer writer;
    if (!samples)
        return L2OSR_EINVAL;
    if (!path)
        return l2osr__fail(samples->ctx, L2OSR_EINVAL, "samples: path is NULL");
    const size_t length = strlen(path);
    const bool csv = length >= 4 && strcmp(path + length - 4, ".csv") == 0;
    if (csv)
        L2OSR__TRY(check_names(samples, path));
    else if (samples->weights)
        return l2osr__fail(samples->ctx, L2OSR_EINVAL,
                           "%s: .npy has no room for the weights of samples; save them as .csv",
                           path);
    L2OSR__TRY(l2osr__writer_open(&writer, samples->ctx, path));
    (csv ? write_csv : write_npy)(samples, writer.stream);
    return l2osr__writer_commit(&writer);
}

/* A file as a table whose rows are the steps of one trajectory after the other. */
typedef struct source {
    l2osr__layout table;
    size_t trajectories, steps;
    const char *path;
} source;

/* Finds the columns of a table; without one called trajectory it is not samples. */
static l2osr_status find_columns(source *from) {
    l2osr__layout *t = &from->table;
    L2OSR__TRY(l2osr__layout_find(&t->trajectory, t->array, from->path, "trajectory"));
    L2OSR__TRY(l2osr__layout_find(&t->target, t->array, from->path, "target"));
    L2OSR__TRY(l2osr__layout_find(&t->weight, t->array, from->path, "weight"));
    if (t->trajectory == L2OSR__NO_COLUMN)
        return l2osr__fail(t->array->ctx, L2OSR_EFORMAT,
                           "%s: not samples: no column is called 'trajectory'; for a table of "
                           "independent rows use l2osr_samples_from_table",
                           from->path);
    if (t->target == L2OSR__NO_COLUMN)
        return l2osr__fail(t->array->ctx, L2OSR_EFORMAT,
                           "%s: a column is called 'trajectory', but none 'target'", from->path);
    if (l2osr__layout_features(t) == 0)
        return l2osr__fail(t->array->ctx, L2OSR_EFORMAT,
                           "%s: there is no feature, only trajectory, target and weight",
                           from->path);
    return L2OSR_OK;
}

static double number_of(const l2osr__layout *t, size_t row) {
    return l2osr_array_get(t->array, row * t->array->shape[1] + t->trajectory);
}

/* The numbers must ascend, as a trajectory in two places would pass for two. */
static l2osr_status check_order(const source *from, size_t row) {
    const double number = number_of(&from->table, row);
    if (isfinite(number) && (row == 0 || number > number_of(&from->table, row - 1)))
        return L2OSR_OK;
    return l2osr__fail(
        from->table.array->ctx, L2OSR_EFORMAT,
        "%s: row %zu: trajectory %.15g is out of order: the rows of a trajectory must "
        "follow one another, and the numbers of trajectories ascend",
        from->path, row, number);
}

/* Counts the trajectories and their steps. */
static l2osr_status measure(source *from) {
    const l2osr__layout *t = &from->table;
    const size_t rows = t->array->shape[0];
    for (size_t begin = 0, end; begin < rows; begin = end, from->trajectories++) {
        L2OSR__TRY(check_order(from, begin));
        for (end = begin + 1; end < rows && number_of(t, end) == number_of(t, begin);)
            end++;
        if (begin == 0)
            from->steps = end;
        if (end - begin != from->steps)
            return l2osr__fail(t->array->ctx, L2OSR_EFORMAT,
                               "%s: trajectory %.15g has %zu steps, but trajectory %.15g has %zu; "
                               "all must be of one length",
                               from->path, number_of(t, begin), end - begin, number_of(t, 0),
                               from->steps);
    }
    return L2OSR_OK;
}

static l2osr_status recognise(source *from) {
    const l2osr_array *array = from->table.array;
    const size_t *shape = array->shape;
    if (array->rank == 2 && array->size > 0) {
        L2OSR__TRY(find_columns(from));
        return measure(from);
    }
    if (array->dtype != L2OSR_F32 || array->rank != 3 || array->size == 0 || shape[2] < 2)
        return l2osr__fail(array->ctx, L2OSR_EFORMAT,
                           "%s: not samples: expected f4 of shape [trajectories][steps][features + "
                           "1], or a CSV with columns called trajectory and target",
                           from->path);
    from->table.target = shape[2] - 1;
    from->trajectories = shape[0];
    from->steps = shape[1];
    return L2OSR_OK;
}

static l2osr_status from_array(l2osr_samples **out, const l2osr_array *array,
                               const char *const *names, const char *path) {
    source from = {.table = {array, L2OSR__NO_COLUMN, L2OSR__NO_COLUMN, L2OSR__NO_COLUMN},
                   .path = path};
    L2OSR__TRY(recognise(&from));
    L2OSR__TRY(
        l2osr__layout_samples(out, array->ctx, &from.table, names, from.trajectories, from.steps));
    for (size_t row = 0; row < from.trajectories * from.steps; row++)
        l2osr__layout_copy_row(&from.table, row, *out, row / from.steps, row % from.steps);
    return L2OSR_OK;
}

l2osr_status l2osr_samples_load(l2osr_samples **out, l2osr_context *ctx, const char *const *names,
                                const char *path) {
    l2osr_array *array;
    if (!out || !ctx)
        return L2OSR_EINVAL;
    *out = NULL;
    L2OSR__TRY(l2osr_array_load(&array, ctx, path));
    l2osr_status status = from_array(out, array, names, path);
    l2osr_array_free(array);
    return status;
}
