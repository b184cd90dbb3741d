/* SPDX-License-Identifier: MIT */
/* What a complexity study comes to. */
#include <math.h>

#include "analysis/complexity.h"
#include "analysis/field.h"
#include "base/file.h"
#include "base/number.h"

static const double GOOD = 0.9;       /* of the best R2: formulas that fields are taken from */
static const double TOLERANCE = 0.02; /* of mapping complexity */

size_t l2osr_complexity_runs(const l2osr_complexity *study) {
    size_t runs = 0;
    for (const l2osr__complexity_run *run = study->first; run; run = run->next)
        runs++;
    return runs;
}

size_t l2osr_complexity_points(const l2osr_complexity *study) {
    size_t points = 0;
    for (const l2osr__complexity_run *run = study->first; run; run = run->next)
        points += run->count;
    return points;
}

size_t l2osr_complexity_rejected(const l2osr_complexity *study) {
    size_t rejected = 0;
    for (const l2osr__complexity_run *run = study->first; run; run = run->next)
        rejected += run->rejected;
    return rejected;
}

const l2osr_complexity_point *l2osr_complexity_get(const l2osr_complexity *study, size_t index) {
    for (const l2osr__complexity_run *run = study->first; run; run = run->next) {
        if (index < run->count)
            return &run->points[index];
        index -= run->count;
    }
    return NULL;
}

/* ---- over runs ---- */

/* A figure of a run, which depends on a number; NaN: the run does not count. */
typedef double (*figure_fn)(const l2osr__complexity_run *run, double number);

static double best_r2(const l2osr__complexity_run *run, double nodes) {
    double best = NAN;
    for (size_t i = 0; i < run->count; i++)
        if (run->points[i].complexity <= nodes)
            best = fmax(best, run->points[i].r2);
    return best;
}

static double simplest(const l2osr__complexity_run *run, double tolerance) {
    const double best = best_r2(run, INFINITY), enough = best - tolerance * fabs(best);
    double nodes = NAN;
    for (size_t i = 0; i < run->count; i++)
        if (run->points[i].r2 >= enough)
            nodes = fmin(nodes, run->points[i].complexity);
    return nodes;
}

static l2osr_spread spread_of(const l2osr_complexity *study, figure_fn figure, double number) {
    double n = 0, sum = 0, squares = 0;
    for (const l2osr__complexity_run *run = study->first; run; run = run->next) {
        const double value = figure(run, number);
        n += !isnan(value);
        sum += isnan(value) ? 0 : value;
    }
    if (n == 0)
        return (l2osr_spread){NAN, NAN};
    for (const l2osr__complexity_run *run = study->first; run; run = run->next) {
        const double away = figure(run, number) - sum / n;
        squares += isnan(away) ? 0 : away * away;
    }
    return (l2osr_spread){sum / n, n > 1 ? sqrt(squares / (n - 1)) : 0};
}

l2osr_spread l2osr_complexity_best(const l2osr_complexity *study, unsigned nodes) {
    return spread_of(study, best_r2, nodes);
}

l2osr_spread l2osr_complexity_mapping(const l2osr_complexity *study, double tolerance) {
    return spread_of(study, simplest, tolerance < 0 ? TOLERANCE : tolerance);
}

/* ---- over formulas ---- */

/* The field of one input, as a mean over good formulas. */
static void average(const l2osr_complexity *study, size_t input, double least,
                    l2osr_perception *out) {
    double all = 0, defined = 0;
    l2osr_perception sum = {0};
    const l2osr_complexity_point *p;
    for (size_t i = 0; (p = l2osr_complexity_get(study, i)); i++) {
        const l2osr_perception *field = &p->fields[input];
        if (p->r2 < least || isnan(field->share))
            continue;
        all += p->r2;
        sum.influence += p->r2 * field->influence;
        sum.share += p->r2 * field->share;
        if (!field->defined)
            continue;
        defined += p->r2;
        sum.mean += p->r2 * field->mean;
        sum.median += p->r2 * field->median;
        sum.extent += p->r2 * field->extent;
    }
    *out = (l2osr_perception){.name = l2osr_field_name(study->samples, input),
                              .influence = sum.influence / all,
                              .mean = sum.mean / defined,
                              .median = sum.median / defined,
                              .extent = sum.extent / defined};
    l2osr__perception_judge(out, sum.share / all);
}

l2osr_status l2osr_complexity_field(const l2osr_complexity *study, l2osr_perception *fields,
                                    size_t n) {
    double best = -INFINITY;
    if (!study)
        return L2OSR_EINVAL;
    if (!fields || n != study->inputs)
        return l2osr__fail(study->ctx, L2OSR_EINVAL,
                           "complexity: fields of %zu inputs are there, not of %zu", study->inputs,
                           n);
    for (size_t i = 0; i < l2osr_complexity_points(study); i++)
        best = fmax(best, l2osr_complexity_get(study, i)->r2);
    if (!(best > 0))
        return l2osr__fail(study->ctx, L2OSR_EINVAL, "complexity: no formula has a positive R2");
    for (size_t input = 0; input < n; input++)
        average(study, input, GOOD * best, &fields[input]);
    return L2OSR_OK;
}

/* ---- to a file ---- */

static void write_number(FILE *stream, double value) {
    char text[L2OSR__NUMBER_SIZE];
    l2osr__format_double(text, sizeof text, value);
    fprintf(stream, "%s,", text);
}

static void write_point(FILE *stream, const l2osr_complexity_point *p, size_t inputs) {
    fprintf(stream, "%zu,%u,", p->run, p->complexity);
    write_number(stream, p->r2);
    for (size_t i = 0; i < inputs; i++) {
        write_number(stream, p->fields[i].share);
        write_number(stream, p->fields[i].mean);
        write_number(stream, p->fields[i].median);
        write_number(stream, p->fields[i].extent);
    }
    fprintf(stream, "\"%s\"\n", p->equation); /* equations have commas, and never quotes */
}

l2osr_status l2osr_complexity_save(const l2osr_complexity *study, const char *path) {
    l2osr__writer writer;
    const l2osr_complexity_point *p;
    if (!study)
        return L2OSR_EINVAL;
    if (!path)
        return l2osr__fail(study->ctx, L2OSR_EINVAL, "complexity: path is NULL");
    L2OSR__TRY(l2osr__writer_open(&writer, study->ctx, path));
    fputs("run,complexity,r2", writer.stream);
    for (size_t i = 0; i < study->inputs; i++) {
        const char *name = l2osr_field_name(study->samples, i);
        fprintf(writer.stream, ",%s_share,%s_mean,%s_t50,%s_t95", name, name, name, name);
    }
    fputs(",equation\n", writer.stream);
    for (size_t i = 0; (p = l2osr_complexity_get(study, i)); i++)
        write_point(writer.stream, p, study->inputs);
    return l2osr__writer_commit(&writer);
}
