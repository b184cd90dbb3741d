/* SPDX-License-Identifier: MIT */
/* The rules of Eq. 6: from zero, from samples, from another rule. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "suites.h"
#include "support.h"

#define FEATURES                                                                                   \
    "l2osr-rule 1\n"                                                                               \
    "let b = 0.95\n"                                                                               \
    "let m = ema(g, b)\n"                                                                          \
    "let mhat = m / (1 - b^t)\n"                                                                   \
    "let vhat = ema(g^2, b) / (1 - b^t)\n"                                                         \
    "let vs = sqrt(vhat) + 1e-12\n"                                                                \
    "let mt = mhat / vs\n"                                                                         \
    "let gt = g / vs\n"

/* ---- from zero ---- */

static const double linear_gamma[] = {INFINITY, 2};

static const struct {
    l2osr_eq6_options options;
    const char *text;
} zeros[] = {
    {L2OSR_EQ6_OPTIONS_INIT,
     FEATURES "let gamma_mt = ~1\nlet soft_mt = gamma_mt * tanh(mt / gamma_mt)\n"
              "let gamma_gt = ~1\nlet soft_gt = gamma_gt * tanh(gt / gamma_gt)\n"
              "default lr = 0.01\n"
              "update = -lr * (~0 * soft_mt + ~0 * soft_mt[1] + ~0 * soft_mt[2] + ~0 * soft_gt + "
              "~0 * soft_gt[1] + ~0 * soft_gt[2])\n"},
    {{sizeof(l2osr_eq6_options), "g, q", "let q = sign(g)\n", 2, linear_gamma, 2, 1, 0.5, 0},
     "l2osr-rule 1\nlet q = sign(g)\nlet gamma_q = 2\nlet soft_q = gamma_q * tanh(q / gamma_q)\n"
     "default lr = 0.5\n"
     "update = -lr * (~0 * g + ~0 * g[1] + ~0 * soft_q + ~0 * soft_q[1])\n"},
};

START_TEST(rules_of_zeros) {
    l2osr_context *ctx = test_context();
    l2osr_rule *rule;
    ck_ok(l2osr_eq6_rule(&rule, ctx, &zeros[_i].options), ctx);
    ck_assert_str_eq(l2osr_rule_text(rule), zeros[_i].text);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}
END_TEST

/* ---- what it computes ---- */

enum { SIZE = 7, UNROLL = 20 };

/* 0.5 |A x - b|^2 and its gradient. */
static double quadratic(const double *A, const double *b, const double *x, double *g) {
    double loss = 0;
    memset(g, 0, SIZE * sizeof *g);
    for (int i = 0; i < SIZE; i++) {
        double r = -b[i];
        for (int j = 0; j < SIZE; j++)
            r += A[i * SIZE + j] * x[j];
        for (int j = 0; j < SIZE; j++)
            g[j] += A[i * SIZE + j] * r;
        loss += 0.5 * r * r;
    }
    return loss;
}

static void check_golden(l2osr_context *ctx, l2osr_rule *rule) {
    const size_t n = SIZE;
    const l2osr_stepper_options o = {.struct_size = sizeof o, .precision = L2OSR_F64};
    const l2osr_step_args args = {.struct_size = sizeof args, .lr = 0.01};
    double A[SIZE * SIZE], b[SIZE], x[SIZE], g[SIZE], losses[UNROLL], meta, sum = 0;
    l2osr_stepper *stepper;
    test_golden(ctx, "quadratic/A", A, SIZE * SIZE);
    test_golden(ctx, "quadratic/b", b, SIZE);
    test_golden(ctx, "quadratic/x0", x, SIZE);
    test_golden(ctx, "eq6_golden_f64/losses", losses, UNROLL);
    test_golden(ctx, "eq6_golden_f64/metaloss", &meta, 1);
    ck_ok(l2osr_stepper_create(&stepper, ctx, rule, 1, &n, &o), ctx);
    for (int t = 0; t < UNROLL; t++) {
        const double loss = quadratic(A, b, x, g);
        ck_assert_double_eq_tol(loss, losses[t], 1e-9 * losses[t]);
        sum += loss;
        ck_ok(l2osr_stepper_step_f64(stepper, x, g, &args), ctx);
    }
    ck_assert_double_eq_tol(sum + quadratic(A, b, x, g), meta, 1e-9 * meta);
    l2osr_stepper_free(stepper);
}

