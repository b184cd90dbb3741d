/* SPDX-License-Identifier: MIT */
/* How texts of tables are to be shown. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "report.h"

const char *shortened(const char *text, char buffer[32]) {
    const double number = number_in(text);
    if (!isfinite(number) || strlen(text) <= 6)
        return text;
    snprintf(buffer, 32, fabs(number) >= 1000 ? "%.0f" : "%.4g", number);
    return buffer;
}

bool is_formula(const char *text) {
    if (strpbrk(text, "*/^="))
        return true;
    for (const char *open = strchr(text, '('); open; open = strchr(open + 1, '('))
        if (open > text && isalnum((unsigned char)open[-1]))
            return true;
    return false;
}
