/* SPDX-License-Identifier: MIT */
/* IDX, the format of MNIST: two zero bytes, type, rank, big-endian extents, big-endian data. */
#include "data/data.h"

#include <string.h>

enum {
    IDX_U8 = 0x08,
    IDX_I8 = 0x09,
    IDX_I16 = 0x0B,
    IDX_I32 = 0x0C,
    IDX_F32 = 0x0D,
    IDX_F64 = 0x0E
};

typedef struct idx_type {
    unsigned char code;
    unsigned char size; /* bytes in the file */
    l2osr_dtype dtype;
} idx_type;

static const idx_type types[] = {{IDX_U8, 1, L2OSR_U8},   {IDX_I8, 1, L2OSR_I32},
                                 {IDX_I16, 2, L2OSR_I32}, {IDX_I32, 4, L2OSR_I32},
                                 {IDX_F32, 4, L2OSR_F32}, {IDX_F64, 8, L2OSR_F64}};

static const idx_type *find_type(unsigned char code) {
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].code == code)
            return &types[i];
    return NULL;
}

static size_t read_extent(const unsigned char *b) {
    return (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
}

/* Reads the extents; *header receives how many bytes the elements come after. */
static l2osr_status read_shape(const l2osr__content *content, size_t *shape, size_t *rank,
                               size_t *header) {
    const unsigned char *b = (const unsigned char *)content->bytes;
    if (content->size < 4 || b[1] != 0)
        return l2osr__fail(content->ctx, L2OSR_EFORMAT,
                           "%s: not .npy, IDX or CSV, or a truncated file", content->path);
    *rank = b[3];
    if (*rank > L2OSR_MAX_RANK)
        return l2osr__fail(content->ctx, L2OSR_EFORMAT, "%s: IDX file of rank %zu (at most %d)",
                           content->path, *rank, L2OSR_MAX_RANK);
    if (content->size < 4 + 4 * *rank)
        return l2osr__fail(content->ctx, L2OSR_EFORMAT, "%s: IDX header ends too early",
                           content->path);
    for (size_t i = 0; i < *rank; i++)
        shape[i] = read_extent(b + 4 + 4 * i);
    *header = 4 + 4 * *rank;
    return L2OSR_OK;
}

static void copy_elements(l2osr_array *array, const idx_type *type, const unsigned char *data) {
    int32_t *wide = array->data;
    if (type->code == IDX_I8) {
        for (size_t i = 0; i < array->size; i++)
            wide[i] = (int8_t)data[i];
    } else if (type->code == IDX_I16) {
        for (size_t i = 0; i < array->size; i++)
            wide[i] = (int16_t)(data[2 * i] << 8 | data[2 * i + 1]);
    } else {
        memcpy(array->data, data, array->size * type->size);
        l2osr__swap_bytes(array->data, array->size, type->size);
    }
}

l2osr_status l2osr__idx_parse(l2osr_array **out, const l2osr__content *content) {
    size_t shape[L2OSR_MAX_RANK], rank = 0, header = 0;
    L2OSR__TRY(read_shape(content, shape, &rank, &header));
    const idx_type *type = find_type((unsigned char)content->bytes[2]);
    if (!type)
        return l2osr__fail(content->ctx, L2OSR_EFORMAT, "%s: unknown IDX element type 0x%02x",
                           content->path, (unsigned char)content->bytes[2]);
    L2OSR__TRY(l2osr__check_data_size(content, content->bytes + header, type->size, rank, shape));
    L2OSR__TRY(l2osr__array_new(out, content->ctx, content->path, type->dtype, rank, shape));
    copy_elements(*out, type, (const unsigned char *)content->bytes + header);
    return L2OSR_OK;
}
