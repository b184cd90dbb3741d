/* SPDX-License-Identifier: MIT */
/* Reading zip archives, after PKWARE's APPNOTE. What the directory at the end says counts: local
 * headers may lack sizes, as numpy's do. */
#include "data/npz.h"

#include <string.h>
#include <zlib.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/text.h"
#include "data/zip.h"

/* Deflate makes at most 1032 bytes of one. */
enum { MAX_RATIO = 1032, MAX_ENTRIES = 4096 };

static l2osr_status damaged(const l2osr__npz *npz, const char *why) {
    return l2osr__fail(npz->ctx, L2OSR_EFORMAT, "%s: bad .npz file: %s", npz->path, why);
}

static const unsigned char *bytes_at(const l2osr__npz *npz, size_t offset) {
    return (const unsigned char *)npz->bytes + offset;
}

/* Whether a record of `size` bytes that begins with a signature lies at `offset`, before `end`. */
static bool has_record(const l2osr__npz *npz, size_t offset, size_t size, size_t end,
                       uint32_t signature) {
    return offset <= end && end - offset >= size &&
           l2osr__bytes_get(bytes_at(npz, offset), 4) == signature;
}

/* The end record is the last that a comment of exactly the right length follows. */
static bool find_end(const l2osr__npz *npz, size_t *at) {
    for (size_t comment = 0; comment <= UINT16_MAX; comment++) {
        if (npz->length < L2OSR__ZIP_END_BYTES + comment)
            return false;
        *at = npz->length - L2OSR__ZIP_END_BYTES - comment;
        if (has_record(npz, *at, L2OSR__ZIP_END_BYTES, npz->length, L2OSR__ZIP_END) &&
            l2osr__bytes_get(bytes_at(npz, *at + 20), 2) == comment)
            return true;
    }
    return false;
}

