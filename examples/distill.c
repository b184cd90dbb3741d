/* SPDX-License-Identifier: MIT */
/* Symbolic regression on any table: short formulas that map its columns to one of them. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common.h"

enum { MAX_NAMES = 1000, ROWS = 400, MAX_COMPLEXITY = 250 };

/* Something to find when no table is given: y = 2 tanh(x0) + x1^2, while x2 does not matter. */
static l2osr_samples *make_table(l2osr_context *ctx) {
    static const char *const names[] = {"x0", "x1", "x2"};
    double x[3][ROWS], noise[ROWS];
    l2osr_samples *table;
    puts("no table given, so here is one: y = 2 tanh(x0) + x1^2 + noise\n");
    must(ctx, l2osr_samples_create(&table, ctx, 3, names, ROWS, 1));
    for (size_t k = 0; k < 3; k++)
        l2osr_random_uniform(l2osr_context_seed(ctx), k, -2, 2, x[k], ROWS);
    l2osr_random_normal(l2osr_context_seed(ctx), 3, 0, 0.05, noise, ROWS);
    for (size_t row = 0; row < ROWS; row++) {
        for (size_t k = 0; k < 3; k++)
            *l2osr_samples_series(table, k, row) = (float)x[k][row];
        *l2osr_samples_target(table, row) =
            (float)(2 * tanh(x[0][row]) + x[1][row] * x[1][row] + noise[row]);
    }
    return table;
}

/* Cuts "a,b,c" into names; the text must live as long as they do. */
static size_t split(char *text, const char **names) {
    size_t n = 0;
    for (char *name = strtok(text, ","); name && n < MAX_NAMES; name = strtok(NULL, ","))
        names[n++] = name;
    return n;
}

/* What the command line says of the table. */
struct source {
    const char *file, *target;
    char *names;
    bool drop;
};

/* Number of the target's column, given by name or by number as the library takes it; what is
 * neither is left to the library to refuse. */
static size_t target_column(const l2osr_array *array, const char *target) {
    const size_t columns = l2osr_array_extent(array, 1);
    char *end;
    long at = target ? strtol(target, &end, 10) : -1;
    if (target && (end == target || *end))
        for (at = 0; at < (long)columns - 1; at++)
            if (l2osr_array_column_name(array, (size_t)at) &&
                strcmp(l2osr_array_column_name(array, (size_t)at), target) == 0)
                break;
    at += at < 0 ? (long)columns : 0;
    return at >= 0 && at < (long)columns ? (size_t)at : columns - 1;
}

/* A table [rows][columns]; names of its columns may include that of the target. */
static l2osr_status read_rows(l2osr_samples **out, l2osr_context *ctx, const l2osr_array *array,
                              const struct source *source, const char **names) {
    l2osr_table_options o = L2OSR_TABLE_OPTIONS_INIT;
    const size_t columns = l2osr_array_extent(array, 1);
    size_t dropped;
    o.target = source->target;
    o.nonfinite = source->drop ? L2OSR_NONFINITE_DROP : L2OSR_NONFINITE_REPORT;
    if (source->names) {
        const size_t given = split(source->names, names);
        if (given != columns - 1 && given != columns)
            fail("%s: has %zu columns, so --names takes %zu, or one more with the target's",
                 source->file, columns, columns - 1);
        if (given == columns) {
            const size_t at = target_column(array, source->target);
            memmove(names + at, names + at + 1, (columns - 1 - at) * sizeof *names);
        }
        o.names = names;
    }
    l2osr_status status = l2osr_samples_from_table(out, ctx, array, &o, &dropped);
    if (status == L2OSR_OK && dropped > 0)
        printf("%zu rows left out that are not finite\n", dropped);
    return status == L2OSR_OK ? l2osr_samples_find_windows(*out) : status;
}

/* A table, or series [trajectories][steps][columns] as `pipeline` writes them. */
static l2osr_samples *load_table(l2osr_context *ctx, const struct source *source) {
    const char *names[MAX_NAMES + 1];
    l2osr_array *array;
    l2osr_samples *table;
    l2osr_status status;
    must(ctx, l2osr_array_load(&array, ctx, source->file));
    if (l2osr_array_rank(array) == 2) {
        status = read_rows(&table, ctx, array, source, names);
    } else {
        if (source->names)
            split(source->names, names);
        status = l2osr_samples_load(&table, ctx, source->names ? names : NULL, source->file);
    }
    if (status == L2OSR_OK)
        status = l2osr_samples_check(table);
    if (status != L2OSR_OK) /* the message says where, but samples do not know their file */
        fail("%s: %s", source->file, l2osr_context_errmsg(ctx));
    l2osr_array_free(array);
    return table;
}

