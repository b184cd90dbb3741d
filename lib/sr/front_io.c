/* SPDX-License-Identifier: MIT */
/* Fronts in files: ours, and PySR's hall of fame. The columns are told by their titles. */
#include <limits.h>
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/number.h"
#include "data/fields.h"
#include "sr/front.h"

/* ---- writing ---- */

static l2osr_status open_writer(l2osr__writer *writer, const l2osr_front *front, const char *path) {
    if (!path)
        return l2osr__fail(front->ctx, L2OSR_EINVAL, "front: path is NULL");
    return l2osr__writer_open(writer, front->ctx, path);
}

l2osr_status l2osr_front_save(const l2osr_front *front, const char *path) {
    l2osr__writer writer;
    if (!front)
        return L2OSR_EINVAL;
    L2OSR__TRY(open_writer(&writer, front, path));
    fputs("complexity,mse,r2_train,r2_validation,equation\n", writer.stream);
    for (size_t i = 0; i < front->count; i++) {
        const l2osr_formula *f = &front->formulas[i];
        fprintf(writer.stream, "%u", f->complexity);
        l2osr__write_double(writer.stream, f->mse);
        l2osr__write_double(writer.stream, f->r2_train);
        l2osr__write_double(writer.stream, f->r2_validation);
        /* quoted: equations have commas, and never quotes */
        fprintf(writer.stream, ",\"%s\"\n", f->equation);
    }
    return l2osr__writer_commit(&writer);
}

static l2osr_status write_calls(FILE *stream, const l2osr_front *front, const char *equation) {
    uint32_t nodes;
    char *calls;
    L2OSR__TRY(l2osr__front_rewrite(front, &calls, &nodes, (l2osr__source){"front", equation},
                                    l2osr__print_calls));
    fputs(calls, stream);
    l2osr__free(front->ctx, calls);
    return L2OSR_OK;
}

l2osr_status l2osr_front_save_pysr(const l2osr_front *front, const char *path) {
    l2osr__writer writer;
    l2osr_status status = L2OSR_OK;
    if (!front)
        return L2OSR_EINVAL;
    L2OSR__TRY(open_writer(&writer, front, path));
    fputs("Complexity|MSE|Equation\n", writer.stream);
    for (size_t i = 0; i < front->count && status == L2OSR_OK; i++) {
        char mse[L2OSR__NUMBER_SIZE];
        l2osr__format_double(mse, sizeof mse, front->formulas[i].mse);
        fprintf(writer.stream, "%u|%s|", front->formulas[i].complexity, mse);
        status = write_calls(writer.stream, front, front->formulas[i].equation);
        fputc('\n', writer.stream);
    }
    if (status == L2OSR_OK)
        return l2osr__writer_commit(&writer);
    l2osr__writer_abandon(&writer);
    return status;
}

/* ---- reading ---- */

enum { COMPLEXITY, MSE, R2_TRAIN, R2_VALIDATION, EQUATION, WARNING, KINDS };

/* What a column is called: by us, and by others. */
static const char *const titles[KINDS][2] = {
    [COMPLEXITY] = {"complexity", "complexity"}, [MSE] = {"mse", "loss"},
    [R2_TRAIN] = {"r2_train", "r2_train"},       [R2_VALIDATION] = {"r2_validation", "r2_test"},
    [EQUATION] = {"equation", "equation"},       [WARNING] = {"warning", "warning"},
};

typedef struct reader {
    l2osr_context *ctx;
    const char *path;
    char *bytes; /* of the file */
    l2osr__lines lines;
    int kind[KINDS]; /* of each column */
    size_t columns;
    l2osr__field field[KINDS]; /* of the current line, by kind; empty where there is none */
    l2osr_front *front;
} reader;

static bool is_title(const l2osr__field *f, const char *title) {
    if (strlen(title) != f->length)
        return false;
    for (size_t i = 0; i < f->length; i++) {
        const char c = f->text[i];
        if ((c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) != title[i])
            return false;
    }
    return true;
}

static int kind_of(const l2osr__field *title) {
    int kind = 0;
    while (kind < KINDS && !is_title(title, titles[kind][0]) && !is_title(title, titles[kind][1]))
        kind++;
    return kind;
}

/* Fails because of a field of the current line. */
static l2osr_status refuse(const reader *r, const l2osr__field *f, const char *before,
                           const char *after) {
    char excerpt[L2OSR__EXCERPT_SIZE];
    l2osr__field_excerpt(f, excerpt);
    return l2osr__fail(r->ctx, L2OSR_EFORMAT, "%s: line %zu: %s '%s' %s", r->path, r->lines.number,
                       before, excerpt, after);
}

