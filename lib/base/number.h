/* SPDX-License-Identifier: MIT */
/**
 * @file number.h
 * Decimal text of floating-point numbers, the same under any locale of the host. Writing and
 * reading back gives the same bits (of NaN: a NaN).
 */
#ifndef L2OSR_BASE_NUMBER_H
#define L2OSR_BASE_NUMBER_H

#include <stdio.h>

/** Room that the text of any number fits into, with its terminating zero. */
enum { L2OSR__NUMBER_SIZE = 32 };

/**
 * Reads the number at the start of `text`: sign, digits with a point, exponent; or inf, infinity,
 * nan in any case. Nothing else: no leading space, no hexadecimal. Correctly rounded; too large
 * gives infinity.
 * @param end receives the first character after the number, `text` itself when there is none
 */
double l2osr__parse_double(const char *text, const char **end);

/**
 * Reads an unsigned hexadecimal number as C writes them, 0x1.8p-3: exact as long as it has no more
 * digits than a double. *end is `text` when there is none.
 */
double l2osr__parse_exact(const char *text, const char **end);

/** Writes the shortest text that reads back to the same bits: "0.1", "1e-08", "inf", "nan". */
void l2osr__format_double(char *buffer, size_t size, double value);

/** The same for a float: the text reads back to the same float, also by way of a double. */
void l2osr__format_float(char *buffer, size_t size, float value);

/** Write a comma and the number: an entry of a row of CSV that is not its first. */
void l2osr__write_double(FILE *stream, double value);
void l2osr__write_float(FILE *stream, float value);

#endif
