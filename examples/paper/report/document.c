/* SPDX-License-Identifier: MIT */
/* What the report says, in whatever form. */
#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

enum { LOG_LINES = 12, MOST_ROWS = 12 };

static const char title[] = "Symbolic Learning to Optimize: its figures and tables, made again";
static const char about[] =
    "Everything here was computed by the programs of examples/paper, which use nothing but l2osr; "
    "what is marked as the paper's is copied from \"Symbolic Learning to Optimize: Towards "
    "Interpretability and Scalability\" (ICLR 2022). P1 is an MLP 784-30-20-10, P2 a small CNN, P3 "
    "an MLP 784-20-10, all from a start after N(0, 0.01^2) with minibatches of 128: the paper "
    "names "
    "them P1, P2, P3, and these are what they most likely are. Optimizers learn on one half of the "
    "training images and are measured on the other.";

/* Text that is put together. */
struct text {
    FILE *stream;
    char *bytes;
    size_t size;
};

static void begin_text(struct text *t) {
    t->stream = open_memstream(&t->bytes, &t->size);
    if (!t->stream)
        fail("out of memory");
}

static const char *end_text(struct text *t) {
    if (fclose(t->stream) != 0)
        fail("out of memory");
    return t->bytes;
}

/* ---- the machine ---- */

static void processor(char name[160]) {
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");
    snprintf(name, 160, "unknown");
    while (file && fgets(line, sizeof line, file)) {
        const char *colon = strchr(line, ':');
        if (!colon || strncmp(line, "model name", 10) != 0)
            continue;
        snprintf(name, 160, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
        break;
    }
    if (file)
        fclose(file);
}

static const char *compiler(void) {
#ifdef __clang__
    return "clang " __clang_version__;
#else
    return "gcc " __VERSION__;
#endif
}

/* The day when a program last came to something. */
static void date_of_results(const struct paper *p, char date[32]) {
    struct stat info;
    struct tm day;
    const bool ran = stat(paper_path(p, "stages.csv"), &info) == 0;
    const time_t moment = ran ? info.st_mtime : time(NULL);
    strftime(date, 32, "%Y-%m-%d", gmtime_r(&moment, &day));
}

/* ---- stages ---- */

enum { PROGRAM, STAGE, SECONDS };

/* Whether a line of stages.csv is of a program (NULL: of any), and all of it or a part. */
static bool is_of(const struct csv *stages, size_t line, const char *program, bool whole) {
    return (!program || strcmp(csv_field(stages, line, PROGRAM), program) == 0) &&
           (strcmp(csv_field(stages, line, STAGE), WHOLE_PROGRAM) == 0) == whole;
}

static double sum_of(const struct csv *stages, const char *program, bool whole) {
    double sum = 0;
    for (size_t i = 1; i < stages->rows; i++)
        if (is_of(stages, i, program, whole))
            sum += number_in(csv_field(stages, i, SECONDS));
    return sum;
}

/* A program that was run by hand has only its stages. */
static double seconds_of(const struct csv *stages, const char *program) {
    const double whole = sum_of(stages, program, true);
    return whole > 0 ? whole : sum_of(stages, program, false);
}

static bool read_stages(struct csv *stages, const struct paper *p) {
    if (!csv_read(stages, paper_path(p, "stages.csv")))
        return false;
    if (stages->columns > SECONDS)
        return true;
    csv_free(stages);
    return false;
}

static void write_stages(FILE *out, const struct writer *w, const struct csv *stages,
                         const struct piece *piece) {
    const char *separator = ": ";
    struct text t;
    if (seconds_of(stages, piece->name) <= 0)
        return;
    begin_text(&t);
    fprintf(t.stream, "%.1f s", seconds_of(stages, piece->name));
    for (size_t i = 1; i < stages->rows; i++) {
        if (!is_of(stages, i, piece->name, false))
            continue;
        fprintf(t.stream, "%s%s %s s", separator, csv_field(stages, i, STAGE),
                csv_field(stages, i, SECONDS));
        separator = "; ";
    }
    w->paragraph(out, "What was run:", end_text(&t));
    free(t.bytes);
}

/* ---- the head of the page ---- */

enum { FACTS = 7 };

static void write_facts(FILE *out, const struct writer *w, const struct runner *r,
                        const struct csv *stages) {
    const struct paper *p = r->paper;
    static const char *const names[FACTS] = {"processor", "threads", "compiler", "date",
                                             "images",    "seed",    "size"};
    char texts[FACTS][160];
    const size_t cores = (size_t)sysconf(_SC_NPROCESSORS_ONLN);
    double seconds = 0;
    for (size_t i = 0; i < PIECES && stages; i++)
        seconds += seconds_of(stages, pieces[i].name);
    processor(texts[0]);
    snprintf(texts[1], sizeof texts[1], "%zu of %zu cores", p->threads ? p->threads : cores, cores);
    snprintf(texts[2], sizeof texts[2], "%s", compiler());
    date_of_results(p, texts[3]);
    snprintf(texts[4], sizeof texts[4], "%s%s", r->images, p->cifar ? ", CIFAR-10 for P2" : "");
    snprintf(texts[5], sizeof texts[5], "%zu", p->seed);
    snprintf(texts[6], sizeof texts[6], "%s, %.0f s in all", p->quick ? "--quick" : "full",
             seconds);
    struct grid grid = grid_create(FACTS, 1);
    grid.corner = "this run";
    grid.column_names[0] = "";
    for (size_t i = 0; i < FACTS; i++) {
        grid.row_names[i] = names[i];
        grid_cell(&grid, i, 0)->ours = texts[i];
    }
    w->grid(out, &grid);
    grid_free(&grid);
}

static void write_aims(FILE *out, const struct writer *w, const struct paper *p) {
    static const char *const columns[] = {"paper", "aim", "ours", "verdict"};
    struct aim aims[AIMS];
    struct grid grid = grid_create(AIMS, 4);
    judge(p, aims);
    for (size_t i = 0; i < 4; i++)
        grid.column_names[i] = columns[i];
    for (size_t i = 0; i < AIMS; i++) {
        grid.row_names[i] = aims[i].what;
        grid_cell(&grid, i, 0)->ours = aims[i].paper;
        grid_cell(&grid, i, 1)->ours = aims[i].goal;
        grid_cell(&grid, i, 2)->ours = aims[i].ours;
        *grid_cell(&grid, i, 3) = (struct cell){verdict_name(&aims[i]), "", "", true};
    }
    w->heading(out, "aims", "What it must show");
    w->grid(out, &grid);
    grid_free(&grid);
}

/* ---- a piece ---- */

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
        w->grid(out, &grid);
        grid_free(&grid);
    } else {
        snprintf(text, sizeof text, "%.60s, %zu rows.", slash + 1, csv.rows - 1);
        w->paragraph(out, "Data:", text);
    }
    csv_free(&csv);
}

