/* SPDX-License-Identifier: MIT */
/* Small least-squares problems, against Gaussian elimination in extended precision. */
#include <math.h>
#include <string.h>

#include "bench.h"
#include "vec/random.h"

enum { ROWS = 200, MOST = 12 };

/* Columns and a target. */
struct problem {
    int n;
    double column[MOST][ROWS], target[ROWS], weight[ROWS];
};

static void draw(struct problem *p, int n, uint64_t seed) {
    l2osr__rng rng;
    l2osr__rng_init(&rng, 21, seed);
    p->n = n;
    for (int i = 0; i < ROWS; i++) {
        p->weight[i] = 1;
        p->target[i] = 3 + l2osr__rng_normal(&rng);
        for (int k = 0; k < n; k++) {
            p->column[k][i] = (k % 3) + pow(10, k % 5 - 2) * l2osr__rng_normal(&rng);
            p->target[i] += 0.3 * (k - 2) * p->column[k][i] / pow(10, k % 5 - 2);
        }
    }
}

static void add_up(const struct problem *p, l2osr__products *out) {
    memset(out, 0, sizeof *out);
    out->n = p->n;
    for (int i = 0; i < ROWS; i++) {
        const double w = p->weight[i], y = p->target[i];
        out->one += w;
        out->target += w * y;
        out->target_square += w * y * y;
        for (int k = 0; k < p->n; k++) {
            out->sum[k] += w * p->column[k][i];
            out->with_target[k] += w * p->column[k][i] * y;
            for (int j = 0; j <= k; j++)
                out->matrix[k * p->n + j] += w * p->column[k][i] * p->column[j][i];
        }
    }
}

/* Column k of the problem with an offset: the last one is 1. */
static long double entry(const struct problem *p, int k, int i) {
    return k < p->n ? (long double)p->column[k][i] : 1;
}

/* The same without any of the library's shortcuts. */
static void solve_plainly(const struct problem *p, bool centred, l2osr__solution *out) {
    const int n = p->n + centred;
    long double matrix[(MOST + 1) * (MOST + 1)] = {0}, right[MOST + 1] = {0}, x[MOST + 1];
    for (int i = 0; i < ROWS; i++)
        for (int k = 0; k < n; k++) {
            right[k] += p->weight[i] * entry(p, k, i) * p->target[i];
            for (int j = 0; j < n; j++)
                matrix[k * n + j] += p->weight[i] * entry(p, k, i) * entry(p, j, i);
        }
    plain_solve(n, matrix, right, x);
    for (int k = 0; k < p->n; k++)
        out->weight[k] = (double)x[k];
    out->offset = centred ? (double)x[p->n] : 0;
}

static double error_of(const struct problem *p, const l2osr__solution *s) {
    double sum = 0, one = 0;
    for (int i = 0; i < ROWS; i++) {
        double left = p->target[i] - s->offset;
        for (int k = 0; k < p->n; k++)
            left -= s->weight[k] * p->column[k][i];
        sum += p->weight[i] * left * left;
        one += p->weight[i];
    }
    return sum / one;
}

static void compare(const struct problem *p, bool centred) {
    l2osr__products products;
    l2osr__solution found, expected;
    add_up(p, &products);
    l2osr__linear_fit(&products, centred, &found);
    solve_plainly(p, centred, &expected);
    ck_assert_double_eq_tol(found.offset, expected.offset, 1e-8 * (1 + fabs(expected.offset)));
    for (int k = 0; k < p->n; k++)
        ck_assert_double_eq_tol(found.weight[k], expected.weight[k],
                                1e-8 * (0.01 + fabs(expected.weight[k])));
    ck_assert_double_eq_tol(found.mse, error_of(p, &expected),
                            1e-8 * products.target_square / ROWS);
}

START_TEST(fits_agree_with_plain_elimination) {
    struct problem p;
    for (int n = 1; n <= MOST; n++)
        for (uint64_t seed = 0; seed < 20; seed++) {
            draw(&p, n, seed);
            compare(&p, false);
            compare(&p, true);
            for (int i = 0; i < ROWS; i++)
                p.weight[i] = i % 4;
            compare(&p, false);
            compare(&p, true);
        }
}
END_TEST

START_TEST(without_columns_there_is_the_mean) {
    struct problem p;
    l2osr__products products;
    l2osr__solution found;
    draw(&p, 0, 1);
    add_up(&p, &products);
    l2osr__linear_fit(&products, true, &found);
    ck_assert_double_eq(found.offset, products.target / ROWS);
    ck_assert_double_eq_tol(found.mse, error_of(&p, &found), 1e-10);
    l2osr__linear_fit(&products, false, &found);
    ck_assert_double_eq(found.offset, 0);
    ck_assert_double_eq(found.mse, products.target_square / ROWS);
}
END_TEST

