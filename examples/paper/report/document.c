/* SPDX-License-Identifier: MIT */
/* What the report says, in whatever form. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report.h"

enum { LAST_WORDS = 12, ALL_WORDS = 60, MOST_ROWS = 12 };

/* Whether a file is of a piece: NAME.svg or NAME_PART.svg where `ending` is ".svg". */
static bool belongs(const char *file, const struct piece *piece, const char *ending) {
    const size_t name = strlen(piece->name), length = strlen(file), end = strlen(ending);
    return length >= name + end && strncmp(file, piece->name, name) == 0 &&
           strcmp(file + length - end, ending) == 0 && (length == name + end || file[name] == '_');
}

/* Does something with each file of a piece, in the order of names; their number. */
static size_t each_file(const struct paper *p, const struct piece *piece, const char *ending,
                        FILE *out, const struct writer *w,
                        void (*show)(FILE *out, const struct writer *w, const struct piece *piece,
                                     const char *path)) {
    struct dirent **entries;
    size_t shown = 0;
    const int n = scandir(p->out, &entries, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        if (belongs(entries[i]->d_name, piece, ending)) {
            show(out, w, piece, paper_path(p, "%s", entries[i]->d_name));
            shown++;
        }
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return shown;
}

static void show_picture(FILE *out, const struct writer *w, const struct piece *piece,
                         const char *path) {
    w->picture(out, path, piece->title);
}

static void show_part(FILE *out, const struct writer *w, const struct grid *grid, bool published) {
    struct grid part = grid_part(grid, published);
    if (part.columns && published)
        w->paragraph(out, "Published, without a counterpart here:", "");
    if (part.columns)
        w->grid(out, &part);
    grid_free(&part);
}

/* A table; of curves only where they are. */
static void show_table(FILE *out, const struct writer *w, const struct piece *piece,
                       const char *path) {
    const char *slash = strrchr(path, '/'), *part = slash + 1 + strlen(piece->name);
    char lead[128], text[128];
    struct csv csv;
    if (!csv_read(&csv, path))
        return;
    if (*part == '_') {
        snprintf(lead, sizeof lead, "%.*s:", (int)strcspn(part + 1, "."), part + 1);
        w->paragraph(out, lead, "");
    }
    if (holds_cells(&csv) || csv.rows <= MOST_ROWS) {
        struct grid grid = grid_of_csv(&csv);
        show_part(out, w, &grid, false);
        show_part(out, w, &grid, true);
        grid_free(&grid);
    } else {
        snprintf(text, sizeof text, "%.60s, %zu rows.", slash + 1, csv.rows - 1);
        w->paragraph(out, "Data:", text);
    }
    csv_free(&csv);
}

/* The end of what a program said, if it is known. */
static void write_log(FILE *out, const struct writer *w, const char *lead, const char *path,
                      size_t most) {
    size_t size, lines = 0;
    char *log = read_bytes(path, &size);
    if (!log)
        return;
    const char *from = log + size;
    w->paragraph(out, lead, "");
    while (from > log && lines <= most)
        lines += *--from == '\n' && from + 1 < log + size;
    w->lines(out, from > log ? from + 1 : from);
    free(log);
}

/* What there is instead of results, if there are none. */
static void write_absence(FILE *out, const struct writer *w, const struct runner *r,
                          const struct piece *piece) {
    const char *log = paper_path(r->paper, "%s.log", piece->name);
    if (access(log, R_OK) == 0) {
        write_log(out, w, "Its program did not come to its end. The last that it said:", log,
                  LAST_WORDS);
    } else if (is_built(r->programs, piece)) {
        w->paragraph(out, NULL, "Not run.");
    } else {
        w->paragraph(out, NULL, "Not built: there is no such program.");
    }
}

static void write_piece(FILE *out, const struct writer *w, const struct runner *r,
                        const struct csv *stages, const struct piece *piece) {
    const struct paper *p = r->paper;
    w->heading(out, piece->name, piece->title);
    w->paragraph(out, NULL, piece->caption);
    if (is_done(p, piece)) {
        if (each_file(p, piece, ".svg", out, w, show_picture) == 0 && piece->pictures)
            w->paragraph(out, NULL, "No picture was drawn: that takes gnuplot.");
        each_file(p, piece, ".csv", out, w, show_table);
        if (piece->talks)
            write_log(out, w, "What its program said:", paper_path(p, "%s.log", piece->name),
                      ALL_WORDS);
    } else {
        write_absence(out, w, r, piece);
    }
    w->paragraph(out, "The paper:", piece->published);
    w->paragraph(out, "Where ours differs:", piece->differs);
    write_stages(out, w, stages, piece->name);
}

void write_document(const struct runner *r, const struct writer *w, const char *name) {
    struct csv stages = read_stages(r->paper);
    FILE *out = begin_output(paper_path(r->paper, "%s", name));
    write_head(out, w, r, &stages);
    for (size_t i = 0; i < PIECES; i++)
        write_piece(out, w, r, &stages, &pieces[i]);
    w->end(out);
    end_output(out, paper_path(r->paper, "%s", name));
    csv_free(&stages);
}
