/* SPDX-License-Identifier: MIT */
/* The model file: magic, version, kind, description, weights, checksum; little-endian. Specified in
 * doc/formats.md. */
#include <string.h>
#include <zlib.h>

#include "base/bytes.h"
#include "base/file.h"
#include "model/model.h"

enum { VERSION = 2, HEADER_BYTES = L2OSR__MAGIC_BYTES + 4 + 4 + 8 + 8, MAX_DESCRIPTION = 1 << 20 };

static void write_bytes(FILE *stream, uint32_t *crc, const void *bytes, size_t size) {
    *crc = (uint32_t)crc32_z(*crc, bytes, size);
    fwrite(bytes, 1, size, stream);
}

static void write_number(FILE *stream, uint32_t *crc, uint64_t value, size_t bytes) {
    unsigned char buffer[8];
    l2osr__bytes_put(buffer, value, bytes);
    write_bytes(stream, crc, buffer, bytes);
}

static void write_model(FILE *stream, const l2osr_model *m, const char *description) {
    uint32_t crc = 0, sum;
    write_bytes(stream, &crc, L2OSR__MAGIC, L2OSR__MAGIC_BYTES);
    write_number(stream, &crc, VERSION, 4);
    write_number(stream, &crc, L2OSR__FILE_MODEL, 4);
    write_number(stream, &crc, strlen(description), 8);
    write_number(stream, &crc, m->size, 8);
    write_bytes(stream, &crc, description, strlen(description));
    for (size_t i = 0; i < m->size; i++)
        write_number(stream, &crc, l2osr__bits_of(m->weights[i]), 8);
    sum = crc;
    write_number(stream, &crc, sum, 4);
}

l2osr_status l2osr_model_save(const l2osr_model *m, const char *path) {
    l2osr__writer writer;
    l2osr__text text = {.ctx = m->ctx};
    char *description;
    if (!path)
        return l2osr__fail(m->ctx, L2OSR_EINVAL, "model: path is NULL");
    l2osr__architecture_write(&m->architecture, &text);
    L2OSR__TRY(l2osr__text_take(&text, &description));
    l2osr_status status = l2osr__writer_open(&writer, m->ctx, path);
    if (status == L2OSR_OK) {
        write_model(writer.stream, m, description);
        status = l2osr__writer_commit(&writer);
    }
    l2osr__free(m->ctx, description);
    return status;
}

/* The parts of a file. */
typedef struct file_parts {
    const char *path;
    const unsigned char *bytes, *description, *weights;
    size_t size, length, count; /* bytes of the file and of the description; weights */
} file_parts;

/* Checks everything that can be checked before a model is made. */
static l2osr_status locate_parts(l2osr_context *ctx, file_parts *f) {
    if (f->size < L2OSR__MAGIC_BYTES || memcmp(f->bytes, L2OSR__MAGIC, L2OSR__MAGIC_BYTES) != 0)
        return l2osr__fail(ctx, L2OSR_EFORMAT, "%s: not an l2osr file", f->path);
    if (f->size < HEADER_BYTES + 4)
        return l2osr__fail(ctx, L2OSR_EFORMAT, "%s: truncated", f->path);
    const unsigned version = (unsigned)l2osr__bytes_get(f->bytes + 8, 4);
    if (version != VERSION)
        return l2osr__fail(ctx, L2OSR_EFORMAT, "%s: version %u; this library reads version %d only",
                           f->path, version, VERSION);
    if (l2osr__bytes_get(f->bytes + 12, 4) != L2OSR__FILE_MODEL)
        return l2osr__fail(ctx, L2OSR_EFORMAT, "%s: not a model file", f->path);
    const uint64_t length = l2osr__bytes_get(f->bytes + 16, 8);
    const uint64_t count = l2osr__bytes_get(f->bytes + 24, 8);
    if (length > MAX_DESCRIPTION || count > f->size / 8 ||
        HEADER_BYTES + length + 8 * count + 4 != f->size)
        return l2osr__fail(ctx, L2OSR_EFORMAT, "%s: truncated", f->path);
    if (l2osr__bytes_get(f->bytes + f->size - 4, 4) != (uint32_t)crc32_z(0, f->bytes, f->size - 4))
        return l2osr__fail(ctx, L2OSR_EFORMAT, "%s: checksum does not match (altered file)",
                           f->path);
    f->length = (size_t)length;
    f->count = (size_t)count;
    f->description = f->bytes + HEADER_BYTES;
    f->weights = f->description + length;
    return L2OSR_OK;
}

/* What is wrong with a description is found by whoever parses and builds, and knows no file. */
static l2osr_status blame(l2osr_context *ctx, l2osr_status status, const char *path) {
    char message[256];
    if (status == L2OSR_OK || status == L2OSR_ENOMEM)
        return status;
    strncpy(message, l2osr_context_errmsg(ctx), sizeof message - 1);
    message[sizeof message - 1] = '\0';
    return l2osr__fail(ctx, L2OSR_EFORMAT, "%s: %s", path, message);
}

static l2osr_status create(l2osr_model **out, l2osr_context *ctx, const file_parts *f) {
    l2osr__architecture architecture;
    l2osr__text text = {.ctx = ctx};
    char *description;
    l2osr__text_add(&text, "%.*s", (int)f->length, (const char *)f->description);
    L2OSR__TRY(l2osr__text_take(&text, &description));
    l2osr_status status = strlen(description) == f->length
                              ? l2osr__architecture_read(&architecture, ctx, description)
                              : l2osr__fail(ctx, L2OSR_EFORMAT, "a zero byte in the description");
    l2osr__free(ctx, description);
    if (status == L2OSR_OK)
        return l2osr__model_build(out, ctx, &architecture, 0);
    return status;
}

static l2osr_status read_weights(l2osr_model *m, const file_parts *f) {
    double *weights;
    if (f->count != m->size)
        return l2osr__fail(m->ctx, L2OSR_EFORMAT, "%zu weights, but the model described has %zu",
                           f->count, m->size);
    L2OSR__TRY(l2osr__alloc_to(m->ctx, &weights, m->size, sizeof *weights));
    for (size_t i = 0; i < m->size; i++)
        weights[i] = l2osr__double_of(l2osr__bytes_get(f->weights + 8 * i, 8));
    l2osr_status status = l2osr_model_set_weights(m, weights);
    l2osr__free(m->ctx, weights);
    return status;
}

static l2osr_status load(l2osr_model **out, l2osr_context *ctx, file_parts *f) {
    L2OSR__TRY(locate_parts(ctx, f));
    L2OSR__TRY(blame(ctx, create(out, ctx, f), f->path));
    return blame(ctx, read_weights(*out, f), f->path);
}

l2osr_status l2osr_model_load(l2osr_model **out, l2osr_context *ctx, const char *path) {
    char *bytes;
    file_parts f = {.path = path};
    if (!ctx || !out)
        return L2OSR_EINVAL;
    *out = NULL;
    if (!path)
        return l2osr__fail(ctx, L2OSR_EINVAL, "model: path is NULL");
    L2OSR__TRY(l2osr__file_read(ctx, path, &bytes, &f.size));
    f.bytes = (const unsigned char *)bytes;
    l2osr_status status = load(out, ctx, &f);
    if (status != L2OSR_OK) {
        l2osr_model_free(*out);
        *out = NULL;
    }
    l2osr__free(ctx, bytes);
    return status;
}
