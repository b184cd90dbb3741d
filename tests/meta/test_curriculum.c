/* SPDX-License-Identifier: MIT */
/* The rule of the curriculum on costs made by hand. */
#include <math.h>

#include "meta/curriculum.h"
#include "suites.h"

/* Letters of lessons. */
static char letter(l2osr__lesson lesson) {
    static const char letters[] = "-kas";
    return letters[lesson];
}

/* Feeds costs and compares the lessons; after an advance the next cost is that of the restored
 * weights. */
static void expect(l2osr__curriculum *c, const double *costs, const char *lessons) {
    for (; *lessons; lessons++) {
        const l2osr__lesson lesson = l2osr__curriculum_judge(c, *costs++);
        ck_assert_int_eq(letter(lesson), *lessons);
        if (lesson == L2OSR__LESSON_ADVANCE)
            l2osr__curriculum_enter(c, *costs++);
    }
}

START_TEST(a_stage_ends_with_the_first_evaluation_without_improvement_from_the_third_on) {
    const double costs[] = {5, 6, 4, 3, 3, /* enters with */ 9, 8, 9, 9, 7};
    l2osr__curriculum c;
    l2osr__curriculum_init(&c, 3);
    ck_assert_uint_eq(l2osr__curriculum_horizon(&c), 1);
    expect(&c, costs, "k-kka");
    ck_assert_uint_eq(c.stage, 1);
    ck_assert_uint_eq(l2osr__curriculum_horizon(&c), 2);
    ck_assert_double_eq(c.best, 9);
    expect(&c, costs + 6, "k-a");
    ck_assert_uint_eq(c.stage, 2);
    ck_assert_double_eq(c.best, 7);
}
END_TEST

START_TEST(improvements_do_not_reset_the_count) {
    const double costs[] = {3, 2, 1, 1, 10};
    l2osr__curriculum c;
    l2osr__curriculum_init(&c, 2);
    expect(&c, costs, "kkka");
    ck_assert_uint_eq(c.stage, 1);
    ck_assert_uint_eq(c.evaluations, 0);
}
END_TEST

START_TEST(a_stage_without_improvement_ends_training) {
    const double costs[] = {2, 3, 3, /* enters with */ 1, 1, 2, 1};
    l2osr__curriculum c;
    l2osr__curriculum_init(&c, 4);
    expect(&c, costs, "k-a--s");
    ck_assert_uint_eq(c.stage, 1);
    ck_assert_double_eq(c.best, 1); /* a cost that is equal is no improvement */
}
END_TEST

START_TEST(costs_that_are_no_numbers_never_improve) {
    const double costs[] = {INFINITY, (double)NAN, INFINITY};
    l2osr__curriculum c;
    l2osr__curriculum_init(&c, 2);
    expect(&c, costs, "--s");
}
END_TEST

START_TEST(the_last_stage_is_measured_at_its_own_horizon_and_repeats) {
    const double costs[] = {3, 3, 3, /* enters with */ 2, 1, 1, 1, /* and */ 1, 2, 2, 2};
    l2osr__curriculum c;
    l2osr__curriculum_init(&c, 2);
    expect(&c, costs, "k-ak-a");
    ck_assert_uint_eq(c.stage, 1);
    ck_assert_uint_eq(l2osr__curriculum_horizon(&c), 1);
    expect(&c, costs + 8, "--s");
}
END_TEST

Suite *curriculum_suite(void) {
    Suite *suite = suite_create("curriculum");
    TCase *tests = tcase_create("curriculum");
    tcase_add_test(tests,
                   a_stage_ends_with_the_first_evaluation_without_improvement_from_the_third_on);
    tcase_add_test(tests, improvements_do_not_reset_the_count);
    tcase_add_test(tests, a_stage_without_improvement_ends_training);
    tcase_add_test(tests, costs_that_are_no_numbers_never_improve);
    tcase_add_test(tests, the_last_stage_is_measured_at_its_own_horizon_and_repeats);
    suite_add_tcase(suite, tests);
    return suite;
}
