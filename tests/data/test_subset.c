/* SPDX-License-Identifier: MIT */
#include "tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"g0", "g1", "g2", "m"};

enum { FEATURES = sizeof names / sizeof *names };

/* Every number is different; what is allowed is there: weights, and windows of a table. */
static l2osr_samples *make(l2osr_context *ctx, size_t trajectories, size_t steps) {
    l2osr_samples *s;
    float value = 0;
    ck_ok(l2osr_samples_create(&s, ctx, FEATURES, names, trajectories, steps), ctx);
    ck_ok(l2osr_samples_add_weights(s), ctx);
    for (size_t i = 0; i < trajectories; i++)
        for (size_t t = 0; t < steps; t++) {
            for (size_t f = 0; f < FEATURES; f++)
                l2osr_samples_series(s, f, i)[t] = value += 1;
            l2osr_samples_target(s, i)[t] = value += 1;
            l2osr_samples_weights(s, i)[t] = value += 1;
        }
    if (steps == 1)
        ck_ok(l2osr_samples_find_windows(s), ctx);
    return s;
}

static bool same_trajectory(l2osr_samples *a, size_t i, l2osr_samples *b, size_t j) {
    const size_t bytes = l2osr_samples_steps(a) * sizeof(float);
    for (size_t f = 0; f < FEATURES; f++)
        if (memcmp(l2osr_samples_series(a, f, i), l2osr_samples_series(b, f, j), bytes) != 0)
            return false;
    return memcmp(l2osr_samples_target(a, i), l2osr_samples_target(b, j), bytes) == 0 &&
           memcmp(l2osr_samples_weights(a, i), l2osr_samples_weights(b, j), bytes) == 0;
}

static void check_kind(l2osr_samples *part, l2osr_samples *whole, size_t trajectories) {
    ck_assert_uint_eq(l2osr_samples_trajectories(part), trajectories);
    ck_assert_uint_eq(l2osr_samples_steps(part), l2osr_samples_steps(whole));
    ck_assert_uint_eq(l2osr_samples_features(part), FEATURES);
    for (size_t f = 0; f < FEATURES; f++)
        ck_assert_str_eq(l2osr_samples_name(part, f), names[f]);
    ck_assert_uint_eq(l2osr_samples_windows(part), l2osr_samples_windows(whole));
    if (l2osr_samples_windows(part) > 0) {
        ck_assert_str_eq(l2osr_samples_window_name(part, 0), "g");
        ck_assert_uint_eq(l2osr_samples_window_feature(part, 0, 2), 2);
    }
}

