/* SPDX-License-Identifier: MIT */
/* Fig. 1: the method from end to end on P1: a numerical optimizer, meta-trained, distilled into a
 * formula, and that tuned. What each stage made is measured on the images held out. */
#include <stdio.h>

#include "study.h"

enum { STAGES = 4 };

/* The boxes of the figure. */
struct stage {
    const char *title, *how; /* how it comes from the one before */
    char detail[64];
    l2osr_spread loss;
};

/* Evolution over whole episodes, as long as the rule is to be used. */
static l2osr_rule *tuned_rule(struct paper *p, const struct problem *problem, l2osr_rule *start) {
    const char *path = paper_path(p, "cache/%s-tuned.rule", problem->name);
    const l2osr_tuner_options o = {.struct_size = sizeof o,
                                   .estimator = L2OSR_META_ES,
                                   .meta_steps = p->quick ? 4 : 60,
                                   .horizon = p->quick ? 60 : 600,
                                   .validate_every = 6,
                                   .validate_runs = 6};
    l2osr_rule *rule;
    l2osr_tuner *tuner;
    if (!paper_begin(p, path, "tune the formula")) {
        must(p->ctx, l2osr_rule_load(&rule, p->ctx, path));
        return rule;
    }
    must(p->ctx, l2osr_tuner_create(&tuner, p->ctx, start, problem->tasks.train, NULL, &o));
    paper_must(p, l2osr_tuner_run(tuner));
    must(p->ctx, l2osr_tuner_rule(tuner, &rule));
    must(p->ctx, l2osr_rule_save(rule, path));
    l2osr_tuner_free(tuner);
    paper_end(p);
    return rule;
}

static int count_node(void *user, const char *label, size_t operands) {
    size_t *nodes = user;
    (void)label;
    (void)operands;
    *nodes += 1;
    return 0;
}

static void describe(struct paper *p, struct stage *stages, struct subject *s) {
    size_t nodes = 0;
    must(p->ctx, l2osr_equation_walk(p->ctx, distilled_equation(p, s), count_node, &nodes));
    for (size_t i = 0; i < STAGES; i++)
        snprintf(stages[i].detail, sizeof stages[i].detail,
                 i < 2 ? "%s: %zu weights" : "formula of %s: %zu nodes", s->name,
                 i < 2 ? l2osr_model_size(s->model) : nodes);
}

static void fill(struct paper *p, const struct problem *problem, struct stage *stages) {
    struct subject s = open_subject(p, problem, problem, "RP_si");
    l2osr_model *untrained = untrained_model(p, s.name);
    l2osr_rule *distilled = distilled_rule(p, &s), *tuned = tuned_rule(p, problem, distilled);
    const l2osr_entry entries[STAGES] = {{"initialized", NULL, untrained, 0},
                                         {"learned", NULL, s.model, 0},
                                         {"distilled", distilled, NULL, 0},
                                         {"tuned", tuned, NULL, 0}};
    l2osr_spread losses[STAGES];
    study_losses(p, problem, "workflow", entries, STAGES, losses);
    for (size_t i = 0; i < STAGES; i++)
        stages[i].loss = losses[i];
    describe(p, stages, &s);
    l2osr_rule_free(tuned);
    l2osr_rule_free(distilled);
    l2osr_model_free(untrained);
    close_subject(&s);
}

enum { WIDTH = 180, GAP = 100, TOP = 40, HEIGHT = 96 };

static void draw_arrow(FILE *svg, int left, const char *how) {
    const char *colour = plot_colour(2);
    const int y = TOP + HEIGHT / 2;
    fprintf(svg,
            "<path d=\"M%d %d h%d m-8 -5 l8 5 l-8 5\" fill=\"none\" stroke=\"%s\" "
            "stroke-width=\"2\"/>\n<text x=\"%d\" y=\"%d\" fill=\"%s\">%s</text>\n",
            left - GAP + 4, y, GAP - 8, colour, left - GAP / 2, y - 10, colour, how);
}

static void draw_box(FILE *svg, int left, const struct stage *s) {
    const int middle = left + WIDTH / 2;
    fprintf(svg,
            "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"8\" fill=\"#f3f6fa\" "
            "stroke=\"black\"/>\n<text x=\"%d\" y=\"%d\" font-weight=\"bold\">%s</text>\n"
            "<text x=\"%d\" y=\"%d\" font-size=\"11\">%s</text>\n"
            "<text x=\"%d\" y=\"%d\">loss %.3f</text>\n",
            left, TOP, WIDTH, HEIGHT, middle, TOP + 28, s->title, middle, TOP + 50, s->detail,
            middle, TOP + 76, s->loss.mean);
}

/* Boxes from left to right, and what leads from one to the next on the arrows. */
static void draw(const char *path, const struct stage *stages) {
    FILE *svg = begin_output(path);
    fprintf(svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"170\" "
            "font-family=\"sans-serif\" font-size=\"13\" text-anchor=\"middle\">\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
            STAGES * (WIDTH + GAP) - GAP + 20);
    for (int i = 0; i < STAGES; i++) {
        const int left = 10 + i * (WIDTH + GAP);
        if (i > 0)
            draw_arrow(svg, left, stages[i].how);
        draw_box(svg, left, &stages[i]);
    }
    fputs("</svg>\n", svg);
    end_output(svg, path);
}

static void write_figure(const struct paper *p, const struct stage *stages) {
    struct sheet sheet;
    begin_sheet(&sheet, p, "fig1_workflow", "stage,what,loss_mean,loss_deviation");
    for (size_t i = 0; i < STAGES; i++) {
        fprintf(sheet.csv, "%s,", stages[i].title);
        put_field(sheet.csv, stages[i].detail);
        fprintf(sheet.csv, ",%.6g,%.6g\n", stages[i].loss.mean, stages[i].loss.deviation);
    }
    end_sheet(&sheet);
}

int main(int argc, char **argv) {
    struct stage stages[STAGES] = {{.title = "initialized"},
                                   {.title = "learned", .how = "meta-train"},
                                   {.title = "distilled", .how = "distil"},
                                   {.title = "tuned", .how = "tune"}};
    struct paper p;
    paper_open(
        &p, argc, argv,
        "Fig. 1: a numerical optimizer, meta-trained, distilled into a formula, the formula\n"
        "tuned; and the loss that each of them reaches on images held out.",
        NULL, 0);
    struct problem problem = open_problem(&p, "P1");
    fill(&p, &problem, stages);
    for (size_t i = 0; i < STAGES; i++)
        printf("%-12s loss %.4f +- %.4f  (%s)\n", stages[i].title, stages[i].loss.mean,
               stages[i].loss.deviation, stages[i].detail);
    draw(paper_path(&p, "fig1_workflow.svg"), stages);
    write_figure(&p, stages);
    close_problem(&problem);
    paper_close(&p);
    return 0;
}
