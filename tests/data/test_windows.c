/* SPDX-License-Identifier: MIT */
#include "tests.h"

#include <stdlib.h>
#include <string.h>

#include "data/data.h"

enum { MAX_FEATURES = 80 };

/* A table with features called by the words of a text. */
static l2osr_samples *make(l2osr_context *ctx, const char *words, size_t steps) {
    char text[512];
    const char *names[MAX_FEATURES];
    size_t n = 0;
    l2osr_samples *s;
    snprintf(text, sizeof text, "%s", words);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
        names[n++] = word;
    ck_ok(l2osr_samples_create(&s, ctx, n, names, 3, steps), ctx);
    return s;
}

START_TEST(are_added) {
    l2osr_context *ctx = test_context();
    l2osr_samples *s = make(ctx, "now m before g", 1);
    ck_assert_uint_eq(l2osr_samples_windows(s), 0);
    ck_ok(l2osr_samples_add_window(s, "grad", 2, (size_t[]){0, 2}), ctx);
    ck_ok(l2osr_samples_add_window(s, "w", 2, (size_t[]){3, 1}), ctx);
    ck_assert_uint_eq(l2osr_samples_windows(s), 2);
    ck_assert_str_eq(l2osr_samples_window_name(s, 0), "grad");
    ck_assert_uint_eq(l2osr_samples_window_length(s, 0), 2);
    ck_assert_uint_eq(l2osr_samples_window_feature(s, 0, 1), 2);
    ck_assert_uint_eq(l2osr_samples_window_feature(s, 1, 0), 3);
    ck_assert_ptr_null(l2osr_samples_window_name(s, 2));
    ck_assert_uint_eq(l2osr_samples_window_length(s, 2), 0);
    ck_assert_uint_eq(l2osr_samples_window_feature(s, 0, 2), SIZE_MAX);
    ck_assert_uint_eq(l2osr_samples_window_feature(s, 2, 0), SIZE_MAX);
    l2osr_samples_free(s);
    l2osr_context_free(ctx);
}
END_TEST

static const struct {
    const char *name;
    size_t length, features[2];
    l2osr_status status;
    const char *part;
} bad_windows[] = {
    {NULL, 2, {0, 1}, L2OSR_EINVAL, "(null)"},
    {"1w", 2, {0, 1}, L2OSR_EINVAL, "'1w' cannot name a window"},
    {"b", 2, {0, 1}, L2OSR_EINVAL, "called 'b'"},
    {"there", 2, {0, 1}, L2OSR_EINVAL, "called 'there'"},
    {"w", 0, {0, 1}, L2OSR_ERANGE, "length 0; it must be 2 to 64"},
    {"w", 1, {0, 1}, L2OSR_ERANGE, "length 1"},
    {"w", L2OSR__SAMPLES_PAD + 1, {0, 1}, L2OSR_ERANGE, "length 65"},
    {"w", 2, {0, 5}, L2OSR_ERANGE, "lag 1: there is no feature 5"},
    {"w", 2, {1, 1}, L2OSR_EINVAL, "b is both lag 0 and lag 1"},
    {"w", 2, {0, 3}, L2OSR_EINVAL, "lag 1: d is in window there already"},
};

START_TEST(bad_ones_are_refused_and_change_nothing) {
    l2osr_context *ctx = test_context();
    l2osr_samples *s = make(ctx, "a b c d e", 1), *series = make(ctx, "a b", 2);
    ck_ok(l2osr_samples_add_window(s, "there", 2, (size_t[]){2, 3}), ctx);
    for (size_t i = 0; i < sizeof bad_windows / sizeof *bad_windows; i++) {
        ck_assert_int_eq(l2osr_samples_add_window(s, bad_windows[i].name, bad_windows[i].length,
                                                  bad_windows[i].features),
                         bad_windows[i].status);
        ck_assert_msg(strstr(l2osr_context_errmsg(ctx), bad_windows[i].part) != NULL,
                      "no '%s' in: %s", bad_windows[i].part, l2osr_context_errmsg(ctx));
        ck_assert_uint_eq(l2osr_samples_windows(s), 1);
    }
    ck_assert_int_eq(l2osr_samples_add_window(s, "w", 2, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_samples_add_window(NULL, "w", 2, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_samples_add_window(series, "w", 2, (size_t[]){0, 1}), L2OSR_EINVAL);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "these have 2 steps"));
    ck_assert_int_eq(l2osr_samples_find_windows(series), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_samples_find_windows(NULL), L2OSR_EINVAL);
    l2osr_samples_free(s);
    l2osr_samples_free(series);
    l2osr_context_free(ctx);
}
END_TEST

