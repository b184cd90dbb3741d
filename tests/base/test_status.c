/* SPDX-License-Identifier: MIT */
#include "tests.h"

#include <stdio.h>
#include <string.h>

/* Written down a second time on purpose: programs in the field have these numbers compiled in. */
static const struct {
    int number;
    const char *name;
} pinned[] = {
    {0, "L2OSR_OK"},         {-1, "L2OSR_EINVAL"},        {-2, "L2OSR_ENOMEM"},
    {-3, "L2OSR_EIO"},       {-4, "L2OSR_EFORMAT"},       {-5, "L2OSR_EPARSE"},
    {-6, "L2OSR_ERANGE"},    {-7, "L2OSR_ENONFINITE"},    {-8, "L2OSR_ECANCELED"},
    {-9, "L2OSR_ECALLBACK"}, {-10, "L2OSR_EUNSUPPORTED"}, {-11, "L2OSR_E2BIG"},
    {-12, "L2OSR_ESTATE"},   {-13, "L2OSR_ENOTFOUND"},
};
enum { PINNED = sizeof pinned / sizeof *pinned };

START_TEST(numbers_and_names_are_pinned) {
    for (int i = 0; i < PINNED; i++) {
        l2osr_status status = (l2osr_status)pinned[i].number;
        ck_assert_str_eq(l2osr_status_name(status), pinned[i].name);
        ck_assert_str_ne(l2osr_strerror(status), "unknown status");
    }
#define ONE(name, number, text) +1
    ck_assert_int_eq(0 L2OSR_STATUS_LIST(ONE), PINNED);
}
END_TEST

START_TEST(texts_are_lines_for_a_person) {
    for (int i = 0; i < PINNED; i++) {
        const char *text = l2osr_strerror((l2osr_status)pinned[i].number);
        ck_assert_uint_gt(strlen(text), 0);
        ck_assert_ptr_null(strchr(text, '\n'));
        for (int k = 0; k < i; k++)
            ck_assert_str_ne(text, l2osr_strerror((l2osr_status)pinned[k].number));
    }
}
END_TEST

START_TEST(unknown_numbers_have_a_text) {
    ck_assert_str_eq(l2osr_strerror((l2osr_status)1), "unknown status");
    ck_assert_str_eq(l2osr_strerror((l2osr_status)-99), "unknown status");
    ck_assert_str_eq(l2osr_status_name((l2osr_status)-99), "unknown status");
}
END_TEST

START_TEST(version_is_that_of_the_header) {
    char version[64];
    snprintf(version, sizeof version, "%d.%d.%d", L2OSR_VERSION_MAJOR, L2OSR_VERSION_MINOR,
             L2OSR_VERSION_PATCH);
    ck_assert_str_eq(l2osr_version(), version);
    ck_assert_int_eq(l2osr_abi_version(), L2OSR_ABI_VERSION);
}
END_TEST

TCase *status_tests(void) {
    TCase *tcase = tcase_create("status");
    tcase_add_test(tcase, numbers_and_names_are_pinned);
    tcase_add_test(tcase, texts_are_lines_for_a_person);
    tcase_add_test(tcase, unknown_numbers_have_a_text);
    tcase_add_test(tcase, version_is_that_of_the_header);
    return tcase;
}
