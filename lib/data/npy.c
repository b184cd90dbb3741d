/* SPDX-License-Identifier: MIT */
/* The format is described in NumPy Enhancement Proposal 1 and in numpy.lib.format. */
#include "data/data.h"

#include <string.h>

#include "base/file.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "files are written as numbers lie in memory");

enum { MAGIC_SIZE = 8, ALIGNMENT = 64, FIELD_ROOM = 64 };

typedef struct npy_element {
    l2osr_dtype dtype;
    bool swapped;
} npy_element;

typedef struct npy_header {
    npy_element element;
    const char *fields; /* the text behind the '[' of a structured type, or NULL */
    size_t n_fields;
    bool fortran;
    size_t rank, shape[L2OSR_MAX_RANK];
} npy_header;

/* The header is the text of a Python dict with three keys; `at` walks over it, up to `end`. */
typedef struct parser {
    const l2osr__content *content;
    const char *at, *end;
} parser;

static const struct {
    char name[3];
    l2osr_dtype dtype;
} dtype_names[] = {
    {"f4", L2OSR_F32}, {"f8", L2OSR_F64}, {"u1", L2OSR_U8}, {"i4", L2OSR_I32}, {"i8", L2OSR_I64}};

enum { DTYPES = sizeof dtype_names / sizeof *dtype_names };

static l2osr_status damaged(const parser *p, const char *why) {
    return l2osr__fail(p->content->ctx, L2OSR_EFORMAT, "%s: bad .npy header at byte %zu: %s",
                       p->content->path, (size_t)(p->at - p->content->bytes), why);
}

/* Skips spaces; the character that comes next, zero at the end. */
static char peek(parser *p) {
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\n'))
        p->at++;
    return p->at < p->end ? *p->at : '\0';
}

static bool take(parser *p, char c) {
    bool next = peek(p) == c;
    p->at += next;
    return next;
}

static bool take_word(parser *p, const char *word) {
    size_t length = strlen(word);
    if (peek(p) != word[0] || (size_t)(p->end - p->at) < length || memcmp(p->at, word, length) != 0)
        return false;
    p->at += length;
    return true;
}

/* A quoted string of printable ASCII that fits into `out`. */
static l2osr_status parse_string(parser *p, char *out, size_t room) {
    char quote = take(p, '\'') ? '\'' : '"';
    size_t length = 0;
    if (quote == '"' && !take(p, '"'))
        return damaged(p, "expected a string");
    while (p->at < p->end && *p->at != quote) {
        if (length + 1 == room || *p->at < ' ' || *p->at > '~' || *p->at == '\\')
            return damaged(p, "unknown string");
        out[length++] = *p->at++;
    }
    out[length] = '\0';
    return take(p, quote) ? L2OSR_OK : damaged(p, "string without an end");
}

static l2osr_status parse_element(parser *p, npy_element *element) {
    char text[32];
    L2OSR__TRY(parse_string(p, text, sizeof text));
    bool ordered = text[0] != '\0' && strchr("<>|=", text[0]);
    for (size_t i = 0; ordered && i < DTYPES; i++)
        if (strcmp(text + 1, dtype_names[i].name) == 0) {
            element->dtype = dtype_names[i].dtype;
            element->swapped = text[0] == '>';
            return L2OSR_OK;
        }
    return l2osr__fail(p->content->ctx, L2OSR_EFORMAT,
                       "%s: element type '%s' is not supported (f4, f8, u1, i4 and i8 are); "
                       "convert with .astype('f4')",
                       p->content->path, text);
}

/* One of the fields of a structured type: ('name', '<f4'). */
static l2osr_status parse_field(parser *p, char name[FIELD_ROOM], npy_element *element) {
    if (!take(p, '('))
        return damaged(p, "expected a field such as ('name', '<f4')");
    L2OSR__TRY(parse_string(p, name, FIELD_ROOM));
    if (!take(p, ','))
        return damaged(p, "expected ','");
    L2OSR__TRY(parse_element(p, element));
    return take(p, ')') ? L2OSR_OK : damaged(p, "a field must be one number: expected ')'");
}

/* Fields of one type are the columns of a table. Their names are read once there is an array. */
static l2osr_status parse_fields(parser *p, npy_header *header) {
    char name[FIELD_ROOM];
    npy_element element;
    header->fields = p->at;
    for (header->n_fields = 0; !take(p, ']'); header->n_fields++) {
        L2OSR__TRY(parse_field(p, name, &element));
        if (header->n_fields == 0)
            header->element = element;
        if (element.dtype != header->element.dtype || element.swapped != header->element.swapped)
            return damaged(p, "the fields differ in type; convert all of them, as to '<f4'");
        if (!take(p, ',') && peek(p) != ']')
            return damaged(p, "expected ',' or ']'");
    }
    return header->n_fields > 0 ? L2OSR_OK : damaged(p, "a structured type without fields");
}

