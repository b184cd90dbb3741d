/* SPDX-License-Identifier: MIT */
/* The state of a search in a file, with what it must fit; specified in doc/formats.md. */
#include <string.h>
#include <zlib.h>

#include "base/bytes.h"
#include "base/file.h"
#include "sr/state.h"

enum { VERSION = 1, HEADER_BYTES = L2OSR__MAGIC_BYTES + 4 + 4 + 8 + 8, CRC_BYTES = 4 };

static l2osr_status write_parts(l2osr_context *ctx, const char *path, const char *description,
                                const l2osr__state *state) {
    const size_t length = strlen(description);
    unsigned char header[HEADER_BYTES], sum[CRC_BYTES];
    l2osr__writer writer;
    L2OSR__TRY(l2osr__writer_open(&writer, ctx, path));
    memcpy(header, L2OSR__MAGIC, L2OSR__MAGIC_BYTES);
    l2osr__bytes_put(header + 8, VERSION, 4);
    l2osr__bytes_put(header + 12, L2OSR__FILE_CHECKPOINT, 4);
    l2osr__bytes_put(header + 16, length, 8);
    l2osr__bytes_put(header + 24, state->size, 8);
    uLong crc = crc32(0, header, HEADER_BYTES);
    crc = crc32_z(crc, (const unsigned char *)description, length);
    crc = crc32_z(crc, state->bytes, state->size);
    l2osr__bytes_put(sum, crc, CRC_BYTES);
    fwrite(header, 1, HEADER_BYTES, writer.stream);
    fwrite(description, 1, length, writer.stream);
    fwrite(state->bytes, 1, state->size, writer.stream);
    fwrite(sum, 1, CRC_BYTES, writer.stream);
    return l2osr__writer_commit(&writer);
}

l2osr_status l2osr__checkpoint_write(const l2osr_sr *sr, const char *path,
                                     const l2osr__state *state) {
    char *description;
    L2OSR__TRY(l2osr__sr_describe(sr, &description));
    l2osr_status status = write_parts(sr->ctx, path, description, state);
    l2osr__free(sr->ctx, description);
    return status;
}

l2osr_status l2osr_sr_save(const l2osr_sr *sr, const char *path) {
    l2osr__state state = {0};
    if (!sr)
        return L2OSR_EINVAL;
    if (!path)
        return l2osr__fail(sr->ctx, L2OSR_EINVAL, "checkpoint: path is NULL");
    L2OSR__TRY(l2osr__state_take(&state, sr));
    l2osr_status status = l2osr__checkpoint_write(sr, path, &state);
    l2osr__free(sr->ctx, state.bytes);
    return status;
}

/* ---- reading ---- */

/* A file and its parts. */
typedef struct checkpoint {
    l2osr_context *ctx;
    const char *path;
    char *content;
    size_t size;
    const char *description;
    const unsigned char *state;
    size_t description_size, state_size;
} checkpoint;

static l2osr_status bad(const checkpoint *c, const char *why) {
    return l2osr__fail(c->ctx, L2OSR_EFORMAT, "%s: %s", c->path, why);
}

/* Finds the parts of a file that is whole. */
static l2osr_status take_apart(checkpoint *c) {
    const unsigned char *file = (const unsigned char *)c->content;
    if (c->size < L2OSR__MAGIC_BYTES || memcmp(file, L2OSR__MAGIC, L2OSR__MAGIC_BYTES) != 0)
        return bad(c, "not an l2osr file");
    if (c->size < HEADER_BYTES + CRC_BYTES)
        return bad(c, "truncated");
    if (l2osr__bytes_get(file + 12, 4) != L2OSR__FILE_CHECKPOINT)
        return bad(c, "not a checkpoint of a search");
    if (l2osr__bytes_get(file + 8, 4) != VERSION)
        return l2osr__fail(c->ctx, L2OSR_EFORMAT, "%s: version %lu; this library reads version %d",
                           c->path, (unsigned long)l2osr__bytes_get(file + 8, 4), VERSION);
    const size_t rest = c->size - HEADER_BYTES - CRC_BYTES;
    const uint64_t first = l2osr__bytes_get(file + 16, 8), second = l2osr__bytes_get(file + 24, 8);
    if (first > rest || second != rest - first)
        return bad(c, "truncated, or something follows where it should end");
    if (l2osr__bytes_get(file + c->size - CRC_BYTES, CRC_BYTES) !=
        crc32_z(0, file, c->size - CRC_BYTES))
        return bad(c, "checksum does not match (altered file)");
    c->description = c->content + HEADER_BYTES;
    c->description_size = (size_t)first;
    c->state = file + HEADER_BYTES + first;
    c->state_size = (size_t)second;
    return L2OSR_OK;
}

/* As far as it is shown. */
static int line_length(const char *text, size_t size) {
    const size_t most = size < 80 ? size : 80;
    const char *end = memchr(text, '\n', most);
    return (int)(end ? (size_t)(end - text) : most);
}

/* Tells of the first line of a description that differs from ours. */
static l2osr_status check_description(const checkpoint *c, const char *ours) {
    const char *theirs = c->description;
    size_t size = c->description_size, at = 0;
    while (at < size && theirs[at] == ours[at] && ours[at] != '\0')
        at++;
    if (at == size && ours[at] == '\0')
        return L2OSR_OK;
    while (at > 0 && ours[at - 1] != '\n')
        at--;
    return l2osr__fail(
        c->ctx, L2OSR_EINVAL,
        "%s: its search has '%.*s' where this one has '%.*s'; samples, seed and most "
        "options must be the same",
        c->path, line_length(theirs + at, size - at), theirs + at,
        line_length(ours + at, strlen(ours + at)), ours + at);
}

static l2osr_status check(const checkpoint *c, l2osr_sr *sr) {
    char *ours;
    size_t at;
    L2OSR__TRY(l2osr__sr_describe(sr, &ours));
    l2osr_status status = check_description(c, ours);
    l2osr__free(sr->ctx, ours);
    L2OSR__TRY(status);
    const char *wrong = l2osr__state_check(sr, c->state, c->state_size, &at);
    if (!wrong)
        return L2OSR_OK;
    return l2osr__fail(c->ctx, L2OSR_EFORMAT, "%s: damaged before byte %zu: %s", c->path,
                       (size_t)(c->state - (const unsigned char *)c->content) + at, wrong);
}

l2osr_status l2osr_sr_load(l2osr_sr *sr, const char *path) {
    if (!sr)
        return L2OSR_EINVAL;
    if (!path)
        return l2osr__fail(sr->ctx, L2OSR_EINVAL, "checkpoint: path is NULL");
    checkpoint c = {.ctx = sr->ctx, .path = path};
    L2OSR__TRY(l2osr__file_read(sr->ctx, path, &c.content, &c.size));
    l2osr_status status = take_apart(&c);
    if (status == L2OSR_OK)
        status = check(&c, sr);
    if (status == L2OSR_OK) {
        l2osr__state_restore(sr, c.state, c.state_size);
        sr->resumed = true;
    }
    l2osr__free(sr->ctx, c.content);
    return status;
}
