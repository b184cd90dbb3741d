/* SPDX-License-Identifier: MIT */
/* Compares optimizers on a task: built-in rules by name, rule files, rules as text, and model
 * files.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

static bool ends_in(const char *text, const char *end) {
    const size_t n = strlen(text), m = strlen(end);
    return n > m && strcmp(text + n - m, end) == 0;
}

/* Names stand in tables and CSV: files go by their last part, and a rule typed by its place. */
static const char *name_of(const char *word, size_t place) {
    static char typed[MAX_OPTIMIZERS][16];
    const char *slash = strrchr(word, '/');
    if (!strpbrk(word, " ,;=()*\""))
        return slash ? slash + 1 : word;
    snprintf(typed[place], sizeof typed[0], "optimizer %zu", place + 1);
    return typed[place];
}

static struct contestant open_optimizer(l2osr_context *ctx, const char *word, size_t place) {
    struct contestant line = {.name = name_of(word, place)};
    if (ends_in(word, ".model"))
        must(ctx, l2osr_model_load(&line.model, ctx, word));
    else
        line.rule = open_rule(ctx, word);
    return line;
}

/* What the command line says about step sizes. */
struct grid {
    bool on;          /* any of the others turns it on too */
    double from, to;  /* 0: the default */
    const char *list; /* or NULL */
};

/* 1, 2 and 5 times the powers of ten in a range. */
static size_t fill_range(double from, double to, double *lrs) {
    static const double factors[] = {1, 2, 5};
    const double slack = 1e-9; /* for the rounding of 0.1 and its like */
    size_t n = 0;
    if (!(from >= 1e-12 && from <= to && to <= 1e12))
        fail("--from and --to must be step sizes between 1e-12 and 1e12, the smaller first");
    for (int k = 3 * (int)floor(log10(from)); n < MAX_LRS; k++) {
        const double lr = factors[(k % 3 + 3) % 3] * pow(10, floor(k / 3.0));
        if (lr > to * (1 + slack))
            break;
        if (lr >= from * (1 - slack))
            lrs[n++] = lr;
    }
    if (n == 0)
        fail("--from %g --to %g: no 1, 2 or 5 times a power of ten lies between them", from, to);
    return n;
}

/* The step sizes of the grid. */
static size_t fill_grid(const struct grid *grid, double *lrs) {
    if (!grid->list)
        return fill_range(grid->from != 0 ? grid->from : 1e-4, grid->to != 0 ? grid->to : 1, lrs);
    const size_t n = read_numbers("lrs", grid->list, lrs, MAX_LRS);
    for (size_t i = 0; i < n; i++)
        if (!(lrs[i] > 0 && isfinite(lrs[i])))
            fail("--lrs %s: step sizes are positive", grid->list);
    return n;
}

/* The columns of the table: --at, then the last step. */
static void fill_columns(struct comparison *c, const char *at, size_t steps) {
    double numbers[MAX_COLUMNS - 1];
    const size_t n = at ? read_numbers("at", at, numbers, MAX_COLUMNS - 1) : 0;
    for (size_t i = 0; i < n; i++) {
        if (!(numbers[i] >= 1 && numbers[i] <= 1e9) || numbers[i] != floor(numbers[i]) ||
            (i > 0 && numbers[i] <= numbers[i - 1]))
            fail("--at %s: steps are whole numbers from 1 on, each larger than the one before", at);
        c->at[c->columns++] = (size_t)numbers[i];
    }
    if (steps == 0)
        steps = n ? c->at[n - 1] : 200;
    if (n && c->at[n - 1] > steps)
        fail("--at %s goes beyond the %zu steps of a run", at, steps);
    if (n == 0 || c->at[n - 1] < steps)
        c->at[c->columns++] = steps;
}

/* What the command line says in all. */
struct setting {
    struct task_choice choice;
    struct grid grid;
    const char *at, *csv, *out;
    size_t steps, seeds, threads, seed;
};