static l2osr_status parse_descr(parser *p, npy_header *header) {
    header->fields = NULL;
    return take(p, '[') ? parse_fields(p, header) : parse_element(p, &header->element);
}

static l2osr_status parse_order(parser *p, npy_header *header) {
    header->fortran = take_word(p, "True");
    return header->fortran || take_word(p, "False") ? L2OSR_OK
                                                    : damaged(p, "expected True or False");
}

static l2osr_status parse_extent(parser *p, size_t *extent) {
    *extent = 0;
    if (p->at == p->end || *p->at < '0' || *p->at > '9')
        return damaged(p, "expected an extent");
    for (; p->at < p->end && *p->at >= '0' && *p->at <= '9'; p->at++)
        if (__builtin_mul_overflow(*extent, (size_t)10, extent) ||
            __builtin_add_overflow(*extent, (size_t)(*p->at - '0'), extent))
            return damaged(p, "absurdly large extent");
    take(p, 'L'); /* Python 2 wrote long integers so */
    return L2OSR_OK;
}

static l2osr_status parse_shape(parser *p, npy_header *header) {
    if (!take(p, '('))
        return damaged(p, "expected a shape such as (3, 4)");
    for (header->rank = 0; !take(p, ')'); header->rank++) {
        if (header->rank == L2OSR_MAX_RANK)
            return damaged(p, "too many dimensions");
        L2OSR__TRY(parse_extent(p, &header->shape[header->rank]));
        if (!take(p, ',') && peek(p) != ')')
            return damaged(p, "expected ',' or ')'");
    }
    return L2OSR_OK;
}

static l2osr_status parse_entry(parser *p, npy_header *header, unsigned *seen) {
    static const struct {
        const char *key;
        l2osr_status (*parse)(parser *p, npy_header *header);
    } entries[] = {{"descr", parse_descr}, {"fortran_order", parse_order}, {"shape", parse_shape}};
    char key[16];
    L2OSR__TRY(parse_string(p, key, sizeof key));
    if (!take(p, ':'))
        return damaged(p, "expected ':'");
    for (unsigned i = 0; i < 3; i++)
        if (strcmp(key, entries[i].key) == 0) {
            *seen |= 1u << i;
            return entries[i].parse(p, header);
        }
    return damaged(p, "unknown key");
}

static l2osr_status parse_dict(parser *p, npy_header *header) {
    unsigned seen = 0;
    if (!take(p, '{'))
        return damaged(p, "expected '{'");
    while (!take(p, '}')) {
        L2OSR__TRY(parse_entry(p, header, &seen));
        if (!take(p, ',') && peek(p) != '}')
            return damaged(p, "expected ',' or '}'");
    }
    return seen == 7 ? L2OSR_OK : damaged(p, "descr, fortran_order or shape is missing");
}

/* Finds the header's text: its length has 2 bytes in version 1 and 4 in version 2. */
static l2osr_status locate_header(parser *p, const l2osr__content *content) {
    const unsigned char *b = (const unsigned char *)content->bytes;
    if (content->size < MAGIC_SIZE + 4 || memcmp(content->bytes, "\x93NUMPY", 6) != 0)
        return l2osr__fail(content->ctx, L2OSR_EFORMAT, "%s: not a .npy file, or a truncated one",
                           content->path);
    if (b[6] != 1 && b[6] != 2)
        return l2osr__fail(content->ctx, L2OSR_EFORMAT,
                           "%s: .npy version %d is not supported (1 and 2 are)", content->path,
                           b[6]);
    size_t start = b[6] == 1 ? MAGIC_SIZE + 2 : MAGIC_SIZE + 4;
    size_t length = b[8] | (size_t)b[9] << 8;
    if (b[6] == 2)
        length |= (size_t)b[10] << 16 | (size_t)b[11] << 24;
    *p = (parser){content, content->bytes + start, content->bytes + start + length};
    if (length > content->size - start)
        return damaged(p, "the header is longer than the file");
    return L2OSR_OK;
}

/* Copies Fortran order (first index fastest) to C order: an odometer over the C-order index. */
static void transpose(const l2osr_array *array, const char *from) {
    size_t element = l2osr__dtype_size(array->dtype), strides[L2OSR_MAX_RANK];
    size_t index[L2OSR_MAX_RANK] = {0}, offset = 0, stride = 1;
    char *to = array->data;
    for (size_t axis = 0; axis < array->rank; axis++) {
        strides[axis] = stride;
        stride *= array->shape[axis];
    }
    for (size_t i = 0; i < array->size; i++, to += element) {
        memcpy(to, from + offset * element, element);
        for (size_t axis = array->rank; axis-- > 0;) {
            offset += strides[axis];
            if (++index[axis] < array->shape[axis])
                break;
            offset -= strides[axis] * array->shape[axis];
            index[axis] = 0;
        }
    }
}

