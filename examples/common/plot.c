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

enum { COLOURS = 8 };

/* Told apart also by people who see colours differently (Okabe and Ito), the first ones strongest.
 */
const char *plot_colour(int i) {
    static const char *const colours[COLOURS] = {"#000000", "#0072b2", "#d55e00", "#009e73",
                                                 "#cc79a7", "#56b4e9", "#e69f00", "#999999"};
    return colours[(i - 1) % COLOURS];
}

static void put_palette(FILE *stream) {
    for (int i = 1; i <= COLOURS; i++)
        fprintf(stream, "set linetype %d lc rgb '%s'\n", i, plot_colour(i));
}

/* With the text between quotes, as in: set title 'loss'. */
static void put_setting(FILE *gnuplot, const char *setting, const char *text) {
    fprintf(gnuplot, "set %s ", setting);
    put_quoted(gnuplot, text);
    fputs("\n", gnuplot);
}

/* What a pale band needs. */
static void put_bands(FILE *gnuplot) {
    fputs("set style fill transparent solid 0.12 noborder\n", gnuplot);
}

/* A picture being drawn beside its final name. */
struct picture {
    FILE *gnuplot;
    const char *svg;
    char temporary[4096];
};

/* Starts gnuplot with what all pictures have in common; false when it is not there. */
static bool begin_sized(struct picture *p, const char *svg, size_t height) {
    if (!have_gnuplot())
        return false;
    p->svg = svg;
    p->gnuplot = popen("gnuplot >/dev/null 2>&1", "w");
    if (!p->gnuplot)
        return false;
    snprintf(p->temporary, sizeof p->temporary, "%s.tmp", svg);
    fprintf(p->gnuplot,
            "set terminal svg noenhanced size 860,%zu font 'sans,13' background 'white'\n"
            "set datafile separator ','\nset grid lc rgb '#dddddd'\n",
            height);
    put_setting(p->gnuplot, "output", p->temporary);
    put_palette(p->gnuplot);
    return true;
}

static bool begin_picture(struct picture *p, const char *svg, const char *title) {
    const bool begun = begin_sized(p, svg, 520);
    if (begun)
        put_setting(p->gnuplot, "title", title);
    return begun;
}

static bool finish_picture(struct picture *p) {
    fputs("\n", p->gnuplot);
    if (pclose(p->gnuplot) == 0 && rename(p->temporary, p->svg) == 0)
        return true;
    remove(p->temporary);
    return false;
}

/* Minibatch losses jump about: lines and bands are averages that decay by 0.9 a step. */
static void put_curve(FILE *gnuplot, const char *csv, const char *name, size_t i) {
    const size_t mean = 2 + 2 * i;
    put_quoted(gnuplot, csv);
    fprintf(gnuplot,
            " skip 1 using 1:(l = $0 < 1 ? $%zu - $%zu : 0.9 * l + 0.1 * ($%zu - $%zu)):"
            "(h = $0 < 1 ? $%zu + $%zu : 0.9 * h + 0.1 * ($%zu + $%zu)) with filledcurves lt %zu "
            "notitle, ",
            mean, mean + 1, mean, mean + 1, mean, mean + 1, mean, mean + 1, i + 1);
    put_quoted(gnuplot, csv);
    fprintf(gnuplot,
            " skip 1 using 1:(m = $0 < 1 ? $%zu : 0.9 * m + 0.1 * $%zu) with lines lw 2 lt %zu "
            "title ",
            mean, mean, i + 1);
    put_quoted(gnuplot, name);
}

bool plot_curves(const char *csv, const char *svg, const char *title, const char *const *names,
                 size_t n) {
    struct picture p;
    if (!begin_picture(&p, svg, title))
        return false;
    fputs("set key top right\nset logscale y\nset autoscale yfix\n"
          "set ytics add (0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.5, 2, 3, 5)\n"
          "set xlabel 'step'\nset ylabel 'minibatch loss, smoothed'\n",
          p.gnuplot);
    put_bands(p.gnuplot);
    fputs("plot ", p.gnuplot);
    for (size_t i = 0; i < n; i++) {
        fputs(i ? ", " : "", p.gnuplot);
        put_curve(p.gnuplot, csv, names[i], i);
    }
    return finish_picture(&p);
}

