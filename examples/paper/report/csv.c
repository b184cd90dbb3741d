/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include "report.h"

static void *resized(void *old, size_t size) {
    void *memory = realloc(old, size);
    if (!memory)
        fail("out of memory");
    return memory;
}

char *read_bytes(const char *path, size_t *size) {
    size_t capacity = 4096, count, length = 0;
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    char *bytes = resized(NULL, capacity);
    while ((count = fread(bytes + length, 1, capacity - length - 1, file)) > 0) {
        length += count;
        if (length + 1 == capacity)
            bytes = resized(bytes, capacity *= 2);
    }
    fclose(file);
    bytes[length] = '\0';
    *size = length;
    return bytes;
}

/* Strips a field of its quotes where it stands, and moves *at behind it.
 * @return what ended it: ',', '\n' or '\0' */
static char take_field(char **at, char **field) {
    char *from = *at, *to = *at;
    bool quoted = false;
    *field = to;
    for (; *from && (quoted || (*from != ',' && *from != '\n')); from++) {
        if (quoted && from[0] == '"' && from[1] == '"')
            *to++ = *from++;
        else if (*from == '"')
            quoted = !quoted;
        else if (*from != '\r')
            *to++ = *from;
    }
    const char end = *from;
    *at = from + (end != '\0');
    *to = '\0';
    return end;
}

/* Reads a line; of the first one all fields, of the others as many. */
static void take_line(struct csv *csv, char **at) {
    size_t column = 0;
    char end = ',';
    if (csv->columns)
        csv->fields = resized(csv->fields, (csv->rows + 1) * csv->columns * sizeof *csv->fields);
    for (; end == ','; column++) {
        char *field;
        end = take_field(at, &field);
        if (csv->rows == 0)
            csv->fields = resized(csv->fields, (column + 1) * sizeof *csv->fields);
        if (csv->rows == 0 || column < csv->columns)
            csv->fields[csv->rows * csv->columns + column] = field;
    }
    if (csv->rows == 0)
        csv->columns = column;
    for (; column < csv->columns; column++)
        csv->fields[csv->rows * csv->columns + column] = "";
    csv->rows++;
}

bool csv_read(struct csv *csv, const char *path) {
    size_t size;
    *csv = (struct csv){.text = read_bytes(path, &size)};
    for (char *at = csv->text; at && *at;)
        take_line(csv, &at);
    if (csv->rows == 0)
        csv_free(csv);
    return csv->rows > 0;
}

void csv_free(struct csv *csv) {
    free(csv->fields);
    free(csv->text);
    *csv = (struct csv){0};
}

const char *csv_field(const struct csv *csv, size_t row, size_t column) {
    return csv->fields[row * csv->columns + column];
}

double number_in(const char *text) {
    char *end;
    const double number = strtod(text, &end);
    return end == text || *end ? NAN : number;
}