static l2osr_status read_name(l2osr__npz_entry *entry, const l2osr__npz *npz,
                              const unsigned char *text, size_t length) {
    static const char suffix[] = ".npy";
    const size_t tail = sizeof suffix - 1;
    for (size_t i = 0; i < length; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return damaged(npz, "a name that is not plain text");
    if (length > tail && memcmp(text + length - tail, suffix, tail) == 0)
        length -= tail;
    if (length == 0 || length >= sizeof entry->name)
        return damaged(npz, "a name without letters, or of more than 63");
    memcpy(entry->name, text, length);
    return L2OSR_OK;
}

/* One entry of the directory, of which *at is the place. */
static l2osr_status read_entry(l2osr__npz_entry *entry, const l2osr__npz *npz, size_t *at,
                               size_t end) {
    if (!has_record(npz, *at, L2OSR__ZIP_ENTRY_BYTES, end, L2OSR__ZIP_ENTRY))
        return damaged(npz, "the directory is damaged");
    const unsigned char *record = bytes_at(npz, *at);
    const size_t name = l2osr__bytes_get(record + 28, 2);
    const size_t rest = l2osr__bytes_get(record + 30, 2) + l2osr__bytes_get(record + 32, 2);
    *at += L2OSR__ZIP_ENTRY_BYTES;
    if (end - *at < name + rest)
        return damaged(npz, "the directory is damaged");
    entry->method = (unsigned)l2osr__bytes_get(record + 10, 2);
    entry->crc = (uint32_t)l2osr__bytes_get(record + 16, 4);
    entry->packed = l2osr__bytes_get(record + 20, 4);
    entry->size = l2osr__bytes_get(record + 24, 4);
    entry->header = l2osr__bytes_get(record + 42, 4);
    L2OSR__TRY(read_name(entry, npz, bytes_at(npz, *at), name));
    *at += name + rest;
    if (l2osr__bytes_get(record + 8, 2) & 1)
        return damaged(npz, "it is encrypted");
    if (entry->packed == UINT32_MAX || entry->size == UINT32_MAX || entry->header == UINT32_MAX)
        return damaged(npz, "zip64 is not supported");
    return l2osr__npz_find(npz, entry->name) ? damaged(npz, "two arrays have the same name")
                                             : L2OSR_OK;
}

static l2osr_status read_directory(l2osr__npz *npz) {
    size_t end = 0, at;
    if (npz->length < 4 || memcmp(npz->bytes, "PK", 2) != 0)
        return l2osr__fail(npz->ctx, L2OSR_EFORMAT, "%s: not a .npz file", npz->path);
    if (!find_end(npz, &end))
        return damaged(npz, "its directory is missing (truncated file?)");
    const unsigned char *record = bytes_at(npz, end);
    const size_t count = l2osr__bytes_get(record + 10, 2), size = l2osr__bytes_get(record + 12, 4);
    npz->directory = at = l2osr__bytes_get(record + 16, 4);
    if (count == UINT16_MAX || size == UINT32_MAX || at == UINT32_MAX)
        return damaged(npz, "zip64 is not supported");
    if (l2osr__bytes_get(record + 4, 4) != 0 || l2osr__bytes_get(record + 8, 2) != count)
        return damaged(npz, "it has several parts");
    if (count > MAX_ENTRIES)
        return damaged(npz, "more than 4096 arrays");
    if (at > end || end - at != size || count * L2OSR__ZIP_ENTRY_BYTES > size)
        return damaged(npz, "the directory is not where it should be");
    L2OSR__TRY(l2osr__alloc_to(npz->ctx, &npz->entries, count, sizeof *npz->entries));
    for (; npz->count < count; npz->count++)
        L2OSR__TRY(read_entry(&npz->entries[npz->count], npz, &at, end));
    return at == end ? L2OSR_OK : damaged(npz, "the directory is damaged");
}

l2osr_status l2osr__npz_open(l2osr__npz *out, l2osr_context *ctx, const char *path) {
    *out = (l2osr__npz){.ctx = ctx, .path = path};
    L2OSR__TRY(l2osr__file_read(ctx, path, &out->bytes, &out->length));
    return read_directory(out);
}

void l2osr__npz_clear(l2osr__npz *npz) {
    l2osr__free(npz->ctx, npz->bytes);
    l2osr__free(npz->ctx, npz->entries);
}

const l2osr__npz_entry *l2osr__npz_find(const l2osr__npz *npz, const char *name) {
    for (size_t i = 0; i < npz->count; i++)
        if (strcmp(npz->entries[i].name, name) == 0)
            return &npz->entries[i];
    return NULL;
}

/* ---- one array ---- */

static l2osr_status entry_damaged(const l2osr__npz *npz, const l2osr__npz_entry *entry,
                                  const char *why) {
    return l2osr__fail(npz->ctx, L2OSR_EFORMAT, "%s: array '%s': %s", npz->path, entry->name, why);
}

/* Where the bytes of an entry begin: behind its local header. */
static l2osr_status locate(const l2osr__npz *npz, const l2osr__npz_entry *entry, size_t *data) {
    const size_t end = npz->directory, fixed = L2OSR__ZIP_LOCAL_BYTES;
    if (!has_record(npz, entry->header, fixed, end, L2OSR__ZIP_LOCAL))
        return entry_damaged(npz, entry, "it is not where it should be");
    const unsigned char *record = bytes_at(npz, entry->header);
    const size_t name = l2osr__bytes_get(record + 26, 2), extra = l2osr__bytes_get(record + 28, 2);
    *data = entry->header + fixed + name + extra;
    if (*data > end || entry->packed > end - *data)
        return entry_damaged(npz, entry, "it is longer than the file");
    if (name < strlen(entry->name) || memcmp(record + fixed, entry->name, strlen(entry->name)) != 0)
        return entry_damaged(npz, entry, "its name differs from that in the directory");
    return L2OSR_OK;
}

static l2osr_status inflate_all(const l2osr__npz *npz, const l2osr__npz_entry *entry,
                                const unsigned char *data, char *out) {
    z_stream stream = {.next_in = (unsigned char *)data,
                       .avail_in = (uInt)entry->packed,
                       .next_out = (unsigned char *)out,
                       .avail_out = (uInt)entry->size};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
        return l2osr__fail(npz->ctx, L2OSR_ENOMEM, "%s: out of memory", npz->path);
    const int code = inflate(&stream, Z_FINISH);
    const bool whole = code == Z_STREAM_END && stream.avail_out == 0 && stream.avail_in == 0;
    inflateEnd(&stream);
    return whole ? L2OSR_OK : entry_damaged(npz, entry, "damaged compressed data");
}

/* The bytes of the .npy file, in new memory. */
static l2osr_status unpack(const l2osr__npz *npz, const l2osr__npz_entry *entry, char **out) {
    size_t at = 0;
    *out = NULL;
    L2OSR__TRY(locate(npz, entry, &at));
    const bool stored = entry->method == L2OSR__ZIP_STORED;
    if (!stored && entry->method != L2OSR__ZIP_DEFLATED)
        return entry_damaged(npz, entry, "unknown compression (stored and deflated are known)");
    if (stored ? entry->size != entry->packed : entry->size / MAX_RATIO > entry->packed)
        return entry_damaged(npz, entry, "impossible size");
    L2OSR__TRY(l2osr__alloc_to(npz->ctx, out, entry->size + 1, 1));
    if (stored)
        memcpy(*out, bytes_at(npz, at), entry->size);
    else
        L2OSR__TRY(inflate_all(npz, entry, bytes_at(npz, at), *out));
    if ((uint32_t)crc32_z(0, (const unsigned char *)*out, entry->size) != entry->crc)
        return entry_damaged(npz, entry, "checksum does not match (altered file)");
    return L2OSR_OK;
}

/* Messages about the array name it beside the file. */
static l2osr_status parse(l2osr_array **out, const l2osr__npz *npz, const l2osr__npz_entry *entry,
                          const char *bytes) {
    l2osr__text text = {.ctx = npz->ctx};
    char *where;
    l2osr__text_add(&text, "%s: array '%s'", npz->path, entry->name);
    L2OSR__TRY(l2osr__text_take(&text, &where));
    l2osr_status status =
        l2osr__npy_parse(out, &(l2osr__content){npz->ctx, where, bytes, entry->size});
    l2osr__free(npz->ctx, where);
    return status;
}

l2osr_status l2osr__npz_array(l2osr_array **out, const l2osr__npz *npz,
                              const l2osr__npz_entry *entry) {
    char *bytes;
    *out = NULL;
    l2osr_status status = unpack(npz, entry, &bytes);
    if (status == L2OSR_OK)
        status = parse(out, npz, entry, bytes);
    l2osr__free(npz->ctx, bytes);
    return status;
}
