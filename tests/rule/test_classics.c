/* SPDX-License-Identifier: MIT */
/* The built-in rules against plain loops, and against recorded trajectories of torch.optim. */
#include "tests.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { N = 101, STEPS = 60 };

typedef struct classic {
    const char *name;
    double lr;
    /* moves x by gradient g; m and v are the parameter's memory */
    void (*step)(double *x, double g, double *m, double *v, double lr, int t);
} classic;

static void sgd(double *x, double g, double *m, double *v, double lr, int t) {
    (void)m;
    (void)v;
    (void)t;
    *x -= lr * g;
}

static void momentum(double *x, double g, double *m, double *v, double lr, int t) {
    (void)v;
    (void)t;
    *m = 0.9 * *m + g;
    *x -= lr * *m;
}

static void nesterov(double *x, double g, double *m, double *v, double lr, int t) {
    (void)v;
    (void)t;
    *m = 0.9 * *m + g;
    *x -= lr * (g + 0.9 * *m);
}

static void rmsprop(double *x, double g, double *m, double *v, double lr, int t) {
    (void)m;
    (void)t;
    *v = 0.99 * *v + 0.01 * g * g;
    *x -= lr * g / (sqrt(*v) + 1e-8);
}

static void adam(double *x, double g, double *m, double *v, double lr, int t) {
    *m = 0.9 * *m + 0.1 * g;
    *v = 0.999 * *v + 0.001 * g * g;
    *x -= lr * (*m / (1 - pow(0.9, t))) / (sqrt(*v / (1 - pow(0.999, t))) + 1e-8);
}

static const classic classics[] = {{"sgd", 0.1, sgd},
                                   {"momentum", 0.1, momentum},
                                   {"nesterov", 0.1, nesterov},
                                   {"rmsprop", 0.001, rmsprop},
                                   {"adam", 0.001, adam}};
enum { CLASSICS = sizeof classics / sizeof classics[0] };

static l2osr_stepper *make_classic(l2osr_context *ctx, const classic *c, size_t n,
                                   l2osr_dtype precision) {
    l2osr_rule *rule;
    ck_ok(l2osr_rule_preset(&rule, ctx, c->name), ctx);
    l2osr_stepper *stepper = make_stepper(ctx, rule, n, precision);
    l2osr_rule_free(rule); /* the stepper keeps it */
    return stepper;
}

START_TEST(plain_loops) {
    const classic *c = &classics[_i];
    double x[N] = {0}, wanted[N] = {0}, m[N] = {0}, v[N] = {0}, g[N];
    float x32[N] = {0}, g32[N];
    l2osr_context *ctx = test_context();
    l2osr_stepper *stepper = make_classic(ctx, c, N, L2OSR_F64);
    l2osr_stepper *single = make_classic(ctx, c, N, L2OSR_F32);
    l2osr_step_args args = L2OSR_STEP_ARGS_INIT;
    args.lr = c->lr;
    for (int t = 1; t <= STEPS; t++) {
        fill_gradient(g, N, (uint64_t)t);
        for (size_t i = 0; i < N; i++) {
            c->step(&wanted[i], g[i], &m[i], &v[i], c->lr, t);
            g32[i] = (float)g[i];
        }
        ck_ok(l2osr_stepper_step_f64(stepper, x, g, &args), ctx);
        ck_ok(l2osr_stepper_step_f32(single, x32, g32, &args), ctx);
        for (size_t i = 0; i < N; i++) {
            ck_assert_double_le(fabs(x[i] - wanted[i]), 1e-13 * (1 + fabs(wanted[i])));
            ck_assert_double_le(fabs((double)x32[i] - wanted[i]), 1e-5 * (1 + fabs(wanted[i])));
        }
    }
    l2osr_stepper_free(single);
    l2osr_stepper_free(stepper);
    l2osr_context_free(ctx);
}
END_TEST

static l2osr_array *load_golden(l2osr_context *ctx, const char *name) {
    char path[1024];
    l2osr_array *array;
    snprintf(path, sizeof path, "%s/golden/%s.npy", test_shared(), name);
    ck_ok(l2osr_array_load(&array, ctx, path), ctx);
    return array;
}

START_TEST(recorded_trajectories) {
    enum { ROWS = 25, COLUMNS = 7 };
    char name[64];
    double x[COLUMNS] = {0};
    l2osr_step_args args = L2OSR_STEP_ARGS_INIT;
    const classic *c = &classics[_i];
    if (!test_shared())
        return;
    l2osr_context *ctx = test_context();
    snprintf(name, sizeof name, "classical_golden_f64/%s", c->name);
    l2osr_array *gradients = load_golden(ctx, "grads_f64"), *wanted = load_golden(ctx, name);
    l2osr_stepper *stepper = make_classic(ctx, c, COLUMNS, L2OSR_F64);
    args.lr = c->lr;
    for (size_t t = 0; t < ROWS; t++) {
        const double *g = (const double *)l2osr_array_data(gradients) + t * COLUMNS;
        const double *row = (const double *)l2osr_array_data(wanted) + t * COLUMNS;
        ck_ok(l2osr_stepper_step_f64(stepper, x, g, &args), ctx);
        for (size_t i = 0; i < COLUMNS; i++)
            ck_assert_msg(fabs(x[i] - row[i]) <= 1e-10,
                          "%s: step %zu, coordinate %zu: %.17g, not %.17g", c->name, t + 1, i, x[i],
                          row[i]);
    }
    l2osr_stepper_free(stepper);
    l2osr_array_free(wanted);
    l2osr_array_free(gradients);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(all_are_listed) {
    for (size_t i = 0; i < CLASSICS; i++)
        ck_assert_str_eq(l2osr_rule_preset_name(i), classics[i].name);
    ck_assert_ptr_null(l2osr_rule_preset_name(CLASSICS));
    l2osr_context *ctx = test_context();
    l2osr_rule *rule;
    ck_assert_int_eq(l2osr_rule_preset(&rule, ctx, "adamw2"), L2OSR_ENOTFOUND);
    ck_assert_ptr_null(rule);
    ck_assert_str_eq(l2osr_context_errmsg(ctx),
                     "no rule 'adamw2'; there are sgd, momentum, nesterov, rmsprop, adam");
    ck_assert_int_eq(l2osr_rule_preset(&rule, ctx, NULL), L2OSR_ENOTFOUND);
    l2osr_context_free(ctx);
}
END_TEST

TCase *classic_tests(void) {
    TCase *tests = tcase_create("classics");
    tcase_add_loop_test(tests, plain_loops, 0, CLASSICS);
    tcase_add_loop_test(tests, recorded_trajectories, 0, CLASSICS);
    tcase_add_test(tests, all_are_listed);
    return tests;
}
