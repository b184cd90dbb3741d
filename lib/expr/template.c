/* SPDX-License-Identifier: MIT */
#include "expr/template.h"

#include <string.h>

/* Length of the place that `at` begins with, and what belongs there; 0 where there is none. */
static size_t place(const char *at, const l2osr__filling *with, size_t *next, const char **value) {
    if (at[0] == '%' && at[1] == '%') {
        *value = "%";
        return 2;
    }
    if (at[0] == '%') { /* %s, or %1$s */
        const bool numbered = at[1] != 's';
        *value = with->operands[numbered ? (size_t)(at[1] - '1') : (*next)++];
        return numbered ? 4 : 2;
    }
    if (at[0] == '@' && with->suffix) {
        *value = with->suffix;
        return 1;
    }
    if (with->real && strncmp(at, "REAL", 4) == 0) {
        *value = with->real;
        return 4;
    }
    return 0;
}

void l2osr__template_fill(l2osr__text *text, const char *template, const l2osr__filling *with) {
    size_t next = 0;
    while (*template && !text->failed) {
        const char *value;
        const size_t plain = strcspn(template, "%@R");
        const size_t length = place(template + plain, with, &next, &value);
        if (length > 0) {
            l2osr__text_add(text, "%.*s%s", (int)plain, template, value);
            template += plain + length;
        } else {
            const size_t rest = plain + (template[plain] != '\0');
            l2osr__text_add(text, "%.*s", (int)rest, template);
            template += rest;
        }
    }
}