/* A front is a staircase: no formula between two complexities is better than the simpler one. */
bool plot_front(const char *csv, const char *svg, const char *title) {
    struct picture p;
    if (!begin_picture(&p, svg, title))
        return false;
    fputs("set key bottom right\nset yrange [0:1.02]\nset xlabel 'nodes'\nset ylabel 'R2'\nplot ",
          p.gnuplot);
    put_quoted(p.gnuplot, csv);
    fputs(" skip 1 using 1:3 with steps lw 2 lt 2 title 'train', '' skip 1 using 1:3 with points "
          "pt 7 ps 0.5 lt 2 notitle, '' skip 1 using 1:4 with linespoints pt 7 ps 0.5 lw 2 lt 3 "
          "title 'test'",
          p.gnuplot);
    return finish_picture(&p);
}

static void put_column(FILE *gnuplot, const char *column) {
    fputs("column(", gnuplot);
    put_quoted(gnuplot, column);
    fputs(")", gnuplot);
}

static void put_band(FILE *gnuplot, const struct plot_line *line, int colour) {
    put_quoted(gnuplot, line->csv);
    fputs(" using (", gnuplot);
    put_column(gnuplot, line->x);
    for (const char *sign = "-+"; *sign; sign++) {
        fputs("):(", gnuplot);
        put_column(gnuplot, line->y);
        fputc(*sign, gnuplot);
        put_column(gnuplot, line->deviation);
    }
    fprintf(gnuplot, ") with filledcurves lt %d notitle, ", colour);
}

static void put_line(FILE *gnuplot, const struct plot_line *line, size_t i) {
    static const char *const styles[] = {[PLOT_LINE] = "lines lw 2",
                                         [PLOT_DASHED] = "lines lw 2 dt 2",
                                         [PLOT_MARKERS] = "points pt 7 ps 0.5"};
    const int colour = line->colour ? line->colour : (int)i + 1;
    if (line->deviation)
        put_band(gnuplot, line, colour);
    put_quoted(gnuplot, line->csv);
    fputs(" using (", gnuplot);
    put_column(gnuplot, line->x);
    fputs("):(", gnuplot);
    put_column(gnuplot, line->y);
    fprintf(gnuplot, ") with %s lt %d ", styles[line->style], colour);
    fputs(line->name ? "title " : "notitle", gnuplot);
    if (line->name)
        put_quoted(gnuplot, line->name);
}

static void put_plot(FILE *gnuplot, const struct plot *plot, const struct plot_line *lines,
                     size_t n) {
    fprintf(gnuplot, "set datafile columnheaders\nset key %s\n",
            plot->key ? plot->key : "top right");
    put_setting(gnuplot, "title", plot->title);
    put_setting(gnuplot, "xlabel", plot->x);
    put_setting(gnuplot, "ylabel", plot->y);
    if (plot->tics > 0)
        fprintf(gnuplot, "set autoscale xfix\nset xtics %g font ',11'\n", plot->tics);
    put_bands(gnuplot);
    fputs("plot ", gnuplot);
    for (size_t i = 0; i < n; i++) {
        fputs(i ? ", " : "", gnuplot);
        put_line(gnuplot, &lines[i], i);
    }
    fputs("\n", gnuplot);
}

bool plot_lines(const char *svg, const struct plot *plot, const struct plot_line *lines, size_t n) {
    struct picture p;
    if (!begin_sized(&p, svg, 520))
        return false;
    put_plot(p.gnuplot, plot, lines, n);
    return finish_picture(&p);
}

bool plot_panels(const char *svg, const struct panel *panels, size_t n, size_t columns) {
    const size_t rows = (n + columns - 1) / columns;
    struct picture p;
    if (!begin_sized(&p, svg, rows * (columns > 2 ? 260 : 380)))
        return false;
    fprintf(p.gnuplot, "set multiplot layout %zu,%zu\n", rows, columns);
    for (size_t i = 0; i < n; i++)
        put_plot(p.gnuplot, &panels[i].plot, panels[i].lines, panels[i].n);
    fputs("unset multiplot\n", p.gnuplot);
    return finish_picture(&p);
}
