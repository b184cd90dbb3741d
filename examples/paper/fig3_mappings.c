/* SPDX-License-Identifier: MIT */
/* Fig. 3: what optimizers compute: the update as a function of one input at the current step, while
 * everything else is what it typically is. On P1. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "study.h"

enum { SUBJECTS = 7, MOST_PANELS = 16, VALUES = 41, COLUMNS = 3 };

static const char *const subjects[SUBJECTS] = {
    "DM", "DM+CL+IL", "RP", "RP_si", "Adam(0.9,0.9)", "SGD", "momentum(0.5)"};

/* An optimizer over one of its inputs. */
struct view {
    char title[80], input[32], csv[1024];
    double reach; /* of the input */
    struct plot_line lines[2];
};

static void sweep(struct paper *p, l2osr_mapping *mapping, const l2osr_samples *samples,
                  const char *input, const double *values, double *u) {
    /* A rule that divides by what gradients were is a mere sign after the median history, which is
     * next to zero: so all histories are as they were, and what is typical is the median of u. */
    const l2osr_sweep_options o = {.struct_size = sizeof o, .held = L2OSR_HELD_OBSERVED};
    paper_must(p, l2osr_mapping_sweep(mapping, samples, &o, input, VALUES, values, NULL, u, NULL));
    l2osr_mapping_free(mapping);
}

/* Values of the optimizer and of its equation, as rows of the figure's file and as a file to be
 * drawn. */
static void write_view(struct paper *p, struct subject *s, const l2osr_samples *samples,
                       struct view *view, FILE *figure) {
    double values[VALUES], optimizer[VALUES], equation[VALUES];
    l2osr_mapping *mapping;
    must(p->ctx, l2osr_sweep_values(p->ctx, samples, view->input, VALUES, values));
    view->reach = values[VALUES - 1];
    must(p->ctx, s->model ? l2osr_mapping_of_model(&mapping, p->ctx, s->model)
                          : l2osr_mapping_of_rule(&mapping, p->ctx, s->rule));
    sweep(p, mapping, samples, view->input, values, optimizer);
    must(p->ctx, l2osr_mapping_of_equation(&mapping, p->ctx, distilled_equation(p, s)));
    sweep(p, mapping, samples, view->input, values, equation);
    FILE *csv = begin_output(view->csv);
    fputs("value,optimizer,equation\n", csv);
    for (size_t i = 0; i < VALUES; i++) {
        fprintf(csv, "%.6g,%.6g,%.6g\n", values[i], optimizer[i], equation[i]);
        put_field(figure, s->name);
        fprintf(figure, ",%s,%.6g,%.6g,%.6g\n", view->input, values[i], optimizer[i], equation[i]);
    }
    end_output(csv, view->csv);
}

/* Views of one optimizer, at most `room`; returns how many. */
static size_t add_views(struct paper *p, struct subject *s, struct view *views, size_t room,
                        FILE *figure) {
    l2osr_samples *samples = collect(p, s, true);
    const size_t n = l2osr_field_count(samples);
    if (n > room)
        fail("%s: more inputs than there are panels", s->name);
    for (size_t i = 0; i < n; i++) {
        struct view *view = &views[i];
        snprintf(view->input, sizeof view->input, "%s", l2osr_field_name(samples, i));
        snprintf(view->title, sizeof view->title, "%s @ %s", s->name, view->input);
        snprintf(view->csv, sizeof view->csv, "%s",
                 paper_path(p, "cache/fig3-%s-%s.csv", s->name, view->input));
        view->lines[0] = (struct plot_line){
            .csv = view->csv, .x = "value", .y = "optimizer", .style = PLOT_MARKERS, .colour = 3};
        view->lines[1] = (struct plot_line){
            .csv = view->csv, .x = "value", .y = "equation", .style = PLOT_LINE, .colour = 1};
        write_view(p, s, samples, view, figure);
    }
    printf("%-14s %s\n", s->name, distilled_equation(p, s));
    l2osr_samples_free(samples);
    return n;
}

/* The largest of 1, 2 and 5 times a power of ten that is not above `reach`. */
static double round_step(double reach) {
    const double power = pow(10, floor(log10(reach))), rest = reach / power;
    return power * (rest < 2 ? 1 : rest < 5 ? 2 : 5);
}

static void draw(const struct paper *p, const struct view *views, size_t n) {
    struct panel panels[MOST_PANELS];
    for (size_t i = 0; i < n; i++)
        panels[i] = (struct panel){{.title = views[i].title,
                                    .x = views[i].input,
                                    .y = "u",
                                    .tics = round_step(views[i].reach)},
                                   views[i].lines,
                                   2};
    plot_panels(paper_path(p, "fig3_mappings.svg"), panels, n, COLUMNS);
}

int main(int argc, char **argv) {
    static struct view views[MOST_PANELS];
    struct paper p;
    struct sheet figure;
    size_t n = 0;
    paper_open(
        &p, argc, argv,
        "Fig. 3: updates against one input at the current step, of optimizers (markers) and "
        "of their\ndistilled equations (lines); the histories are those seen on P1, and each "
        "value is the\nmedian over them.",
        NULL, 0);
    struct problem problem = open_problem(&p, "P1");
    begin_sheet(&figure, &p, "fig3_mappings", "optimizer,input,value,u,equation");
    for (size_t i = 0; i < SUBJECTS; i++) {
        struct subject s = open_subject(&p, &problem, &problem, subjects[i]);
        n += add_views(&p, &s, views + n, MOST_PANELS - n, figure.csv);
        close_subject(&s);
    }
    draw(&p, views, n);
    end_sheet(&figure);
    close_problem(&problem);
    paper_close(&p);
    return 0;
}
