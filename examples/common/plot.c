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
    fputs("\nset datafile separator ','\nset key top right\nset logscale y\nset title ", gnuplot);
    put_quoted(gnuplot, title);
    fputs("\nset xlabel 'step'\nset ylabel 'minibatch loss'\nset grid lc rgb '#dddddd'\n"
          "set style fill transparent solid 0.15 noborder\nplot ",
          gnuplot);
    for (size_t i = 0; i < n; i++) {
        const size_t mean = 2 + 2 * i;
        fprintf(gnuplot, "%s", i ? ", " : "");
        put_quoted(gnuplot, csv);
        fprintf(gnuplot, " skip 1 using 1:($%zu-$%zu):($%zu+$%zu) with filledcurves lc %zu notitle, ",
                mean, mean + 1, mean, mean + 1, i + 1);
        put_quoted(gnuplot, csv);
        fprintf(gnuplot, " skip 1 using 1:%zu with lines lw 1.6 lc %zu title ", mean, i + 1);
        put_quoted(gnuplot, names[i]);
    }
    fputs("\n", gnuplot);
    return pclose(gnuplot) == 0 && rename(temporary, svg) == 0;
}
