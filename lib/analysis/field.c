/* SPDX-License-Identifier: MIT */
/* Temporal perception fields: an input is disturbed at one step, in all trajectories at once, and
 * the updates from there on are compared. So one prediction tells of all lags. A window of a table
 * is disturbed lag by lag. */
#include "analysis/field.h"

#include <math.h>
#include <string.h>

#include "analysis/mapping.h"
#include "base/rng.h"
#include "data/inputs.h"
#include "data/permute.h"

typedef struct measurement {
    const l2osr_mapping *mapping;
    const l2osr_samples *samples;
    const l2osr_field_options *options;
    const char *stage; /* NULL: none */
    size_t *inputs;    /* [n_inputs] of the samples: those that have a field */
    size_t n_inputs;
    size_t *read; /* [n_read] numbers of those that the mapping reads */
    size_t n_read;
    size_t rounds;     /* disturbances of an input: at positions, or of the lags of windows */
    const float *base; /* [trajectories][steps], undisturbed */
    double *sums;      /* [n_read][rounds][lags][2]: of weighted changes, and of weights */
} measurement;

/* One disturbance, of input number `read`. */
typedef struct probe {
    const measurement *of;
    size_t read, round;
    size_t column, step; /* where in the samples */
    size_t lags;         /* that it tells of; of a window the one lag `round` */
    size_t *chosen;      /* [n] trajectories that count */
    size_t n;
    l2osr_samples *samples; /* disturbed, up to the last step of interest */
    float *u;
} probe;

/* Of the samples. */
static size_t input_of(const measurement *m, size_t read) {
    return m->inputs[m->read[read]];
}

/* ---- a disturbance ---- */

/* Positions lie from the first to the last step that has as many steps before it and behind it as
 * there are lags; of short trajectories there is the last step with so many behind it. */
static size_t last_position(const measurement *m) {
    return m->samples->steps - m->options->lags;
}

static size_t first_position(const measurement *m) {
    const size_t last = last_position(m), history = m->options->lags - 1;
    return history < last ? history : last;
}

static size_t position_of(const measurement *m, size_t k) {
    const size_t first = first_position(m), last = last_position(m);
    return m->rounds > 1 ? first + (last - first) * k / (m->rounds - 1) : last;
}

/* Whether there is something to disturb: shorter windows have fewer lags. */
static bool find_place(probe *p) {
    const measurement *m = p->of;
    const size_t input = input_of(m, p->read);
    const l2osr__window *window = l2osr__input_window(m->samples, input);
    p->column = input;
    if (m->samples->steps > 1) {
        p->step = position_of(m, p->round);
        p->lags = m->options->lags;
        return true;
    }
    p->lags = 1;
    if (!window)
        return p->round == 0;
    if (p->round >= window->length)
        return false;
    p->column = window->features[p->round];
    return true;
}

/* Each trajectory that counts gets the value of the next one in an order that is drawn, the same
 * whatever else the mapping reads. */
static void disturb(probe *p) {
    const l2osr_samples *from = p->of->samples;
    const float *old = from->columns[p->column] + p->step;
    float *new = p->samples->columns[p->column] + p->step;
    l2osr__permutation order;
    for (size_t i = 0; i < from->trajectories; i++)
        if (l2osr__samples_weight(from, i * from->steps + p->step) > 0)
            p->chosen[p->n++] = i;
    if (p->n < 2) { /* nothing to replace it by */
        p->n = 0;
        return;
    }
    l2osr__permutation_init(&order, p->n, p->of->options->seed,
                            p->of->rounds * input_of(p->of, p->read) + p->round);
    for (size_t k = 0; k < p->n; k++) {
        const size_t to = p->chosen[l2osr__permutation_at(&order, k)];
        const size_t next = p->chosen[l2osr__permutation_at(&order, (k + 1) % p->n)];
        new[to * p->samples->stride] = old[next * from->stride];
    }
}

