/* SPDX-License-Identifier: MIT */
/** @file bench.h What the benchmarks share: options, timing, a table and a CSV file. */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H

#include <stdbool.h>
#include <stddef.h>

struct bench;

/** The words of a flag that was given several times. */
struct bench_words {
    size_t n;
    const char *words[8];
};

/**
 * A flag of one program: `--name` sets a bool. A name with a word behind it, as in "seeds N", takes
 * one: for N the value is a size_t, for FILES, which may be given several times, a struct
 * bench_words, for any other word a const char *. Lists of flags end with a name that is NULL.
 */
struct bench_flag {
    const char *name, *help;
    void *value;
};

/**
 * Reads the options: `--csv FILE`, `--quick` (a tenth of the repetitions), `--help`, and the
 * program's own `flags`, NULL for none. Returns NULL when there is nothing to do; `*status` is then
 * what main() returns.
 */
struct bench *bench_start(int argc, char **argv, const char *purpose,
                          const struct bench_flag *flags, int *status);

/** Whether `--quick` was given: for work that is not timed by bench_time(). */
bool bench_quick(const struct bench *bench);

/** Seconds of a monotonic clock. */
double bench_now(void);

/** One call does the work that is timed. */
struct bench_work {
    void (*run)(void *user);
    void *user;
};

/**
 * Seconds of one call of each work: the best of many short repetitions. The works take turns, so
 * that what disturbs the machine disturbs all of them.
 */
void bench_time(const struct bench *bench, size_t count, const struct bench_work *works,
                double *seconds);

/**
 * Prints the title; the rows from here on form a table of their own, printed when it is complete.
 * What else the program prints meanwhile lies between the two.
 */
void bench_section(struct bench *bench, const char *title);

/**
 * A row of the CSV file and a cell of the table: a case has a line, a metric a column. The rows of
 * a case come one after the other; the strings are not copied.
 */
void bench_report(struct bench *bench, const char *name, const char *metric, double value,
                  const char *unit);

/** The same with a goal, that the value is at least or at most so much. */
void bench_at_least(struct bench *bench, const char *name, const char *metric, double value,
                    const char *unit, double goal);
void bench_at_most(struct bench *bench, const char *name, const char *metric, double value,
                   const char *unit, double goal);

/** Prints the last table, writes the file, frees all; the return value of main(). */
int bench_finish(struct bench *bench);

#endif
