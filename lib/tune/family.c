/* SPDX-License-Identifier: MIT */
/* The rules of Eq. 6 as texts, and where they begin. */
#include "l2osr/family.h"

#include <math.h>
#include <string.h>

#include "model/architecture.h"
#include "tune/field.h"

void l2osr_eq6_options_init(l2osr_eq6_options *o, size_t size) {
    l2osr__options_init(o, size);
}

/* What the options mean. */
typedef struct family {
    l2osr_context *ctx;
    l2osr_eq6_options options;
    l2osr__architecture features; /* of a model without a network: names and definitions */
    const char *names[L2OSR__MAX_FEATURES];
} family;

static l2osr_status check(const family *f) {
    const l2osr_eq6_options *o = &f->options;
    const size_t count = f->features.shape.features;
    if (o->taps < 1 || o->taps > L2OSR__SAMPLES_PAD)
        return l2osr__fail(f->ctx, L2OSR_ERANGE, "eq6: taps is %zu; it must be 1 to %d", o->taps,
                           L2OSR__SAMPLES_PAD);
    if (!(o->default_lr > 0) || isinf(o->default_lr))
        return l2osr__fail(f->ctx, L2OSR_EINVAL, "eq6: default_lr must be a positive number");
    if (!isfinite(o->ridge))
        return l2osr__fail(f->ctx, L2OSR_EINVAL, "eq6: ridge must be a number");
    if (o->gamma && o->n_gamma != count)
        return l2osr__fail(f->ctx, L2OSR_EINVAL, "eq6: %zu numbers gamma for %zu features",
                           o->n_gamma, count);
    for (size_t i = 0; o->gamma && i < count; i++)
        if (!(o->gamma[i] > 0))
            return l2osr__fail(f->ctx, L2OSR_ERANGE, "eq6: gamma of %s is %g; it must be positive",
                               f->names[i], o->gamma[i]);
    return L2OSR_OK;
}

/* Clear the features also after a failure. */
static l2osr_status family_init(family *f, l2osr_context *ctx, const l2osr_eq6_options *options) {
    l2osr_eq6_options *o = &f->options;
    *f = (family){.ctx = ctx};
    L2OSR__TRY(l2osr__options_copy(ctx, o, sizeof *o, options, "eq6 options"));
    o->taps = o->taps ? o->taps : 3;
    o->default_lr = o->default_lr != 0 ? o->default_lr : 0.01;
    L2OSR__TRY(
        l2osr__catalogue_choose(&f->features, ctx, o->inputs ? o->inputs : "mt gt", o->features));
    for (size_t i = 0; i < f->features.shape.features; i++)
        f->names[i] = f->features.inputs[i];
    return check(f);
}

/* ---- text ---- */

/* A finite gamma has a name, as it is used twice. */
static void add_saturation(const family *f, l2osr__text *text, const char *name, double gamma) {
    if (isinf(gamma))
        return;
    l2osr__text_add(text, "let gamma_%s = %s", name, f->options.fixed_gamma ? "" : "~");
    l2osr__text_add_number(text, gamma);
    l2osr__text_add(text, "\nlet soft_%s = gamma_%s * tanh(%s / gamma_%s)\n", name, name, name,
                    name);
}

/* gamma[features] and weights[features][taps]; NULL: 1 and 0. */
static l2osr_status make_rule(l2osr_rule **out, const family *f, const double *gamma,
                              const double *weights) {
    const size_t taps = f->options.taps, count = f->features.shape.features;
    l2osr__text text = {.ctx = f->ctx};
    char *bytes;
    l2osr__text_add(&text, "%s", f->features.prelude);
    for (size_t i = 0; i < count; i++)
        add_saturation(f, &text, f->names[i], gamma ? gamma[i] : 1);
    l2osr__text_add(&text, "default lr = ");
    l2osr__text_add_number(&text, f->options.default_lr);
    l2osr__text_add(&text, "\nupdate = -lr * (");
    for (size_t k = 0; k < count * taps; k++) {
        l2osr__text_add(&text, "%s~", k > 0 ? " + " : "");
        l2osr__text_add_number(&text, weights ? weights[k] : 0);
        l2osr__text_add(&text, " * %s%s", gamma && isinf(gamma[k / taps]) ? "" : "soft_",
                        f->names[k / taps]);
        if (k % taps > 0)
            l2osr__text_add(&text, "[%zu]", k % taps);
    }
    l2osr__text_add(&text, ")\n");
    L2OSR__TRY(l2osr__text_take(&text, &bytes));
    l2osr_status status = l2osr_rule_parse(out, f->ctx, bytes, "eq6");
    l2osr__free(f->ctx, bytes);
    return status;
}

