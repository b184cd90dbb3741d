/* SPDX-License-Identifier: MIT */
#include "tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define V1 "\x93NUMPY\x01\x00"
#define V2 "\x93NUMPY\x02\x00"

/* A whole file of version 1 or 2: magic, length, header, data. Returns its size. */
static size_t make_npy(char *out, int version, const char *header, const void *data, size_t size) {
    size_t length = strlen(header), n = 8;
    memcpy(out, version == 1 ? V1 : V2, 8);
    out[n++] = (char)(length & 255);
    out[n++] = (char)(length >> 8);
    if (version == 2) {
        out[n++] = 0;
        out[n++] = 0;
    }
    memcpy(out + n, header, length);
    memcpy(out + n + length, data, size);
    return n + length + size;
}

static l2osr_array *load_npy(l2osr_context *ctx, int version, const char *header, const void *data,
                             size_t size) {
    char file[512];
    l2osr_array *array;
    ck_ok(load_bytes(&array, ctx, file, make_npy(file, version, header, data, size)), ctx);
    return array;
}

static void expect_values(l2osr_array *array, size_t n, const double *values) {
    ck_assert_uint_eq(l2osr_array_size(array), n);
    for (size_t i = 0; i < n; i++)
        ck_assert_double_eq(l2osr_array_get(array, i), values[i]);
    l2osr_array_free(array);
}

