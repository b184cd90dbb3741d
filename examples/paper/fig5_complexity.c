/* SPDX-License-Identifier: MIT */
/* Fig. 5: what more nodes buy: R2 of distilled equations, and how far back they look, against their
 * complexity. Models meta-trained on P3. */
#include <math.h>
#include <stdio.h>

#include "study.h"

enum { MODELS = 4, MOST_NODES = 40, MOST_LINES = 16 };

static const char *const models[MODELS] = {"DM", "RP", "RP_s", "RP_si"};

/* What is being drawn. */
struct figure {
    struct sheet sheet; /* all points at which an input counts */
    size_t fits, fields;
    struct plot_line fit[MODELS], field[MOST_LINES];
    char names[MOST_LINES][64], files[MODELS + MOST_LINES][1024];
};

/* The best R2 with at most so many nodes, over the searches. */
static void write_fit(struct paper *p, struct figure *f, const char *model,
                      const l2osr_complexity *study) {
    char *file = f->files[f->fits];
    snprintf(file, sizeof f->files[0], "%s", paper_path(p, "cache/fig5-%s.csv", model));
    FILE *csv = begin_output(file);
    fputs("nodes,r2,deviation\n", csv);
    for (unsigned nodes = 1; nodes <= MOST_NODES; nodes++) {
        const l2osr_spread best = l2osr_complexity_best(study, nodes);
        if (!isnan(best.mean))
            fprintf(csv, "%u,%.6g,%.6g\n", nodes, best.mean, best.deviation);
    }
    end_output(csv, file);
    f->fit[f->fits] = (struct plot_line){.name = model,
                                         .csv = file,
                                         .x = "nodes",
                                         .y = "r2",
                                         .deviation = "deviation",
                                         .style = PLOT_LINE,
                                         .colour = (int)f->fits + 1};
    f->fits++;
}

/* Mean lags of one input in all equations that use it. */
static void write_field(struct paper *p, struct figure *f, const char *model, const char *input,
                        const l2osr_complexity *study, size_t i) {
    char *file = f->files[MODELS + f->fields], *name = f->names[f->fields];
    snprintf(file, sizeof f->files[0], "%s", paper_path(p, "cache/fig5-%s-%s.csv", model, input));
    snprintf(name, sizeof f->names[0], "%s @ %s", model, input);
    FILE *csv = begin_output(file);
    fputs("nodes,tpf\n", csv);
    for (size_t k = 0; k < l2osr_complexity_points(study); k++) {
        const l2osr_complexity_point *point = l2osr_complexity_get(study, k);
        const l2osr_perception *field = &point->fields[i];
        if (!field->defined)
            continue;
        fprintf(csv, "%u,%.6g\n", point->complexity, field->mean);
        fprintf(f->sheet.csv, "%s,%zu,%u,%.6g,%s,%.4g,%.6g\n", model, point->run + 1,
                point->complexity, point->r2, input, field->share, field->mean);
    }
    end_output(csv, file);
    f->field[f->fields++] = (struct plot_line){
        .name = name, .csv = file, .x = "nodes", .y = "tpf", .style = PLOT_MARKERS};
}

static void add_model(struct paper *p, struct figure *f, const struct problem *problem,
                      const char *model) {
    struct studied studied = open_studied(p, problem, model);
    const size_t inputs = l2osr_field_count(studied.held_out);
    write_fit(p, f, model, studied.complexity);
    if (f->fields + inputs > MOST_LINES)
        fail("%s: more inputs than lines", model);
    for (size_t i = 0; i < inputs; i++)
        write_field(p, f, model, l2osr_field_name(studied.held_out, i), studied.complexity, i);
    printf("%-6s best R2 %.4f; within 2 %% of it with %.1f nodes\n", model,
           l2osr_complexity_best(studied.complexity, MOST_NODES).mean,
           studied_nodes(&studied).mean);
    fflush(stdout);
    close_studied(&studied);
}

static void draw(const struct paper *p, const struct figure *f) {
    const struct panel panels[] = {
        {{.title = "R2 of the best equation", .x = "nodes", .y = "R2", .key = "below"},
         f->fit,
         f->fits},
        {{.title = "how far equations look back",
          .x = "nodes",
          .y = "mean lag (1: now)",
          .key = "below"},
         f->field,
         f->fields},
    };
    plot_panels(paper_path(p, "fig5_complexity.svg"), panels, 2, 2);
}

int main(int argc, char **argv) {
    static struct figure f;
    struct paper p;
    paper_open(&p, argc, argv,
               "Fig. 5: R2 of distilled equations and their temporal perception fields against\n"
               "their nodes, for models meta-trained on P3.",
               NULL, 0);
    struct problem problem = open_problem(&p, "P3");
    begin_sheet(&f.sheet, &p, "fig5_complexity", "model,search,nodes,r2,input,share,tpf");
    for (size_t i = 0; i < MODELS; i++)
        add_model(&p, &f, &problem, models[i]);
    draw(&p, &f);
    end_sheet(&f.sheet);
    close_problem(&problem);
    paper_close(&p);
    return 0;
}
