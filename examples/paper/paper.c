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

/* What results depend on, as the text of a file. Threads are not among it. */
static void describe(const struct paper *p, char text[LONGEST]) {
    snprintf(text, LONGEST,
             "setting,value\nseed,%zu\nquick,%d\ndata,\"%.1000s\"\ncifar,\"%.1000s\"\n", p->seed,
             p->quick, p->data ? p->data : "", p->cifar ? p->cifar : "");
}

/* Results of other settings are not mixed with ours, nor thrown away. */
static void claim_folder(const struct paper *p) {
    char ours[LONGEST], theirs[LONGEST];
    const char *path = paper_path(p, "settings.csv");
    describe(p, ours);
    make_folder(paper_path(p, "cache"));
    FILE *file = fopen(path, "r");
    if (file) {
        theirs[fread(theirs, 1, sizeof theirs - 1, file)] = '\0';
        fclose(file);
        if (strcmp(ours, theirs) != 0)
            fail("%s holds results of another --seed, --quick, --data or --cifar (see %s): give "
                 "these, or another --out",
                 p->out, path);
        return;
    }
    file = begin_output(path);
    fputs(ours, file);
    end_output(file, path);
}

/* A folder that is not there is not worth claiming another for. */
static void check_folder(const char *flag, const char *path) {
    if (path && access(path, R_OK | X_OK) != 0)
        fail("--%s %s: %s", flag, path, strerror(errno));
}

void paper_open(struct paper *p, int argc, char **argv, const char *about, const struct flag *more,
                size_t n_more) {
    const char *slash = strrchr(argv[0], '/');
    *p = (struct paper){.program = slash ? slash + 1 : argv[0], .out = "paper-out", .seed = 1};
    struct flag flags[MOST_FLAGS] = {
        {"out", FLAG_TEXT, &p->out, "folder for results; a killed run goes on from what is there"},
        {"quick", FLAG_BOOL, &p->quick, "a small run, to see that everything works"},
        {"data", FLAG_TEXT, &p->data, "folder with MNIST-like IDX files"},
        {"cifar", FLAG_TEXT, &p->cifar, "folder with CIFAR-10's .bin files, for P2 and Fig. 2"},
        {"threads", FLAG_COUNT, &p->threads, "0: one per processor"},
        {"seed", FLAG_COUNT, &p->seed, "of everything random"},
    };
    size_t n = 0;
    while (flags[n].name)
        n++;
    for (size_t i = 0; i < n_more; i++)
        flags[n++] = more[i];
    read_flags(argc, argv, about, flags, n, NULL, NULL, 0);
    check_folder("data", p->data);
    check_folder("cifar", p->cifar);
    claim_folder(p);
    p->ctx = open_session(p->threads, p->seed);
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
    fprintf(csv, "%s%s,\"%s\",%.1f\n", first ? "program,stage,seconds\n" : "", p->program, p->stage,
            time_now() - p->began);
    if (fclose(csv) != 0)
        fail("%s: %s", path, strerror(errno));
}

/* ---- problems ---- */

struct tasks paper_problem(struct paper *p, const char *problem) {
    static const char *const names[] = {"mlp", "cnn", "mlp20"};
    const int number = problem[1] - '1';
    const bool coloured = p->cifar && number == 1;
    const struct task_choice choice = {.name = names[number],
                                       .data = coloured ? NULL : p->data,
                                       .cifar = coloured ? p->cifar : NULL};
    return open_tasks(p->ctx, &choice);
}

/* ---- tables ---- */

struct table begin_table(const struct paper *p, const char *name) {
    struct table t;
    const int length = snprintf(t.path, sizeof t.path, "%s", paper_path(p, "%s.csv", name));
    if (length >= (int)sizeof t.path)
        fail("--out %s: the name is too long", p->out);
    t.csv = begin_output(t.path);
    fputs("row,column,ours,deviation,paper\n", t.csv);
    return t;
}

static void put_field(FILE *csv, const char *text) {
    fputc('"', csv);
    for (; text && *text; text++)
        fprintf(csv, *text == '"' ? "\"\"" : "%c", *text);
    fputc('"', csv);
}

static void put_figure(FILE *csv, double value) {
    fputc(',', csv);
    if (!isnan(value))
        fprintf(csv, "%.6g", value);
}

static void put_place(const struct table *t, const char *row, const char *column) {
    put_field(t->csv, row);
    fputc(',', t->csv);
    put_field(t->csv, column);
}

void put_number(const struct table *t, const char *row, const char *column, double ours,
                double deviation, double published) {
    put_place(t, row, column);
    put_figure(t->csv, ours);
    put_figure(t->csv, deviation);
    put_figure(t->csv, published);
    fputc('\n', t->csv);
}

void put_text(const struct table *t, const char *row, const char *column, const char *ours,
              const char *published) {
    put_place(t, row, column);
    fputc(',', t->csv);
    put_field(t->csv, ours);
    fputs(",,", t->csv);
    put_field(t->csv, published);
    fputc('\n', t->csv);
}

void end_table(const struct table *t) {
    end_output(t->csv, t->path);
}

/* ---- figures over several runs ---- */

void tally(struct tally *t, double value) {
    const double before = value - t->mean;
    t->mean += before / (double)++t->n;
    t->squares += before * (value - t->mean);
}

double deviation(const struct tally *t) {
    return t->n > 1 ? sqrt(t->squares / (double)(t->n - 1)) : NAN;
}
