/* SPDX-License-Identifier: MIT */
/* The same as Markdown, without pictures. */
#include <string.h>

#include "report.h"

/* A backslash before all that Markdown or HTML could take for its own. */
static void escape(FILE *out, const char *text) {
    for (; *text; text++) {
        if (strchr("\\`*_[]<>|&#~", *text))
            fputc('\\', out);
        fputc(*text == '\n' ? ' ' : *text, out);
    }
}

static void begin(FILE *out, const char *title) {
    fputs("<!-- SPDX-License-Identifier: MIT -->\n# ", out);
    escape(out, title);
    fputs("\n\n", out);
}

static void contents(FILE *out) {
    (void)out; /* where Markdown is shown, so are its headings */
}

static void heading(FILE *out, const char *anchor, const char *text) {
    (void)anchor;
    fputs("## ", out);
    escape(out, text);
    fputs("\n\n", out);
}

static void paragraph(FILE *out, const char *lead, const char *text) {
    if (lead) {
        fputs("**", out);
        escape(out, lead);
        fputs(*text ? "** " : "**", out);
    }
    escape(out, text);
    fputs("\n\n", out);
}

static void picture(FILE *out, const char *svg, const char *alt) {
    (void)out;
    (void)svg;
    (void)alt;
}

/* In code nothing is escaped, except that '|' would end the cell even there. */
static void put_value(FILE *out, const char *text, int digits) {
    char buffer[32];
    if (!is_formula(text) || strchr(text, '`')) {
        escape(out, shortened(text, digits, buffer));
        return;
    }
    fputc('`', out);
    for (; *text; text++) {
        if (*text == '|')
            fputc('\\', out);
        fputc(*text == '\n' ? ' ' : *text, out);
    }
    fputc('`', out);
}

/* Names of rows and columns are none of them formulas. */
static void put_name(FILE *out, const char *name) {
    char buffer[32];
    fputc(' ', out);
    escape(out, shortened(name, DIGITS, buffer));
    fputs(" |", out);
}

static void put_deviation(FILE *out, const char *deviation) {
    if (!*deviation)
        return;
    fputs(" \u00b1 ", out);
    put_value(out, deviation, DEVIATION_DIGITS);
}

static void put_cell(FILE *out, const struct cell *cell) {
    fputc(' ', out);
    put_value(out, cell->ours, DIGITS);
    put_deviation(out, cell->deviation);
    if (*cell->paper) {
        fputs(*cell->ours ? " (paper: " : "(paper: ", out);
        put_value(out, cell->paper, DIGITS);
        put_deviation(out, cell->paper_deviation);
        fputc(')', out);
    }
    fputs(" |", out);
}

static void put_grid(FILE *out, const struct grid *grid) {
    fputc('|', out);
    put_name(out, grid->corner);
    for (size_t column = 0; column < grid->columns; column++)
        put_name(out, grid->column_names[column]);
    fputs("\n|---|", out);
    for (size_t column = 0; column < grid->columns; column++)
        fputs("---|", out);
    for (size_t row = 0; row < grid->rows; row++) {
        fputs("\n|", out);
        put_name(out, grid->row_names[row]);
        for (size_t column = 0; column < grid->columns; column++)
            put_cell(out, grid_cell(grid, row, column));
    }
    fputs("\n\n", out);
}

/* Line by line, without the blanks that some end with. */
static void lines(FILE *out, const char *text) {
    while (*text) {
        const size_t length = strcspn(text, "\n");
        size_t shown = length;
        while (shown > 0 && text[shown - 1] == ' ')
            shown--;
        fprintf(out, "%s%.*s\n", shown ? "    " : "", (int)shown, text);
        text += length + (text[length] == '\n');
    }
    fputs("\n", out);
}

static void end(FILE *out) {
    (void)out;
}

const struct writer markdown_writer = {begin,   contents, heading, paragraph,
                                       picture, put_grid, lines,   end};
