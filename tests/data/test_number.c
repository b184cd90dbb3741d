/* SPDX-License-Identifier: MIT */
#include "tests.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/number.h"
#include "base/rng.h"

static void expect_number(const char *text, double value, const char *rest) {
    const char *end;
    double read = l2osr__parse_double(text, &end);
    ck_assert_msg(read == value || (isnan(read) && isnan(value)), "%s read as %g", text, read);
    ck_assert_str_eq(end, rest);
}

static void check_parsing(void) {
    expect_number("12", 12, "");
    expect_number("-1.5e-3,", -1.5e-3, ",");
    expect_number("+.5", 0.5, "");
    expect_number("5.x", 5, "x");
    expect_number("1e", 1, "e");
    expect_number("1e+", 1, "e+");
    expect_number("0x10", 0, "x10");
    expect_number("1,5", 1, ",5");
    expect_number("1e400", (double)INFINITY, "");
    expect_number("-Infinity", -(double)INFINITY, "");
    expect_number("NaN", (double)NAN, "");
    expect_number("2.2250738585072012e-308", 0x1p-1022, ""); /* hung Java and PHP */
    expect_number("9007199254740993", 9007199254740992.0, "");
    expect_number(" 1", 0, " 1");
    expect_number(".", 0, ".");
    expect_number("-", 0, "-");
    expect_number("", 0, "");
    expect_number("in", 0, "in");
}

static void expect_text(double value, const char *text) {
    char buffer[L2OSR__NUMBER_SIZE];
    l2osr__format_double(buffer, sizeof buffer, value);
    ck_assert_str_eq(buffer, text);
}

static void check_printing(void) {
    char buffer[L2OSR__NUMBER_SIZE];
    expect_text(0.1, "0.1");
    expect_text(-0.0, "-0");
    expect_text(1e22, "1e+22");
    expect_text(0.1 + 0.2, "0.30000000000000004");
    expect_text(5e-324, "5e-324");
    expect_text(-(double)INFINITY, "-inf");
    expect_text((double)NAN, "nan");
    l2osr__format_float(buffer, sizeof buffer, 0.1f);
    ck_assert_str_eq(buffer, "0.1");
    l2osr__format_float(buffer, sizeof buffer, 16777217.0f);
    ck_assert_str_eq(buffer, "16777216");
}

START_TEST(parses) {
    check_parsing();
}
END_TEST

START_TEST(prints) {
    check_printing();
}
END_TEST

START_TEST(reads_back_the_same_bits) {
    char buffer[L2OSR__NUMBER_SIZE];
    const char *end;
    l2osr__rng rng;
    l2osr__rng_init(&rng, 1, 0);
    for (int i = 0; i < 20000; i++) {
        uint64_t wide = l2osr__rng_u64(&rng);
        uint32_t narrow = l2osr__rng_u32(&rng);
        double d, d_read;
        float f, f_read;
        memcpy(&d, &wide, sizeof d);
        memcpy(&f, &narrow, sizeof f);
        l2osr__format_double(buffer, sizeof buffer, d);
        d_read = l2osr__parse_double(buffer, &end);
        ck_assert_msg(isnan(d) ? isnan(d_read) : memcmp(&d, &d_read, sizeof d) == 0, "%s", buffer);
        l2osr__format_float(buffer, sizeof buffer, f);
        f_read = (float)l2osr__parse_double(buffer, &end);
        ck_assert_msg(isnan(f) ? isnan(f_read) : memcmp(&f, &f_read, sizeof f) == 0, "%s", buffer);
        ck_assert_int_eq(*end, '\0');
    }
}
END_TEST

/* A locale with a decimal comma: one of the machine's, or one made by localedef. */
static bool enter_comma_locale(void) {
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8",
                                        "fr_FR.utf8"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (setlocale(LC_ALL, names[i]))
            return true;
    char directory[512], command[1200];
    test_tmp_path(directory, sizeof directory, "locales");
    mkdir(directory, 0755);
    snprintf(command, sizeof command,
             "localedef -i de_DE -f UTF-8 '%s/de_DE.UTF-8' >/dev/null 2>&1", directory);
    return system(command) == 0 && setenv("LOCPATH", directory, 1) == 0 &&
           setlocale(LC_ALL, "de_DE.UTF-8");
}

static void remove_made_locale(void) {
    char directory[512], command[600];
    test_tmp_path(directory, sizeof directory, "locales");
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(does_not_depend_on_the_locale) {
    char shown[16];
    if (!enter_comma_locale()) {
        remove_made_locale();
        return;
    }
    snprintf(shown, sizeof shown, "%.1f", 0.5);
    ck_assert_str_eq(shown, "0,5");
    check_parsing();
    check_printing();
    snprintf(shown, sizeof shown, "%.1f", 0.5);
    ck_assert_str_eq(shown, "0,5"); /* the host's choice stays */
    l2osr_context *ctx = test_context();
    l2osr_array *array;
    static const char csv[] = "1.25,2.5\n";
    ck_ok(load_bytes(&array, ctx, csv, sizeof csv - 1), ctx);
    ck_assert_double_eq(l2osr_array_get(array, 0), 1.25);
    l2osr_array_free(array);
    l2osr_context_free(ctx);
    remove_made_locale();
}
END_TEST

TCase *number_tests(void) {
    TCase *tcase = tcase_create("number");
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, parses);
    tcase_add_test(tcase, prints);
    tcase_add_test(tcase, reads_back_the_same_bits);
    tcase_add_test(tcase, does_not_depend_on_the_locale);
    return tcase;
}
