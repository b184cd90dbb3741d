/* SPDX-License-Identifier: MIT */
/* Every loader and creator with every allocation failing in turn. */
#include "tests.h"

static l2osr_status load_and_free(l2osr_context *ctx, const void *bytes, size_t size) {
    l2osr_array *array;
    l2osr_status status = load_bytes(&array, ctx, bytes, size);
    l2osr_array_free(array);
    return status;
}

static l2osr_status npy_body(l2osr_context *ctx) {
    static const char file[] = "\x93NUMPY\x01\x00\x38\x00"
                               "{'descr': '|u1', 'fortran_order': False, 'shape': (4,)}\n1234";
    return load_and_free(ctx, file, sizeof file - 1);
}

static l2osr_status npy_fields_body(l2osr_context *ctx) {
    static const char file[] = "\x93NUMPY\x01\x00\x52\x00"
                               "{'descr': [('a', '|u1'), ('b', '|u1')], 'fortran_order': False, "
                               "'shape': (2,), } \n1234";
    return load_and_free(ctx, file, sizeof file - 1);
}

static l2osr_status idx_body(l2osr_context *ctx) {
    return load_and_free(ctx, "\0\0\x08\1\0\0\0\2ab", 10);
}

static l2osr_status csv_body(l2osr_context *ctx) {
    return load_and_free(ctx, "a,b\n1,2\n", 8);
}

static l2osr_status save_body(l2osr_context *ctx) {
    char path[512];
    l2osr_array *array;
    test_tmp_path(path, sizeof path, "memory.npy");
    l2osr_status status = l2osr_array_create(&array, ctx, L2OSR_F32, 1, (size_t[]){2}, NULL);
    if (status == L2OSR_OK)
        status = l2osr_array_save_npy(array, path);
    if (status == L2OSR_OK)
        status = l2osr_array_save_csv(array, NULL, path);
    l2osr_array_free(array);
    return status;
}

static l2osr_status dataset_body(l2osr_context *ctx) {
    static const unsigned char images[] = {0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 9};
    l2osr_dataset *set, *part = NULL;
    l2osr_status status = l2osr_dataset_load(&set, ctx, put_gzip("i.gz", images, sizeof images),
                                             put_file("l", "\0\0\x08\1\0\0\0\1\3", 9));
    if (status == L2OSR_OK)
        status = l2osr_dataset_part(&part, ctx, set, 0, 1, 1);
    l2osr_dataset_free(part);
    l2osr_dataset_free(set);
    return status;
}

static l2osr_status cifar_body(l2osr_context *ctx) {
    static const unsigned char record[1 + 3 * 32 * 32] = {7};
    l2osr_dataset *set, *some = NULL;
    const char *paths[] = {put_file("b", record, sizeof record),
                           put_gzip("b.gz", record, sizeof record)};
    l2osr_status status = l2osr_dataset_cifar10(&set, ctx, paths, 2);
    if (status == L2OSR_OK)
        status = l2osr_dataset_select(&some, ctx, set, (const uint8_t[]){7}, 1);
    l2osr_dataset_free(some);
    l2osr_dataset_free(set);
    return status;
}

static l2osr_status cifar100_body(l2osr_context *ctx) {
    static const unsigned char record[2 + 3 * 32 * 32] = {7, 70};
    l2osr_dataset *set;
    const char *paths[] = {put_file("c", record, sizeof record),
                           put_gzip("c.gz", record, sizeof record)};
    l2osr_status status = l2osr_dataset_cifar100(&set, ctx, paths, 2, L2OSR_CIFAR100_FINE);
    l2osr_dataset_free(set);
    return status;
}

static l2osr_status digits_body(l2osr_context *ctx) {
    l2osr_dataset *set;
    l2osr_status status = l2osr_dataset_digits(&set, ctx, 3, 1);
    l2osr_dataset_free(set);
    return status;
}

static l2osr_status samples_body(l2osr_context *ctx) {
    static const char *const names[] = {"a", "b"};
    char path[512];
    l2osr_samples *s, *copy = NULL;
    test_tmp_path(path, sizeof path, "memory-samples.npy");
    l2osr_status status = l2osr_samples_create(&s, ctx, 2, names, 2, 2);
    if (status == L2OSR_OK)
        status = l2osr_samples_save(s, path);
    if (status == L2OSR_OK)
        status = l2osr_samples_load(&copy, ctx, NULL, path);
    l2osr_samples_free(copy);
    l2osr_samples_free(s);
    return status;
}

static l2osr_status table_body(l2osr_context *ctx) {
    l2osr_array *array;
    l2osr_samples *s = NULL;
    l2osr_status status = load_bytes(&array, ctx, "a,b\n1,2\n", 8);
    if (status == L2OSR_OK)
        status = l2osr_samples_from_array(&s, ctx, array, NULL, -1);
    l2osr_samples_free(s);
    l2osr_array_free(array);
    return status;
}

/* A table with weights and a window, in parts and in a file. */
static l2osr_status whole_body(l2osr_context *ctx) {
    char path[512];
    l2osr_array *array;
    l2osr_samples *s = NULL, *part = NULL, *drawn = NULL, *finite = NULL, *copy = NULL;
    l2osr_table_options o = L2OSR_TABLE_OPTIONS_INIT;
    o.weight = "w";
    test_tmp_path(path, sizeof path, "memory-samples.csv");
    l2osr_status status = load_bytes(&array, ctx, "g0,g1,g2,w,y\n1,2,3,4,5\n6,7,8,9,0\n", 33);
    if (status == L2OSR_OK)
        status = l2osr_samples_from_table(&s, ctx, array, &o, NULL);
    if (status == L2OSR_OK)
        status = l2osr_samples_find_windows(s);
    if (status == L2OSR_OK)
        status = l2osr_samples_part(&part, s, 1, 1);
    if (status == L2OSR_OK)
        status = l2osr_samples_subsample(&drawn, s, 1, 1);
    if (status == L2OSR_OK)
        status = l2osr_samples_drop_nonfinite(&finite, s, NULL);
    if (status == L2OSR_OK)
        status = l2osr_samples_save(s, path);
    if (status == L2OSR_OK)
        status = l2osr_samples_load(&copy, ctx, NULL, path);
    l2osr_samples_free(copy);
    l2osr_samples_free(finite);
    l2osr_samples_free(drawn);
    l2osr_samples_free(part);
    l2osr_samples_free(s);
    l2osr_array_free(array);
    return status;
}

START_TEST(survives_failing_allocations) {
    l2osr_status (*const bodies[])(l2osr_context * ctx) = {
        npy_body,   npy_fields_body, idx_body,    csv_body,     save_body,  dataset_body,
        cifar_body, cifar100_body,   digits_body, samples_body, table_body, whole_body};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        sweep_failures(bodies[i]);
}
END_TEST

TCase *memory_tests(void) {
    TCase *tcase = tcase_create("memory");
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, survives_failing_allocations);
    return tcase;
}
