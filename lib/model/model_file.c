/* SPDX-License-Identifier: MIT */
/* The model file: magic, version, kind, name, weights, checksum; little-endian. Specified in
 * doc/formats.md. */
#include <string.h>
#include <zlib.h>

#include "base/bytes.h"
#include "base/file.h"
#include "model/model.h"

enum { VERSION = 1, NAME_BYTES = 16, HEADER_BYTES = L2OSR__MAGIC_BYTES + 4 + 4 + NAME_BYTES + 8 };

static void write_number(FILE *stream, uint32_t *crc, uint64_t value, size_t bytes) {
    unsigned char buffer[8];
    l2osr__bytes_put(buffer, value, bytes);
    *crc = (uint32_t)crc32(*crc, buffer, (uInt)bytes);
    fwrite(buffer, 1, bytes, stream);
}

l2osr_status l2osr_model_save(const l2osr_model *m, const char *path) {
    l2osr__writer writer;
    unsigned char header[HEADER_BYTES] = {0};
    if (!path)
        return l2osr__fail(m->ctx, L2OSR_EINVAL, "model: path is NULL");
    L2OSR__TRY(l2osr__writer_open(&writer, m->ctx, path));
    memcpy(header, L2OSR__MAGIC, L2OSR__MAGIC_BYTES);
    l2osr__bytes_put(header + 8, VERSION, 4);
    l2osr__bytes_put(header + 12, L2OSR__FILE_MODEL, 4);
    memcpy(header + 16, m->preset->name, strlen(m->preset->name));
    l2osr__bytes_put(header + 16 + NAME_BYTES, m->size, 8);
    uint32_t crc = (uint32_t)crc32(0, header, sizeof header), sum = 0;
    fwrite(header, 1, sizeof header, writer.stream);
    for (size_t i = 0; i < m->size; i++)
        write_number(writer.stream, &crc, l2osr__bits_of(m->weights[i]), 8);
    write_number(writer.stream, &sum, crc, 4);
    return l2osr__writer_commit(&writer);
}

/* Checks everything that can be checked before a model is made. */
static l2osr_status check_file(l2osr_context *ctx, const char *path, const unsigned char *file,
                               size_t size) {
    if (size < L2OSR__MAGIC_BYTES || memcmp(file, L2OSR__MAGIC, L2OSR__MAGIC_BYTES) != 0)
        return l2osr__fail(ctx, L2OSR_EFORMAT, "%s: not an l2osr file", path);
    if (size < HEADER_BYTES + 4)
        return l2osr__fail(ctx, L2OSR_EFORMAT, "%s: truncated", path);
    if (l2osr__bytes_get(file + 8, 4) != VERSION)
        return l2osr__fail(ctx, L2OSR_EFORMAT, "%s: version %u; this library reads version %d",
                           path, (unsigned)l2osr__bytes_get(file + 8, 4), VERSION);
    if (l2osr__bytes_get(file + 12, 4) != L2OSR__FILE_MODEL || file[16 + NAME_BYTES - 1] != '\0')
        return l2osr__fail(ctx, L2OSR_EFORMAT, "%s: not a model file", path);
    uint64_t weights = l2osr__bytes_get(file + 16 + NAME_BYTES, 8);
    if (weights > size / 8 || HEADER_BYTES + 8 * weights + 4 != size)
        return l2osr__fail(ctx, L2OSR_EFORMAT, "%s: truncated", path);
    if (l2osr__bytes_get(file + size - 4, 4) != (uint32_t)crc32_z(0, file, size - 4))
        return l2osr__fail(ctx, L2OSR_EFORMAT, "%s: checksum does not match (altered file)", path);
    return L2OSR_OK;
}

static l2osr_status read_weights(l2osr_model *m, const char *path, const unsigned char *file) {
    double *weights;
    if (l2osr__bytes_get(file + 16 + NAME_BYTES, 8) != m->size)
        return l2osr__fail(m->ctx, L2OSR_EFORMAT, "%s: a '%s' has %zu weights", path,
                           m->preset->name, m->size);
    L2OSR__TRY(l2osr__alloc_to(m->ctx, &weights, m->size, sizeof *weights));
    for (size_t i = 0; i < m->size; i++)
        weights[i] = l2osr__double_of(l2osr__bytes_get(file + HEADER_BYTES + 8 * i, 8));
    l2osr_status status = l2osr_model_set_weights(m, weights);
    l2osr__free(m->ctx, weights);
    return status;
}

l2osr_status l2osr_model_load(l2osr_model **out, l2osr_context *ctx, const char *path) {
    char *file;
    size_t size;
    l2osr_model_options o = L2OSR_MODEL_OPTIONS_INIT;
    if (!ctx || !out)
        return L2OSR_EINVAL;
    *out = NULL;
    if (!path)
        return l2osr__fail(ctx, L2OSR_EINVAL, "model: path is NULL");
    L2OSR__TRY(l2osr__file_read(ctx, path, &file, &size));
    const unsigned char *bytes = (const unsigned char *)file;
    l2osr_status status = check_file(ctx, path, bytes, size);
    if (status == L2OSR_OK) {
        o.preset = file + 16;
        status = l2osr_model_create(out, ctx, &o);
    }
    if (status == L2OSR_OK)
        status = read_weights(*out, path, bytes);
    if (status != L2OSR_OK) {
        l2osr_model_free(*out);
        *out = NULL;
    }
    l2osr__free(ctx, file);
    return status;
}
