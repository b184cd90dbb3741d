/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

/* A model with step sizes of groups steps that many segments and no other number. */
static size_t segments_of(const l2osr_model *model) {
    const l2osr_tensor *lum = model ? l2osr_model_tensor_find(model, "lum") : NULL;
    return lum ? lum->rows : 1;
}

/* Nanoseconds per parameter of a step, over enough parameters to leave the caches. */
static double time_step(l2osr_context *ctx, const struct contestant *line) {
    const size_t segments = segments_of(line->model);
    const size_t length = (line->model ? (size_t)1 << 17 : (size_t)1 << 20) / segments;
    const size_t n = segments * length;
    const int repeats = line->model ? 2 : 8;
    l2osr_stepper *stepper;
    float *x = calloc(2 * n, sizeof *x), *g = x + n;
    size_t *lengths = malloc(segments * sizeof *lengths);
    if (!x || !lengths)
        fail("out of memory");
    for (size_t i = 0; i < segments; i++)
        lengths[i] = length;
    for (size_t i = 0; i < n; i++)
        g[i] = (float)(i % 97) - 48;
    must(ctx, line->model
                  ? l2osr_stepper_create_model(&stepper, ctx, line->model, segments, lengths, NULL)
                  : l2osr_stepper_create(&stepper, ctx, line->rule, segments, lengths, NULL));
    must(ctx, l2osr_stepper_step_f32(stepper, x, g, NULL));
    const double start = time_now();
    for (int i = 0; i < repeats; i++)
        must(ctx, l2osr_stepper_step_f32(stepper, x, g, NULL));
    const double spent = time_now() - start;
    l2osr_stepper_free(stepper);
    free(x);
    free(lengths);
    return 1e9 * spent / repeats / (double)n;
}

void open_classics(l2osr_context *ctx, struct contestant *lines) {
    enum { STEP_SIZES = 5 };
    static const char *const names[CLASSICS] = {"Adam", "RMSProp", "momentum", "SGD"};
    static const char *const presets[CLASSICS] = {"adam", "rmsprop", "momentum", "sgd"};
    static const double lrs[CLASSICS][STEP_SIZES] = {{1e-3, 3e-3, 1e-2, 3e-2, 1e-1},
                                                     {3e-4, 1e-3, 3e-3, 1e-2, 3e-2},
                                                     {1e-2, 3e-2, 1e-1, 2e-1, 3e-1},
                                                     {1e-1, 2e-1, 3e-1, 5e-1, 1}};
    for (size_t r = 0; r < CLASSICS; r++) {
        lines[r] = (struct contestant){.name = names[r], .n_lrs = STEP_SIZES};
        memcpy(lines[r].lrs, lrs[r], sizeof lrs[r]);
        must(ctx, l2osr_rule_preset(&lines[r].rule, ctx, presets[r]));
    }
}

void close_classics(struct contestant *lines) {
    for (size_t r = 0; r < CLASSICS; r++)
        l2osr_rule_free(lines[r].rule);
}

/* An optimizer at one of its step sizes. */
static size_t entries_of(const struct contestant *line) {
    return line->n_lrs ? line->n_lrs : 1;
}

/* The optimizers at all their step sizes: those of one line are neighbours. */
static l2osr_entry *list_entries(const struct contestant *lines, size_t n, size_t *count) {
    *count = 0;
    for (size_t i = 0; i < n; i++)
        *count += entries_of(&lines[i]);
    l2osr_entry *entries = calloc(*count, sizeof *entries), *entry = entries;
    if (!entries)
        fail("out of memory");
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < entries_of(&lines[i]); k++)
            *entry++ = (l2osr_entry){lines[i].name, lines[i].rule, lines[i].model,
                                     lines[i].n_lrs ? lines[i].lrs[k] : 0};
    return entries;
}

/* Returns the entry that is best in the last column. */
static size_t fill_line(struct contestant *line, const struct comparison *c,
                        const l2osr_curves *curves, size_t first) {
    size_t best = first;
    for (size_t column = 0; column < c->columns; column++) {
        best = first;
        for (size_t k = 0; k < entries_of(line); k++) {
            const l2osr_spread loss = l2osr_curves_at(curves, first + k, c->at[column]);
            if (k > 0 && !(loss.mean < line->loss[column].mean))
                continue;
            best = first + k;
            line->loss[column] = loss;
            line->lr[column] = line->n_lrs  ? line->lrs[k]
                               : line->rule ? l2osr_rule_default_lr(line->rule)
                                            : 0;
        }
    }
    line->metric = l2osr_curves_metric(curves, best);
    return best;
}

