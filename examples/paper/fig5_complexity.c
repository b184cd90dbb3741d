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
    FILE *csv; /* all points: model,run,nodes,r2,input,share,tpf */
    size_t fits, fields;
    struct plot_line fit[MODELS], field[MOST_LINES];
    char names[MODELS + MOST_LINES][64], files[MODELS + MOST_LINES][1024];
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
        fprintf(f->csv, "%s,%zu,%u,%.6g,%s,%.4g,%.6g\n", model, point->run + 1, point->complexity,
                point->r2, input, field->share, field->mean);
    }
    end_output(csv, file);
    f->field[f->fields++] = (struct plot_line){
        .name = name, .csv = file, .x = "nodes", .y = "tpf", .style = PLOT_MARKERS};
}

static void add_model(struct paper *p, struct figure *f, const struct problem *problem,
                      const char *model) {
    struct subject s = open_subject(p, problem, problem, model);
    l2osr_samples *held_out = collect(p, &s, true);
    l2osr_complexity *study = study_complexity(p, &s, held_out);
    const l2osr_spread most = l2osr_complexity_best(study, MOST_NODES);
    const l2osr_spread nodes = l2osr_complexity_mapping(study, 0.02);
    write_fit(p, f, model, study);
    for (size_t i = 0; i < l2osr_field_count(held_out); i++)
        write_field(p, f, model, l2osr_field_name(held_out, i), study, i);
    printf("%-6s best R2 %.4f; within 2 %% of it with %.1f nodes\n", model, most.mean, nodes.mean);
    fflush(stdout);
    l2osr_complexity_free(study);
    l2osr_samples_free(held_out);
    close_subject(&s);
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
    f.csv = begin_output(paper_path(&p, "fig5_complexity.csv"));
    fputs("model,search,nodes,r2,input,share,tpf\n", f.csv);
    for (size_t i = 0; i < MODELS; i++)
        add_model(&p, &f, &problem, models[i]);
    draw(&p, &f);
    end_output(f.csv, paper_path(&p, "fig5_complexity.csv"));
    close_problem(&problem);
    paper_close(&p);
    return 0;
}
