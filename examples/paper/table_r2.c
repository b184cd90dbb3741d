/* SPDX-License-Identifier: MIT */
/* The paper's table 7: how well distilled equations fit, on trajectories of images held out. */
#include "study.h"

enum { SUBJECTS = 5, PROBLEMS = 2 };

static const struct {
    const char *name;
    double published[PROBLEMS];
} subjects[SUBJECTS] = {
    {"momentum(0.5)", {0.83, 0.85}},
    {"Adam(0.9,0.9)", {0.25, 0.31}},
    {"DM", {0.46, 0.54}},
    {"RP", {0.93, 0.94}},
    {"RP_si", {0.94, 0.94}},
};

static void fill(struct paper *p, const struct sheet *t, struct subject *s, double published) {
    l2osr_samples *held_out = collect(p, s, true);
    const l2osr_spread r2 = study_fit(p, s, held_out);
    put_number(t, s->problem->name, s->name, r2.mean, r2.deviation, published);
    printf("%s %-14s R2 %.4f +- %.4f (the paper: %.2f)\n    %s\n", s->problem->name, s->name,
           r2.mean, r2.deviation, published, distilled_equation(p, s));
    fflush(stdout);
    l2osr_samples_free(held_out);
}

int main(int argc, char **argv) {
    struct paper p;
    paper_open(
        &p, argc, argv,
        "The paper's table 7: R2 of equations distilled from two optimizers by hand and from\n"
        "three models, which were meta-trained on P1, at work on P1 and P2.",
        NULL, 0);
    struct problem problems[PROBLEMS] = {open_problem(&p, "P1"), open_problem(&p, "P2")};
    struct sheet table;
    begin_table(&table, &p, "table_r2");
    for (size_t k = 0; k < PROBLEMS; k++)
        for (size_t i = 0; i < SUBJECTS; i++) {
            struct subject s = open_subject(&p, &problems[k], &problems[0], subjects[i].name);
            fill(&p, &table, &s, subjects[i].published[k]);
            close_subject(&s);
        }
    end_sheet(&table);
    for (size_t k = 0; k < PROBLEMS; k++)
        close_problem(&problems[k]);
    paper_close(&p);
    return 0;
}