START_TEST(reads_all_types) {
    l2osr_context *ctx = test_context();
    static const float f4[] = {1.5f, -2};
    static const double f8[] = {1.5, -2};
    static const uint8_t u1[] = {7, 255};
    static const int32_t i4[] = {7, -255};
    static const int64_t i8[] = {7, -255};
    static const unsigned char big_f4[] = {0x3f, 0xc0, 0, 0, 0xc0, 0, 0, 0};
    static const unsigned char big_i8[] = {0,   0,   0,   0,   0,   0,   0,   7,
                                           255, 255, 255, 255, 255, 255, 255, 1};
#define HEADER(descr) "{'descr': '" descr "', 'fortran_order': False, 'shape': (2,), }  \n"
    expect_values(load_npy(ctx, 1, HEADER("<f4"), f4, sizeof f4), 2, (double[]){1.5, -2});
    expect_values(load_npy(ctx, 1, HEADER("<f8"), f8, sizeof f8), 2, (double[]){1.5, -2});
    expect_values(load_npy(ctx, 2, HEADER("|u1"), u1, sizeof u1), 2, (double[]){7, 255});
    expect_values(load_npy(ctx, 2, HEADER("<i4"), i4, sizeof i4), 2, (double[]){7, -255});
    expect_values(load_npy(ctx, 1, HEADER("<i8"), i8, sizeof i8), 2, (double[]){7, -255});
    expect_values(load_npy(ctx, 1, HEADER(">f4"), big_f4, sizeof big_f4), 2, (double[]){1.5, -2});
    expect_values(load_npy(ctx, 1, HEADER(">i8"), big_i8, sizeof big_i8), 2, (double[]){7, -255});
#undef HEADER
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(reads_any_order_of_keys_and_axes) {
    l2osr_context *ctx = test_context();
    static const uint8_t data[] = {0, 3, 1, 4, 2, 5};
    l2osr_array *array = load_npy(
        ctx, 1, "{\"shape\":(2, 3),'fortran_order' : True, 'descr':'|u1'}", data, sizeof data);
    ck_assert_uint_eq(l2osr_array_rank(array), 2);
    ck_assert_uint_eq(l2osr_array_extent(array, 0), 2);
    ck_assert_uint_eq(l2osr_array_extent(array, 1), 3);
    ck_assert_uint_eq(l2osr_array_extent(array, 2), 1);
    expect_values(array, 6, (double[]){0, 1, 2, 3, 4, 5});
    static const uint8_t cube[] = {0, 4, 2, 6, 1, 5, 3, 7};
    expect_values(load_npy(ctx, 1, "{'descr':'|u1','fortran_order':True,'shape':(2,2,2)}", cube, 8),
                  8, (double[]){0, 1, 2, 3, 4, 5, 6, 7});
    expect_values(load_npy(ctx, 1, "{'descr':'|u1','fortran_order':False,'shape':()}", data + 5, 1),
                  1, (double[]){5});
    expect_values(load_npy(ctx, 1, "{'descr':'|u1','fortran_order':True,'shape':(3,0)}", data, 0),
                  0, NULL);
    l2osr_context_free(ctx);
}
END_TEST

#define FIELDS(list) "{'descr': " list ", 'fortran_order': False, 'shape': (2,), }\n"

START_TEST(reads_fields_as_named_columns) {
    l2osr_context *ctx = test_context();
    static const char f4[] = "\x00\x00\x80\x3f\x00\x00\x00\x40\x00\x00\x40\x40\x00\x00\x80\x40";
    static const char big_f8[] = "\x3f\xf0\0\0\0\0\0\0\x40\0\0\0\0\0\0\0"
                                 "\x40\x08\0\0\0\0\0\0\x40\x10\0\0\0\0\0\0";
    static const struct {
        const char *header, *data;
        size_t size;
        l2osr_dtype dtype;
    } files[] = {
        {FIELDS("[('g', '<f4'), ('loss y', '<f4')]"), f4, 16, L2OSR_F32},
        {FIELDS("[ (\"g\",'<f4'),('loss y','<f4'),]"), f4, 16, L2OSR_F32},
        {FIELDS("[('g', '>f8'), ('loss y', '>f8')]"), big_f8, 32, L2OSR_F64},
        {"{'shape': (2,), 'fortran_order': True, 'descr': [('g', '<f4'), ('loss y', '<f4')]}", f4,
         16, L2OSR_F32},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        l2osr_array *array =
            load_npy(ctx, 1 + (int)(i % 2), files[i].header, files[i].data, files[i].size);
        ck_assert_int_eq(l2osr_array_dtype(array), files[i].dtype);
        ck_assert_uint_eq(l2osr_array_rank(array), 2);
        ck_assert_uint_eq(l2osr_array_extent(array, 0), 2);
        ck_assert_uint_eq(l2osr_array_extent(array, 1), 2);
        ck_assert_str_eq(l2osr_array_column_name(array, 0), "g");
        ck_assert_str_eq(l2osr_array_column_name(array, 1), "loss y");
        ck_assert_ptr_null(l2osr_array_column_name(array, 2));
        expect_values(array, 4, (double[]){1, 2, 3, 4});
    }
    l2osr_context_free(ctx);
}
END_TEST

static void round_trip(l2osr_context *ctx, l2osr_dtype dtype, size_t rank, const size_t *shape,
                       const void *data) {
    char path[512];
    l2osr_array *array, *copy;
    test_tmp_path(path, sizeof path, "round.npy");
    ck_ok(l2osr_array_create(&array, ctx, dtype, rank, shape, data), ctx);
    ck_ok(l2osr_array_save_npy(array, path), ctx);
    ck_ok(l2osr_array_load(&copy, ctx, path), ctx);
    ck_assert_int_eq(l2osr_array_dtype(copy), dtype);
    ck_assert_uint_eq(l2osr_array_rank(copy), rank);
    for (size_t i = 0; i < rank; i++)
        ck_assert_uint_eq(l2osr_array_extent(copy, i), shape[i]);
    size_t bytes = l2osr_array_size(array) * (dtype == L2OSR_U8 ? 1 : dtype == L2OSR_F64 ? 8 : 4);
    ck_assert_mem_eq(l2osr_array_data(copy), data, bytes);
    l2osr_array_free(array);
    l2osr_array_free(copy);
}

START_TEST(round_trips) {
    l2osr_context *ctx = test_context();
    static const float f4[] = {1.5f, -0.0f, 1e-45f, (float)INFINITY, 3, 4};
    static const double f8[] = {1.5, (double)NAN, 5e-324, 2, 3, 4};
    round_trip(ctx, L2OSR_F32, 2, (size_t[]){2, 3}, f4);
    round_trip(ctx, L2OSR_F32, 1, (size_t[]){6}, f4);
    round_trip(ctx, L2OSR_F64, 3, (size_t[]){1, 3, 2}, f8);
    round_trip(ctx, L2OSR_F64, 0, NULL, f8);
    round_trip(ctx, L2OSR_U8, 8, (size_t[]){1, 2, 1, 1, 1, 1, 1, 3}, f4);
    l2osr_context_free(ctx);
}
END_TEST

/* Byte for byte what numpy.save writes: magic and header fill a multiple of 64 bytes. */
START_TEST(writes_as_numpy_does) {
    l2osr_context *ctx = test_context();
    char path[512], file[256];
    l2osr_array *array;
    test_tmp_path(path, sizeof path, "numpy.npy");
    ck_ok(l2osr_array_create(&array, ctx, L2OSR_I32, 2, (size_t[]){1, 2}, (int32_t[]){1, 2}), ctx);
    ck_ok(l2osr_array_save_npy(array, path), ctx);
    FILE *stream = fopen(path, "rb");
    ck_assert_uint_eq(fread(file, 1, sizeof file, stream), 128 + 8);
    fclose(stream);
    static const char head[] =
        V1 "v\x00{'descr': '<i4', 'fortran_order': False, 'shape': (1, 2), }";
    ck_assert_mem_eq(file, head, sizeof head - 1);
    ck_assert_int_eq(file[127], '\n');
    l2osr_array_free(array);
    l2osr_context_free(ctx);
}
END_TEST

static const struct {
    const char *header, *part;
} bad_headers[] = {
    {"", "expected '{'"},
    {"[1, 2]", "expected '{'"},
    {"{'descr': '<f4', 'fortran_order': False}", "missing"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)", "expected"},
    {"{'descr': '<f4', 'fortran_order': Maybe, 'shape': (2,)}", "True or False"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}", "expected an extent"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': 2}", "expected a shape"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2 2)}", "expected ','"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", "large"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (1099511627776, 1099511627776)}", "large"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (1099511627776,)}", "asks for"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,2)}", "too many dim"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", "asks for 12 bytes"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", "asks for 4 bytes"},
    {"{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", "'<c8' is not supported"},
    {"{'descr': '', 'fortran_order': False, 'shape': (1,)}", "not supported"},
    {"{'descr': 4, 'fortran_order': False, 'shape': (2,)}", "expected a string"},
    {FIELDS("[]"), "without fields"},
    {FIELDS("['a', '<f4']"), "expected a field"},
    {FIELDS("[('a')]"), "expected ','"},
    {FIELDS("[('a', '<f4'"), "expected ')'"},
    {FIELDS("[('a', '<f4', (3,))]"), "a field must be one number"},
    {FIELDS("[(('title', 'a'), '<f4')]"), "expected a string"},
    {FIELDS("[('a', '<f4') ('b', '<f4')]"), "expected ',' or ']'"},
    {FIELDS("[('a', '<f4'), ('b', '<f8')]"), "the fields differ in type"},
    {FIELDS("[('a', '<f4'), ('b', '>f4')]"), "the fields differ in type"},
    {FIELDS("[('a', '<f4'), ('', '|V4')]"), "'|V4' is not supported"},
    {FIELDS("[('a', [('b', '<f4')])]"), "expected a string"},
    {FIELDS("[('a', '<f4'), ('b', '<f4')]"), "asks for 16 bytes"},
    {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1, 2)}", "one extent"},
    {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': ()}", "one extent"},
    {"{'descr': '<f\xc3\xa9', 'fortran_order': False, 'shape': (2,)}", "unknown string"},
    {"{'descr': '<f4', 'forTran_order': False, 'shape': (2,)}", "unknown key"},
    {"{'descr': '<f4, 'fortran_order': False, 'shape': (2,)}", "not supported"},
};