/* Rows of fields lie in memory like a matrix; one axis of rows has no order to speak of. */
static l2osr_status add_fields_axis(const parser *p, npy_header *header) {
    if (!header->fields)
        return L2OSR_OK;
    if (header->rank != 1)
        return damaged(p, "a structured type needs a shape of one extent, such as (3,)");
    header->shape[header->rank++] = header->n_fields;
    header->fortran = false;
    return L2OSR_OK;
}

static l2osr_status read_names(parser p, const npy_header *header, l2osr_array *array) {
    char name[FIELD_ROOM];
    npy_element element;
    L2OSR__TRY(l2osr__alloc_to(array->ctx, &array->names, header->n_fields, sizeof *array->names));
    array->n_names = header->n_fields;
    p.at = header->fields;
    for (size_t i = 0; i < array->n_names; i++) {
        L2OSR__TRY(parse_field(&p, name, &element));
        take(&p, ',');
        array->names[i] = l2osr__strdup(array->ctx, name);
        if (!array->names[i])
            return l2osr__fail(array->ctx, L2OSR_ENOMEM, "%s: out of memory", p.content->path);
    }
    return L2OSR_OK;
}

l2osr_status l2osr__npy_parse(l2osr_array **out, const l2osr__content *content) {
    parser p;
    npy_header header;
    L2OSR__TRY(locate_header(&p, content));
    const char *data = p.end;
    L2OSR__TRY(parse_dict(&p, &header));
    L2OSR__TRY(add_fields_axis(&p, &header));
    const l2osr_dtype dtype = header.element.dtype;
    size_t element = l2osr__dtype_size(dtype);
    L2OSR__TRY(l2osr__check_data_size(content, data, element, header.rank, header.shape));
    L2OSR__TRY(
        l2osr__array_new(out, content->ctx, content->path, dtype, header.rank, header.shape));
    if (header.fortran)
        transpose(*out, data);
    else
        memcpy((*out)->data, data, (*out)->size * element);
    if (header.element.swapped)
        l2osr__swap_bytes((*out)->data, (*out)->size, element);
    l2osr_status status = header.fields ? read_names(p, &header, *out) : L2OSR_OK;
    if (status != L2OSR_OK) {
        l2osr_array_free(*out);
        *out = NULL;
    }
    return status;
}

size_t l2osr__npy_header(char header[L2OSR__NPY_HEADER_SIZE], l2osr_dtype dtype, size_t rank,
                         const size_t *shape) {
    char *text = header + MAGIC_SIZE + 2;
    const size_t room = L2OSR__NPY_HEADER_SIZE - MAGIC_SIZE - 2;
    const char *name = "";
    for (size_t i = 0; i < DTYPES; i++)
        if (dtype_names[i].dtype == dtype)
            name = dtype_names[i].name;
    int n = snprintf(text, room, "{'descr': '%c%s', 'fortran_order': False, 'shape': (",
                     dtype == L2OSR_U8 ? '|' : '<', name);
    for (size_t i = 0; i < rank; i++)
        n += snprintf(text + n, room - (size_t)n, i + 1 == rank && rank > 1 ? "%zu" : "%zu, ",
                      shape[i]);
    n += snprintf(text + n, room - (size_t)n, "), }");
    const int padding = (ALIGNMENT - (MAGIC_SIZE + 2 + n + 1) % ALIGNMENT) % ALIGNMENT;
    n += snprintf(text + n, room - (size_t)n, "%*s\n", padding, "");
    memcpy(header, "\x93NUMPY\x01\x00", MAGIC_SIZE);
    header[MAGIC_SIZE] = (char)(n & 255);
    header[MAGIC_SIZE + 1] = (char)(n >> 8);
    return MAGIC_SIZE + 2 + (size_t)n;
}

void l2osr__npy_write_header(FILE *stream, l2osr_dtype dtype, size_t rank, const size_t *shape) {
    char header[L2OSR__NPY_HEADER_SIZE];
    fwrite(header, 1, l2osr__npy_header(header, dtype, rank, shape), stream);
}

l2osr_status l2osr_array_save_npy(const l2osr_array *array, const char *path) {
    l2osr__writer writer;
    if (!array)
        return L2OSR_EINVAL;
    if (!path)
        return l2osr__fail(array->ctx, L2OSR_EINVAL, "array: path is NULL");
    L2OSR__TRY(l2osr__writer_open(&writer, array->ctx, path));
    l2osr__npy_write_header(writer.stream, array->dtype, array->rank, array->shape);
    fwrite(array->data, l2osr__dtype_size(array->dtype), array->size, writer.stream);
    return l2osr__writer_commit(&writer);
}
