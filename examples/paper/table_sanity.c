/* SPDX-License-Identifier: MIT */
/* The paper's sanity table: does a search find known functions of 20 lags again, and how soon? */
#include <stdio.h>
#include <time.h>

#include "common.h"
#include "sanity.h"

/* One line of the table. */
struct line {
    const struct sanity_target *target;
    char recovered[1000];
    unsigned complexity;
    double r2, seconds;
};

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Searches for a target; false when Ctrl-C ended it. */
static bool recover(l2osr_context *ctx, struct line *line, double seconds) {
    const double negligible = 1e-9, start = now();
    const struct sanity_target *target = line->target;
    const l2osr_sr_options o = {.struct_size = sizeof o,
                                .operators = target->operators,
                                .max_complexity = target->nodes,
                                .seconds = seconds,
                                .target_error = negligible};
    struct sanity_data data;
    l2osr_sr *sr;
    l2osr_front *front;
    double mse;
    must(ctx, sanity_draw(&data, ctx, target, l2osr_context_seed(ctx)));
    must(ctx, l2osr_sr_create(&sr, ctx, data.train, &o));
    const bool was_stopped = stopped(ctx, l2osr_sr_run(sr));
    must(ctx, l2osr_sr_front(sr, &front));
    line->seconds = now() - start;
    const size_t chosen = l2osr_front_recommend(front, 1e-5);
    const l2osr_formula *f = l2osr_front_get(front, chosen);
    if (f) {
        line->complexity = f->complexity;
        snprintf(line->recovered, sizeof line->recovered, "%s", f->equation);
        must(ctx, l2osr_front_measure(front, chosen, data.test, &mse, &line->r2));
    }
    l2osr_front_free(front);
    l2osr_sr_free(sr);
    l2osr_samples_free(data.train);
    l2osr_samples_free(data.test);
    return !was_stopped;
}

static void print_line(const struct line *line) {
    printf("%-9s R2 %.5f with %2u nodes in %.1f s (the paper: %.2f in %.0f s)\n"
           "          %s\n        > %s\n",
           line->target->name, line->r2, line->complexity, line->seconds, line->target->paper_r2,
           line->target->paper_seconds, line->target->formula, line->recovered);
    fflush(stdout);
}

static void write_lines(FILE *csv, const struct line *lines, size_t n) {
    fputs("target,recovered,complexity,r2_test,seconds\n", csv);
    for (size_t i = 0; i < n; i++)
        fprintf(csv, "\"%s\",\"%s\",%u,%.9g,%.3g\n", lines[i].target->formula, lines[i].recovered,
                lines[i].complexity, lines[i].r2, lines[i].seconds);
}

int main(int argc, char **argv) {
    const char *out = NULL;
    size_t seed = 1, threads = 0, n = 0;
    double seconds = 10;
    const struct flag flags[] = {
        {"out", FLAG_TEXT, &out, "CSV file; default: behind the table"},
        {"seconds", FLAG_NUMBER, &seconds, "most for one target"},
        {"threads", FLAG_COUNT, &threads, "0: one per processor"},
        {"seed", FLAG_COUNT, &seed, "of rows and searches"},
    };
    read_flags(argc, argv,
               "The paper's sanity table: targets made of 20 lags, 5,000 rows to search on and "
               "5,000 held out.",
               flags, sizeof flags / sizeof flags[0], NULL, NULL, 0);
    if (!(seconds > 0))
        fail("--seconds must be more than 0");
    if (out)
        check_output(out);
    l2osr_context *ctx = open_session(threads, seed);
    struct line lines[SANITY_TARGETS] = {0};
    bool going = true;
    for (; going && n < SANITY_TARGETS; n++) {
        lines[n].target = &sanity_targets[n];
        going = recover(ctx, &lines[n], seconds);
        print_line(&lines[n]);
    }
    FILE *csv = out ? begin_output(out) : stdout;
    if (!out)
        puts("");
    write_lines(csv, lines, n);
    if (out)
        end_output(csv, out);
    l2osr_context_free(ctx);
    return going ? 0 : 130;
}
