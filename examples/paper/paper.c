/* SPDX-License-Identifier: MIT */
#include "paper.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_FLAGS = 16, LONGEST = 4096 };

/* ---- the folder ---- */

const char *paper_path(const struct paper *p, const char *format, ...) {
    char name[LONGEST];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(name, sizeof name, format, arguments);
    va_end(arguments);
    return path_in(p->out, name);
}

const char *own_folder(const char *argv0) {
    static char path[4096];
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length > 0)
        path[length] = '\0';
    else
        snprintf(path, sizeof path, "%s", argv0);
    char *slash = strrchr(path, '/');
    if (!slash)
        return ".";
    *slash = '\0';
    return path;
}

/* What results depend on, as a file that the caller frees. Threads are not among it. */
static char *describe(const struct paper *p) {
    char *text;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    if (!file)
        fail("out of memory");
    fprintf(file, "setting,value\nseed,%zu\nquick,%d\ndata,", p->seed, p->quick);
    put_field(file, p->data ? p->data : usual_images());
    fputs("\ncifar,", file);
    put_field(file, p->cifar);
    fputc('\n', file);
    if (fclose(file) != 0)
        fail("out of memory");
    return text;
}

/* Whether a file has that text; false when there is none. */
static bool file_is(const char *path, const char *text) {
    FILE *file = fopen(path, "r");
    bool same = file != NULL;
    int letter;
    while (same && (letter = getc(file)) != EOF)
        same = *text && letter == (unsigned char)*text++;
    if (file)
        fclose(file);
    return same && !*text;
}

/* Ends the program unless the images can be read: nothing is claimed for what cannot be done. */
static void try_images(const struct paper *p) {
    struct images images = load_images(p->ctx, p->data);
    free_images(&images);
    if (!p->cifar)
        return;
    images = load_cifar(p->ctx, p->cifar);
    free_images(&images);
}

/* Results of other settings are not mixed with ours, nor thrown away. */
static void claim_folder(const struct paper *p) {
    char path[LONGEST]; /* one of paper_path()'s would not last until the images are read */
    char *ours = describe(p);
    snprintf(path, sizeof path, "%s", paper_path(p, "settings.csv"));
    if (access(path, F_OK) != 0) {
        try_images(p);
        make_folder(paper_path(p, "cache"));
        FILE *file = begin_output(path);
        fputs(ours, file);
        end_output(file, path);
    } else if (!file_is(path, ours)) {
        fail("%s holds results of another --seed, --quick, --data or --cifar (see %s): give these, "
             "or another --out",
             p->out, path);
    }
    free(ours);
}

void paper_open(struct paper *p, int argc, char **argv, const char *about, const struct flag *more,
                size_t n_more) {
    const char *slash = strrchr(argv[0], '/');
    *p = (struct paper){.program = slash ? slash + 1 : argv[0], .out = "paper-out", .seed = 1};
    struct flag flags[MOST_FLAGS] = {
        {"out", FLAG_TEXT, &p->out, "folder for results; a killed run goes on from what is there"},
        {"quick", FLAG_BOOL, &p->quick, "a small run, to see that everything works"},
        {"data", FLAG_TEXT, &p->data, "folder with MNIST-like IDX files"},
        {"cifar", FLAG_TEXT, &p->cifar, "folder with .bin files of CIFAR, for P2 and Fig. 2"},
        {"threads", FLAG_COUNT, &p->threads, "0: one per processor"},
        {"seed", FLAG_COUNT, &p->seed, "of everything random"},
    };
    size_t n = 0;
    while (flags[n].name)
        n++;
    for (size_t i = 0; i < n_more; i++)
        flags[n++] = more[i];
    read_flags(argc, argv, about, flags, n, NULL, NULL, 0);
    p->ctx = open_session(p->threads, p->seed);
    claim_folder(p);
}

void paper_close(struct paper *p) {
    l2osr_context_free(p->ctx);
}

void paper_must(struct paper *p, l2osr_status status) {
    if (!stopped(p->ctx, status))
        return;
    printf("stopped; the same command goes on from there\n");
    exit(130);
}

/* ---- stages ---- */

bool paper_begin(struct paper *p, const char *file, const char *title) {
    if (access(file, F_OK) == 0)
        return false;
    p->stage = title;
    p->began = time_now();
    printf("%s\n", title);
    fflush(stdout);
    return true;
}

void paper_end(struct paper *p) {
    const char *path = paper_path(p, "stages.csv");
    const bool first = access(path, F_OK) != 0;
    FILE *csv = fopen(path, "a");
    if (!csv)
        fail("%s: %s", path, strerror(errno));
    fprintf(csv, "%s%s,", first ? "program,stage,seconds\n" : "", p->program);
    put_field(csv, p->stage);
    fprintf(csv, ",%.1f\n", time_now() - p->began);
    if (fclose(csv) != 0)
        fail("%s: %s", path, strerror(errno));
}

/* ---- files for the report ---- */

void begin_sheet(struct sheet *s, const struct paper *p, const char *name, const char *header) {
    const int length = snprintf(s->path, sizeof s->path, "%s", paper_path(p, "%s.csv", name));
    if (length >= (int)sizeof s->path)
        fail("--out %s: the name is too long", p->out);
    s->csv = open_memstream(&s->text, &s->size);
    if (!s->csv)
        fail("out of memory");
    fprintf(s->csv, "%s\n", header);
}

void end_sheet(struct sheet *s) {
    if (fclose(s->csv) != 0)
        fail("out of memory");
    FILE *csv = begin_output(s->path);
    fwrite(s->text, 1, s->size, csv);
    end_output(csv, s->path);
    free(s->text);
}

void put_field(FILE *csv, const char *text) {
    fputc('"', csv);
    for (; text && *text; text++)
        fprintf(csv, *text == '"' ? "\"\"" : "%c", *text);
    fputc('"', csv);
}

void begin_table(struct sheet *t, const struct paper *p, const char *name) {
    begin_sheet(t, p, name, "row,column,ours,deviation,paper,paper_deviation");
}

static void put_place(const struct sheet *t, const char *row, const char *column) {
    put_field(t->csv, row);
    fputc(',', t->csv);
    put_field(t->csv, column);
}

static void put_figure(FILE *csv, double value) {
    fputc(',', csv);
    if (!isnan(value))
        fprintf(csv, "%.6g", value);
}

void put_spread(const struct sheet *t, const char *row, const char *column, l2osr_spread ours,
                l2osr_spread published) {
    put_place(t, row, column);
    put_figure(t->csv, ours.mean);
    put_figure(t->csv, ours.deviation);
    put_figure(t->csv, published.mean);
    put_figure(t->csv, published.deviation);
    fputc('\n', t->csv);
}

void put_number(const struct sheet *t, const char *row, const char *column, double ours,
                double deviation, double published) {
    put_spread(t, row, column, (l2osr_spread){ours, deviation}, (l2osr_spread){published, NAN});
}

void put_text(const struct sheet *t, const char *row, const char *column, const char *ours,
              const char *published) {
    put_place(t, row, column);
    fputc(',', t->csv);
    put_field(t->csv, ours);
    fputs(",,", t->csv);
    put_field(t->csv, published);
    fputs(",\n", t->csv);
}
