/* SPDX-License-Identifier: MIT */
/* The weights as .npz files with torch's names and shapes. */
#include "data/npz.h"
#include "model/model.h"

static void shape_text(char text[64], size_t rank, const size_t *shape) {
    if (rank == 2)
        snprintf(text, 64, "[%zu, %zu]", shape[0], shape[1]);
    else
        snprintf(text, 64, "[%zu]", shape[0]);
}

static l2osr_status check_array(const l2osr_model *m, const char *path, const l2osr_tensor *tensor,
                                const l2osr_array *array) {
    const size_t rank = l2osr__tensor_rank(tensor), shape[2] = {tensor->rows, tensor->cols};
    const l2osr_dtype dtype = l2osr_array_dtype(array);
    char wanted[64], there[64];
    bool same = l2osr_array_rank(array) == rank;
    for (size_t axis = 0; axis < rank; axis++)
        same = same && l2osr_array_extent(array, axis) == shape[axis];
    shape_text(wanted, rank, shape);
    if (same && (dtype == L2OSR_F32 || dtype == L2OSR_F64))
        return L2OSR_OK;
    if (same)
        return l2osr__fail(m->ctx, L2OSR_EFORMAT, "%s: array '%s' must be f4 or f8", path,
                           tensor->name);
    if (l2osr_array_rank(array) < 1 || l2osr_array_rank(array) > 2)
        return l2osr__fail(m->ctx, L2OSR_EFORMAT, "%s: array '%s' has %zu dimensions, not shape %s",
                           path, tensor->name, l2osr_array_rank(array), wanted);
    shape_text(there, l2osr_array_rank(array), array->shape);
    return l2osr__fail(m->ctx, L2OSR_EFORMAT, "%s: array '%s' has shape %s, not %s", path,
                       tensor->name, there, wanted);
}

static l2osr_status read_tensor(const l2osr_model *m, const l2osr__npz *npz,
                                const l2osr_tensor *tensor, double *weights) {
    l2osr_array *array;
    L2OSR__TRY(l2osr__npz_array(&array, npz, l2osr__npz_find(npz, tensor->name)));
    l2osr_status status = check_array(m, npz->path, tensor, array);
    for (size_t i = 0; status == L2OSR_OK && i < l2osr_array_size(array); i++)
        weights[tensor->offset + i] = l2osr_array_get(array, i);
    l2osr_array_free(array);
    return status;
}

static l2osr_status check_names(const l2osr_model *m, const l2osr__npz *npz) {
    char wanted[64];
    for (size_t i = 0; i < m->n_tensors; i++) {
        const l2osr_tensor *tensor = &m->tensors[i];
        if (l2osr__npz_find(npz, tensor->name))
            continue;
        shape_text(wanted, l2osr__tensor_rank(tensor), (size_t[]){tensor->rows, tensor->cols});
        return l2osr__fail(m->ctx, L2OSR_EFORMAT, "%s: array '%s' of shape %s is missing",
                           npz->path, tensor->name, wanted);
    }
    for (size_t i = 0; i < npz->count; i++)
        if (!l2osr_model_tensor_find(m, npz->entries[i].name))
            return l2osr__fail(m->ctx, L2OSR_EFORMAT,
                               "%s: array '%s' is none of the model's %zu weights", npz->path,
                               npz->entries[i].name, m->n_tensors);
    return L2OSR_OK;
}

static l2osr_status import(l2osr_model *m, const l2osr__npz *npz, double *weights) {
    L2OSR__TRY(check_names(m, npz));
    for (size_t i = 0; i < m->n_tensors; i++)
        L2OSR__TRY(read_tensor(m, npz, &m->tensors[i], weights));
    return l2osr_model_set_weights(m, weights);
}

l2osr_status l2osr_model_import(l2osr_model *m, const char *path) {
    l2osr__npz npz;
    double *weights;
    if (!path)
        return l2osr__fail(m->ctx, L2OSR_EINVAL, "model: path is NULL");
    L2OSR__TRY(l2osr__alloc_to(m->ctx, &weights, m->size, sizeof *weights));
    l2osr_status status = l2osr__npz_open(&npz, m->ctx, path);
    if (status == L2OSR_OK)
        status = import(m, &npz, weights);
    l2osr__npz_clear(&npz);
    l2osr__free(m->ctx, weights);
    return status;
}

l2osr_status l2osr_model_export(const l2osr_model *m, const char *path) {
    l2osr__npz_item items[L2OSR__MAX_TENSORS];
    if (!path)
        return l2osr__fail(m->ctx, L2OSR_EINVAL, "model: path is NULL");
    for (size_t i = 0; i < m->n_tensors; i++)
        items[i] = (l2osr__npz_item){m->tensors[i].name,
                                     l2osr__tensor_rank(&m->tensors[i]),
                                     {m->tensors[i].rows, m->tensors[i].cols},
                                     m->weights + m->tensors[i].offset};
    return l2osr__npz_write(m->ctx, path, items, m->n_tensors);
}
