/* SPDX-License-Identifier: MIT */
/* Architectures by options: sizes, what is refused, step sizes of groups. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "suites.h"

/* The sizes of the published models; the last three differ from their presets by options. */
static const struct {
    const char *preset, *inputs;
    size_t pre, hidden, weights;
} published[] = {
    {"dm", NULL, 0, 0, 5221},         {"dm_log", NULL, 0, 0, 5301},
    {"rp", NULL, 0, 0, 6801},         {"rp_s", NULL, 0, 0, 446},
    {"rp_si", NULL, 0, 0, 1171},      {"rp_si4", NULL, 0, 0, 1162},
    {"rp_t", NULL, 0, 0, 1225},       {"rp_magic0", NULL, 0, 0, 452},
    {"rp_magic1", NULL, 0, 0, 452},   {"rp_magic0", NULL, 9, 12, 1153},
    {"rp_magic1", NULL, 9, 12, 1153}, {"rp_s", "mt g mom5 mom9 mom99", 9, 12, 1171},
};

START_TEST(weights_are_as_many_as_published) {
    l2osr_context *ctx = test_context();
    for (size_t i = 0; i < sizeof published / sizeof published[0]; i++) {
        l2osr_model_options o = L2OSR_MODEL_OPTIONS_INIT;
        l2osr_model *model;
        o.preset = published[i].preset;
        o.inputs = published[i].inputs;
        o.pre = published[i].pre;
        o.hidden = published[i].hidden ? &published[i].hidden : NULL;
        o.n_hidden = published[i].hidden ? 1 : 0;
        ck_ok(l2osr_model_create(&model, ctx, &o), ctx);
        ck_assert_uint_eq(l2osr_model_size(model), published[i].weights);
        ck_assert_str_eq(l2osr_model_preset(model), published[i].preset);
        l2osr_model_free(model);
    }
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(options_replace_what_the_preset_has) {
    const size_t hidden[] = {5, 4, 3};
    l2osr_context *ctx = test_context();
    l2osr_model_options o = L2OSR_MODEL_OPTIONS_INIT;
    l2osr_model *model;
    o.pre = L2OSR_MODEL_NO_PRE;
    o.hidden = hidden;
    o.n_hidden = 3;
    o.output = L2OSR_OUTPUT_LINEAR;
    o.groups = 2;
    ck_ok(l2osr_model_create(&model, ctx, &o), ctx);
    ck_assert_ptr_null(l2osr_model_tensor_find(model, "pre.0.weight"));
    ck_assert_uint_eq(l2osr_model_tensor_find(model, "cells.0.weight_ih")->cols, 2);
    ck_assert_uint_eq(l2osr_model_tensor_find(model, "cells.2.weight_hh")->rows, 12);
    ck_assert_uint_eq(l2osr_model_tensor_find(model, "lum")->rows, 2);
    ck_assert_uint_eq(l2osr_model_size(model),
                      20 * (2 + 5 + 2) + 16 * (5 + 4 + 2) + 12 * (4 + 3 + 2) + 4 + 2);
    ck_assert_int_eq(model->net.shape.output, L2OSR_OUTPUT_LINEAR);
    const l2osr_tensor *lum = l2osr_model_tensor_find(model, "lum");
    ck_assert_double_eq(l2osr_model_weights(model)[lum->offset + 1], 1);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(impossible_sizes_are_refused) {
    static const size_t huge[] = {(size_t)-1, 1, 1}, wide[] = {80}, zero[] = {7, 0}, four[4] = {1};
    static const struct {
        size_t pre;
        const size_t *hidden;
        size_t n_hidden, groups;
        l2osr_output output;
        const char *message;
        l2osr_status status;
    } cases[] = {
        {0, huge, 1, 0, 0, "units of LSTM layer 0", L2OSR_ERANGE},
        {0, wide, 1, 0, 0, "at most 512 are possible", L2OSR_ERANGE},
        {0, zero, 2, 0, 0, "0 units of LSTM layer 1", L2OSR_ERANGE},
        {0, four, 4, 0, 0, "4 LSTM layers", L2OSR_ERANGE},
        {0, four, 0, 0, 0, "go together", L2OSR_EINVAL},
        {0, NULL, 1, 0, 0, "go together", L2OSR_EINVAL},
        {513, NULL, 0, 0, 0, "513 outputs", L2OSR_ERANGE},
        {300, NULL, 0, 0, 0, "at most 512 are possible", L2OSR_ERANGE},
        {0, NULL, 0, 65537, 0, "65537 groups", L2OSR_ERANGE},
        {0, NULL, 0, 0, 4, "output 4", L2OSR_EINVAL},
    };
    l2osr_context *ctx = test_context();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        l2osr_model_options o = L2OSR_MODEL_OPTIONS_INIT;
        l2osr_model *model;
        o.pre = cases[i].pre;
        o.hidden = cases[i].hidden;
        o.n_hidden = cases[i].n_hidden;
        o.groups = cases[i].groups;
        o.output = cases[i].output;
        ck_assert_int_eq(l2osr_model_create(&model, ctx, &o), cases[i].status);
        ck_assert_ptr_null(model);
        ck_assert_msg(strstr(l2osr_context_errmsg(ctx), cases[i].message) != NULL,
                      "'%s' not in '%s'", cases[i].message, l2osr_context_errmsg(ctx));
    }
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(one_tensor_can_be_set) {
    l2osr_context *ctx = test_context();
    l2osr_model *model;
    double values[6] = {1, 2, 3, 4, 5, 6};
    ck_ok(l2osr_model_create(&model, ctx, NULL), ctx);
    const l2osr_tensor *bias = l2osr_model_tensor_find(model, "pre.0.bias");
    const double before = l2osr_model_weights(model)[bias->offset - 1];
    ck_ok(l2osr_model_set_tensor(model, "pre.0.bias", values), ctx);
    ck_assert_mem_eq(l2osr_model_weights(model) + bias->offset, values, sizeof values);
    ck_assert_double_eq(l2osr_model_weights(model)[bias->offset - 1], before);
    ck_assert_double_eq(model->packed_f64[model->net.pre_weights + 2], 1); /* it steps with it */
    values[3] = NAN;
    ck_assert_int_eq(l2osr_model_set_tensor(model, "pre.0.bias", values), L2OSR_ENONFINITE);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "weight 3 of 'pre.0.bias'"));
    ck_assert_double_eq(l2osr_model_weights(model)[bias->offset + 3], 4);
    ck_assert_int_eq(l2osr_model_set_tensor(model, "pre.0.bais", values), L2OSR_ENOTFOUND);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "'pre.0.bias'"));
    ck_assert_int_eq(l2osr_model_set_tensor(model, NULL, values), L2OSR_EINVAL);
    ck_assert_ptr_null(l2osr_model_tensor_find(model, "lum"));
    ck_assert_ptr_null(l2osr_model_tensor_find(model, NULL));
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

