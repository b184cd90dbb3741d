/* SPDX-License-Identifier: MIT */
#include "data/data.h"

#include <string.h>

#include "data/permute.h"

/* Takes over the elements of an array without copying them. */
static uint8_t *adopt(l2osr_array *array) {
    uint8_t *data = array->data;
    array->data = NULL;
    return data;
}

static l2osr_status check_files(l2osr_context *ctx, const l2osr_array *images,
                                const l2osr_array *labels, const char *images_path,
                                const char *labels_path) {
    if (images->dtype != L2OSR_U8 || images->rank != 3 || images->size == 0)
        return l2osr__fail(ctx, L2OSR_EFORMAT,
                           "%s: not images: expected bytes (u1) of shape [n][rows][cols]",
                           images_path);
    if (labels->dtype != L2OSR_U8 || labels->rank != 1)
        return l2osr__fail(ctx, L2OSR_EFORMAT,
                           "%s: not labels: expected bytes (u1) of shape [n]; were the two paths "
                           "swapped?",
                           labels_path);
    if (images->shape[0] != labels->shape[0])
        return l2osr__fail(ctx, L2OSR_EFORMAT, "%s has %zu images, but %s has %zu labels",
                           images_path, images->shape[0], labels_path, labels->shape[0]);
    return L2OSR_OK;
}

static size_t count_classes(const uint8_t *labels, size_t n) {
    uint8_t largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = labels[i] > largest ? labels[i] : largest;
    return (size_t)largest + 1;
}

static l2osr_status from_arrays(l2osr_dataset **out, l2osr_context *ctx, l2osr_array *images,
                                l2osr_array *labels) {
    L2OSR__TRY(l2osr__alloc_to(ctx, out, 1, sizeof **out));
    **out = (l2osr_dataset){ctx,
                            images->shape[0],
                            1,
                            images->shape[1],
                            images->shape[2],
                            count_classes(labels->data, labels->size),
                            adopt(images),
                            adopt(labels)};
    return L2OSR_OK;
}

l2osr_status l2osr_dataset_load(l2osr_dataset **out, l2osr_context *ctx, const char *images_path,
                                const char *labels_path) {
    l2osr_array *images = NULL, *labels = NULL;
    if (!out || !ctx)
        return L2OSR_EINVAL;
    *out = NULL;
    l2osr_status status = l2osr_array_load(&images, ctx, images_path);
    if (status == L2OSR_OK)
        status = l2osr_array_load(&labels, ctx, labels_path);
    if (status == L2OSR_OK)
        status = check_files(ctx, images, labels, images_path, labels_path);
    if (status == L2OSR_OK)
        status = from_arrays(out, ctx, images, labels);
    l2osr_array_free(images);
    l2osr_array_free(labels);
    return status;
}

l2osr_status l2osr__dataset_new(l2osr_dataset **out, l2osr_context *ctx, size_t n, size_t channels,
                                size_t rows, size_t cols) {
    l2osr_dataset *set;
    *out = NULL;
    L2OSR__TRY(l2osr__alloc_to(ctx, &set, 1, sizeof *set));
    set->ctx = ctx;
    set->n = n;
    set->channels = channels;
    set->rows = rows;
    set->cols = cols;
    l2osr_status status = l2osr__alloc_to(ctx, &set->pixels, n, channels * rows * cols);
    if (status == L2OSR_OK)
        status = l2osr__alloc_to(ctx, &set->labels, n, 1);
    if (status != L2OSR_OK) {
        l2osr_dataset_free(set);
        return status;
    }
    *out = set;
    return L2OSR_OK;
}

/* Copies image and label `j` of a set to place `i` of one with images of the same shape. */
static void copy_item(l2osr_dataset *to, size_t i, const l2osr_dataset *from, size_t j) {
    const size_t pixels = l2osr__dataset_pixels(from);
    memcpy(to->pixels + i * pixels, from->pixels + j * pixels, pixels);
    to->labels[i] = from->labels[j];
}

