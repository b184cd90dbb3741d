/* SPDX-License-Identifier: MIT */
#include "meta/curves.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/number.h"
#include "meta/episode.h"

static l2osr_status allocate(l2osr_curves *c, const l2osr_entry *entries) {
    size_t runs, numbers, metrics;
    if (__builtin_mul_overflow(c->entries, c->seeds, &runs) ||
        __builtin_mul_overflow(runs, c->steps, &numbers) ||
        __builtin_mul_overflow(runs, c->marks, &metrics))
        return l2osr__fail(c->ctx, L2OSR_ERANGE, "evaluate: too many steps and seeds");
    L2OSR__TRY(l2osr__alloc_to(c->ctx, &c->names, c->entries, sizeof *c->names));
    L2OSR__TRY(l2osr__alloc_to(c->ctx, &c->losses, numbers, sizeof *c->losses));
    if (metrics > 0)
        L2OSR__TRY(l2osr__alloc_to(c->ctx, &c->metrics, metrics, sizeof *c->metrics));
    for (size_t i = 0; i < c->entries; i++) {
        c->names[i] = l2osr__strdup(c->ctx, entries[i].name);
        if (!c->names[i])
            return l2osr__fail(c->ctx, L2OSR_ENOMEM, "evaluate: out of memory");
    }
    return L2OSR_OK;
}

l2osr_status l2osr__curves_create(l2osr_curves **out, l2osr_context *ctx, size_t n,
                                  const l2osr_entry *entries, const l2osr_curves *shape) {
    L2OSR__TRY(l2osr__alloc_to(ctx, out, 1, sizeof **out));
    l2osr_curves *c = *out;
    c->ctx = ctx;
    c->entries = n;
    c->seeds = shape->seeds;
    c->steps = shape->steps;
    c->metric_every = shape->metric_every;
    if (c->metric_every > 0)
        c->marks = l2osr__episode_metrics(c->steps, c->metric_every);
    l2osr_status status = allocate(c, entries);
    if (status != L2OSR_OK) {
        l2osr_curves_free(c);
        *out = NULL;
    }
    return status;
}

/* Curves still empty, with the names of some entries of others. */
static l2osr_status create_like(l2osr_curves **out, l2osr_context *ctx, const l2osr_curves *curves,
                                const size_t *entries, size_t n) {
    l2osr_entry *named;
    L2OSR__TRY(l2osr__alloc_to(ctx, &named, n, sizeof *named));
    for (size_t i = 0; i < n; i++)
        named[i].name = curves->names[entries[i]];
    const l2osr_status status = l2osr__curves_create(out, ctx, n, named, curves);
    l2osr__free(ctx, named);
    return status;
}

l2osr_status l2osr_curves_pick(l2osr_curves **out, l2osr_context *ctx, const l2osr_curves *curves,
                               const size_t *entries, size_t n) {
    if (!out || !ctx)
        return L2OSR_EINVAL;
    *out = NULL;
    if (!curves || !entries || n == 0)
        return l2osr__fail(ctx, L2OSR_EINVAL, "curves: needs curves and entries to pick");
    for (size_t i = 0; i < n; i++)
        if (entries[i] >= curves->entries)
            return l2osr__fail(ctx, L2OSR_ERANGE, "curves: no entry %zu among %zu", entries[i],
                               curves->entries);
    L2OSR__TRY(create_like(out, ctx, curves, entries, n));
    const size_t losses = curves->seeds * curves->steps, metrics = curves->seeds * curves->marks;
    for (size_t i = 0; i < n; i++) {
        memcpy((*out)->losses + i * losses, curves->losses + entries[i] * losses,
               losses * sizeof(double));
        if (metrics > 0)
            memcpy((*out)->metrics + i * metrics, curves->metrics + entries[i] * metrics,
                   metrics * sizeof(double));
    }
    return L2OSR_OK;
}

void l2osr_curves_free(l2osr_curves *c) {
    if (!c)
        return;
    for (size_t i = 0; c->names && i < c->entries; i++)
        l2osr__free(c->ctx, c->names[i]);
    l2osr__free(c->ctx, c->names);
    l2osr__free(c->ctx, c->losses);
    l2osr__free(c->ctx, c->metrics);
    l2osr__free(c->ctx, c);
}

size_t l2osr_curves_entries(const l2osr_curves *c) {
    return c->entries;
}

size_t l2osr_curves_seeds(const l2osr_curves *c) {
    return c->seeds;
}

size_t l2osr_curves_steps(const l2osr_curves *c) {
    return c->steps;
}