/* The first rows (or a part of them) to search on, and the rest to test on; *test may be NULL. */
static l2osr_samples *split_table(l2osr_context *ctx, l2osr_samples *table, double train,
                                  l2osr_samples **test) {
    const size_t all = l2osr_samples_trajectories(table);
    const double rows = train <= 1 ? floor(train * (double)all) : train;
    l2osr_samples *first;
    *test = NULL;
    if (rows >= (double)all || train == 1)
        return table;
    if (!(rows >= 1) || rows != floor(rows))
        fail("--train: %g is no number of rows and no part of them", train);
    must(ctx, l2osr_samples_part(&first, table, 0, (size_t)rows));
    must(ctx, l2osr_samples_part(test, table, (size_t)rows, all - (size_t)rows));
    l2osr_samples_free(table);
    return first;
}

/* "name=value,name=value" */
static void set_options(l2osr_context *ctx, l2osr_sr_options *o, char *text) {
    for (char *word = text ? strtok(text, ",") : NULL; word; word = strtok(NULL, ",")) {
        char *equals = strchr(word, '='), *end;
        if (!equals)
            fail("--set: '%s' is not of the form name=value", word);
        *equals = '\0';
        const double value = strtod(equals + 1, &end);
        if (end == equals + 1 || *end)
            fail("--set: '%s' is not a number", equals + 1);
        must(ctx, l2osr_sr_options_set(o, ctx, word, value));
    }
}

/* The largest error, in steps of a per mille, that was shown of each complexity. */
struct shown {
    double r2[MAX_COMPLEXITY + 1];
};

/* On a terminal: what became better since last time. */
static int show_growth(void *user, const l2osr_front *front, const l2osr_progress *progress) {
    struct shown *shown = user;
    for (size_t i = 0; i < l2osr_front_size(front) && isatty(STDERR_FILENO); i++) {
        const l2osr_formula *f = l2osr_front_get(front, i);
        if (f->r2_train < shown->r2[f->complexity] + 0.001)
            continue;
        shown->r2[f->complexity] = f->r2_train;
        fprintf(stderr, "\r\033[K%6.1f s %5u  R2 %.4f  %.150s\n", progress->seconds, f->complexity,
                f->r2_train, f->equation);
    }
    return 0;
}

/* R2 on rows that the search has not seen, in place of the R2 that it reports on those it kept
 * apart. */
static double test_r2(l2osr_context *ctx, const l2osr_front *front, size_t i,
                      const l2osr_samples *test) {
    double mse, r2;
    if (!test)
        return l2osr_front_get(front, i)->r2_validation;
    must(ctx, l2osr_front_measure(front, i, test, &mse, &r2));
    return r2;
}

static void print_front(l2osr_context *ctx, const l2osr_front *front, const l2osr_samples *test) {
    const size_t chosen = l2osr_front_recommend(front, 0.01);
    printf("nodes        MSE  R2 train  R2 %s   equation\n", test ? " test" : "valid");
    for (size_t i = 0; i < l2osr_front_size(front); i++) {
        const l2osr_formula *f = l2osr_front_get(front, i);
        printf("%5u  %9.3g  %8.4f  %8.4f %c %s%s%s\n", f->complexity, f->mse, f->r2_train,
               test_r2(ctx, front, i, test), i == chosen ? '>' : ' ', f->equation,
               *f->warning ? "   # " : "", f->warning);
    }
    if (l2osr_front_size(front) > 0)
        printf("\nrecommended: %s\n", l2osr_front_get(front, chosen)->equation);
}

static void write_front(l2osr_context *ctx, const l2osr_front *front, const l2osr_samples *test,
                        const char *path) {
    FILE *file = begin_output(path);
    fputs("complexity,mse,r2_train,r2_test,equation\n", file);
    for (size_t i = 0; i < l2osr_front_size(front); i++) {
        const l2osr_formula *f = l2osr_front_get(front, i);
        fprintf(file, "%u,%.9g,%.9g,%.9g,\"%s\"\n", f->complexity, f->mse, f->r2_train,
                test_r2(ctx, front, i, test), f->equation);
    }
    end_output(file, path);
}

