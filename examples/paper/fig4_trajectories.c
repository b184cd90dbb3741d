/* SPDX-License-Identifier: MIT */
/* Fig. 4: losses of DM and RP_si, and of the equations distilled from them, while they train a
 * network on images that were held out. */
#include <stdio.h>

#include "study.h"

enum { LINES = 4 };

/* A model and its equation as two lines; free both. */
static void add_lines(struct paper *p, struct subject *s, struct contestant *lines,
                      const char *distilled) {
    lines[0] = (struct contestant){.name = distilled, .rule = distilled_rule(p, s)};
    lines[1] = (struct contestant){.name = s->name, .model = s->model};
    printf("%s: %s\n", s->name, distilled_equation(p, s));
}

static void draw(struct paper *p, const struct problem *problem, struct contestant *lines) {
    const size_t steps = p->quick ? 120 : 620;
    const struct comparison c = {1, {steps}, p->quick ? 2 : 10};
    const char *csv = paper_path(p, "cache/fig4.csv"), *names[LINES];
    char title[200];
    l2osr_curves *curves;
    if (compare_optimizers(p->ctx, problem->tasks.held_out, &c, lines, LINES, &curves))
        paper_must(p, L2OSR_ECANCELED);
    print_table(problem->tasks.held_out, &c, lines, LINES);
    for (size_t i = 0; i < LINES; i++)
        names[i] = lines[i].name;
    snprintf(title, sizeof title, "%s, held out, mean and deviation of %zu seeds",
             problem->tasks.title, c.seeds);
    must(p->ctx, l2osr_curves_save(curves, csv));
    plot_curves(csv, paper_path(p, "fig4_trajectories.svg"), title, names, LINES);
    must(p->ctx, l2osr_curves_save(curves, paper_path(p, "fig4_trajectories.csv")));
    l2osr_curves_free(curves);
}

int main(int argc, char **argv) {
    struct paper p;
    struct contestant lines[LINES];
    paper_open(&p, argc, argv,
               "Fig. 4: losses of DM and RP_si and of their distilled equations, held out.", NULL,
               0);
    struct problem problem = open_problem(&p, "P1");
    struct subject dm = open_subject(&p, &problem, &problem, "DM");
    struct subject rp_si = open_subject(&p, &problem, &problem, "RP_si");
    add_lines(&p, &dm, lines, "DM distilled");
    add_lines(&p, &rp_si, lines + 2, "RP_si distilled");
    draw(&p, &problem, lines);
    for (size_t i = 0; i < LINES; i++)
        l2osr_rule_free(lines[i].rule);
    close_subject(&dm);
    close_subject(&rp_si);
    close_problem(&problem);
    paper_close(&p);
    return 0;
}
