/* SPDX-License-Identifier: MIT */
/* Fronts that PySR found, from the data beside the project: our reader and evaluator must give
 * their errors and complexities. */
#include <math.h>
#include <stdio.h>

#include "tests.h"

enum { COLUMNS = 8 };

/* The first n rows of a table, on which PySR's front was fitted. */
static l2osr_samples *load_rows(l2osr_context *ctx, const char *path, size_t n,
                                const char *const *names) {
    l2osr_array *array;
    l2osr_samples *samples;
    ck_ok(l2osr_array_load(&array, ctx, path), ctx);
    ck_assert_uint_eq(l2osr_array_extent(array, 1), COLUMNS + 1);
    ck_ok(l2osr_samples_create(&samples, ctx, COLUMNS, names, n, 1), ctx);
    for (size_t i = 0; i < n; i++) {
        for (size_t c = 0; c < COLUMNS; c++)
            *l2osr_samples_series(samples, c, i) =
                (float)l2osr_array_get(array, i * (COLUMNS + 1) + c);
        *l2osr_samples_target(samples, i) =
            (float)l2osr_array_get(array, i * (COLUMNS + 1) + COLUMNS);
    }
    l2osr_array_free(array);
    return samples;
}

static void check_errors(l2osr_context *ctx, const l2osr_front *front,
                         const l2osr_samples *samples) {
    for (size_t i = 0; i < l2osr_front_size(front); i++) {
        const l2osr_formula *f = l2osr_front_get(front, i);
        double mse, r2;
        ck_ok(l2osr_front_measure(front, i, samples, &mse, &r2), ctx);
        ck_assert_msg(fabs(mse - f->mse) <= 2e-5 * f->mse, "%u: %.9g instead of %.9g",
                      f->complexity, mse, f->mse);
        ck_assert(r2 > -1e-6 && r2 < 0.75); /* the first formula is a constant */
    }
}

static void check_front(const char *name, size_t n, size_t formulas, const char *const *names) {
    char path[512];
    l2osr_front *front, *counted, *read;
    if (!test_shared())
        return;
    l2osr_context *ctx = test_context();
    snprintf(path, sizeof path, "%s/sr/%s.npy", test_shared(), name);
    l2osr_samples *samples = load_rows(ctx, path, n, names);
    snprintf(path, sizeof path, "%s/sr/%s.pysr.csv", test_shared(), name);
    ck_ok(l2osr_front_load(&front, ctx, path), ctx);
    ck_assert_uint_eq(l2osr_front_size(front), formulas);
    check_errors(ctx, front, samples);
    ck_ok(l2osr_front_create(&counted, ctx), ctx);
    for (size_t i = 0; i < formulas; i++)
        ck_ok(l2osr_front_add(counted, l2osr_front_get(front, i)->equation), ctx);
    /* complexities counted by us, and both formats read back, are the same formulas */
    check_same_front(front, counted, false);
    test_tmp_path(path, sizeof path, "hall.csv");
    ck_ok(l2osr_front_save_pysr(front, path), ctx);
    ck_ok(l2osr_front_load(&read, ctx, path), ctx);
    check_same_front(front, read, false);
    l2osr_front_free(front);
    l2osr_front_free(counted);
    l2osr_front_free(read);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}

START_TEST(front_dm_g04_a) {
    const char *const names[] = {"g0", "g1", "g2", "g3", "g4", "t", "avg1", "avg2"};
    check_front("dm_g04_a", 1860, 3, names);
}
END_TEST

START_TEST(front_dm_sr3) {
    const char *const names[] = {"g0", "g1", "g2", "g3", "g4", "mean_g", "mean_g2", "t"};
    check_front("dm_sr3", 5661, 141, names);
}
END_TEST

Suite *suite_pysr(void) {
    Suite *suite = suite_create("pysr");
    TCase *tests = tcase_create("fronts");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, front_dm_g04_a);
    tcase_add_test(tests, front_dm_sr3);
    suite_add_tcase(suite, tests);
    return suite;
}