/* What the search has left: a table, a picture, or both. The picture is drawn from a table, which
 * does not stay unless it was asked for. */
static void write_results(l2osr_context *ctx, const l2osr_front *front, const l2osr_samples *test,
                          const char *out, const char *svg) {
    char table[4096];
    snprintf(table, sizeof table, "%s", out ? out : "");
    if (!out && svg)
        snprintf(table, sizeof table, "%s.tmp.csv", svg);
    if (*table)
        write_front(ctx, front, test, table);
    if (svg && !plot_front(table, svg, "the best formula of each complexity"))
        printf("%s was not drawn: that needs gnuplot\n", svg);
    if (!out && svg)
        remove(table);
}

int main(int argc, char **argv) {
    struct source source = {0};
    const char *ops = NULL, *out = NULL, *svg = NULL, *nesting = NULL, *resume = NULL;
    char *settings = NULL;
    size_t max_complexity = 30, evaluations = 0, threads = 0, seed = 1;
    double seconds = 0, train = 1;
    const struct flag flags[] = {
        {"names", FLAG_TEXT, &source.names, "of the columns, with or without the target: a,b,c"},
        {"target", FLAG_TEXT, &source.target,
         "column to explain, by name or number; default: last"},
        {"drop", FLAG_BOOL, &source.drop, "leave out rows with NaN or infinities"},
        {"ops", FLAG_TEXT, &ops, "operators, such as '+ - * / tanh exp:2 ema'"},
        {"nesting", FLAG_TEXT, &nesting, "limits such as 'exp(exp):0'"},
        {"train", FLAG_NUMBER, &train, "rows (or part of them) to search on; the rest is a test"},
        {"max-complexity", FLAG_COUNT, &max_complexity, "largest number of nodes"},
        {"evaluations", FLAG_COUNT, &evaluations, "formulas to try; 0: 400000, or as time allows"},
        {"seconds", FLAG_NUMBER, &seconds, "stop after this time; 0: no limit"},
        {"set", FLAG_TEXT, &settings, "other options of the search: population=100,grow=0.2"},
        {"threads", FLAG_COUNT, &threads, "0: one per processor"},
        {"seed", FLAG_COUNT, &seed, "of the search"},
        {"resume", FLAG_TEXT, &resume, "checkpoint to go on from if it is there, and to write"},
        {"out", FLAG_TEXT, &out, "CSV file for the front"},
        {"svg", FLAG_TEXT, &svg, "picture of the front (needs gnuplot)"},
    };
    read_flags(argc, argv, "Finds short formulas for a column of a table of numbers.", flags,
               sizeof flags / sizeof flags[0], "[DATA.npy|DATA.csv]", &source.file, 1);
    if (out)
        check_output(out);
    if (svg)
        check_output(svg);
    if (resume)
        check_output(resume);
    l2osr_context *ctx = open_session(threads, seed);
    struct shown shown = {{0}};
    l2osr_sr_options o = {.struct_size = sizeof o,
                          .operators = ops,
                          .nesting = nesting,
                          .evaluations = evaluations   ? evaluations
                                         : seconds > 0 ? 0
                                                       : 400000,
                          .seconds = seconds,
                          .report = show_growth,
                          .report_user = &shown,
                          .checkpoint = resume};
    l2osr_samples *test, *table = source.file ? load_table(ctx, &source) : make_table(ctx);
    l2osr_sr *sr;
    l2osr_front *front;
    table = split_table(ctx, table, train, &test);
    o.max_complexity = max_complexity < UINT_MAX ? (unsigned)max_complexity : UINT_MAX;
    if (l2osr_samples_steps(table) > 1) { /* series may need their past */
        o.operators = ops ? ops : "+ - * / tanh exp abs sign square sqrtm logm relu ema";
        o.max_lag = 2;
    }
    set_options(ctx, &o, settings);
    must(ctx, l2osr_sr_create(&sr, ctx, table, &o));
    if (resume && access(resume, F_OK) == 0)
        must(ctx, l2osr_sr_load(sr, resume));
    const bool was_stopped = stopped(ctx, l2osr_sr_run(sr)); /* there is a front all the same */
    must(ctx, l2osr_sr_front(sr, &front));
    print_front(ctx, front, test);
    write_results(ctx, front, test, out, svg);
    l2osr_front_free(front);
    l2osr_sr_free(sr);
    l2osr_samples_free(test);
    l2osr_samples_free(table);
    l2osr_context_free(ctx);
    return was_stopped ? 130 : 0;
}
