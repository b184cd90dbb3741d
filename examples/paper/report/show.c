/* SPDX-License-Identifier: MIT */
/* How texts of tables are to be shown. */
#include <math.h>
#include <string.h>

#include "report.h"

const char *shortened(const char *text, int digits, char buffer[32]) {
    const double number = number_in(text);
    if (!isfinite(number) || fabs(number) >= 1e6)
        return text;
    if (fabs(number) >= pow(10, digits - 1))
        snprintf(buffer, 32, "%.0f", number);
    else
        snprintf(buffer, 32, "%.*g", digits, number);
    return number != 1 && strcmp(buffer, "1") == 0 ? shortened(text, digits + 1, buffer) : buffer;
}

bool is_formula(const char *text) {
    static const char *const operators[] = {" - ", " / "};
    if (strpbrk(text, "*^") || strstr(text, " + "))
        return true;
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++)
        if (strchr(text, '(') && strstr(text, operators[i]))
            return true;
    return false;
}