enum { GROUPS = 3, N = 70 };

static void step_groups(l2osr_context *ctx, l2osr_model *model, float *x) {
    const size_t lengths[GROUPS] = {40, 0, 30};
    l2osr_stepper *stepper;
    float g[N];
    ck_ok(l2osr_stepper_create_model(&stepper, ctx, model, GROUPS, lengths, NULL), ctx);
    memset(x, 0, N * sizeof *x);
    for (int i = 0; i < N; i++)
        g[i] = (float)sin(i + 1);
    ck_ok(l2osr_stepper_step_f32(stepper, x, g, NULL), ctx);
    l2osr_stepper_free(stepper);
}

START_TEST(groups_step_by_their_own_sizes) {
    const double lum[GROUPS] = {0.5, 7, -2};
    l2osr_context *ctx = test_context();
    l2osr_model_options o = L2OSR_MODEL_OPTIONS_INIT;
    l2osr_model *model, *plain;
    float x[N], expected[N];
    ck_ok(l2osr_model_create(&plain, ctx, &o), ctx);
    o.groups = GROUPS;
    ck_ok(l2osr_model_create(&model, ctx, &o), ctx);
    step_groups(ctx, plain, expected);
    step_groups(ctx, model, x);
    ck_assert_mem_eq(x, expected, sizeof x); /* they begin at 1, and the rest is the same */
    ck_ok(l2osr_model_set_tensor(model, "lum", lum), ctx);
    step_groups(ctx, model, x);
    for (int i = 0; i < N; i++)
        ck_assert_float_eq_tol(x[i], expected[i] * (float)(i < 40 ? 0.5 : -2), 1e-9f);
    ck_assert(expected[0] != 0 && expected[N - 1] != 0);
    const size_t lengths[2] = {40, 30};
    l2osr_stepper *stepper;
    ck_assert_int_eq(l2osr_stepper_create_model(&stepper, ctx, model, 2, lengths, NULL),
                     L2OSR_EINVAL);
    ck_assert_ptr_null(stepper);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "3 groups, not for 2 segments"));
    l2osr_model_free(plain);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

/* Both have 446 weights and the same number of state planes. */
START_TEST(states_of_other_architectures_are_refused) {
    l2osr_context *ctx = test_context();
    l2osr_model_options o = L2OSR_MODEL_OPTIONS_INIT;
    l2osr_model *model[2];
    l2osr_stepper *stepper[2];
    const size_t n = 3;
    for (int i = 0; i < 2; i++) {
        o.inputs = i ? "mhat vs" : "mt gt";
        ck_ok(l2osr_model_create(&model[i], ctx, &o), ctx);
        ck_ok(l2osr_stepper_create_model(&stepper[i], ctx, model[i], 1, &n, NULL), ctx);
    }
    const size_t size = l2osr_stepper_state_size(stepper[0]);
    ck_assert_uint_eq(l2osr_stepper_state_size(stepper[1]), size);
    void *state = malloc(size);
    ck_ok(l2osr_stepper_state_save(stepper[0], state, size), ctx);
    ck_assert_int_eq(l2osr_stepper_state_load(stepper[1], state, size), L2OSR_EFORMAT);
    ck_ok(l2osr_stepper_state_load(stepper[0], state, size), ctx);
    free(state);
    for (int i = 0; i < 2; i++) {
        l2osr_stepper_free(stepper[i]);
        l2osr_model_free(model[i]);
    }
    l2osr_context_free(ctx);
}
END_TEST

Suite *architecture_suite(void) {
    Suite *suite = suite_create("architectures");
    TCase *tests = tcase_create("architectures");
    tcase_add_test(tests, weights_are_as_many_as_published);
    tcase_add_test(tests, options_replace_what_the_preset_has);
    tcase_add_test(tests, impossible_sizes_are_refused);
    tcase_add_test(tests, one_tensor_can_be_set);
    tcase_add_test(tests, groups_step_by_their_own_sizes);
    tcase_add_test(tests, states_of_other_architectures_are_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
