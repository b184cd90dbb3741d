/* SPDX-License-Identifier: MIT */
/* Test accuracy against epochs, as in the paper's figure of large networks: tuned rules beside
 * optimizers with the best of several step sizes, on a residual network. */
#include <stdio.h>

#include "baselines.h"
#include "large.h"

static void write_figure(const struct paper *p, const struct outcome *outcomes) {
    const char *path = paper_path(p, "fig2_comparison.csv");
    FILE *csv = begin_output(path);
    fputs("epoch", csv);
    for (size_t i = 0; i < OPTIMIZERS; i++)
        fprintf(csv, ",%s_mean,%s_deviation", optimizer_names[i], optimizer_names[i]);
    for (size_t row = 0; row < outcomes[0].n; row++) {
        fprintf(csv, "\n%.6g", outcomes[0].points[row].epoch);
        for (size_t i = 0; i < OPTIMIZERS; i++) {
            const l2osr_spread accuracy = outcomes[i].points[row].accuracy;
            fprintf(csv, ",%.6g,%.6g", accuracy.mean, accuracy.deviation);
        }
    }
    fputs("\n", csv);
    end_output(csv, path);
}

/* Those that decay have the colour of the one that does not, which is dashed. The rule is on top.
 */
static void draw_figure(const struct paper *p, const struct arena *a) {
    static const struct {
        int colour;
        enum plot_style style;
    } looks[OPTIMIZERS] = {{1, PLOT_LINE},   {1, PLOT_DASHED}, {2, PLOT_DASHED}, {2, PLOT_LINE},
                           {3, PLOT_DASHED}, {3, PLOT_LINE},   {4, PLOT_LINE},   {5, PLOT_DASHED},
                           {5, PLOT_LINE},   {6, PLOT_DASHED}};
    char title[160];
    struct plot_line lines[OPTIMIZERS];
    const struct plot plot = {
        .title = title, .x = "epochs", .y = "test accuracy", .key = "outside right center"};
    snprintf(title, sizeof title, "%s, held out: mean and deviation of seeds", a->title);
    for (size_t i = 0; i < OPTIMIZERS; i++)
        lines[OPTIMIZERS - 1 - i] = (struct plot_line){.name = optimizer_names[i],
                                                       .csv = outcome_file(p, a, i),
                                                       .x = "epoch",
                                                       .y = "accuracy_mean",
                                                       .deviation = "accuracy_deviation",
                                                       .style = looks[i].style,
                                                       .colour = looks[i].colour};
    plot_lines(paper_path(p, "fig2_comparison.svg"), &plot, lines, OPTIMIZERS);
}

int main(int argc, char **argv) {
    struct paper p;
    struct outcome outcomes[OPTIMIZERS];
    paper_open(&p, argc, argv,
               "Test accuracy against epochs on a residual network: tuned rules beside\n"
               "optimizers with the best of several step sizes.",
               NULL, 0);
    struct arena arena = open_arena(&p, "resnet");
    for (size_t i = 0; i < OPTIMIZERS; i++)
        outcomes[i] = measure(&p, &arena, i);
    print_outcomes(&arena, outcomes);
    train_large_networks(&p, argv[0]);
    draw_figure(&p, &arena);
    write_figure(&p, outcomes);
    close_arena(&arena);
    paper_close(&p);
    return 0;
}
