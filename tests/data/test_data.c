/* SPDX-License-Identifier: MIT */
#include "tests.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

const char *put_file(const char *name, const void *bytes, size_t size) {
    static char path[512];
    test_tmp_path(path, sizeof path, name);
    test_write_bytes(path, bytes, size);
    return path;
}

const char *put_gzip(const char *name, const void *bytes, size_t size) {
    static char path[512];
    test_tmp_path(path, sizeof path, name);
    gzFile file = gzopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(gzwrite(file, bytes, (unsigned)size), (int)size);
    ck_assert_int_eq(gzclose(file), Z_OK);
    return path;
}

l2osr_status load_bytes(l2osr_array **out, l2osr_context *ctx, const void *bytes, size_t size) {
    return l2osr_array_load(out, ctx, put_file("bytes", bytes, size));
}

static void check_message(l2osr_context *ctx, const char *part) {
    const char *message = l2osr_context_errmsg(ctx);
    ck_assert_msg(strstr(message, "bytes:") != NULL, "no file name in: %s", message);
    ck_assert_msg(strchr(message, '\n') == NULL, "several lines in: %s", message);
    ck_assert_msg(strstr(message, part) != NULL, "no '%s' in: %s", part, message);
}

void expect_malformed(l2osr_context *ctx, const void *bytes, size_t size, const char *part) {
    l2osr_array *array;
    l2osr_status status = load_bytes(&array, ctx, bytes, size);
    ck_assert_msg(status == L2OSR_EFORMAT, "%zu bytes: %s", size, l2osr_status_name(status));
    ck_assert_ptr_null(array);
    check_message(ctx, part);
}

void expect_no_crash(l2osr_context *ctx, const void *bytes, size_t size) {
    l2osr_array *array;
    if (load_bytes(&array, ctx, bytes, size) == L2OSR_OK) {
        for (size_t i = 0; i < l2osr_array_size(array); i++)
            (void)l2osr_array_get(array, i);
        l2osr_array_free(array);
    } else {
        ck_assert_ptr_null(array);
        check_message(ctx, "");
    }
}

int main(void) {
    Suite *suite = suite_create("data");
    suite_add_tcase(suite, number_tests());
    suite_add_tcase(suite, npy_tests());
    suite_add_tcase(suite, idx_tests());
    suite_add_tcase(suite, csv_tests());
    suite_add_tcase(suite, dataset_tests());
    suite_add_tcase(suite, cifar_tests());
    suite_add_tcase(suite, digits_tests());
    suite_add_tcase(suite, samples_tests());
    suite_add_tcase(suite, samples_csv_tests());
    suite_add_tcase(suite, tables_tests());
    suite_add_tcase(suite, windows_tests());
    suite_add_tcase(suite, subset_tests());
    suite_add_tcase(suite, memory_tests());
    return test_main(&suite, 1);
}
