/* SPDX-License-Identifier: MIT */
/* The numbers among the options, by name. */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "sr/search.h"
#include "tests.h"

/* All members that are numbers; max_rows is the only size_t, seed and evaluations have 64 bits. */
#define COUNTS(X)                                                                                  \
    X(islands)                                                                                     \
    X(population)                                                                                  \
    X(max_complexity)                                                                              \
    X(max_lag) X(max_depth) X(max_terms) X(tournament) X(immigrants) X(epoch) X(fit_steps) X(pool) \
        X(max_rows) X(evaluations) X(seed)
#define REALS(X) X(seconds) X(target_error) X(warmup) X(checkpoint_seconds) X(report_seconds)
#define PARTS(X)                                                                                   \
    X(validation)                                                                                  \
    X(parsimony)                                                                                   \
    X(adaptive)                                                                                    \
    X(annealing) X(cross) X(grow) X(fit) X(links) X(refresh) X(weight_constant) X(weight_operator) \
        X(weight_terminal) X(weight_insert) X(weight_delete) X(weight_subtree) X(weight_hoist)     \
            X(weight_rotate) X(weight_twin) X(weight_drop) X(weight_randomize)

/* Value of a member by its name; NaN when there is none. */
static double member(const l2osr_sr_options *o, const char *name) {
#define X(field)                                                                                   \
    if (strcmp(name, #field) == 0)                                                                 \
        return (double)o->field;
    COUNTS(X)
    REALS(X)
    PARTS(X)
#undef X
    return NAN;
}

/* 1: a count, 2: a real, 3: one that can be off. */
static int kind_of(const char *name) {
#define X(field)                                                                                   \
    if (strcmp(name, #field) == 0)                                                                 \
        return kind;
    int kind = 1;
    COUNTS(X)
    kind = 2;
    REALS(X)
    kind = 3;
    PARTS(X)
#undef X
    return 0;
}

START_TEST(every_number_is_listed) {
    const l2osr_sr_option_info *info;
    size_t count = 0;
#define X(field) count++;
    COUNTS(X)
    REALS(X)
    PARTS(X)
#undef X
    ck_assert_uint_eq(l2osr_sr_option_count(), count);
    for (size_t i = 0; i < count; i++) {
        info = l2osr_sr_option(i);
        ck_assert_msg(kind_of(info->name) > 0, "%s", info->name);
        ck_assert_int_eq(info->whole, kind_of(info->name) == 1);
        ck_assert_int_eq(info->can_be_off, kind_of(info->name) == 3);
        ck_assert_double_le(info->least, info->most);
        ck_assert(info->preset == 0 || (info->preset >= info->least && info->preset <= info->most));
        for (size_t k = 0; k < i; k++) {
            ck_assert_str_ne(info->name, l2osr_sr_option(k)->name);
        }
    }
    ck_assert_ptr_null(l2osr_sr_option(count));
}
END_TEST

/* Sets one option, which must leave all others alone. */
static void set_and_check(l2osr_context *ctx, const char *name, double value) {
    l2osr_sr_options o = L2OSR_SR_OPTIONS_INIT;
    const l2osr_sr_option_info *info;
    ck_ok(l2osr_sr_options_set(&o, ctx, name, value), ctx);
    for (size_t i = 0; (info = l2osr_sr_option(i)) != NULL; i++)
        ck_assert_double_eq(member(&o, info->name), strcmp(info->name, name) == 0 ? value : 0);
}

static void expect_out_of_range(l2osr_context *ctx, const char *name, double value) {
    l2osr_sr_options o = L2OSR_SR_OPTIONS_INIT;
    const l2osr_sr_options before = o;
    ck_assert_msg(l2osr_sr_options_set(&o, ctx, name, value) == L2OSR_ERANGE, "%s: %g", name,
                  value);
    ck_assert_msg(strstr(l2osr_context_errmsg(ctx), name), "%s", l2osr_context_errmsg(ctx));
    ck_assert_mem_eq(&o, &before, sizeof o);
}

START_TEST(numbers_are_set_within_bounds) {
    l2osr_context *ctx = test_context();
    const l2osr_sr_option_info *info;
    for (size_t i = 0; (info = l2osr_sr_option(i)) != NULL; i++) {
        set_and_check(ctx, info->name, 0);
        set_and_check(ctx, info->name, info->least);
        set_and_check(ctx, info->name, info->most); /* of 64 bits 2^64, which stands for 2^64 - 1 */
        if (info->can_be_off)
            set_and_check(ctx, info->name, -1);
        else
            expect_out_of_range(ctx, info->name, -1);
        if (info->whole)
            expect_out_of_range(ctx, info->name, info->least + 0.5);
        expect_out_of_range(ctx, info->name, info->most * 1.5 + 1);
        expect_out_of_range(ctx, info->name, NAN);
        expect_out_of_range(ctx, info->name, INFINITY);
    }
    expect_out_of_range(ctx, "max_complexity", 251);
    ck_assert_str_eq(l2osr_context_errmsg(ctx),
                     "distil: max_complexity is 251; it must be from 1 to 250");
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(unknown_names_are_refused) {
    static const char *const names[] = {"populatoin",  "",        "operators", "decays",
                                        "struct_size", "islands "};
    l2osr_context *ctx = test_context();
    l2osr_sr_options o = L2OSR_SR_OPTIONS_INIT, none = {0};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        ck_assert_int_eq(l2osr_sr_options_set(&o, ctx, names[i], 1), L2OSR_ENOTFOUND);
        ck_assert_msg(strstr(l2osr_context_errmsg(ctx), names[i]), "%s", names[i]);
    }
    ck_assert_int_eq(l2osr_sr_options_set(&o, NULL, "islands", 1), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_sr_options_set(NULL, ctx, "islands", 1), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_sr_options_set(&o, ctx, NULL, 1), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_sr_options_set(&none, ctx, "islands", 1), L2OSR_EINVAL);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(zero_is_the_default_and_off_is_zero) {
    l2osr_context *ctx = test_context();
    l2osr_sr_options o = L2OSR_SR_OPTIONS_INIT;
    const l2osr_sr_option_info *info;
    ck_ok(l2osr__sr_options_check(&o, ctx), ctx);
    for (size_t i = 0; (info = l2osr_sr_option(i)) != NULL; i++)
        ck_assert_msg(member(&o, info->name) == info->preset, "%s", info->name);
    o = (l2osr_sr_options)L2OSR_SR_OPTIONS_INIT;
    for (size_t i = 0; (info = l2osr_sr_option(i)) != NULL; i++)
        if (info->can_be_off)
            ck_ok(l2osr_sr_options_set(&o, ctx, info->name, -0.001), ctx);
    ck_ok(l2osr__sr_options_check(&o, ctx), ctx);
    for (size_t i = 0; (info = l2osr_sr_option(i)) != NULL; i++)
        ck_assert_double_eq(member(&o, info->name), info->can_be_off ? 0 : info->preset);
    o = (l2osr_sr_options)L2OSR_SR_OPTIONS_INIT;
    o.seconds = 1; /* time instead of evaluations */
    ck_ok(l2osr__sr_options_check(&o, ctx), ctx);
    ck_assert(o.evaluations == UINT64_MAX);
    l2osr_context_free(ctx);
}
END_TEST

/* Everything that can be off is off, or some of it: a search works all the same. */
START_TEST(searches_run_with_parts_off) {
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_table(ctx, 200);
    const l2osr_sr_option_info *info;
    for (int k = 0; k < 4; k++) {
        l2osr_sr_options o = L2OSR_SR_OPTIONS_INIT;
        o.evaluations = 800;
        o.islands = 2;
        for (size_t i = 0; (info = l2osr_sr_option(i)) != NULL; i++)
            if (info->can_be_off && (k == 0 || i % 3 == (size_t)k - 1))
                ck_ok(l2osr_sr_options_set(&o, ctx, info->name, -1), ctx);
        l2osr_front *front = search_front(ctx, samples, &o);
        ck_assert_uint_gt(l2osr_front_size(front), 0);
        l2osr_front_free(front);
    }
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

TCase *options_tests(void) {
    TCase *tests = tcase_create("options");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, every_number_is_listed);
    tcase_add_test(tests, numbers_are_set_within_bounds);
    tcase_add_test(tests, unknown_names_are_refused);
    tcase_add_test(tests, zero_is_the_default_and_off_is_zero);
    tcase_add_test(tests, searches_run_with_parts_off);
    return tests;
}
