/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct row {
    const char *name, *metric, *unit;
    double value, goal; /* NAN: no goal */
    bool met;
};

struct bench {
    const char *csv;
    bool quick;
    size_t count, capacity, section; /* of the rows; where the latest table begins */
    struct row *rows;
};

static int usage(FILE *out, const char *program, const char *purpose,
                 const struct bench_flag *flags) {
    fprintf(out,
            "Usage: %s [options]\n%s\n"
            "  --csv FILE   write the columns case,metric,value,unit,goal,met; '-' is the output\n"
            "  --quick      a tenth of the repetitions\n",
            program, purpose);
    for (; flags && flags->name; flags++)
        fprintf(out, "  --%-10s %s\n", flags->name, flags->help);
    return out == stderr;
}

/* Whether the text is a number of what can be counted. */
static bool read_count(const char *text, size_t *count) {
    char *end;
    *count = (size_t)strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end;
}

/* Returns what set_flag() does. */
static int add_word(struct bench_words *list, const char *word) {
    if (list->n == sizeof list->words / sizeof list->words[0])
        return 0;
    list->words[list->n++] = word;
    return 2;
}

/* Sets the program's own flag that the word names, from the next one if it takes a value. Returns
 * how many words that took: 0 when it is no such flag, or the value is missing or wrong. */
static int set_flag(const struct bench_flag *flags, const char *word, const char *next) {
    for (; flags && flags->name; flags++) {
        const size_t length = strcspn(flags->name, " ");
        const char *kind = flags->name + length;
        if (strncmp(word, "--", 2) != 0 || strlen(word + 2) != length ||
            strncmp(word + 2, flags->name, length) != 0)
            continue;
        if (!*kind)
            return *(bool *)flags->value = true;
        if (!next || (strcmp(kind, " N") == 0 && !read_count(next, flags->value)))
            return 0;
        if (strcmp(kind, " FILES") == 0)
            return add_word(flags->value, next);
        if (strcmp(kind, " N") != 0)
            *(const char **)flags->value = next;
        return 2;
    }
    return 0;
}

struct bench *bench_start(int argc, char **argv, const char *purpose,
                          const struct bench_flag *flags, int *status) {
    struct bench *bench = calloc(1, sizeof *bench);
    *status = !bench;
    for (int i = 1, taken; bench && i < argc; i += taken) {
        taken = 1;
        if (strcmp(argv[i], "--quick") == 0) {
            bench->quick = true;
        } else if (strcmp(argv[i], "--csv") == 0 && i + 1 < argc) {
            bench->csv = argv[i + 1];
            taken = 2;
        } else if (!(taken = set_flag(flags, argv[i], argv[i + 1]))) {
            *status =
                usage(strcmp(argv[i], "--help") == 0 ? stdout : stderr, argv[0], purpose, flags);
            free(bench);
            bench = NULL;
        }
    }
    return bench;
}

bool bench_quick(const struct bench *bench) {
    return bench->quick;
}

double bench_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double time_calls(const struct bench_work *work, size_t calls) {
    const double start = bench_now();
    for (size_t i = 0; i < calls; i++)
        work->run(work->user);
    return bench_now() - start;
}

void bench_time(const struct bench *bench, size_t count, const struct bench_work *works,
                double *seconds) {
    /* Long beside the clock's resolution, short beside a time slice of the scheduler. */
    const double repetition = 5e-5;
    const int rounds = bench->quick ? 40 : 400, fewest = 5;
    const double enough = bench->quick ? 0.5 : 5, start = bench_now();
    size_t *calls = calloc(count, sizeof *calls);
    if (!calls)
        abort();
    for (size_t w = 0; w < count; w++) {
        for (calls[w] = 1; time_calls(&works[w], calls[w]) < repetition;)
            calls[w] *= 2;
        seconds[w] = INFINITY;
    }
    for (int round = 0; round < rounds && (round < fewest || bench_now() - start < enough); round++)
        for (size_t w = 0; w < count; w++)
            seconds[w] = fmin(seconds[w], time_calls(&works[w], calls[w]) / (double)calls[w]);
    free(calls);
}

static void add(struct bench *bench, struct row row) {
    if (bench->count == bench->capacity) {
        bench->capacity = bench->capacity ? 2 * bench->capacity : 64;
        bench->rows = realloc(bench->rows, bench->capacity * sizeof *bench->rows);
        if (!bench->rows)
            abort();
    }
    bench->rows[bench->count++] = row;
}

