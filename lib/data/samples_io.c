/* SPDX-License-Identifier: MIT */
/* Samples from arrays, and to and from .npy files [trajectories][steps][features + 1]. */
#include "data/data.h"

#include <math.h>

#include "base/file.h"

enum { NAME_ROOM = 24 };

/*
 * Names of the features for who gives none: those of the array's columns without the target, else
 * x0, x1 ... One block to free; the texts x0 ... lie behind the pointers.
 */
static l2osr_status default_names(const char ***out, l2osr_context *ctx, const l2osr_array *array,
                                  size_t features, size_t target) {
    const char **names;
    if (features > PTRDIFF_MAX / 64)
        return l2osr__fail(ctx, L2OSR_ERANGE, "samples: %zu features are too many", features);
    L2OSR__TRY(l2osr__alloc_to(ctx, &names, features, sizeof *names + NAME_ROOM));
    char *text = (char *)(names + features);
    for (size_t i = 0; i < features; i++, text += NAME_ROOM) {
        snprintf(text, NAME_ROOM, "x%zu", i);
        names[i] = array->names ? array->names[i + (i >= target)] : text;
    }
    *out = names;
    return L2OSR_OK;
}

static l2osr_status create(l2osr_samples **out, l2osr_context *ctx, const l2osr_array *array,
                           const char *const *names, size_t target, size_t steps) {
    const char **made = NULL;
    size_t features = array->shape[array->rank - 1] - 1;
    if (!names) {
        L2OSR__TRY(default_names(&made, ctx, array, features, target));
        names = made;
    }
    l2osr_status status = l2osr_samples_create(out, ctx, features, names, array->shape[0], steps);
    l2osr__free(ctx, made);
    return status;
}

static l2osr_status fill_table(l2osr_samples *s, const l2osr_array *array, size_t target) {
    size_t columns = array->shape[1];
    for (size_t row = 0; row < s->trajectories; row++)
        for (size_t column = 0; column < columns; column++) {
            size_t feature = column == target ? s->features : column - (column > target);
            double value = l2osr_array_get(array, row * columns + column);
            s->columns[feature][row] = (float)value;
            if (!isfinite((float)value))
                return l2osr__fail(s->ctx, L2OSR_ENONFINITE,
                                   "samples: row %zu, column %zu is %g, which is not a finite f32",
                                   row, column, value);
        }
    return L2OSR_OK;
}

static l2osr_status find_target(l2osr_context *ctx, const l2osr_array *array, long target,
                                size_t *column) {
    if (!array)
        return l2osr__fail(ctx, L2OSR_EINVAL, "samples: the array is NULL");
    if (array->rank != 2 || array->shape[0] == 0 || array->shape[1] < 2)
        return l2osr__fail(ctx, L2OSR_EINVAL,
                           "samples: a table needs shape [rows][columns] with a column for the "
                           "target and at least one more");
    long long columns = (long long)array->shape[1], at = target < 0 ? target + columns : target;
    if (at < 0 || at >= columns)
        return l2osr__fail(ctx, L2OSR_ERANGE,
                           "samples: target column %ld does not exist; the array has %lld columns",
                           target, columns);
    *column = (size_t)at;
    return L2OSR_OK;
}

l2osr_status l2osr_samples_from_array(l2osr_samples **out, l2osr_context *ctx,
                                      const l2osr_array *array, const char *const *names,
                                      long target) {
    size_t column = 0;
    if (!out || !ctx)
        return L2OSR_EINVAL;
    *out = NULL;
    L2OSR__TRY(find_target(ctx, array, target, &column));
    L2OSR__TRY(create(out, ctx, array, names, column, 1));
    l2osr_status status = fill_table(*out, array, column);
    if (status != L2OSR_OK) {
        l2osr_samples_free(*out);
        *out = NULL;
    }
    return status;
}

l2osr_status l2osr_samples_save(const l2osr_samples *samples, const char *path) {
    l2osr__writer writer;
    if (!samples)
        return L2OSR_EINVAL;
    if (!path)
        return l2osr__fail(samples->ctx, L2OSR_EINVAL, "samples: path is NULL");
    const size_t shape[] = {samples->trajectories, samples->steps, samples->features + 1};
    L2OSR__TRY(l2osr__writer_open(&writer, samples->ctx, path));
    l2osr__npy_write_header(writer.stream, L2OSR_F32, 3, shape);
    for (size_t i = 0; i < shape[0]; i++)
        for (size_t t = 0; t < shape[1]; t++)
            for (size_t f = 0; f < shape[2]; f++)
                fwrite(samples->columns[f] + i * samples->stride + t, sizeof(float), 1,
                       writer.stream);
    return l2osr__writer_commit(&writer);
}

static l2osr_status from_file(l2osr_samples **out, l2osr_context *ctx, const l2osr_array *array,
                              const char *const *names, const char *path) {
    const size_t *shape = array->shape;
    if (array->dtype != L2OSR_F32 || array->rank != 3 || array->size == 0 || shape[2] < 2)
        return l2osr__fail(ctx, L2OSR_EFORMAT,
                           "%s: not samples: expected f4 of shape [trajectories][steps][features + "
                           "1]; for a table use l2osr_samples_from_array",
                           path);
    L2OSR__TRY(create(out, ctx, array, names, shape[2] - 1, shape[1]));
    const float *value = array->data;
    for (size_t i = 0; i < shape[0]; i++)
        for (size_t t = 0; t < shape[1]; t++)
            for (size_t f = 0; f < shape[2]; f++)
                (*out)->columns[f][i * (*out)->stride + t] = *value++;
    return L2OSR_OK;
}

l2osr_status l2osr_samples_load(l2osr_samples **out, l2osr_context *ctx, const char *const *names,
                                const char *path) {
    l2osr_array *array;
    if (!out || !ctx)
        return L2OSR_EINVAL;
    *out = NULL;
    L2OSR__TRY(l2osr_array_load(&array, ctx, path));
    l2osr_status status = from_file(out, ctx, array, names, path);
    l2osr_array_free(array);
    return status;
}
