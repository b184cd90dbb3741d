/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

#define TPF_ROW "TPF (influence-weighted over inputs)"

/* A table of the folder; without cells when it is not there. */
struct results {
    struct csv csv;
    struct grid grid;
};

static struct results open_results(const struct paper *p, const char *name) {
    struct results results;
    const bool there = csv_read(&results.csv, paper_path(p, "%s.csv", name));
    results.grid = there ? grid_of_csv(&results.csv) : grid_create(0, 0);
    return results;
}

static void close_results(struct results *results) {
    grid_free(&results->grid);
    csv_free(&results->csv);
}

static void conclude(struct aim *aim, bool met, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void conclude(struct aim *aim, bool met, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(aim->ours, sizeof aim->ours, format, arguments);
    va_end(arguments);
    aim->verdict = met ? AIM_MET : AIM_MISSED;
}

/* Ours in a cell of a table; false when it was not run. What has no number has NAN, which meets no
 * aim. */
static bool find_number(const struct grid *grid, const char *row, const char *column,
                        double *ours) {
    const struct cell *cell = grid_find(grid, row, column);
    *ours = cell ? number_in(cell->ours) : NAN;
    return cell;
}

/* ---- limits on one number ---- */

struct limit {
    const char *row, *column, *what, *paper, *goal;
    double limit;
    bool at_most;
};

static void judge_limits(const struct grid *grid, const struct limit *limits, size_t n,
                         struct aim *aims) {
    for (size_t i = 0; i < n; i++) {
        const struct limit *l = &limits[i];
        double ours;
        aims[i] = (struct aim){.what = l->what, .paper = l->paper, .goal = l->goal};
        if (find_number(grid, l->row, l->column, &ours))
            conclude(&aims[i], l->at_most ? ours <= l->limit : ours >= l->limit, "%.4g", ours);
    }
}

enum { FITS = 5, RATIOS = 3 };

static const struct limit fits[FITS] = {
    {"P1", "momentum(0.5)", "R2 of the equation, momentum(0.5)", "0.83", "at least 0.999", .999, 0},
    {"P1", "Adam(0.9,0.9)", "R2 of the equation, Adam(0.9,0.9)", "0.25", "at least 0.98", .98, 0},
    {"P1", "DM", "R2 of the equation, DM", "0.46", "at least 0.80", .80, 0},
    {"P1", "RP", "R2 of the equation, RP", "0.93", "at least 0.97", .97, 0},
    {"P1", "RP_si", "R2 of the equation, RP_si", "0.94", "at least 0.97", .97, 0},
};

#define RATIO_ROW "distilled / numerical"
static const struct limit ratios[RATIOS] = {
    {RATIO_ROW, "DM", "loss of the equation / of the model, DM", "1.43", "at most 1.10", 1.10, 1},
    {RATIO_ROW, "RP", "loss of the equation / of the model, RP", "1.17", "at most 1.05", 1.05, 1},
    {RATIO_ROW, "RP_si", "loss of the equation / of the model, RP_si", "1.13", "at most 1.05", 1.05,
     1},
};

/* ---- an order of models ---- */

enum { ORDERED = 4 };
static const char *const simpler[ORDERED] = {"DM", "RP", "RP_s", "RP_si"};
static const double paper_complexity[ORDERED] = {182.9, 104.7, 80.3, 67.0};

/* The longest perception is at least this many times the next one to be called much longer. */
static const double much = 2;

static void judge_perception(const struct grid *grid, struct aim *aim) {
    double dm, rp, si;
    *aim = (struct aim){.what = "temporal perception field of DM, RP, RP_si",
                        .paper = "25.2; (5.3, 2.4); (4.6, 2.0, 4.1)",
                        .goal = "DM at least twice RP; RP_si the shortest"};
    if (find_number(grid, TPF_ROW, "DM", &dm) && find_number(grid, TPF_ROW, "RP", &rp) &&
        find_number(grid, TPF_ROW, "RP_si", &si))
        conclude(aim, dm >= much * rp && si < rp && si < dm, "%.1f; %.1f; %.1f", dm, rp, si);
}

/* Two aims: the order, and the size. */
static void judge_complexity(const struct grid *grid, struct aim *aims) {
    static const char *const paper = "182.9; 104.7; 80.3; 67.0";
    double mc[ORDERED], largest = 0;
    bool known = true, falling = true, small = true;
    for (size_t i = 0; i < ORDERED; i++) {
        known = find_number(grid, "mapping complexity", simpler[i], &mc[i]) && known;
        falling = falling && (i == 0 || mc[i] < mc[i - 1]);
        small = small && mc[i] <= paper_complexity[i] / 2;
        largest = fmax(largest, mc[i] / paper_complexity[i]);
    }
    aims[0] = (struct aim){.what = "mapping complexity of DM, RP, RP_s, RP_si",
                           .paper = paper,
                           .goal = "each less than the one before"};
    aims[1] = (struct aim){.what = "the same beside the paper's",
                           .paper = paper,
                           .goal = "each at most half of the paper's"};
    if (!known)
        return;
    conclude(&aims[0], falling, "%.1f; %.1f; %.1f; %.1f", mc[0], mc[1], mc[2], mc[3]);
    conclude(&aims[1], small, "the largest is %.2f times the paper's", largest);
}

/* ---- the comparison ---- */

/* Rules of ours among the columns: the first is judged, and none of them is a baseline. */
enum { RULES_OF_OURS = 2 };
static const char *const our_rules[RULES_OF_OURS] = {"fine-tuned rule", "tuned rule"};

static bool is_baseline(const char *name) {
    for (size_t i = 0; i < RULES_OF_OURS; i++)
        if (strcmp(name, our_rules[i]) == 0)
            return false;
    return true;
}

/* The baseline with the highest number in a row, or NULL when none has one. */
static const char *best_baseline(const struct grid *grid, size_t row, double *best) {
    const char *name = NULL;
    *best = -INFINITY;
    for (size_t i = 0; i < grid->columns; i++) {
        const double value = number_in(grid_cell(grid, row, i)->ours);
        if (!is_baseline(grid->column_names[i]) || isnan(value) || value <= *best)
            continue;
        *best = value;
        name = grid->column_names[i];
    }
    return name;
}

static void judge_comparison(const struct grid *grid, struct aim *aim) {
    const size_t last = grid->rows - 1;
    double ours, best;
    *aim = (struct aim){.what = "test accuracy at the last epoch: fine-tuned rule, baselines",
                        .paper = "ahead on 2 of 3 networks",
                        .goal = "above every tuned baseline"};
    if (grid->rows == 0 || !find_number(grid, grid->row_names[last], our_rules[0], &ours))
        return;
    const char *name = best_baseline(grid, last, &best);
    if (!name)
        return;
    if (isnan(ours))
        conclude(aim, false, "diverged; the best baseline: %.4f (%s)", best, name);
    else
        conclude(aim, ours > best, "%.4f; the best baseline: %.4f (%s)", ours, best, name);
}

void judge(const struct paper *p, struct aim aims[AIMS]) {
    struct results r2 = open_results(p, "table_r2"), models = open_results(p, "table_models"),
                   comparison = open_results(p, "fig2_comparison");
    judge_limits(&r2.grid, fits, FITS, aims);
    judge_limits(&models.grid, ratios, RATIOS, aims + FITS);
    judge_perception(&models.grid, &aims[FITS + RATIOS]);
    judge_complexity(&models.grid, &aims[FITS + RATIOS + 1]);
    judge_comparison(&comparison.grid, &aims[FITS + RATIOS + 3]);
    close_results(&comparison);
    close_results(&models);
    close_results(&r2);
}

const char *verdict_name(const struct aim *aim) {
    static const char *const names[] = {"not run", "not met", "met"};
    return names[aim->verdict];
}