/* Returns the number of words: those given, or those that were there. */
static size_t read_setting(struct setting *s, int argc, char **argv, const char **words) {
    const struct flag flags[] = {
        TASK_FLAGS(&s->choice),
        {"steps", FLAG_COUNT, &s->steps, "of each run; 0: as --at says, or 200"},
        {"seeds", FLAG_COUNT, &s->seeds, "starting points"},
        {"at", FLAG_TEXT, &s->at, "more steps to tell the loss at, as in 100,200"},
        {"grid", FLAG_BOOL, &s->grid.on, "give each rule the step sizes that suit it best"},
        {"from", FLAG_NUMBER, &s->grid.from, "its smallest step size; 0: 0.0001"},
        {"to", FLAG_NUMBER, &s->grid.to, "its largest step size; 0: 1"},
        {"lrs", FLAG_TEXT, &s->grid.list, "its step sizes one by one, as in 1e-3,3e-3"},
        {"csv", FLAG_TEXT, &s->csv, "file for the table"},
        {"out", FLAG_TEXT, &s->out, "folder for the loss curves"},
        {"threads", FLAG_COUNT, &s->threads, "0: one per processor"},
        {"seed", FLAG_COUNT, &s->seed, "of everything random"},
    };
    const char *about =
        "Compares optimizers on a task, on data held out; by default the classics with --grid.\n"
        "With --grid every loss is that of the step size best for it, among the very runs shown.";
    const size_t n = read_flags(argc, argv, about, flags, sizeof flags / sizeof flags[0],
                                "[PRESET|FILE.rule|FILE.model|TEXT]...", words, MAX_OPTIMIZERS);
    if (s->seeds == 0)
        fail("--seeds must be at least 1");
    s->grid.on |= s->grid.list || s->grid.from != 0 || s->grid.to != 0 || n == 0;
    return n ? n : CLASSICS;
}

int main(int argc, char **argv) {
    const char *words[MAX_OPTIMIZERS] = {"sgd", "momentum", "rmsprop", "adam"};
    struct setting s = {.choice = {.name = "mlp"}, .seeds = 5};
    struct comparison c = {.columns = 0};
    struct contestant lines[MAX_OPTIMIZERS];
    double lrs[MAX_LRS] = {0};
    l2osr_curves *curves;
    s.seed = 1;
    const size_t n = read_setting(&s, argc, argv, words);
    c.seeds = s.seeds;
    fill_columns(&c, s.at, s.steps);
    const size_t n_lrs = s.grid.on ? fill_grid(&s.grid, lrs) : 0;

    l2osr_context *ctx = open_session(s.threads, s.seed);
    for (size_t i = 0; i < n; i++) {
        lines[i] = open_optimizer(ctx, words[i], i);
        if (!lines[i].rule)
            continue;
        lines[i].n_lrs = n_lrs;
        memcpy(lines[i].lrs, lrs, n_lrs * sizeof *lrs);
    }
    struct tasks tasks = open_tasks(ctx, &s.choice);
    if (s.out)
        make_folder(s.out);
    if (s.csv)
        check_output(s.csv);
    printf("%s\n\n", tasks.title);
    fflush(stdout);
    const bool was_stopped = compare_optimizers(ctx, tasks.held_out, &c, lines, n, &curves);
    if (was_stopped) {
        puts("stopped: no run is complete enough to compare");
    } else {
        print_table(tasks.held_out, &c, lines, n);
        if (s.csv)
            write_table(tasks.held_out, &c, lines, n, s.csv);
        if (s.out)
            write_curves(ctx, curves, lines, tasks.title, path_in(s.out, "curves.csv"));
    }
    l2osr_curves_free(curves);
    for (size_t i = 0; i < n; i++) {
        l2osr_rule_free(lines[i].rule);
        l2osr_model_free(lines[i].model);
    }
    close_tasks(&tasks);
    l2osr_context_free(ctx);
    return was_stopped ? 130 : 0;
}
