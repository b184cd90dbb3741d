/* SPDX-License-Identifier: MIT */
/* Symbolic regression on any table: short formulas that map its columns to one of them. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common.h"

enum { MAX_NAMES = 1000, MAX_COLUMN = 1000000, ROWS = 400 };

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

/* A table [rows][columns], or series [trajectories][steps][columns] as `pipeline` writes them. */
static l2osr_samples *load_table(l2osr_context *ctx, const char *file, char *list, long target) {
    const char *names[MAX_NAMES], *const *given = list ? names : NULL;
    l2osr_array *array;
    l2osr_samples *table;
    must(ctx, l2osr_array_load(&array, ctx, file));
    const size_t rank = l2osr_array_rank(array), columns = l2osr_array_extent(array, rank - 1);
    if (list && split(list, names) != columns - 1)
        fail("%s: has %zu columns, so --names takes %zu", file, columns, columns - 1);
    l2osr_status status = rank == 3 ? l2osr_samples_load(&table, ctx, given, file)
                                    : l2osr_samples_from_array(&table, ctx, array, given, target);
    if (status == L2OSR_OK)
        status = l2osr_samples_check(table);
    if (status != L2OSR_OK) /* the message says where, but samples do not know their file */
        fail("%s: %s", file, l2osr_context_errmsg(ctx));
    l2osr_array_free(array);
    return table;
}

static void print_front(const l2osr_front *front) {
    const size_t chosen = l2osr_front_recommend(front, 0.01);
    puts("nodes        MSE  R2 train  R2 valid   equation");
    for (size_t i = 0; i < l2osr_front_size(front); i++) {
        const l2osr_formula *f = l2osr_front_get(front, i);
        printf("%5u  %9.3g  %8.4f  %8.4f %c %s\n", f->complexity, f->mse, f->r2_train,
               f->r2_validation, i == chosen ? '>' : ' ', f->equation);
    }
    if (l2osr_front_size(front) > 0)
        printf("\nrecommended: %s\n", l2osr_front_get(front, chosen)->equation);
}

int main(int argc, char **argv) {
    static const double decays[] = {0.5, 0.8, 0.9, 0.95, 0.98};
    const char *file = NULL, *ops = NULL, *out = NULL;
    char *names = NULL;
    size_t max_complexity = 20, evaluations = 200000, threads = 0, seed = 1;
    double target = -1, seconds = 0;
    const struct flag flags[] = {
        {"names", FLAG_TEXT, &names, "of the columns without the target: a,b,c"},
        {"target", FLAG_NUMBER, &target, "column to explain; negative ones count from the end"},
        {"ops", FLAG_TEXT, &ops, "operators, such as '+ - * / tanh'"},
        {"max-complexity", FLAG_COUNT, &max_complexity, "largest number of nodes"},
        {"evaluations", FLAG_COUNT, &evaluations, "formulas to try"},
        {"seconds", FLAG_NUMBER, &seconds, "stop after this time; 0: no limit"},
        {"threads", FLAG_COUNT, &threads, "0: one per processor"},
        {"seed", FLAG_COUNT, &seed, "of the search"},
        {"out", FLAG_TEXT, &out, "CSV file for the front"},
    };
    read_flags(argc, argv, "Finds short formulas for a column of a table of numbers.", flags,
               sizeof flags / sizeof flags[0], "[DATA.npy|DATA.csv]", &file, 1);
    if (!(fabs(target) < MAX_COLUMN) || target != floor(target))
        fail("--target: not a column: %g", target);
    if (out)
        check_output(out);
    l2osr_context *ctx = open_session(threads, seed);
    l2osr_sr_options o = {.struct_size = sizeof o, .operators = ops, .evaluations = evaluations};
    l2osr_samples *table = file ? load_table(ctx, file, names, (long)target) : make_table(ctx);
    l2osr_sr *sr;
    l2osr_front *front;
    o.max_complexity = max_complexity < UINT_MAX ? (unsigned)max_complexity : UINT_MAX;
    o.seconds = seconds;
    if (l2osr_samples_steps(table) > 1) { /* series may need their past */
        o.decays = decays;
        o.n_decays = sizeof decays / sizeof decays[0];
        o.max_lag = 2;
    }
    must(ctx, l2osr_sr_create(&sr, ctx, table, &o));
    const bool was_stopped = stopped(ctx, l2osr_sr_run(sr)); /* there is a front all the same */
    must(ctx, l2osr_sr_front(sr, &front));
    print_front(front);
    if (out)
        must(ctx, l2osr_front_save(front, out));
    l2osr_front_free(front);
    l2osr_sr_free(sr);
    l2osr_samples_free(table);
    l2osr_context_free(ctx);
    return was_stopped ? 130 : 0;
}
