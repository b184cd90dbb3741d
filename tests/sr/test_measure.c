/* SPDX-License-Identifier: MIT */
/* Formulas of a front on samples; and running out of memory. */
#include <math.h>
#include <string.h>

#include "sr/front.h"
#include "tests.h"

static const char *const texts[] = {
    "0.5",
    "a + b",
    "-a[2] + ema(b, 0.9)",
    "(a - b)[1] * ema(a * b, 0.5)",
    "greater(a, b) / (1 - b^2)",
};
enum { TEXTS = sizeof texts / sizeof texts[0], RUNS = 5, STEPS = 7 };

static l2osr_front *make_front(l2osr_context *ctx) {
    return front_of_texts(ctx, texts, TEXTS);
}

/* Numbers in (0, 1) and the target -a[2] + ema(b, 0.9). */
static l2osr_samples *make_samples(l2osr_context *ctx, size_t runs, size_t steps) {
    static const char *const names[] = {"a", "b"};
    l2osr_samples *samples;
    ck_ok(l2osr_samples_create(&samples, ctx, 2, names, runs, steps), ctx);
    for (size_t i = 0; i < runs; i++) {
        float *a = l2osr_samples_series(samples, 0, i), *b = l2osr_samples_series(samples, 1, i);
        float average = 0;
        for (size_t t = 0; t < steps; t++) {
            a[t] = (float)((double)((i * steps + t) * 7 % 97 + 1) / 100);
            b[t] = (float)((double)((i * steps + t) * 13 % 89 + 1) / 100);
            average = 0.9f * average + (1 - 0.9f) * b[t];
            l2osr_samples_target(samples, i)[t] = -(t >= 2 ? a[t - 2] : 0) + average;
        }
    }
    return samples;
}

/* Errors of predictions, added up here. */
static double error_of(l2osr_context *ctx, const l2osr_front *front, size_t index,
                       l2osr_samples *samples) {
    float out[STEPS];
    double sum = 0;
    for (size_t i = 0; i < RUNS; i++) {
        ck_ok(l2osr_front_predict(front, index, samples, i, out), ctx);
        for (size_t t = 0; t < STEPS; t++) {
            const double r = (double)l2osr_samples_target(samples, i)[t] - (double)out[t];
            sum += r * r;
        }
    }
    return sum / (RUNS * STEPS);
}