START_TEST(rejects_malformed_headers) {
    l2osr_context *ctx = test_context();
    static const float data[2] = {1, 2};
    char file[512];
    for (size_t i = 0; i < sizeof bad_headers / sizeof *bad_headers; i++) {
        size_t n = make_npy(file, 1 + (int)(i % 2), bad_headers[i].header, data, sizeof data);
        expect_malformed(ctx, file, n, bad_headers[i].part);
    }
    expect_malformed(ctx, "\x93NUMPX\x01\x00v\x00{   ", 14, "not a .npy file");
    expect_malformed(ctx, "\x93NUMPY\x03\x00v\x00\x00\x00{ ", 14, "version 3");
    expect_malformed(ctx, "\x93NUMPY\x02\x00\xff\xff\xff\xff{ ", 14, "longer than the file");
    l2osr_context_free(ctx);
}
END_TEST

static void damage(l2osr_context *ctx, const char *header) {
    static const float data[2] = {1, 2};
    char file[512];
    size_t n = make_npy(file, 1, header, data, sizeof data);
    expect_malformed(ctx, file, 0, "empty");
    for (size_t size = 1; size < n; size++)
        expect_malformed(ctx, file, size, "");
    for (size_t bit = 0; bit < 8 * n; bit++) {
        file[bit / 8] = (char)(file[bit / 8] ^ 1 << bit % 8);
        expect_no_crash(ctx, file, n);
        file[bit / 8] = (char)(file[bit / 8] ^ 1 << bit % 8);
    }
}