l2osr_status l2osr_dataset_part(l2osr_dataset **out, l2osr_context *ctx, const l2osr_dataset *set,
                                size_t first, size_t count, uint64_t shuffle) {
    l2osr__permutation order;
    if (!out || !ctx)
        return L2OSR_EINVAL;
    *out = NULL;
    if (!set)
        return l2osr__fail(ctx, L2OSR_EINVAL, "dataset: the set is NULL");
    if (count == 0 || first > set->n || count > set->n - first)
        return l2osr__fail(ctx, L2OSR_ERANGE,
                           "dataset: a part of %zu items from item %zu on does not lie in a set of "
                           "%zu",
                           count, first, set->n);
    L2OSR__TRY(l2osr__dataset_new(out, ctx, count, set->channels, set->rows, set->cols));
    l2osr__permutation_init(&order, set->n, shuffle, 0);
    for (size_t i = 0; i < count; i++)
        copy_item(*out, i, set, shuffle ? l2osr__permutation_at(&order, first + i) : first + i);
    /* Parts keep the classes of the whole, so that a model of one fits the other. */
    (*out)->classes = set->classes;
    return L2OSR_OK;
}

enum { LABELS = UINT8_MAX + 1, NOT_SELECTED = -1 };

/* Fills map[label] with the new label of each class selected, and -1 for the rest. */
static l2osr_status map_classes(int map[LABELS], l2osr_context *ctx, const l2osr_dataset *set,
                                const uint8_t *classes, size_t n) {
    for (size_t label = 0; label < LABELS; label++)
        map[label] = NOT_SELECTED;
    for (size_t k = 0; k < n; k++) {
        if (classes[k] >= set->classes)
            return l2osr__fail(ctx, L2OSR_ERANGE, "dataset: no class %u in a set of %zu classes",
                               classes[k], set->classes);
        if (map[classes[k]] != NOT_SELECTED)
            return l2osr__fail(ctx, L2OSR_EINVAL, "dataset: class %u is selected twice",
                               classes[k]);
        map[classes[k]] = (int)k;
    }
    return L2OSR_OK;
}

l2osr_status l2osr_dataset_select(l2osr_dataset **out, l2osr_context *ctx, const l2osr_dataset *set,
                                  const uint8_t *classes, size_t n) {
    int map[LABELS];
    size_t count = 0;
    if (!out || !ctx)
        return L2OSR_EINVAL;
    *out = NULL;
    if (!set || !classes || n == 0)
        return l2osr__fail(ctx, L2OSR_EINVAL, "dataset: needs a set and classes to select");
    L2OSR__TRY(map_classes(map, ctx, set, classes, n));
    for (size_t i = 0; i < set->n; i++)
        count += map[set->labels[i]] != NOT_SELECTED;
    if (count == 0)
        return l2osr__fail(ctx, L2OSR_EINVAL, "dataset: no image is of the classes selected");
    L2OSR__TRY(l2osr__dataset_new(out, ctx, count, set->channels, set->rows, set->cols));
    for (size_t i = 0, j = 0; i < count; j++) {
        const int label = map[set->labels[j]];
        if (label == NOT_SELECTED)
            continue;
        copy_item(*out, i, set, j);
        (*out)->labels[i++] = (uint8_t)label;
    }
    (*out)->classes = n;
    return L2OSR_OK;
}

void l2osr_dataset_free(l2osr_dataset *set) {
    if (!set)
        return;
    l2osr__free(set->ctx, set->pixels);
    l2osr__free(set->ctx, set->labels);
    l2osr__free(set->ctx, set);
}

size_t l2osr_dataset_size(const l2osr_dataset *set) {
    return set->n;
}

size_t l2osr__dataset_pixels(const l2osr_dataset *set) {
    return set->channels * set->rows * set->cols;
}

size_t l2osr_dataset_channels(const l2osr_dataset *set) {
    return set->channels;
}

size_t l2osr_dataset_rows(const l2osr_dataset *set) {
    return set->rows;
}

size_t l2osr_dataset_cols(const l2osr_dataset *set) {
    return set->cols;
}

size_t l2osr_dataset_classes(const l2osr_dataset *set) {
    return set->classes;
}

const uint8_t *l2osr_dataset_image(const l2osr_dataset *set, size_t index) {
    return set->pixels + index * l2osr__dataset_pixels(set);
}

uint8_t l2osr_dataset_label(const l2osr_dataset *set, size_t index) {
    return set->labels[index];
}
