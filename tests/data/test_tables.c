/* SPDX-License-Identifier: MIT */
#include "tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static l2osr_array *load(l2osr_context *ctx, const char *text) {
    l2osr_array *array;
    ck_ok(load_bytes(&array, ctx, text, strlen(text)), ctx);
    return array;
}

static const char plain[] = "a,b,c,d\n1,2,3,4\n5,6,7,8\n9,10,11,12\n";

START_TEST(defaults_take_the_last_column) {
    l2osr_context *ctx = test_context();
    l2osr_array *array = load(ctx, plain);
    l2osr_samples *s;
    size_t dropped = 7;
    ck_ok(l2osr_samples_from_table(&s, ctx, array, NULL, &dropped), ctx);
    ck_assert_uint_eq(dropped, 0);
    ck_assert_uint_eq(l2osr_samples_features(s), 3);
    ck_assert_uint_eq(l2osr_samples_trajectories(s), 3);
    ck_assert_uint_eq(l2osr_samples_steps(s), 1);
    ck_assert_float_eq(*l2osr_samples_target(s, 2), 12);
    ck_assert_ptr_null(l2osr_samples_weights(s, 0));
    l2osr_samples_free(s);
    l2osr_array_free(array);
    l2osr_context_free(ctx);
}
END_TEST

/* Each of these says: target c, weight b. */
START_TEST(columns_are_told_by_name_or_number) {
    l2osr_context *ctx = test_context();
    l2osr_array *array = load(ctx, plain);
    static const char *const told[][2] = {{"c", "b"}, {"2", "1"}, {"-2", "-3"}, {"c", "-3"}};
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        l2osr_samples *s;
        l2osr_table_options o = L2OSR_TABLE_OPTIONS_INIT;
        o.target = told[i][0];
        o.weight = told[i][1];
        ck_ok(l2osr_samples_from_table(&s, ctx, array, &o, NULL), ctx);
        ck_assert_uint_eq(l2osr_samples_features(s), 2);
        ck_assert_str_eq(l2osr_samples_name(s, 0), "a");
        ck_assert_str_eq(l2osr_samples_name(s, 1), "d");
        ck_assert_float_eq(*l2osr_samples_series(s, 0, 1), 5);
        ck_assert_float_eq(*l2osr_samples_series(s, 1, 1), 8);
        ck_assert_float_eq(*l2osr_samples_target(s, 1), 7);
        ck_assert_float_eq(*l2osr_samples_weights(s, 1), 6);
        l2osr_samples_free(s);
    }
    l2osr_array_free(array);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(names_are_of_the_features_alone) {
    l2osr_context *ctx = test_context();
    l2osr_array *array = load(ctx, plain), *nameless = load(ctx, "1,2,3,4\n");
    l2osr_samples *s;
    static const char *const names[] = {"g", "m"};
    l2osr_table_options o = L2OSR_TABLE_OPTIONS_INIT;
    o.names = names;
    o.target = "b";
    o.weight = "a";
    ck_ok(l2osr_samples_from_table(&s, ctx, array, &o, NULL), ctx);
    ck_assert_str_eq(l2osr_samples_name(s, 1), "m");
    ck_assert_float_eq(*l2osr_samples_series(s, 1, 0), 4);
    l2osr_samples_free(s);
    o.names = NULL;
    o.target = "0";
    o.weight = "-2";
    ck_ok(l2osr_samples_from_table(&s, ctx, nameless, &o, NULL), ctx);
    ck_assert_str_eq(l2osr_samples_name(s, 1), "x1");
    ck_assert_float_eq(*l2osr_samples_series(s, 1, 0), 4);
    l2osr_samples_free(s);
    l2osr_array_free(array);
    l2osr_array_free(nameless);
    l2osr_context_free(ctx);
}
END_TEST

static const char holes[] = "a,w,y\n1,1,2\nnan,1,3\n4,inf,5\n6,1,7\n8,1,1e300\n";

START_TEST(rows_that_are_not_finite_are_reported_or_dropped) {
    l2osr_context *ctx = test_context();
    l2osr_array *array = load(ctx, holes);
    l2osr_samples *s;
    size_t dropped = 7;
    l2osr_table_options o = L2OSR_TABLE_OPTIONS_INIT;
    o.weight = "w";
    ck_assert_int_eq(l2osr_samples_from_table(&s, ctx, array, &o, &dropped), L2OSR_ENONFINITE);
    ck_assert_ptr_null(s);
    ck_assert_uint_eq(dropped, 0);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "row 1, column 0 (a) is nan"));
    o.nonfinite = L2OSR_NONFINITE_DROP;
    ck_ok(l2osr_samples_from_table(&s, ctx, array, &o, &dropped), ctx);
    ck_assert_uint_eq(dropped, 3);
    ck_assert_uint_eq(l2osr_samples_trajectories(s), 2);
    ck_assert_float_eq(*l2osr_samples_series(s, 0, 0), 1);
    ck_assert_float_eq(*l2osr_samples_series(s, 0, 1), 6);
    ck_assert_float_eq(*l2osr_samples_target(s, 1), 7);
    l2osr_samples_free(s);
    l2osr_array_free(array);
    array = load(ctx, "a,b\nnan,1\n2,inf\n");
    ck_assert_int_eq(l2osr_samples_from_table(&s, ctx, array, &o, &dropped), L2OSR_ENOTFOUND);
    o.weight = NULL;
    ck_assert_int_eq(l2osr_samples_from_table(&s, ctx, array, &o, &dropped), L2OSR_ENONFINITE);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "each of the 2 rows"));
    l2osr_array_free(array);
    l2osr_context_free(ctx);
}
END_TEST