double l2osr_curves_loss(const l2osr_curves *c, size_t entry, size_t seed, size_t step) {
    if (entry >= c->entries || seed >= c->seeds || step >= c->steps)
        return NAN;
    return c->losses[(entry * c->seeds + seed) * c->steps + step];
}

l2osr_spread l2osr__spread(size_t n, l2osr__figure_fn figure, const void *arg, bool nan_counts) {
    double count = 0, sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        const double value = figure(arg, i);
        if (nan_counts || !isnan(value)) {
            count++;
            sum += value;
        }
    }
    const double mean = count > 0 ? sum / count : NAN;
    for (size_t i = 0; i < n; i++) {
        const double value = figure(arg, i);
        if (nan_counts || !isnan(value))
            squares += (value - mean) * (value - mean);
    }
    if (count > 1)
        return (l2osr_spread){mean, sqrt(squares / (count - 1))};
    return (l2osr_spread){mean, count > 0 ? 0 : NAN};
}

/* Of the runs of an entry: losses from one step to another, or one metric. */
typedef struct range {
    const l2osr_curves *curves;
    size_t entry, first, last;
} range;

static double metric_of(const void *arg, size_t seed) {
    const range *r = arg;
    const l2osr_curves *c = r->curves;
    return c->metrics[(r->entry * c->seeds + seed) * c->marks + r->first];
}

static double loss_of(const void *arg, size_t seed) {
    const range *r = arg;
    double sum = 0;
    for (size_t t = r->first; t <= r->last; t++)
        sum += l2osr_curves_loss(r->curves, r->entry, seed, t);
    return sum / (double)(r->last - r->first + 1);
}

/* Over seeds, of one figure a run. An infinite figure makes the mean infinite, and NaN makes it
 * NaN: a diverged run is not hidden. */
static l2osr_spread spread_of(l2osr__figure_fn figure, const range *r) {
    return l2osr__spread(r->curves->seeds, figure, r, true);
}

l2osr_spread l2osr_curves_at(const l2osr_curves *c, size_t entry, size_t k) {
    enum { TAIL = 20 };
    if (entry >= c->entries || k == 0 || k > c->steps)
        return (l2osr_spread){NAN, NAN};
    return spread_of(loss_of, &(range){c, entry, k > TAIL ? k - TAIL : 0, k - 1});
}

l2osr_spread l2osr_curves_metric(const l2osr_curves *c, size_t entry) {
    return l2osr_curves_metric_at(c, entry, c->steps);
}

l2osr_spread l2osr_curves_metric_at(const l2osr_curves *c, size_t entry, size_t k) {
    const bool measured =
        c->marks > 0 && k > 0 && (k == c->steps || (k < c->steps && k % c->metric_every == 0));
    if (entry >= c->entries || !measured)
        return (l2osr_spread){NAN, NAN};
    const size_t mark = l2osr__episode_metrics(k, c->metric_every) - 1;
    return spread_of(metric_of, &(range){c, entry, mark, mark});
}

/* One row for each of n figures: of the steps every, 2 every, .. and of the last one. */
static l2osr_status save(const l2osr_curves *c, const char *path, l2osr__figure_fn figure, size_t n,
                         size_t every) {
    l2osr__writer writer;
    if (!path)
        return l2osr__fail(c->ctx, L2OSR_EINVAL, "curves: path is NULL");
    L2OSR__TRY(l2osr__writer_open(&writer, c->ctx, path));
    fputs("step", writer.stream);
    for (size_t i = 0; i < c->entries; i++)
        fprintf(writer.stream, ",%s_mean,%s_deviation", c->names[i], c->names[i]);
    for (size_t row = 0; row < n; row++) {
        fprintf(writer.stream, "\n%zu", row + 1 < n ? (row + 1) * every : c->steps);
        for (size_t i = 0; i < c->entries; i++) {
            const l2osr_spread spread = spread_of(figure, &(range){c, i, row, row});
            l2osr__write_float(writer.stream, (float)spread.mean);
            l2osr__write_float(writer.stream, (float)spread.deviation);
        }
    }
    fputs("\n", writer.stream);
    return l2osr__writer_commit(&writer);
}

l2osr_status l2osr_curves_save(const l2osr_curves *c, const char *path) {
    return save(c, path, loss_of, c->steps, 1);
}

l2osr_status l2osr_curves_save_metric(const l2osr_curves *c, const char *path) {
    if (c->marks == 0)
        return l2osr__fail(c->ctx, L2OSR_EINVAL, "curves: no metric was computed");
    return save(c, path, metric_of, c->marks, c->metric_every);
}
