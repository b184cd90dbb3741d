/* SPDX-License-Identifier: MIT */
/* The paper's sanity table: does a search find known functions of 20 lags again, and how soon? */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "paper.h"
#include "sanity.h"

/* One column of the table. */
struct line {
    const struct sanity_target *target;
    char recovered[1000];
    unsigned complexity;
    double r2, seconds;
};

/* Takes the recommended formula of a front over. */
static void take(l2osr_context *ctx, struct line *line, const l2osr_front *front,
                 const l2osr_samples *test) {
    const size_t chosen = l2osr_front_recommend(front, 1e-5);
    const l2osr_formula *f = l2osr_front_get(front, chosen);
    double mse;
    if (!f)
        return;
    line->complexity = f->complexity;
    snprintf(line->recovered, sizeof line->recovered, "%s", f->equation);
    must(ctx, l2osr_front_measure(front, chosen, test, &mse, &line->r2));
}

/* Searches for a target. */
static void recover(struct paper *p, struct line *line, double seconds) {
    const double negligible = 1e-9, start = time_now();
    const struct sanity_target *target = line->target;
    const l2osr_sr_options o = {.struct_size = sizeof o,
                                .operators = target->operators,
                                .max_complexity = target->nodes,
                                .seconds = seconds,
                                .target_error = negligible};
    struct sanity_data data;
    l2osr_sr *sr;
    l2osr_front *front;
    must(p->ctx, sanity_draw(&data, p->ctx, target, l2osr_context_seed(p->ctx)));
    must(p->ctx, l2osr_sr_create(&sr, p->ctx, data.train, &o));
    paper_must(p, l2osr_sr_run(sr));
    must(p->ctx, l2osr_sr_front(sr, &front));
    line->seconds = time_now() - start;
    take(p->ctx, line, front, data.test);
    l2osr_front_free(front);
    l2osr_sr_free(sr);
    l2osr_samples_free(data.train);
    l2osr_samples_free(data.test);
}

static void print_line(const struct line *line) {
    printf("%-9s R2 %.5f with %2u nodes in %.1f s (the paper: %.2f in %.0f s)\n"
           "          %s\n        > %s\n",
           line->target->name, line->r2, line->complexity, line->seconds, line->target->paper_r2,
           line->target->paper_seconds, line->target->formula, line->recovered);
    fflush(stdout);
}

static void write_line(const struct sheet *t, const struct line *line) {
    const struct sanity_target *target = line->target;
    put_text(t, target->formula, "recovered", line->recovered, target->paper_recovered);
    put_number(t, target->formula, "R2, held out", line->r2, NAN, target->paper_r2);
    put_number(t, target->formula, "nodes", line->complexity, NAN, NAN);
    put_number(t, target->formula, "seconds", line->seconds, NAN, target->paper_seconds);
}

int main(int argc, char **argv) {
    struct paper p;
    double seconds = 0;
    const struct flag more[] = {
        {"seconds", FLAG_NUMBER, &seconds, "most for one target; 0: 10, with --quick 1"},
    };
    paper_open(&p, argc, argv,
               "The paper's sanity table: targets made of 20 lags, 5,000 rows to search on and "
               "5,000 held out.",
               more, 1);
    if (!(seconds >= 0))
        fail("--seconds must not be negative");
    if (seconds == 0)
        seconds = p.quick ? 1 : 10;
    struct sheet table;
    begin_table(&table, &p, "table_sanity");
    for (size_t i = 0; i < SANITY_TARGETS; i++) {
        struct line line = {.target = &sanity_targets[i]};
        recover(&p, &line, seconds);
        print_line(&line);
        write_line(&table, &line);
    }
    end_sheet(&table);
    paper_close(&p);
    return 0;
}
