/* SPDX-License-Identifier: MIT */
/**
 * @file paper.h
 * What the programs that reproduce the paper have in common: options, a folder of results that a
 * killed run goes on from, and tables that the report can read.
 */
#ifndef EXAMPLES_PAPER_PAPER_H
#define EXAMPLES_PAPER_PAPER_H

#include "common.h"

/** A run of one of the programs. */
struct paper {
    l2osr_context *ctx;
    const char *program, *out, *data, *cifar;
    bool quick;
    size_t seed, threads;
    const char *stage; /* that is under way */
    double began;      /* when that was */
};

/**
 * Reads the shared options and `more`, which a program has for itself, opens a session, and makes
 * the folder OUT. Ends the program when OUT holds results of another seed, size or data.
 */
void paper_open(struct paper *p, int argc, char **argv, const char *about, const struct flag *more,
                size_t n_more);
void paper_close(struct paper *p);

/** must(); but work that Ctrl-C ended ends the program, saying how to go on from there. */
void paper_must(struct paper *p, l2osr_status status);

/** A name in the folder OUT, in static storage as path_in()'s. */
const char *paper_path(const struct paper *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** The folder that this program is in, in static storage. */
const char *own_folder(const char *argv0);

/**
 * A stage is work whose result is one file.
 * @return true when the file has still to be made: the title is printed, and the clock runs until
 *         paper_end() writes the seconds to OUT/stages.csv
 */
bool paper_begin(struct paper *p, const char *file, const char *title);
void paper_end(struct paper *p);

/* ---- files for the report ---- */

/** OUT/NAME.csv in the making. It is there once it is complete; not to be moved before. */
struct sheet {
    FILE *csv;
    char *text, path[1024];
    size_t size;
};

/** @param header names of the columns, with commas between them */
void begin_sheet(struct sheet *s, const struct paper *p, const char *name, const char *header);
void end_sheet(struct sheet *s);

/** A text as a field, in quotes; NULL as "". */
void put_field(FILE *csv, const char *text);

/** A sheet of which each row is a cell of a table. */
void begin_table(struct sheet *t, const struct paper *p, const char *name);

/** A cell with a number of ours; NAN: there is none, or no deviation, or none was published. */
void put_number(const struct sheet *t, const char *row, const char *column, double ours,
                double deviation, double published);

/** The same beside a published mean with a deviation. */
void put_spread(const struct sheet *t, const char *row, const char *column, l2osr_spread ours,
                l2osr_spread published);

/** A cell with a text of ours, such as an equation; NULL: as NAN. */
void put_text(const struct sheet *t, const char *row, const char *column, const char *ours,
              const char *published);

#endif