l2osr_status l2osr_eq6_rule(l2osr_rule **out, l2osr_context *ctx,
                            const l2osr_eq6_options *options) {
    family f;
    if (!ctx || !out)
        return L2OSR_EINVAL;
    *out = NULL;
    l2osr_status status = family_init(&f, ctx, options);
    if (status == L2OSR_OK)
        status = make_rule(out, &f, f.options.gamma, NULL);
    l2osr__architecture_clear(&f.features, ctx);
    return status;
}

/* ---- fits ---- */

/* Candidates for gamma, in units of each feature's root mean square. */
static const double grid[] = {0.5, 1, 2, 4, INFINITY};
enum { GRID = sizeof grid / sizeof grid[0] };

static l2osr_status fit_multiple(l2osr__field *field, const double *rms, double multiple,
                                 double ridge) {
    for (size_t i = 0; i < field->features; i++)
        field->gamma[i] = rms[i] > 0 ? multiple * rms[i] : INFINITY;
    return l2osr__field_fit(field, ridge);
}

/* Leaves the best of the grid in the field. */
static l2osr_status search_gamma(l2osr__field *field, double ridge) {
    double rms[L2OSR__MAX_FEATURES], best = grid[0], best_r2 = -INFINITY;
    l2osr__stage stage;
    l2osr__field_scale(field, rms);
    l2osr__stage_begin(&stage, field->ctx, "fit", GRID);
    for (size_t k = 0; k < GRID; k++) {
        L2OSR__TRY(fit_multiple(field, rms, grid[k], ridge));
        if (field->r2 > best_r2) {
            best_r2 = field->r2;
            best = grid[k];
        }
        L2OSR__TRY(l2osr__stage_tick(&stage, k + 1, 1 - best_r2, "fits"));
    }
    return fit_multiple(field, rms, best, ridge);
}

static l2osr_status fit(const family *f, l2osr__field *field, const l2osr_samples *samples) {
    const size_t count = f->features.shape.features;
    const double ridge = f->options.ridge == 0 ? 1e-6 : fmax(f->options.ridge, 0);
    L2OSR__TRY(l2osr__field_init(field, f->ctx, samples, count, f->names, f->options.taps));
    if (!f->options.gamma)
        return search_gamma(field, ridge);
    memcpy(field->gamma, f->options.gamma, count * sizeof *field->gamma);
    return l2osr__field_fit(field, ridge);
}

/* psi is minus the sum of the terms; a weight of 0 has no sign. */
static l2osr_status fit_rule(l2osr_rule **out, double *r2, const family *f,
                             const l2osr_samples *samples) {
    const size_t terms = f->features.shape.features * f->options.taps;
    l2osr__field field = {.ctx = f->ctx};
    l2osr_status status = fit(f, &field, samples);
    for (size_t k = 0; status == L2OSR_OK && k < terms; k++)
        field.weights[k] = 0 - field.weights[k];
    if (status == L2OSR_OK)
        status = make_rule(out, f, field.gamma, field.weights);
    if (status == L2OSR_OK && r2)
        *r2 = field.r2;
    l2osr__field_clear(&field);
    return status;
}

l2osr_status l2osr_eq6_fit(l2osr_rule **out, double *r2, l2osr_context *ctx,
                           const l2osr_samples *samples, const l2osr_eq6_options *options) {
    family f;
    if (!ctx || !out)
        return L2OSR_EINVAL;
    *out = NULL;
    if (!samples)
        return l2osr__fail(ctx, L2OSR_EINVAL, "fit: samples is NULL");
    L2OSR__TRY(l2osr_samples_check(samples));
    l2osr_status status = family_init(&f, ctx, options);
    if (status == L2OSR_OK)
        status = make_rule(out, &f, f.options.gamma, NULL); /* does it have room for all? */
    l2osr_rule_free(*out);
    *out = NULL;
    if (status == L2OSR_OK)
        status = fit_rule(out, r2, &f, samples);
    l2osr__architecture_clear(&f.features, ctx);
    return status;
}

l2osr_status l2osr_eq6_distil(l2osr_rule **out, double *r2, l2osr_context *ctx, l2osr_rule *rule,
                              l2osr_task *task, const l2osr_eq6_options *options,
                              const l2osr_collect_options *collect) {
    l2osr_eq6_options o;
    l2osr_samples *samples;
    if (!ctx || !out)
        return L2OSR_EINVAL;
    *out = NULL;
    L2OSR__TRY(l2osr__options_copy(ctx, &o, sizeof o, options, "eq6 options"));
    L2OSR__TRY(l2osr_meta_collect_rule(&samples, ctx, rule, o.inputs, o.features, task, collect));
    o.default_lr = o.default_lr != 0 ? o.default_lr : l2osr_rule_default_lr(rule);
    l2osr_status status = l2osr_eq6_fit(out, r2, ctx, samples, &o);
    l2osr_samples_free(samples);
    return status;
}