/* The built-in rule has one gamma, the family one for each feature. */
START_TEST(losses_of_the_golden_window) {
    if (!test_shared())
        return;
    l2osr_context *ctx = test_context();
    l2osr_rule *plain, *rule;
    double constants[8]; /* gamma twice, then W */
    test_golden(ctx, "eq6_golden_f64/gamma", constants, 1);
    test_golden(ctx, "eq6_golden_f64/W", constants + 2, 6);
    constants[1] = constants[0];
    ck_ok(l2osr_eq6_rule(&plain, ctx, NULL), ctx);
    ck_ok(l2osr_rule_with_constants(&rule, plain, constants), ctx);
    check_golden(ctx, rule);
    l2osr_rule_free(rule);
    l2osr_rule_free(plain);
    ck_ok(l2osr_rule_preset(&plain, ctx, "eq6"), ctx);
    ck_assert_uint_eq(l2osr_rule_constant_count(plain), 7);
    ck_ok(l2osr_rule_with_constants(&rule, plain, constants + 1), ctx);
    check_golden(ctx, rule);
    l2osr_rule_free(rule);
    l2osr_rule_free(plain);
    l2osr_context_free(ctx);
}
END_TEST

/* ---- from samples ---- */

enum { SERIES = 30, STEPS = 700, TAPS = 3 };

static const double field[2][TAPS] = {{0.5, -0.3, 0.1}, {0, 0.2, -0.05}};
static const char *const names[] = {"mt", "gt"};

static double past(const float *series, size_t t, size_t lag) {
    return t >= lag ? series[t - lag] : 0;
}

/* psi of the field above, with these gamma. */
static double psi(l2osr_samples *s, const double *gamma, size_t i, size_t t) {
    double sum = 0;
    for (size_t f = 0; f < 2; f++)
        for (size_t lag = 0; lag < TAPS; lag++) {
            const double x = past(l2osr_samples_series(s, f, i), t, lag);
            sum += field[f][lag] * (isinf(gamma[f]) ? x : gamma[f] * tanh(x / gamma[f]));
        }
    return -sum;
}

static l2osr_samples *make_samples(l2osr_context *ctx, const double *gamma) {
    l2osr_samples *s;
    l2osr__rng rng;
    ck_ok(l2osr_samples_create(&s, ctx, 2, names, SERIES, STEPS), ctx);
    l2osr__rng_init(&rng, 990, 0);
    for (size_t i = 0; i < SERIES; i++)
        for (size_t t = 0; t < STEPS; t++) {
            for (size_t f = 0; f < 2; f++)
                l2osr_samples_series(s, f, i)[t] =
                    (float)((f + 1) * sqrt(3) * (2 * l2osr__rng_uniform(&rng) - 1));
            l2osr_samples_target(s, i)[t] = (float)psi(s, gamma, i, t);
        }
    return s;
}

/* The same rows as a table of windows, with further columns that nobody asks for. */
static l2osr_samples *make_table(l2osr_context *ctx, l2osr_samples *from) {
    static const char *const columns[] = {"mt0", "mt1", "mt2", "mt3", "other", "gt0", "gt1", "gt2"};
    l2osr_samples *s;
    ck_ok(l2osr_samples_create(&s, ctx, 8, columns, SERIES * STEPS, 1), ctx);
    for (size_t i = 0; i < SERIES; i++)
        for (size_t t = 0; t < STEPS; t++) {
            const size_t row = i * STEPS + t;
            for (size_t c = 0; c < 8; c++)
                *l2osr_samples_series(s, c, row) =
                    (float)past(l2osr_samples_series(from, c > 4, i), t, c > 4 ? c - 5 : c);
            *l2osr_samples_target(s, row) = l2osr_samples_target(from, i)[t];
        }
    ck_ok(l2osr_samples_find_windows(s), ctx);
    return s;
}

