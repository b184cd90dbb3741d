/* SPDX-License-Identifier: MIT */
#include "tests.h"

#include <string.h>

#include "base/context.h"

/*
 * Every public structure that is set up by the caller: X(type, static initialiser, function). A new
 * one is added here and to nothing else.
 */
#define STRUCTURES(X)                                                                              \
    X(l2osr_context_options, L2OSR_CONTEXT_OPTIONS_INIT, l2osr_context_options_init)               \
    X(l2osr_stepper_options, L2OSR_STEPPER_OPTIONS_INIT, l2osr_stepper_options_init)               \
    X(l2osr_step_args, L2OSR_STEP_ARGS_INIT, l2osr_step_args_init)                                 \
    X(l2osr_emit_options, L2OSR_EMIT_OPTIONS_INIT, l2osr_emit_options_init)                        \
    X(l2osr_mlp_options, L2OSR_MLP_OPTIONS_INIT, l2osr_mlp_options_init)                           \
    X(l2osr_cnn_options, L2OSR_CNN_OPTIONS_INIT, l2osr_cnn_options_init)                           \
    X(l2osr_resnet_options, L2OSR_RESNET_OPTIONS_INIT, l2osr_resnet_options_init)                  \
    X(l2osr_model_options, L2OSR_MODEL_OPTIONS_INIT, l2osr_model_options_init)                     \
    X(l2osr_sr_options, L2OSR_SR_OPTIONS_INIT, l2osr_sr_options_init)                              \
    X(l2osr_sr_function, L2OSR_SR_FUNCTION_INIT, l2osr_sr_function_init)                           \
    X(l2osr_meta_options, L2OSR_META_OPTIONS_INIT, l2osr_meta_options_init)                        \
    X(l2osr_collect_options, L2OSR_COLLECT_OPTIONS_INIT, l2osr_collect_options_init)               \
    X(l2osr_evaluate_options, L2OSR_EVALUATE_OPTIONS_INIT, l2osr_evaluate_options_init)            \
    X(l2osr_eq6_options, L2OSR_EQ6_OPTIONS_INIT, l2osr_eq6_options_init)                           \
    X(l2osr_estimator_options, L2OSR_ESTIMATOR_OPTIONS_INIT, l2osr_estimator_options_init)         \
    X(l2osr_tuner_options, L2OSR_TUNER_OPTIONS_INIT, l2osr_tuner_options_init)                     \
    X(l2osr_simplify_options, L2OSR_SIMPLIFY_OPTIONS_INIT, l2osr_simplify_options_init)            \
    X(l2osr_table_options, L2OSR_TABLE_OPTIONS_INIT, l2osr_table_options_init)                     \
    X(l2osr_field_options, L2OSR_FIELD_OPTIONS_INIT, l2osr_field_options_init)                     \
    X(l2osr_sweep_options, L2OSR_SWEEP_OPTIONS_INIT, l2osr_sweep_options_init)

/* Static, as only then the gaps between the members are zero as well. */
#define DEFINE(type, initialiser, function) static const type type##_static = initialiser;
STRUCTURES(DEFINE)

#define COMPARE(type, initialiser, function)                                                       \
    do {                                                                                           \
        type filled;                                                                               \
        memset(&filled, 0xA5, sizeof filled);                                                      \
        function(&filled, sizeof filled);                                                          \
        ck_assert_msg(memcmp(&filled, &type##_static, sizeof filled) == 0,                         \
                      #initialiser " and " #function "() differ");                                 \
        ck_assert_uint_eq(filled.struct_size, sizeof filled);                                      \
    } while (0);

START_TEST(macro_and_function_agree) {
    STRUCTURES(COMPARE);
}
END_TEST

/* A structure over its life: what an old program has, the library, and a newer program. */
struct older {
    size_t struct_size;
    int first;
};

struct present {
    size_t struct_size;
    int first, second;
    double third;
};

struct newer {
    struct present known;
    int fourth;
};

START_TEST(older_callers_get_defaults_for_the_rest) {
    l2osr_context *ctx = test_context();
    struct older given = {sizeof given, 7};
    struct present out;
    memset(&out, 0xA5, sizeof out);
    given.struct_size = offsetof(struct present, second);
    ck_ok(l2osr__options_copy(ctx, &out, sizeof out, &given, "test"), ctx);
    ck_assert_uint_eq(out.struct_size, sizeof out);
    ck_assert_int_eq(out.first, 7);
    ck_assert_int_eq(out.second, 0);
    ck_assert(out.third == 0);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(newer_callers_may_leave_what_is_new_at_zero) {
    l2osr_context *ctx = test_context();
    static struct newer given; /* all of it zero, the padding too */
    struct present out;
    given.known = (struct present){sizeof given, 1, 2, 3};
    ck_ok(l2osr__options_copy(ctx, &out, sizeof out, &given, "test"), ctx);
    ck_assert_int_eq(out.second, 2);
    given.fourth = 1;
    ck_assert_int_eq(l2osr__options_copy(ctx, &out, sizeof out, &given, "test"), L2OSR_E2BIG);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "test: "));
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(no_options_are_defaults) {
    l2osr_context *ctx = test_context();
    struct present out = {0, 1, 2, 3};
    ck_ok(l2osr__options_copy(ctx, &out, sizeof out, NULL, "test"), ctx);
    ck_assert_uint_eq(out.struct_size, sizeof out);
    ck_assert(out.first == 0 && out.second == 0 && out.third == 0);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(a_size_that_was_never_set_is_found_out) {
    l2osr_context *ctx = test_context();
    struct present given = {0, 1, 2, 3}, out;
    const size_t sizes[] = {0, 1, sizeof(size_t) - 1, 1u << 20, (size_t)-1};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        given.struct_size = sizes[i];
        ck_assert_int_eq(l2osr__options_copy(ctx, &out, sizeof out, &given, "test"), L2OSR_EINVAL);
        ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "struct_size"));
    }
    l2osr_context_free(ctx);
}
END_TEST

TCase *options_tests(void) {
    TCase *tcase = tcase_create("options");
    tcase_add_test(tcase, macro_and_function_agree);
    tcase_add_test(tcase, older_callers_get_defaults_for_the_rest);
    tcase_add_test(tcase, newer_callers_may_leave_what_is_new_at_zero);
    tcase_add_test(tcase, no_options_are_defaults);
    tcase_add_test(tcase, a_size_that_was_never_set_is_found_out);
    return tcase;
}
