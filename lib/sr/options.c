/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "sr/search.h"

typedef enum kind { KIND_UNSIGNED, KIND_SIZE, KIND_U64, KIND_REAL, KIND_PART } kind;

typedef struct row {
    l2osr_sr_option_info info;
    size_t offset;
    kind kind; /* parts may be off */
} row;

#define ROW(name, kind, least, most, preset)                                                       \
    {                                                                                              \
        {#name, least, most, preset, kind <= KIND_U64, kind == KIND_PART},                         \
            offsetof(l2osr_sr_options, name), kind                                                 \
    }
#define COUNT(name, least, most, preset) ROW(name, KIND_UNSIGNED, least, most, preset)
#define REAL(name, least, most, preset)  ROW(name, KIND_REAL, least, most, preset)
#define PART(name, most, preset)         ROW(name, KIND_PART, 0, most, preset)

/* Bounds and defaults of all numbers. */
static const row rows[] = {
    COUNT(islands, 1, 256, 8),
    COUNT(population, 4, 4096, 64),
    COUNT(max_complexity, 1, L2OSR__SIZE_LIMIT, 30),
    COUNT(max_lag, 0, 64, 0),
    ROW(evaluations, KIND_U64, 1, 0x1p64, 200000),
    REAL(seconds, 0, 1e9, 0),
    PART(validation, 0.95, 0.2),
    ROW(max_rows, KIND_SIZE, 8, 4e9, 8192),
    ROW(seed, KIND_U64, 0, 0x1p64, 0),
    REAL(target_error, 0, 1, 0),
    COUNT(max_depth, 1, L2OSR__SIZE_LIMIT, L2OSR__SIZE_LIMIT),
    COUNT(max_terms, 1, L2OSR__TERMS_LIMIT, L2OSR__TERMS_LIMIT),
    REAL(warmup, 0, 1, 0),
    COUNT(tournament, 1, 1000, 12),
    PART(parsimony, 100, 0.1),
    PART(adaptive, 1000, 2),
    PART(annealing, 100, 0.1),
    COUNT(immigrants, 0, 1000, 8),
    COUNT(epoch, 10, 1000000, 600),
    PART(cross, 1, 0.15),
    PART(grow, 1, 0.1),
    PART(fit, 1, 0.1),
    COUNT(fit_steps, 1, 100, 3),
    COUNT(pool, 0, 100000, 1500),
    PART(links, 1, 0.5),
    PART(refresh, 1, 0.03),
    PART(weight_constant, 1000, 20),
    PART(weight_operator, 1000, 12),
    PART(weight_terminal, 1000, 16),
    PART(weight_insert, 1000, 17),
    PART(weight_delete, 1000, 17),
    PART(weight_subtree, 1000, 15),
    PART(weight_hoist, 1000, 2),
    PART(weight_rotate, 1000, 3),
    PART(weight_twin, 1000, 2),
    PART(weight_drop, 1000, 5),
    PART(weight_randomize, 1000, 1),
    REAL(checkpoint_seconds, 0.1, 1e9, 60),
    REAL(report_seconds, 0.01, 1e9, 1),
};
enum { ROWS = sizeof rows / sizeof rows[0], MAX_DECAYS = 64 };

void l2osr_sr_options_init(l2osr_sr_options *o, size_t size) {
    l2osr__options_init(o, size);
}

void l2osr_sr_function_init(l2osr_sr_function *f, size_t size) {
    l2osr__options_init(f, size);
}

static double get(const l2osr_sr_options *o, const row *r) {
    const char *at = (const char *)o + r->offset;
    switch (r->kind) {
    case KIND_UNSIGNED:
        return *(const unsigned *)(const void *)at;
    case KIND_SIZE:
        return (double)*(const size_t *)(const void *)at;
    case KIND_U64:
        return (double)*(const uint64_t *)(const void *)at;
    default:
        return *(const double *)(const void *)at;
    }
}

static void set(l2osr_sr_options *o, const row *r, double value) {
    char *at = (char *)o + r->offset;
    switch (r->kind) {
    case KIND_UNSIGNED:
        *(unsigned *)(void *)at = (unsigned)value;
        break;
    case KIND_SIZE:
        *(size_t *)(void *)at = (size_t)value;
        break;
    case KIND_U64:
        *(uint64_t *)(void *)at = value < 0x1p64 ? (uint64_t)value : UINT64_MAX;
        break;
    default:
        *(double *)(void *)at = value;
        break;
    }
}

static l2osr_status check_decays(const l2osr_sr_options *o, l2osr_context *ctx) {
    if (o->n_decays > 0 && !o->decays)
        return l2osr__fail(ctx, L2OSR_EINVAL, "distil: decays is NULL, but n_decays is %zu",
                           o->n_decays);
    if (o->n_decays > MAX_DECAYS)
        return l2osr__fail(ctx, L2OSR_ERANGE, "distil: more than %d decays", MAX_DECAYS);
    for (size_t i = 0; i < o->n_decays; i++)
        if (!(o->decays[i] >= 0 && o->decays[i] < 1))
            return l2osr__fail(ctx, L2OSR_ERANGE, "distil: decay %zu is not in [0, 1)", i);
    return L2OSR_OK;
}

static l2osr_status check_row(l2osr_context *ctx, const row *r, double value) {
    const bool off = r->kind == KIND_PART && value < 0;
    if (off || (value >= r->info.least && value <= r->info.most) || value == 0)
        return L2OSR_OK;
    return l2osr__fail(ctx, L2OSR_ERANGE, "distil: %s is %g; it must be from %g to %g",
                       r->info.name, value, r->info.least, r->info.most);
}

l2osr_status l2osr__sr_options_check(l2osr_sr_options *o, l2osr_context *ctx) {
    const bool timed = o->seconds > 0 && o->evaluations == 0;
    L2OSR__TRY(check_decays(o, ctx));
    for (size_t i = 0; i < ROWS; i++) {
        const double value = get(o, &rows[i]);
        L2OSR__TRY(check_row(ctx, &rows[i], value));
        if (value == 0)
            set(o, &rows[i], rows[i].info.preset);
        else if (value < 0)
            set(o, &rows[i], 0);
    }
    if (timed)
        o->evaluations = UINT64_MAX;
    return L2OSR_OK;
}

size_t l2osr_sr_option_count(void) {
    return ROWS;
}

const l2osr_sr_option_info *l2osr_sr_option(size_t index) {
    return index < ROWS ? &rows[index].info : NULL;
}

double l2osr__sr_option_value(const l2osr_sr_options *o, size_t index) {
    return get(o, &rows[index]);
}

static const row *find_row(const char *name) {
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(rows[i].info.name, name) == 0)
            return &rows[i];
    return NULL;
}

l2osr_status l2osr_sr_options_set(l2osr_sr_options *o, l2osr_context *ctx, const char *name,
                                  double value) {
    if (!ctx)
        return L2OSR_EINVAL;
    if (!o || !name || o->struct_size < sizeof *o)
        return l2osr__fail(ctx, L2OSR_EINVAL, "distil: options and name must be given");
    const row *r = find_row(name);
    if (!r)
        return l2osr__fail(ctx, L2OSR_ENOTFOUND, "distil: there is no option '%.40s'", name);
    L2OSR__TRY(check_row(ctx, r, value));
    if (r->kind <= KIND_U64 && value != floor(value))
        return l2osr__fail(ctx, L2OSR_ERANGE, "distil: %s is %g, which is not a whole number",
                           r->info.name, value);
    set(o, r, value);
    return L2OSR_OK;
}
