/* SPDX-License-Identifier: MIT */
/* What results were made with: OUT/run.csv has a line for each time that programs were run. */
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

const char *const fact_names[FACTS] = {"processor", "threads", "compiler", "date", "images"};

static const char *runs_file(const struct paper *p) {
    return paper_path(p, "run.csv");
}

static void processor(char name[LONGEST_FACT]) {
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");
    snprintf(name, LONGEST_FACT, "unknown");
    while (file && fgets(line, sizeof line, file)) {
        const char *colon = strchr(line, ':');
        if (!colon || strncmp(line, "model name", 10) != 0)
            continue;
        snprintf(name, LONGEST_FACT, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
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

void note_run(const struct paper *p, const char *images) {
    const char *path = runs_file(p);
    const size_t cores = (size_t)sysconf(_SC_NPROCESSORS_ONLN);
    const bool first = access(path, F_OK) != 0;
    const time_t now = time(NULL);
    char name[LONGEST_FACT], date[32];
    struct tm day;
    FILE *csv = fopen(path, "a");
    if (!csv)
        fail("%s: %s", path, strerror(errno));
    for (size_t i = 0; first && i < FACTS; i++)
        fprintf(csv, "%s%s", fact_names[i], i + 1 < FACTS ? "," : "\n");
    processor(name);
    put_field(csv, name);
    fprintf(csv, ",%zu of %zu cores,", p->threads ? p->threads : cores, cores);
    put_field(csv, compiler());
    strftime(date, sizeof date, "%Y-%m-%d", gmtime_r(&now, &day));
    fprintf(csv, ",%s,", date);
    snprintf(name, sizeof name, "%.300s%s", images,
             p->cifar ? ", CIFAR for P2 and, as well, for cnn and resnet" : "");
    put_field(csv, name);
    fputc('\n', csv);
    if (fclose(csv) != 0)
        fail("%s: %s", path, strerror(errno));
}

/* Whether a line says the same as one before it. */
static bool is_repeated(const struct csv *runs, size_t line, size_t fact) {
    for (size_t i = 1; i < line; i++)
        if (strcmp(csv_field(runs, i, fact), csv_field(runs, line, fact)) == 0)
            return true;
    return false;
}

void read_facts(const struct paper *p, char facts[FACTS][LONGEST_FACT]) {
    struct csv runs;
    if (csv_read(&runs, runs_file(p)) && runs.columns != FACTS)
        csv_free(&runs);
    for (size_t fact = 0; fact < FACTS; fact++) {
        size_t used = 0;
        snprintf(facts[fact], LONGEST_FACT, "not recorded");
        for (size_t i = 1; i < runs.rows && used < LONGEST_FACT; i++)
            if (!is_repeated(&runs, i, fact))
                used += (size_t)snprintf(facts[fact] + used, LONGEST_FACT - used, "%s%s",
                                         used ? "; " : "", csv_field(&runs, i, fact));
    }
    csv_free(&runs);
}