/* Behind `gammas` numbers gamma. */
static void check_field(const l2osr_rule *rule, size_t gammas, double tolerance) {
    ck_assert_uint_eq(l2osr_rule_constant_count(rule), gammas + 2 * TAPS);
    for (size_t k = 0; k < 2 * TAPS; k++)
        ck_assert_double_eq_tol(l2osr_rule_constant(rule, gammas + k), field[k / TAPS][k % TAPS],
                                tolerance);
}

START_TEST(the_field_is_found_again) {
    static const double gamma[] = {0.7, 3};
    const l2osr_eq6_options o = {
        .struct_size = sizeof o, .gamma = gamma, .n_gamma = 2, .ridge = -1, .fixed_gamma = 1};
    l2osr_context *ctx = test_context();
    l2osr_samples *s = make_samples(ctx, gamma), *table = make_table(ctx, s);
    l2osr_rule *rule;
    double r2 = 0, table_r2 = 0;
    ck_ok(l2osr_eq6_fit(&rule, &r2, ctx, s, &o), ctx);
    check_field(rule, 0, 1e-6);
    ck_assert_double_eq_tol(r2, 1, 1e-9);
    l2osr_rule_free(rule);
    ck_ok(l2osr_eq6_fit(&rule, &table_r2, ctx, table, &o), ctx);
    check_field(rule, 0, 1e-6);
    ck_assert_double_eq_tol(r2, table_r2, 1e-9);
    l2osr_rule_free(rule);
    l2osr_samples_free(table);
    l2osr_samples_free(s);
    l2osr_context_free(ctx);
}
END_TEST

/* Rows of weight 0 may be anything; a ridge pulls the weights towards 0. */
START_TEST(weights_and_ridge_count) {
    static const double gamma[] = {0.7, 3};
    l2osr_eq6_options o = {.struct_size = sizeof o, .gamma = gamma, .n_gamma = 2};
    l2osr_context *ctx = test_context();
    l2osr_samples *s = make_samples(ctx, gamma);
    l2osr_rule *rule;
    double r2, shrunk;
    ck_ok(l2osr_samples_add_weights(s), ctx);
    for (size_t t = 5; t < STEPS; t += 7) {
        l2osr_samples_target(s, 3)[t] = 1e3F;
        l2osr_samples_weights(s, 3)[t] = 0;
    }
    ck_ok(l2osr_eq6_fit(&rule, &r2, ctx, s, &o), ctx);
    check_field(rule, 2, 1e-5);
    ck_assert_double_eq_tol(r2, 1, 1e-6);
    l2osr_rule_free(rule);
    o.ridge = 1;
    ck_ok(l2osr_eq6_fit(&rule, &shrunk, ctx, s, &o), ctx);
    ck_assert_double_eq_tol(l2osr_rule_constant(rule, 2), 0.25, 0.02);
    ck_assert_double_lt(shrunk, r2 - 0.1);
    l2osr_rule_free(rule);
    l2osr_samples_free(s);
    l2osr_context_free(ctx);
}
END_TEST

/* The features of make_samples() have root mean squares of 1 and 2. */
START_TEST(gamma_is_found) {
    static const double gammas[][2] = {{1, 2}, {INFINITY, INFINITY}};
    l2osr_context *ctx = test_context();
    l2osr_samples *s = make_samples(ctx, gammas[_i]);
    l2osr_rule *rule;
    double r2;
    ck_ok(l2osr_eq6_fit(&rule, &r2, ctx, s, NULL), ctx);
    check_field(rule, _i == 0 ? 2 : 0, 0.02);
    ck_assert_double_gt(r2, 0.999);
    for (size_t f = 0; f < 2 && _i == 0; f++)
        ck_assert_double_eq_tol(l2osr_rule_constant(rule, f), gammas[0][f], 0.03 * (double)(f + 1));
    l2osr_rule_free(rule);
    l2osr_samples_free(s);
    l2osr_context_free(ctx);
}
END_TEST

