/* SPDX-License-Identifier: MIT */
#include "data/fields.h"

#include <string.h>

#include "base/number.h"

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

static bool separates(const l2osr__lines *lines, char c) {
    return c == lines->separator || (lines->separator == ' ' && c == '\t');
}

l2osr__lines l2osr__lines_of(const l2osr__content *content, char separator) {
    bool mark = content->size >= 3 && memcmp(content->bytes, "\xEF\xBB\xBF", 3) == 0;
    return (l2osr__lines){
        .content = content, .next = content->bytes + (mark ? 3 : 0), .separator = separator};
}

bool l2osr__lines_next(l2osr__lines *lines) {
    const char *file_end = lines->content->bytes + lines->content->size;
    while (lines->next < file_end) {
        const char *newline = memchr(lines->next, '\n', (size_t)(file_end - lines->next));
        lines->at = lines->next;
        lines->end = newline ? newline : file_end;
        lines->next = newline ? newline + 1 : file_end;
        lines->number++;
        while (lines->end > lines->at && is_space(lines->end[-1]))
            lines->end--;
        const char *first = lines->at;
        while (first < lines->end && is_space(*first))
            first++;
        if (first < lines->end && *first != '#')
            return true;
    }
    return false;
}

char l2osr__find_separator(const l2osr__content *content, const char *candidates) {
    l2osr__lines lines = l2osr__lines_of(content, ' ');
    if (!l2osr__lines_next(&lines))
        return ' ';
    for (const char *candidate = candidates; *candidate; candidate++) {
        bool quoted = false;
        for (const char *p = lines.at; p < lines.end; p++) {
            quoted ^= *p == '"';
            if (*p == *candidate && !quoted)
                return *candidate;
        }
    }
    return ' ';
}

bool l2osr__field_next(l2osr__lines *lines, l2osr__field *f) {
    if (!lines->at)
        return false;
    while (lines->at < lines->end && is_space(*lines->at) &&
           (lines->separator == ' ' || !separates(lines, *lines->at)))
        lines->at++;
    bool open = lines->at < lines->end && *lines->at == '"';
    const char *close =
        open ? memchr(lines->at + 1, '"', (size_t)(lines->end - lines->at - 1)) : NULL;
    const char *p = close ? close : lines->at;
    while (p < lines->end && !separates(lines, *p))
        p++;
    f->quoted = close != NULL;
    f->text = lines->at + f->quoted;
    const char *stop = close ? close : p;
    while (!close && stop > f->text && is_space(stop[-1]))
        stop--;
    f->length = (size_t)(stop - f->text);
    lines->at = p < lines->end ? p + 1 : NULL;
    return true;
}

bool l2osr__field_number(const l2osr__field *f, double *value) {
    const char *end;
    *value = l2osr__parse_double(f->text, &end);
    return !f->quoted && f->length > 0 && end == f->text + f->length;
}

void l2osr__field_excerpt(const l2osr__field *f, char excerpt[L2OSR__EXCERPT_SIZE]) {
    memset(excerpt, 0, L2OSR__EXCERPT_SIZE);
    for (size_t i = 0; i < f->length && i < L2OSR__EXCERPT_SIZE - 1; i++)
        excerpt[i] = f->text[i] >= ' ' && f->text[i] <= '~' ? f->text[i] : '?';
}