START_TEST(measures_along_trajectories) {
    l2osr_context *ctx = test_context();
    l2osr_front *front = make_front(ctx);
    l2osr_samples *samples = make_samples(ctx, RUNS, STEPS);
    for (size_t i = 0; i < TEXTS; i++) {
        double mse, r2;
        ck_ok(l2osr_front_measure(front, i, samples, &mse, &r2), ctx);
        ck_assert_double_eq_tol(mse, error_of(ctx, front, i, samples), 1e-12 * (1 + mse));
        ck_assert(i == 2 ? mse < 1e-15 && r2 > 1 - 1e-12 : mse > 1e-3 && r2 < 1);
    }
    l2osr_front_free(front);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(measures_of_a_table) {
    l2osr_context *ctx = test_context();
    l2osr_front *front = make_front(ctx);
    l2osr_samples *samples = make_samples(ctx, 2000, 1);
    double mse, r2, expected = 0, mean = 0, variance = 0;
    for (size_t i = 0; i < 2000; i++) {
        const double y = (double)*l2osr_samples_target(samples, i);
        const float sum =
            *l2osr_samples_series(samples, 0, i) + *l2osr_samples_series(samples, 1, i);
        mean += y / 2000;
        variance += y * y / 2000;
        expected += (y - (double)sum) * (y - (double)sum) / 2000;
    }
    variance -= mean * mean;
    ck_ok(l2osr_front_measure(front, 1, samples, &mse, &r2), ctx);
    ck_assert_double_eq_tol(mse, expected, 1e-12);
    ck_assert_double_eq_tol(r2, 1 - expected / variance, 1e-9);
    l2osr_front_free(front);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(measures_without_a_value) {
    l2osr_context *ctx = test_context();
    l2osr_front *front;
    l2osr_samples *samples = make_samples(ctx, RUNS, STEPS);
    double mse, r2;
    ck_ok(l2osr_front_create(&front, ctx), ctx);
    ck_ok(l2osr_front_add(front, "exp(1000 * a)"), ctx);
    ck_ok(l2osr_front_add(front, "sqrt(a - 0.5)"), ctx);
    ck_ok(l2osr_front_add(front, "0.25"), ctx);
    for (size_t i = 0; i < 2; i++) {
        ck_ok(l2osr_front_measure(front, i, samples, &mse, &r2), ctx);
        ck_assert(mse == INFINITY && r2 == -INFINITY);
    }
    for (size_t i = 0; i < RUNS; i++)
        for (size_t t = 0; t < STEPS; t++)
            l2osr_samples_target(samples, i)[t] = 0.75f;
    ck_ok(l2osr_front_measure(front, 2, samples, &mse, &r2), ctx);
    ck_assert_double_eq(mse, 0.25);
    ck_assert(isnan(r2));
    l2osr_front_free(front);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(measures_refuse) {
    l2osr_context *ctx = test_context();
    l2osr_front *front;
    l2osr_samples *samples = make_samples(ctx, RUNS, STEPS);
    float out[STEPS];
    double mse, r2;
    ck_ok(l2osr_front_create(&front, ctx), ctx);
    ck_ok(l2osr_front_add(front, "a + speed"), ctx);
    ck_ok(l2osr_front_add(front, "mean(a)"), ctx);
    ck_assert_int_eq(l2osr_front_measure(front, 0, samples, &mse, &r2), L2OSR_EPARSE);
    ck_assert_str_eq(l2osr_context_errmsg(ctx),
                     "formula 0: line 1, column 5: unknown name 'speed'");
    ck_assert_int_eq(l2osr_front_measure(front, 1, samples, &mse, &r2), L2OSR_EUNSUPPORTED);
    ck_assert_int_eq(l2osr_front_measure(front, 2, samples, &mse, &r2), L2OSR_ERANGE);
    ck_assert_int_eq(l2osr_front_predict(front, 2, samples, 0, out), L2OSR_ERANGE);
    ck_assert_int_eq(l2osr_front_predict(front, 0, samples, RUNS, out), L2OSR_ERANGE);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "no trajectory 5"));
    ck_assert_int_eq(l2osr_front_measure(front, 0, NULL, &mse, &r2), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_front_measure(front, 0, samples, NULL, &r2), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_front_predict(front, 0, samples, 0, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_front_measure(NULL, 0, samples, &mse, &r2), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_front_predict(NULL, 0, samples, 0, out), L2OSR_EINVAL);
    l2osr_front_free(front);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

/* Samples with weights 0, 1 and 2, and without them where a row is there as often as its weight. */
static void make_weighted(l2osr_context *ctx, l2osr_samples **weighted, l2osr_samples **repeated) {
    enum { ROWS = 300 };
    static const char *const names[] = {"a", "b"};
    size_t n = 0;
    *weighted = make_samples(ctx, ROWS, 1);
    ck_ok(l2osr_samples_add_weights(*weighted), ctx);
    ck_ok(l2osr_samples_create(repeated, ctx, 2, names, ROWS, 1), ctx);
    for (size_t i = 0; i < ROWS; i++) {
        *l2osr_samples_weights(*weighted, i) = (float)(i % 3);
        for (size_t k = 0; k < i % 3; k++, n++)
            for (size_t f = 0; f < 3; f++)
                *l2osr_samples_series(*repeated, f, n) = *l2osr_samples_series(*weighted, f, i);
    }
    ck_assert_uint_eq(n, ROWS);
}

START_TEST(a_weight_of_2_is_a_row_twice) {
    l2osr_context *ctx = test_context();
    l2osr_front *front = make_front(ctx);
    l2osr_samples *weighted, *repeated;
    make_weighted(ctx, &weighted, &repeated);
    /* what does not count may be anything */
    *l2osr_samples_series(weighted, 0, 0) = *l2osr_samples_series(weighted, 0, 3) = NAN;
    for (size_t i = 0; i < TEXTS; i++) {
        double mse, r2, mse_repeated, r2_repeated;
        ck_ok(l2osr_front_measure(front, i, weighted, &mse, &r2), ctx);
        ck_ok(l2osr_front_measure(front, i, repeated, &mse_repeated, &r2_repeated), ctx);
        ck_assert(isfinite(mse) && isfinite(r2));
        ck_assert_double_eq_tol(mse, mse_repeated, 1e-12 * (1 + mse));
        ck_assert_double_eq_tol(r2, r2_repeated, 1e-12 * (1 + fabs(r2)));
    }
    l2osr_front_free(front);
    l2osr_samples_free(weighted);
    l2osr_samples_free(repeated);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(no_row_counts) {
    l2osr_context *ctx = test_context();
    l2osr_front *front = make_front(ctx);
    l2osr_samples *samples = make_samples(ctx, RUNS, STEPS);
    double mse, r2;
    ck_ok(l2osr_samples_add_weights(samples), ctx);
    for (size_t i = 0; i < RUNS; i++)
        memset(l2osr_samples_weights(samples, i), 0, STEPS * sizeof(float));
    ck_ok(l2osr_front_measure(front, 1, samples, &mse, &r2), ctx);
    ck_assert_double_eq(mse, 0);
    ck_assert(isnan(r2));
    l2osr_front_free(front);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

static double twice(void *user, double a, double b) {
    (void)b;
    return *(const double *)user * a;
}

static double hypotenuse(void *user, double a, double b) {
    (void)user;
    return sqrt(a * a + b * b);
}

static double two = 2;
static const l2osr__function functions[] = {{"twice", 1, twice, NULL, NULL, &two},
                                            {"hypot", 2, hypotenuse, NULL, NULL, NULL}};

START_TEST(formulas_call_functions) {
    char path[256];
    l2osr_context *ctx = test_context();
    l2osr_front *front, *read;
    l2osr_samples *samples = make_samples(ctx, RUNS, STEPS);
    float out[STEPS];
    ck_ok(l2osr__front_new(&front, ctx, functions, 2), ctx);
    ck_ok(l2osr_front_add(front, "hypot(a, twice(3)) - ema(twice(b), 0.5)"), ctx);
    ck_assert_uint_eq(l2osr_front_get(front, 0)->complexity, 9);
    ck_ok(l2osr_front_predict(front, 0, samples, 1, out), ctx);
    double average = 0;
    for (size_t t = 0; t < STEPS; t++) {
        average = 0.5 * average + (double)l2osr_samples_series(samples, 1, 1)[t];
        ck_assert_double_eq_tol(
            (double)out[t],
            hypotenuse(NULL, (double)l2osr_samples_series(samples, 0, 1)[t], 6) - average, 1e-5);
    }
    test_tmp_path(path, sizeof path, "front.csv");
    ck_ok(l2osr_front_save_pysr(front, path), ctx);
    ck_ok(l2osr_front_save(front, path), ctx);
    ck_assert_int_eq(l2osr_front_load(&read, ctx, path), L2OSR_EPARSE);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "unknown function 'hypot'"));
    l2osr_front_free(front);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(fronts_keep_the_functions_of_their_search) {
    const struct l2osr_sr_function f = {sizeof f, "hypot", 2, hypotenuse, NULL, NULL, NULL};
    const struct l2osr_sr_function *const list[] = {&f};
    l2osr_sr_options o = L2OSR_SR_OPTIONS_INIT;
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_samples(ctx, 200, 1);
    double mse, r2;
    for (size_t i = 0; i < 200; i++)
        *l2osr_samples_target(samples, i) =
            (float)hypotenuse(NULL, (double)*l2osr_samples_series(samples, 0, i),
                              (double)*l2osr_samples_series(samples, 1, i));
    o.operators = "+ -";
    o.functions = list;
    o.n_functions = 1;
    o.evaluations = 2000;
    l2osr_front *front = search_front(ctx, samples, &o);
    const size_t last = l2osr_front_size(front) - 1;
    ck_assert_ptr_nonnull(strstr(l2osr_front_get(front, last)->equation, "hypot("));
    ck_ok(l2osr_front_measure(front, last, samples, &mse, &r2), ctx);
    ck_assert_double_gt(r2, 0.999);
    ck_ok(l2osr_front_add(front, "hypot(b, a)"), ctx);
    l2osr_front_free(front);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

/* Everything that allocates, once. */
struct journey {
    const l2osr_samples *samples;
    const char *path;
};

static l2osr_status go_through(l2osr_context *ctx, void *user) {
    const struct journey *j = user;
    l2osr_front *front = NULL, *read = NULL;
    float out[STEPS];
    double mse, r2;
    l2osr_status status = l2osr__front_new(&front, ctx, functions, 2);
    for (size_t i = 0; status == L2OSR_OK && i < 20; i++) {
        status = l2osr_front_add(front, texts[i % TEXTS]);
        ck_assert_uint_eq(l2osr_front_size(front), i + (status == L2OSR_OK));
    }
    if (status == L2OSR_OK)
        status = l2osr_front_save(front, j->path);
    if (status == L2OSR_OK)
        status = l2osr_front_save_pysr(front, j->path);
    if (status == L2OSR_OK)
        status = l2osr_front_load(&read, ctx, j->path);
    if (status == L2OSR_OK)
        status = l2osr_front_measure(read, 2, j->samples, &mse, &r2);
    if (status == L2OSR_OK)
        status = l2osr_front_predict(read, 2, j->samples, 1, out);
    l2osr_front_free(front);
    l2osr_front_free(read);
    return status;
}

START_TEST(every_failed_allocation) {
    char path[256];
    l2osr_context *safe = test_context();
    l2osr_samples *samples = make_samples(safe, RUNS, STEPS);
    test_tmp_path(path, sizeof path, "front.csv");
    ck_assert_int_ge(fail_every_allocation(go_through, &(struct journey){samples, path}), 200);
    l2osr_samples_free(samples);
    l2osr_context_free(safe);
}
END_TEST

TCase *measure_tests(void) {
    TCase *tests = tcase_create("measure");
    tcase_add_test(tests, measures_along_trajectories);
    tcase_add_test(tests, measures_of_a_table);
    tcase_add_test(tests, measures_without_a_value);
    tcase_add_test(tests, a_weight_of_2_is_a_row_twice);
    tcase_add_test(tests, no_row_counts);
    tcase_add_test(tests, formulas_call_functions);
    tcase_add_test(tests, fronts_keep_the_functions_of_their_search);
    tcase_add_test(tests, measures_refuse);
    tcase_add_test(tests, every_failed_allocation);
    return tests;
}
