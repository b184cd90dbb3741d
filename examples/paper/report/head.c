/* SPDX-License-Identifier: MIT */
/* The head of the report. */
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

static const char title[] = "Symbolic Learning to Optimize: its figures and tables, made again";
static const char about[] =
    "Everything here was computed by the programs of examples/paper, which use nothing but l2osr; "
    "what is marked as the paper's is copied from \"Symbolic Learning to Optimize: Towards "
    "Interpretability and Scalability\" (ICLR 2022). P1 is an MLP 784-30-20-10, P2 a small CNN, P3 "
    "an MLP 784-20-10, all from a start after N(0, 0.01^2) with minibatches of 128: the paper "
    "names "
    "them P1, P2, P3, and these are what they most likely are. Optimizers learn on one half of the "
    "training images and are measured on the other.";

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

enum { FACTS = 7 };

static void write_facts(FILE *out, const struct writer *w, const struct runner *r,
                        const struct csv *stages) {
    const struct paper *p = r->paper;
    static const char *const names[FACTS] = {"processor", "threads", "compiler", "date",
                                             "images",    "seed",    "size"};
    char texts[FACTS][160];
    const size_t cores = (size_t)sysconf(_SC_NPROCESSORS_ONLN);
    double seconds = 0;
    for (size_t i = 0; i < PIECES; i++)
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
        grid_cell(&grid, i, 3)->ours = verdict_name(&aims[i]);
        grid_cell(&grid, i, 3)->verdict = true;
    }
    w->heading(out, "aims", "What it must show");
    w->grid(out, &grid);
    grid_free(&grid);
}

void write_head(FILE *out, const struct writer *w, const struct runner *r,
                const struct csv *stages) {
    w->begin(out, title);
    w->paragraph(out, NULL, about);
    w->contents(out);
    write_facts(out, w, r, stages);
    write_aims(out, w, r->paper);
}