START_TEST(parts_are_copies) {
    l2osr_context *ctx = test_context();
    for (size_t steps = 1; steps <= 4; steps += 3) {
        l2osr_samples *s = make(ctx, 5, steps), *part;
        ck_ok(l2osr_samples_part(&part, s, 2, 3), ctx);
        check_kind(part, s, 3);
        for (size_t i = 0; i < 3; i++)
            ck_assert(same_trajectory(part, i, s, i + 2));
        l2osr_samples_free(s);
        ck_ok(l2osr_samples_check(part), ctx);
        l2osr_samples_free(part);
    }
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(parts_have_no_weights_of_their_own) {
    l2osr_context *ctx = test_context();
    l2osr_samples *s, *part;
    ck_ok(l2osr_samples_create(&s, ctx, FEATURES, names, 2, 1), ctx);
    ck_ok(l2osr_samples_part(&part, s, 0, 1), ctx);
    ck_assert_ptr_null(l2osr_samples_weights(part, 0));
    l2osr_samples_free(part);
    l2osr_samples_free(s);
    l2osr_context_free(ctx);
}
END_TEST

/* Which trajectories of s are in a subsample, as bits; they must be there in their order. */
static unsigned draw(l2osr_context *ctx, l2osr_samples *s, size_t n, uint64_t seed) {
    l2osr_samples *drawn;
    unsigned bits = 0;
    size_t j = 0;
    ck_ok(l2osr_samples_subsample(&drawn, s, n, seed), ctx);
    check_kind(drawn, s, n);
    for (size_t i = 0; i < n; i++, j++) {
        while (j < l2osr_samples_trajectories(s) && !same_trajectory(drawn, i, s, j))
            j++;
        ck_assert_uint_lt(j, l2osr_samples_trajectories(s));
        bits |= 1u << j;
    }
    l2osr_samples_free(drawn);
    return bits;
}

START_TEST(subsamples_are_drawn_reproducibly) {
    l2osr_context *ctx = test_context();
    l2osr_samples *s = make(ctx, 20, 2);
    unsigned other = 0, all = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        const unsigned bits = draw(ctx, s, 7, seed);
        ck_assert_uint_eq(draw(ctx, s, 7, seed), bits);
        other |= bits ^ draw(ctx, s, 7, seed + 1);
        all |= bits;
    }
    ck_assert_uint_ne(other, 0);
    ck_assert_uint_eq(all, (1u << 20) - 1);
    ck_assert_uint_eq(draw(ctx, s, 20, 3), (1u << 20) - 1);
    l2osr_samples_free(s);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(trajectories_that_are_not_finite_go) {
    l2osr_context *ctx = test_context();
    l2osr_samples *s = make(ctx, 6, 3), *rest;
    size_t dropped;
    l2osr_samples_series(s, 1, 0)[2] = (float)NAN;
    l2osr_samples_target(s, 3)[0] = -(float)INFINITY;
    l2osr_samples_weights(s, 4)[1] = (float)INFINITY;
    ck_ok(l2osr_samples_drop_nonfinite(&rest, s, &dropped), ctx);
    ck_assert_uint_eq(dropped, 3);
    check_kind(rest, s, 3);
    ck_assert(same_trajectory(rest, 0, s, 1));
    ck_assert(same_trajectory(rest, 1, s, 2));
    ck_assert(same_trajectory(rest, 2, s, 5));
    ck_ok(l2osr_samples_check(rest), ctx);
    l2osr_samples_free(rest);
    for (size_t i = 0; i < 6; i++)
        *l2osr_samples_series(s, 0, i) = (float)NAN;
    ck_assert_int_eq(l2osr_samples_drop_nonfinite(&rest, s, &dropped), L2OSR_ENONFINITE);
    ck_assert_ptr_null(rest);
    ck_assert_uint_eq(dropped, 0);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "each of the 6 trajectories"));
    l2osr_samples_free(s);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(rejects_bad_arguments) {
    l2osr_context *ctx = test_context();
    l2osr_samples *s = make(ctx, 5, 1), *out = s;
    static const size_t bad[][2] = {{0, 0}, {0, 6}, {3, 3}, {5, 1}, {6, 0}, {1, SIZE_MAX}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_int_eq(l2osr_samples_part(&out, s, bad[i][0], bad[i][1]), L2OSR_ERANGE);
        ck_assert_ptr_null(out);
    }
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "from trajectory 1 on"));
    ck_assert_int_eq(l2osr_samples_subsample(&out, s, 0, 1), L2OSR_ERANGE);
    ck_assert_int_eq(l2osr_samples_subsample(&out, s, 6, 1), L2OSR_ERANGE);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "cannot draw 6 of 5"));
    ck_assert_int_eq(l2osr_samples_part(&out, NULL, 0, 1), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_samples_part(NULL, s, 0, 1), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_samples_subsample(&out, NULL, 1, 1), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_samples_drop_nonfinite(&out, NULL, NULL), L2OSR_EINVAL);
    l2osr_samples_free(s);
    l2osr_context_free(ctx);
}
END_TEST

TCase *subset_tests(void) {
    TCase *tcase = tcase_create("subset");
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, parts_are_copies);
    tcase_add_test(tcase, parts_have_no_weights_of_their_own);
    tcase_add_test(tcase, subsamples_are_drawn_reproducibly);
    tcase_add_test(tcase, trajectories_that_are_not_finite_go);
    tcase_add_test(tcase, rejects_bad_arguments);
    return tcase;
}
