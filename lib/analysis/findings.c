/* SPDX-License-Identifier: MIT */
/* What a complexity study comes to. */
#include <math.h>

#include "analysis/complexity.h"
#include "analysis/field.h"
#include "base/file.h"
#include "base/number.h"
#include "meta/curves.h"

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

/* What is asked of every run; NaN is the answer of those that do not count. */
typedef struct question {
    const l2osr_complexity *study;
    double number; /* of nodes, or the tolerance */
} question;

static const l2osr__complexity_run *run_of(const question *q, size_t index) {
    const l2osr__complexity_run *run = q->study->first;
    while (index-- > 0)
        run = run->next;
    return run;
}

static double best_r2(const l2osr__complexity_run *run, double nodes) {
    double best = NAN;
    for (size_t i = 0; i < run->count; i++)
        if (run->points[i].complexity <= nodes)
            best = fmax(best, run->points[i].r2);
    return best;
}

static double best_of(const void *arg, size_t index) {
    const question *q = arg;
    return best_r2(run_of(q, index), q->number);
}

static double simplest_of(const void *arg, size_t index) {
    const question *q = arg;
    const l2osr__complexity_run *run = run_of(q, index);
    const double best = best_r2(run, INFINITY), enough = best - q->number * fabs(best);
    double nodes = NAN;
    for (size_t i = 0; i < run->count; i++)
        if (run->points[i].r2 >= enough)
            nodes = fmin(nodes, run->points[i].complexity);
    return nodes;
}

static l2osr_spread ask(const l2osr_complexity *study, l2osr__figure_fn figure, double number) {
    return l2osr__spread(l2osr_complexity_runs(study), figure, &(question){study, number}, false);
}

l2osr_spread l2osr_complexity_best(const l2osr_complexity *study, unsigned nodes) {
    return ask(study, best_of, nodes);
}

l2osr_spread l2osr_complexity_mapping(const l2osr_complexity *study, double tolerance) {
    return ask(study, simplest_of, tolerance < 0 ? TOLERANCE : tolerance);
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

static void write_point(FILE *stream, const l2osr_complexity_point *p, size_t inputs) {
    fprintf(stream, "%zu,%u", p->run, p->complexity);
    l2osr__write_double(stream, p->r2);
    for (size_t i = 0; i < inputs; i++) {
        l2osr__write_double(stream, p->fields[i].share);
        l2osr__write_double(stream, p->fields[i].mean);
        l2osr__write_double(stream, p->fields[i].median);
        l2osr__write_double(stream, p->fields[i].extent);
    }
    fprintf(stream, ",\"%s\"\n", p->equation); /* equations have commas, and never quotes */
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
