/* SPDX-License-Identifier: MIT */
#include "tests.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"g", "m_2"};

/* Numbers that a decimal text easily misses. */
static l2osr_samples *make(l2osr_context *ctx, size_t steps, bool weighted) {
    static const float values[] = {0.1f,     -0.0f,    1e-45f, FLT_MAX,          1.0f / 3,
                                   16777216, -FLT_MIN, 1e-8f,  (float)-INFINITY, 123456.789f};
    const size_t n = sizeof values / sizeof *values;
    size_t k = 0;
    l2osr_samples *s;
    ck_ok(l2osr_samples_create(&s, ctx, 2, names, 3, steps), ctx);
    if (weighted)
        ck_ok(l2osr_samples_add_weights(s), ctx);
    for (size_t i = 0; i < 3; i++)
        for (size_t t = 0; t < steps; t++) {
            for (size_t f = 0; f <= 2; f++)
                l2osr_samples_series(s, f, i)[t] = values[k++ % n];
            if (weighted)
                l2osr_samples_weights(s, i)[t] = values[k++ % n];
        }
    return s;
}

static void check_same(l2osr_samples *a, l2osr_samples *b, bool weighted) {
    const size_t steps = l2osr_samples_steps(b), bytes = steps * sizeof(float);
    ck_assert_uint_eq(l2osr_samples_steps(a), steps);
    ck_assert_uint_eq(l2osr_samples_trajectories(a), 3);
    ck_assert_uint_eq(l2osr_samples_features(a), 2);
    for (size_t i = 0; i < 3; i++) {
        for (size_t f = 0; f <= 2; f++)
            ck_assert_mem_eq(l2osr_samples_series(a, f, i), l2osr_samples_series(b, f, i), bytes);
        if (weighted)
            ck_assert_mem_eq(l2osr_samples_weights(a, i), l2osr_samples_weights(b, i), bytes);
        else
            ck_assert_ptr_null(l2osr_samples_weights(a, i));
    }
}