/* A model's windows of 20 steps; a solver of another kind came to the same R2. */
START_TEST(windows_of_a_model) {
    static const double gamma[] = {INFINITY, INFINITY};
    l2osr_eq6_options o = {.struct_size = sizeof o, .taps = 20, .gamma = gamma, .n_gamma = 2};
    static char storage[40][8];
    const char *columns[40];
    if (!test_shared())
        return;
    l2osr_context *ctx = test_context();
    l2osr_samples *s;
    l2osr_array *array;
    l2osr_rule *rule;
    char path[512];
    double linear, soft;
    snprintf(path, sizeof path, "%s/sr/rp_s_windows.npy", test_shared());
    ck_ok(l2osr_array_load(&array, ctx, path), ctx);
    for (int c = 0; c < 40; c++) {
        sprintf(storage[c], "%s_%d", names[c % 2], c / 2);
        columns[c] = storage[c];
    }
    ck_ok(l2osr_samples_from_array(&s, ctx, array, columns, -1), ctx);
    ck_ok(l2osr_samples_find_windows(s), ctx);
    ck_ok(l2osr_eq6_fit(&rule, &linear, ctx, s, &o), ctx);
    ck_assert_double_eq_tol(linear, 0.816414, 2e-6);
    l2osr_rule_free(rule);
    o.gamma = NULL;
    ck_ok(l2osr_eq6_fit(&rule, &soft, ctx, s, &o), ctx);
    ck_assert_double_eq_tol(soft, linear, 1e-12); /* it has bounded features: gamma is infinite */
    ck_assert_uint_eq(l2osr_rule_constant_count(rule), 40);
    l2osr_rule_free(rule);
    l2osr_samples_free(s);
    l2osr_array_free(array);
    l2osr_context_free(ctx);
}
END_TEST

/* ---- from a rule ---- */

START_TEST(a_rule_of_the_family_is_distilled_into_itself) {
    static const double gamma[] = {1, 1};
    const l2osr_eq6_options o = {.struct_size = sizeof o, .gamma = gamma, .n_gamma = 2};
    const l2osr_collect_options c = {.struct_size = sizeof c, .runs = 4, .steps = 100};
    l2osr_context *ctx = test_context();
    l2osr_rule *teacher, *rule;
    l2osr_task *task;
    double r2;
    ck_ok(l2osr_rule_preset(&teacher, ctx, "eq6"), ctx);
    ck_ok(l2osr_task_quadratic(&task, ctx, 20, 10, 0.1, 4), ctx);
    ck_ok(l2osr_eq6_distil(&rule, &r2, ctx, teacher, task, &o, &c), ctx);
    ck_assert_double_gt(r2, 0.9999);
    for (size_t k = 0; k < 6; k++)
        ck_assert_double_eq_tol(l2osr_rule_constant(rule, 2 + k),
                                l2osr_rule_constant(teacher, 1 + k), 0.01);
    l2osr_rule_free(rule);
    l2osr_rule_free(teacher);
    ck_ok(l2osr_rule_preset(&teacher, ctx, "adam"), ctx);
    ck_ok(l2osr_eq6_distil(&rule, &r2, ctx, teacher, task, NULL, &c), ctx);
    ck_assert_double_gt(r2, 0.5);
    ck_assert_double_eq(l2osr_rule_default_lr(rule), l2osr_rule_default_lr(teacher));
    l2osr_rule_free(rule);
    l2osr_rule_free(teacher);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

/* ---- failures ---- */

START_TEST(wrong_options_are_explained) {
    static const double negative[] = {1, -1};
    const struct {
        l2osr_eq6_options o;
        l2osr_status status;
        const char *words;
    } cases[] = {
        {{.taps = 65}, L2OSR_ERANGE, "taps is 65; it must be 1 to 64"},
        {{.gamma = negative, .n_gamma = 2}, L2OSR_ERANGE, "gamma of gt is -1"},
        {{.gamma = negative, .n_gamma = 1}, L2OSR_EINVAL, "1 numbers gamma for 2 features"},
        {{.default_lr = -1}, L2OSR_EINVAL, "default_lr"},
        {{.ridge = NAN}, L2OSR_EINVAL, "ridge"},
        {{.inputs = "mt gd"}, L2OSR_ENOTFOUND, "unknown feature 'gd', did you mean 'gt'?"},
        {{.inputs = "mt gt m mhat vs g", .taps = 64}, L2OSR_EPARSE, "more than 1024 nodes"},
    };
    l2osr_context *ctx = test_context();
    l2osr_rule *rule;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        l2osr_eq6_options o = cases[i].o;
        o.struct_size = sizeof o;
        const l2osr_status status = l2osr_eq6_rule(&rule, ctx, &o);
        ck_assert_int_eq(status, cases[i].status);
        ck_assert_ptr_null(rule);
        ck_assert_msg(strstr(l2osr_context_errmsg(ctx), cases[i].words) != NULL, "%s",
                      l2osr_context_errmsg(ctx));
    }
    l2osr_context_free(ctx);
}
END_TEST