/* The end of what a program said. */
static void write_log(FILE *out, const struct writer *w, const char *path) {
    size_t size, lines = 0;
    char *log = read_bytes(path, &size);
    const char *from = log + size;
    while (from > log && lines <= LOG_LINES)
        lines += *--from == '\n' && from + 1 < log + size;
    w->lines(out, from > log ? from + 1 : from);
    free(log);
}

/* What there is instead of results, if there are none. */
static void write_absence(FILE *out, const struct writer *w, const struct runner *r,
                          const struct piece *piece) {
    const char *log = paper_path(r->paper, "%s.log", piece->name);
    if (access(log, R_OK) == 0) {
        w->paragraph(out, NULL, "Its program did not come to its end. The last that it said:");
        write_log(out, w, log);
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
    } else {
        write_absence(out, w, r, piece);
    }
    w->paragraph(out, "The paper:", piece->published);
    w->paragraph(out, "Where ours differs:", piece->differs);
    if (stages)
        write_stages(out, w, stages, piece);
}

void write_document(const struct runner *r, const struct writer *w, const char *name) {
    struct csv csv;
    const struct csv *stages = read_stages(&csv, r->paper) ? &csv : NULL;
    FILE *out = begin_output(paper_path(r->paper, "%s", name));
    w->begin(out, title);
    w->paragraph(out, NULL, about);
    w->contents(out);
    write_facts(out, w, r, stages);
    write_aims(out, w, r->paper);
    for (size_t i = 0; i < PIECES; i++)
        write_piece(out, w, r, stages, &pieces[i]);
    w->end(out);
    end_output(out, paper_path(r->paper, "%s", name));
    if (stages)
        csv_free(&csv);
}
