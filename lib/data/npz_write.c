/* SPDX-License-Identifier: MIT */
/* Writing zip archives of stored arrays: each behind its header, then the directory. */
#include <string.h>
#include <zlib.h>

#include "base/bytes.h"
#include "base/file.h"
#include "data/npz.h"
#include "data/zip.h"

enum { VERSION = 20, DATE = 0x21 }; /* of the format; the first day there is, 1980-01-01 */

typedef struct placed {
    const l2osr__npz_item *item;
    char header[L2OSR__NPY_HEADER_SIZE]; /* of the array */
    size_t header_size, data_size;
    uint32_t crc;
    size_t at; /* offset of the local header */
} placed;

static size_t name_size(const l2osr__npz_item *item) {
    return strlen(item->name) + strlen(".npy");
}

static void place(placed *p, const l2osr__npz_item *item, size_t at) {
    p->item = item;
    p->at = at;
    p->header_size = l2osr__npy_header(p->header, L2OSR_F64, item->rank, item->shape);
    p->data_size = sizeof *item->data;
    for (size_t axis = 0; axis < item->rank; axis++)
        p->data_size *= item->shape[axis];
    p->crc = (uint32_t)crc32_z(0, (const unsigned char *)p->header, p->header_size);
    p->crc = (uint32_t)crc32_z(p->crc, (const unsigned char *)item->data, p->data_size);
}

static size_t local_size(const placed *p) {
    return L2OSR__ZIP_LOCAL_BYTES + name_size(p->item) + p->header_size + p->data_size;
}

/* What local headers and entries have in common: 26 bytes from the version on. */
static void put_common(unsigned char *at, const placed *p) {
    const size_t size = p->header_size + p->data_size;
    l2osr__bytes_put(at, VERSION, 2);
    l2osr__bytes_put(at + 8, DATE, 2);
    l2osr__bytes_put(at + 10, p->crc, 4);
    l2osr__bytes_put(at + 14, size, 4);
    l2osr__bytes_put(at + 18, size, 4);
    l2osr__bytes_put(at + 22, name_size(p->item), 2);
}

static void write_local(FILE *stream, const placed *p) {
    unsigned char record[L2OSR__ZIP_LOCAL_BYTES] = {0};
    l2osr__bytes_put(record, L2OSR__ZIP_LOCAL, 4);
    put_common(record + 4, p);
    fwrite(record, 1, sizeof record, stream);
    fprintf(stream, "%s.npy", p->item->name);
    fwrite(p->header, 1, p->header_size, stream);
    fwrite(p->item->data, 1, p->data_size, stream);
}

static void write_entry(FILE *stream, const placed *p) {
    unsigned char record[L2OSR__ZIP_ENTRY_BYTES] = {0};
    l2osr__bytes_put(record, L2OSR__ZIP_ENTRY, 4);
    l2osr__bytes_put(record + 4, VERSION, 2);
    put_common(record + 6, p);
    l2osr__bytes_put(record + 42, p->at, 4);
    fwrite(record, 1, sizeof record, stream);
    fprintf(stream, "%s.npy", p->item->name);
}

static void write_end(FILE *stream, size_t count, size_t directory, size_t size) {
    unsigned char record[L2OSR__ZIP_END_BYTES] = {0};
    l2osr__bytes_put(record, L2OSR__ZIP_END, 4);
    l2osr__bytes_put(record + 8, count, 2);
    l2osr__bytes_put(record + 10, count, 2);
    l2osr__bytes_put(record + 12, size, 4);
    l2osr__bytes_put(record + 16, directory, 4);
    fwrite(record, 1, sizeof record, stream);
}

static l2osr_status write_file(l2osr_context *ctx, const char *path, const placed *list,
                               size_t count, size_t directory) {
    l2osr__writer writer;
    size_t size = 0;
    L2OSR__TRY(l2osr__writer_open(&writer, ctx, path));
    for (size_t i = 0; i < count; i++)
        write_local(writer.stream, &list[i]);
    for (size_t i = 0; i < count; i++) {
        write_entry(writer.stream, &list[i]);
        size += L2OSR__ZIP_ENTRY_BYTES + name_size(list[i].item);
    }
    write_end(writer.stream, count, directory, size);
    return l2osr__writer_commit(&writer);
}

l2osr_status l2osr__npz_write(l2osr_context *ctx, const char *path, const l2osr__npz_item *items,
                              size_t count) {
    placed *list;
    size_t at = 0;
    L2OSR__TRY(l2osr__alloc_to(ctx, &list, count, sizeof *list));
    for (size_t i = 0; i < count; i++) {
        place(&list[i], &items[i], at);
        at += local_size(&list[i]);
    }
    l2osr_status status =
        at < UINT32_MAX && count < UINT16_MAX
            ? write_file(ctx, path, list, count, at)
            : l2osr__fail(ctx, L2OSR_ERANGE, "%s: too large for a .npz file without zip64", path);
    l2osr__free(ctx, list);
    return status;
}
