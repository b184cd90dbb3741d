/* SPDX-License-Identifier: MIT */
/* The binary versions of CIFAR-10 and CIFAR-100: records of labels and three planes, without any
 * header. */
#include "data/data.h"

#include <string.h>

#include "base/file.h"

enum { CHANNELS = 3, SIDE = 32, PIXELS = CHANNELS * SIDE * SIDE, MOST_LABELS = 2 };

/* A label of a record. */
typedef struct label {
    const char *name;
    uint8_t classes;
} label;

/* What tells the two sets apart. */
typedef struct version {
    const char *name;
    size_t n_labels;
    label labels[MOST_LABELS]; /* in their order, before the pixels */
} version;

static const version cifar10 = {"CIFAR-10", 1, {{"label", 10}}};
static const version cifar100 = {"CIFAR-100", 2, {{"coarse label", 20}, {"fine label", 100}}};

/* Content of a file. */
typedef struct batch {
    char *bytes;
    size_t records;
} batch;

static size_t record_size(const version *v) {
    return v->n_labels + PIXELS;
}

static l2osr_status check_labels(l2osr_context *ctx, const version *v, const char *path,
                                 const batch *b) {
    for (size_t i = 0; i < b->records; i++)
        for (size_t k = 0; k < v->n_labels; k++) {
            const uint8_t found = (uint8_t)b->bytes[i * record_size(v) + k];
            if (found >= v->labels[k].classes)
                return l2osr__fail(ctx, L2OSR_EFORMAT,
                                   "%s: record %zu has the %s %u; those of %s are 0 to %d", path, i,
                                   v->labels[k].name, found, v->name, v->labels[k].classes - 1);
        }
    return L2OSR_OK;
}

static l2osr_status read_batch(batch *b, l2osr_context *ctx, const version *v, const char *path) {
    size_t size;
    if (!path)
        return l2osr__fail(ctx, L2OSR_EINVAL, "%s: a path is NULL", v->name);
    L2OSR__TRY(l2osr__file_read(ctx, path, &b->bytes, &size));
    b->records = size / record_size(v);
    if (size == 0 || size % record_size(v) != 0)
        return l2osr__fail(ctx, L2OSR_EFORMAT,
                           "%s: record %zu has %zu of %zu bytes (truncated, or not %s?)", path,
                           b->records, size % record_size(v), record_size(v), v->name);
    return check_labels(ctx, v, path, b);
}

static void copy_records(l2osr_dataset *set, size_t first, const version *v, size_t taken,
                         const batch *b) {
    for (size_t i = 0; i < b->records; i++) {
        const char *record = b->bytes + i * record_size(v);
        set->labels[first + i] = (uint8_t)record[taken];
        memcpy(set->pixels + (first + i) * PIXELS, record + v->n_labels, PIXELS);
    }
}

static l2osr_status join(l2osr_dataset **out, l2osr_context *ctx, batch *batches, const version *v,
                         size_t taken, const char *const *paths, size_t n) {
    size_t records = 0, first = 0;
    for (size_t i = 0; i < n; i++) {
        L2OSR__TRY(read_batch(&batches[i], ctx, v, paths[i]));
        records += batches[i].records;
    }
    L2OSR__TRY(l2osr__dataset_new(out, ctx, records, CHANNELS, SIDE, SIDE));
    for (size_t i = 0; i < n; first += batches[i++].records)
        copy_records(*out, first, v, taken, &batches[i]);
    /* Whatever batches were taken: a model of some fits the others. */
    (*out)->classes = v->labels[taken].classes;
    return L2OSR_OK;
}

/* The set whose labels are number `taken` of those of a record. */
static l2osr_status load(l2osr_dataset **out, l2osr_context *ctx, const version *v, size_t taken,
                         const char *const *paths, size_t n) {
    batch *batches;
    if (!paths || n == 0)
        return l2osr__fail(ctx, L2OSR_EINVAL, "%s: no files to load", v->name);
    L2OSR__TRY(l2osr__alloc_to(ctx, &batches, n, sizeof *batches));
    l2osr_status status = join(out, ctx, batches, v, taken, paths, n);
    for (size_t i = 0; i < n; i++)
        l2osr__free(ctx, batches[i].bytes);
    l2osr__free(ctx, batches);
    return status;
}

l2osr_status l2osr_dataset_cifar10(l2osr_dataset **out, l2osr_context *ctx,
                                   const char *const *paths, size_t n_paths) {
    if (!out || !ctx)
        return L2OSR_EINVAL;
    *out = NULL;
    return load(out, ctx, &cifar10, 0, paths, n_paths);
}

l2osr_status l2osr_dataset_cifar100(l2osr_dataset **out, l2osr_context *ctx,
                                    const char *const *paths, size_t n_paths,
                                    l2osr_cifar100_labels labels) {
    if (!out || !ctx)
        return L2OSR_EINVAL;
    *out = NULL;
    if (labels != L2OSR_CIFAR100_FINE && labels != L2OSR_CIFAR100_COARSE)
        return l2osr__fail(ctx, L2OSR_EINVAL, "%s: labels are neither fine nor coarse (%d)",
                           cifar100.name, (int)labels);
    return load(out, ctx, &cifar100, labels == L2OSR_CIFAR100_FINE, paths, n_paths);
}