static l2osr_status fail_nonfinite(const probe *p, size_t trajectory, size_t lag) {
    const measurement *m = p->of;
    const size_t step = p->step + lag;
    if (!isfinite(m->base[trajectory * m->samples->steps + step]))
        return l2osr__fail(m->mapping->ctx, L2OSR_ENONFINITE,
                           "field: u of trajectory %zu, step %zu is not finite, with nothing "
                           "replaced",
                           trajectory, step + 1);
    return l2osr__fail(m->mapping->ctx, L2OSR_ENONFINITE,
                       "field: u is not finite where '%s' of %zu steps before is replaced",
                       l2osr__input_name(m->samples, input_of(m, p->read)),
                       m->samples->steps > 1 ? lag : p->round);
}

/* Adds up over trajectories what a lag has changed. */
static l2osr_status add_changes(const probe *p, size_t lag, double sums[2]) {
    const measurement *m = p->of;
    const size_t step = p->step + lag;
    for (size_t k = 0; k < p->n; k++) {
        const size_t i = p->chosen[k];
        const size_t row = i * m->samples->steps + step;
        const double weight = l2osr__samples_weight(m->samples, row);
        if (weight == 0)
            continue;
        const double change =
            fabs((double)p->u[i * p->samples->steps + step] - (double)m->base[row]);
        if (!isfinite(change))
            return fail_nonfinite(p, i, lag);
        sums[0] += weight * change;
        sums[1] += weight;
    }
    return L2OSR_OK;
}

static l2osr_status measure(probe *p) {
    const measurement *m = p->of;
    l2osr_context *ctx = m->mapping->ctx;
    const size_t trajectories = m->samples->trajectories, steps = p->step + p->lags;
    L2OSR__TRY(l2osr__samples_head(&p->samples, ctx, m->samples, steps));
    L2OSR__TRY(l2osr__alloc_to(ctx, &p->u, trajectories, steps * sizeof *p->u));
    L2OSR__TRY(l2osr__alloc_to(ctx, &p->chosen, trajectories, sizeof *p->chosen));
    disturb(p);
    L2OSR__TRY(l2osr_mapping_predict(m->mapping, p->samples, p->u));
    double *sums = m->sums + (p->read * m->rounds + p->round) * m->options->lags * 2;
    sums += m->samples->steps > 1 ? 0 : 2 * p->round;
    for (size_t lag = 0; lag < p->lags; lag++)
        L2OSR__TRY(add_changes(p, lag, sums + 2 * lag));
    return L2OSR_OK;
}

static l2osr_status run_probe(void *argument, size_t index) {
    const measurement *m = argument;
    l2osr_context *ctx = m->mapping->ctx;
    probe p = {.of = m, .read = index / m->rounds, .round = index % m->rounds};
    if (l2osr__canceled(ctx))
        return l2osr__fail(ctx, L2OSR_ECANCELED, "field: canceled");
    if (!find_place(&p))
        return L2OSR_OK;
    const l2osr_status status = measure(&p);
    l2osr_samples_free(p.samples);
    l2osr__free(ctx, p.u);
    l2osr__free(ctx, p.chosen);
    return status;
}

/* ---- what it comes to ---- */

/* That an input has; the influence of those beyond is 0. */
static size_t lags_of(const measurement *m, size_t input) {
    const size_t most = m->options->lags, own = l2osr__input_before(m->samples, input) + 1;
    return m->samples->steps > 1 || most < own ? most : own;
}

/* Means over trajectories and positions. */
static l2osr_status write_influence(const measurement *m, size_t read, double *influence) {
    const size_t lags = m->options->lags, input = input_of(m, read);
    for (size_t lag = 0; lag < lags_of(m, input); lag++) {
        double change = 0, weight = 0;
        for (size_t round = 0; round < m->rounds; round++) {
            const double *sums = m->sums + ((read * m->rounds + round) * lags + lag) * 2;
            change += sums[0];
            weight += sums[1];
        }
        if (!(weight > 0))
            return l2osr__fail(m->mapping->ctx, L2OSR_EINVAL,
                               "field: of '%s', %zu steps before, nothing counts by its weight",
                               l2osr__input_name(m->samples, input), lag);
        influence[lag] = change / weight;
    }
    return L2OSR_OK;
}

