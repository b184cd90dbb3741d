/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

static bool have_gnuplot(void) {
    return system("command -v gnuplot >/dev/null 2>&1") == 0;
}

/* A single quote inside a quoted gnuplot string is written twice. */
static void put_quoted(FILE *stream, const char *text) {
    fputc('\'', stream);
    for (; *text; text++)
        fprintf(stream, *text == '\'' ? "''" : "%c", *text);
    fputc('\'', stream);
}

/* Told apart also by people who see colours differently (Okabe and Ito), the first ones strongest.
 */
static void put_palette(FILE *stream) {
    static const char *const colours[] = {"000000", "0072b2", "d55e00", "009e73",
                                          "cc79a7", "56b4e9", "e69f00", "999999"};
    for (size_t i = 0; i < sizeof colours / sizeof colours[0]; i++)
        fprintf(stream, "set linetype %zu lc rgb '#%s'\n", i + 1, colours[i]);
}

bool plot_curves(const char *csv, const char *svg, const char *title, const char *const *names,
                 size_t n) {
    char temporary[4096];
    if (!have_gnuplot())
        return false;
    FILE *gnuplot = popen("gnuplot >/dev/null 2>&1", "w");
    if (!gnuplot)
        return false;
    snprintf(temporary, sizeof temporary, "%s.tmp", svg);
    fputs("set terminal svg size 860,520 font 'sans,13' background 'white'\nset output ", gnuplot);
    put_quoted(gnuplot, temporary);
    fputs("\nset datafile separator ','\nset key top right\nset logscale y\nset autoscale yfix\n"
          "set ytics (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.5, 2, 3, 5, 10)\nset title ",
          gnuplot);
    put_quoted(gnuplot, title);
    fputs("\nset xlabel 'step'\nset ylabel 'minibatch loss, smoothed'\nset grid lc rgb '#dddddd'\n"
          "set style fill transparent solid 0.12 noborder\n",
          gnuplot);
    put_palette(gnuplot);
    /* Minibatch losses jump about: lines and bands are averages that decay by 0.9 a step. */
    fputs("plot ", gnuplot);
    for (size_t i = 0; i < n; i++) {
        const size_t mean = 2 + 2 * i;
        fprintf(gnuplot, "%s", i ? ", " : "");
        put_quoted(gnuplot, csv);
        fprintf(
            gnuplot,
            " skip 1 using 1:(l = $0 < 1 ? $%zu - $%zu : 0.9 * l + 0.1 * ($%zu - $%zu)):"
            "(h = $0 < 1 ? $%zu + $%zu : 0.9 * h + 0.1 * ($%zu + $%zu)) with filledcurves lt %zu "
            "notitle, ",
            mean, mean + 1, mean, mean + 1, mean, mean + 1, mean, mean + 1, i + 1);
        put_quoted(gnuplot, csv);
        fprintf(gnuplot,
                " skip 1 using 1:(m = $0 < 1 ? $%zu : 0.9 * m + 0.1 * $%zu) with lines lw 2 lt %zu "
                "title ",
                mean, mean, i + 1);
        put_quoted(gnuplot, names[i]);
    }
    fputs("\n", gnuplot);
    return pclose(gnuplot) == 0 && rename(temporary, svg) == 0;
}