bool compare_optimizers(l2osr_context *ctx, l2osr_task *task, const struct comparison *c,
                        struct contestant *lines, size_t n, l2osr_curves **best) {
    size_t count, chosen[MAX_OPTIMIZERS], first = 0;
    l2osr_entry *entries = list_entries(lines, n, &count);
    const l2osr_evaluate_options o = {
        .struct_size = sizeof o, .steps = c->at[c->columns - 1], .seeds = c->seeds, .metric = 1};
    l2osr_curves *curves;
    const bool was_stopped = stopped(ctx, l2osr_evaluate(&curves, ctx, task, count, entries, &o));
    free(entries);
    *best = NULL;
    if (was_stopped)
        return true;
    for (size_t i = 0; i < n; first += entries_of(&lines[i++])) {
        struct contestant *line = &lines[i];
        chosen[i] = fill_line(line, c, curves, first);
        line->nanoseconds = time_step(ctx, line);
        line->state_bytes = sizeof(float) * (line->model ? l2osr_model_state(line->model)
                                                         : l2osr_rule_state(line->rule));
    }
    must(ctx, l2osr_curves_pick(best, ctx, curves, chosen, n));
    l2osr_curves_free(curves);
    return false;
}

static void print_spread(l2osr_spread spread) {
    char text[40] = "diverged";
    if (isfinite(spread.mean))
        snprintf(text, sizeof text, "%.4g +- %.2g", spread.mean, spread.deviation);
    printf("  %-18s", text);
}

/* One when it is the same for all columns. */
static void print_step_sizes(const struct contestant *line, size_t columns) {
    bool same = true;
    for (size_t k = 1; k < columns; k++)
        same &= line->lr[k] == line->lr[0];
    for (size_t k = 0; line->rule && k < (same ? 1 : columns); k++)
        printf(k ? ", %g" : " %g", line->lr[k]);
}

void print_table(const l2osr_task *task, const struct comparison *c, const struct contestant *lines,
                 size_t n) {
    const char *metric = l2osr_task_metric_name(task);
    printf("%-16s", "optimizer");
    for (size_t k = 0; k < c->columns; k++)
        printf("  loss at %-10zu", c->at[k]);
    if (metric)
        printf("  %-18s", metric);
    puts("  ns/par  bytes  step size");
    for (size_t i = 0; i < n; i++) {
        const struct contestant *line = &lines[i];
        printf("%-16.16s", line->name);
        for (size_t k = 0; k < c->columns; k++)
            print_spread(line->loss[k]);
        if (metric)
            print_spread(line->metric);
        printf("  %6.2f  %5zu ", line->nanoseconds, line->state_bytes);
        print_step_sizes(line, c->columns);
        puts("");
    }
}

void write_table(const l2osr_task *task, const struct comparison *c, const struct contestant *lines,
                 size_t n, const char *path) {
    const char *metric = l2osr_task_metric_name(task);
    FILE *csv = begin_output(path);
    fputs("optimizer", csv);
    for (size_t k = 0; k < c->columns; k++)
        fprintf(csv, ",loss_%zu,loss_%zu_deviation,lr_%zu", c->at[k], c->at[k], c->at[k]);
    if (metric)
        fprintf(csv, ",%s,%s_deviation", metric, metric);
    fputs(",ns_per_parameter,state_bytes\n", csv);
    for (size_t i = 0; i < n; i++) {
        const struct contestant *line = &lines[i];
        fputs(line->name, csv);
        for (size_t k = 0; k < c->columns; k++)
            fprintf(csv, ",%.6g,%.6g,%g", line->loss[k].mean, line->loss[k].deviation, line->lr[k]);
        if (metric)
            fprintf(csv, ",%.6g,%.6g", line->metric.mean, line->metric.deviation);
        fprintf(csv, ",%.4g,%zu\n", line->nanoseconds, line->state_bytes);
    }
    end_output(csv, path);
}

void write_curves(l2osr_context *ctx, const l2osr_curves *curves, const struct contestant *lines,
                  const char *title, const char *csv) {
    const char *names[MAX_OPTIMIZERS];
    const size_t n = l2osr_curves_entries(curves);
    const size_t stem = strlen(csv) - strlen(".csv");
    char heading[200], svg[4096];
    for (size_t i = 0; i < n; i++)
        names[i] = lines[i].name;
    must(ctx, l2osr_curves_save(curves, csv));
    snprintf(svg, sizeof svg, "%.*s.svg", (int)stem, csv);
    snprintf(heading, sizeof heading, "%s, held out, mean and deviation of %zu seeds", title,
             l2osr_curves_seeds(curves));
    const bool drawn = plot_curves(csv, svg, heading, names, n);
    printf("wrote %s%s%s\n", csv, drawn ? " and " : "", drawn ? svg : "");
}
