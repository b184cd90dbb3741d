/* SPDX-License-Identifier: MIT */
/*
 * Tables of numbers as text: one row a line, fields separated by commas, or if the first line has
 * none by semicolons, tabs or spaces. Two passes: the first counts and checks the shape, so that a
 * small file cannot ask for much memory; the second reads the numbers.
 */
#include "data/fields.h"

#include <string.h>

#include "base/file.h"
#include "base/number.h"

typedef struct table {
    size_t rows, columns;
    bool header;
} table;

static size_t count_fields(l2osr__lines *r, bool *all_numbers) {
    l2osr__field f;
    double value;
    size_t count = 0;
    *all_numbers = true;
    for (; l2osr__field_next(r, &f); count++)
        *all_numbers = *all_numbers && l2osr__field_number(&f, &value);
    return count;
}

/* The first pass. A first line with something other than numbers is the header. */
static l2osr_status measure(const l2osr__content *content, char separator, table *t) {
    l2osr__lines r = l2osr__lines_of(content, separator);
    bool numbers = true;
    *t = (table){0};
    if (l2osr__lines_next(&r)) {
        t->columns = count_fields(&r, &numbers);
        t->header = !numbers;
        t->rows = numbers;
    }
    size_t first = r.number;
    for (l2osr__field f; l2osr__lines_next(&r); t->rows++) {
        size_t columns = 0;
        while (l2osr__field_next(&r, &f))
            columns++;
        if (columns != t->columns)
            return l2osr__fail(content->ctx, L2OSR_EFORMAT,
                               "%s: line %zu has %zu columns, but line %zu has %zu", content->path,
                               r.number, columns, first, t->columns);
    }
    if (t->rows > 0)
        return L2OSR_OK;
    return l2osr__fail(content->ctx, L2OSR_EFORMAT, "%s: not .npy or IDX, and no line of numbers",
                       content->path);
}

static l2osr_status not_a_number(const l2osr__lines *r, size_t column, const l2osr__field *f) {
    char text[L2OSR__EXCERPT_SIZE];
    l2osr__field_excerpt(f, text);
    return l2osr__fail(r->content->ctx, L2OSR_EFORMAT,
                       "%s: line %zu, column %zu: '%s' is not a number", r->content->path,
                       r->number, column + 1, text);
}

static l2osr_status read_names(l2osr__lines *r, l2osr_array *array, size_t columns) {
    l2osr__field f;
    L2OSR__TRY(l2osr__alloc_to(array->ctx, &array->names, columns, sizeof *array->names));
    array->n_names = columns;
    for (size_t i = 0; i < columns && l2osr__field_next(r, &f); i++) {
        L2OSR__TRY(l2osr__alloc_to(array->ctx, &array->names[i], f.length + 1, 1));
        memcpy(array->names[i], f.text, f.length);
    }
    return L2OSR_OK;
}

static l2osr_status read_table(const l2osr__content *content, char separator, const table *t,
                               l2osr_array *array) {
    l2osr__lines r = l2osr__lines_of(content, separator);
    double *value = array->data;
    if (t->header && l2osr__lines_next(&r))
        L2OSR__TRY(read_names(&r, array, t->columns));
    while (l2osr__lines_next(&r)) {
        l2osr__field f;
        for (size_t column = 0; l2osr__field_next(&r, &f); column++)
            if (!l2osr__field_number(&f, value++))
                return not_a_number(&r, column, &f);
    }
    return L2OSR_OK;
}

l2osr_status l2osr__csv_parse(l2osr_array **out, const l2osr__content *content) {
    table t;
    char separator = l2osr__find_separator(content, ",;\t");
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
