/* SPDX-License-Identifier: MIT */
/**
 * @file report.h
 * The report: runs the programs of the paper, reads what they left, and writes it as one page.
 */
#ifndef EXAMPLES_PAPER_REPORT_H
#define EXAMPLES_PAPER_REPORT_H

#include "paper.h"

/* ---- what there is to show ---- */

/** A figure or a table, and the program that makes it. */
struct piece {
    const char *name;              /* of the program and of its files */
    double seconds, quick_seconds; /* it takes on two cores */
    bool talks;                    /* its program says what is in none of its tables */
    bool pictures;                 /* that gnuplot draws */
    const char *title, *caption;
    const char *published; /* what the paper shows */
    const char *differs;   /* where ours is another thing, and why; true whatever the numbers say */
};

enum { PIECES = 11 };
extern const struct piece pieces[PIECES];

/* ---- running ---- */

struct runner {
    const struct paper *paper;
    const char *programs; /* the folder with them */
    bool chosen[PIECES];
};

/** What is in OUT/stages.csv before the stages of a program that is run, and when it has ended. */
#define PROGRAM_BEGINS "the program begins"
#define WHOLE_PROGRAM  "the whole program"

/** Whether there are all results of a piece. */
bool is_done(const struct paper *p, const struct piece *piece);

/** Whether the program of a piece is in the folder `programs`. */
bool is_built(const char *programs, const struct piece *piece);

/** Whether there is something to run: chosen, without results yet, and built. */
bool has_work(const struct runner *r);

/**
 * Runs the programs that were chosen and have no results yet, one after the other. Ends the program
 * with status 130 after Ctrl-C.
 * @return whether there are results of all that were chosen
 */
bool run_pieces(const struct runner *r);

/* ---- reading ---- */

/** The bytes of a file and '\0'; NULL when it cannot be read. free() them. */
char *read_bytes(const char *path, size_t *size);

/** Fields of a CSV file; row 0 is its header, and all rows are as long as that. */
struct csv {
    size_t rows, columns;
    char **fields;
    char *text;
};

/** False, and an empty table, when there is no such file or nothing in it. */
bool csv_read(struct csv *csv, const char *path);
void csv_free(struct csv *csv);
const char *csv_field(const struct csv *csv, size_t row, size_t column);

/** The number that a text is; NAN when it is none. */
double number_in(const char *text);

/** What stands in one place of a table. "": nothing. */
struct cell {
    const char *ours, *deviation, *paper, *paper_deviation;
    bool verdict; /* ours is the name of one, to be seen from afar */
};

/** A table with names of rows and columns; the texts are borrowed. */
struct grid {
    const char *corner;
    size_t rows, columns;
    const char **row_names, **column_names;
    size_t stride; /* from a row to the next one in */
    struct cell *cells;
};

/** A grid without texts. */
struct grid grid_create(size_t rows, size_t columns);

/** A cell with a text of ours and nothing else. */
struct cell text_cell(const char *ours);
void grid_free(struct grid *grid);
struct cell *grid_cell(const struct grid *grid, size_t row, size_t column);

/** Rows and columns of the cells that put_number() and put_text() wrote, in order of appearance;
 * of any other CSV file the table as it is, but NAME_mean and NAME_deviation are one column NAME.
 */
struct grid grid_of_csv(struct csv *csv);

/** Whether they are such cells. */
bool holds_cells(const struct csv *csv);

/** Columns that have nothing but what was published, or all others, and the rows that belong to
 * them: a table of two halves that hardly meet is easier to read as two. */
struct grid grid_part(const struct grid *grid, bool published);

/** The cell in the row and column of these names; NULL when there is none. */
const struct cell *grid_find(const struct grid *grid, const char *row, const char *column);

/* ---- facts ---- */

enum { FACTS = 5, LONGEST_FACT = 400 };
extern const char *const fact_names[FACTS];

/** Notes this machine, and what programs that it is about to run are made from and use. */
void note_run(const struct paper *p, const char *images);

/** What was noted; all different ones with "; " between. */
void read_facts(const struct paper *p, char facts[FACTS][LONGEST_FACT]);

/* ---- stages ---- */

/** Seconds of all stages in the folder; without rows when there are none. csv_free(). */
struct csv read_stages(const struct paper *p);

/** Seconds that a program took in all its runs. Of one that was killed, those of the stages that it
 * came to the end of. */
double seconds_of(const struct csv *stages, const char *program);

/* ---- aims ---- */

/** Something that the results must show. */
struct aim {
    const char *what, *paper, *goal;
    char ours[160];
    enum { AIM_NOT_RUN, AIM_MISSED, AIM_MET } verdict;
};

enum { AIMS = 12 };

/** Holds the results in the folder against what they must show. */
void judge(const struct paper *p, struct aim aims[AIMS]);
/** "met", "not met" or "not run". */
const char *verdict_name(const struct aim *aim);

/* ---- writing ---- */

/** One way to write a document down. Texts are plain; a writer escapes what it must. */
struct writer {
    void (*begin)(FILE *out, const char *title);
    void (*contents)(FILE *out);
    void (*heading)(FILE *out, const char *anchor, const char *text);
    void (*paragraph)(FILE *out, const char *lead, const char *text); /* lead: NULL or in bold */
    void (*picture)(FILE *out, const char *svg, const char *alt);
    void (*grid)(FILE *out, const struct grid *grid);
    void (*lines)(FILE *out, const char *text); /* as they are */
    void (*end)(FILE *out);
};

extern const struct writer html_writer, markdown_writer;

/** A number to so many digits, any other text as it is. What is nearly 1, as an R2, gets more: it
 * does not become 1.
 * `buffer` may hold what is returned. */
const char *shortened(const char *text, int digits, char buffer[32]);

enum { DIGITS = 4, DEVIATION_DIGITS = 2 };

/** Whether a text is to be read letter by letter, as equations are. */
bool is_formula(const char *text);

/** What was run, where, and what it must show. */
void write_head(FILE *out, const struct writer *w, const struct runner *r,
                const struct csv *stages);

/** The seconds of a program and of its stages. */
void write_stages(FILE *out, const struct writer *w, const struct csv *stages, const char *program);

/** Writes all there is to a file of the folder OUT. */
void write_document(const struct runner *r, const struct writer *w, const char *name);

#endif
