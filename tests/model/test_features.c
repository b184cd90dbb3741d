/* SPDX-License-Identifier: MIT */
/* The catalogue of features, their choice, and features of the user's. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "golden.h"
#include "suites.h"

static l2osr_model *make(l2osr_context *ctx, const char *inputs, const char *features) {
    l2osr_model_options o = L2OSR_MODEL_OPTIONS_INIT;
    l2osr_model *model;
    o.inputs = inputs;
    o.features = features;
    ck_ok(l2osr_model_create(&model, ctx, &o), ctx);
    return model;
}

static void expect_inputs(const l2osr_model *model, const char *const *names) {
    size_t count = 0;
    for (; names[count]; count++)
        ck_assert_str_eq(l2osr_model_feature_name(model, count), names[count]);
    ck_assert_uint_eq(l2osr_model_feature_count(model), count);
}

START_TEST(catalogue_order_is_fixed) {
    l2osr_context *ctx = test_context();
    l2osr_model *model = make(ctx, "signg+t, mom99 g vs\tgt mag2 mt", NULL);
    expect_inputs(model,
                  (const char *[]){"mt", "gt", "vs", "g", "mom99", "time", "mag2", "signg", NULL});
    l2osr_model_free(model);
    model = make(ctx, "mag4 mag3 mag25 time mom9 mom5 mhat m logg", NULL);
    expect_inputs(model, (const char *[]){"m", "mhat", "mom5", "mom9", "time", "mag25", "mag3",
                                          "mag4", "logg", NULL});
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(preludes_hold_what_is_needed_and_compose) {
    static const struct {
        const char *inputs, *prelude, *equation;
    } cases[] = {
        {"g", "l2osr-rule 1\n", "-g"},
        {"mom5 g", "l2osr-rule 1\nlet mom5 = ema(g, 0.5)\n", "-mom5 - g"},
        {"t", "l2osr-rule 1\nlet time = t / 1000\n", "-g / (1 + time)"},
        {"m", "l2osr-rule 1\nlet b = 0.95\nlet m = ema(g, b)\n", "-m"},
        {"vs",
         "l2osr-rule 1\nlet b = 0.95\nlet vhat = ema(g^2, b) / (1 - b^t)\n"
         "let vs = sqrt(vhat) + 1e-12\n",
         "-g / vs"},
        {"mt",
         "l2osr-rule 1\nlet b = 0.95\nlet m = ema(g, b)\nlet mhat = m / (1 - b^t)\n"
         "let vhat = ema(g^2, b) / (1 - b^t)\nlet vs = sqrt(vhat) + 1e-12\nlet mt = mhat / vs\n",
         "-mt"},
        {"mag25 mag3 mag4 mag2 signg logg gt", NULL, "-mag25 + mag3 * mag4 * mag2 - logg + signg"},
    };
    l2osr_context *ctx = test_context();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        l2osr_rule *rule;
        l2osr_model *model = make(ctx, cases[i].inputs, NULL);
        if (cases[i].prelude)
            ck_assert_str_eq(l2osr_model_features(model), cases[i].prelude);
        ck_ok(l2osr_rule_compose(&rule, ctx, l2osr_model_features(model), cases[i].equation, 0.01),
              ctx);
        l2osr_rule_free(rule);
        l2osr_model_free(model);
    }
    l2osr_context_free(ctx);
}
END_TEST

/* Written out once more, with the mathematics of libm. */
static void expect_catalogue(const double *v, double g, double step, double *ema) {
    const double b = 0.95, c = 1 - pow(b, step), powers[4] = {2, 2.5, 3, 4};
    double root[4];
    ema[0] = b * ema[0] + (1 - b) * g;
    for (int k = 0; k < 4; k++) {
        ema[1 + k] = b * ema[1 + k] + (1 - b) * pow(fabs(g), powers[k]);
        root[k] = pow(ema[1 + k] / c, 1 / powers[k]);
    }
    ema[5] = 0.5 * ema[5] + 0.5 * g;
    ema[6] = 0.9 * ema[6] + 0.1 * g;
    ema[7] = 0.99 * ema[7] + 0.01 * g;
    const double m = ema[0], vs = root[0] + 1e-12;
    const double expected[] = {m / c / vs,
                               g / vs,
                               m,
                               m / c,
                               vs,
                               g,
                               ema[5],
                               ema[6],
                               ema[7],
                               step / 1000,
                               m / (root[0] + 1e-8),
                               m / (root[1] + 1e-8),
                               m / (root[2] + 1e-8),
                               m / (root[3] + 1e-8),
                               fmax(log(fabs(g) + 1.1920929e-7) / 5, -1),
                               fmax(-1, fmin(1, g * exp(5)))};
    for (int f = 0; f < 16; f++)
        ck_assert_msg(fabs(v[f] - expected[f]) <= 1e-11 * fmax(1, fabs(expected[f])),
                      "feature %d at %g: %.17g, not %.17g", f, step, v[f], expected[f]);
}

