/* SPDX-License-Identifier: MIT */
/* Test accuracy against epochs, as in the paper's figure of large networks: tuned rules beside
 * optimizers with the best of several step sizes, on a residual network. */
#include <math.h>
#include <stdio.h>

#include "baselines.h"
#include "large.h"

/* Deviations of a single seed are empty. */
static void write_figure(const char *path, const struct outcome *outcomes) {
    FILE *csv = begin_output(path);
    fputs("epoch", csv);
    for (size_t i = 0; i < OPTIMIZERS; i++)
        fprintf(csv, ",%s_mean,%s_deviation", optimizer_names[i], optimizer_names[i]);
    for (size_t row = 0; row < outcomes[0].n; row++) {
        fprintf(csv, "\n%.6g", outcomes[0].points[row].epoch);
        for (size_t i = 0; i < OPTIMIZERS; i++) {
            const l2osr_spread accuracy = outcomes[i].points[row].accuracy;
            fprintf(csv, ",%.6g,", accuracy.mean);
            if (!isnan(accuracy.deviation))
                fprintf(csv, "%.6g", accuracy.deviation);
        }
    }
    fputs("\n", csv);
    end_output(csv, path);
}

/* Those that decay have the colour of the one that does not, which is dashed. The rules are on top.
 */
static void draw_figure(const char *svg, const struct arena *a, const struct outcome *outcomes) {
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
    snprintf(title, sizeof title, "%s, held out%s", a->title,
             a->seeds > 1 ? ": mean and deviation of seeds" : "");
    for (size_t i = 0; i < OPTIMIZERS; i++)
        lines[OPTIMIZERS - 1 - i] =
            (struct plot_line){.name = optimizer_names[i],
                               .csv = outcomes[i].csv,
                               .x = "epoch",
                               .y = "accuracy_mean",
                               .deviation = a->seeds > 1 ? "accuracy_deviation" : NULL,
                               .style = looks[i].style,
                               .colour = looks[i].colour};
    plot_lines(svg, &plot, lines, OPTIMIZERS);
}

static void compare(struct paper *p, const char *figure, bool cifar) {
    struct outcome outcomes[OPTIMIZERS];
    struct arena arena = open_arena(p, "resnet", cifar);
    for (size_t i = 0; i < OPTIMIZERS; i++)
        outcomes[i] = measure(p, &arena, i);
    print_outcomes(&arena, outcomes);
    draw_figure(paper_path(p, "%s.svg", figure), &arena, outcomes);
    write_figure(paper_path(p, "%s.csv", figure), outcomes);
    close_arena(&arena);
}

/* The report looks for the last of the files. */
int main(int argc, char **argv) {
    struct paper p;
    paper_open(&p, argc, argv,
               "Test accuracy against epochs on a residual network: tuned rules beside\n"
               "optimizers with the best of several step sizes. With --cifar also on those images.",
               NULL, 0);
    if (p.cifar)
        compare(&p, "fig2_comparison_cifar", true);
    train_large_networks(&p, argv[0]);
    compare(&p, "fig2_comparison", false);
    paper_close(&p);
    return 0;
}
