/* SPDX-License-Identifier: MIT */
/* Samples to and from .npy files [trajectories][steps][features + 1]. */
#include "data/table.h"

#include "base/file.h"

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
    const l2osr__table table = {array, L2OSR__NO_COLUMN, shape[2] - 1, L2OSR__NO_COLUMN};
    L2OSR__TRY(l2osr__table_samples(out, ctx, &table, names, shape[0], shape[1]));
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
