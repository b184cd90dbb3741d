/* SPDX-License-Identifier: MIT */
#include "tests.h"

#include <stdlib.h>
#include <string.h>

static const unsigned char bytes_3x2[] = {0, 0, 0x08, 2, 0, 0, 0, 3, 0,
                                          0, 0, 2,    1, 2, 3, 4, 5, 255};

static void expect_idx(l2osr_context *ctx, const unsigned char *file, size_t size,
                       l2osr_dtype dtype, double first, double second) {
    l2osr_array *array;
    ck_ok(load_bytes(&array, ctx, file, size), ctx);
    ck_assert_int_eq(l2osr_array_dtype(array), dtype);
    ck_assert_double_eq(l2osr_array_get(array, 0), first);
    ck_assert_double_eq(l2osr_array_get(array, 1), second);
    l2osr_array_free(array);
}

START_TEST(reads_all_types) {
    l2osr_context *ctx = test_context();
    static const unsigned char i1[] = {0, 0, 0x09, 1, 0, 0, 0, 2, 0xff, 1};
    static const unsigned char i2[] = {0, 0, 0x0B, 1, 0, 0, 0, 2, 0xff, 0xfe, 1, 0};
    static const unsigned char i4[] = {0,    0,    0x0C, 1,    0, 0, 0, 2,
                                       0xff, 0xff, 0xff, 0xfe, 0, 1, 0, 0};
    static const unsigned char f4[] = {0, 0, 0x0D, 1, 0, 0, 0, 2, 0x3f, 0xc0, 0, 0, 0xc0, 0, 0, 0};
    static const unsigned char f8[] = {0, 0, 0x0E, 1, 0,    0, 0, 2, 0x3f, 0xf8, 0, 0,
                                       0, 0, 0,    0, 0xc0, 0, 0, 0, 0,    0,    0, 0};
    expect_idx(ctx, bytes_3x2, sizeof bytes_3x2, L2OSR_U8, 1, 2);
    expect_idx(ctx, i1, sizeof i1, L2OSR_I32, -1, 1);
    expect_idx(ctx, i2, sizeof i2, L2OSR_I32, -2, 256);
    expect_idx(ctx, i4, sizeof i4, L2OSR_I32, -2, 65536);
    expect_idx(ctx, f4, sizeof f4, L2OSR_F32, 1.5, -2);
    expect_idx(ctx, f8, sizeof f8, L2OSR_F64, 1.5, -2);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(reads_gzip) {
    l2osr_context *ctx = test_context();
    l2osr_array *array;
    ck_ok(l2osr_array_load(&array, ctx, put_gzip("a.gz", bytes_3x2, sizeof bytes_3x2)), ctx);
    ck_assert_uint_eq(l2osr_array_rank(array), 2);
    ck_assert_uint_eq(l2osr_array_extent(array, 0), 3);
    ck_assert_double_eq(l2osr_array_get(array, 5), 255);
    l2osr_array_free(array);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(rejects_damaged_gzip) {
    l2osr_context *ctx = test_context();
    char file[256];
    FILE *stream = fopen(put_gzip("b.gz", bytes_3x2, sizeof bytes_3x2), "rb");
    size_t n = fread(file, 1, sizeof file, stream);
    fclose(stream);
    for (size_t size = 0; size < n; size++)
        expect_malformed(ctx, file, size, "");
    for (size_t i = 10; i < n; i++) {
        file[i] = (char)(file[i] ^ 0x40);
        expect_no_crash(ctx, file, n);
        file[i] = (char)(file[i] ^ 0x40);
    }
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(rejects_malformed_files) {
    l2osr_context *ctx = test_context();
    unsigned char file[64] = {0};
    for (size_t size = 1; size < sizeof bytes_3x2; size++)
        expect_malformed(ctx, bytes_3x2, size, "");
    expect_malformed(ctx, "\0\1\2\3\4", 5, "not .npy, IDX or CSV");
    expect_malformed(ctx, "\0\0\x07\1\0\0\0\1\0", 9, "unknown IDX element type 0x07");
    expect_malformed(ctx, "\0\0\x08\x09", 4, "rank 9");
    memcpy(file, "\0\0\x0E\4\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 20);
    expect_malformed(ctx, file, sizeof file, "absurdly large shape");
    for (size_t bit = 0; bit < 8 * sizeof bytes_3x2; bit++) {
        memcpy(file, bytes_3x2, sizeof bytes_3x2);
        file[bit / 8] = (unsigned char)(file[bit / 8] ^ 1u << bit % 8);
        expect_no_crash(ctx, file, sizeof bytes_3x2);
    }
    l2osr_context_free(ctx);
}
END_TEST

TCase *idx_tests(void) {
    TCase *tcase = tcase_create("idx");
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, reads_all_types);
    tcase_add_test(tcase, reads_gzip);
    tcase_add_test(tcase, rejects_damaged_gzip);
    tcase_add_test(tcase, rejects_malformed_files);
    return tcase;
}
