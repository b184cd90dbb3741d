/* SPDX-License-Identifier: MIT */
#include "data/data.h"

#include <string.h>

#include "base/file.h"

size_t l2osr__dtype_size(l2osr_dtype dtype) {
    switch (dtype) {
    case L2OSR_U8:
        return 1;
    case L2OSR_F32:
    case L2OSR_I32:
        return 4;
    case L2OSR_F64:
    case L2OSR_I64:
        return 8;
    }
    return 0;
}

void l2osr__swap_bytes(void *data, size_t count, size_t element_size) {
    unsigned char *p = data;
    for (size_t i = 0; i < count; i++, p += element_size) {
        for (size_t low = 0, high = element_size - 1; low < high; low++, high--) {
            unsigned char byte = p[low];
            p[low] = p[high];
            p[high] = byte;
        }
    }
}

l2osr_status l2osr__check_data_size(const l2osr__content *content, const char *data,
                                    size_t element_size, size_t rank, const size_t *shape) {
    size_t wanted = element_size, there = content->size - (size_t)(data - content->bytes);
    for (size_t i = 0; i < rank; i++)
        if (__builtin_mul_overflow(wanted, shape[i], &wanted))
            return l2osr__fail(content->ctx, L2OSR_EFORMAT, "%s: absurdly large shape",
                               content->path);
    if (wanted == there)
        return L2OSR_OK;
    return l2osr__fail(content->ctx, L2OSR_EFORMAT,
                       "%s: the shape asks for %zu bytes of data, but %zu follow the header "
                       "(truncated file?)",
                       content->path, wanted, there);
}

static l2osr_status check_shape(l2osr_context *ctx, const char *what, l2osr_dtype dtype,
                                size_t rank, const size_t *shape, size_t *size) {
    size_t element = l2osr__dtype_size(dtype), bytes;
    if (element == 0)
        return l2osr__fail(ctx, L2OSR_EINVAL, "%s: %d is not an element type", what, (int)dtype);
    if (rank > L2OSR_MAX_RANK)
        return l2osr__fail(ctx, L2OSR_ERANGE, "%s: rank %zu; at most %d dimensions are supported",
                           what, rank, L2OSR_MAX_RANK);
    if (rank > 0 && !shape)
        return l2osr__fail(ctx, L2OSR_EINVAL, "%s: shape is NULL", what);
    *size = 1;
    for (size_t i = 0; i < rank; i++)
        if (__builtin_mul_overflow(*size, shape[i], size))
            return l2osr__fail(ctx, L2OSR_ERANGE, "%s: the shape has too many elements", what);
    if (__builtin_mul_overflow(*size, element, &bytes) || bytes > PTRDIFF_MAX)
        return l2osr__fail(ctx, L2OSR_ERANGE, "%s: the shape has too many elements", what);
    return L2OSR_OK;
}

l2osr_status l2osr__array_new(l2osr_array **out, l2osr_context *ctx, const char *what,
                              l2osr_dtype dtype, size_t rank, const size_t *shape) {
    size_t size = 0;
    l2osr_array *array;
    *out = NULL;
    L2OSR__TRY(check_shape(ctx, what, dtype, rank, shape, &size));
    L2OSR__TRY(l2osr__alloc_to(ctx, &array, 1, sizeof *array));
    array->ctx = ctx;
    array->dtype = dtype;
    array->rank = rank;
    array->size = size;
    if (rank > 0)
        memcpy(array->shape, shape, rank * sizeof *shape);
    l2osr_status status = l2osr__alloc_to(ctx, &array->data, size, l2osr__dtype_size(dtype));
    if (status != L2OSR_OK) {
        l2osr_array_free(array);
        return status;
    }
    *out = array;
    return L2OSR_OK;
}

l2osr_status l2osr_array_create(l2osr_array **out, l2osr_context *ctx, l2osr_dtype dtype,
                                size_t rank, const size_t *shape, const void *data) {
    if (!out || !ctx)
        return L2OSR_EINVAL;
    L2OSR__TRY(l2osr__array_new(out, ctx, "array", dtype, rank, shape));
    if (data)
        memcpy((*out)->data, data, (*out)->size * l2osr__dtype_size(dtype));
    return L2OSR_OK;
}

static l2osr_status parse(l2osr_array **out, const l2osr__content *content) {
    const unsigned char *head = (const unsigned char *)content->bytes;
    if (content->size == 0)
        return l2osr__fail(content->ctx, L2OSR_EFORMAT, "%s: the file is empty", content->path);
    if (head[0] == 0x93)
        return l2osr__npy_parse(out, content);
    if (head[0] == 0)
        return l2osr__idx_parse(out, content);
    return l2osr__csv_parse(out, content);
}

l2osr_status l2osr_array_load(l2osr_array **out, l2osr_context *ctx, const char *path) {
    char *bytes;
    size_t size;
    if (!out || !ctx)
        return L2OSR_EINVAL;
    *out = NULL;
    if (!path)
        return l2osr__fail(ctx, L2OSR_EINVAL, "array: path is NULL");
    L2OSR__TRY(l2osr__file_read(ctx, path, &bytes, &size));
    l2osr_status status = parse(out, &(l2osr__content){ctx, path, bytes, size});
    l2osr__free(ctx, bytes);
    return status;
}

void l2osr_array_free(l2osr_array *array) {
    if (!array)
        return;
    for (size_t i = 0; array->names && i < array->n_names; i++)
        l2osr__free(array->ctx, array->names[i]);
    l2osr__free(array->ctx, array->names);
    l2osr__free(array->ctx, array->data);
    l2osr__free(array->ctx, array);
}

l2osr_dtype l2osr_array_dtype(const l2osr_array *array) {
    return array->dtype;
}

size_t l2osr_array_rank(const l2osr_array *array) {
    return array->rank;
}

size_t l2osr_array_extent(const l2osr_array *array, size_t axis) {
    return axis < array->rank ? array->shape[axis] : 1;
}

size_t l2osr_array_size(const l2osr_array *array) {
    return array->size;
}

const void *l2osr_array_data(const l2osr_array *array) {
    return array->data;
}

double l2osr_array_get(const l2osr_array *array, size_t index) {
    if (index >= array->size)
        return 0.0;
    switch (array->dtype) {
    case L2OSR_F32:
        return (double)((const float *)array->data)[index];
    case L2OSR_F64:
        return ((const double *)array->data)[index];
    case L2OSR_U8:
        return ((const uint8_t *)array->data)[index];
    case L2OSR_I32:
        return ((const int32_t *)array->data)[index];
    case L2OSR_I64:
        return (double)((const int64_t *)array->data)[index];
    }
    return 0.0;
}

const char *l2osr_array_column_name(const l2osr_array *array, size_t index) {
    return array->names && index < array->n_names ? array->names[index] : NULL;
}
