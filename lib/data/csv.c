/* SPDX-License-Identifier: MIT */
/*
 * Tables of numbers as text: one row a line, fields separated by commas, or if the first line has
 * none by semicolons, tabs or spaces. Two passes: the first counts and checks the shape, so that a
 * small file cannot ask for much memory; the second reads the numbers.
 */
#include "data/data.h"

#include <string.h>

#include "base/file.h"
#include "base/number.h"

typedef struct reader {
    const l2osr__content *content;
    const char *next;     /* start of the line after the current one */
    const char *at, *end; /* rest of the current line */
    size_t line;          /* its number, from 1 */
    char separator;
} reader;

typedef struct field {
    const char *text;
    size_t length;
    bool quoted;
} field;

typedef struct table {
    size_t rows, columns;
    bool header;
} table;

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

/* A separator ' ' stands for any run of spaces and tabs. */
static bool separates(const reader *r, char c) {
    return c == r->separator || (r->separator == ' ' && c == '\t');
}

static reader start(const l2osr__content *content, char separator) {
    bool mark = content->size >= 3 && memcmp(content->bytes, "\xEF\xBB\xBF", 3) == 0;
    return (reader){
        .content = content, .next = content->bytes + (mark ? 3 : 0), .separator = separator};
}

/* Goes to the next line that is neither blank nor a comment; false at the end of the file. */
static bool next_line(reader *r) {
    const char *file_end = r->content->bytes + r->content->size;
    while (r->next < file_end) {
        const char *newline = memchr(r->next, '\n', (size_t)(file_end - r->next));
        r->at = r->next;
        r->end = newline ? newline : file_end;
        r->next = newline ? newline + 1 : file_end;
        r->line++;
        while (r->end > r->at && is_space(r->end[-1]))
            r->end--;
        const char *first = r->at;
        while (first < r->end && is_space(*first))
            first++;
        if (first < r->end && *first != '#')
            return true;
    }
    return false;
}

static char find_separator(const l2osr__content *content) {
    static const char candidates[] = {',', ';', '\t'};
    reader r = start(content, ' ');
    if (!next_line(&r))
        return ' ';
    for (size_t i = 0; i < sizeof candidates; i++) {
        bool quoted = false;
        for (const char *p = r.at; p < r.end; p++) {
            quoted ^= *p == '"';
            if (*p == candidates[i] && !quoted)
                return candidates[i];
        }
    }
    return ' ';
}

/* Takes the next field of the line and the separator behind it; false when there is none. */
static bool next_field(reader *r, field *f) {
    if (!r->at)
        return false;
    while (r->at < r->end && is_space(*r->at) && (r->separator == ' ' || !separates(r, *r->at)))
        r->at++;
    bool open = r->at < r->end && *r->at == '"';
    const char *close = open ? memchr(r->at + 1, '"', (size_t)(r->end - r->at - 1)) : NULL;
    const char *p = close ? close : r->at;
    while (p < r->end && !separates(r, *p))
        p++;
    f->quoted = close != NULL;
    f->text = r->at + f->quoted;
    const char *stop = close ? close : p;
    while (!close && stop > f->text && is_space(stop[-1]))
        stop--;
    f->length = (size_t)(stop - f->text);
    r->at = p < r->end ? p + 1 : NULL;
    return true;
}

static bool read_number(const field *f, double *value) {
    const char *end;
    *value = l2osr__parse_double(f->text, &end);
    return !f->quoted && f->length > 0 && end == f->text + f->length;
}

static size_t count_fields(reader *r, bool *all_numbers) {
    field f;
    double value;
    size_t count = 0;
    *all_numbers = true;
    for (; next_field(r, &f); count++)
        *all_numbers = *all_numbers && read_number(&f, &value);
    return count;
}

/* The first pass. A first line with something other than numbers is the header. */
static l2osr_status measure(const l2osr__content *content, char separator, table *t) {
    reader r = start(content, separator);
    bool numbers = true;
    *t = (table){0};
    if (next_line(&r)) {
        t->columns = count_fields(&r, &numbers);
        t->header = !numbers;
        t->rows = numbers;
    }
    size_t first = r.line;
    for (field f; next_line(&r); t->rows++) {
        size_t columns = 0;
        while (next_field(&r, &f))
            columns++;
        if (columns != t->columns)
            return l2osr__fail(content->ctx, L2OSR_EFORMAT,
                               "%s: line %zu has %zu columns, but line %zu has %zu", content->path,
                               r.line, columns, first, t->columns);
    }
    if (t->rows > 0)
        return L2OSR_OK;
    return l2osr__fail(content->ctx, L2OSR_EFORMAT, "%s: not .npy or IDX, and no line of numbers",
                       content->path);
}