static void check_refused(l2osr_context *ctx, const l2osr_samples *s, const l2osr_eq6_options *o,
                          l2osr_status status, const char *words) {
    l2osr_rule *rule;
    const l2osr_status got = l2osr_eq6_fit(&rule, NULL, ctx, s, o);
    ck_assert_int_eq(got, status);
    ck_assert_ptr_null(rule);
    ck_assert_msg(strstr(l2osr_context_errmsg(ctx), words) != NULL, "%s",
                  l2osr_context_errmsg(ctx));
}

START_TEST(wrong_samples_are_explained) {
    static const double gamma[] = {1, 1};
    const l2osr_eq6_options more = {.struct_size = sizeof more, .inputs = "mt g"};
    const l2osr_eq6_options longer = {.struct_size = sizeof longer, .taps = 4};
    l2osr_context *ctx = test_context();
    l2osr_samples *s = make_samples(ctx, gamma), *table = make_table(ctx, s);
    check_refused(ctx, NULL, NULL, L2OSR_EINVAL, "samples is NULL");
    check_refused(ctx, s, &more, L2OSR_ENOTFOUND, "no feature 'g'");
    check_refused(ctx, table, &longer, L2OSR_ENOTFOUND, "without a window 'gt' of 4 columns");
    for (size_t i = 0; i < SERIES; i++)
        for (size_t t = 0; t < STEPS; t++)
            l2osr_samples_target(s, i)[t] = 0.25F;
    check_refused(ctx, s, NULL, L2OSR_EINVAL, "the target is the same everywhere");
    l2osr_samples_series(s, 1, 2)[3] = NAN;
    check_refused(ctx, s, NULL, L2OSR_ENONFINITE, "gt");
    l2osr_context_cancel(ctx);
    l2osr_samples_series(s, 1, 2)[3] = 0;
    check_refused(ctx, s, NULL, L2OSR_ECANCELED, "canceled");
    l2osr_samples_free(table);
    l2osr_samples_free(s);
    l2osr_context_free(ctx);
}
END_TEST

static l2osr_status distil(l2osr_context *ctx) {
    const l2osr_collect_options c = {
        .struct_size = sizeof c, .runs = 2, .steps = 20, .per_group = 4};
    l2osr_rule *teacher = NULL, *rule = NULL;
    l2osr_task *task = NULL;
    l2osr_status status = l2osr_rule_preset(&teacher, ctx, "momentum");
    if (status == L2OSR_OK)
        status = l2osr_task_quadratic(&task, ctx, 6, 10, 0.1, 4);
    if (status == L2OSR_OK)
        status = l2osr_eq6_distil(&rule, NULL, ctx, teacher, task, NULL, &c);
    ck_assert((status == L2OSR_OK) == (rule != NULL));
    l2osr_rule_free(rule);
    l2osr_rule_free(teacher);
    l2osr_task_free(task);
    return status;
}

START_TEST(failing_allocations_leave_nothing_behind) {
    sweep_failures(distil);
}
END_TEST

Suite *family_suite(void) {
    Suite *suite = suite_create("family");
    TCase *tests = tcase_create("family");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, rules_of_zeros, 0, sizeof zeros / sizeof zeros[0]);
    tcase_add_test(tests, losses_of_the_golden_window);
    tcase_add_test(tests, the_field_is_found_again);
    tcase_add_test(tests, weights_and_ridge_count);
    tcase_add_loop_test(tests, gamma_is_found, 0, 2);
    tcase_add_test(tests, windows_of_a_model);
    tcase_add_test(tests, a_rule_of_the_family_is_distilled_into_itself);
    tcase_add_test(tests, wrong_options_are_explained);
    tcase_add_test(tests, wrong_samples_are_explained);
    tcase_add_test(tests, failing_allocations_leave_nothing_behind);
    suite_add_tcase(suite, tests);
    return suite;
}