static l2osr_status run_all(measurement *m, l2osr_perception *fields, double *influence) {
    const size_t lags = m->options->lags;
    double all = 0;
    L2OSR__TRY(l2osr__loop(m->mapping->ctx, m->stage, "disturbances", m->n_read * m->rounds,
                           run_probe, m));
    for (size_t k = 0; k < m->n_read; k++)
        L2OSR__TRY(write_influence(m, k, influence + m->read[k] * lags));
    for (size_t i = 0; i < m->n_inputs; i++) {
        fields[i].name = l2osr__input_name(m->samples, m->inputs[i]);
        l2osr__perception_summarize(&fields[i], influence + i * lags, lags);
        all += fields[i].influence;
    }
    for (size_t i = 0; i < m->n_inputs; i++)
        l2osr__perception_judge(&fields[i], all > 0 ? fields[i].influence / all : 0);
    return L2OSR_OK;
}

static void list_read(measurement *m) {
    l2osr__field_inputs(m->samples, m->inputs);
    for (size_t i = 0; i < m->n_inputs; i++)
        if (l2osr__field_is_read(m->mapping, m->samples, m->inputs[i]))
            m->read[m->n_read++] = i;
}

static l2osr_status prepare(measurement *m) {
    l2osr_context *ctx = m->mapping->ctx;
    const l2osr_samples *s = m->samples;
    const size_t wanted = m->options->positions;
    m->rounds = m->options->lags;
    if (s->steps > 1) {
        const size_t room = last_position(m) - first_position(m) + 1;
        m->rounds = wanted < room ? wanted : room;
    }
    m->n_inputs = l2osr__field_inputs(s, NULL);
    L2OSR__TRY(l2osr__alloc_to(ctx, &m->inputs, m->n_inputs, 2 * sizeof *m->inputs));
    m->read = m->inputs + m->n_inputs;
    list_read(m);
    return l2osr__alloc_to(ctx, &m->sums, m->n_read * m->rounds + 1,
                           m->options->lags * 2 * sizeof *m->sums);
}

l2osr_status l2osr__field(const l2osr_mapping *mapping, const l2osr_samples *samples,
                          const l2osr_field_options *options, const float *base, const char *stage,
                          l2osr_perception *fields, double *influence) {
    measurement m = {
        .mapping = mapping, .samples = samples, .options = options, .base = base, .stage = stage};
    l2osr_context *ctx = mapping->ctx;
    double *found = NULL;
    l2osr_status status = prepare(&m);
    if (status == L2OSR_OK)
        status = l2osr__alloc_to(ctx, &found, m.n_inputs, options->lags * sizeof *found);
    if (status == L2OSR_OK)
        status = run_all(&m, fields, found);
    if (status == L2OSR_OK && influence)
        memcpy(influence, found, m.n_inputs * options->lags * sizeof *found);
    l2osr__free(ctx, found);
    l2osr__free(ctx, m.sums);
    l2osr__free(ctx, m.inputs);
    return status;
}

/* ---- for callers ---- */

l2osr_status l2osr_mapping_field(const l2osr_mapping *mapping, const l2osr_samples *samples,
                                 const l2osr_field_options *options, l2osr_perception *fields,
                                 size_t n, double *influence) {
    l2osr_field_options o;
    float *base;
    if (!mapping)
        return L2OSR_EINVAL;
    l2osr_context *ctx = mapping->ctx;
    if (!samples || !fields)
        return l2osr__fail(ctx, L2OSR_EINVAL, "field: an argument is NULL");
    if (n != l2osr_field_count(samples))
        return l2osr__fail(ctx, L2OSR_EINVAL, "field: room for %zu inputs, but there are %zu", n,
                           l2osr_field_count(samples));
    L2OSR__TRY(l2osr__options_copy(ctx, &o, sizeof o, options, "field options"));
    if (influence && o.lags == 0)
        return l2osr__fail(ctx, L2OSR_EINVAL, "field: set lags, to know how many come back");
    L2OSR__TRY(l2osr__field_prepare(&o, ctx, samples));
    L2OSR__TRY(l2osr__alloc_to(ctx, &base, samples->trajectories, samples->steps * sizeof *base));
    l2osr_status status = l2osr_mapping_predict(mapping, samples, base);
    if (status == L2OSR_OK)
        status = l2osr__field(mapping, samples, &o, base, "field", fields, influence);
    l2osr__free(ctx, base);
    return status;
}