static const struct {
    const char *text, *target, *weight;
    l2osr_status status;
    const char *part;
} bad_tables[] = {
    {plain, "4", NULL, L2OSR_ERANGE, "target column 4 does not exist; the array has 4 columns"},
    {plain, "-5", NULL, L2OSR_ERANGE, "target column -5"},
    {plain, "99999999999999999999", NULL, L2OSR_ERANGE, "does not exist"},
    {plain, NULL, "-99999999999999999999", L2OSR_ERANGE, "weight column"},
    {plain, "", NULL, L2OSR_ENOTFOUND, "no column is called ''"},
    {plain, "1x", NULL, L2OSR_ENOTFOUND, "no column is called '1x', which should be the target"},
    {plain, NULL, "z", L2OSR_ENOTFOUND, "should be the weight"},
    {"rate,loss\n1,2\n", "los", NULL, L2OSR_ENOTFOUND, "did you mean 'loss'?"},
    {"1,2\n", "y", NULL, L2OSR_ENOTFOUND, "give the number of the target's"},
    {plain, "d", "-1", L2OSR_EINVAL, "column 3 is both target and weight"},
    {"a,y,y\n1,2,3\n", "y", NULL, L2OSR_EFORMAT, "columns 1 and 2 are both called 'y'"},
    {"w,y\n1,2\n", NULL, "w", L2OSR_EINVAL, "at least one must be a feature"},
    {"a\n1\n", NULL, NULL, L2OSR_EINVAL, "[rows][columns]"},
    {"a,w,y\n1,1,2\n2,-1,3\n", NULL, "w", L2OSR_ERANGE, "row 1, column 1 (w) is -1, which is a we"},
    {"2a,y\n1,2\n", NULL, NULL, L2OSR_EINVAL, "'2a' cannot name feature 0"},
};

START_TEST(bad_ones_are_refused) {
    l2osr_context *ctx = test_context();
    for (size_t i = 0; i < sizeof bad_tables / sizeof *bad_tables; i++) {
        l2osr_samples *s;
        l2osr_array *array = load(ctx, bad_tables[i].text);
        l2osr_table_options o = L2OSR_TABLE_OPTIONS_INIT;
        o.target = bad_tables[i].target;
        o.weight = bad_tables[i].weight;
        ck_assert_int_eq(l2osr_samples_from_table(&s, ctx, array, &o, NULL), bad_tables[i].status);
        ck_assert_ptr_null(s);
        ck_assert_msg(strstr(l2osr_context_errmsg(ctx), bad_tables[i].part) != NULL,
                      "no '%s' in: %s", bad_tables[i].part, l2osr_context_errmsg(ctx));
        l2osr_array_free(array);
    }
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(bad_options_are_refused) {
    l2osr_context *ctx = test_context();
    l2osr_array *array = load(ctx, plain);
    l2osr_samples *s;
    l2osr_table_options o = L2OSR_TABLE_OPTIONS_INIT;
    ck_assert_int_eq(l2osr_samples_from_table(NULL, ctx, array, NULL, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_samples_from_table(&s, NULL, array, NULL, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_samples_from_table(&s, ctx, NULL, NULL, NULL), L2OSR_EINVAL);
    o.nonfinite = (l2osr_nonfinite_rows)2;
    ck_assert_int_eq(l2osr_samples_from_table(&s, ctx, array, &o, NULL), L2OSR_EINVAL);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "nonfinite 2"));
    o.struct_size = 0;
    ck_assert_int_eq(l2osr_samples_from_table(&s, ctx, array, &o, NULL), L2OSR_EINVAL);
    ck_assert_ptr_null(s);
    l2osr_array_free(array);
    l2osr_context_free(ctx);
}
END_TEST

TCase *tables_tests(void) {
    TCase *tcase = tcase_create("tables");
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, defaults_take_the_last_column);
    tcase_add_test(tcase, columns_are_told_by_name_or_number);
    tcase_add_test(tcase, names_are_of_the_features_alone);
    tcase_add_test(tcase, rows_that_are_not_finite_are_reported_or_dropped);
    tcase_add_test(tcase, bad_ones_are_refused);
    tcase_add_test(tcase, bad_options_are_refused);
    return tcase;
}