/* Column 2 is made of the others; the rest must be as if it were not there. */
static void check_left_out(struct problem *p, bool centred) {
    l2osr__products products;
    l2osr__solution found, expected;
    struct problem without = *p;
    without.n = 3;
    memcpy(without.column[2], p->column[3], sizeof p->column[3]);
    add_up(p, &products);
    l2osr__linear_fit(&products, centred, &found);
    solve_plainly(&without, centred, &expected);
    ck_assert_double_eq(found.weight[2], 0);
    ck_assert_double_eq_tol(found.weight[0], expected.weight[0], 1e-7);
    ck_assert_double_eq_tol(found.weight[1], expected.weight[1], 1e-7);
    ck_assert_double_eq_tol(found.weight[3], expected.weight[2], 1e-7 * fabs(expected.weight[2]));
    ck_assert_double_eq_tol(found.mse, error_of(&without, &expected), 1e-8);
}

START_TEST(collinear_columns_get_weight_zero) {
    struct problem p;
    draw(&p, 4, 3);
    for (int i = 0; i < ROWS; i++)
        p.column[2][i] = p.column[0][i];
    check_left_out(&p, false);
    check_left_out(&p, true);
    for (int i = 0; i < ROWS; i++)
        p.column[2][i] = 2 * p.column[0][i] - 3e-3 * p.column[1][i];
    check_left_out(&p, false);
    check_left_out(&p, true);
    for (int i = 0; i < ROWS; i++)
        p.column[2][i] = 0;
    check_left_out(&p, false);
    check_left_out(&p, true);
    for (int i = 0; i < ROWS; i++)
        p.column[2][i] = 1e6; /* with an offset it adds nothing */
    check_left_out(&p, true);
    for (int i = 0; i < ROWS; i++)
        p.column[2][i] = 5 + 0.5 * p.column[1][i];
    check_left_out(&p, true);
}
END_TEST

/* Units of columns and target change weights and errors by these, whatever their size. */
START_TEST(units_do_not_matter) {
    const double units[] = {1e-30, 1e-10, 1e10, 1e30};
    struct problem p, scaled;
    l2osr__products products;
    l2osr__solution plain, found;
    draw(&p, 5, 4);
    add_up(&p, &products);
    l2osr__linear_fit(&products, true, &plain);
    for (int k = 0; k < 4; k++)
        for (int j = 0; j < 4; j++) {
            scaled = p;
            for (int i = 0; i < ROWS; i++) {
                scaled.column[1][i] *= units[k];
                scaled.target[i] *= units[j];
            }
            add_up(&scaled, &products);
            l2osr__linear_fit(&products, true, &found);
            ck_assert_double_eq_tol(found.weight[1] * units[k] / units[j], plain.weight[1], 1e-9);
            ck_assert_double_eq_tol(found.weight[3] / units[j], plain.weight[3], 1e-9);
            ck_assert_double_eq_tol(found.mse / units[j] / units[j], plain.mse, 1e-9);
        }
}
END_TEST

START_TEST(solves_symmetric_systems) {
    l2osr__rng rng;
    l2osr__rng_init(&rng, 22, 0);
    for (int n = 1; n <= L2OSR__LINEAR_LIMIT; n += 7) {
        double root[L2OSR__LINEAR_LIMIT * L2OSR__LINEAR_LIMIT], right[L2OSR__LINEAR_LIMIT];
        double matrix[L2OSR__LINEAR_LIMIT * L2OSR__LINEAR_LIMIT], x[L2OSR__LINEAR_LIMIT];
        static long double a[L2OSR__LINEAR_LIMIT * L2OSR__LINEAR_LIMIT];
        long double r[L2OSR__LINEAR_LIMIT], expected[L2OSR__LINEAR_LIMIT];
        for (int i = 0; i < n * n; i++)
            root[i] = l2osr__rng_normal(&rng);
        for (int i = 0; i < n; i++) {
            r[i] = right[i] = l2osr__rng_normal(&rng);
            for (int j = 0; j < n; j++) {
                matrix[i * n + j] = i == j; /* well conditioned */
                for (int k = 0; k < n; k++)
                    matrix[i * n + j] += root[i * n + k] * root[j * n + k];
                a[i * n + j] = matrix[i * n + j];
            }
        }
        plain_solve(n, a, r, expected);
        l2osr__linear_solve(n, matrix, right, 1e-12, x);
        for (int i = 0; i < n; i++)
            ck_assert_double_eq_tol(x[i], (double)expected[i], 1e-9);
    }
}
END_TEST

TCase *linear_tests(void) {
    TCase *tests = tcase_create("least squares");
    tcase_add_test(tests, fits_agree_with_plain_elimination);
    tcase_add_test(tests, without_columns_there_is_the_mean);
    tcase_add_test(tests, collinear_columns_get_weight_zero);
    tcase_add_test(tests, units_do_not_matter);
    tcase_add_test(tests, solves_symmetric_systems);
    return tests;
}
