/* SPDX-License-Identifier: MIT */
/* Fronts made from texts and files, and written. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "sr/front.h"
#include "tests.h"

static const char *const texts[] = {
    "2.5",
    "a + b",
    "plus(a, mult(b, -0.1))",
    "-a[2] + ema(b, 0.9)",
    "greater(pow(a, 2), relu(b)) / (1 - b^2)",
    "sub(sinh(asinh(erfc(a))), div(sqrtm(b), logm(a)))",
    "(a - b)[1] * ema(a * b, 0.5)",
    "min(a, max(b, clip(a, 0.3)))",
};
enum { TEXTS = sizeof texts / sizeof texts[0] };

static l2osr_front *make_front(l2osr_context *ctx) {
    return front_of_texts(ctx, texts, TEXTS);
}

static const char *put(const char *name, const char *content) {
    static char path[256];
    test_tmp_path(path, sizeof path, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(content, file);
    fclose(file);
    return path;
}

START_TEST(texts_become_formulas) {
    static const unsigned sizes[TEXTS] = {1, 3, 5, 6, 12, 10, 10, 7};
    l2osr_context *ctx = test_context();
    l2osr_front *front = make_front(ctx);
    ck_assert_uint_eq(l2osr_front_size(front), TEXTS);
    for (size_t i = 0; i < TEXTS; i++) {
        const l2osr_formula *f = l2osr_front_get(front, i);
        ck_assert_uint_eq(f->complexity, sizes[i]);
        ck_assert(isnan(f->mse) && isnan(f->r2_train) && isnan(f->r2_validation));
        ck_assert_str_eq(f->warning, "");
    }
    ck_assert_str_eq(l2osr_front_get(front, 2)->equation, "a + b * -0.1");
    ck_assert_str_eq(l2osr_front_get(front, 3)->equation, "-a[2] + ema(b, 0.9)");
    ck_assert_int_eq(l2osr_front_add(front, "a + tahn(b)"), L2OSR_EPARSE);
    ck_assert_str_eq(l2osr_context_errmsg(ctx), "formula 8: line 1, column 5: unknown function "
                                                "'tahn', did you mean 'tanh'?");
    ck_assert_int_eq(l2osr_front_add(front, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_front_add(NULL, "a"), L2OSR_EINVAL);
    ck_assert_uint_eq(l2osr_front_size(front), TEXTS);
    l2osr_front_free(front);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(appending_copies_texts) {
    char equation[] = "a", warning[] = "beware";
    l2osr_context *ctx = test_context();
    l2osr_front *front;
    ck_ok(l2osr_front_create(&front, ctx), ctx);
    const l2osr_formula f = {.complexity = 1, .equation = equation, .warning = warning};
    for (int i = 0; i < 100; i++)
        ck_ok(l2osr__front_append(front, &f), ctx);
    equation[0] = warning[0] = '?';
    ck_assert_str_eq(l2osr_front_get(front, 99)->equation, "a");
    ck_assert_str_eq(l2osr_front_get(front, 99)->warning, "beware");
    l2osr_front_free(front);
    l2osr_context_free(ctx);
}
END_TEST

static void check_same(const l2osr_front *a, const l2osr_front *b, bool figures) {
    ck_assert_uint_eq(l2osr_front_size(a), l2osr_front_size(b));
    for (size_t i = 0; i < l2osr_front_size(a); i++) {
        const l2osr_formula *f = l2osr_front_get(a, i), *g = l2osr_front_get(b, i);
        ck_assert_uint_eq(f->complexity, g->complexity);
        ck_assert_str_eq(f->equation, g->equation);
        ck_assert_str_eq(g->warning, "");
        ck_assert(f->mse == g->mse || (isnan(f->mse) && isnan(g->mse)));
        ck_assert(!figures || f->r2_train == g->r2_train);
        ck_assert(!figures || isnan(g->r2_validation));
    }
}

START_TEST(files_round_trip) {
    char path[256];
    l2osr_context *ctx = test_context();
    l2osr_front *front, *read, *texts_only = make_front(ctx);
    ck_ok(l2osr_front_create(&front, ctx), ctx);
    for (size_t i = 0; i < TEXTS; i++) {
        l2osr_formula f = *l2osr_front_get(texts_only, i);
        f.complexity += i == 1; /* what is written down counts */
        f.mse = 1.0 / (3 + (double)i);
        f.r2_train = i == 2 ? -INFINITY : 1 - f.mse;
        ck_ok(l2osr__front_append(front, &f), ctx);
    }
    test_tmp_path(path, sizeof path, "front.csv");
    ck_ok(l2osr_front_save(front, path), ctx);
    ck_ok(l2osr_front_load(&read, ctx, path), ctx);
    check_same(front, read, true);
    l2osr_front_free(read);
    ck_ok(l2osr_front_save_pysr(front, path), ctx);
    ck_ok(l2osr_front_load(&read, ctx, path), ctx);
    check_same(front, read, false);
    l2osr_front_free(read);
    l2osr_front_free(front);
    l2osr_front_free(texts_only);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(calls_as_pysr_writes_them) {
    static const char expected[] = "Complexity|MSE|Equation\n"
                                   "8|nan|sub(plus(a, mult(b, -0.1)), neg(a))\n"
                                   "9|nan|plus(div(a, b)^2, ema(a[3], 0.9))\n";
    char path[256], content[256] = {0};
    l2osr_context *ctx = test_context();
    l2osr_front *front;
    ck_ok(l2osr_front_create(&front, ctx), ctx);
    ck_ok(l2osr_front_add(front, "a + b * -0.1 - -a"), ctx);
    ck_ok(l2osr_front_add(front, "(a / b)^2 + ema(a[3], 0.9)"), ctx);
    test_tmp_path(path, sizeof path, "hall.csv");
    ck_ok(l2osr_front_save_pysr(front, path), ctx);
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_gt(fread(content, 1, sizeof content - 1, file), 0);
    fclose(file);
    ck_assert_str_eq(content, expected);
    ck_assert_int_eq(l2osr_front_save_pysr(front, "/nonexistent/x"), L2OSR_EIO);
    ck_assert_int_eq(l2osr_front_save_pysr(front, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_front_save_pysr(NULL, path), L2OSR_EINVAL);
    l2osr_front_free(front);
    l2osr_context_free(ctx);
}
END_TEST

/* Files of which the first formula is a + b * 2, with 5 nodes. */
static const struct {
    const char *content;
    double mse, r2_train, r2_validation;
    const char *warning;
    size_t formulas;
} files[] = {
    {"complexity,mse,r2_train,r2_validation,equation\n5,0.5,0.25,nan,\"a + b * 2\"\n", 0.5, 0.25,
     NAN, "", 1},
    {"complexity,mse,r2_train,r2_test,equation,warning\n5,0.5,,0.125,\"a + b * 2\",\"has a pole\"",
     0.5, NAN, 0.125, "has a pole", 1},
    {"Complexity|MSE|Equation\n5|5e-1|plus(a, mult(b, 2.0))\n6|0|neg(plus(a, mult(b, 2)))\n", 0.5,
     NAN, NAN, "", 2},
    {"\xEF\xBB\xBF"
     "Complexity,Loss,Equation\r\n5,5.0e-1,\"(a + (b * 2.0))\"\r\n\r\n",
     0.5, NAN, NAN, "", 1},
    {"equation,complexity\n# a comment\na + b * 2,\n", NAN, NAN, NAN, "", 1},
    {"Equation\n\"plus(a, b*2)\"\n", NAN, NAN, NAN, "", 1},
};

static bool same(double a, double b) {
    return a == b || (isnan(a) && isnan(b));
}

START_TEST(known_formats) {
    l2osr_context *ctx = test_context();
    l2osr_front *front;
    ck_ok(l2osr_front_load(&front, ctx, put("front.csv", files[_i].content)), ctx);
    ck_assert_uint_eq(l2osr_front_size(front), files[_i].formulas);
    const l2osr_formula *f = l2osr_front_get(front, 0);
    ck_assert_uint_eq(f->complexity, 5);
    ck_assert(same(f->mse, files[_i].mse));
    ck_assert(same(f->r2_train, files[_i].r2_train));
    ck_assert(same(f->r2_validation, files[_i].r2_validation));
    ck_assert_str_eq(f->equation, "a + b * 2");
    ck_assert_str_eq(f->warning, files[_i].warning);
    l2osr_front_free(front);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(gzip_and_no_formulas) {
    char path[256];
    l2osr_context *ctx = test_context();
    l2osr_front *front;
    test_tmp_path(path, sizeof path, "front.csv.gz");
    gzFile file = gzopen(path, "w");
    ck_assert_int_gt(gzputs(file, files[0].content), 0);
    gzclose(file);
    ck_ok(l2osr_front_load(&front, ctx, path), ctx);
    ck_assert_uint_eq(l2osr_front_size(front), 1);
    l2osr_front_free(front);
    ck_ok(l2osr_front_load(&front, ctx, put("none.csv", "Complexity|MSE|Equation\n")), ctx);
    ck_assert_uint_eq(l2osr_front_size(front), 0);
    l2osr_front_free(front);
    l2osr_context_free(ctx);
}
END_TEST

static const struct {
    const char *content;
    l2osr_status status;
    const char *message; /* behind the path */
} malformed[] = {
    {"", L2OSR_EFORMAT, ": not a front: there is no column 'equation'"},
    {"complexity,mse\n1,2\n", L2OSR_EFORMAT, ": not a front: there is no column 'equation'"},
    {"1,2,3\n", L2OSR_EFORMAT, ": line 1: the column '1' is not of a front"},
    {"complexity,mse,equation,loss\n", L2OSR_EFORMAT, ": line 1: the column 'loss' is there twice"},
    {"mse|equation\n\n1|a\n2\n", L2OSR_EFORMAT, ": line 4 has 1 columns, but there are 2 titles"},
    {"mse,equation\n1,plus(a, b)\n", L2OSR_EFORMAT, ": line 2 has 3 columns"},
    {"mse|equation\n1.5x|a\n", L2OSR_EFORMAT, ": line 2: mse '1.5x' is not a number"},
    {"complexity|equation\n2.5|a\n", L2OSR_EFORMAT, ": line 2: complexity '2.5' is not a whole"},
    {"complexity|equation\n0|a\n", L2OSR_EFORMAT, ": line 2: complexity '0' is not a whole"},
    {"complexity|equation\n1e30|a\n", L2OSR_EFORMAT, ": line 2: complexity '1e30' is not a whole"},
    {"mse|equation\n1|a\n1|\n", L2OSR_EPARSE, ": line 3, equation: line 1, column 1: expected"},
    {"mse|equation\n1|plus(a,\n", L2OSR_EPARSE, ": line 2, equation: line 1, column 8: expected"},
    {"mse|equation\n1|cubed(a)\n", L2OSR_EPARSE,
     ": line 2, equation: line 1, column 1: unknown function 'cubed', did you mean 'cube'?"},
    {"mse,equation\n1,\"a\n", L2OSR_EPARSE, ": line 2, equation: line 1, column 1: expected"},
};

START_TEST(malformed_files) {
    l2osr_context *ctx = test_context();
    l2osr_front *front;
    const char *path = put("bad.csv", malformed[_i].content);
    const size_t length = strlen(path);
    ck_assert_int_eq(l2osr_front_load(&front, ctx, path), malformed[_i].status);
    ck_assert_ptr_null(front);
    const char *message = l2osr_context_errmsg(ctx);
    ck_assert_msg(strncmp(message, path, length) == 0, "%s", message);
    ck_assert_msg(strncmp(message + length, malformed[_i].message, strlen(malformed[_i].message)) ==
                      0,
                  "%s", message);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(files_that_are_none) {
    char path[256];
    l2osr_context *ctx = test_context();
    l2osr_front *front;
    test_tmp_path(path, sizeof path, "binary");
    FILE *file = fopen(path, "w");
    fwrite("equation\n\0", 1, 10, file);
    fclose(file);
    ck_assert_int_eq(l2osr_front_load(&front, ctx, path), L2OSR_EFORMAT);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "not text"));
    ck_assert_int_eq(l2osr_front_load(&front, ctx, "/nonexistent/x"), L2OSR_ENOTFOUND);
    ck_assert_ptr_null(front);
    ck_assert_int_eq(l2osr_front_load(&front, ctx, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_front_load(NULL, ctx, path), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_front_load(&front, NULL, path), L2OSR_EINVAL);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(recommends_in_any_order) {
    static const struct {
        unsigned complexity;
        double train, validation;
    } figures[] = {
        {9, 0.9, 0.99}, {3, 0.9, 0.985}, {1, 0.999, 0.5}, {2, NAN, NAN}, {5, 0.988, NAN}};
    l2osr_context *ctx = test_context();
    l2osr_front *front;
    ck_ok(l2osr_front_create(&front, ctx), ctx);
    ck_assert_uint_eq(l2osr_front_recommend(front, 0.01), 0);
    for (size_t i = 0; i < 5; i++)
        ck_ok(l2osr__front_append(front, &(l2osr_formula){.complexity = figures[i].complexity,
                                                          .r2_train = figures[i].train,
                                                          .r2_validation = figures[i].validation,
                                                          .equation = "a"}),
              ctx);
    ck_assert_uint_eq(l2osr_front_recommend(front, 0), 0);
    ck_assert_uint_eq(l2osr_front_recommend(front, 0.003), 4);
    ck_assert_uint_eq(l2osr_front_recommend(front, 0.01), 1);
    ck_assert_uint_eq(l2osr_front_recommend(front, 1), 2);
    l2osr_front_free(front);
    l2osr_context_free(ctx);
}
END_TEST

Suite *suite_front(void) {
    Suite *suite = suite_create("front");
    TCase *tests = tcase_create("front");
    tcase_add_test(tests, texts_become_formulas);
    tcase_add_test(tests, appending_copies_texts);
    tcase_add_test(tests, files_round_trip);
    tcase_add_test(tests, calls_as_pysr_writes_them);
    tcase_add_loop_test(tests, known_formats, 0, sizeof files / sizeof files[0]);
    tcase_add_test(tests, gzip_and_no_formulas);
    tcase_add_loop_test(tests, malformed_files, 0, sizeof malformed / sizeof malformed[0]);
    tcase_add_test(tests, files_that_are_none);
    tcase_add_test(tests, recommends_in_any_order);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, measure_tests());
    return suite;
}
