/* SPDX-License-Identifier: MIT */
#include "tests.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static l2osr_array *load_text(l2osr_context *ctx, const char *text) {
    l2osr_array *array;
    ck_ok(load_bytes(&array, ctx, text, strlen(text)), ctx);
    ck_assert_int_eq(l2osr_array_dtype(array), L2OSR_F64);
    ck_assert_uint_eq(l2osr_array_rank(array), 2);
    return array;
}

/* Each of these is the table 1 2 / 3 4. */
START_TEST(reads_any_separator) {
    l2osr_context *ctx = test_context();
    static const char *const texts[] = {"1,2\n3,4\n",
                                        "1;2\n3;4",
                                        "1\t2\n3\t4\n",
                                        "1 2\n3 4\n",
                                        "  1   2 \n 3\t4\n",
                                        "1, 2\r\n3 ,4\r\n",
                                        "# a, b\n\n1,2\n   \n# c\n3,4\n\n",
                                        ("\xEF\xBB\xBF"
                                         "1,2\n3,4\n"),
                                        "+1,2.0\n3e0,.4e1\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        l2osr_array *array = load_text(ctx, texts[i]);
        ck_assert_uint_eq(l2osr_array_extent(array, 0), 2);
        ck_assert_uint_eq(l2osr_array_extent(array, 1), 2);
        for (size_t j = 0; j < 4; j++)
            ck_assert_double_eq(l2osr_array_get(array, j), (double)(j + 1));
        ck_assert_ptr_null(l2osr_array_column_name(array, 0));
        l2osr_array_free(array);
    }
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(reads_headers) {
    l2osr_context *ctx = test_context();
    l2osr_array *array = load_text(ctx, "\"a, b\",c\n1,2\n");
    ck_assert_str_eq(l2osr_array_column_name(array, 0), "a, b");
    ck_assert_str_eq(l2osr_array_column_name(array, 1), "c");
    ck_assert_ptr_null(l2osr_array_column_name(array, 2));
    ck_assert_uint_eq(l2osr_array_size(array), 2);
    l2osr_array_free(array);
    array = load_text(ctx, "g0 g1 y\n1 2 3\n4 5 6\n");
    ck_assert_str_eq(l2osr_array_column_name(array, 2), "y");
    ck_assert_uint_eq(l2osr_array_extent(array, 0), 2);
    l2osr_array_free(array);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(reads_nan_and_inf) {
    l2osr_context *ctx = test_context();
    l2osr_array *array = load_text(ctx, "nan,inf\n-INF,NaN\n");
    ck_assert_double_nan(l2osr_array_get(array, 0));
    ck_assert(l2osr_array_get(array, 1) == (double)INFINITY);
    ck_assert(l2osr_array_get(array, 2) == -(double)INFINITY);
    ck_assert_double_nan(l2osr_array_get(array, 3));
    l2osr_array_free(array);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(names_line_and_column_of_errors) {
    l2osr_context *ctx = test_context();
    static const struct {
        const char *text, *part;
    } bad[] = {
        {"\n", "no line of numbers"},
        {"# only a comment\n", "no line of numbers"},
        {"a,b\n", "no line of numbers"},
        {"1,2\n\n3,x\n", "line 3, column 2: 'x' is not a number"},
        {"1,2\n3,\n", "line 2, column 2: '' is not a number"},
        {"1,2\n3,4,5\n", "line 2 has 3 columns, but line 1 has 2"},
        {"a,b\n1\n", "line 2 has 1 columns, but line 1 has 2"},
        {"1,2\n3,0x4\n", "'0x4' is not a number"},
        {"1,2\n3,1.2.3\n", "'1.2.3' is not a number"},
        {"1,2\n3,\x01\x02\n", "'?\?' is not a number"},
        {"1,2\n3,\xc3\xa9\n", "'?\?' is not a number"},
        {"1;2\n3;4,5\n", "'4,5' is not a number"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_malformed(ctx, bad[i].text, strlen(bad[i].text), bad[i].part);
    expect_malformed(ctx, "1,2\n3,\0\n", 8, "not .npy, IDX or CSV");
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(survives_every_truncation_and_bit_flip) {
    l2osr_context *ctx = test_context();
    char file[] = "# c\n\"a\",b\n1.5,nan\r\n\n-2e3,4\n";
    size_t n = sizeof file - 1;
    for (size_t size = 0; size < n; size++)
        expect_no_crash(ctx, file, size);
    for (size_t bit = 0; bit < 8 * n; bit++) {
        file[bit / 8] = (char)(file[bit / 8] ^ 1 << bit % 8);
        expect_no_crash(ctx, file, n);
        file[bit / 8] = (char)(file[bit / 8] ^ 1 << bit % 8);
    }
    l2osr_context_free(ctx);
}
END_TEST

static l2osr_array *save_and_load(l2osr_context *ctx, const l2osr_array *array,
                                  const char *const *names) {
    char path[512];
    l2osr_array *copy;
    test_tmp_path(path, sizeof path, "round.csv");
    ck_ok(l2osr_array_save_csv(array, names, path), ctx);
    ck_ok(l2osr_array_load(&copy, ctx, path), ctx);
    ck_assert_uint_eq(l2osr_array_size(copy), l2osr_array_size(array));
    return copy;
}

START_TEST(round_trips_bits) {
    l2osr_context *ctx = test_context();
    static const double f8[] = {0.1, 1.0 / 3, 5e-324, DBL_MAX, -0.0, 123456789012345678.0};
    static const float f4[] = {0.1f, 1.0f / 3, 1e-45f, FLT_MAX, -0.0f, 16777216.0f};
    static const int64_t i8[] = {INT32_MIN, 7};
    static const char *const names[] = {"left one", "7"};
    l2osr_array *array, *copy;
    ck_ok(l2osr_array_create(&array, ctx, L2OSR_F64, 2, (size_t[]){3, 2}, f8), ctx);
    copy = save_and_load(ctx, array, names);
    ck_assert_mem_eq(l2osr_array_data(copy), f8, sizeof f8);
    ck_assert_str_eq(l2osr_array_column_name(copy, 0), "left one");
    ck_assert_str_eq(l2osr_array_column_name(copy, 1), "7");
    l2osr_array_free(array);
    l2osr_array_free(copy);
    ck_ok(l2osr_array_create(&array, ctx, L2OSR_F32, 1, (size_t[]){6}, f4), ctx);
    copy = save_and_load(ctx, array, NULL);
    for (size_t i = 0; i < 6; i++) {
        float value = (float)l2osr_array_get(copy, i);
        ck_assert_mem_eq(&value, &f4[i], sizeof value);
    }
    l2osr_array_free(array);
    l2osr_array_free(copy);
    ck_ok(l2osr_array_create(&array, ctx, L2OSR_I64, 1, (size_t[]){2}, i8), ctx);
    copy = save_and_load(ctx, array, NULL);
    ck_assert_double_eq(l2osr_array_get(copy, 0), INT32_MIN);
    l2osr_array_free(array);
    l2osr_array_free(copy);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(refuses_what_it_cannot_write) {
    l2osr_context *ctx = test_context();
    char path[512];
    static const char *const quote[] = {"a\"b"}, *const null[] = {NULL};
    l2osr_array *array;
    test_tmp_path(path, sizeof path, "refused.csv");
    ck_ok(l2osr_array_create(&array, ctx, L2OSR_F32, 1, (size_t[]){1}, NULL), ctx);
    ck_assert_int_eq(l2osr_array_save_csv(array, quote, path), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_array_save_csv(array, null, path), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_array_save_csv(array, NULL, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_array_save_csv(array, NULL, "/nonexistent/x.csv"), L2OSR_EIO);
    l2osr_array_free(array);
    ck_ok(l2osr_array_create(&array, ctx, L2OSR_F32, 3, (size_t[]){1, 1, 1}, NULL), ctx);
    ck_assert_int_eq(l2osr_array_save_csv(array, NULL, path), L2OSR_EINVAL);
    l2osr_array_free(array);
    l2osr_context_free(ctx);
}
END_TEST

TCase *csv_tests(void) {
    TCase *tcase = tcase_create("csv");
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, reads_any_separator);
    tcase_add_test(tcase, reads_headers);
    tcase_add_test(tcase, reads_nan_and_inf);
    tcase_add_test(tcase, names_line_and_column_of_errors);
    tcase_add_test(tcase, survives_every_truncation_and_bit_flip);
    tcase_add_test(tcase, round_trips_bits);
    tcase_add_test(tcase, refuses_what_it_cannot_write);
    return tcase;
}