START_TEST(round_trips_to_the_same_bits) {
    l2osr_context *ctx = test_context();
    char path[512];
    test_tmp_path(path, sizeof path, "samples.csv");
    for (size_t steps = 1; steps <= 7; steps += 3)
        for (int weighted = 0; weighted < 2; weighted++) {
            l2osr_samples *s = make(ctx, steps, weighted), *copy;
            ck_ok(l2osr_samples_save(s, path), ctx);
            ck_ok(l2osr_samples_load(&copy, ctx, NULL, path), ctx);
            check_same(copy, s, weighted);
            ck_assert_str_eq(l2osr_samples_name(copy, 1), "m_2");
            l2osr_samples_free(copy);
            l2osr_samples_free(s);
        }
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(writes_a_line_for_each_step) {
    l2osr_context *ctx = test_context();
    char path[512], text[256];
    l2osr_samples *s;
    ck_ok(l2osr_samples_create(&s, ctx, 2, names, 2, 2), ctx);
    ck_ok(l2osr_samples_add_weights(s), ctx);
    l2osr_samples_series(s, 1, 0)[1] = 0.1f;
    l2osr_samples_target(s, 1)[0] = (float)NAN;
    l2osr_samples_weights(s, 1)[1] = 2;
    test_tmp_path(path, sizeof path, "lines.csv");
    ck_ok(l2osr_samples_save(s, path), ctx);
    FILE *file = fopen(path, "rb");
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    ck_assert_str_eq(text, "trajectory,g,m_2,target,weight\n"
                           "0,0,0,0,1\n0,0,0.1,0,1\n1,0,0,nan,1\n1,0,0,0,2\n");
    l2osr_samples_free(s);
    l2osr_context_free(ctx);
}
END_TEST

static l2osr_status load_text(l2osr_samples **out, l2osr_context *ctx, const char *const *given,
                              const char *text) {
    return l2osr_samples_load(out, ctx, given, put_file("table.csv", text, strlen(text)));
}

/* As a person's own program may write it. */
START_TEST(reads_any_order_of_columns_and_any_numbers) {
    l2osr_context *ctx = test_context();
    l2osr_samples *s;
    static const char text[] = "weight;target;b;trajectory;a\n"
                               "1;2;3;-4;5\n6;7;8;-4;9\n0.5;1;2;1e6;3\n4;5;6;1e6;7\n";
    for (int given = 0; given < 2; given++) {
        ck_ok(load_text(&s, ctx, given ? names : NULL, text), ctx);
        ck_assert_uint_eq(l2osr_samples_trajectories(s), 2);
        ck_assert_uint_eq(l2osr_samples_steps(s), 2);
        ck_assert_str_eq(l2osr_samples_name(s, 0), given ? "g" : "b");
        ck_assert_str_eq(l2osr_samples_name(s, 1), given ? "m_2" : "a");
        ck_assert_float_eq(l2osr_samples_series(s, 0, 0)[1], 8);
        ck_assert_float_eq(l2osr_samples_series(s, 1, 1)[0], 3);
        ck_assert_float_eq(l2osr_samples_target(s, 1)[1], 5);
        ck_assert_float_eq(l2osr_samples_weights(s, 1)[0], 0.5f);
        l2osr_samples_free(s);
    }
    l2osr_context_free(ctx);
}
END_TEST

static const struct {
    const char *text, *part;
} bad_files[] = {
    {"1,2\n3,4\n", "no column is called 'trajectory'; for a table of independent rows use "
                   "l2osr_samples_from_table"},
    {"a,target\n3,4\n", "no column is called 'trajectory'"},
    {"trajectory,a,y\n0,1,2\n", "none 'target'"},
    {"trajectory,target,weight\n0,1,2\n", "there is no feature"},
    {"trajectory,a,target,target\n0,1,2,3\n", "columns 2 and 3 are both called 'target'"},
    {"trajectory,a,target\n0,1,2\n0,1,2\n1,1,2\n1,1,2\n1,1,2\n2,1,2\n",
     "trajectory 1 has 3 steps, but trajectory 0 has 2"},
    {"trajectory,a,target\n1234567,1,2\n1234567,1,2\n2234567,1,2\n", "trajectory 2234567 has 1 st"},
    {"trajectory,a,target\n0,1,2\n1,1,2\n0,1,2\n", "row 2: trajectory 0 is out of order"},
    {"trajectory,a,target\nnan,1,2\n", "row 0: trajectory nan"},
    {"trajectory,a,target\n1,1,2\ninf,1,2\n", "row 1: trajectory inf"},
    {"trajectory,a,target\n1,1\n", "line 2 has 2 columns"},
    {"trajectory,a,target\n", "no line of numbers"},
};

START_TEST(rejects_malformed_files) {
    l2osr_context *ctx = test_context();
    for (size_t i = 0; i < sizeof bad_files / sizeof *bad_files; i++) {
        l2osr_samples *s;
        ck_assert_int_eq(load_text(&s, ctx, NULL, bad_files[i].text), L2OSR_EFORMAT);
        ck_assert_ptr_null(s);
        const char *message = l2osr_context_errmsg(ctx);
        ck_assert_msg(strstr(message, "table.csv: ") && strstr(message, bad_files[i].part),
                      "no '%s' in: %s", bad_files[i].part, message);
    }
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(refuses_names_of_other_columns) {
    l2osr_context *ctx = test_context();
    static const char *const bad[] = {"trajectory", "target", "weight"};
    for (size_t i = 0; i < 3; i++) {
        char path[512], part[64];
        l2osr_samples *s;
        ck_ok(l2osr_samples_create(&s, ctx, 1, bad + i, 1, 1), ctx);
        test_tmp_path(path, sizeof path, "refused.csv");
        ck_assert_int_eq(l2osr_samples_save(s, path), L2OSR_EINVAL);
        snprintf(part, sizeof part, "refused.csv: feature 0 is called '%s'", bad[i]);
        ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), part));
        ck_assert_ptr_null(fopen(path, "rb"));
        l2osr_samples_free(s);
    }
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(weights_do_not_go_into_npy) {
    l2osr_context *ctx = test_context();
    char path[512];
    l2osr_samples *s = make(ctx, 2, true);
    test_tmp_path(path, sizeof path, "weighted.npy");
    ck_assert_int_eq(l2osr_samples_save(s, path), L2OSR_EINVAL);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "save them as .csv"));
    ck_assert_ptr_null(fopen(path, "rb"));
    ck_assert_int_eq(l2osr_samples_save(s, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_samples_save(s, "/nonexistent/x.csv"), L2OSR_EIO);
    l2osr_samples_free(s);
    l2osr_context_free(ctx);
}
END_TEST

TCase *samples_csv_tests(void) {
    TCase *tcase = tcase_create("samples_csv");
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, round_trips_to_the_same_bits);
    tcase_add_test(tcase, writes_a_line_for_each_step);
    tcase_add_test(tcase, reads_any_order_of_columns_and_any_numbers);
    tcase_add_test(tcase, rejects_malformed_files);
    tcase_add_test(tcase, refuses_names_of_other_columns);
    tcase_add_test(tcase, weights_do_not_go_into_npy);
    return tcase;
}
