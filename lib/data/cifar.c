/* SPDX-License-Identifier: MIT */
/* The binary version of CIFAR-10: records of a label and three planes, without any header. */
#include "data/data.h"

#include <string.h>

#include "base/file.h"

enum {
    CHANNELS = 3,
    SIDE = 32,
    CLASSES = 10,
    PIXELS = CHANNELS * SIDE * SIDE,
    RECORD = 1 + PIXELS
};

/* Content of a file. */
typedef struct batch {
    char *bytes;
    size_t records;
} batch;

static l2osr_status check_labels(l2osr_context *ctx, const char *path, const batch *b) {
    for (size_t i = 0; i < b->records; i++) {
        const uint8_t label = (uint8_t)b->bytes[i * RECORD];
        if (label >= CLASSES)
            return l2osr__fail(ctx, L2OSR_EFORMAT,
                               "%s: record %zu has the label %u; those of CIFAR-10 are 0 to %d",
                               path, i, label, CLASSES - 1);
    }
    return L2OSR_OK;
}

static l2osr_status read_batch(batch *b, l2osr_context *ctx, const char *path) {
    size_t size;
    if (!path)
        return l2osr__fail(ctx, L2OSR_EINVAL, "cifar10: a path is NULL");
    L2OSR__TRY(l2osr__file_read(ctx, path, &b->bytes, &size));
    b->records = size / RECORD;
    if (size == 0 || size % RECORD != 0)
        return l2osr__fail(ctx, L2OSR_EFORMAT,
                           "%s: record %zu has %zu of %d bytes (truncated, or not CIFAR-10?)", path,
                           b->records, size % RECORD, RECORD);
    return check_labels(ctx, path, b);
}

static void copy_records(l2osr_dataset *set, size_t first, const batch *b) {
    for (size_t i = 0; i < b->records; i++) {
        const char *record = b->bytes + i * RECORD;
        set->labels[first + i] = (uint8_t)record[0];
        memcpy(set->pixels + (first + i) * PIXELS, record + 1, PIXELS);
    }
}

static l2osr_status load(l2osr_dataset **out, l2osr_context *ctx, batch *batches,
                         const char *const *paths, size_t n) {
    size_t records = 0, first = 0;
    for (size_t i = 0; i < n; i++) {
        L2OSR__TRY(read_batch(&batches[i], ctx, paths[i]));
        records += batches[i].records;
    }
    L2OSR__TRY(l2osr__dataset_new(out, ctx, records, CHANNELS, SIDE, SIDE));
    for (size_t i = 0; i < n; first += batches[i++].records)
        copy_records(*out, first, &batches[i]);
    /* Whatever batches were taken: a model of some fits the others. */
    (*out)->classes = CLASSES;
    return L2OSR_OK;
}

l2osr_status l2osr_dataset_cifar10(l2osr_dataset **out, l2osr_context *ctx,
                                   const char *const *paths, size_t n_paths) {
    batch *batches;
    if (!out || !ctx)
        return L2OSR_EINVAL;
    *out = NULL;
    if (!paths || n_paths == 0)
        return l2osr__fail(ctx, L2OSR_EINVAL, "cifar10: no files to load");
    L2OSR__TRY(l2osr__alloc_to(ctx, &batches, n_paths, sizeof *batches));
    l2osr_status status = load(out, ctx, batches, paths, n_paths);
    for (size_t i = 0; i < n_paths; i++)
        l2osr__free(ctx, batches[i].bytes);
    l2osr__free(ctx, batches);
    return status;
}