/* Bytes of a damaged file must not break the message's single line. */
static l2osr_status not_a_number(const reader *r, size_t column, const field *f) {
    char text[24] = {0};
    for (size_t i = 0; i < f->length && i < sizeof text - 1; i++)
        text[i] = f->text[i] >= ' ' && f->text[i] <= '~' ? f->text[i] : '?';
    return l2osr__fail(r->content->ctx, L2OSR_EFORMAT,
                       "%s: line %zu, column %zu: '%s' is not a number", r->content->path, r->line,
                       column + 1, text);
}

static l2osr_status read_names(reader *r, l2osr_array *array, size_t columns) {
    field f;
    L2OSR__TRY(l2osr__alloc_to(array->ctx, &array->names, columns, sizeof *array->names));
    array->n_names = columns;
    for (size_t i = 0; i < columns && next_field(r, &f); i++) {
        L2OSR__TRY(l2osr__alloc_to(array->ctx, &array->names[i], f.length + 1, 1));
        memcpy(array->names[i], f.text, f.length);
    }
    return L2OSR_OK;
}

static l2osr_status read_table(const l2osr__content *content, char separator, const table *t,
                               l2osr_array *array) {
    reader r = start(content, separator);
    double *value = array->data;
    if (t->header && next_line(&r))
        L2OSR__TRY(read_names(&r, array, t->columns));
    while (next_line(&r)) {
        field f;
        for (size_t column = 0; next_field(&r, &f); column++)
            if (!read_number(&f, value++))
                return not_a_number(&r, column, &f);
    }
    return L2OSR_OK;
}

l2osr_status l2osr__csv_parse(l2osr_array **out, const l2osr__content *content) {
    table t;
    char separator = find_separator(content);
    if (memchr(content->bytes, '\0', content->size))
        return l2osr__fail(content->ctx, L2OSR_EFORMAT, "%s: not .npy, IDX or CSV", content->path);
    L2OSR__TRY(measure(content, separator, &t));
    const size_t shape[] = {t.rows, t.columns};
    L2OSR__TRY(l2osr__array_new(out, content->ctx, content->path, L2OSR_F64, 2, shape));
    l2osr_status status = read_table(content, separator, &t, *out);
    if (status != L2OSR_OK) {
        l2osr_array_free(*out);
        *out = NULL;
    }
    return status;
}

static void write_entry(FILE *stream, const l2osr_array *array, size_t i) {
    char text[L2OSR__NUMBER_SIZE];
    if (array->dtype == L2OSR_F32)
        l2osr__format_float(text, sizeof text, ((const float *)array->data)[i]);
    else if (array->dtype == L2OSR_I64)
        snprintf(text, sizeof text, "%lld", (long long)((const int64_t *)array->data)[i]);
    else
        l2osr__format_double(text, sizeof text, l2osr_array_get(array, i));
    fputs(text, stream);
}

static l2osr_status check_csv(const l2osr_array *array, const char *const *names,
                              const char *path) {
    l2osr_context *ctx = array->ctx;
    if (!path)
        return l2osr__fail(ctx, L2OSR_EINVAL, "array: path is NULL");
    if (array->rank < 1 || array->rank > 2)
        return l2osr__fail(ctx, L2OSR_EINVAL,
                           "%s: the array has rank %zu; only 1 and 2 can be written as CSV", path,
                           array->rank);
    for (size_t i = 0; names && i < l2osr_array_extent(array, 1); i++)
        if (!names[i] || strpbrk(names[i], "\"\n\r"))
            return l2osr__fail(ctx, L2OSR_EINVAL,
                               "%s: the name of column %zu is NULL or holds a quote or a newline",
                               path, i + 1);
    return L2OSR_OK;
}

l2osr_status l2osr_array_save_csv(const l2osr_array *array, const char *const *names,
                                  const char *path) {
    l2osr__writer writer;
    if (!array)
        return L2OSR_EINVAL;
    L2OSR__TRY(check_csv(array, names, path));
    L2OSR__TRY(l2osr__writer_open(&writer, array->ctx, path));
    size_t columns = l2osr_array_extent(array, 1);
    for (size_t i = 0; names && i < columns; i++)
        fprintf(writer.stream, "%s\"%s\"", i > 0 ? "," : "", names[i]);
    if (names)
        fputc('\n', writer.stream);
    for (size_t i = 0; i < array->size; i++) {
        write_entry(writer.stream, array, i);
        fputc((i + 1) % columns == 0 ? '\n' : ',', writer.stream);
    }
    return l2osr__writer_commit(&writer);
}
