/* SPDX-License-Identifier: MIT */
#include "base/snapshot.h"

#include <string.h>
#include <zlib.h>

#include "base/bytes.h"
#include "base/file.h"

enum { HEADER_BYTES = L2OSR__MAGIC_BYTES + 4 + 4 + 8 + 8, CRC_BYTES = 4 };

l2osr_status l2osr__snapshot_write(l2osr_context *ctx, const char *path,
                                   const l2osr__snapshot_kind *kind, const char *description,
                                   const unsigned char *state, size_t state_size) {
    const size_t length = strlen(description);
    unsigned char header[HEADER_BYTES], sum[CRC_BYTES];
    l2osr__writer writer;
    L2OSR__TRY(l2osr__writer_open(&writer, ctx, path));
    memcpy(header, L2OSR__MAGIC, L2OSR__MAGIC_BYTES);
    l2osr__bytes_put(header + 8, kind->version, 4);
    l2osr__bytes_put(header + 12, kind->kind, 4);
    l2osr__bytes_put(header + 16, length, 8);
    l2osr__bytes_put(header + 24, state_size, 8);
    uLong crc = crc32(0, header, HEADER_BYTES);
    crc = crc32_z(crc, (const unsigned char *)description, length);
    crc = crc32_z(crc, state, state_size);
    l2osr__bytes_put(sum, crc, CRC_BYTES);
    fwrite(header, 1, HEADER_BYTES, writer.stream);
    fwrite(description, 1, length, writer.stream);
    fwrite(state, 1, state_size, writer.stream);
    fwrite(sum, 1, CRC_BYTES, writer.stream);
    return l2osr__writer_commit(&writer);
}

static l2osr_status bad(const l2osr__snapshot *s, const char *why) {
    return l2osr__fail(s->ctx, L2OSR_EFORMAT, "%s: %s", s->path, why);
}

static l2osr_status check_kind(const l2osr__snapshot *s, const l2osr__snapshot_kind *kind) {
    const unsigned char *file = (const unsigned char *)s->content;
    if (s->size < L2OSR__MAGIC_BYTES || memcmp(file, L2OSR__MAGIC, L2OSR__MAGIC_BYTES) != 0)
        return bad(s, "not an l2osr file");
    if (s->size < HEADER_BYTES + CRC_BYTES)
        return bad(s, "truncated");
    if (l2osr__bytes_get(file + 12, 4) != kind->kind)
        return l2osr__fail(s->ctx, L2OSR_EFORMAT, "%s: not a checkpoint of a %s", s->path,
                           kind->work);
    if (l2osr__bytes_get(file + 8, 4) != kind->version)
        return l2osr__fail(s->ctx, L2OSR_EFORMAT, "%s: version %lu; this library reads version %lu",
                           s->path, (unsigned long)l2osr__bytes_get(file + 8, 4),
                           (unsigned long)kind->version);
    return L2OSR_OK;
}

static l2osr_status take_apart(l2osr__snapshot *s) {
    const unsigned char *file = (const unsigned char *)s->content;
    const size_t rest = s->size - HEADER_BYTES - CRC_BYTES;
    const uint64_t first = l2osr__bytes_get(file + 16, 8), second = l2osr__bytes_get(file + 24, 8);
    if (first > rest || second != rest - first)
        return bad(s, "truncated, or something follows where it should end");
    if (l2osr__bytes_get(file + s->size - CRC_BYTES, CRC_BYTES) !=
        crc32_z(0, file, s->size - CRC_BYTES))
        return bad(s, "checksum does not match (altered file)");
    s->description = s->content + HEADER_BYTES;
    s->description_size = (size_t)first;
    s->state = file + HEADER_BYTES + first;
    s->state_size = (size_t)second;
    return L2OSR_OK;
}

l2osr_status l2osr__snapshot_read(l2osr__snapshot *out, l2osr_context *ctx, const char *path,
                                  const l2osr__snapshot_kind *kind) {
    *out = (l2osr__snapshot){.ctx = ctx, .path = path};
    L2OSR__TRY(l2osr__file_read(ctx, path, &out->content, &out->size));
    L2OSR__TRY(check_kind(out, kind));
    return take_apart(out);
}

/* As far as it is shown. */
static int line_length(const char *text, size_t size) {
    const size_t most = size < 80 ? size : 80;
    const char *end = memchr(text, '\n', most);
    return (int)(end ? (size_t)(end - text) : most);
}

l2osr_status l2osr__snapshot_compare(const l2osr__snapshot *s, const l2osr__snapshot_kind *kind,
                                     const char *ours) {
    const char *theirs = s->description;
    size_t size = s->description_size, at = 0;
    while (at < size && theirs[at] == ours[at] && ours[at] != '\0')
        at++;
    if (at == size && ours[at] == '\0')
        return L2OSR_OK;
    while (at > 0 && ours[at - 1] != '\n')
        at--;
    return l2osr__fail(s->ctx, L2OSR_EINVAL,
                       "%s: its %s has '%.*s' where this one has '%.*s'; %s must be the same",
                       s->path, kind->work, line_length(theirs + at, size - at), theirs + at,
                       line_length(ours + at, strlen(ours + at)), ours + at, kind->common);
}

l2osr_status l2osr__snapshot_damaged(const l2osr__snapshot *s, size_t at, const char *why) {
    return l2osr__fail(s->ctx, L2OSR_EFORMAT, "%s: damaged before byte %zu: %s", s->path,
                       (size_t)(s->state - (const unsigned char *)s->content) + at, why);
}

void l2osr__snapshot_close(l2osr__snapshot *s) {
    l2osr__free(s->ctx, s->content);
    *s = (l2osr__snapshot){.ctx = s->ctx};
}
