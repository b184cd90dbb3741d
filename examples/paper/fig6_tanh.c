/* SPDX-License-Identifier: MIT */
/* Figure 6: gamma tanh(x / gamma), the map of Eq. 6, lies between the identity and the sign. */
#include <math.h>
#include <stdlib.h>

#include "paper.h"

enum { POINTS = 241, GAMMAS = 5 };

static const double reach = 3; /* x is in [-reach, reach] */
static const char *const gammas[GAMMAS] = {"0.1", "0.3", "1", "3", "10"};

/* A column: what the library makes of an equation in x. */
struct column {
    char name[32], equation[64];
    float values[POINTS];
};

static void compute(struct paper *p, struct column *column) {
    static const char *const names[] = {"x"};
    l2osr_samples *samples;
    paper_must(p, l2osr_samples_create(&samples, p->ctx, 1, names, POINTS, 1));
    for (size_t i = 0; i < POINTS; i++)
        *l2osr_samples_series(samples, 0, i) = (float)(reach * (2 * (double)i / (POINTS - 1) - 1));
    paper_must(p, l2osr_predict(p->ctx, samples, column->equation, column->values));
    l2osr_samples_free(samples);
}

static void write_columns(const char *path, const struct column *columns, size_t n) {
    FILE *csv = begin_output(path);
    for (size_t k = 0; k < n; k++)
        fprintf(csv, "%s%s", k ? "," : "", columns[k].name);
    for (size_t i = 0; i < POINTS; i++)
        for (size_t k = 0; k < n; k++)
            fprintf(csv, "%s%.7g", k ? "," : "\n", (double)columns[k].values[i]);
    fputs("\n", csv);
    end_output(csv, path);
}

static bool draw(const struct paper *p, const char *csv, const struct column *columns) {
    const struct plot plot = {.title = "gamma tanh(x / gamma)",
                              .x = "x",
                              .y = "gamma tanh(x / gamma)",
                              .key = "top left"};
    struct plot_line lines[GAMMAS + 1] = {
        {.name = "x", .csv = csv, .x = "x", .y = "x", .style = PLOT_DASHED, .colour = 1}};
    for (int i = 1; i <= GAMMAS; i++)
        lines[i] =
            (struct plot_line){.name = columns[i].name, .csv = csv, .x = "x", .y = columns[i].name};
    return plot_lines(paper_path(p, "fig6_tanh.svg"), &plot, lines, GAMMAS + 1);
}

/* What the picture shows, in numbers. */
static void summarise(const struct column *columns) {
    const struct column *identity = &columns[0];
    for (size_t k = 1; k <= GAMMAS; k++) {
        const double gamma = strtod(gammas[k - 1], NULL);
        double from_identity = 0, from_sign = 0;
        for (size_t i = 0; i < POINTS; i++) {
            const double x = (double)identity->values[i], y = (double)columns[k].values[i];
            const double sign = x > 0 ? gamma : x < 0 ? -gamma : 0;
            from_identity = fmax(from_identity, fabs(y - x) / reach);
            from_sign += fabs(y - sign) / gamma / POINTS;
        }
        printf("%-10s  at most %5.1f %% of %g away from x, on average %5.1f %% of gamma away from "
               "gamma sign(x)\n",
               columns[k].name, 100 * from_identity, reach, 100 * from_sign);
    }
    puts("It is linear where x is small beside gamma and at most gamma elsewhere: large gammas "
         "leave a step as it is, small ones make it gamma sign(x).");
}

int main(int argc, char **argv) {
    static struct column columns[GAMMAS + 1] = {{.name = "x", .equation = "x"}};
    struct paper p;
    paper_open(&p, argc, argv, "Figure 6: gamma tanh(x / gamma) for several gammas.", NULL, 0);
    const char *drawn = paper_path(&p, "cache/fig6_tanh.csv");
    for (size_t k = 0; k <= GAMMAS; k++) {
        if (k > 0) {
            snprintf(columns[k].name, sizeof columns[k].name, "gamma = %s", gammas[k - 1]);
            snprintf(columns[k].equation, sizeof columns[k].equation, "%s * tanh(x / %s)",
                     gammas[k - 1], gammas[k - 1]);
        }
        compute(&p, &columns[k]);
    }
    summarise(columns);
    write_columns(drawn, columns, GAMMAS + 1);
    if (!draw(&p, drawn, columns))
        puts("no picture: gnuplot is not there");
    write_columns(paper_path(&p, "fig6_tanh.csv"), columns, GAMMAS + 1); /* last: all is done */
    paper_close(&p);
    return 0;
}