static l2osr_status read_title(reader *r, const l2osr__field *f) {
    const int kind = kind_of(f);
    if (kind == KINDS)
        return refuse(r, f, "the column",
                      "is not of a front: complexity, mse, r2_train, r2_validation, equation");
    for (size_t i = 0; i < r->columns; i++)
        if (r->kind[i] == kind)
            return refuse(r, f, "the column", "is there twice");
    r->kind[r->columns++] = kind;
    return L2OSR_OK;
}

static l2osr_status read_titles(reader *r) {
    bool has_equations = false;
    l2osr__lines_next(&r->lines);
    for (l2osr__field f; l2osr__field_next(&r->lines, &f);)
        L2OSR__TRY(read_title(r, &f));
    for (size_t i = 0; i < r->columns; i++)
        has_equations |= r->kind[i] == EQUATION;
    if (has_equations)
        return L2OSR_OK;
    return l2osr__fail(r->ctx, L2OSR_EFORMAT, "%s: not a front: there is no column 'equation'",
                       r->path);
}

static l2osr_status read_fields(reader *r) {
    size_t count = 0;
    for (l2osr__field f; l2osr__field_next(&r->lines, &f); count++)
        if (count < r->columns)
            r->field[r->kind[count]] = f;
    if (count == r->columns)
        return L2OSR_OK;
    return l2osr__fail(
        r->ctx, L2OSR_EFORMAT,
        "%s: line %zu has %zu columns, but there are %zu titles; put equations with commas "
        "between quotes",
        r->path, r->lines.number, count, r->columns);
}

/* NaN where nothing is written. */
static l2osr_status read_figure(const reader *r, int kind, double *value) {
    *value = (double)NAN;
    if (r->field[kind].length == 0 || l2osr__field_number(&r->field[kind], value))
        return L2OSR_OK;
    return refuse(r, &r->field[kind], titles[kind][0], "is not a number");
}

static l2osr_status read_complexity(const reader *r, unsigned *complexity) {
    double value;
    *complexity = 0;
    L2OSR__TRY(read_figure(r, COMPLEXITY, &value));
    if (isnan(value))
        return L2OSR_OK;
    if (!(value >= 1 && value <= UINT_MAX) || value != floor(value))
        return refuse(r, &r->field[COMPLEXITY], "complexity", "is not a whole number from 1");
    *complexity = (unsigned)value;
    return L2OSR_OK;
}

/* What ends a field of a line that has been read may be overwritten: separator, quote, newline. */
static const char *text_of(const reader *r, int kind) {
    const l2osr__field *f = &r->field[kind];
    if (!f->text)
        return "";
    r->bytes[f->text - r->bytes + (ptrdiff_t)f->length] = '\0';
    return f->text;
}

static l2osr_status read_formula(reader *r) {
    char name[512]; /* as long as a message */
    l2osr_formula f = {0};
    L2OSR__TRY(read_fields(r));
    L2OSR__TRY(read_complexity(r, &f.complexity));
    L2OSR__TRY(read_figure(r, MSE, &f.mse));
    L2OSR__TRY(read_figure(r, R2_TRAIN, &f.r2_train));
    L2OSR__TRY(read_figure(r, R2_VALIDATION, &f.r2_validation));
    f.warning = text_of(r, WARNING);
    snprintf(name, sizeof name, "%s: line %zu, equation", r->path, r->lines.number);
    return l2osr__front_read(r->front, &f, (l2osr__source){name, text_of(r, EQUATION)});
}

static l2osr_status read_front(reader *r, size_t size) {
    const l2osr__content content = {r->ctx, r->path, r->bytes, size};
    if (memchr(r->bytes, '\0', size))
        return l2osr__fail(r->ctx, L2OSR_EFORMAT, "%s: not a front: it is not text", r->path);
    const char separator = l2osr__find_separator(&content, "|,");
    r->lines = l2osr__lines_of(&content, separator == ' ' ? ',' : separator);
    L2OSR__TRY(l2osr_front_create(&r->front, r->ctx));
    L2OSR__TRY(read_titles(r));
    while (l2osr__lines_next(&r->lines))
        L2OSR__TRY(read_formula(r));
    return L2OSR_OK;
}

l2osr_status l2osr_front_load(l2osr_front **out, l2osr_context *ctx, const char *path) {
    reader r = {.ctx = ctx, .path = path};
    size_t size;
    if (!out || !ctx)
        return L2OSR_EINVAL;
    *out = NULL;
    if (!path)
        return l2osr__fail(ctx, L2OSR_EINVAL, "front: path is NULL");
    L2OSR__TRY(l2osr__file_read(ctx, path, &r.bytes, &size));
    l2osr_status status = read_front(&r, size);
    l2osr__free(ctx, r.bytes);
    if (status == L2OSR_OK)
        *out = r.front;
    else
        l2osr_front_free(r.front);
    return status;
}