void bench_report(struct bench *bench, const char *name, const char *metric, double value,
                  const char *unit) {
    add(bench,
        (struct row){.name = name, .metric = metric, .unit = unit, .value = value, .goal = NAN});
}

void bench_at_least(struct bench *bench, const char *name, const char *metric, double value,
                    const char *unit, double goal) {
    add(bench, (struct row){.name = name,
                            .metric = metric,
                            .unit = unit,
                            .value = value,
                            .goal = goal,
                            .met = value >= goal});
}

void bench_at_most(struct bench *bench, const char *name, const char *metric, double value,
                   const char *unit, double goal) {
    add(bench, (struct row){.name = name,
                            .metric = metric,
                            .unit = unit,
                            .value = value,
                            .goal = goal,
                            .met = value <= goal});
}

/* The first row of the section [first, end) with this metric, or with this name and metric. */
static const struct row *find(const struct row *first, const struct row *end, const char *name,
                              const char *metric) {
    while (first < end &&
           ((name && strcmp(first->name, name) != 0) || strcmp(first->metric, metric) != 0))
        first++;
    return first;
}

enum { NAME_WIDTH = 22, CELL_WIDTH = 16, GOAL_WIDTH = 13 };

/* Columns without any goal are narrower. */
static int goal_width(const struct row *first, const struct row *end, const char *metric) {
    for (const struct row *row = first; row < end; row++)
        if (strcmp(row->metric, metric) == 0 && !isnan(row->goal))
            return GOAL_WIDTH;
    return 0;
}

static void print_line(const struct row *first, const struct row *end, const char *name) {
    printf("%-*s", NAME_WIDTH, name);
    for (const struct row *column = first; column < end; column++) {
        if (find(first, end, NULL, column->metric) != column)
            continue;
        const struct row *cell = find(first, end, name, column->metric);
        char text[64] = "", goal[32] = "";
        if (cell < end)
            snprintf(text, sizeof text, "%.5g %s", cell->value, cell->unit);
        if (cell < end && !isnan(cell->goal))
            snprintf(goal, sizeof goal, "%s %.4g", cell->met ? "  goal" : "  MISSES", cell->goal);
        printf("%*s%-*s", CELL_WIDTH, text, goal_width(first, end, column->metric), goal);
    }
    printf("\n");
}

static void print_table(const struct row *first, const struct row *end) {
    printf("%*s", NAME_WIDTH, "");
    for (const struct row *column = first; column < end; column++)
        if (find(first, end, NULL, column->metric) == column)
            printf("%*s%*s", CELL_WIDTH, column->metric, goal_width(first, end, column->metric),
                   "");
    printf("\n");
    for (const struct row *line = first; line < end; line++)
        if (find(first, end, line->name, line->metric) == line &&
            (line == first || strcmp(line[-1].name, line->name) != 0))
            print_line(first, end, line->name);
    fflush(stdout);
}

static void finish_section(struct bench *bench) {
    if (bench->section < bench->count)
        print_table(bench->rows + bench->section, bench->rows + bench->count);
    bench->section = bench->count;
}

void bench_section(struct bench *bench, const char *title) {
    finish_section(bench);
    printf("\n%s\n", title);
    fflush(stdout);
}

static bool write_csv(const struct bench *bench) {
    FILE *out = strcmp(bench->csv, "-") == 0 ? stdout : fopen(bench->csv, "w");
    if (!out)
        return false;
    fprintf(out, "case,metric,value,unit,goal,met\n");
    for (const struct row *row = bench->rows; row < bench->rows + bench->count; row++) {
        fprintf(out, "%s,%s,%.6g,%s,", row->name, row->metric, row->value, row->unit);
        if (isnan(row->goal))
            fprintf(out, ",\n");
        else
            fprintf(out, "%.6g,%d\n", row->goal, row->met);
    }
    return out == stdout ? fflush(out) == 0 : fclose(out) == 0;
}

int bench_finish(struct bench *bench) {
    finish_section(bench);
    int status = 0;
    if (bench->csv && !write_csv(bench)) {
        perror(bench->csv);
        status = 1;
    }
    free(bench->rows);
    free(bench);
    return status;
}