START_TEST(features_are_as_defined) {
    enum { N = 40, ALL = 16, T = 30 };
    static double g[T * N], values[T * N * ALL], ema[N][8];
    l2osr_context *ctx = test_context();
    l2osr_model *model =
        make(ctx, "mt gt m mhat vs g mom5 mom9 mom99 t mag2 mag25 mag3 mag4 logg signg", NULL);
    l2osr_random_normal(3, 0, 0, 1, g, T * N);
    for (int i = 0; i < T * N; i++)
        g[i] = i % 7 == 0 ? 0 : g[i] * pow(10, i % 5 - 4);
    run_features_f64(ctx, model, g, N, T, values);
    for (int t = 0; t < T; t++)
        for (int i = 0; i < N; i++)
            expect_catalogue(values + (t * N + i) * ALL, g[t * N + i], t + 1, ema[i]);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(own_features_come_last_in_their_order) {
    l2osr_context *ctx = test_context();
    l2osr_model *model = make(ctx, "late mt early",
                              "# differences of averages\n\nlet early = mom5 - mom9\n"
                              "let unused = g[3]\nlet late = early[1] * g\n");
    expect_inputs(model, (const char *[]){"mt", "late", "early", NULL});
    const char *prelude = l2osr_model_features(model);
    ck_assert_ptr_nonnull(strstr(prelude, "let mom9 = ema(g, 0.9)\nlet early = mom5 - mom9\n"
                                          "let late = early[1] * g\n"));
    ck_assert_ptr_null(strstr(prelude, "unused"));
    ck_assert_ptr_null(strstr(prelude, "mom99"));
    const double g[3] = {1, 2, -1};
    double values[9], mom5 = 0, mom9 = 0, before = 0;
    run_features_f64(ctx, model, g, 1, 3, values);
    for (int t = 0; t < 3; t++) {
        mom5 = 0.5 * mom5 + 0.5 * g[t];
        mom9 = 0.9 * mom9 + 0.1 * g[t];
        ck_assert_double_eq_tol(values[3 * t + 1], before * g[t], 1e-14);
        ck_assert_double_eq_tol(values[3 * t + 2], mom5 - mom9, 1e-14);
        before = mom5 - mom9;
    }
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(wrong_features_are_explained) {
    static const struct {
        const char *inputs, *features, *message;
        l2osr_status status;
    } cases[] = {
        {"mt gtt", NULL, "unknown feature 'gtt', did you mean 'gt'?", L2OSR_ENOTFOUND},
        {"mt mnie", "let mine = g", "did you mean 'mine'?", L2OSR_ENOTFOUND},
        {"vhat", NULL, "unknown feature 'vhat'", L2OSR_ENOTFOUND},
        {"x", NULL, "unknown feature 'x'", L2OSR_ENOTFOUND},
        {"mt gt mt", NULL, "'mt' twice", L2OSR_EINVAL},
        {"t time", NULL, "'time' twice", L2OSR_EINVAL},
        {" , ", NULL, "no inputs", L2OSR_EINVAL},
        {NULL, "let mine = g", "inputs does not say", L2OSR_EINVAL},
        {"mine", "let mine = g\nlet other = h", "line 2, column 13: unknown name 'h'",
         L2OSR_EPARSE},
        {"mine", "let mine = g\nlet mt = g", "line 2, column 5: 'mt' is defined", L2OSR_EPARSE},
        {"mine", "update = g", "line 1, column 1: expected 'let'", L2OSR_EPARSE},
        {"mine", "let mine = g * x", "not x", L2OSR_EUNSUPPORTED},
        {"mine", "let mine = g * lr", "not lr", L2OSR_EUNSUPPORTED},
        {"mine", "let mine = update[1]", "not update", L2OSR_EUNSUPPORTED},
        {"mine", "let mine = g / norm(g)", "norm()", L2OSR_EUNSUPPORTED},
        {"mine", "let mine = g * {1, 2}", "of groups", L2OSR_EUNSUPPORTED},
        {"mine", "let mine = ema(t, 0.9)", "remember", L2OSR_EUNSUPPORTED},
        {"mine", "let mine = ema(g, g)", "decay", L2OSR_EPARSE},
    };
    l2osr_context *ctx = test_context();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        l2osr_model_options o = L2OSR_MODEL_OPTIONS_INIT;
        l2osr_model *model;
        o.inputs = cases[i].inputs;
        o.features = cases[i].features;
        ck_assert_int_eq(l2osr_model_create(&model, ctx, &o), cases[i].status);
        ck_assert_ptr_null(model);
        ck_assert_msg(strstr(l2osr_context_errmsg(ctx), cases[i].message) != NULL,
                      "'%s' not in '%s'", cases[i].message, l2osr_context_errmsg(ctx));
    }
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(too_many_features_are_an_error) {
    l2osr_context *ctx = test_context();
    l2osr_model_options o = L2OSR_MODEL_OPTIONS_INIT;
    l2osr_model *model;
    char inputs[400] = "", features[1000] = "";
    for (int i = 0; i < 33; i++) {
        char line[32];
        snprintf(line, sizeof line, "f%d ", i);
        strcat(inputs, line);
        snprintf(line, sizeof line, "let f%d = g * %d\n", i, i);
        strcat(features, line);
    }
    o.inputs = inputs;
    o.features = features;
    ck_assert_int_eq(l2osr_model_create(&model, ctx, &o), L2OSR_ERANGE);
    *strstr(inputs, " f32") = '\0';
    ck_ok(l2osr_model_create(&model, ctx, &o), ctx);
    ck_assert_uint_eq(l2osr_model_feature_count(model), 32);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

Suite *features_suite(void) {
    Suite *suite = suite_create("features of models");
    TCase *tests = tcase_create("features of models");
    tcase_add_test(tests, catalogue_order_is_fixed);
    tcase_add_test(tests, preludes_hold_what_is_needed_and_compose);
    tcase_add_test(tests, features_are_as_defined);
    tcase_add_test(tests, own_features_come_last_in_their_order);
    tcase_add_test(tests, wrong_features_are_explained);
    tcase_add_test(tests, too_many_features_are_an_error);
    suite_add_tcase(suite, tests);
    return suite;
}
