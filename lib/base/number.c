/* SPDX-License-Identifier: MIT */
#include "base/number.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The C library's conversions obey the thread's locale; this one lasts for one conversion. */
typedef struct c_locale {
    locale_t c, previous;
} c_locale;

static c_locale enter_c_locale(void) {
    c_locale l = {newlocale(LC_ALL_MASK, "C", (locale_t)0), (locale_t)0};
    if (l.c)
        l.previous = uselocale(l.c);
    return l;
}

static void leave_c_locale(c_locale l) {
    if (!l.c)
        return;
    uselocale(l.previous);
    freelocale(l.c);
}

static const char *skip_digits(const char *p) {
    while (*p >= '0' && *p <= '9')
        p++;
    return p;
}

/* End of digits[.digits][e[+-]digits], or `p` when there is no digit before the exponent. */
static const char *skip_decimal(const char *p) {
    const char *whole = skip_digits(p), *end = whole;
    if (*whole == '.') {
        end = skip_digits(whole + 1);
        if (whole == p && end == whole + 1)
            return p;
    } else if (whole == p) {
        return p;
    }
    if (*end != 'e' && *end != 'E')
        return end;
    const char *exponent = end + 1 + (end[1] == '+' || end[1] == '-');
    const char *last = skip_digits(exponent);
    return last > exponent ? last : end;
}

/* Compares ASCII letters in any case; strcasecmp would obey the locale. */
static bool word(const char *p, const char *name, const char **end) {
    for (; *name; p++, name++)
        if ((*p | 0x20) != *name)
            return false;
    *end = p;
    return true;
}

double l2osr__parse_double(const char *text, const char **end) {
    const char *digits = text + (*text == '+' || *text == '-');
    double sign = *text == '-' ? -1.0 : 1.0;
    *end = skip_decimal(digits);
    if (*end > digits) {
        c_locale locale = enter_c_locale();
        double magnitude = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X')
                               ? 0.0 /* strtod would go on and read a hexadecimal number */
                               : strtod(digits, NULL);
        leave_c_locale(locale);
        return sign * magnitude;
    }
    if (word(digits, "infinity", end) || word(digits, "inf", end))
        return sign * (double)INFINITY;
    if (word(digits, "nan", end))
        return (double)NAN;
    *end = text;
    return 0.0;
}

static const char *skip_hex_digits(const char *p) {
    while ((*p >= '0' && *p <= '9') || ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'f'))
        p++;
    return p;
}

double l2osr__parse_exact(const char *text, const char **end) {
    *end = text;
    if (text[0] != '0' || (text[1] | 0x20) != 'x')
        return 0.0;
    const char *whole = skip_hex_digits(text + 2), *last = whole;
    if (*whole == '.')
        last = skip_hex_digits(whole + 1);
    if (last - (*whole == '.') == text + 2)
        return 0.0;
    if ((*last | 0x20) == 'p') {
        const char *exponent = last + 1 + (last[1] == '+' || last[1] == '-');
        last = skip_digits(exponent) > exponent ? skip_digits(exponent) : last;
    }
    c_locale locale = enter_c_locale();
    double value = strtod(text, NULL);
    leave_c_locale(locale);
    *end = last;
    return value;
}

static bool same_double(const char *text, double value) {
    const char *end;
    double read = l2osr__parse_double(text, &end);
    return memcmp(&read, &value, sizeof value) == 0;
}

static bool same_float(const char *text, double value) {
    const char *end;
    float read = (float)l2osr__parse_double(text, &end), wanted = (float)value;
    return memcmp(&read, &wanted, sizeof wanted) == 0;
}

/*
 * Any decimal number of `sure` digits survives a trip through a normal number, so that fewer digits
 * need no trial: %g drops the zeros at the end. Subnormal numbers hold fewer digits and are tried
 * from one on.
 */
static void format_shortest(char *buffer, size_t size, double value, int sure, int enough,
                            bool (*same)(const char *text, double value)) {
    if (isnan(value) || isinf(value)) {
        snprintf(buffer, size, "%s", isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
        return;
    }
    c_locale locale = enter_c_locale();
    int digits = sure;
    do
        snprintf(buffer, size, "%.*g", digits, value);
    while (digits++ < enough && !same(buffer, value));
    leave_c_locale(locale);
}

void l2osr__format_double(char *buffer, size_t size, double value) {
    bool normal = value == 0 || fabs(value) >= DBL_MIN;
    format_shortest(buffer, size, value, normal ? DBL_DIG : 1, 17, same_double);
}

void l2osr__format_float(char *buffer, size_t size, float value) {
    bool normal = value == 0 || fabsf(value) >= FLT_MIN;
    format_shortest(buffer, size, (double)value, normal ? FLT_DIG : 1, 9, same_float);
}

void l2osr__write_double(FILE *stream, double value) {
    char text[L2OSR__NUMBER_SIZE];
    l2osr__format_double(text, sizeof text, value);
    fprintf(stream, ",%s", text);
}

void l2osr__write_float(FILE *stream, float value) {
    char text[L2OSR__NUMBER_SIZE];
    l2osr__format_float(text, sizeof text, value);
    fprintf(stream, ",%s", text);
}