START_TEST(survives_every_truncation_and_bit_flip) {
    l2osr_context *ctx = test_context();
    damage(ctx, "{'descr': '<f4', 'fortran_order': True, 'shape': (2,1)}");
    damage(ctx, "{'descr': [('a', '<f4'), ('b', '<f4')], 'fortran_order': True, 'shape': (1,)}");
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(reads_golden_files) {
    l2osr_context *ctx = test_context();
    char path[1024];
    l2osr_array *array;
    if (test_shared()) {
        snprintf(path, sizeof path, "%s/golden/grads_f64.npy", test_shared());
        ck_ok(l2osr_array_load(&array, ctx, path), ctx);
        ck_assert_uint_eq(l2osr_array_extent(array, 0), 25);
        ck_assert_uint_eq(l2osr_array_extent(array, 1), 7);
        l2osr_array_free(array);
    }
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(rejects_bad_arguments) {
    l2osr_context *ctx = test_context();
    l2osr_array *array;
    static const size_t absurd[] = {(size_t)1 << 40, (size_t)1 << 40};
    ck_assert_int_eq(l2osr_array_create(NULL, ctx, L2OSR_F32, 0, NULL, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_array_create(&array, ctx, (l2osr_dtype)9, 0, NULL, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_array_create(&array, ctx, L2OSR_F32, 1, NULL, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_array_create(&array, ctx, L2OSR_F32, 9, absurd, NULL), L2OSR_ERANGE);
    ck_assert_int_eq(l2osr_array_create(&array, ctx, L2OSR_F32, 2, absurd, NULL), L2OSR_ERANGE);
    ck_assert_int_eq(l2osr_array_load(&array, ctx, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_array_load(&array, ctx, "/nonexistent/x.npy"), L2OSR_ENOTFOUND);
    ck_ok(l2osr_array_create(&array, ctx, L2OSR_F32, 0, NULL, NULL), ctx);
    ck_assert_int_eq(l2osr_array_save_npy(array, "/nonexistent/x.npy"), L2OSR_EIO);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "/nonexistent/x.npy"));
    l2osr_array_free(array);
    l2osr_array_free(NULL);
    l2osr_context_free(ctx);
}
END_TEST

TCase *npy_tests(void) {
    TCase *tcase = tcase_create("npy");
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, reads_all_types);
    tcase_add_test(tcase, reads_any_order_of_keys_and_axes);
    tcase_add_test(tcase, reads_fields_as_named_columns);
    tcase_add_test(tcase, round_trips);
    tcase_add_test(tcase, writes_as_numpy_does);
    tcase_add_test(tcase, rejects_malformed_headers);
    tcase_add_test(tcase, survives_every_truncation_and_bit_flip);
    tcase_add_test(tcase, reads_golden_files);
    tcase_add_test(tcase, rejects_bad_arguments);
    return tcase;
}