/* What is found, as "name:feature,feature...;" */
static void check_found(l2osr_context *ctx, const char *words, const char *wanted) {
    char found[512] = "";
    size_t n = 0;
    l2osr_samples *s = make(ctx, words, 1);
    ck_ok(l2osr_samples_find_windows(s), ctx);
    for (size_t w = 0; w < l2osr_samples_windows(s); w++) {
        n += (size_t)snprintf(found + n, sizeof found - n, "%s:", l2osr_samples_window_name(s, w));
        for (size_t lag = 0; lag < l2osr_samples_window_length(s, w); lag++)
            n += (size_t)snprintf(found + n, sizeof found - n, "%zu,",
                                  l2osr_samples_window_feature(s, w, lag));
        n += (size_t)snprintf(found + n, sizeof found - n, ";");
    }
    ck_assert_str_eq(found, wanted);
    l2osr_samples_free(s);
}

START_TEST(are_found_by_names) {
    l2osr_context *ctx = test_context();
    check_found(ctx, "g0 g1 g2 lr", "g:0,1,2,;");
    check_found(ctx, "mt_2 g2 mt_0 g0 mt_1 g1 g3", "mt:2,4,0,;g:3,5,1,6,;");
    check_found(ctx, "g0 g1 w", "");                       /* too short */
    check_found(ctx, "g1 g2 g3", "");                      /* no 0 */
    check_found(ctx, "g0 g1 g3 g4", "");                   /* a gap after two */
    check_found(ctx, "g0 g1 g2 g4", "g:0,1,2,;");          /* a gap after three */
    check_found(ctx, "g00 g01 g02", "");                   /* not numbers as they are written */
    check_found(ctx, "g10 g11 g12", "");                   /* numbers 10 to 12 */
    check_found(ctx, "g0 g1 g2 g", "");                    /* the name is a feature's */
    check_found(ctx, "g_0 g_1 g_2 g0 g1 g2", "g:0,1,2,;"); /* the name is a window's */
    check_found(ctx, "_0 _1 _2", "");                      /* no name is left */
    check_found(ctx, "__0 __1 __2", "_:0,1,2,;");
    check_found(ctx, "g0 g1 g2 g3 g4 g5 g6 g7 g8 g9 g10", "g:0,1,2,3,4,5,6,7,8,9,10,;");
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(are_found_once_and_beside_others) {
    l2osr_context *ctx = test_context();
    l2osr_samples *s = make(ctx, "g0 g1 g2 m0 m1 m2", 1);
    ck_ok(l2osr_samples_add_window(s, "own", 2, (size_t[]){5, 3}), ctx);
    ck_ok(l2osr_samples_find_windows(s), ctx);
    ck_ok(l2osr_samples_find_windows(s), ctx);
    ck_assert_uint_eq(l2osr_samples_windows(s), 2);
    ck_assert_str_eq(l2osr_samples_window_name(s, 1), "g");
    l2osr_samples_free(s);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(are_no_longer_than_a_lag_may_be) {
    l2osr_context *ctx = test_context();
    for (size_t n = L2OSR__SAMPLES_PAD; n <= L2OSR__SAMPLES_PAD + 1; n++) {
        char words[512];
        size_t at = 0;
        for (size_t i = 0; i < n; i++)
            at += (size_t)snprintf(words + at, sizeof words - at, "x%zu ", i);
        l2osr_samples *s = make(ctx, words, 1);
        ck_ok(l2osr_samples_find_windows(s), ctx);
        ck_assert_uint_eq(l2osr_samples_windows(s), n == L2OSR__SAMPLES_PAD);
        l2osr_samples_free(s);
    }
    l2osr_context_free(ctx);
}
END_TEST

TCase *windows_tests(void) {
    TCase *tcase = tcase_create("windows");
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, are_added);
    tcase_add_test(tcase, bad_ones_are_refused_and_change_nothing);
    tcase_add_test(tcase, are_found_by_names);
    tcase_add_test(tcase, are_found_once_and_beside_others);
    tcase_add_test(tcase, are_no_longer_than_a_lag_may_be);
    return tcase;
}
