/* SPDX-License-Identifier: MIT */
/** @file fields.h Lines of fields in a text: how tables of numbers and fronts are read. */
#ifndef L2OSR_DATA_FIELDS_H
#define L2OSR_DATA_FIELDS_H

#include "data/data.h"

/** A place in the text. A separator ' ' stands for any run of blanks and tabs. */
typedef struct l2osr__lines {
    const l2osr__content *content;
    const char *next;     /* start of the line after the current one */
    const char *at, *end; /* rest of the current line */
    size_t number;        /* of the line, from 1 */
    char separator;
} l2osr__lines;

/** Text of the content; not terminated. */
typedef struct l2osr__field {
    const char *text;
    size_t length;
    bool quoted;
} l2osr__field;

/** The first of `candidates` in the first line, outside quotes; ' ' when there is none. */
char l2osr__find_separator(const l2osr__content *content, const char *candidates);

/** The place in front of the first line. */
l2osr__lines l2osr__lines_of(const l2osr__content *content, char separator);

/** Goes to the next line that is neither blank nor a comment (#); false at the end. */
bool l2osr__lines_next(l2osr__lines *lines);

/** Takes the next field of the line and the separator behind it; false when there is none. */
bool l2osr__field_next(l2osr__lines *lines, l2osr__field *field);

/** Whether the field is a number; then writes it to *value. */
bool l2osr__field_number(const l2osr__field *field, double *value);

/** Room for the start of a field in a message. */
enum { L2OSR__EXCERPT_SIZE = 24 };

/** Start of the field, fit to be shown: bytes of a damaged file must not break a message's line. */
void l2osr__field_excerpt(const l2osr__field *field, char excerpt[L2OSR__EXCERPT_SIZE]);

#endif
